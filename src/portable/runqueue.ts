// The lane's run queue: first come, first served, and the order of everything that the lane does.

import type {Task} from '../kernel/proc/task.ts';
import {LaneCpu} from './lanecpu.ts';

/** A process, or a task without CPU whose parked call has something to do. */
export type Entry = LaneCpu | Task;

export class RunQueue {
  readonly #entries: Entry[] = [];
  /** Where the queue begins; what is before it has been served. */
  #head = 0;

  get empty(): boolean {
    return this.#head === this.#entries.length;
  }

  /** Puts an entry at the end, or first of all. A task stands in it once. */
  push(entry: Entry, first = false): void {
    if (entry instanceof LaneCpu) entry.queued = true;
    else if (this.#entries.includes(entry, this.#head)) return;
    if (!first) this.#entries.push(entry);
    else if (this.#head > 0) this.#entries[--this.#head] = entry;
    else this.#entries.unshift(entry);
  }

  shift(): Entry | undefined {
    if (this.empty) return undefined;
    const entry = this.#entries[this.#head]!;
    this.#entries[this.#head++] = undefined!;
    if (this.empty || this.#head > 4096) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
    if (entry instanceof LaneCpu) entry.queued = false;
    return entry;
  }
}
