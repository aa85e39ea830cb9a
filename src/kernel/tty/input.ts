// Input processing of the line discipline (N_TTY, drivers/tty/n_tty.c): what is typed becomes lines or single bytes,
// signals, echoes and edits. The buffer holds complete lines up to `canonHead`, then the line that is being typed.

import { sendGroup } from '../signal/send.ts';
import { SIG } from '../uapi/signal.ts';
import { IFLAG, LFLAG, VCC } from '../uapi/termios.ts';
import type { Tty } from './tty.ts';

/** N_TTY_BUF_SIZE. A line is at most one byte shorter, so that its end always fits. */
const SIZE = 4096;
const MASK = SIZE - 1;
const NL = 10;
const CR = 13;
const TAB = 9;
const BS = 8;
const BELL = 7;
/** What stands for VEOF in the buffer: a zero that is marked as the end of a line. */
const END = 0;

export class LineInput {
  readonly #tty: Tty;
  readonly #bytes = new Uint8Array(SIZE);
  /** 1 where a line ends. */
  readonly #ends = new Uint8Array(SIZE);
  /** Counters that only grow; a place is the counter's low bits. tail <= canonHead <= head. */
  #head = 0;
  #canonHead = 0;
  #tail = 0;
  /** The next character is taken as it is (VLNEXT). */
  #literal = false;
  /** When the last byte came, for VTIME. */
  lastNs = 0;

  constructor(tty: Tty) {
    this.#tty = tty;
  }

  get #canonical(): boolean {
    return (this.#tty.termios.lflag & LFLAG.ICANON) !== 0;
  }

