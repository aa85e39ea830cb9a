// What both CPUs must do alike: calls, waiting, signals, clone, exec, traps and kills, under a toy kernel.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {cpu, Toy} from './machine.ts';
import {assembleText} from './rewritten.ts';

const imports = `
  (import "linux" "exit" (func $exit (param i32)))
  (import "linux" "log" (func $log (param i32) (result i32)))
  (import "linux" "getpid" (func $getpid (result i32)))
  (import "linux" "pause" (func $pause (result i32)))
  (import "linux" "clone" (func $clone (param i32 i32 i32 i32) (result i32)))
  (import "linux" "kill" (func $kill (param i32 i32) (result i32)))
  (import "linux" "sigaction" (func $sigaction (param i32 i32 i32) (result i32)))
  (import "linux" "exec" (func $exec (param i32) (result i32)))
  (import "linux" "wide" (func $wide (param i64) (result i64)))
  (import "linux" "wake" (func $wake (param i32) (result i32)))
  (import "linux" "peek" (func $peek (param i32) (result i32)))
  (import "linux" "wait" (func $wait (result i32)))
  (import "linux" "fail" (func $fail (result i32)))`;

const program = (body: string, memory = '(memory (export "memory") 1)') =>
  assembleText(`(module ${imports} ${memory} ${body})`);
const start = (body: string) => program(`(func (export "_start") ${body})`);
const log = (value: string) => `(drop (call $log ${value}))`;
const num = (n: number) => `(i32.const ${n})`;

