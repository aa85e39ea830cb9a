// Output processing of the line discipline (OPOST), and echoes. It keeps the column, which erasing a tab needs.

import { OFLAG } from '../uapi/termios.ts';
import type { Tty } from './tty.ts';

const NL = 10;
const CR = 13;
const TAB = 9;
const BS = 8;
/** Bytes processed in one go: with everything doubled they still fit. */
const CHUNK = 2048;

export class LineOutput {
  readonly #tty: Tty;
  column = 0;
  /** Column where the line being typed begins. */
  canonColumn = 0;
  readonly #out = new Uint8Array(CHUNK * 8);
  #fill = 0;

  constructor(tty: Tty) {
    this.#tty = tty;
  }

  /** Take what the driver has room for; answers how many of the bytes were used up. */
  write(bytes: Uint8Array): number {
    const { driver, termios, stopped } = this.#tty;
    if (stopped) return 0;
    if ((termios.oflag & OFLAG.OPOST) === 0) {
      const n = Math.min(bytes.length, driver.room);
      if (n > 0) driver.put(n === bytes.length ? bytes : bytes.subarray(0, n));
      return n;
    }
    let used = 0;
    while (used < bytes.length) {
      const { room } = driver;
      const end = Math.min(bytes.length, used + CHUNK);
      const from = used;
      while (used < end && this.#fill + 8 <= room) this.process(bytes[used++]!);
      this.commit();
      if (used === from) break;
    }
    return used;
  }

  /** One character of output, by the settings. It is sent by commit. */
  process(c: number): void {
    const { oflag } = this.#tty.termios;
    if ((oflag & OFLAG.OPOST) === 0) {
      this.raw(c);
      return;
    }
    switch (c) {
      case NL:
        if ((oflag & OFLAG.ONLRET) !== 0) this.column = 0;
        if ((oflag & OFLAG.ONLCR) !== 0) {
          this.column = 0;
          this.canonColumn = 0;
          this.raw(CR);
        }
        this.raw(NL);
        return;
      case CR:
        if ((oflag & OFLAG.ONOCR) !== 0 && this.column === 0) return;
        if ((oflag & OFLAG.OCRNL) !== 0) {
          if ((oflag & OFLAG.ONLRET) !== 0) this.column = 0;
          this.raw(NL);
          return;
        }
        this.column = 0;
        this.canonColumn = 0;
        this.raw(CR);
        return;
      case TAB: {
        const spaces = 8 - (this.column & 7);
        this.column += spaces;
        if ((oflag & OFLAG.TABDLY) === OFLAG.XTABS) for (let i = 0; i < spaces; i++) this.raw(32);
        else this.raw(TAB);
        return;
      }
      case BS:
        if (this.column > 0) this.column--;
        this.raw(BS);
        return;
      default:
        if (c >= 32 && c !== 127 && (c & 0xc0) !== 0x80) this.column++;
        this.raw((oflag & OFLAG.OLCUC) !== 0 && c >= 97 && c <= 122 ? c - 32 : c);
    }
  }

  /** A byte as it is. */
  raw(c: number): void {
    if (this.#fill === this.#out.length) this.commit();
    this.#out[this.#fill++] = c;
  }

  commit(): void {
    if (this.#fill === 0) return;
    const bytes = this.#out.subarray(0, this.#fill);
    this.#fill = 0;
    this.#tty.driver.put(bytes);
  }
}
