// Values of awk: numbers, strings, and input that is a number when it looks like one. Values never change; a cell holds
// one, or an array.

import { formatFloat } from '../../lib/float';
import { hexDigit, isDigit, isSpace, lower } from '../../lib/text';

export const NUM: i32 = 0;
export const STR: i32 = 1;
/** Input that looks like a number. */
export const STRNUM: i32 = 2;
/** Never assigned: both 0 and the empty string. */
export const UNSET: i32 = 3;
/** Input whose looks were not asked for yet. */
export const INPUT: i32 = 4;

export class Value {
  constructor(
    public type: i32,
    public n: f64,
    public s: string,
  ) {}
}

export const ZERO: Value = new Value(NUM, 0, '');
export const ONE: Value = new Value(NUM, 1, '');
export const NOTHING: Value = new Value(UNSET, 0, '');

export function num(n: f64): Value {
  return n == 0 ? ZERO : n == 1 ? ONE : new Value(NUM, n, '');
}

export function str(s: string): Value {
  return new Value(STR, 0, s);
}

export function input(s: string): Value {
  return new Value(INPUT, 0, s);
}

export function bool_(b: bool): Value {
  return b ? ONE : ZERO;
}

/** The type, with input looked at. */
export function typeOf(v: Value): i32 {
  if (v.type != INPUT) return v.type;
  const n = leading(v.s);
  let end = numberEnd;
  while (end < v.s.length && isSpace(v.s.charCodeAt(end))) end++;
  if (numberEnd > 0 && end == v.s.length) {
    v.type = STRNUM;
    v.n = n;
  } else v.type = STR;
  return v.type;
}

export function toNum(v: Value): f64 {
  if (v.type == NUM || v.type == STRNUM || v.type == UNSET) return v.n;
  return leading(v.s);
}

export function toBool(v: Value): bool {
  const t = typeOf(v);
  return t == STR ? v.s.length > 0 : v.n != 0;
}

/** Text of a value; a number that is no integer by `format` (CONVFMT or OFMT). */
export function toStr(v: Value, format: string = '%.6g'): string {
  return v.type == NUM ? numText(v.n, format) : v.s;
}

export function numText(n: f64, format: string): string {
  if (n == Math.floor(n) && Math.abs(n) < 1e16) return (<i64>n).toString();
  if (format == '%.6g') return formatFloat(n, 103, 6);
  return formatNumber(format, n);
}

// A single conversion of a float, as CONVFMT has it.
function formatNumber(format: string, n: f64): string {
  const at = format.indexOf('%');
  if (at < 0) return format;
  let i = at + 1;
  let precision = 6;
  while (i < format.length && '+-# 0123456789'.indexOf(format.charAt(i)) >= 0) i++;
  if (i < format.length && format.charCodeAt(i) == 46) {
    precision = 0;
    for (i++; i < format.length && isDigit(format.charCodeAt(i)); i++) precision = precision * 10 + format.charCodeAt(i) - 48;
  }
  const k = i < format.length ? format.charCodeAt(i) : 103;
  const body = k == 100 || k == 105 ? (<i64>n).toString() : formatFloat(n, k, precision);
  return format.substring(0, at) + body + format.substring(i + 1);
}

/** Where the last `leading` stopped; 0 if there was no number. */
export let numberEnd: i32 = 0;

/** The number at the beginning of a text, blanks before it skipped; 0 without one. */
export function leading(s: string): f64 {
  let i = 0;
  numberEnd = 0;
  const n = s.length;
  while (i < n && isSpace(s.charCodeAt(i))) i++;
  const start = i;
  // busybox takes C's octal and hexadecimal numbers, in input as well.
  if (i + 1 < n && s.charCodeAt(i) == 48) {
    const hex = (s.charCodeAt(i + 1) | 32) == 120;
    let v: f64 = 0;
    let k = hex ? i + 2 : i + 1;
    const from = k;
    for (; k < n; k++) {
      const d = hexDigit(s.charCodeAt(k));
      if (d < 0 || (!hex && d > 7)) break;
      v = v * (hex ? 16 : 8) + d;
    }
    const c = k < n ? s.charCodeAt(k) : 0;
    if (k > from && (hex || (c != 46 && c != 56 && c != 57))) {
      numberEnd = k;
      return v;
    }
  }
  if (i < n && (s.charCodeAt(i) == 45 || s.charCodeAt(i) == 43)) i++;
  const digits = i;
  let v: f64 = 0;
  while (i < n && isDigit(s.charCodeAt(i))) v = v * 10 + (s.charCodeAt(i++) - 48);
  let count = i - digits;
  let plain = true;
  if (i < n && s.charCodeAt(i) == 46) {
    i++;
    const from = i;
    while (i < n && isDigit(s.charCodeAt(i))) i++;
    count += i - from;
    if (i > from) plain = false;
  }
  if (count == 0) {
    const word = lower(s.substring(digits, digits + 3));
    if ((word == 'nan' || word == 'inf') && digits > start) {
      numberEnd = digits + 3;
      return word == 'nan' ? NaN : s.charCodeAt(start) == 45 ? -Infinity : Infinity;
    }
    return 0;
  }
  if (i < n && (s.charCodeAt(i) | 32) == 101) {
    let k = i + 1;
    if (k < n && (s.charCodeAt(k) == 45 || s.charCodeAt(k) == 43)) k++;
    if (k < n && isDigit(s.charCodeAt(k))) {
      while (k < n && isDigit(s.charCodeAt(k))) k++;
      i = k;
      plain = false;
    }
  }
  numberEnd = i;
  if (plain && count <= 15) return s.charCodeAt(start) == 45 ? -v : v;
  return parseFloat(s.substring(start, i));
}

/** A variable: a value or an array. A parameter that was passed untouched knows its origin, to become its array. */
export class Cell {
  value: Value = NOTHING;
  array: Map<string, Value> | null = null;
  origin: Cell | null = null;

  elements(): Map<string, Value> {
    if (this.array === null) {
      const from = this.origin;
      this.array = from ? from.elements() : new Map<string, Value>();
    }
    return this.array as Map<string, Value>;
  }
}