  /** Bytes that a read could get now. */
  get available(): number {
    return (this.#canonical ? this.#canonHead : this.#head) - this.#tail;
  }

  flush(): void {
    this.#head = this.#canonHead = this.#tail = 0;
    this.#ends.fill(0);
    this.#literal = false;
  }

  /** ICANON was switched: what was typed so far can be read at once, and begins no line. */
  modeChanged(): void {
    this.#ends.fill(0);
    this.#canonHead = this.#canonical && this.#head > this.#tail ? this.#head : this.#tail;
    if (this.#canonHead === this.#head && this.#head > this.#tail) this.#ends[(this.#head - 1) & MASK] = 1;
    this.#literal = false;
  }

  /** Bytes from the far end; answers how many were taken. A full buffer holds the rest back, except in a line. */
  receive(bytes: Uint8Array): number {
    const before = this.available;
    const { output, readable, kernel } = this.#tty;
    let n = 0;
    for (; n < bytes.length; n++) {
      // A line that is too long loses its end, since nobody could read it otherwise.
      if (this.#head - this.#tail >= SIZE - 1 && !(this.#canonical && this.#canonHead === this.#tail)) break;
      this.#take(bytes[n]!);
    }
    output.commit();
    if (n > 0) this.lastNs = kernel.clock.monotonicNs();
    if (this.available !== before) readable.wake();
    return n;
  }

  /** Copy a line, or the part of it that fits. */
  readLine(n: number, put: (byte: number) => void): number {
    let done = 0;
    while (this.#tail < this.#canonHead && done <= n) {
      const at = this.#tail & MASK;
      const end = this.#ends[at] === 1;
      const c = this.#bytes[at]!;
      if (end && c === END) {
        this.#ends[at] = 0;
        this.#tail++;
        break;
      }
      if (done === n) break;
      this.#ends[at] = 0;
      this.#tail++;
      put(c);
      done++;
      if (end) break;
    }
    this.#tty.driver.unthrottle();
    return done;
  }

  /** Copy bytes of raw mode. */
  readRaw(n: number, put: (byte: number) => void): number {
    let done = 0;
    while (this.#tail < this.#head && done < n) {
      put(this.#bytes[this.#tail++ & MASK]!);
      done++;
    }
    this.#canonHead = Math.max(this.#canonHead, this.#tail);
    this.#tty.driver.unthrottle();
    return done;
  }

  #take(byte: number): void {
    const { iflag, lflag } = this.#tty.termios;
    let c = (iflag & IFLAG.ISTRIP) !== 0 ? byte & 0x7f : byte;
    if (this.#literal) {
      this.#literal = false;
      this.#store(c, lflag);
      return;
    }
    if (this.#flow(c) || this.#interrupt(c)) return;
    if (c === CR) {
      if ((iflag & IFLAG.IGNCR) !== 0) return;
      if ((iflag & IFLAG.ICRNL) !== 0) c = NL;
    } else if (c === NL && (iflag & IFLAG.INLCR) !== 0) c = CR;
    if ((lflag & LFLAG.ICANON) === 0 || !this.#edit(c)) this.#store(c, lflag);
  }

  /** VSTART and VSTOP; any character starts output again with IXANY. True if it was one of them. */
  #flow(c: number): boolean {
    const { termios: { iflag, cc }, stopped } = this.#tty;
    if ((iflag & IFLAG.IXON) === 0) return false;
    if (is(c, cc[VCC.VSTOP])) {
      this.#tty.stop();
      return true;
    }
    if (stopped && (iflag & IFLAG.IXANY) !== 0) this.#tty.start();
    if (!is(c, cc[VCC.VSTART])) return false;
    this.#tty.start();
    return true;
  }

  /** VINTR, VQUIT and VSUSP. */
  #interrupt(c: number): boolean {
    const { lflag, cc } = this.#tty.termios;
    if ((lflag & LFLAG.ISIG) === 0) return false;
    if (is(c, cc[VCC.VINTR])) this.#signal(c, SIG.INT);
    else if (is(c, cc[VCC.VQUIT])) this.#signal(c, SIG.QUIT);
    else if (is(c, cc[VCC.VSUSP])) this.#signal(c, SIG.TSTP);
    else return false;
    return true;
  }

  /** What edits or ends a line. */
  #edit(c: number): boolean {
    const { termios: { lflag, cc }, output } = this.#tty;
    const extended = (lflag & LFLAG.IEXTEN) !== 0;
    const echo = (lflag & LFLAG.ECHO) !== 0;
    if (is(c, cc[VCC.VERASE]) || is(c, cc[VCC.VKILL]) || (extended && is(c, cc[VCC.VWERASE]))) this.#erase(c);
    else if (extended && is(c, cc[VCC.VLNEXT])) {
      this.#literal = true;
      if (echo && (lflag & LFLAG.ECHOCTL) !== 0) {
        output.raw(94);
        output.raw(BS);
      }
    } else if (extended && echo && is(c, cc[VCC.VREPRINT])) this.#reprint(c);
    else if (c === NL) {
      if ((lflag & (LFLAG.ECHO | LFLAG.ECHONL)) !== 0) output.process(NL);
      this.#endLine(NL);
    } else if (is(c, cc[VCC.VEOF])) this.#endLine(END);
    else if (is(c, cc[VCC.VEOL]) || (extended && is(c, cc[VCC.VEOL2]))) {
      if (echo) this.#echo(c);
      this.#endLine(c);
    } else return false;
    return true;
  }

  /** An ordinary character, echoed. */
  #store(c: number, lflag: number): void {
    const { output, termios } = this.#tty;
    if (this.#head - this.#tail >= SIZE - 1) {
      if ((termios.iflag & IFLAG.IMAXBEL) !== 0) output.raw(BELL);
      return;
    }
    if ((lflag & LFLAG.ECHO) !== 0) {
      if (this.#canonHead === this.#head) output.canonColumn = output.column;
      if (c === NL) output.process(NL);
      else this.#echo(c);
    }
    this.#bytes[this.#head & MASK] = c;
    this.#ends[this.#head & MASK] = 0;
    this.#head++;
  }

  #endLine(c: number): void {
    this.#bytes[this.#head & MASK] = c;
    this.#ends[this.#head & MASK] = 1;
    this.#head++;
    this.#canonHead = this.#head;
    this.#tty.readable.wake();
  }

  #signal(c: number, signo: number): void {
    const { termios, driver, foreground, output } = this.#tty;
    if ((termios.lflag & LFLAG.NOFLSH) === 0) {
      this.flush();
      driver.flush();
    }
    if ((termios.iflag & IFLAG.IXON) !== 0) this.#tty.start();
    if ((termios.lflag & LFLAG.ECHO) !== 0) {
      this.#echo(c);
      output.commit();
    }
    if (foreground !== undefined) sendGroup(foreground, signo);
  }

