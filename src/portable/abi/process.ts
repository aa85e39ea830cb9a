// WASI's calls on the process itself: arguments, environment, exit, signals, clocks, randomness.

import type {Task} from '../../kernel/proc/task.ts';
import {ByteBuf} from '../../kernel/syscall/buf.ts';
import {guest} from '../../kernel/syscall/marshal.ts';
import {structs} from '../../kernel/uapi/struct.ts';
import {WASI} from './errno.ts';
import {GuestBuf, signed, store32, storeTime, view, writable} from './memory.ts';
import {last, step} from './row.ts';

/** How many strings there are, and how many bytes with their NULs. */
function sizes(task: Task, strings: readonly string[], r: Int32Array): number {
  store32(task, r[0]!, strings.length);
  store32(task, r[1]!, strings.reduce((sum, text) => sum + text.length + 1, 0));
  return 0;
}

/** The strings one after another, and an array of where each begins. */
function strings(task: Task, list: readonly string[], r: Int32Array): number {
  const [pointers, ptr] = [r[0]!, r[1]! >>> 0];
  const total = list.reduce((sum, text) => sum + text.length + 1, 0);
  const begins = view(guest(task, pointers, list.length * 4));
  const bytes = guest(task, ptr, total);
  let at = 0;
  list.forEach((text, i) => {
    begins.setUint32(i * 4, ptr + at, true);
    for (let k = 0; k < text.length; k++) bytes[at++] = text.charCodeAt(k);
    bytes[at++] = 0;
  });
  return 0;
}

// A process has its arguments in its memory before it runs, so no row is called for them.
export const argsGet = (task: Task, r: Int32Array): number => strings(task, task.mm!.argv, r);
export const argsSizesGet = (task: Task, r: Int32Array): number => sizes(task, task.mm!.argv, r);
export const environGet = (task: Task, r: Int32Array): number => strings(task, task.mm!.envp, r);
export const environSizesGet = (task: Task, r: Int32Array): number => sizes(task, task.mm!.envp, r);

export const procExit = (task: Task, r: Int32Array): number => last(task, 'exit_group', [r[0]!]);
export const schedYield = (task: Task): number => last(task, 'sched_yield', []);

/** SIGSTKFLT, which WASI does not have; the numbers after it are one lower there. */
const SIGSTKFLT = 16;
const SIGNAL_MAX = 30;

export function procRaise(task: Task, r: Int32Array): number {
  const signal = r[0]! >>> 0;
  if (signal > SIGNAL_MAX) return WASI.INVAL;
  const self = step(task, 'getpid', []);
  return last(task, 'kill', [self, signal < SIGSTKFLT ? signal : signal + 1]);
}

export function randomGet(task: Task, r: Int32Array): number {
  return last(task, 'getrandom', [new GuestBuf(task, r[0]!, r[1]!), 0]);
}

/** WASI's clocks have Linux's numbers: realtime, monotonic, CPU time of the process, of the thread. */
const CLOCK_MAX = 3;

// A row fills it and the adapter reads it in the same try, so that one is enough for all.
const timespecWords = new Int32Array(structs.timespec.size / 4);
const timespec = new ByteBuf(new Uint8Array(timespecWords.buffer));

function clock(task: Task, row: 'clock_gettime' | 'clock_getres', id: number, ptr: number): number {
  if (id >>> 0 > CLOCK_MAX) return WASI.INVAL;
  writable(task, ptr, 8);
  return last(task, row, [id, timespec], (t) => {
    const [lo, hi, nsec] = [timespecWords[0]!, timespecWords[1]!, timespecWords[2]!];
    storeTime(view(guest(t, ptr, 8)), 0, signed(lo, hi), nsec);
    return 0;
  });
}

export const clockResGet = (task: Task, r: Int32Array): number => clock(task, 'clock_getres', r[0]!, r[1]!);
/** Words: clock, precision (2), where the time goes. */
export const clockTimeGet = (task: Task, r: Int32Array): number => clock(task, 'clock_gettime', r[0]!, r[3]!);
