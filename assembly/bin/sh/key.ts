// Keys of a terminal: bytes, and the escape sequences of the cursor block.

import * as fs from '../../sys/fs';
import * as linux from '../../sys/linux';
import * as signal from '../../sys/signal';
import * as tty from '../../sys/tty';
import { scratch } from '../../sys/bytes';
import * as trap from './trap';

/** The width of the terminal, asked again whenever a signal came. */
export let columns: i32 = 80;

export function measure(): void {
  tty.winsize(1);
  columns = tty.columns > 0 ? tty.columns : 80;
}

/** A key: a byte, or one of these for an escape sequence. */
export const END_OF_INPUT = -1;
export const UP = 1000;
export const DOWN = 1001;
export const RIGHT = 1002;
export const LEFT = 1003;
export const HOME = 1004;
export const END = 1005;
export const DELETE = 1006;
export const WORD_RIGHT = 1007;
export const WORD_LEFT = 1008;
export const CUT_WORD = 1009;
export const CUT_BACK = 1010;
export const NOTHING = 1011;
export const INTERRUPT = 1012;

export function byte(): i32 {
  while (true) {
    const got = linux.read(0, scratch, 1);
    if (got == 1) return load<u8>(scratch);
    if (got != -linux.EINTR) return END_OF_INPUT;
    if (signal.anyCaught) {
      if (signal.caught[linux.SIGINT] && !trap.trapped(linux.SIGINT)) {
        signal.takeCaught(linux.SIGINT);
        return INTERRUPT;
      }
      trap.run();
    }
    measure();
  }
}

export function key(): i32 {
  let c = byte();
  if (c != 27) return c;
  // A lone escape is not waited for.
  if (fs.poll(0, linux.POLLIN, 50) <= 0) return NOTHING;
  c = byte();
  if (c == 98) return WORD_LEFT;
  if (c == 102) return WORD_RIGHT;
  if (c == 100) return CUT_WORD;
  if (c == 127 || c == 8) return CUT_BACK;
  if (c != 91 && c != 79) return NOTHING;
  let n = 0;
  let mod = 0;
  while (true) {
    c = byte();
    if (c >= 48 && c <= 57) {
      n = n * 10 + c - 48;
      continue;
    }
    if (c == 59) {
      mod = 1;
      n = 0;
      continue;
    }
    break;
  }
  switch (c) {
    case 65: return UP;
    case 66: return DOWN;
    case 67: return mod && n == 5 ? WORD_RIGHT : RIGHT;
    case 68: return mod && n == 5 ? WORD_LEFT : LEFT;
    case 72: return HOME;
    case 70: return END;
    case 126:
      if (n == 1 || n == 7) return HOME;
      if (n == 4 || n == 8) return END;
      return n == 3 ? DELETE : NOTHING;
  }
  return c < 0 ? END_OF_INPUT : NOTHING;
}
