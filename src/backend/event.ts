// The events of a backend, numbered; the last ones are kept for a client that asks for them later.

import type { ContainerEvent, Message } from '../wire.ts';

const eventsMax = 1000;

export class EventLog {
  readonly #post: (message: Message) => void;
  readonly #kept: { readonly seq: number; readonly event: ContainerEvent }[] = [];
  #seq = 0;
  #subscribed = false;

  constructor(post: (message: Message) => void) {
    this.#post = post;
  }

  add(event: ContainerEvent): void {
    const kept = { seq: ++this.#seq, event };
    this.#kept.push(kept);
    if (this.#kept.length > eventsMax) this.#kept.shift();
    if (this.#subscribed) this.#post(kept);
  }

  subscribe(since: number | undefined): { readonly seq: number } {
    this.#subscribed = true;
    if (since !== undefined) for (const kept of this.#kept) if (kept.seq > since) this.#post(kept);
    return { seq: this.#seq };
  }
}
