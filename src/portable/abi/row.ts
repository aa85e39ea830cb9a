// How WASI's adapters call the kernel: always a row of Linux's table, with plain arguments, so that what a WASI program
// does is filtered and traced like any other call.

import {newCall} from '../../kernel/proc/call.ts';
import type {Task} from '../../kernel/proc/task.ts';
import type {CallName, Fn} from '../../kernel/syscall/abi.ts';
import {issue} from '../../kernel/syscall/dispatch.ts';
import {byName} from '../../kernel/syscall/table.ts';
import {Errno, SysError} from '../../kernel/uapi/errno.ts';
import {SUCCESS, wasiErrno} from './errno.ts';

export type Args<N extends CallName> = Parameters<Fn<N>> extends [Task, ...infer A] ? A : never;

/** Does something with the row's result, which is not negative. Answers WASI's errno if it is not success. */
export type Done = (task: Task, result: number) => number | undefined;

/** The last row of an adapter: it may wait, and the adapter's answer is a WASI errno or a mark. */
export function last<N extends CallName>(task: Task, name: N, args: Args<N>, done?: Done): number {
  return issue(task, name, args as never, (t, result) => {
    if (result < 0) return wasiErrno(-result);
    if (done === undefined) return SUCCESS;
    try {
      return done(t, result) ?? SUCCESS;
    } catch (error) {
      return errorOf(error);
    }
  });
}

/** A row on the way, one that never waits: its result. Throws SysError. */
export function step<N extends CallName>(task: Task, name: N, args: Args<N>): number {
  const row = byName[name];
  const call = newCall();
  call.row = row;
  call.plain = args;
  if (task.tracer !== undefined) call.traced = task.tracer.enter(task, row, call);
  let failure: SysError | undefined;
  let result = 0;
  const refused = task.seccomp?.get(row.nr);
  if (refused !== undefined) {
    result = -refused;
  } else {
    try {
      const answer = (row.fn as (task: Task, ...args: unknown[]) => unknown)(task, ...args);
      result = typeof answer === 'number' ? answer : -Errno.EAGAIN;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      call.error = failure = error;
      result = -error.errno;
    }
  }
  if (task.tracer !== undefined) task.tracer.exit(task, row, call, result);
  if (result < 0) throw failure ?? new WasiError(wasiErrno(-result));
  return result;
}

/** An errno of WASI's own, or one that came as a number. */
export class WasiError extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`WASI errno ${errno}`);
    this.errno = errno;
  }
}

/** WASI's errno of an exception; what is no error of the guest's is thrown on. */
export function errorOf(error: unknown): number {
  if (error instanceof WasiError) return error.errno;
  if (error instanceof SysError) return wasiErrno(error.errno);
  throw error;
}
