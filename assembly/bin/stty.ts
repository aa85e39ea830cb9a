// stty and tty: the terminal's settings.

import * as errors from '../sys/errno';
import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as tty from '../sys/tty';
import { hex } from '../lib/text';
import { parseCount } from '../lib/number';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';

const TEXT = packed('[-a|g] [-F DEVICE] [SETTING]...\n\nWithout arguments, prints baud rate, line discipline,\nand deviations from stty sane\n');

/** A switch: which word of termios, its bits, and its side in `sane` (1 set, -1 clear, 0 either). */
class Flag {
  constructor(
    public name: string,
    public word: i32,
    public bits: u32,
    public sane: i32,
  ) {}
}

const C = 0;
const I = 1;
const O = 2;
const L = 3;

function flags(): Flag[] {
  const sane: string[] = ['cread', 'icrnl', 'opost', 'onlcr', 'isig', 'icanon', 'iexten', 'echo', 'echoe', 'echok', 'echoctl', 'echoke',
    'brkint', 'imaxbel'];
  const free: string[] = ['parenb', 'parodd', 'hupcl', 'cstopb', 'clocal', 'iutf8', 'ixon'];
  // name:word:octal bits
  const all = 'parenb:0:400 parodd:0:1000 hupcl:0:2000 cstopb:0:100 cread:0:200 clocal:0:4000 ignbrk:1:1 brkint:1:2 ignpar:1:4 '
    .concat('parmrk:1:10 inpck:1:20 istrip:1:40 inlcr:1:100 igncr:1:200 icrnl:1:400 ixon:1:2000 ixoff:1:10000 iuclc:1:1000 ')
    .concat('ixany:1:4000 imaxbel:1:20000 iutf8:1:40000 opost:2:1 olcuc:2:2 ocrnl:2:10 onlcr:2:4 onocr:2:20 onlret:2:40 ')
    .concat('isig:3:1 icanon:3:2 iexten:3:100000 echo:3:10 echoe:3:20 echok:3:40 echonl:3:100 noflsh:3:200 xcase:3:4 ')
    .concat('tostop:3:400 echoprt:3:2000 echoctl:3:1000 echoke:3:4000 flusho:3:10000').split(' ');
  const list: Flag[] = [];
  for (let i = 0; i < all.length; i++) {
    const f = all[i].split(':');
    list.push(new Flag(f[0], <i32>parseInt(f[1]), <u32>parseInt(f[2], 8), sane.includes(f[0]) ? 1 : free.includes(f[0]) ? 0 : -1));
  }
  return list;
}

const CHARS: StaticArray<string> = ['intr', 'quit', 'erase', 'kill', 'eof', 'eol', 'eol2', 'swtch', 'start', 'stop', 'susp', 'rprnt',
  'werase', 'lnext', 'flush'];
const PLACES: StaticArray<i32> = [0, 1, 2, 3, 4, 11, 16, 7, 8, 9, 10, 12, 14, 15, 13];
const SANE: StaticArray<i32> = [3, 28, 127, 21, 4, 0, 0, 0, 17, 19, 26, 18, 23, 22, 15];
const SPEEDS: StaticArray<i32> = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const FAST: StaticArray<i32> = [57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000];

function word(t: tty.Termios, k: i32): u32 {
  return k == C ? t.cflag : k == I ? t.iflag : k == O ? t.oflag : t.lflag;
}

function change(t: tty.Termios, k: i32, clear: u32, set: u32): void {
  if (k == C) t.cflag = (t.cflag & ~clear) | set;
  else if (k == I) t.iflag = (t.iflag & ~clear) | set;
  else if (k == O) t.oflag = (t.oflag & ~clear) | set;
  else t.lflag = (t.lflag & ~clear) | set;
}

function speed(t: tty.Termios): i32 {
  const b = t.cflag & 0x100f;
  if (b & 0x1000) return (b & 15) > 0 && (b & 15) <= 8 ? FAST[(b & 15) - 1] : 0;
  return SPEEDS[b];
}

function shown(c: i32): string {
  if (c == 0) return '<undef>';
  if (c < 32) return '^' + String.fromCharCode(c + 64);
  if (c == 127) return '^?';
  return c > 127 ? 'M-' + shown(c - 128) : String.fromCharCode(c);
}

