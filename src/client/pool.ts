// Containers begun in advance. A kind that is started twice in a row is likely to be started again: the backend is
// asked to make the first steps of the next one, under an id that is generated now and given to whoever comes.

import type { TwinboxError } from '../errno.ts';
import { type Kind, newId } from './compiled.ts';
import type { Connection } from './connection.ts';

export class Pool {
  readonly #connection: Connection;
  readonly #size: number;
  /** The kind that was started last. */
  #kind: Kind | undefined;
  /** Ids of those that wait, and how many are being made. */
  #ready: string[] = [];
  #making = 0;
  /** Counted up with each change of kind: an answer of an earlier one is of something that was discarded meanwhile. */
  #generation = 0;
  /** Kinds of which nothing can be made in advance. */
  readonly #hopeless = new WeakSet<Kind>();

  constructor(connection: Connection, size: number) {
    this.#connection = connection;
    this.#size = size;
  }

  /** The id of one that has been begun, if there is one of this kind. */
  take(kind: Kind): string | undefined {
    return kind === this.#kind ? this.#ready.shift() : undefined;
  }

  /** One of this kind has been started: perhaps the next is worth beginning, when there is time. */
  started(kind: Kind): void {
    if (this.#size === 0) return;
    if (kind !== this.#kind) {
      if (this.#ready.length + this.#making > 0) this.#connection.post('discard', {});
      this.#kind = kind;
      this.#generation++;
      this.#ready = [];
      this.#making = 0;
      return;
    }
    if (this.#hopeless.has(kind)) return;
    while (this.#ready.length + this.#making < this.#size) this.#begin(kind);
  }

  #begin(kind: Kind): void {
    this.#making++;
    const id = newId();
    const generation = this.#generation;
    this.#connection.request('prepare', { plan: kind.make(id, true).plan }, { idle: true }).then(
      () => {
        if (generation !== this.#generation) return;
        this.#making--;
        this.#ready.push(id);
      },
      ({ code }: TwinboxError) => {
        if (generation !== this.#generation) return;
        this.#making--;
        // It is a matter of speed alone: such containers are born whole. One that was only given up may be tried again.
        if (code !== 'EINTR' && code !== 'EAGAIN') this.#hopeless.add(kind);
      },
    );
  }
}
