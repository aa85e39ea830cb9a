// The code pass on small modules: the same answers before and after, fuel counted exactly, nothing that cannot be stopped.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {FormatError} from '../../src/portable/wasm/binary.ts';
import {rewrite} from '../../src/portable/rewrite/rewrite.ts';
import {assembleText, instantiate, Killed, rewriteOrThrow, run} from './rewritten.ts';

type Case = [name: string, text: string, calls: [name: string, ...args: number[]][]];

/** Modules that must answer the same before and after, with little fuel and with much. */
const cases: Case[] = [
  ['nested loops without calls', `(module (memory (export "memory") 1)
    (func (export "sieve") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $c i32)
      (local.set $i (i32.const 2))
      (block $out (loop $next
        (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
        (if (i32.eqz (i32.load8_u (local.get $i))) (then
          (local.set $c (i32.add (local.get $c) (i32.const 1)))
          (local.set $j (i32.shl (local.get $i) (i32.const 1)))
          (block $done (loop $mark
            (br_if $done (i32.ge_u (local.get $j) (local.get $n)))
            (i32.store8 (local.get $j) (i32.const 1))
            (local.set $j (i32.add (local.get $j) (local.get $i)))
            (br $mark)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
      (local.get $c)))`, [['sieve', 10_000]]],
  ['loops with results and parameters', `(module
    (func (export "sum") (param $n i32) (result i32)
      (i32.const 0) (local.get $n)
      (loop $l (param i32 i32) (result i32)
        (local.set $n) (local.get $n) (i32.add)
        (if (param i32) (result i32) (i32.gt_s (local.get $n) (i32.const 0))
          (then (i32.sub (local.get $n) (i32.const 1)) (br $l)))))
    (func (export "pair") (param $n i32) (result i32) (local $r i32)
      (loop $l (result i32)
        (local.set $r (i32.add (local.get $r) (local.get $n)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
        (local.get $r))))`, [['sum', 5000], ['pair', 5000]]],
  ['branches with values out of loops', `(module
    (func $f (export "f") (param $n i32) (result i32) (local $i i32)
      (block $out (result i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 3)))
          (drop (br_if $out (local.get $i) (i32.gt_u (local.get $i) (local.get $n))))
          (br $l))
        (unreachable)))
    (func (export "g") (param $n i32) (result i32) (local $i i32)
      (loop $a (loop $b (loop $c
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (if (i32.gt_u (local.get $i) (local.get $n)) (then (return (local.get $i))))
        (br_table $a $b $c $c (i32.rem_u (local.get $i) (i32.const 5))))))
      (i32.const -1))
    (func (export "h") (param $n i32) (result i32) (local $i i32)
      (block $x (block $y (block $z
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (if (i32.gt_u (local.get $i) (local.get $n)) (then (br_table $x $y $z $l (i32.const 1))))
          (drop (call $f (i32.const 10)))
          (br $l)))
        (return (i32.const 1)))
       (return (i32.mul (local.get $i) (i32.const 2))))
      (i32.const 3)))`, [['f', 3000], ['f', 0], ['g', 3000], ['h', 3000]]],
  ['recursion and indirect calls', `(module
    (type $t (func (param i32) (result i32))) (table 2 funcref) (elem (i32.const 0) $even $odd)
    (func $fib (export "fib") (param $n i32) (result i32)
      (if (result i32) (i32.lt_u (local.get $n) (i32.const 2)) (then (local.get $n))
        (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                       (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
    (func $even (export "even") (param $n i32) (result i32)
      (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 1))
        (else (call_indirect (type $t) (i32.sub (local.get $n) (i32.const 1)) (i32.const 1)))))
    (func $odd (param $n i32) (result i32)
      (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
        (else (call $even (i32.sub (local.get $n) (i32.const 1)))))))`, [['fib', 18], ['even', 2001]]],
  ['legacy exceptions', `(module (tag $e (param i32))
    (func $thrower (param $n i32) (if (i32.rem_u (local.get $n) (i32.const 3)) (then (throw $e (local.get $n)))))
    (func (export "f") (param $n i32) (result i32) (local $sum i32)
      (loop $l
        (try $t (do
            (try (do (call $thrower (local.get $n))) (delegate $t)))
          (catch $e (local.set $sum (i32.add (local.get $sum)))
            (try (do (rethrow $t)) (catch_all (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $l (i32.gt_s (local.get $n) (i32.const 0))))
      (local.get $sum)))`, [['f', 1000]]],
  ['simd, atomics, references, multi-value', `(module (memory 1 1) (table $t 4 externref)
    (func $two (param i32) (result i32 i32) (local.get 0) (i32.const 7))
    (func (export "f") (param $n i32) (result i32) (local $v v128) (local $r i32)
      (loop $l
        (local.set $v (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
          (i32x4.add (local.get $v) (i32x4.splat (local.get $n))) (v128.const i32x4 1 2 3 4)))
        (v128.store offset=16 (i32.const 0) (local.get $v))
        (v128.store8_lane 3 (i32.const 5) (local.get $v))
        (drop (i32.trunc_sat_f64_s (f64.const 1.5)))
        (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 2)))
        (local.set $r (i32.add (local.get $r) (i32x4.extract_lane 2 (local.get $v))))
        (local.set $r (i32.add (local.get $r) (i32.add (call $two (local.get $n)))))
        (table.set $t (i32.const 1) (ref.null extern))
        (local.set $r (select (result i32) (local.get $r) (i32.const 0) (ref.is_null (table.get $t (i32.const 1)))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.add (local.get $r) (i32.load (i32.const 64)))))`, [['f', 777]]],
  ['loops after a branch, in dead code', `(module
    (func (export "f") (param $n i32) (result i32)
      (loop $l (result i32)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 5))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $l)
        (loop $dead (unreachable) (br_if $dead) (br_if $l (i32.const 0)))
        (loop $dead (result i32) (br $dead)))))`, [['f', 100]]],
];

