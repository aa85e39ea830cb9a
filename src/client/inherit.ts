// The caller's own standard streams for a process that cannot have the descriptors themselves: one of the emulated
// kernel's. In Node; a browser has none.

import { Readable } from 'node:stream';

export function ownInput(): ReadableStream<Uint8Array> {
  return Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
}

export function ownOutput(name: 'stdout' | 'stderr'): WritableStream<Uint8Array> {
  const to = process[name];
  return new WritableStream({
    write: (chunk) => new Promise((resolve, reject) => {
      to.write(chunk, (error) => (error ? reject(error) : resolve()));
    }),
  });
}