const toys: Toy[] = [];
function toy(options: ConstructorParameters<typeof Toy>[0] = {}): Toy {
  const made = new Toy(options);
  toys.push(made);
  return made;
}
test.after(async () => {
  for (const each of toys) await each.hardware.close();
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** When the log has so many entries, and what was then to happen in the guest has happened. */
async function reached(t: Toy, count: number): Promise<void> {
  while (t.log.length < count) await sleep(2);
  await sleep(cpu === 'worker' ? 60 : 2);
}

test('a program calls, returns and exits with 0', async () => {
  const t = toy();
  assert.is(await t.run(start(log('(call $getpid)'))), 0);
  assert.equal(t.log, [1]);
});

test('exit ends a program through its own catch_all', async () => {
  const t = toy();
  assert.is(await t.run(start(`(try (do (call $exit (i32.const 3))) (catch_all ${log(num(9))})) ${log(num(8))}`)), 3);
  assert.equal(t.log, []);
});

test('an i64 crosses as two words, both ways', async () => {
  const t = toy();
  await t.run(start(log(`(i64.eq (call $wide (i64.const 0x1234567fffffffff)) (i64.const 0x1234568000000000))`)));
  await t.run(start(log(`(i64.eq (call $wide (i64.const -1)) (i64.const 0))`)));
  assert.equal(t.log, [1, 1]);
});

test('a call that waits lets others run, and gives its result once', async () => {
  const t = toy();
  const sleeper = t.start(t.program(start(`${log(num(0))} ${log('(call $pause)')}`)));
  const other = t.program(start(`${log(num(1))} (drop (call $wake (i32.const ${sleeper.pid}))) ${log(num(2))}`));
  await reached(t, 1);
  const {exited} = t.start(other);
  await Promise.all([sleeper.exited, exited]);
  // On a worker of its own the sleeper may be quicker than the other's next call.
  assert.equal(t.log.slice(0, 2), [0, 1]);
  assert.equal(t.log.slice(2).sort(), [2, 77].sort());
  if (cpu === 'lane') assert.equal(t.log, [0, 1, 2, 77]);
});

test('unknown imports answer ENOSYS of their type and are told of', async () => {
  const t = toy();
  const bytes = assembleText(`(module ${imports}
    (import "wasi_snapshot_preview1" "nonsense" (func $a (param f64) (result i32)))
    (import "linux" "nonsense" (func $b (param i32 f32) (result i64)))
    (import "wasmedge" "sock" (func $c))
    (memory (export "memory") 1)
    (func (export "_start") ${log('(call $a (f64.const 1))')} ${log('(i32.wrap_i64 (call $b (i32.const 1) (f32.const 2)))')}
      (call $c)))`);
  assert.is(await t.run(bytes), 0);
  assert.equal(t.log, [52, -38]);
  assert.equal(t.unknown, ['wasi_snapshot_preview1.nonsense', 'linux.nonsense', 'wasmedge.sock']);
});

test('traps are signals', async () => {
  const t = toy();
  assert.is(await t.run(start('unreachable')), 128 + 4);
  assert.is(await t.run(start('(drop (i32.load (i32.const -1)))')), 128 + 11);
  assert.is(await t.run(start('(drop (i32.div_u (i32.const 1) (i32.const 0)))')), 128 + 8);
  assert.is(await t.run(start('(drop (i32.trunc_f64_u (f64.const -5)))')), 128 + 8);
  assert.is(await t.run(program('(func $f (export "_start") (call $f) (call $f))')), 128 + 11);
  assert.is(await t.run(program('(tag $e) (func (export "_start") (throw $e))')), 128 + 6);
  const abort = assembleText(`(module (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
    (memory (export "memory") 1) (func (export "_start") (call $abort ${num(0)} ${num(0)} ${num(1)} ${num(1)})))`);
  assert.is(await t.run(abort), 128 + 6);
});

test('start code runs as an entry and may wait', async () => {
  const t = toy();
  const task = t.start(t.program(program(`(func $s ${log(num(1))} ${log('(call $pause)')}) (start $s)
    (func (export "_start") ${log(num(5))})`)));
  await reached(t, 1);
  assert.equal(t.log, [1]);
  task.woken++;
  t.hardware.ready(task as never);
  await task.exited;
  assert.equal(t.log, [1, 77, 5]);
});

const spin = '(loop $l (br $l))';
const endless: Record<string, string> = {
  'an endless loop': `(func (export "_start") ${log(num(1))} ${spin})`,
  'a looping start function': `(func $s ${log(num(1))} ${spin}) (start $s) (func (export "_start"))`,
  'a tail-call cycle': `(func $a (return_call $b)) (func $b (return_call $a))
    (func (export "_start") ${log(num(1))} (call $a))`,
  'a bulk fill without end': `(func (export "_start") ${log(num(1))}
    (drop (memory.grow (i32.const 500))) (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 30000000)) (br $l)))`,
  'a loop of system calls': `(func (export "_start") ${log(num(1))} (loop $l (drop (call $getpid)) (br $l)))`,
};
for (const [name, body] of Object.entries(endless)) {
  test(`${name} is killed from outside while its siblings go on`, async () => {
    const t = toy();
    const task = t.start(t.program(program(body)));
    const sibling = t.start(t.program(start(`(drop (call $pause)) ${log(num(2))}`)));
    while (t.log.length === 0) await sleep(2);
    await sleep(20);
    t.kill(task);
    assert.is(await task.exited, 137);
    await sleep(5);
    sibling.woken++;
    t.hardware.ready(sibling as never);
    assert.is(await sibling.exited, 0);
    assert.equal(t.log, [1, 2]);
  });
}

test('endless recursion is a segmentation fault and harms nobody', async () => {
  const t = toy();
  const sibling = t.start(t.program(start(`${log(num(0))} ${log('(call $pause)')}`)));
  const deep = program(`(func $f (param i32) (result i32) (i32.add (call $getpid) (call $f (local.get 0))))
    (func (export "_start") (drop (call $f (i32.const 1))))`);
  assert.is(await t.run(deep), 139);
  await reached(t, 1);
  sibling.woken++;
  t.hardware.ready(sibling as never);
  assert.is(await sibling.exited, 0);
  assert.equal(t.panics, []);
});

test('two endless loops share the CPU with one that makes calls', async () => {
  const t = toy();
  const looping = t.program(program(endless['an endless loop']!));
  const tasks = [t.start(looping), t.start(looping)];
  const talker = t.program(start(`(local $i i32) (loop $l ${log('(i32.const 7)')}
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500))))`));
  assert.is(await t.start(talker).exited, 0);
  assert.is(t.log.filter((n) => n === 7).length, 500);
  for (const task of tasks) t.kill(task);
});

test('a waiting process is killed into its trap, past its catch_all', async () => {
  const t = toy();
  const task = t.start(t.program(start(`${log(num(0))} (try (do (drop (call $pause))) (catch_all ${log(num(1))})) ${log(num(2))}`)));
  await reached(t, 1);
  t.kill(task);
  assert.is(await task.exited, 137);
  await sleep(20);
  assert.equal(t.log, [0]);
  assert.is(await t.run(start(log(num(3)))), 0);
});

test('a process killed before its first instruction never runs', async () => {
  const t = toy();
  const task = t.start(t.program(start(log(num(1)))));
  t.kill(task);
  await sleep(60);
  assert.equal(t.log, []);
});

test('clone enters a function on a copy of memory and globals', async () => {
  const t = toy();
  const bytes = program(`(global $g (mut i32) (i32.const 1)) (global $w (mut i64) (i64.const 1)) (global $v (mut v128) (v128.const i32x4 0 0 0 0))
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 1000))
    (data (i32.const 8) "\\05\\06")
    (table funcref (elem $child $wrong))
    (func $wrong)
    (func $child (param i32) (result i32)
      ${log('(local.get 0)')} ${log('(global.get $g)')} ${log('(i32.load8_u (i32.const 8))')} ${log('(i32.load8_u (i32.const 9))')}
      ${log('(global.get $sp)')} ${log('(i32.wrap_i64 (global.get $w))')} ${log('(i32x4.extract_lane 2 (global.get $v))')}
      ${log('(memory.size)')}
      (i32.store8 (i32.const 8) (i32.const 99)) (global.set $g (i32.const 99)) (i32.const 21))
    (func (export "_start") (local $pid i32)
      (global.set $g (i32.const 2)) (global.set $w (i64.const 3)) (global.set $v (v128.const i32x4 1 2 33 4))
      (i32.store8 (i32.const 8) (i32.const 7)) (i32.store8 (i32.const 9) (i32.const 0))
      (drop (memory.grow (i32.const 2)))
      ${log('(call $clone (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))')}
      ${log('(call $clone (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 0))')}
      (local.set $pid (call $clone (i32.const 0) (i32.const 500) (i32.const 0) (i32.const 11)))
      (i32.store8 (i32.const 8) (i32.const 55))
      ${log('(call $wait)')} ${log('(i32.load8_u (i32.const 8))')} ${log('(global.get $g)')})`);
  assert.is(await t.run(bytes), 0);
  assert.equal(t.log, [-22, -22, 11, 2, 7, 0, 500, 3, 33, 3, 21, 55, 2]);
});

test('a handler runs in the midst of a call, may itself wait, and its child inherits it', async () => {
  const t = toy();
  const bytes = program(`(table funcref (elem $h $child $bad)) (func $bad (param i64))
    (func $h (param i32) ${log('(local.get 0)')} ${log('(call $pause)')})
    (func $child (param i32) (result i32) ${log('(call $pause)')} (i32.const 4))
    (func (export "_start")
      ${log('(call $sigaction (i32.const 10) (i32.const 2) (i32.const 0))')}
      ${log('(call $sigaction (i32.const 10) (i32.const 0) (i32.const 1))')}
      ${log('(call $sigaction (i32.const 10) (i32.const 0) (i32.const 0))')}
      (drop (call $clone (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
      ${log('(call $pause)')} ${log('(call $wait)')})`);
  const task = t.start(t.program(bytes));
  const step = (until: number) => reached(t, until);
  await step(3);
  t.kill(task, 10);
  await step(4);
  task.woken++;
  t.hardware.ready(task as never);
  await step(6);
  const child = t.tasks.get(2)!;
  t.kill(child, 10);
  await step(7);
  child.woken++;
  t.hardware.ready(child as never);
  await task.exited;
  assert.equal(t.log, [-22, -22, 0, 10, 77, -4, 10, 77, -4, 4]);
});

test('a busy process takes a signal, with its siginfo below the stack pointer', async () => {
  const t = toy();
  const bytes = program(`(global $sp (export "__stack_pointer") (mut i32) (i32.const 4096)) (global $stop (mut i32) (i32.const 0))
    (table funcref (elem $h))
    (func $h (param i32 i32 i32) ${log('(local.get 0)')} ${log('(local.get 1)')} ${log('(global.get $sp)')}
      ${log('(i32.load (local.get 1))')} ${log('(i32.load offset=16 (local.get 1))')} (global.set $stop (i32.const 1)))
    (func (export "_start") ${log('(call $sigaction (i32.const 12) (i32.const 0) (i32.const 1))')}
      (loop $l (br_if $l (i32.eqz (global.get $stop)))) ${log('(global.get $sp)')})`);
  const task = t.start(t.program(bytes));
  while (t.log.length < 1) await sleep(2);
  await sleep(10);
  t.kill(task, 12);
  assert.is(await task.exited, 0);
  assert.equal(t.log, [0, 12, 3968, 3968, 12, 42, 4096]);
});

test('exec runs another image in the same task', async () => {
  const t = toy();
  t.program(start(`${log('(call $getpid)')} (call $exit (i32.const 6))`));
  assert.is(await t.run(start(`${log(num(1))} ${log('(call $exec (i32.const 0))')}`)), 6);
  assert.equal(t.log, [1, 1]);
});

test('memory that grows without end gets -1 at the limit, and the kernel sees what was grown', async () => {
  const t = toy();
  t.memoryLimit = 64 * 65536;
  const bytes = start(`(loop $l (br_if $l (i32.ne (memory.grow (i32.const 3)) (i32.const -1)))) ${log('(memory.size)')}
    (i32.store8 (i32.const 3900000) (i32.const 44)) ${log('(call $peek (i32.const 3900000))')}`);
  assert.is(await t.run(bytes), 0);
  assert.equal(t.log, [64, 44]);
});

/** A program too large for the code pass where there are workers: it runs without checks. */
function large(body: string): Uint8Array {
  const name = Uint8Array.of(1, 0x78);
  const size = 2_200_000 + name.length;
  const padding = new Uint8Array(1 + 4 + size);
  padding.set([0, size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21, ...name]);
  const small = start(body);
  const all = new Uint8Array(small.length + padding.length);
  all.set(small);
  all.set(padding, small.length);
  return all;
}

test('a large program is loaded aside, runs, and its grown memory is seen', async () => {
  const t = toy();
  const loaded = t.load(large(`${log('(memory.grow (i32.const 30))')} (i32.store8 (i32.const 1900000) (i32.const 44))
    ${log('(call $peek (i32.const 1900000))')}`));
  while (loaded.state === 'loading') await sleep(2);
  assert.is(await t.start(loaded).exited, 0);
  assert.equal(t.log, [1, 44]);
});

test('a large program in an endless loop is killed', async () => {
  const t = toy();
  const loaded = t.load(large(`${log(num(1))} ${spin}`));
  while (loaded.state === 'loading') await sleep(2);
  const task = t.start(loaded);
  await reached(t, 1);
  t.kill(task);
  assert.is(await task.exited, 137);
  assert.is(await t.run(start(log(num(2)))), 0);
  assert.equal(t.log, [1, 2]);
});

test('a declared maximum holds', async () => {
  const t = toy();
  const bytes = program(`(func (export "_start") ${log('(memory.grow (i32.const 3))')} ${log('(memory.grow (i32.const 2))')})`,
    '(memory (export "memory") 1 3)');
  await t.run(bytes);
  assert.equal(t.log, [-1, 1]);
});

test('memory is zero in a new process, whatever the last one left', async () => {
  const t = toy();
  const bytes = start(`${log('(i32.load (i32.const 5000))')} (i32.store (i32.const 5000) (i32.const 9))`);
  for (let i = 0; i < 4; i++) await t.run(bytes);
  assert.equal(t.log, [0, 0, 0, 0]);
});

test('what is no program is ENOEXEC', () => {
  const t = toy();
  const good = start(log(num(1)));
  const bad: Record<string, Uint8Array> = {
    empty: new Uint8Array(0),
    text: new TextEncoder().encode('#!/bin/sh\n'),
    'no memory': assembleText('(module (func (export "_start")))'),
    'hidden memory': assembleText('(module (memory 1) (func (export "_start")))'),
    'two memories': assembleText('(module (memory (export "memory") 1) (memory 1) (func (export "_start")))'),
    'no entry': assembleText('(module (memory (export "memory") 1) (func (export "_start") (param i32)))'),
    'an imported global': assembleText('(module (import "a" "b" (global i32)) (memory (export "memory") 1) (func (export "_start")))'),
    'an imported tag': assembleText('(module (import "a" "b" (tag)) (memory (export "memory") 1) (func (export "_start")))'),
    'our names': assembleText('(module (memory (export "memory") 1) (func (export "_start")) (func (export "__tb_table")))'),
    'a type error': good.map((byte, i) => i === good.length - 1 ? 0x6a : byte),
  };
  for (let n = 1; n < good.length; n += 1) bad[`the first ${n} bytes`] = good.subarray(0, n);
  for (const [name, bytes] of Object.entries(bad)) {
    const {state, error} = t.load(bytes);
    assert.is(state, 'failed', name);
    assert.is(error!.code, 'ENOEXEC', name);
  }
});

test('a program may import its memory and its table', async () => {
  const t = toy();
  const bytes = assembleText(`(module ${imports} (import "env" "memory" (memory 1 8)) (import "env" "table" (table 4 funcref))
    (elem (i32.const 1) $c) (func $c (param i32) (result i32) ${log('(local.get 0)')} (i32.const 1))
    (func (export "_start") (drop (call $clone (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 3))) ${log('(call $wait)')}))`);
  assert.is(await t.run(bytes), 0);
  assert.equal(t.log, [3, 1]);
});

test('a bug in the kernel is told and kills the process', async () => {
  const t = toy();
  const task = t.start(t.program(start(`(try (do (drop (call $fail))) (catch_all)) ${log(num(1))}`)));
  while (t.panics.length === 0) await sleep(2);
  assert.is((t.panics[0] as Error).message, 'a bug in the kernel');
  assert.equal(t.log, []);
  void task;
});

test.run();
