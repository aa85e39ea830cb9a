// A console: a terminal whose far end is outside of the machine, given by the runtime. Bytes that it does not take yet
// wait here, and programs with them.

import type { Opener } from '../fs/file.ts';
import type { Kernel } from '../kernel.ts';
import { O } from '../uapi/fcntl.ts';
import { CONSOLE_DEV } from './device.ts';
import { openTty } from './file.ts';
import { ByteRing } from './ring.ts';
import { Tty, type TtyDriver } from './tty.ts';

/** What the runtime gives. */
export interface ConsoleHost {
  /** Output; answers how many bytes it took. When it can take more, it calls Console.ready. */
  write(bytes: Uint8Array): number;
}

const AHEAD = 16384;

export class Console implements TtyDriver {
  readonly tty: Tty;
  readonly #host: ConsoleHost;
  readonly #ring = new ByteRing(AHEAD * 2);
  /** Input that the line discipline has no room for. */
  #input: Uint8Array = new Uint8Array(0);

  constructor(kernel: Kernel, host: ConsoleHost) {
    this.#host = host;
    this.tty = new Tty(kernel, 'console', CONSOLE_DEV, this);
  }

  /** Typed at the host's terminal. */
  onInput(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#input.length + bytes.length);
    all.set(this.#input);
    all.set(bytes, this.#input.length);
    this.#input = all.subarray(this.tty.receive(all)).slice();
  }

  resize(columns: number, rows: number): void {
    this.tty.resize({ row: rows, col: columns, xpixel: 0, ypixel: 0 });
  }

  hangup(): void {
    this.#ring.clear();
    this.tty.hangup();
  }

  /** The host can take output again. */
  ready(): void {
    while (this.#ring.length > 0) {
      let taken = 0;
      const piece = new Uint8Array(Math.min(4096, this.#ring.length));
      this.#ring.read(piece.length, (part, at) => piece.set(part, at));
      while (taken < piece.length) {
        const n = this.#host.write(piece.subarray(taken));
        if (n === 0) break;
        taken += n;
      }
      if (taken === piece.length) continue;
      this.#back(piece.subarray(taken));
      break;
    }
    this.tty.drained();
  }

  /** Bytes that were not taken go back to the front. */
  #back(rest: Uint8Array): void {
    const tail = new Uint8Array(this.#ring.length);
    this.#ring.read(tail.length, (part, at) => tail.set(part, at));
    this.#ring.write(rest);
    this.#ring.write(tail);
  }

  get room(): number {
    return Math.max(0, AHEAD - this.#ring.length);
  }

  get queued(): number {
    return this.#ring.length;
  }

  put(bytes: Uint8Array): void {
    const n = this.#ring.length === 0 ? this.#host.write(bytes) : 0;
    if (n < bytes.length) this.#ring.write(bytes.subarray(n));
  }

  flush(): void {
    this.#ring.clear();
    this.tty.drained();
  }

  unthrottle(): void {
    if (this.#input.length > 0) this.onInput(new Uint8Array(0));
  }

  closed(): void {}
}

/** Make it /dev/console. */
export function registerConsole(kernel: Kernel, console: Console): void {
  const open: Opener = (task, inode, path, flags) => openTty(task, console.tty, inode, path, flags | O.NOCTTY);
  kernel.vfs.chrdevs.set(CONSOLE_DEV, open);
}
