// sprintf and the replacing functions.

import { formatFloat } from '../../lib/float';
import { integerText, pad } from '../printf';
import { Regex } from '../../lib/regex';
import { Bytes, isDigit } from '../../lib/text';
import { NUM, STRNUM, Value, toNum, toStr, typeOf } from './value';

/** printf's text of a format and values, of which the first is skipped. */
export function sprintf(format: string, values: Value[], convfmt: string): string {
  const b = new Bytes(64);
  let next = 1;
  let i = 0;
  while (i < format.length) {
    const c = format.charCodeAt(i++);
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
      i++;
      width = next < values.length ? <i32>toNum(values[next]) : 0;
      next++;
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
        i++;
        precision = next < values.length ? <i32>toNum(values[next]) : 0;
        next++;
      } else while (i < format.length && isDigit(format.charCodeAt(i))) precision = precision * 10 + format.charCodeAt(i++) - 48;
    }
    while (i < format.length && 'hlLqjzt'.indexOf(format.charAt(i)) >= 0) i++;
    if (i >= format.length) {
      b.add(format.substring(start));
      break;
    }
    const k = format.charCodeAt(i++);
    const v: Value | null = next < values.length ? values[next] : null;
    switch (k) {
      case 99: { // c
        let s = '';
        if (v) {
          const t = typeOf(v);
          s = t == NUM || t == STRNUM ? String.fromCharCode(<i32>toNum(v) & 255) : v.s.substring(0, 1);
        }
        b.add(pad(s, width, flags, false));
        next++;
        break;
      }
      case 115: { // s
        const s = v ? toStr(v, convfmt) : '';
        b.add(pad(precision >= 0 && precision < s.length ? s.substring(0, precision) : s, width, flags, false));
        next++;
        break;
      }
      case 100: case 105: case 111: case 117: case 120: case 88: { // d i o u x X
        const n = v ? toNum(v) : 0;
        if (isFinite(n) && Math.abs(n) < 9.2e18) {
          const s = integerText(<i64>n, k, precision, flags);
          b.add(pad(s, width, precision >= 0 ? flags.replaceAll('0', '') : flags, true));
        } else b.add(pad(formatFloat(n, 102, 0, flags), width, flags, true));
        next++;
        break;
      }
      case 101: case 69: case 102: case 70: case 103: case 71: // e E f F g G
        b.add(pad(formatFloat(v ? toNum(v) : 0, k, precision < 0 ? 6 : precision, flags), width, flags, true));
        next++;
        break;
      default:
        b.add(format.substring(start, i));
    }
  }
  return b.toString();
}

/** How many the last `substitute` replaced. */
export let replaced: i32 = 0;

/** sub (the first match) or gsub (all): & is the match, \& an ampersand. */
export function substitute(re: Regex, by: string, s: string, all: bool): string {
  replaced = 0;
  if (!re.exec(s, 0)) return s;
  const b = new Bytes(s.length + by.length);
  let from = 0;
  let previous = -1;
  for (;;) {
    const start = re.at[0];
    const end = re.at[1];
    b.addRange(s, from, start);
    // An empty match right behind another does not count.
    if (start != end || start != previous) {
      replaced++;
      for (let i = 0; i < by.length; i++) {
        const c = by.charCodeAt(i);
        if (c == 92 && i + 1 < by.length && (by.charCodeAt(i + 1) == 38 || by.charCodeAt(i + 1) == 92)) b.push(by.charCodeAt(++i));
        else if (c == 38) b.addRange(s, start, end);
        else b.push(c);
      }
    }
    previous = end;
    from = end;
    if (!all) break;
    if (start == end) {
      if (end >= s.length) break;
      b.push(s.charCodeAt(end));
      from = end + 1;
    }
    if (from > s.length || !re.exec(s, from, from > 0)) break;
  }
  b.addRange(s, from, s.length);
  return b.toString();
}
