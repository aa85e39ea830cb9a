// Waiting. A system call never sleeps inside the kernel: its try answers `block(queue)` and is run again after a wake.

/** Whoever can wait on a queue: a task with a parked call, or the far end of a console. */
export interface Waiter {
  wakeup(): void;
}

/** Waiters in the order they came. */
export class WaitQueue {
  readonly #waiters = new Set<Waiter>();

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  get empty(): boolean {
    return this.#waiters.size === 0;
  }

  /** Wake all: each runs its try again, and one that finds nothing waits anew. */
  wake(): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of [...this.#waiters]) waiter.wakeup();
  }

  /** Wake the one that waits longest, where only one can win. */
  wakeOne(): void {
    for (const waiter of this.#waiters) {
      waiter.wakeup();
      return;
    }
  }
}

/** The would-block marker: what to wait on, and until when. It is never an errno. */
export interface Block {
  readonly queues: readonly WaitQueue[];
  /** Absolute monotonic nanoseconds; Infinity for no time-out. The try runs again then and sees that time is up. */
  readonly deadlineNs: number;
}

const nowhere: readonly WaitQueue[] = [];

/** Park the calling task until `on` is woken or the deadline has passed. No queue: only a signal or the deadline. */
export function block(on: WaitQueue | readonly WaitQueue[] = nowhere, deadlineNs = Infinity): Block {
  return { queues: on instanceof WaitQueue ? [on] : on, deadlineNs };
}
