// Waiting: events as an async iterable, a promise that an AbortSignal can leave, a delay that can be called off.

import type { EventOptions } from '../runtime.ts';
import type { ContainerEvent } from '../wire.ts';
import { aborted, type Connection } from './connection.ts';

export async function* eventQueue(connection: Connection, options: EventOptions): AsyncGenerator<ContainerEvent> {
  const { signal, since } = options;
  const queue: ContainerEvent[] = [];
  let last = since ?? -1;
  let wake: (() => void) | undefined;
  let closed = false;
  const stop = connection.listen((seq, event) => {
    if (seq <= last) return;
    last = seq;
    queue.push(event);
    wake?.();
  });
  const end = (): void => {
    closed = true;
    wake?.();
  };
  signal?.addEventListener('abort', end, { once: true });
  connection.onFailure(end);
  try {
    if (since !== undefined) await connection.request('events', { since });
    while (!signal?.aborted) {
      const event = queue.shift();
      if (event !== undefined) yield event;
      else if (closed) return;
      else await new Promise<void>((resolve) => { wake = resolve; });
    }
  } finally {
    stop();
    connection.offFailure(end);
    signal?.removeEventListener('abort', end);
  }
}

/**
 * Several streams of events as one. `begin` adds those that there are, keeps what adds more, and answers how that
 * stops.
 */
export async function* mergeEvents(
  begin: (add: (events: AsyncIterable<ContainerEvent>) => void, signal: AbortSignal) => () => void,
  signal?: AbortSignal,
): AsyncGenerator<ContainerEvent> {
  const queue: ContainerEvent[] = [];
  const ending = new AbortController();
  const end = (): void => ending.abort();
  let open = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const pump = async (events: AsyncIterable<ContainerEvent>): Promise<void> => {
    open++;
    try {
      for await (const event of events) {
        queue.push(event);
        wake?.();
      }
    } catch (error) {
      failure ??= { error };
    }
    open--;
    wake?.();
  };
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  const stop = begin((events) => void pump(events), ending.signal);
  try {
    for (;;) {
      const event = queue.shift();
      if (event !== undefined) yield event;
      else if (failure !== undefined) throw failure.error;
      else if (open === 0) return;
      else await new Promise<void>((resolve) => { wake = resolve; });
    }
  } finally {
    stop();
    end();
    signal?.removeEventListener('abort', end);
  }
}

export async function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) throw aborted(signal);
  let leave: (() => void) | undefined;
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => reject(aborted(signal));
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([promise, left]);
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}

export function delay(ms: number): { readonly over: Promise<void>; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => { timer = setTimeout(resolve, ms); });
  return { over, cancel: () => clearTimeout(timer) };
}
