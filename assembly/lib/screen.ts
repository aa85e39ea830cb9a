// A full-screen program's terminal: raw mode, keys, the size, and the way back whatever ends it.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from './out';
import * as signal from '../sys/signal';
import * as tty from '../sys/tty';
import { scratch } from '../sys/bytes';

/** Keys that are more than one byte. */
export const UP: i32 = 1000;
export const DOWN: i32 = 1001;
export const RIGHT: i32 = 1002;
export const LEFT: i32 = 1003;
export const HOME: i32 = 1004;
export const END: i32 = 1005;
export const PAGE_UP: i32 = 1006;
export const PAGE_DOWN: i32 = 1007;
/** No key came within the time; the size has changed or a signal asks to end. */
export const NONE: i32 = -1;
export const GONE: i32 = -2;
export const RESIZED: i32 = -3;

export let rows: i32 = 24;
export let columns: i32 = 80;
let fd: i32 = -1;
let saved: tty.Termios = new tty.Termios();
/** Signals wait while the program works, and are taken where it waits for a key: none is lost between the two. */
let unmasked: u64 = 0;

/** Takes over a terminal; false when it is none. Its signals keys come as characters. */
export function begin(terminal: i32): bool {
  if (tty.tcgetattr(terminal, saved) != 0) return false;
  fd = terminal;
  const raw = saved.copy();
  raw.lflag &= ~(linux.ICANON | linux.ECHO | linux.ECHONL);
  raw.cc[linux.VMIN] = 1;
  raw.cc[linux.VTIME] = 0;
  tty.tcsetattr(fd, tty.TCSADRAIN, raw);
  for (let sig = 1; sig <= 15; sig++) if (sig == 1 || sig == 2 || sig == 3 || sig == 15) signal.watch(sig);
  signal.watch(linux.SIGWINCH);
  unmasked = signal.mask(linux.SIG_BLOCK, signal.bit(1) | signal.bit(2) | signal.bit(3) | signal.bit(15) | signal.bit(linux.SIGWINCH));
  measure();
  return true;
}

export function end(): void {
  if (fd < 0) return;
  out.flush();
  tty.tcsetattr(fd, tty.TCSADRAIN, saved);
  signal.mask(linux.SIG_SETMASK, unmasked);
}

export function measure(): void {
  if (tty.winsize(fd < 0 ? 1 : fd) != 0) return;
  if (tty.rows > 0) rows = tty.rows;
  if (tty.columns > 0) columns = tty.columns;
}

function ended(): bool {
  return signal.takeCaught(1) || signal.takeCaught(2) || signal.takeCaught(3) || signal.takeCaught(15);
}

/** The next key, waited for so long (-1 for ever). */
export function key(timeoutMs: i32): i32 {
  out.flush();
  const ready = fs.pollUnmasked(fd, linux.POLLIN, timeoutMs, unmasked);
  if (ended()) return GONE;
  if (signal.takeCaught(linux.SIGWINCH)) {
    measure();
    return RESIZED;
  }
  if (ready == 0) return NONE;
  const c = byte();
  if (c != 27) return c < 0 ? GONE : c;
  if (fs.poll(fd, linux.POLLIN, 50) <= 0) return 27;
  const second = byte();
  if (second != 91 && second != 79) return 27;
  let number = 0;
  for (;;) {
    const final = byte();
    if (final >= 48 && final <= 57) {
      number = number * 10 + final - 48;
      continue;
    }
    if (final == 59) {
      number = 0;
      continue;
    }
    const at = 'ABCDHF'.indexOf(String.fromCharCode(max(final, 0)));
    if (at >= 0) return UP + at;
    if (final != 126) return 27;
    return number == 5 ? PAGE_UP : number == 6 ? PAGE_DOWN : number == 1 || number == 7 ? HOME : number == 4 || number == 8 ? END : 27;
  }
}

function byte(): i32 {
  return fs.readInto(fd, scratch, 1) == 1 ? load<u8>(scratch) : -1;
}