function charOf(s: string): i32 {
  if (s == 'undef' || s == '^-') return 0;
  if (s.length == 1) return s.charCodeAt(0);
  if (s.length == 2 && s.charCodeAt(0) == 94) return s.charCodeAt(1) == 63 ? 127 : s.charCodeAt(1) & 31;
  return parseCount(s);
}

// Words wrapped at the terminal's width.
let column: i32 = 0;
let width: i32 = 80;
function wrap(s: string): void {
  if (column > 0) {
    if (column + 1 + s.length >= width) {
      out.byte(10);
      column = 0;
    } else {
      out.byte(32);
      column++;
    }
  }
  out.put(s);
  column += s.length;
}

function newline(): void {
  if (column > 0) out.byte(10);
  column = 0;
}

export function stty(args: string[]): i32 {
  let fd = 0;
  let device = 'standard input';
  let i = 1;
  let all = false;
  let saved = false;
  for (; i < args.length; i++) {
    const w = args[i];
    if (w == '--help') return usage(TEXT, 0);
    if (w == '-a' || w == '--all') all = true;
    else if (w == '-g' || w == '--save') saved = true;
    else if (w == '-F' && i + 1 < args.length) device = args[++i];
    else if (w.startsWith('-F')) device = w.substring(2);
    else break;
  }
  if (device != 'standard input') {
    fd = fs.open(device, linux.O_RDONLY | linux.O_NONBLOCK);
    if (fd < 0) return out.cantOpen(device, fd);
  }
  const t = new tty.Termios();
  const r = tty.tcgetattr(fd, t);
  if (r < 0) return out.perror(device, r);
  if (tty.winsize(1) == 0 && tty.columns > 0) width = tty.columns;
  if (i == args.length) {
    if (saved) save(t);
    else show(fd, t, all);
    return 0;
  }
  let touched = false;
  for (; i < args.length; i++) {
    const next = i + 1 < args.length ? args[i + 1] : '';
    const w = args[i];
    if (w == 'size') {
      const e = tty.winsize(fd);
      if (e < 0) return out.perror(device, e);
      out.line(tty.rows.toString() + ' ' + tty.columns.toString());
      continue;
    }
    if (w == 'speed') {
      out.line(speed(t).toString());
      continue;
    }
    if (w == 'rows' || w == 'cols' || w == 'columns') {
      const n = parseCount(next);
      if (n < 0) return out.complain(next.length ? "invalid number '" + next + "'" : 'missing argument to ' + w);
      tty.winsize(fd);
      const e = tty.setWinsize(fd, w == 'rows' ? n : tty.rows, w == 'rows' ? tty.columns : n);
      if (e < 0) return out.perror(device, e);
      i++;
      continue;
    }
    touched = true;
    if (w == 'min' || w == 'time' || w == 'line') {
      const n = parseCount(next);
      if (n < 0) return out.complain(next.length ? "invalid number '" + next + "'" : 'missing argument to ' + w);
      if (w == 'line') t.line = <u8>n;
      else t.cc[w == 'min' ? 6 : 5] = <u8>n;
      i++;
      continue;
    }
    if (w == 'ispeed' || w == 'ospeed') {
      i++;
      continue;
    }
    let known = false;
    for (let k = 0; k < CHARS.length; k++) {
      if (CHARS[k] != w) continue;
      const c = charOf(next);
      if (c < 0 || next.length == 0) return out.complain('missing argument to ' + w);
      t.cc[PLACES[k]] = <u8>c;
      known = true;
      i++;
    }
    if (known) continue;
    if (!setting(t, w)) return out.complain("invalid argument '" + w + "'");
  }
  if (!touched) return 0;
  const e = tty.tcsetattr(fd, tty.TCSADRAIN, t);
  return e < 0 ? out.complain(device + ': ' + errors.strerror(e)) : 0;
}

