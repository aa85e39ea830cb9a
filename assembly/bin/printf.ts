// printf: POSIX's, with %b and %q of numbers and strings. Also a builtin of the shell.

import * as out from '../lib/out';
import { packed } from '../sys/packed';
import { usage } from '../lib/getopt';
import { Bytes, escapeEnd, hex, hexDigit, isDigit, isSpace, octal, unescape, upper } from '../lib/text';
import { formatFloat } from '../lib/float';

let status: i32 = 0;
let stop: bool = false;

export function printf(args: string[]): i32 {
  let i = 1;
  if (args.length > 1 && args[1] == '--') i++;
  const help = args.length == 2 && args[1] == '--help';
  if (args.length <= i || help) {
    // Also when the shell runs it.
    const held = out.applet;
    out.setApplet('printf');
    usage(packed('FORMAT [ARG]...\n\nFormat and print ARG(s) according to FORMAT (a-la C printf)\n'));
    out.setApplet(held);
    return help ? 0 : 1;
  }
  const format = args[i++];
  status = 0;
  stop = false;
  for (;;) {
    const before = i;
    i = once(format, args, i);
    if (stop || i >= args.length || i == before) break;
  }
  return status;
}

// One pass over the format; the index of the next argument, -1-based as consumed.
function once(format: string, args: string[], from: i32): i32 {
  let next = from;
  const b = new Bytes(64);
  let i = 0;
  while (i < format.length && !stop) {
    const c = format.charCodeAt(i++);
    if (c == 92) {
      if (i < format.length && format.charCodeAt(i) == 99) {
        stop = true;
        break;
      }
      if (i < format.length && format.charCodeAt(i) == 34) {
        b.push(34);
        i++;
        continue;
      }
      b.push(unescape(format, i));
      i = escapeEnd;
      continue;
    }
    if (c != 37) {
      b.push(c);
      continue;
    }
    if (i < format.length && format.charCodeAt(i) == 37) {
      b.push(37);
      i++;
      continue;
    }
    const start = i - 1;
    let flags = '';
    while (i < format.length && '-+ #0'.indexOf(format.charAt(i)) >= 0) flags += format.charAt(i++);
    let width = 0;
    if (i < format.length && format.charCodeAt(i) == 42) {
      width = <i32>integer(next < args.length ? args[next] : '');
      next++;
      i++;
      if (width < 0) {
        flags += '-';
        width = -width;
      }
    } else while (i < format.length && isDigit(format.charCodeAt(i))) width = width * 10 + format.charCodeAt(i++) - 48;
    let precision = -1;
    if (i < format.length && format.charCodeAt(i) == 46) {
      i++;
      precision = 0;
      if (i < format.length && format.charCodeAt(i) == 42) {
        precision = <i32>integer(next < args.length ? args[next] : '');
        next++;
        i++;
      } else while (i < format.length && isDigit(format.charCodeAt(i))) precision = precision * 10 + format.charCodeAt(i++) - 48;
    }
    const modifiers = i;
    while (i < format.length && 'lhLqjzt'.indexOf(format.charAt(i)) >= 0) i++;
    const k = i < format.length ? format.charCodeAt(i++) : 0;
    const arg = next < args.length ? args[next] : '';
    const given = next < args.length;
    switch (k) {
      case 115: // s
        b.add(pad(precision >= 0 && precision < arg.length ? arg.substring(0, precision) : arg, width, flags, false));
        next++;
        break;
      case 98: { // b
        const s = escaped(arg);
        b.add(pad(precision >= 0 && precision < s.length ? s.substring(0, precision) : s, width, flags, false));
        next++;
        break;
      }
      case 99: // c
        b.add(pad(arg.substring(0, 1), width, flags, false));
        next++;
        break;
      case 100: case 105: case 117: case 111: case 120: case 88: { // d i u o x X
        const v = given && arg.length ? integer(arg) : 0;
        b.add(pad(integerText(v, k, precision, flags), width, precision >= 0 ? flags.replaceAll('0', '') : flags, true));
        next++;
        break;
      }
      case 101: case 69: case 102: case 70: case 103: case 71: case 97: case 65: { // e E f F g G a A
        const v = given && arg.length ? real(arg) : 0;
        b.add(pad(formatFloat(v, k, precision < 0 ? 6 : precision, flags), width, flags, true));
        next++;
        break;
      }
      default:
        out.put(b.toString());
        out.complain(format.substring(start, modifiers) + format.substring(k != 0 ? i - 1 : i) + ': invalid format');
        stop = true;
        status = 1;
        return next;
    }
  }
  out.put(b.toString());
  return next;
}

