// Hostile programs in real containers, on the CPU under test: each is killed, traps or meets its limit, and a sibling in
// the same machine goes on undisturbed.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime} from '../../src/index.ts';
import type {Runtime} from '../../src/index.ts';
import {assembleText} from './rewritten.ts';

const dir = mkdtempSync(join(tmpdir(), 'twinbox-hostile-'));
let runtime: Runtime;
test.before(async () => {
  runtime = await createRuntime({mode: 'portable', thread: false});
});
test.after(async () => {
  await runtime.close();
  rmSync(dir, {recursive: true});
});

let files = 0;
function image(bytes: Uint8Array): string {
  const path = join(dir, `${files++}.wasm`);
  writeFileSync(path, bytes);
  return path;
}

const head = `
  (import "linux" "write" (func $write (param i32 i32 i32) (result i32)))
  (import "linux" "getpid" (func $getpid (result i32)))
  (import "linux" "clone" (func $clone (param i32 i32 i32 i32) (result i32)))
  (import "linux" "openat" (func $openat (param i32 i32 i32 i32 i32) (result i32)))
  (import "linux" "kill" (func $kill (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "ready\\n/dev/null")
  (func $ready (drop (call $write (i32.const 1) (i32.const 0) (i32.const 6))))`;
const wat = (body: string) => image(assembleText(`(module ${head} ${body})`));

async function sleeper() {
  const container = await runtime.create({image: 'busybox', command: ['sh', '-c', 'read x; echo got $x'], stdin: 'pipe'});
  await container.start();
  return container;
}

async function isWell(container: Awaited<ReturnType<typeof sleeper>>): Promise<void> {
  const writer = container.process.stdin.getWriter();
  await writer.write('it\n');
  await writer.close();
  assert.is((await container.wait()).exitCode, 0);
  await container.remove();
}

const endless: Record<string, string> = {
  'an endless loop': '(func (export "_start") (call $ready) (loop $l (br $l)))',
  'a looping start function': '(func $s (call $ready) (loop $l (br $l))) (start $s) (func (export "_start"))',
  'a tail-call cycle': '(func $a (return_call $b)) (func $b (return_call $a)) (func (export "_start") (call $ready) (call $a))',
  'an endless bulk fill': `(func (export "_start") (drop (memory.grow (i32.const 1000))) (call $ready)
    (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 60000000)) (br $l)))`,
  'a loop of calls': '(func (export "_start") (call $ready) (loop $l (drop (call $getpid)) (br $l)))',
};
for (const [name, body] of Object.entries(endless)) {
  test(`${name} is killed from outside, and its sibling goes on`, async () => {
    const sibling = await sleeper();
    const container = await runtime.create({image: wat(body), stdout: 'pipe'});
    const lines = container.process.stdout.lines()[Symbol.asyncIterator]();
    await container.start();
    assert.is((await lines.next()).value, 'ready');
    assert.is(await container.kill('SIGKILL'), true);
    assert.is((await container.wait()).exitCode, 137);
    await container.remove();
    await isWell(sibling);
  });
}

const traps: Record<string, [string, number]> = {
  'endless recursion': ['(func $f (export "_start") (drop (call $getpid)) (call $f) (call $f))', 139],
  'an unreachable': ['(func (export "_start") unreachable)', 132],
  'a division by zero': ['(func (export "_start") (drop (i32.div_s (i32.const 1) (i32.const 0))))', 136],
  'a load out of bounds': ['(func (export "_start") (drop (i32.load (i32.const 0x7fffffff))))', 139],
  'a data segment out of bounds': ['(data (i32.const 65530) "too long for it") (func (export "_start"))', 139],
};
for (const [name, [body, exit]] of Object.entries(traps)) {
  test(`${name} ends the container with ${exit}`, async () => {
    const sibling = await sleeper();
    assert.is((await runtime.run({image: wat(body)})).exitCode, exit);
    await isWell(sibling);
  });
}

test('memory that grows without end meets the machine', async () => {
  const sibling = await sleeper();
  const result = await runtime.run({image: wat(`(func (export "_start")
    (loop $l (br_if $l (i32.ne (memory.grow (i32.const 160)) (i32.const -1)))) (call $ready))`)});
  assert.ok(result.exitCode === 137 || result.stdout === 'ready\n', `${result.exitCode} ${result.stdout}`);
  await isWell(sibling);
});

test('descriptors without end are EMFILE', async () => {
  const {exitCode, stdout} = await runtime.run({image: wat(`(func (export "_start")
    (loop $l (br_if $l (i32.ge_s (call $openat (i32.const -100) (i32.const 6) (i32.const 9) (i32.const 0) (i32.const 0)) (i32.const 0))))
    (call $ready))`)});
  assert.is(exitCode, 0);
  assert.is(stdout, 'ready\n');
});

test('processes without end are EAGAIN, and end with their container', async () => {
  const sibling = await sleeper();
  // Children loop; the parent clones until it may not.
  const container = await runtime.create({
    image: wat(`(table funcref (elem $child)) (func $child (param i32) (result i32) (loop $l (drop (call $getpid)) (br $l)) (i32.const 0))
      (func (export "_start")
        (loop $l (br_if $l (i32.ge_s (call $clone (i32.const 0) (i32.const 0) (i32.const 17) (i32.const 0)) (i32.const 0))))
        (call $ready) (loop $m (br $m)))`),
    stdout: 'pipe',
  });
  const lines = container.process.stdout.lines()[Symbol.asyncIterator]();
  await container.start();
  assert.is((await lines.next()).value, 'ready');
  await container.kill('SIGKILL');
  assert.is((await container.wait()).exitCode, 137);
  await container.remove();
  await isWell(sibling);
});

test('corrupt, truncated and nonsensical modules cannot be executed', async () => {
  const good = assembleText(`(module ${head} (func (export "_start") (call $ready)))`);
  const bad = [
    good.subarray(0, good.length >> 1), good.subarray(0, 4), good.map((byte, i) => i > 40 && i < 50 ? 0xff : byte),
    assembleText('(module (import "a" "b" (global i32)) (memory (export "memory") 1) (func (export "_start")))'),
    assembleText('(module (func (export "_start")))'),
  ];
  for (const bytes of bad) {
    const container = await runtime.create({image: image(bytes)});
    try {
      await container.start();
      assert.unreachable();
    } catch (error) {
      assert.is((error as {errno?: unknown; code: string}).code, 'ENOEXEC');
    }
    await container.remove({force: true});
  }
});

test('a busy sibling neither starves nor is starved', async () => {
  const busy = await runtime.create({image: wat(endless['an endless loop']!)});
  await busy.start();
  const {stdout} = await runtime.run({image: 'busybox', command: ['sh', '-c', 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; echo $i | cat']});
  assert.is(stdout, '300\n');
  await busy.kill('SIGKILL');
  await busy.wait();
  await busy.remove();
});

test.run();
