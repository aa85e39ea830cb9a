// Kernel timers: a binary heap over the one alarm of the clock.

import type { Clock } from './clock.ts';

export interface Timer {
  readonly deadlineNs: number;
  readonly fire: () => void;
  /** Position in the heap; -1 when it is not in it. */
  slot: number;
}

export class Timers {
  readonly #clock: Clock;
  readonly #heap: Timer[] = [];
  #armedNs = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(deadlineNs: number, fire: () => void): Timer {
    const timer: Timer = { deadlineNs, fire, slot: this.#heap.length };
    this.#heap.push(timer);
    this.#up(timer.slot);
    this.#arm();
    return timer;
  }

  cancel(timer: Timer): void {
    const at = timer.slot;
    if (at < 0) return;
    const last = this.#heap.pop()!;
    timer.slot = -1;
    if (last !== timer) {
      this.#place(last, at);
      this.#up(at);
      this.#down(last.slot);
    }
    if (this.#heap.length === 0) this.#arm();
  }

  #expire = (): void => {
    this.#armedNs = Infinity;
    const now = this.#clock.monotonicNs();
    while (this.#heap.length > 0 && this.#heap[0]!.deadlineNs <= now) {
      const timer = this.#heap[0]!;
      this.cancel(timer);
      timer.fire();
    }
    this.#arm();
  };

  #arm(): void {
    const first = this.#heap[0]?.deadlineNs ?? Infinity;
    if (first === this.#armedNs) return;
    // An alarm that comes too early finds nothing to do; only an earlier deadline or none at all needs a new one.
    if (first > this.#armedNs && first !== Infinity) return;
    this.#armedNs = first;
    this.#clock.alarm(first, this.#expire);
  }

  #up(from: number): void {
    const heap = this.#heap;
    const timer = heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.deadlineNs <= timer.deadlineNs) break;
      this.#place(heap[parent]!, at);
      at = parent;
    }
    this.#place(timer, at);
  }

  #down(from: number): void {
    const heap = this.#heap;
    const timer = heap[from]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.deadlineNs < heap[child]!.deadlineNs) child++;
      if (heap[child]!.deadlineNs >= timer.deadlineNs) break;
      this.#place(heap[child]!, at);
      at = child;
    }
    this.#place(timer, at);
  }

  #place(timer: Timer, at: number): void {
    this.#heap[at] = timer;
    timer.slot = at;
  }
}
