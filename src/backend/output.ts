// One output descriptor of a process: drained into the ring and to attached channels, as their credit allows.

import type { Message } from '../wire.ts';
import type { Ring } from './ring.ts';

/** The host's end of a descriptor that a process writes to, as a mode has it. */
export interface Source {
  /**
   * Give the sink what there is, now and whenever more comes, as long as it wants some. Called anew when it wants
   * again.
   */
  pull(sink: Sink): void;
  /** The process has ended: what is left of its own is given before this returns, as far as it is wanted. */
  over?(sink: Sink): void;
  /** Bytes and end are not wanted any more: a writer gets SIGPIPE. */
  close(): void;
}

export interface Sink {
  readonly wants: boolean;
  /** Someone waits for it to end. */
  readonly read: boolean;
  /** The bytes are the sink's own from now on. */
  take(data: Uint8Array): void;
  /** The last writer is gone. */
  end(): void;
}

interface Channel {
  readonly id: number;
  credit: number;
}

export class Output implements Sink {
  readonly #fd: 1 | 2;
  readonly #ring: Ring;
  /** A pipe by request waits for its reader; a log never does. */
  readonly #kind: 'pipe' | 'log';
  readonly #post: (message: Message) => void;
  readonly #channels = new Map<number, Channel>();
  #source: Source | undefined;
  #hadReader = false;

  constructor(fd: 1 | 2, source: Source, kind: 'pipe' | 'log', ring: Ring, post: (message: Message) => void) {
    this.#fd = fd;
    this.#source = source;
    this.#kind = kind;
    this.#ring = ring;
    this.#post = post;
    this.#drain();
  }

  attach(id: number, credit: number, replay: boolean): void {
    const channel = { id, credit };
    if (replay) {
      for (const { fd, data } of this.#ring.chunks()) if (fd === this.#fd) this.#give(channel, data);
    }
    if (this.#source === undefined) return this.#post({ channel: id, end: true });
    this.#channels.set(id, channel);
    this.#hadReader = true;
    this.#drain();
  }

  detach(id: number): void {
    if (!this.#channels.delete(id)) return;
    // The reader of a pipe has gone: its writer shall have SIGPIPE.
    if (this.#kind === 'pipe' && this.#channels.size === 0) this.end();
    else this.#drain();
  }

  credit(id: number, bytes: number): boolean {
    const channel = this.#channels.get(id);
    if (channel === undefined) return false;
    const stopped = channel.credit <= 0;
    channel.credit += bytes;
    if (stopped && channel.credit > 0) this.#drain();
    return true;
  }

  /** As long as everyone who reads it can take more. */
  get wants(): boolean {
    if (this.#source === undefined || (this.#kind === 'pipe' && this.#channels.size === 0)) return false;
    for (const channel of this.#channels.values()) if (channel.credit <= 0) return false;
    return true;
  }

  get read(): boolean {
    return this.#channels.size > 0;
  }

  take(data: Uint8Array): void {
    if (this.#kind === 'log') this.#ring.add(this.#fd, data);
    for (const channel of this.#channels.values()) this.#give(channel, data);
  }

  /** Its writers are gone, or the record is. */
  end(): void {
    const source = this.#source;
    this.#source = undefined;
    source?.close();
    for (const id of this.#channels.keys()) this.#post({ channel: id, end: true });
    this.#channels.clear();
  }

  /** Of a process that has ended: what is left is read even without a reader, so that the machine can let it go. */
  finish(): void {
    this.#source?.over?.(this);
    if (this.#kind === 'pipe' && !this.#hadReader) return;
    this.#drain();
  }

  #drain(): void {
    if (this.wants) this.#source?.pull(this);
  }

  #give(channel: Channel, data: Uint8Array): void {
    channel.credit -= data.length;
    this.#post({ channel: channel.id, data });
  }
}