for (const [name, text, calls] of cases) {
  test(`rewritten code answers as before: ${name}`, () => {
    for (const [fn, ...args] of calls) {
      const plain = (instantiate(text).exports[fn] as CallableFunction)(...args);
      for (const slice of [0, 1, 7, 1_000_000]) {
        const state = run(text, slice);
        assert.equal(state.exports[fn]!(...args), plain, `${fn}(${args}) with slices of ${slice}`);
        if (slice <= 7) assert.ok(args[0]! < 10 || state.checks > 10, 'no checks');
        else assert.is(state.checks, 0);
      }
    }
  });
}

test('fuel is the number of turns, whatever the slice', () => {
  for (const [, text, calls] of cases) {
    for (const [fn, ...args] of calls) {
      const used = [1_000_000, 1000, 10].map((slice) => {
        const state = run(text, slice);
        state.exports[fn]!(...args);
        return state.used();
      });
      assert.is(used[1], used[0]);
      assert.is(used[2], used[0]);
    }
  }
});

test('a loop of n turns uses n units', () => {
  const state = run(`(module (func (export "f") (param $n i32) (result i32)
    (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $n)))`, 1_000_000);
  state.exports.f!(5000);
  assert.is(state.used(), 5000);
});

test('fuel taken away from outside ends the slice at the next count', () => {
  const state = run(`(module (func (export "f") (loop)))`, 1_000_000);
  state.fuel.value = 0;
  state.exports.f!();
  assert.is(state.checks, 1);
});

const endless: [string, string][] = [
  ['an endless loop', '(module (func (export "f") (loop $l (br $l))))'],
  ['an endless loop with calls', '(module (func $g) (func (export "f") (loop $l (call $g) (br $l))))'],
  ['an endless loop with parameters', `(module (func (export "f") (i32.const 0)
    (loop $l (param i32) (br $l (i32.add (i32.const 1))))))`],
  ['a loop of two functions', '(module (func $f (export "f") (call $g)) (func $g (call $f)))'],
  ['calls that double at each level', `(module ${Array.from({length: 40}, (_, i) => i < 39
    ? `(func $f${i} ${i ? '' : '(export "f")'} (call $f${i + 1}) (call $f${i + 1}))`
    : '(func $f39 nop)').join('\n')})`],
  ['a start-like function', '(module (func $s (export "f") (loop $l (br_if $l (i32.const 1)))))'],
];

