// Delivering signals (get_signal): what the next pending signal means for a task that is about to run guest code again.
// The dispatcher calls it at the end of a call, when a call has parked, and when fuel is spent.

import { exitTask } from '../proc/exit.ts';
import { orphaned } from '../proc/session.ts';
import { ATTENTION, type Task } from '../proc/task.ts';
import { statusSignaled } from '../uapi/sched.ts';
import { CLD, has, SIG, SIG_DFL, SIG_IGN } from '../uapi/signal.ts';
import { notifyParent, unkillable } from './send.ts';
import { dequeue, IGNORED_SIGNALS, KERNEL_ONLY, type SigInfo, STOP_SIGNALS } from './signal.ts';

/**
 * - none: nothing more to deliver; the task may have been stopped (ATTENTION.STOPPED).
 * - handler: `task.delivering` is to be handled by the guest.
 * - die: the task is dead.
 */
export type Outcome = 'none' | 'handler' | 'die';

export function deliver(task: Task): Outcome {
  for (;;) {
    if (!task.alive) return 'die';
    const info = dequeue(task.pending, task.blocked);
    if (info === undefined) {
      task.attention &= ~ATTENTION.SIGNAL;
      return 'none';
    }
    const outcome = act(task, info);
    if (outcome !== undefined) return outcome;
  }
}

/** The consequence of one signal; undefined if it has none. */
function act(task: Task, info: SigInfo): Outcome | undefined {
  const { signo } = info;
  const { handler } = task.sighand.actions[signo]!;
  if (handler === SIG_IGN) return undefined;
  task.tracer?.signal(task, info);
  if (handler !== SIG_DFL) {
    task.delivering = info;
    return 'handler';
  }
  if (has(IGNORED_SIGNALS, signo)) return undefined;
  if (unkillable(task) && !(has(KERNEL_ONLY, signo) && info.pid === 0)) return undefined;
  if (!has(STOP_SIGNALS, signo)) {
    exitTask(task, statusSignaled(signo));
    return 'die';
  }
  // A group without anyone to continue it is not stopped from a terminal.
  if (signo !== SIG.STOP && orphaned(task.pgrp)) return undefined;
  stop(task, signo);
  return 'none';
}

function stop(task: Task, signo: number): void {
  task.attention |= ATTENTION.STOPPED;
  task.state = 'T';
  task.stopSignal = signo;
  task.jobReport = 'stopped';
  task.tracer?.stopped(task, signo);
  notifyParent(task, SIG.CHLD, CLD.STOPPED, signo);
}