function escaped(s: string): string {
  const b = new Bytes(s.length);
  let i = 0;
  while (i < s.length) {
    const c = s.charCodeAt(i++);
    if (c != 92 || i == s.length) {
      b.push(c);
      continue;
    }
    if (s.charCodeAt(i) == 99) {
      stop = true;
      break;
    }
    const zero = s.charCodeAt(i) == 48 && i + 1 < s.length && s.charCodeAt(i + 1) >= 48 && s.charCodeAt(i + 1) <= 55;
    b.push(unescape(s, zero ? i + 1 : i));
    i = escapeEnd;
  }
  return b.toString();
}

/** Fill to a width: blanks, or zeros behind the sign. */
export function pad(s: string, width: i32, flags: string, number: bool): string {
  if (s.length >= width) return s;
  const n = width - s.length;
  if (flags.indexOf('-') >= 0) return s + ' '.repeat(n);
  if (number && flags.indexOf('0') >= 0) {
    let at = 0;
    if (s.length && '+- '.indexOf(s.charAt(0)) >= 0) at = 1;
    if (s.length > at + 1 && s.charCodeAt(at) == 48 && (s.charCodeAt(at + 1) | 32) == 120) at += 2;
    if (s.length > at && !isDigit(s.charCodeAt(at)) && hexDigit(s.charCodeAt(at)) < 0) return ' '.repeat(n) + s;
    return s.substring(0, at) + '0'.repeat(n) + s.substring(at);
  }
  return ' '.repeat(n) + s;
}

/** A number by its conversion character (d i u o x X), with precision and the flags + blank #. */
export function integerText(v: i64, k: i32, precision: i32, flags: string): string {
  let s: string;
  let sign = '';
  if (k == 100 || k == 105) {
    const negative = v < 0;
    s = negative ? (<u64>0 - <u64>v).toString() : v.toString();
    sign = negative ? '-' : flags.indexOf('+') >= 0 ? '+' : flags.indexOf(' ') >= 0 ? ' ' : '';
  } else if (k == 117) s = (<u64>v).toString();
  else if (k == 111) {
    s = octal(v);
    if (flags.indexOf('#') >= 0 && s.charCodeAt(0) != 48) s = '0' + s;
  } else {
    s = hex(v);
    if (k == 88) s = upper(s);
    if (flags.indexOf('#') >= 0 && v != 0) sign = k == 88 ? '0X' : '0x';
  }
  if (precision == 0 && v == 0) s = '';
  if (s.length < precision) s = '0'.repeat(precision - s.length) + s;
  return sign + s;
}

// An argument as C writes integers, or a quote and a character.
function integer(s: string): i64 {
  if (s.length > 1 && (s.charCodeAt(0) == 34 || s.charCodeAt(0) == 39)) return s.charCodeAt(1);
  let i = 0;
  while (i < s.length && isSpace(s.charCodeAt(i))) i++;
  let negative = false;
  if (i < s.length && (s.charCodeAt(i) == 45 || s.charCodeAt(i) == 43)) negative = s.charCodeAt(i++) == 45;
  let base = 10;
  if (i + 1 < s.length && s.charCodeAt(i) == 48) {
    if ((s.charCodeAt(i + 1) | 32) == 120) {
      base = 16;
      i += 2;
    } else base = 8;
  }
  const start = i;
  let v: u64 = 0;
  while (i < s.length) {
    const d = hexDigit(s.charCodeAt(i));
    if (d < 0 || d >= base) break;
    v = v * base + d;
    i++;
  }
  if (i == start || i < s.length) {
    status = 1;
    out.complain("invalid number '" + s + "'");
    return 0;
  }
  return negative ? -(<i64>v) : <i64>v;
}

function real(s: string): f64 {
  if (s.length > 1 && (s.charCodeAt(0) == 34 || s.charCodeAt(0) == 39)) return s.charCodeAt(1);
  const v = parseFloat(s);
  if (isNaN(v)) {
    status = 1;
    out.complain("invalid number '" + s + "'");
    return 0;
  }
  return v;
}
