// seq: numbers from FIRST to LAST.

import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { formatFloat } from '../lib/float';

const TEXT = packed('[-w] [-s SEP] [FIRST [INC]] LAST\n\nPrint numbers from FIRST to LAST, in steps of INC.\nFIRST, INC default to 1.\n\n\t-w\tPad with leading zeros\n\t-s SEP\tString separator\n');

export function seq(args: string[]): i32 {
  // Negative numbers are not options.
  const words: string[] = [args[0]];
  let operands = false;
  for (let i = 1; i < args.length; i++) {
    const w = args[i];
    const c = w.length > 1 ? w.charCodeAt(1) : 0;
    if (!operands && (w.charCodeAt(0) != 45 || (c >= 48 && c <= 57) || c == 46)) {
      operands = true;
      words.push('--');
    }
    words.push(w);
    // The value of -s is no operand.
    if (!operands && w == '-s' && i + 1 < args.length) words.push(args[++i]);
  }
  const o = getopt(words, '+ws:', TEXT, packed('equal-width=w,separator:=s'));
  if (!o.ok) return o.status;
  const n = o.rest.length;
  if (n == 0 || n > 3) return usage(TEXT);
  const values: f64[] = [];
  let places = 0;
  let width = 0;
  for (let i = 0; i < n; i++) {
    const w = o.rest[i];
    const v = parseFloat(w);
    if (isNaN(v)) return usage(TEXT);
    values.push(v);
    const dot = w.indexOf('.');
    // The end's own digits do not ask for more.
    if (dot >= 0 && (i < n - 1 || n == 1)) places = max(places, w.length - dot - 1);
  }
  const first = n > 1 ? values[0] : 1.0;
  const step = n > 2 ? values[1] : 1.0;
  const last = values[n - 1];
  if (o.has('w')) {
    width = max(text(first, places).length, text(last, places).length);
    // Zeros that were written in front count, of the first and the last.
    for (let i = 0; i < n; i++) {
      if (i == 1 && n == 3) continue;
      const w = o.rest[i];
      const dot = w.indexOf('.');
      width = max(width, (dot < 0 ? w.length : dot) + (places ? places + 1 : 0));
    }
  }
  const separator = o.get('s', '\n');
  if (step == 0 && first <= last) {
    while (out.failure() == 0) out.put(pad(text(first, places), width) + separator);
    return 1;
  }
  const count = Math.floor((last - first) / step + 1e-10);
  if (!(count >= 0)) return 0;
  for (let k: f64 = 0; k <= count; k += 1) {
    if (k > 0) out.put(separator);
    out.put(pad(text(first + k * step, places), width));
    if (out.failure() != 0) return 1;
  }
  out.byte(10);
  return 0;
}

function text(v: f64, places: i32): string {
  if (places == 0 && v == Math.floor(v) && Math.abs(v) < 1e15) return (<i64>v).toString();
  return formatFloat(v, 102, places);
}

function pad(s: string, width: i32): string {
  if (s.length >= width) return s;
  const zeros = '0'.repeat(width - s.length);
  return s.startsWith('-') ? '-' + zeros + s.substring(1) : zeros + s;
}
