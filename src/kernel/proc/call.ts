// A system call in progress, kept as data on its task: nothing of the kernel is suspended with it, so kill, freeze and
// exec have nothing to unwind.

import type { Row } from '../syscall/table.ts';
import type { SysError } from '../uapi/errno.ts';
import type { Task } from './task.ts';

export interface Call {
  row: Row | undefined;
  /** Plain arguments, for a call that did not come from guest registers: a WASI adapter, a plan step, a test. */
  plain: readonly unknown[] | undefined;
  /** Translates the result on completion (WASI). */
  finish: ((task: Task, result: number) => number) | undefined;
  /** Bytes moved by earlier tries; a signal then ends the call with this count. */
  done: number;
  /** Absolute monotonic nanoseconds, set by the first try that needs it; NaN before. */
  deadlineNs: number;
  /** What a row keeps between its tries. */
  state: unknown;
  /** Takes back what the tries so far have made, when a handler or death ends the call. */
  abandon: (() => void) | undefined;
  /** High word of an i64 result. */
  hi: number;
  parked: boolean;
  /** Registers set aside while handlers run, for a call that is issued anew afterwards. */
  regs: Int32Array | undefined;
  /** A result that waits for the task to be continued or thawed. */
  saved: number | undefined;
  /** The last failure, whole, for plan steps: the guest sees its number only. */
  error: SysError | undefined;
  /** Of a traced task: the call's text, with its arguments as far as they are known. */
  traced: string | undefined;
}

export const newCall = (): Call => ({
  row: undefined, plain: undefined, finish: undefined, done: 0, deadlineNs: NaN, state: undefined, abandon: undefined, hi: 0,
  parked: false, regs: undefined, saved: undefined, error: undefined, traced: undefined,
});

/** The call will not be tried again: by a handler, or by the death of its task. */
export function abandonCall(call: Call): void {
  call.abandon?.();
  call.abandon = undefined;
  call.state = undefined;
}
