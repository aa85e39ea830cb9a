// Text of twinbox's own on the caller's descriptors: written at once, since opening Node's streams for them costs
// milliseconds at every start, and nothing can be lost at exit.

import { writeSync } from 'node:fs';

/** On standard output; a reader that has gone is no error of ours. */
export function print(text: string): void {
  put(1, text);
}

/** On standard error. */
export function complain(text: string): void {
  put(2, text);
}

function put(fd: 1 | 2, text: string): void {
  const data = new TextEncoder().encode(text);
  for (let at = 0; at < data.length;) {
    try {
      at += writeSync(fd, data, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A full pipe that does not block: try again, as long as it takes.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (fd === 1 && code !== 'EPIPE') throw error;
      else return;
    }
  }
}
