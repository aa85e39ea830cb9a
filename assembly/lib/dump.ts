// Bytes as numbers and characters, for od and hexdump: rows of a fixed width, each by one or more formats; a row like the
// last one is a `*`.

import * as fs from '../sys/fs';
import * as out from './out';
import { Options } from './getopt';
import { openInput } from './input';
import { parseSize, valid } from './number';
import { padStart } from './text';

/** One line of output for a row: what its items are and how wide each stands. */
export class Format {
  constructor(
    /** a, c, d, o, u, x, f as od's -t has them; C for the text column of hexdump -C; e for a format of hexdump -e. */
    public kind: i32,
    public size: i32,
    public width: i32,
    /** Digits with leading zeros; 0 where blanks lead. */
    public digits: i32 = 0,
    /** The characters of a row behind it, as od -t x1z does. */
    public tail: bool = false,
    public units: Unit[] = [],
    /** Writes a row itself: a format of hexdump -e. */
    public own: ((f: Format, at: usize, n: i32, offset: i64) => void) | null = null,
  ) {}
}

/** Of hexdump -e: `COUNT/SIZE "FORMAT"`. */
export class Unit {
  constructor(public count: i32, public size: i32, public text: string) {}
}

/** The bytes of all files, one after the other. */
export class Input {
  private fd: i32 = -1;
  private next: i32 = 0;
  status: i32 = 0;

  constructor(private files: string[]) {}

  /** Up to `n` bytes; fewer only at the end. */
  fill(at: usize, n: i32): i32 {
    let have = 0;
    while (have < n) {
      if (this.fd < 0) {
        if (this.next == this.files.length) break;
        const name = this.files[this.next++];
        this.fd = openInput(name);
        if (this.fd < 0) {
          this.status = out.cantOpen(name, this.fd);
          continue;
        }
      }
      const got = fs.readInto(this.fd, at + have, n - have);
      if (got < 0) this.status = out.perror('read error', got);
      if (got > 0) have += got;
      else {
        if (this.fd > 0) fs.close(this.fd);
        this.fd = -1;
      }
    }
    return have;
  }
}

/** What both programs set before they begin. */
class Dump {
  /** How addresses are written: radix (0 none) and digits. */
  radix: i32 = 8;
  digits: i32 = 7;
  /** Bytes at the most, -1 all; bytes to pass over. */
  limit: i64 = -1;
  skip: i64 = 0;
  /** Rows that repeat are shown too. */
  all: bool = false;
}

export const dump: Dump = new Dump();

export function address(at: i64): string {
  return dump.radix == 0 ? '' : zeros(at.toString(dump.radix), dump.digits);
}

export function zeros(s: string, n: i32): string {
  return s.length >= n ? s : '0'.repeat(n - s.length) + s;
}

export function dot(c: i32): string {
  return c >= 32 && c < 127 ? String.fromCharCode(c) : '.';
}

export function rows(input: Input, formats: Format[], width: i32, tailAddress: bool): i32 {
  const at = heap.alloc(width + 8);
  const before = heap.alloc(width);
  let offset: i64 = 0;
  while (offset < dump.skip) {
    const got = input.fill(at, <i32>min<i64>(width, dump.skip - offset));
    if (got == 0) break;
    offset += got;
  }
  const end = dump.limit < 0 ? i64.MAX_VALUE : offset + dump.limit;
  let first = true;
  let starred = false;
  while (offset < end) {
    const want = <i32>min<i64>(width, end - offset);
    const n = input.fill(at, want);
    if (n == 0) break;
    if (!dump.all && !first && n == width && memory.compare(at, before, width) == 0) {
      if (!starred) out.line('*');
      starred = true;
    } else {
      starred = false;
      memory.fill(at + n, 0, width + 8 - n);
      for (let i = 0; i < formats.length; i++) row(formats[i], at, n, width, offset, i > 0);
    }
    memory.copy(before, at, width);
    first = false;
    offset += n;
    if (out.failure() != 0) break;
  }
  if (tailAddress && dump.radix != 0 && (offset > 0 || dump.radix == 8)) out.line(address(offset));
  return input.status;
}

