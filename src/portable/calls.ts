// Call numbers: from what a program imports to the row of the table, or to WASI's adapter for it.

import type {Task} from '../kernel/proc/task.ts';

export interface Calls {
  /** The number of an import, or -1. */
  number(module: string, name: string): number;
  /** The try of a call, with its words in `task.regs`: a result or a mark. */
  trap(task: Task, nr: number): number;
  /** An import that nobody knows was called. */
  unknown?(task: Task, module: string, name: string): void;
}
