// What a client does with the streams of a process that it has just made: input that was given as a value, output that
// leads to a stream, output that is collected.

import type { Process, StdioOptions } from '../runtime.ts';
import type { Target } from '../wire.ts';
import type { Connection } from './connection.ts';
import { channelCredit } from './stream.ts';

type Mode = 'portable' | 'native';

/** Writes what was given and closes; a process that does not read it to the end is no error. */
export function feed(process: Process, stdin: StdioOptions['stdin'], mode: Mode): void {
  if (stdin === undefined || stdin === 'pipe' || stdin === 'ignore') return;
  if (stdin === 'inherit') {
    if (mode === 'native') return;
    void import('./inherit.ts').then(({ ownInput }) => ownInput().pipeTo(process.stdin)).catch(() => {});
    return;
  }
  if (stdin instanceof ReadableStream) {
    stdin.pipeTo(process.stdin).catch(() => {});
    return;
  }
  const writer = process.stdin.getWriter();
  writer.write(stdin).catch(() => {});
  writer.close().catch(() => {});
}

export function pour(process: Process, options: StdioOptions, mode: Mode): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const to = options[name];
    if (typeof to === 'object') process[name].pipeTo(to, { preventClose: true }).catch(() => {});
    else if (to === 'inherit' && mode === 'portable') {
      // Asked for at once: a stream that nobody reads yet would lose nothing, but its process would wait.
      const stream = process[name];
      void import('./inherit.ts').then(({ ownOutput }) => stream.pipeTo(ownOutput(name))).catch(() => {});
    }
  }
}

/**
 * All that a process says on descriptors 1 and 2, each up to a limit; what comes after it is read and dropped, so that
 * the process can end. By channels and not by streams, which cost as much as the rest of a short run.
 */
export async function collect(
  connection: Connection, target: Target, limit: number, full: (what: 'stdout' | 'stderr') => void,
): Promise<readonly [Uint8Array, Uint8Array]> {
  const args = { ...target, fds: [1, 2], replay: true, credit: channelCredit };
  const { channels } = await connection.request('attach', args);
  const read = (fd: 1 | 2): Promise<Uint8Array> => new Promise((resolve) => {
    const channel = channels[fd];
    if (channel === undefined) return resolve(new Uint8Array());
    const parts: Uint8Array[] = [];
    let length = 0;
    connection.read(channel, (data) => {
      if (data === undefined) return resolve(concat(parts, Math.min(length, limit)));
      const over = length > limit;
      length += data.length;
      if (!over) parts.push(data);
      if (!over && length > limit) full(fd === 1 ? 'stdout' : 'stderr');
      connection.post('credit', { channel, bytes: data.length });
    });
  });
  return Promise.all([read(1), read(2)]);
}

function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    const piece = part.subarray(0, length - at);
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
