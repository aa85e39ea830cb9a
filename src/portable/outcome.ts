// What a trap leaves behind: whether the kernel still counts on an image whose frames are gone.

import {ATTENTION} from '../kernel/proc/task.ts';
import type {Task} from '../kernel/proc/task.ts';

/** Whether the kernel believes that the image of this task, whose frames are gone, can go on. */
export function goesOn(task: Task): boolean {
  return task.alive && (task.attention & (ATTENTION.DEAD | ATTENTION.EXEC)) === 0;
}
