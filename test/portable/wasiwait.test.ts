// WASI calls that wait, and what the kernel sees of any: parking, poll_oneoff, the trace, filters.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {toBytes} from '../../src/kernel/bytes.ts';
import {MARK_BLOCK} from '../../src/kernel/hardware.ts';
import type {Task} from '../../src/kernel/proc/task.ts';
import {ByteBuf} from '../../src/kernel/syscall/buf.ts';
import {byName} from '../../src/kernel/syscall/table.ts';
import {Errno} from '../../src/kernel/uapi/errno.ts';
import {WASI} from '../../src/portable/abi/errno.ts';
import {Guest} from './wasiguest.ts';

const ROOT = 3;

test('a read that must wait is parked, and its answer is translated when it comes', () => {
  const g = new Guest();
  assert.is(g.call('fd_read', 0, ...g.iov(10), 700), MARK_BLOCK);
  const parked = g.task.call;
  // Somebody else writes: the record of the parked call must not be touched.
  g.task.call = {...parked, parked: false, finish: undefined};
  g.kernel.issue(g.task, 'write', [1, new ByteBuf(toBytes('hi'))]);
  g.task.call = parked;
  assert.is(g.kernel.resume(g.task), 0);
  assert.is(g.u32(700), 2);
  assert.is(g.string(2000, 2), 'hi');
});

/** Subscriptions as preview1 lays them out. */
function subscribe(g: Guest, list: {userdata: number; clock?: {id: number; ns: number; absolute?: boolean}; fd?: number; write?: boolean}[]): void {
  const old = g.module === 'wasi_unstable';
  const size = old ? 56 : 48;
  list.forEach((one, i) => {
    const at = 3000 + i * size;
    g.memory.fill(0, at, at + size);
    g.view.setBigUint64(at, BigInt(one.userdata), true);
    g.memory[at + 8] = one.clock ? 0 : one.write ? 2 : 1;
    if (one.clock) {
      const clock = at + (old ? 24 : 16);
      g.view.setUint32(clock, one.clock.id, true);
      g.view.setBigUint64(clock + 8, BigInt(one.clock.ns), true);
      g.view.setUint16(clock + 24, one.clock.absolute ? 1 : 0, true);
    } else {
      g.view.setUint32(at + 16, one.fd!, true);
    }
  });
}

function events(g: Guest): [userdata: number, errno: number, type: number][] {
  return Array.from({length: g.u32(700)}, (_, i) => {
    const at = 5000 + i * 32;
    return [Number(g.u64(at)), g.view.getUint16(at + 8, true), g.memory[at + 10]!];
  });
}

for (const module of ['wasi_snapshot_preview1', 'wasi_unstable']) {
  test(`poll_oneoff of ${module} waits once for all`, () => {
    const g = new Guest();
    g.module = module;
    const poll = (n: number) => g.call('poll_oneoff', 3000, 5000, n, 700);
    assert.is(poll(0), WASI.INVAL);
    subscribe(g, [{userdata: 1, clock: {id: 1, ns: 5e6}}, {userdata: 2, clock: {id: 1, ns: 9e9}}, {userdata: 3, fd: 0}]);
    assert.is(poll(3), MARK_BLOCK);
    assert.is(g.alarmNs, g.nowNs + 5e6);
    g.nowNs += 5e6;
    g.wake();
    assert.is(g.kernel.resume(g.task), 0);
    assert.equal(events(g), [[1, 0, 0]]);

    subscribe(g, [{userdata: 1, clock: {id: 1, ns: 9e9}}, {userdata: 7, fd: 1, write: true}, {userdata: 8, fd: 66}]);
    assert.is(poll(3), 0);
    assert.equal(events(g), [[7, 0, 2], [8, WASI.BADF, 1]]);

    const real = 1_700_000_000 * 1e9 + g.nowNs;
    subscribe(g, [{userdata: 4, clock: {id: 0, ns: real - 1e6, absolute: true}}]);
    assert.is(poll(1), 0);
    assert.equal(events(g), [[4, 0, 0]]);
  });
}

test('the trace shows the Linux calls', () => {
  const g = new Guest();
  const lines: string[] = [];
  g.task.tracer = {
    enter: () => [],
    exit: (_task: Task, row: {name: string}, _call: unknown, result: number) => { lines.push(`${row.name} = ${result}`); },
  } as unknown as Task['tracer'];
  const fd = g.open(ROOT, 'tmp/t', 1);
  g.write(fd, 'abc');
  g.ok('fd_fdstat_get', fd, 0);
  g.call('path_unlink_file', ROOT, ...g.path('tmp/none'));
  assert.equal(lines, [`openat = ${fd}`, 'writev = 3', 'fcntl = 32770', 'fstat = 0', 'unlinkat = -2'].map((line) =>
    line.replace('32770', String(g.task.files.file(fd).flags))));
});

test('seccomp filters the Linux calls', () => {
  const g = new Guest();
  g.task.seccomp = new Map([[byName.openat.nr, Errno.EPERM], [byName.fstat.nr, Errno.EACCES]]);
  assert.is(g.call('path_open', ROOT, 1, ...g.path('tmp'), 0, 2, 0, 0, 0, 0, 500), WASI.PERM);
  assert.is(g.call('fd_filestat_get', 0, 0), WASI.ACCES);
});

test.run();
