// Bulk memory and table operations in pieces do what the whole instructions do, traps included.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {instantiate, Killed, run} from './rewritten.ts';

const MIB = 1 << 20;

const text = `(module (memory (export "memory") 100) (data $d "0123456789") (data $big "${'a'.repeat(5000)}")
  (table $t (export "table") 200000 funcref) (table $u 10 funcref) (elem $e func $f $f $f) (elem declare func $f)
  (func $f)
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "big") (param i32 i32 i32) (memory.init $big (local.get 0) (local.get 1) (local.get 2)))
  (func (export "tfill") (param i32 i32 i32) (table.fill $t (local.get 0) (ref.func $f) (local.get 2)))
  (func (export "tcopy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "tinit") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
  (func (export "tgrow") (param i32) (result i32) (table.grow $u (ref.null func) (local.get 0)))
  (func (export "drop") (data.drop $d) (elem.drop $e))
  (func (export "endless") (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x600000)) (br $l))))`;

function pattern(memory: Uint8Array): void {
  for (let i = 0; i < memory.length; i += 1) memory[i] = (i * 2654435761) >>> 24;
}

function bytes(instance: {exports: Record<string, unknown>}): Uint8Array {
  return new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
}

const operations: [name: string, to: number, from: number, count: number][] = [
  ['fill', 10, 7, 0], ['fill', 10, 7, 1], ['fill', 3, 255, MIB], ['fill', 3, 9, MIB + 1], ['fill', 5, 1, 5 * MIB + 12_345],
  ['fill', 6553600 - 4, 1, 4], ['fill', 6553600 - 4, 1, 5], ['fill', 6553600 - 2 * MIB, 1, 2 * MIB + 1],
  ['fill', 6553600, 1, 0], ['fill', 6553601, 1, 0], ['fill', 0, 1, -1], ['fill', 4096, 1, -1],
  ['copy', 0, 100, 3 * MIB + 5], ['copy', 100, 0, 3 * MIB + 5], ['copy', MIB, 0, 4 * MIB], ['copy', 0, MIB, 4 * MIB],
  ['copy', 7, 7, 2 * MIB + 1], ['copy', 100, 0, 6553600 - 100], ['copy', 101, 0, 6553600 - 100],
  ['copy', 0, 101, 6553600 - 100], ['copy', 0, 10, -8], ['copy', 50, 60, 20], ['init', 0, 2, 5], ['init', 0, 2, 9],
  ['init', 0, 0, 2 * MIB], ['init', 6553600 - 5, 0, 10],
  ['big', 5, 1, 4999], ['big', 5, 1, 5000], ['big', 6553600 - 4000, 0, 4500], ['big', 7, 0, 0], ['big', 0, 0, 3 * MIB],
];

test('memory operations in pieces do what the whole ones do, traps included', () => {
  for (const [name, ...args] of operations) {
    const plain = instantiate(text);
    const state = run(text, 1_000_000);
    pattern(bytes(plain));
    pattern(bytes(state));
    const outcome = (fn: CallableFunction) => {
      try {
        fn(...args);
        return 'done';
      } catch (error) {
        return (error as Error).constructor.name;
      }
    };
    const label = `${name}(${args})`;
    assert.is(outcome(state.exports[name]!), outcome(plain.exports[name] as CallableFunction), label);
    assert.is(Buffer.compare(bytes(plain), bytes(state)), 0, label);
  }
});

test('a dropped segment traps as before', () => {
  const state = run(text);
  state.exports.drop!();
  assert.throws(() => state.exports.init!(0, 0, 1));
  state.exports.init!(0, 0, 0);
});

test('table operations in pieces do what the whole ones do', () => {
  const state = run(text);
  const table = state.exports.table as unknown as WebAssembly.Table;
  state.exports.tfill!(5, 0, 150_000);
  assert.is(table.get(4), null);
  assert.ok(table.get(5) && table.get(150_004));
  assert.is(table.get(150_005), null);
  state.exports.tcopy!(10_000, 0, 180_000);
  assert.ok(table.get(160_004) && table.get(10_005));
  assert.is(table.get(10_004), null);
  assert.throws(() => state.exports.tfill!(100_000, 0, 100_001));
  assert.is(table.get(199_999), null);
  assert.throws(() => state.exports.tcopy!(1, 0, 200_000));
  state.exports.tinit!(199_997, 0, 3);
  assert.ok(table.get(199_999));
  assert.throws(() => state.exports.tinit!(0, 1, 3));
});

test('a table grows to a million entries and no further', () => {
  const state = run(text);
  assert.is(state.exports.tgrow!(100), 10);
  assert.is(state.exports.tgrow!(1 << 20), -1);
  assert.is(state.exports.tgrow!(-1), -1);
  assert.is(state.exports.tgrow!(1000), 110);
});

test('a fill of 5 MiB checks between its pieces', () => {
  const state = run(text, 1000);
  state.exports.fill!(0, 1, 5 * MIB);
  assert.is(state.checks, 5);
});

test('an endless row of fills is killed soon', () => {
  const state = run(text, 10_000, 5);
  assert.throws(() => state.exports.endless!(), (error: Error) => error instanceof Killed);
});

test.run();
