// Terminals: settings, size, the foreground process group.

import * as linux from './linux';
import { scratch } from './bytes';

export class Termios {
  iflag: u32 = 0;
  oflag: u32 = 0;
  cflag: u32 = 0;
  lflag: u32 = 0;
  line: u8 = 0;
  cc: StaticArray<u8> = new StaticArray<u8>(19);

  copy(): Termios {
    const t = new Termios();
    t.iflag = this.iflag;
    t.oflag = this.oflag;
    t.cflag = this.cflag;
    t.lflag = this.lflag;
    t.line = this.line;
    for (let i = 0; i < 19; i++) t.cc[i] = this.cc[i];
    return t;
  }
}

export const TCSANOW: i32 = 0;
export const TCSADRAIN: i32 = 1;
export const TCSAFLUSH: i32 = 2;

export function tcgetattr(fd: i32, t: Termios): i32 {
  const r = linux.ioctl(fd, linux.TCGETS, scratch);
  if (r != 0) return r;
  t.iflag = load<u32>(scratch);
  t.oflag = load<u32>(scratch, 4);
  t.cflag = load<u32>(scratch, 8);
  t.lflag = load<u32>(scratch, 12);
  t.line = load<u8>(scratch, linux.termios_c_line);
  for (let i = 0; i < 19; i++) t.cc[i] = load<u8>(scratch + i, linux.termios_c_cc);
  return 0;
}

export function tcsetattr(fd: i32, when: i32, t: Termios): i32 {
  store<u32>(scratch, t.iflag);
  store<u32>(scratch, t.oflag, 4);
  store<u32>(scratch, t.cflag, 8);
  store<u32>(scratch, t.lflag, 12);
  store<u8>(scratch, t.line, linux.termios_c_line);
  for (let i = 0; i < 19; i++) store<u8>(scratch + i, t.cc[i], linux.termios_c_cc);
  return linux.ioctl(fd, linux.TCSETS + when, scratch);
}

export function isatty(fd: i32): bool {
  return linux.ioctl(fd, linux.TCGETS, scratch) == 0;
}

/** Rows and columns of the last `winsize`; 0 when it failed. */
export let rows: i32 = 0;
export let columns: i32 = 0;

export function winsize(fd: i32): i32 {
  const r = linux.ioctl(fd, linux.TIOCGWINSZ, scratch);
  rows = r == 0 ? load<u16>(scratch) : 0;
  columns = r == 0 ? load<u16>(scratch, 2) : 0;
  return r;
}

export function setWinsize(fd: i32, toRows: i32, toColumns: i32): i32 {
  store<u64>(scratch, 0);
  store<u16>(scratch, <u16>toRows);
  store<u16>(scratch, <u16>toColumns, 2);
  return linux.ioctl(fd, linux.TIOCSWINSZ, scratch);
}

/** The foreground process group, or the error. */
export function tcgetpgrp(fd: i32): i32 {
  const r = linux.ioctl(fd, linux.TIOCGPGRP, scratch);
  return r < 0 ? r : load<i32>(scratch);
}

export function tcsetpgrp(fd: i32, pgid: i32): i32 {
  store<i32>(scratch, pgid);
  return linux.ioctl(fd, linux.TIOCSPGRP, scratch);
}

/** Make `fd` the controlling terminal of this session. */
export function setControlling(fd: i32, steal: bool = false): i32 {
  return linux.ioctl(fd, linux.TIOCSCTTY, steal ? 1 : 0);
}

/** Bytes that can be read without blocking. */
export function available(fd: i32): i32 {
  return linux.ioctl(fd, linux.FIONREAD, scratch) == 0 ? load<i32>(scratch) : 0;
}
