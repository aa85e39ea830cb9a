// The container's descriptors and the caller's, copied in both directions.

import { writeSync } from 'node:fs';
import type { Process } from '../runtime.ts';
import { complain } from './print.ts';

export interface Stdio {
  /** Everything that the container wrote has been passed on. */
  readonly drained: Promise<unknown>;
  /** The status to exit with when our own output failed for another reason than a closed pipe. */
  failed(): number | undefined;
  restore(): unknown;
}

export function connectPipes(process_: Process, interactive: boolean): Stdio {
  let status: number | undefined;
  const fail = (code: number): void => { status = code; };
  if (interactive) copyIn(process_);
  const drained = Promise.all([copyOut(process_.stdout, 1, fail), copyOut(process_.stderr, 2, fail)]);
  return { drained, failed: () => status, restore: () => interactive && process.stdin.pause() };
}

/** One chunk at a time: the next is read when the container has taken the last, and its end of input is ours. */
export function copyIn(process_: Process): void {
  const writer = process_.stdin.getWriter();
  const { stdin } = process;
  stdin.on('data', (data: Uint8Array) => {
    stdin.pause();
    writer.write(data).then(() => stdin.resume(), () => {});
  });
  stdin.on('end', () => void writer.close().catch(() => {}));
  stdin.on('error', () => void writer.close().catch(() => {}));
}

export async function copyOut(stream: ReadableStream<Uint8Array>, fd: 1 | 2, fail: (code: number) => void): Promise<void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    try {
      await put(fd, value);
    } catch (error) {
      // A reader that has gone is the container's to notice, by SIGPIPE; any other failure is ours to report.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EPIPE' && code !== 'EOF') {
        fail(1);
        if (fd === 1) complain(`twinbox: write standard output: ${(error as Error).message}\n`);
      }
      await reader.cancel().catch(() => {});
      return;
    }
  }
}

/** A direct write, since opening Node's own stream costs milliseconds; the stream where the descriptor would block. */
async function put(fd: 1 | 2, data: Uint8Array): Promise<void> {
  let at = 0;
  while (at < data.length) {
    try {
      at += writeSync(fd, data, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      return later(fd, data.subarray(at));
    }
  }
}

function later(fd: 1 | 2, data: Uint8Array): Promise<void> {
  const stream = fd === 1 ? process.stdout : process.stderr;
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(data, (error) => {
      stream.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
}
