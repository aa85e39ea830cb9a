// The last bytes of a process's output, both descriptors in the order in which they came: what `logs` and late readers
// get.

import type { LogChunk } from '../wire.ts';

export class Ring {
  readonly #bytesMax: number;
  #chunks: LogChunk[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(fd: 1 | 2, data: Uint8Array): void {
    if (this.#bytesMax === 0) return;
    this.#chunks.push({ fd, time: new Date().toISOString(), data });
    this.#bytes += data.length;
    while (this.#bytes > this.#bytesMax && this.#chunks.length > 0) this.#bytes -= this.#chunks.shift()!.data.length;
  }

  chunks(): readonly LogChunk[] {
    return this.#chunks;
  }
}
