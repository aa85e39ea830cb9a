// Containers begun in advance. A kind that is started twice in a row is likely to be started again: the backend is
// asked to make the first steps of the next one, under an id that is generated now and given to whoever comes. Only
// when nobody waits for anything: made beside a start, it would cost that one what it saves the next.

import type { TwinboxError } from '../errno.ts';
import { type Kind, newId } from './compiled.ts';
import type { Connection } from './connection.ts';

/** So long nothing was asked of the backend. */
const idleMs = 3;

/** What was begun of one kind. A new one for every change of kind: what comes late for an old one is nobody's. */
interface Batch {
  readonly kind: Kind;
  /** Ids of those that wait. */
  readonly ready: string[];
  making: number;
  /** Nothing of this kind can be made in advance. */
  hopeless: boolean;
}

export class Pool {
  readonly #connection: Connection;
  readonly #size: number;
  /** Of the kind that was started last. */
  #batch: Batch | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection, size: number) {
    this.#connection = connection;
    this.#size = size;
    if (size > 0) connection.onRequest(() => this.#busy());
  }

  /** The id of one that has been begun, if there is one of this kind. */
  take(kind: Kind): string | undefined {
    return kind === this.#batch?.kind ? this.#batch.ready.shift() : undefined;
  }

  /** One of this kind is started: perhaps the next is worth beginning. */
  started(kind: Kind): void {
    if (this.#size === 0) return;
    const batch = this.#batch;
    if (kind !== batch?.kind) {
      if (batch !== undefined && batch.ready.length + batch.making > 0) this.#connection.post('discard', {});
      this.#batch = { kind, ready: [], making: 0, hopeless: false };
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (!batch.hopeless && this.#timer === undefined) this.#wait();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#fill();
    }, idleMs);
    // It keeps no host alive.
    (this.#timer as { unref?(): void }).unref?.();
  }

  #busy(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#wait();
  }

  #fill(): void {
    const batch = this.#batch;
    while (batch !== undefined && !batch.hopeless && batch.ready.length + batch.making < this.#size) this.#begin(batch);
  }

  #begin(batch: Batch): void {
    batch.making++;
    const id = newId();
    this.#connection.request('prepare', { plan: batch.kind.make(id, true).plan }, { idle: true }).then(
      () => {
        batch.making--;
        if (batch === this.#batch) batch.ready.push(id);
      },
      ({ code }: TwinboxError) => {
        batch.making--;
        // It is a matter of speed alone: such containers are born whole. One that was only given up may be tried again.
        if (code !== 'EINTR' && code !== 'EAGAIN') batch.hopeless = true;
      },
    );
  }
}
