// What the kernel asks of the machine under it: memory and a CPU for each task. The kernel knows neither WebAssembly
// nor promises; src/portable gives this interface, unit tests give a fake.

import type { Task } from './proc/task.ts';
import type { WaitQueue } from './sched/block.ts';
import type { SysError } from './uapi/errno.ts';

/** Answers of a try that are not results. Everything above MARK_SIGNAL is a value or a negative errno. */
export const MARK_DIE = -2147483648;
export const MARK_BLOCK = -2147483647;
export const MARK_SIGNAL = -2147483646;

/** A task's memory. The view is fetched anew for every try, since it is replaced when the memory grows. */
export interface Memory {
  bytes(): Uint8Array;
}

/** An executable file, offered to the loader. Equal keys mean equal content (inode and change counter). */
export interface ProgramSource {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  read(): Uint8Array;
}

/** A file as the loader has it. While it is loading, execve(2) waits on `queue`. */
export interface Program {
  state: 'loading' | 'ready' | 'failed';
  /** Why it is not a program: ENOEXEC mostly. */
  error: SysError | undefined;
  readonly queue: WaitQueue;
  /** Bytes of memory that a fresh instance takes, for the charge at exec. */
  memoryBytes: number;
  /** A WASI program expects preopened directories (DESIGN: fd_prestat_get). */
  preopens: boolean;
}

export interface Hardware {
  /** Compile, or find compiled. Answers at once; `queue` is woken when it is no longer loading. */
  load(source: ProgramSource): Program;
  /** Give a task its CPU: a fresh instance of `program`, made ready to run. After an exec of a task that has one, not called: see Kernel.next. */
  start(task: Task, program: Program): void;
  /** clone(2): a second instance on a copy of the parent's memory and globals, entered at fn(arg). Throws SysError (EAGAIN, ENOMEM, EINVAL). */
  clone(parent: Task, child: Task, fn: number, stack: number, arg: number): void;
  /** A parked task has something to do: put it in the run queue (never run it from here), then call `Kernel.resume`. */
  ready(task: Task): void;
  /** The task is dead: free its CPU and memory. If it is suspended it is resumed into its trap. */
  release(task: Task): void;
  /** rt_sigaction: check and install the guest's function for a signal; -1 removes it. Throws SysError EINVAL. */
  handler(task: Task, signal: number, fn: number, siginfo: boolean): void;
  /** A running task must look at its attention flags soon. */
  preempt(task: Task): void;
}
