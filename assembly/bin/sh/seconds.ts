// Decimal seconds, as `read -t 0.5` takes them.

import { at, isDigit } from './buf';

/** Nanoseconds, or -1 if it is no number. */
export function parseSeconds(s: string): i64 {
  let ns: i64 = 0;
  let unit: i64 = 1000000000;
  let dot = false;
  let digits = 0;
  for (let i = 0; i < s.length; i++) {
    const c = at(s, i);
    if (c == 46 && !dot) {
      dot = true;
      continue;
    }
    if (!isDigit(c)) return -1;
    digits++;
    if (!dot) ns = ns * 10 + <i64>(c - 48) * 1000000000;
    else {
      unit /= 10;
      ns += <i64>(c - 48) * unit;
    }
  }
  return digits == 0 ? -1 : ns;
}
