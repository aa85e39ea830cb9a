// Call numbers: from what a program imports to the row of the table, or to WASI's adapter for it.

import {growMemory} from '../kernel/cgroup/cgroup.ts';
import type {Task} from '../kernel/proc/task.ts';
import type {CallName} from '../kernel/syscall/abi.ts';
import {trap} from '../kernel/syscall/dispatch.ts';
import {byName} from '../kernel/syscall/table.ts';
import {WASI_FIRST, wasiNumber, wasiTrap} from './abi/wasi.ts';

/** What the hardware asks of whoever answers the guests' calls; tests have a toy. */
export interface Calls {
  /** The number of an import, or -1. */
  number(module: string, name: string): number;
  /** The try of a call, with its words in `task.regs`: a result or a mark. */
  trap(task: Task, nr: number): number;
  /** An import that nobody knows was called. */
  unknown(task: Task, module: string, name: string): void;
  /** Charges a task's memory for `bytes` more, or takes them back. False if it may not have them. */
  grow(task: Task, bytes: number): boolean;
}

export const kernelCalls: Calls = {
  number(module, name) {
    if (module.startsWith('wasi_')) return wasiNumber(module, name);
    const row = Object.hasOwn(byName, name) ? byName[name as CallName] : undefined;
    return row !== undefined && row.module === module ? row.nr : -1;
  },
  trap: (task, nr) => nr < WASI_FIRST ? trap(task, nr) : wasiTrap(task, nr),
  unknown: (task, module, name) => task.tracer?.unknown(task, module === 'linux' ? name : `${module}.${name}`),
  grow: growMemory,
};
