// The trap: from a guest's registers to a row's try and back, and what happens around it: parking, signals, stop, exec,
// death, trace. Protocol of the marks: hardware.ts. This file and signal/deliver.ts hold all rules of interruption.

import { MARK_BLOCK, MARK_DIE, MARK_SIGNAL } from '../hardware.ts';
import { ATTENTION, REGS, type Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { deliver } from '../signal/deliver.ts';
import { Errno, SysError } from '../uapi/errno.ts';
import { add, SA, SIG_DFL, union } from '../uapi/signal.ts';
import type { CallName, Fn } from './abi.ts';
import { abandonCall, type Call, newCall } from '../proc/call.ts';
import { byName, table } from './table.ts';

/** A call from a guest: number `nr` with arguments in `task.regs`. */
export function trap(task: Task, nr: number): number {
  // Killed from elsewhere while its guest code ran on another thread.
  if ((task.attention & ATTENTION.DEAD) !== 0) return MARK_DIE;
  const call = task.call;
  call.row = table[nr]!;
  call.plain = undefined;
  call.finish = undefined;
  call.done = 0;
  call.deadlineNs = NaN;
  call.state = undefined;
  return attempt(task, call);
}

/**
 * A call with plain arguments: a WASI adapter (with `finish`), a step of a plan or a test. It is filtered, traced and
 * parked like any other. Of a task without CPU the result comes to `task.onResult` if MARK_BLOCK was answered here.
 */
export function issue<N extends CallName>(
  task: Task, name: N, args: Parameters<Fn<N>> extends [Task, ...infer A] ? A : never,
  finish?: (task: Task, result: number) => number,
): number {
  const call = task.call;
  call.row = byName[name];
  call.plain = args;
  call.finish = finish;
  call.done = 0;
  call.deadlineNs = NaN;
  call.state = undefined;
  return attempt(task, call);
}

/** What the parked call of `task` answers now: hardware asks when the task's turn comes. */
export function resume(task: Task): number {
  if ((task.attention & ATTENTION.DEAD) !== 0) return MARK_DIE;
  if ((task.attention & (ATTENTION.FROZEN | ATTENTION.STOPPED)) !== 0) return MARK_BLOCK;
  const call = task.call;
  if (call.saved !== undefined) {
    const result = call.saved;
    call.saved = undefined;
    return task.attention === 0 ? give(task, result) : attend(task, result);
  }
  if (!call.parked) return MARK_BLOCK;
  return attempt(task, call);
}

/** A parked task without CPU has its turn: run the try and hand over what it answers. */
export function resumeBare(task: Task): void {
  const result = resume(task);
  if (result !== MARK_BLOCK) task.onResult?.(result);
}

/** Fuel is spent: signals, stop and death are looked at; 0 means go on. */
export function check(task: Task): number {
  return task.attention === 0 ? 0 : attend(task, 0);
}

/** The glue asks for the next handler: 0 none, MARK_DIE, or 1..64 (65..128 with SA_SIGINFO). */
export function signalNext(task: Task): number {
  let info = task.delivering;
  task.delivering = undefined;
  if (info === undefined) {
    const outcome = deliver(task);
    if (outcome === 'die') return MARK_DIE;
    if (outcome !== 'handler') return 0;
    info = task.delivering!;
    task.delivering = undefined;
  }
  const action = task.sighand.actions[info.signo]!;
  task.sigframes.push(task.savedMask ?? task.blocked);
  task.savedMask = undefined;
  let blocked = union(task.blocked, action.mask);
  if ((action.flags & SA.NODEFER) === 0) blocked = add(blocked, info.signo);
  task.blocked = blocked;
  task.handling = info;
  const code = (action.flags & SA.SIGINFO) === 0 ? info.signo : info.signo + 64;
  if ((action.flags & SA.RESETHAND) !== 0) resetHandler(task, info.signo);
  return code;
}

/** rt_sigreturn(2): a handler has returned. */
export function sigreturn(task: Task): void {
  task.blocked = task.sigframes.pop()!;
  task.attention |= ATTENTION.SIGNAL;
}

/** All handlers have run: the interrupted call's result, or the call issued anew. */
export function afterSignals(task: Task): number {
  if ((task.attention & ATTENTION.DEAD) !== 0) return MARK_DIE;
  const frame = task.interrupted.pop()!;
  if (typeof frame === 'number') return task.attention === 0 ? give(task, frame) : attend(task, frame);
  task.call = frame;
  task.regs = frame.regs!;
  return attempt(task, frame);
}

function attempt(task: Task, call: Call): number {
  const row = call.row!;
  if (task.tracer !== undefined && !call.parked) call.traced = task.tracer.enter(task, row, call);
  let result: number | Block;
  try {
    const refused = task.seccomp?.get(row.nr);
    if (refused !== undefined) result = -refused;
    else if (call.plain === undefined) result = row.invoke(task);
    else result = (row.fn as (task: Task, ...args: unknown[]) => number | Block)(task, ...call.plain);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    call.error = error;
    result = -error.errno;
  }
  return typeof result === 'number' ? complete(task, call, result) : park(task, call, result);
}

function complete(task: Task, call: Call, result: number): number {
  call.parked = false;
  call.abandon = undefined;
  if (task.tracer !== undefined) task.tracer.exit(task, call.row!, call, result);
  let value = result;
  if (call.finish !== undefined && (task.attention & (ATTENTION.DEAD | ATTENTION.EXEC)) === 0) {
    value = call.finish(task, result);
  }
  if (task.attention !== 0) return attend(task, value);
  return call.row!.result === 'i64' ? give(task, value) : value | 0;
}

/** Hand a result over in two words. One that waited for handlers or SIGCONT was kept whole until now. */
function give(task: Task, value: number): number {
  task.call.hi = Math.floor(value / 4294967296) | 0;
  return value | 0;
}

function park(task: Task, call: Call, on: Block): number {
  call.parked = true;
  task.state = 'S';
  task.waiting = on.queues;
  for (const queue of on.queues) queue.add(task);
  if (on.deadlineNs !== Infinity) task.timer = task.kernel.timers.add(on.deadlineNs, () => task.wakeup());
  return task.attention === 0 ? MARK_BLOCK : interrupt(task, call);
}

/** A call has ended with `result`; what else must happen before the guest sees it? */
function attend(task: Task, result: number): number {
  if ((task.attention & ATTENTION.DEAD) !== 0) return MARK_DIE;
  if ((task.attention & ATTENTION.EXEC) !== 0) return MARK_DIE;
  const outcome = (task.attention & ATTENTION.SIGNAL) === 0 ? 'none' : deliver(task);
  if (outcome === 'die') return MARK_DIE;
  if (outcome === 'handler') {
    task.interrupted.push(result);
    return MARK_SIGNAL;
  }
  if ((task.attention & (ATTENTION.STOPPED | ATTENTION.FROZEN)) !== 0) {
    task.call.saved = result;
    return MARK_BLOCK;
  }
  return give(task, result);
}

/** A call has parked while something wants attention: a handler ends it, everything else keeps it as it is. */
function interrupt(task: Task, call: Call): number {
  if ((task.attention & ATTENTION.DEAD) !== 0) return MARK_DIE;
  if ((task.attention & ATTENTION.SIGNAL) === 0) return MARK_BLOCK;
  const outcome = deliver(task);
  if (outcome === 'die') return MARK_DIE;
  if (outcome !== 'handler') return MARK_BLOCK;
  task.unpark();
  task.state = 'R';
  call.parked = false;
  const action = task.sighand.actions[task.delivering!.signo]!;
  if (call.done === 0 && call.row!.restart && (action.flags & SA.RESTART) !== 0) {
    // The handler's own calls need the registers and the record: set them aside with the call.
    call.regs = task.regs;
    task.interrupted.push(call);
    task.regs = new Int32Array(REGS);
    task.call = newCall();
    return MARK_SIGNAL;
  }
  abandonCall(call);
  const result = call.done > 0 ? call.done : -Errno.EINTR;
  if (task.tracer !== undefined) task.tracer.exit(task, call.row!, call, result);
  task.interrupted.push(call.finish === undefined ? result : call.finish(task, result));
  return MARK_SIGNAL;
}

function resetHandler(task: Task, signo: number): void {
  task.sighand.actions[signo] = { ...task.sighand.actions[signo]!, handler: SIG_DFL };
}
