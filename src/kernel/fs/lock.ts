// Advisory locks: flock(2) on open file descriptions, fcntl(2) record locks by process.

import type { Task } from '../proc/task.ts';
import type { OpenFile } from './file.ts';

/** A descriptor of `file` closes: drop what the task has locked there. */
export function releaseLocks(_task: Task, _file: OpenFile): void {}
