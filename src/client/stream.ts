// Output of a process as a Web Stream with two conveniences, and its input. Credit flows back as the reader takes
// bytes, so that a slow reader holds the process up and not the host's memory.

import type { Connection } from './connection.ts';
import type { Target } from '../wire.ts';

/** Bytes that may be on their way to one reader. */
export const channelCredit = 256 * 1024;

/** A readable stream of bytes that knows that most of them are text. */
export interface OutputStream extends ReadableStream<Uint8Array> {
  /** All of it, decoded as UTF-8. */
  text(): Promise<string>;
  /** Line by line, without line ends. */
  lines(): AsyncGenerator<string, void, undefined>;
}

/** The channel is opened when the first byte is wanted, or at once with a number that is known already. */
export function outputStream(connection: Connection, open: () => Promise<number | undefined>): OutputStream {
  let channel: number | undefined;
  let wanted: (() => void) | undefined;
  const queue: Uint8Array[] = [];
  let ended = false;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async start() {
      channel = await open();
      if (channel === undefined) ended = true;
      else {
        connection.read(channel, (data) => {
          if (data === undefined) ended = true;
          else queue.push(data);
          wanted?.();
        });
      }
    },
    async pull(controller) {
      while (queue.length === 0 && !ended) await new Promise<void>((resolve) => { wanted = resolve; });
      wanted = undefined;
      const data = queue.shift();
      if (data === undefined) return controller.close();
      if (channel !== undefined) connection.post('credit', { channel, bytes: data.length });
      controller.enqueue(data);
    },
    cancel() {
      ended = true;
      if (channel !== undefined) connection.post('detach', { channel });
    },
  };
  const stream = new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
  return Object.assign(stream, { text: () => text(stream), lines: () => lines(stream) });
}

export async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let all = '';
  for await (const chunk of chunks(stream)) all += decoder.decode(chunk, { stream: true });
  return all + decoder.decode();
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks(stream)) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

export async function* chunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        finished = true;
        return;
      }
      yield value;
    }
  } finally {
    // Leaving a loop early gives the stream up, as for await over a stream does.
    if (!finished) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

const encoder = new TextEncoder();

/** Standard input: a write is done when the process's pipe or terminal has taken it; closing gives end of file. */
export function inputStream(connection: Connection, target: Target): WritableStream<Uint8Array | string> {
  return new WritableStream<Uint8Array | string>({
    async write(chunk) {
      const data = typeof chunk === 'string' ? encoder.encode(chunk) : chunk;
      if (data.length > 0) await connection.request('write', { ...target, data });
    },
    async close() {
      await connection.request('closeStdin', target);
    },
    async abort() {
      await connection.request('closeStdin', target);
    },
  });
}
