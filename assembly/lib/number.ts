// Numbers in text: parsing with the suffixes that busybox knows, and sizes for people.

import { isDigit, padStart } from './text';

/** Did the last parse succeed. */
export let valid: bool = false;

/** A decimal number with an optional sign, nothing around it. */
export function parseInteger(s: string): i64 {
  let i = 0;
  valid = false;
  let negative = false;
  if (i < s.length && (s.charCodeAt(i) == 45 || s.charCodeAt(i) == 43)) negative = s.charCodeAt(i++) == 45;
  if (i == s.length) return 0;
  let v: i64 = 0;
  for (; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (!isDigit(c)) return 0;
    if (v > 922337203685477580) return 0;
    v = v * 10 + (c - 48);
  }
  valid = true;
  return negative ? -v : v;
}

/** A number without sign that fits an i32, else -1. */
export function parseCount(s: string): i32 {
  const v = parseInteger(s);
  return valid && v >= 0 && v <= 0x7fffffff ? <i32>v : -1;
}

/** With a suffix: b 512, k 1024, m, g, t, p, e; kD and KiB forms as coreutils writes them (kB 1000). */
export function parseSize(s: string): i64 {
  let end = 0;
  if (end < s.length && (s.charCodeAt(0) == 45 || s.charCodeAt(0) == 43)) end++;
  while (end < s.length && isDigit(s.charCodeAt(end))) end++;
  const v = parseInteger(s.substring(0, end));
  if (!valid) return 0;
  const suffix = s.substring(end);
  if (suffix.length == 0) return v;
  const unit = factor(suffix);
  if (unit == 0) {
    valid = false;
    return 0;
  }
  return v * unit;
}

function factor(s: string): i64 {
  if (s == 'c') return 1;
  if (s == 'w') return 2;
  if (s == 'b') return 512;
  const at = 'kmgtpe'.indexOf(String.fromCharCode(s.charCodeAt(0) | 32));
  if (at < 0) return 0;
  const rest = s.substring(1);
  const base: i64 = rest == 'B' || rest == 'D' ? 1000 : rest.length == 0 || rest == 'iB' ? 1024 : 0;
  let unit: i64 = base == 0 ? 0 : 1;
  for (let i = 0; i <= at; i++) unit *= base;
  return unit;
}

/** 1.5K, 23M: busybox's form of -h, in units of 1024 with one decimal below 10. */
export function humanSize(v: u64): string {
  if (v < 1024) return v.toString();
  const units = 'KMGTPE';
  let unit = -1;
  let value = v;
  let frac = 0;
  while (value >= 1024 && unit < 5) {
    // Rounded tenths of the next unit.
    frac = <i32>(((value % 1024) * 10 + 512) / 1024);
    value /= 1024;
    unit++;
  }
  if (frac >= 10) {
    value++;
    frac = 0;
  }
  return value.toString() + '.' + frac.toString() + units.charAt(unit);
}

/** A decimal with leading blanks. */
export function column(v: i64, width: i32): string {
  return padStart(v.toString(), width);
}