  /** A character as it is shown: control characters as ^X. */
  #echo(c: number): void {
    const { output, termios } = this.#tty;
    if ((termios.lflag & LFLAG.ECHOCTL) !== 0 && isControl(c) && c !== TAB) {
      output.raw(94);
      output.raw(c ^ 0x40);
      output.column += 2;
    } else output.process(c);
  }

  /** VERASE, VWERASE and VKILL. */
  #erase(c: number): void {
    const { termios: { lflag, cc, iflag }, output } = this.#tty;
    if (this.#head === this.#canonHead) return;
    const echo = (lflag & LFLAG.ECHO) !== 0;
    const word = c === cc[VCC.VWERASE] && c !== cc[VCC.VERASE];
    const kill = c === cc[VCC.VKILL] && c !== cc[VCC.VERASE];
    if (kill) {
      if (!echo) {
        this.#head = this.#canonHead;
        return;
      }
      const visual = LFLAG.ECHOK | LFLAG.ECHOKE | LFLAG.ECHOE;
      if ((lflag & visual) !== visual) {
        this.#head = this.#canonHead;
        this.#echo(c);
        if ((lflag & LFLAG.ECHOK) !== 0) output.process(NL);
        return;
      }
    }
    let seenWord = false;
    while (this.#head > this.#canonHead) {
      let at = this.#head - 1;
      if ((iflag & IFLAG.IUTF8) !== 0) while (at > this.#canonHead && isContinuation(this.#bytes[at & MASK]!)) at--;
      const last = this.#bytes[at & MASK]!;
      if (word) {
        if (isWord(last)) seenWord = true;
        else if (seenWord) break;
      }
      this.#head = at;
      if (echo) this.#unecho(last, lflag, !word && !kill, c);
      if (!word && !kill) break;
    }
  }

  /** Take the echo of one character off the screen. */
  #unecho(last: number, lflag: number, single: boolean, eraser: number): void {
    const { output } = this.#tty;
    if (single && (lflag & LFLAG.ECHOE) === 0) {
      this.#echo(eraser);
      return;
    }
    if (last === TAB) {
      this.#uneraseTab();
      return;
    }
    const wide = isControl(last);
    if (wide && (lflag & LFLAG.ECHOCTL) !== 0) rubout(output);
    if (!wide || (lflag & LFLAG.ECHOCTL) !== 0) rubout(output);
  }

  /** As many columns as the tab took, which depends on what is before it in the line. */
  #uneraseTab(): void {
    const { output, termios: { lflag } } = this.#tty;
    let columns = 0;
    let afterTab = false;
    for (let at = this.#head; at > this.#canonHead;) {
      const c = this.#bytes[--at & MASK]!;
      if (c === TAB) {
        afterTab = true;
        break;
      }
      if (isControl(c)) columns += (lflag & LFLAG.ECHOCTL) !== 0 ? 2 : 0;
      else if (!isContinuation(c)) columns++;
    }
    if (!afterTab) columns += output.canonColumn;
    for (let i = 8 - (columns & 7); i > 0; i--) {
      output.raw(BS);
      if (output.column > 0) output.column--;
    }
  }

  #reprint(c: number): void {
    const { output } = this.#tty;
    this.#echo(c);
    output.process(NL);
    for (let at = this.#canonHead; at < this.#head; at++) this.#echo(this.#bytes[at & MASK]!);
  }
}

const is = (c: number, special: number | undefined): boolean => special !== 0 && c === special;
const isControl = (c: number): boolean => c < 32 || c === 127;
const isContinuation = (c: number): boolean => (c & 0xc0) === 0x80;
const isWord = (c: number): boolean =>
  (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c >= 0x80;

function rubout(output: Tty['output']): void {
  output.raw(BS);
  output.raw(32);
  output.raw(BS);
  if (output.column > 0) output.column--;
}