for (const [name, text] of endless) {
  test(`${name} can be killed`, () => {
    const state = run(text, 1000, 5);
    assert.throws(() => state.exports.f!(), (error: Error) => error instanceof Killed);
    assert.is(state.checks, 5);
  });
}

const tails = '(module (func $f (export "f") (return_call $g)) (func $g (return_call $f)))';
if (WebAssembly.validate(assembleText(tails) as Uint8Array<ArrayBuffer>)) {
  test('a cycle of tail calls can be killed', () => {
    assert.throws(() => run(tails, 1000, 5).exports.f!(), (error: Error) => error instanceof Killed);
  });
}

// (block $h (try_table (catch_all $h) ...)) inside a loop that the pass wraps.
const tryTable = `(module (tag $e) (func $t (param $n i32) (if (local.get $n) (then (throw $e))))
  (func (export "f") (param $n i32) (result i32) (local $caught i32)
    (loop $l
      (block $done
        (block $h (try_table (catch $e $h) (loop $in (call $t (i32.and (local.get $n) (i32.const 1))))) (br $done))
        (local.set $caught (i32.add (local.get $caught) (i32.const 1))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $caught)))`;
let tryTableBytes: Uint8Array<ArrayBuffer> | undefined;
try {
  tryTableBytes = assembleText(tryTable) as Uint8Array<ArrayBuffer>;
} catch {
  // This wabt does not read it.
}
if (tryTableBytes && WebAssembly.validate(tryTableBytes)) {
  test('try_table keeps its handlers', () => {
    assert.is(run(tryTable, 3).exports.f!(101), 51);
  });
}

test('memory.grow asks the hook', () => {
  const text = `(module (memory (export "memory") 1 3) (func (export "f") (param i32) (result i32)
    (memory.grow (local.get 0))))`;
  const state = run(text);
  assert.is(state.exports.f!(1), 1);
  assert.is(state.exports.f!(5), -1);
  assert.is(state.exports.f!(1), 2);
});

test('what the pass cannot do has a reason', () => {
  const reason = (text: string) => {
    const bytes = assembleText(text);
    if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) return 'not in this engine';
    const result = rewrite(bytes);
    return result.code ? 'rewritten' : result.reason;
  };
  assert.is(reason('(module (global (export "__tb_fuel") i32 (i32.const 0)))'), 'exports __tb_fuel');
  assert.ok(['has a 64-bit memory', 'not in this engine'].includes(reason('(module (memory i64 1))')));
  assert.ok(['has several memories', 'not in this engine'].includes(reason('(module (memory 1) (memory 1))')));
  assert.ok(['uses the GC proposal', 'not in this engine'].includes(reason('(module (type (struct (field i32))))')));
});

test('an index just beyond the guest\'s own is not one of ours', () => {
  // global.set 0 in a module without globals.
  const text = '(module (global (mut i32) (i32.const 0)) (func (global.set 0 (i32.const 9))))';
  const bytes = assembleText(text);
  const at = bytes.indexOf(6, 8);
  const without = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 2 + bytes[at + 1]!)]);
  assert.throws(() => rewrite(without), (error: Error) => error instanceof FormatError);
});

test('an empty module and one without code are rewritten', () => {
  for (const text of ['(module)', '(module (memory (export "memory") 1))', '(module (import "a" "b" (func)))']) {
    assert.ok(WebAssembly.validate(rewriteOrThrow(text)));
  }
});

test('every prefix of a module is a clean error', () => {
  for (const [, text] of cases) {
    const bytes = assembleText(text);
    for (let n = 0; n < bytes.length; n++) {
      try {
        rewrite(bytes.subarray(0, n));
      } catch (error) {
        assert.instance(error, FormatError, `${n} bytes: ${error}`);
      }
    }
  }
});

test.run();