function setting(t: tty.Termios, name: string): bool {
  const off = name.startsWith('-');
  const w = off ? name.substring(1) : name;
  const list = flags();
  if (w == 'sane') {
    for (let i = 0; i < list.length; i++) if (list[i].sane != 0) change(t, list[i].word, list[i].bits, list[i].sane > 0 ? list[i].bits : 0);
    for (let i = 0; i < CHARS.length; i++) t.cc[PLACES[i]] = <u8>SANE[i];
    t.cc[5] = 0;
    t.cc[6] = 1;
    return true;
  }
  if (w == 'raw' || w == 'cooked' || w == 'cbreak') {
    const raw = (w == 'cooked') == off;
    if (w == 'cbreak') change(t, L, 2, off ? 2 : 0);
    else if (raw) {
      t.iflag = 0;
      t.oflag &= ~1;
      t.lflag &= ~(<u32>7);
      t.cc[6] = 1;
      t.cc[5] = 0;
    } else {
      t.iflag |= 0o2 | 0o4 | 0o40 | 0o400 | 0o2000;
      t.oflag |= 1;
      t.lflag |= 3;
      t.cc[4] = 4;
      t.cc[11] = 0;
    }
    return true;
  }
  if (w == 'nl') {
    change(t, I, 0o400, off ? 0o400 : 0);
    change(t, O, 4, off ? 4 : 0);
    return true;
  }
  if (w == 'ek') {
    t.cc[2] = 127;
    t.cc[3] = 21;
    return true;
  }
  if (w == 'cs5' || w == 'cs6' || w == 'cs7' || w == 'cs8') {
    change(t, C, 0x30, <u32>(w.charCodeAt(2) - 53) << 4);
    return true;
  }
  for (let i = 0; i < list.length; i++) {
    if (list[i].name != w) continue;
    change(t, list[i].word, list[i].bits, off ? 0 : list[i].bits);
    return true;
  }
  const n = parseCount(w);
  for (let i = 0; i < SPEEDS.length; i++) if (SPEEDS[i] == n) return speedTo(t, i);
  for (let i = 0; i < FAST.length; i++) if (FAST[i] == n) return speedTo(t, 0x1001 + i);
  return restore(t, w);
}

function speedTo(t: tty.Termios, bits: i32): bool {
  t.cflag = (t.cflag & ~(<u32>0x100f)) | <u32>bits;
  return true;
}

function save(t: tty.Termios): void {
  let s = hex(t.iflag) + ':' + hex(t.oflag) + ':' + hex(t.cflag) + ':' + hex(t.lflag);
  for (let i = 0; i < 32; i++) s += ':' + hex(i < 19 ? t.cc[i] : 0);
  out.line(s);
}

// What -g printed.
function restore(t: tty.Termios, s: string): bool {
  const f = s.split(':');
  if (f.length != 36) return false;
  t.iflag = <u32>parseInt(f[0], 16);
  t.oflag = <u32>parseInt(f[1], 16);
  t.cflag = <u32>parseInt(f[2], 16);
  t.lflag = <u32>parseInt(f[3], 16);
  for (let i = 0; i < 19; i++) t.cc[i] = <u8>parseInt(f[4 + i], 16);
  return true;
}

function show(fd: i32, t: tty.Termios, all: bool): void {
  wrap('speed ' + speed(t).toString() + ' baud;');
  if (all && tty.winsize(fd) == 0) wrap('rows ' + tty.rows.toString() + '; columns ' + tty.columns.toString() + ';');
  wrap('line = ' + t.line.toString() + ';');
  newline();
  for (let i = 0; i < CHARS.length; i++) {
    const c = t.cc[PLACES[i]];
    if (all || c != SANE[i]) wrap(CHARS[i] + ' = ' + shown(c) + ';');
  }
  if (all || (t.lflag & 2) == 0) wrap('min = ' + t.cc[6].toString() + '; time = ' + t.cc[5].toString() + ';');
  newline();
  const list = flags();
  let last = -1;
  for (let i = 0; i < list.length; i++) {
    const f = list[i];
    const on = (word(t, f.word) & f.bits) != 0;
    if (f.word != last) {
      newline();
      last = f.word;
    }
    if (all ? true : f.sane != 0 && on != (f.sane > 0)) wrap((on ? '' : '-') + f.name);
    if (all && f.name == 'parodd') wrap('cs' + (5 + ((t.cflag >> 4) & 3)).toString());
  }
  newline();
}

export function ttyMain(args: string[]): i32 {
  const o = getopt(args, 's', packed('[-s]\n\nPrint file name of stdin\'s terminal\n\n\t-s\tPrint nothing, only return exit status\n'));
  if (!o.ok) return o.status;
  const name = tty.isatty(0) ? fs.readlink('/proc/self/fd/0') : null;
  if (!o.has('s')) out.line(name === null ? 'not a tty' : name);
  return name === null ? 1 : 0;
}
