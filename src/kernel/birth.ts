// A container's birth: the steps of a plan made as system calls of this kernel, through the dispatcher, so that they are
// checked, block and fail like any guest's. Task 1 (`twinbox`) makes the runtime's steps, and the task that `clone`
// creates, which has no memory and no CPU yet, makes the child's as itself. The step `exec` gives it its first CPU.

import type { Cgroup } from './cgroup/cgroup.ts';
import { births, type Calls } from './birth/step.ts';
import type { OpenFile } from './fs/file.ts';
import { MARK_BLOCK, MARK_DIE } from './hardware.ts';
import type { Kernel } from './kernel.ts';
import { discardTask, exitTask } from './proc/exit.ts';
import { ATTENTION, type Task } from './proc/task.ts';
import { issue } from './syscall/dispatch.ts';
import type { Tracer } from './syscall/trace.ts';
import { Errno, SysError } from './uapi/errno.ts';
import { statusSignaled } from './uapi/sched.ts';
import { SIG } from './uapi/signal.ts';
import type { Action, Plan, Slot, Step } from './uapi/step.ts';

/** What a birth needs from outside the machine. */
export interface BirthHost {
  /** The far ends of descriptors 0 to 2: the write end of input, the read ends of output. */
  stdio(ends: readonly (OpenFile | undefined)[]): void;
  /** The master of the process's terminal. */
  console(master: OpenFile): void;
  /** The bytes of a program outside. */
  program(source: string): Uint8Array;
  /** Who traces the process from its program on. */
  tracer?: Tracer;
}

/** A step that failed, with what the kernel said. */
export class BirthError extends Error {
  override readonly cause: SysError;
  readonly step: Step;

  constructor(cause: SysError, step: Step) {
    super(cause.message);
    this.cause = cause;
    this.step = step;
  }
}

export class Birth {
  readonly kernel: Kernel;
  readonly host: BirthHost;
  /** Open files by slot, held here and not in task 1's table, which every clone would copy. */
  readonly files = new Map<Slot, OpenFile>();
  /** The child's ends of descriptors 0 to 2. */
  stdio: readonly OpenFile[] = [];
  cgroup: Cgroup | undefined;
  /** The first process of the container that an exec joins. */
  readonly target: Task | undefined;
  child: Task | undefined;
  readonly #steps: readonly Step[];
  readonly #undo: Action[] = [];
  #at = 0;
  #done: ((error?: BirthError) => void) | undefined;

  constructor(kernel: Kernel, plan: Plan, host: BirthHost, joined: { readonly target?: Task; readonly cgroup?: Cgroup } = {}) {
    this.kernel = kernel;
    this.host = host;
    this.target = joined.target;
    this.cgroup = joined.cgroup;
    this.#steps = plan.steps;
  }

  /** The step that is being made. */
  get step(): Step {
    return this.#steps[this.#at]!;
  }

  /** Make steps up to the next `park`, or to the end. On failure everything is undone before `done` hears of it. */
  run(done: (error?: BirthError) => void): void {
    this.#done = done;
    this.#next();
  }

  /** Take back what stands, backwards: after a failure, or when the container is removed. */
  undo(): void {
    for (const action of this.#undo.splice(0).reverse()) {
      try {
        finish(births[action.op](this, action.args as never));
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
      }
    }
  }

  /** The child could be killed while it waits for its program to load: then nobody answers its call. */
  abandoned(): void {
    if (this.#done === undefined) return;
    this.#fail(new SysError('ESRCH', 'execve', 'killed before its program ran'));
  }

  #next(): void {
    while (this.#at < this.#steps.length) {
      const step = this.#steps[this.#at]!;
      if (step.op === 'park') {
        this.#at++;
        return this.#settle();
      }
      if (step.skip?.by === 'portable') {
        this.#at++;
        continue;
      }
      let calls: Calls;
      try {
        calls = births[step.op](this, step.args as never);
        if (!this.#step(calls, undefined)) return;
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        if (!step.optional?.includes(error.code)) return this.#fail(error);
      }
      this.#passed(step);
    }
    this.#settle();
  }

  /** Drives the calls of one step; false when one had to wait, and the rest comes with its result. */
  #step(calls: Calls, first: number | undefined): boolean {
    let result = first;
    for (;;) {
      const next = calls.next(result as number);
      if (next.done) return true;
      const { task, name, args } = next.value;
      if (!task.alive) throw new SysError('ESRCH', name, 'the process was killed');
      result = issue(task, name, args as never);
      if (result === MARK_BLOCK) {
        task.onResult = (late) => {
          task.onResult = undefined;
          this.#late(calls, answer(task, late));
        };
        return false;
      }
      result = answer(task, result);
    }
  }

  #late(calls: Calls, result: number): void {
    const step = this.#steps[this.#at]!;
    try {
      if (!this.#step(calls, result)) return;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      if (!step.optional?.includes(error.code)) return this.#fail(error);
    }
    this.#passed(step);
    this.#next();
  }

  #passed(step: Step): void {
    if (step.undo !== undefined) this.#undo.push(step.undo);
    this.#at++;
  }

  #fail(error: SysError): void {
    const failed = new BirthError(error, this.#steps[this.#at]!);
    this.undo();
    this.#settle(failed);
  }

  #settle(error?: BirthError): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(error);
  }

  /** The child dies, with whatever it is parent or init of. */
  kill(): void {
    const { child } = this;
    if (child?.alive) exitTask(child, statusSignaled(SIG.KILL));
  }

  /** A task that never had a program disappears without a status. */
  discard(): void {
    const { child } = this;
    if (child === undefined || !child.alive) return;
    if (child.mm === undefined && child.pid.ns.init !== child) discardTask(child);
    else this.kill();
  }
}

/** The result of a call of a task without CPU: exec's mark is success, death is ESRCH. */
function answer(task: Task, result: number): number {
  if (result !== MARK_DIE) return result;
  return (task.attention & ATTENTION.DEAD) !== 0 ? -Errno.ESRCH : 0;
}

/** Calls of an undo, none of which waits. */
function finish(calls: Calls): void {
  let result: number | undefined;
  for (;;) {
    const next = calls.next(result as number);
    if (next.done) return;
    result = issue(next.value.task, next.value.name, next.value.args as never);
  }
}
