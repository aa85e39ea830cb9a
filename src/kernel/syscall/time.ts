// Clocks and sleeping (clock_gettime(2), clock_nanosleep(2)), CPU time (getrusage(2), times(2)) and randomness.

import { capable } from '../cred/cred.ts';
import { childrenUsage, encodeUsage, ticks, usage } from '../proc/usage.ts';
import type { Task } from '../proc/task.ts';
import { type Block, block } from '../sched/block.ts';
import { NS_PER_SEC, toNs, toTimespec } from '../sched/clock.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { CLOCK, RUSAGE, TIMER_ABSTIME } from '../uapi/sched.ts';
import { decode, encode } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, norestart, partial, type Rows } from './table.ts';

/** Nanoseconds of a timespec in guest memory; EINVAL if it is none. */
export function readTimespec(buf: Buf): number {
  const { tv_sec: sec, tv_nsec: nsec } = decode('timespec', buf.read(0, 16)) as { tv_sec: number; tv_nsec: number };
  if (sec < 0 || nsec < 0 || nsec >= NS_PER_SEC) throw new SysError('EINVAL');
  return sec * NS_PER_SEC + nsec;
}

/** When the call times out: fixed by its first try, kept through stops and restarts. No time-out: never. */
export function deadlineOf(task: Task, timeout: Buf | undefined): number {
  const { call } = task;
  if (Number.isNaN(call.deadlineNs)) {
    call.deadlineNs = timeout === undefined ? Infinity : task.kernel.clock.monotonicNs() + readTimespec(timeout);
  }
  return call.deadlineNs;
}

function putTimespec(buf: Buf, sec: number, nsec: number): void {
  buf.write(0, encode('timespec', { tv_sec: sec, tv_nsec: nsec }));
}

/** What the clocks of a time namespace are shifted by. */
function offsetNs(task: Task, clock: number): number {
  const { time } = task.nsproxy;
  return clock === CLOCK.BOOTTIME ? time.boottimeNs : time.monotonicNs;
}

function clockGettime(task: Task, clock: number, tp: Buf): number {
  switch (clock) {
    case CLOCK.REALTIME: case CLOCK.REALTIME_COARSE: case CLOCK.TAI: {
      const { sec, nsec } = task.kernel.clock.realtime();
      putTimespec(tp, sec, nsec);
      return 0;
    }
    case CLOCK.MONOTONIC: case CLOCK.MONOTONIC_RAW: case CLOCK.MONOTONIC_COARSE: case CLOCK.BOOTTIME: {
      const { sec, nsec } = toTimespec(task.kernel.clock.monotonicNs() + offsetNs(task, clock));
      putTimespec(tp, sec, nsec);
      return 0;
    }
    case CLOCK.PROCESS_CPUTIME_ID: case CLOCK.THREAD_CPUTIME_ID: {
      const { sec, nsec } = toTimespec(task.utimeNs + task.stimeNs);
      putTimespec(tp, sec, nsec);
      return 0;
    }
    default: throw new SysError('EINVAL', 'clock_gettime');
  }
}

function clockSettime(task: Task, clock: number, tp: Buf): number {
  readTimespec(tp);
  if (clock !== CLOCK.REALTIME) throw new SysError('EINVAL', 'clock_settime');
  if (!capable(task, CAP.SYS_TIME)) throw new SysError('EPERM', 'clock_settime');
  throw new SysError('EPERM', 'clock_settime', 'the clock is the host\'s');
}

const clocks: readonly number[] = Object.values(CLOCK);

function clockGetres(_task: Task, clock: number, res: Buf | undefined): number {
  if (!clocks.includes(clock)) throw new SysError('EINVAL', 'clock_getres');
  const coarse = clock === CLOCK.REALTIME_COARSE || clock === CLOCK.MONOTONIC_COARSE;
  if (res !== undefined) putTimespec(res, 0, coarse ? 4_000_000 : 1);
  return 0;
}

function nanosleep(task: Task, req: Buf, rem: Buf | undefined): number | Block {
  return sleepUntil(task, deadlineOf(task, req), rem);
}

function clockNanosleep(task: Task, clock: number, flags: number, req: Buf, rem: Buf | undefined): number | Block {
  const { call, kernel } = task;
  if (clock === CLOCK.THREAD_CPUTIME_ID || !clocks.includes(clock)) throw new SysError('EINVAL', 'clock_nanosleep');
  if (clock === CLOCK.MONOTONIC_RAW || clock === CLOCK.REALTIME_COARSE || clock === CLOCK.MONOTONIC_COARSE
    || clock === CLOCK.PROCESS_CPUTIME_ID) throw new SysError('EOPNOTSUPP', 'clock_nanosleep');
  if ((flags & TIMER_ABSTIME) === 0) return sleepUntil(task, deadlineOf(task, req), rem);
  if (Number.isNaN(call.deadlineNs)) {
    const at = readTimespec(req);
    const realtime = clock === CLOCK.REALTIME || clock === CLOCK.TAI;
    call.deadlineNs = realtime
      ? kernel.clock.monotonicNs() + Math.max(0, at - toNs(kernel.clock.realtime()))
      : at - offsetNs(task, clock);
  }
  return sleepUntil(task, call.deadlineNs, undefined);
}

/** What is left is written by every try, since a signal that ends the call does not run it again. */
function sleepUntil(task: Task, deadlineNs: number, rem: Buf | undefined): number | Block {
  const left = deadlineNs - task.kernel.clock.monotonicNs();
  if (left <= 0) return 0;
  if (rem !== undefined) {
    const { sec, nsec } = toTimespec(left);
    putTimespec(rem, sec, nsec);
  }
  return block([], deadlineNs);
}

function getrusage(task: Task, who: number, buf: Buf): number {
  if (who === RUSAGE.SELF || who === RUSAGE.THREAD) buf.write(0, encodeUsage(usage(task)));
  else if (who === RUSAGE.CHILDREN) buf.write(0, encodeUsage(childrenUsage(task)));
  else throw new SysError('EINVAL', 'getrusage');
  return 0;
}

function times(task: Task, buf: Buf | undefined): number {
  buf?.write(0, encode('tms', {
    tms_utime: ticks(task.utimeNs), tms_stime: ticks(task.stimeNs),
    tms_cutime: ticks(task.childUtimeNs), tms_cstime: ticks(task.childStimeNs),
  }));
  return ticks(task.kernel.clock.monotonicNs());
}

const GRND_ALL = 7;
/** A call is not longer than this, as Linux cuts it at 32 MiB - 1. */
const RANDOM_MAX = 33554431;

function getrandom(task: Task, buf: Buf, flags: number): number {
  if ((flags & ~GRND_ALL) !== 0 || (flags & 6) === 6) throw new SysError('EINVAL', 'getrandom');
  const n = Math.min(buf.length, RANDOM_MAX);
  // A fresh array: the host's source does not write to shared memory.
  for (let at = 0; at < n; at += 65536) {
    const bytes = new Uint8Array(Math.min(65536, n - at));
    task.kernel.random(bytes);
    buf.write(at, bytes);
  }
  return n;
}

export const rows = {
  clock_gettime: full(clockGettime),
  clock_settime: partial(clockSettime, 'always EPERM: the clock is the host\'s'),
  clock_getres: full(clockGetres),
  nanosleep: norestart(full(nanosleep)),
  clock_nanosleep: norestart(full(clockNanosleep)),
  getrusage: partial(getrusage, 'times and memory; other fields are 0'),
  times: full(times),
  getrandom: full(getrandom),
} satisfies Rows;