function row(f: Format, at: usize, n: i32, width: i32, offset: i64, again: bool): void {
  const own = f.own;
  if (own !== null) return own(f, at, n, offset);
  out.put(again && dump.radix != 16 ? ' '.repeat(dump.digits) : address(offset));
  if (f.kind == 67) return canonical(at, n);
  for (let i = 0; i < n; i += f.size) out.put(padStart(item(f, at + i), f.width));
  if (dump.radix == 16 && dump.digits == 7 && n < width) out.put(' '.repeat((width - n) / f.size * f.width));
  if (f.tail) {
    out.put(' '.repeat((width - n) / f.size * f.width) + '  >');
    for (let i = 0; i < n; i++) out.put(dot(load<u8>(at + i)));
    out.byte(60);
  }
  out.byte(10);
}

function canonical(at: usize, n: i32): void {
  for (let i = 0; i < 16; i++) {
    out.put(i == 8 ? '  ' : i == 0 ? '  ' : ' ');
    out.put(i < n ? zeros((<u32>load<u8>(at + i)).toString(16), 2) : '  ');
  }
  out.put('  |');
  for (let i = 0; i < n; i++) out.put(dot(load<u8>(at + i)));
  out.line('|');
}

export function number(at: usize, size: i32, signed: bool): i64 {
  if (size == 1) return signed ? load<i8>(at) : load<u8>(at);
  if (size == 2) return signed ? load<i16>(at) : load<u16>(at);
  if (size == 4) return signed ? load<i32>(at) : load<u32>(at);
  return load<i64>(at);
}

function item(f: Format, at: usize): string {
  if (f.kind == 97) return named(load<u8>(at) & 127, true);
  if (f.kind == 99) return named(load<u8>(at), false);
  if (f.kind == 102) return f.size == 4 ? exponent(load<f32>(at), 7) : exponent(load<f64>(at), 16);
  const value = number(at, f.size, f.kind == 100);
  if (f.kind == 100) return value.toString();
  const s = (<u64>value).toString(f.kind == 111 ? 8 : f.kind == 120 ? 16 : 10);
  return zeros(s, f.digits);
}

/** A character, a C escape or a name (`nul`, `sp`), else three octal dump.digits. */
export function named(c: i32, names: bool): string {
  if (names) {
    if (c == 127) return 'del';
    if (c <= 32) {
      return 'nul,soh,stx,etx,eot,enq,ack,bel,bs,ht,nl,vt,ff,cr,so,si,dle,dc1,dc2,dc3,dc4,nak,syn,etb,can,em,sub,esc,fs,gs,rs,us,sp'.split(',')[c];
    }
    return String.fromCharCode(c);
  }
  const at = '\0\x07\x08\t\n\v\f\r'.indexOf(String.fromCharCode(c));
  if (at >= 0) return '\\' + '0abtnvfr'.charAt(at);
  return c >= 32 && c < 127 ? String.fromCharCode(c) : zeros(c.toString(8), 3);
}

/** %.NeD: one digit, a point, so many more, an exponent of two dump.digits. */
function exponent(value: f64, places: i32): string {
  if (value == 0) return (1 / value < 0 ? '-' : '') + '0.' + '0'.repeat(places) + 'e+00';
  if (!isFinite(value)) return isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  let x = abs<f64>(value);
  let e = <i32>Math.floor(Math.log10(x));
  let scaled = e < -300 ? x * Math.pow(10, 300) * Math.pow(10, -e - 300) : x * Math.pow(10, -e);
  if (scaled >= 10) {
    scaled /= 10;
    e++;
  } else if (scaled < 1) {
    scaled *= 10;
    e--;
  }
  let whole = <u64>Math.round(scaled * Math.pow(10, places));
  const ten = <u64>Math.pow(10, places + 1);
  if (whole >= ten) {
    whole /= 10;
    e++;
  }
  const s = whole.toString();
  return (value < 0 ? '-' : '') + s.charAt(0) + '.' + s.substring(1) + 'e' + (e < 0 ? '-' : '+') + zeros(abs<i32>(e).toString(), 2);
}

/** -N and -j, -n and -s: how many bytes, from where. False, with a message, when it is no number. */
export function range(o: Options, count: string, from: string): bool {
  dump.limit = -1;
  dump.skip = 0;
  let good = true;
  if (o.has(count)) {
    dump.limit = amount(o.get(count));
    good = valid;
  }
  if (o.has(from)) {
    dump.skip = amount(o.get(from));
    good = good && valid;
  }
  if (!good) out.complain("invalid number '" + (o.has(count) ? o.get(count) : o.get(from)) + "'");
  return good;
}

/** With 0x in front, as C reads it, or with a suffix. */
function amount(s: string): i64 {
  if (!s.startsWith('0x') && !s.startsWith('0X')) return parseSize(s);
  parseSize('0');
  return I64.parseInt(s, 16);
}
