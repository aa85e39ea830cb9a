// The client's end of a link: every request a promise, channels and events handed to who asked for them.

import { errorFrom, TwinboxError, type ErrorData } from '../errno.ts';
import type { Backend, ContainerEvent, Message, Request, RequestName, Requests } from '../wire.ts';

interface Waiter {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Takes the bytes of one channel; `undefined` is its end. */
export type ChannelReader = (data: Uint8Array | undefined) => void;

export interface RequestOptions {
  /** Gives up the request, on the other side too. */
  readonly signal?: AbortSignal | undefined;
  /** It keeps no host alive. */
  readonly idle?: boolean;
}

export class Connection {
  readonly #backend: Backend;
  readonly #waiters = new Map<number, Waiter>();
  readonly #channels = new Map<number, ChannelReader>();
  /** Bytes that came before their reader: the reply that names a channel may be a turn behind. */
  readonly #early = new Map<number, (Uint8Array | undefined)[]>();
  readonly #listeners = new Set<(seq: number, event: ContainerEvent) => void>();
  readonly #traces = new Map<string, (line: string) => void>();
  readonly #failed = new Set<(error: Error) => void>();
  #failure: TwinboxError | undefined;
  #asked: (() => void) | undefined;
  #lastId = 0;
  /** Requests without an answer and processes that run: while there are any, the host process stays alive. */
  #holds = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
    backend.receive = (message) => this.#receive(message);
    backend.broken = (error) => this.#fail(error);
  }

  request<K extends RequestName>(
    op: K, args: Requests[K]['args'], { signal, idle = false }: RequestOptions = {},
  ): Promise<Requests[K]['reply']> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (signal?.aborted) return reject(aborted(signal));
      const id = ++this.#lastId;
      const abort = (): void => this.#post('cancel', { request: id });
      const settle = <T>(finish: (value: T) => void) => (value: T): void => {
        signal?.removeEventListener('abort', abort);
        if (this.#waiters.delete(id) && !idle) this.unhold();
        finish(value);
      };
      if (!idle) {
        this.hold();
        this.#asked?.();
      }
      this.#waiters.set(id, {
        resolve: settle(resolve as (value: unknown) => void),
        reject: settle((error: Error) => reject(signal?.aborted ? aborted(signal) : error)),
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.#backend.send({ id, op, ...args } as unknown as Request);
    });
  }

  /** A request whose reply nobody waits for, and which keeps nothing alive. */
  post<K extends RequestName>(op: K, args: Requests[K]['args']): void {
    if (this.#failure === undefined) this.#post(op, args);
  }

  #post<K extends RequestName>(op: K, args: Requests[K]['args']): void {
    this.#backend.send({ id: ++this.#lastId, op, ...args } as unknown as Request);
  }

  read(channel: number, reader: ChannelReader): void {
    this.#channels.set(channel, reader);
    const early = this.#early.get(channel);
    this.#early.delete(channel);
    early?.forEach((data) => this.#deliver(channel, data));
  }

  /** Until the answer is called. */
  listen(listener: (seq: number, event: ContainerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The trace of one container. */
  onTrace(container: string, listener: ((line: string) => void) | undefined): void {
    if (listener === undefined) this.#traces.delete(container);
    else this.#traces.set(container, listener);
  }

  /** Told of each request that somebody waits for. */
  onRequest(listener: () => void): void {
    this.#asked = listener;
  }

  /** Told once when the link is gone. */
  onFailure(listener: (error: Error) => void): void {
    if (this.#failure !== undefined) listener(this.#failure);
    else this.#failed.add(listener);
  }

  offFailure(listener: (error: Error) => void): void {
    this.#failed.delete(listener);
  }

  hold(): void {
    if (this.#holds++ === 0) this.#backend.hold?.(true);
  }

  unhold(): void {
    if (--this.#holds === 0) this.#backend.hold?.(false);
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.request('close', {});
    } finally {
      this.#fail({ code: 'ERR_CLOSED', message: 'the runtime is closed' });
      await this.#backend.release();
    }
  }

  #receive(message: Message): void {
    if ('reply' in message) {
      const waiter = this.#waiters.get(message.reply);
      if (waiter === undefined) return;
      if ('error' in message) waiter.reject(errorFrom(message.error));
      else waiter.resolve(message.value);
    } else if ('channel' in message) {
      this.#deliver(message.channel, 'data' in message ? message.data : undefined);
    } else if ('event' in message) {
      for (const listener of this.#listeners) listener(message.seq, message.event);
    } else {
      this.#traces.get(message.container)?.(message.trace);
    }
  }

  #deliver(channel: number, data: Uint8Array | undefined): void {
    const reader = this.#channels.get(channel);
    if (reader === undefined) {
      const early = this.#early.get(channel);
      if (early === undefined) this.#early.set(channel, [data]);
      else early.push(data);
      return;
    }
    if (data === undefined) this.#channels.delete(channel);
    reader(data);
  }

  #fail(error: ErrorData): void {
    this.#failure ??= errorFrom(error);
    for (const waiter of [...this.#waiters.values()]) waiter.reject(this.#failure);
    for (const channel of [...this.#channels.keys()]) this.#deliver(channel, undefined);
    for (const listener of this.#failed) listener(this.#failure);
    this.#failed.clear();
  }
}

/** What an aborted wait rejects with: the signal's own reason if it has one. */
export function aborted(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error
    ? reason
    : new TwinboxError({ code: 'ABORT_ERR', message: reason === undefined ? 'aborted' : String(reason) });
}
