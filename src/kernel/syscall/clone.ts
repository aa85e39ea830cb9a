// clone(2) and unshare's elder brother: a child on a copy of the caller's memory, entered at a function of its table.

import { cloneTask } from '../proc/clone.ts';
import { discardTask } from '../proc/exit.ts';
import type { Task } from '../proc/task.ts';
import { type Rows, partial } from './table.ts';

/** The child's number as the caller sees it. A caller without CPU gets a child without CPU. */
function clone(task: Task, fn: number, stack: number, flags: number, arg: number): number {
  const child = cloneTask(task, flags);
  if (child.mm !== undefined) {
    try {
      task.kernel.hardware.clone(task, child, fn, stack, arg);
    } catch (error) {
      discardTask(child);
      throw error;
    }
  }
  return child.pid.in(task.pid.ns);
}

export const rows = {
  clone: partial(clone, 'the child runs fn(arg) on a copy of the memory; CLONE_VM, CLONE_VFORK and CLONE_THREAD are ENOSYS, '
    + 'and there is no parent_tid, so that CLONE_PIDFD is EINVAL'),
} satisfies Rows;
