// Waiting for children (wait4(2), waitid(2)): which child, which change of state, and the reaping of a zombie.

import type { Pid } from '../ns/pid.ts';
import { type Block, block } from '../sched/block.ts';
import { SysError } from '../uapi/errno.ts';
import { statusContinued, statusStopped, W } from '../uapi/sched.ts';
import { SIG } from '../uapi/signal.ts';
import { reapTask } from './exit.ts';
import type { Task } from './task.ts';

/** Which children: any, the one with a Pid, or the members of the group that a Pid founded. A Pid may be missing. */
export type Wanted =
  | { readonly kind: 'any' }
  | { readonly kind: 'pid' | 'group'; readonly pid: Pid | undefined };

export interface ChildState {
  readonly child: Task;
  /** The child's number as the parent sees it; a zombie has lost it when this is read. */
  readonly pid: number;
  readonly status: number;
  readonly how: 'exited' | 'stopped' | 'continued';
}

/** The first change of state that fits; undefined with WNOHANG if there is none, ECHILD if no child could ever fit. */
export function waitForChild(task: Task, wanted: Wanted, options: number): ChildState | Block | undefined {
  let eligible = false;
  for (const child of task.children) {
    if (!fits(child, wanted) || !ofKind(child, options)) continue;
    eligible = true;
    const state = change(task, child, options);
    if (state !== undefined) return state;
  }
  if (!eligible) throw new SysError('ECHILD');
  return (options & W.NOHANG) !== 0 ? undefined : block(task.childWait);
}

function fits(child: Task, wanted: Wanted): boolean {
  switch (wanted.kind) {
    case 'any': return true;
    case 'pid': return child.pid === wanted.pid;
    case 'group': return wanted.pid !== undefined && child.pgrp.pid === wanted.pid;
  }
}

/** A "clone child" is one that does not send SIGCHLD. */
function ofKind(child: Task, options: number): boolean {
  if ((options & W.ALL) !== 0) return true;
  return (child.exitSignal !== SIG.CHLD) === ((options & W.CLONE) !== 0);
}

function change(task: Task, child: Task, options: number): ChildState | undefined {
  const pid = child.pid.in(task.pid.ns);
  const keep = (options & W.NOWAIT) !== 0;
  if (child.state === 'Z') {
    if ((options & W.EXITED) === 0) return undefined;
    const state: ChildState = { child, pid, status: child.exitStatus, how: 'exited' };
    if (!keep) {
      task.childUtimeNs += child.utimeNs + child.childUtimeNs;
      task.childStimeNs += child.stimeNs + child.childStimeNs;
      reapTask(child);
    }
    return state;
  }
  const { jobReport } = child;
  if (jobReport === 'stopped' && (options & W.STOPPED) !== 0) {
    if (!keep) child.jobReport = undefined;
    return { child, pid, status: statusStopped(child.stopSignal), how: 'stopped' };
  }
  if (jobReport === 'continued' && (options & W.CONTINUED) !== 0) {
    if (!keep) child.jobReport = undefined;
    return { child, pid, status: statusContinued, how: 'continued' };
  }
  return undefined;
}
