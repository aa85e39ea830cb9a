// Clocks, sleep and random bytes (clock_gettime(2), clock_nanosleep(2), getrandom(2)).

import { capable } from '../cred/cred.ts';
import type { Task } from '../proc/task.ts';
import { block, type Block } from '../sched/block.ts';
import { NS_PER_SEC, toNs, type Timespec, toTimespec } from '../sched/clock.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { CLOCK, TIMER_ABSTIME } from '../uapi/sched.ts';
import { decode, encode, structs } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, norestart, partial, type Rows } from './table.ts';

/** The time of a clock as the task's time namespace has it. */
function read(task: Task, clock: number): Timespec {
  const { kernel } = task;
  const { time } = task.nsproxy;
  switch (clock) {
    case CLOCK.REALTIME: case CLOCK.REALTIME_COARSE: case CLOCK.TAI: return kernel.clock.realtime();
    case CLOCK.MONOTONIC: case CLOCK.MONOTONIC_RAW: case CLOCK.MONOTONIC_COARSE:
      return toTimespec(kernel.clock.monotonicNs() + time.monotonicNs);
    case CLOCK.BOOTTIME: return toTimespec(kernel.clock.monotonicNs() + time.boottimeNs);
    case CLOCK.PROCESS_CPUTIME_ID: case CLOCK.THREAD_CPUTIME_ID: return toTimespec(task.utimeNs + task.stimeNs);
    default: throw new SysError('EINVAL');
  }
}

const write = (buf: Buf, { sec, nsec }: Timespec): void => buf.write(0, encode('timespec', { tv_sec: sec, tv_nsec: nsec }));

/** A timespec from a guest: EINVAL unless it is a time. */
export function timespecOf(buf: Buf, at = 0): Timespec {
  const { tv_sec, tv_nsec } = decode('timespec', buf.read(at, structs.timespec.size));
  if (tv_sec! < 0 || tv_nsec! < 0 || tv_nsec! >= NS_PER_SEC) throw new SysError('EINVAL');
  return { sec: tv_sec!, nsec: tv_nsec! };
}

/** The deadline of the call in progress, fixed by its first try; no timeout waits for ever. */
export function deadlineOf(task: Task, timeout: Buf | undefined): number {
  const { call } = task;
  if (Number.isNaN(call.deadlineNs)) {
    call.deadlineNs = timeout === undefined ? Infinity : task.kernel.clock.monotonicNs() + toNs(timespecOf(timeout));
  }
  return call.deadlineNs;
}

function clockGettime(task: Task, clock: number, tp: Buf): number {
  write(tp, read(task, clock));
  return 0;
}

function clockSettime(task: Task, clock: number, tp: Buf): number {
  if (clock !== CLOCK.REALTIME) throw new SysError('EINVAL', 'clock_settime');
  timespecOf(tp);
  if (!capable(task, CAP.SYS_TIME, task.kernel.initial.user)) throw new SysError('EPERM', 'clock_settime');
  throw new SysError('EPERM', 'clock_settime', "the clock is the host's");
}

function clockGetres(task: Task, clock: number, res: Buf | undefined): number {
  read(task, clock);
  if (res !== undefined) write(res, { sec: 0, nsec: clock === CLOCK.REALTIME_COARSE || clock === CLOCK.MONOTONIC_COARSE ? 4_000_000 : 1 });
  return 0;
}

/** Sleep until an absolute monotonic deadline; what is left goes to `rem` if a handler ends it. */
function sleep(task: Task, deadlineNs: number, rem: Buf | undefined): number | Block {
  const { call, kernel } = task;
  if (Number.isNaN(call.deadlineNs)) call.deadlineNs = deadlineNs;
  const leftNs = call.deadlineNs - kernel.clock.monotonicNs();
  if (leftNs <= 0) return 0;
  // A handler may end the sleep at any time from here on, and nothing of the call runs then.
  if (rem !== undefined) write(rem, toTimespec(leftNs));
  return block([], call.deadlineNs);
}

function nanosleep(task: Task, req: Buf, rem: Buf | undefined): number | Block {
  return sleep(task, task.kernel.clock.monotonicNs() + toNs(timespecOf(req)), rem);
}

function clockNanosleep(task: Task, clock: number, flags: number, req: Buf, rem: Buf | undefined): number | Block {
  if (clock !== CLOCK.REALTIME && clock !== CLOCK.MONOTONIC && clock !== CLOCK.BOOTTIME && clock !== CLOCK.TAI) {
    throw new SysError(clock === CLOCK.THREAD_CPUTIME_ID ? 'EINVAL' : 'EOPNOTSUPP', 'clock_nanosleep');
  }
  const now = task.kernel.clock.monotonicNs();
  const time = toNs(timespecOf(req));
  if ((flags & TIMER_ABSTIME) === 0) return sleep(task, now + time, rem);
  return sleep(task, now + time - toNs(read(task, clock)), undefined);
}

function getrandom(task: Task, buf: Buf, flags: number): number {
  if ((flags & ~7) !== 0) throw new SysError('EINVAL', 'getrandom');
  const bytes = new Uint8Array(Math.min(buf.length, 1 << 20));
  // Host sources give 64 KiB at a time at the most.
  for (let at = 0; at < bytes.length; at += 65536) task.kernel.random(bytes.subarray(at, at + 65536));
  buf.write(0, bytes);
  return bytes.length;
}

export const rows = {
  clock_gettime: full(clockGettime),
  clock_settime: partial(clockSettime, "always EPERM: the clock is the host's"),
  clock_getres: full(clockGetres),
  nanosleep: norestart(full(nanosleep)),
  clock_nanosleep: norestart(full(clockNanosleep)),
  getrandom: full(getrandom),
} satisfies Rows;
