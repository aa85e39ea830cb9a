// fnmatch(3): a shell pattern against a whole name.

import { classIndex, isKind } from './regex';
import { lowerCode } from './text';

/** `path`: `*` and `?` do not match a slash. */
export function fnmatch(pattern: string, name: string, fold: bool = false, path: bool = false): bool {
  return at(pattern, 0, name, 0, fold, path);
}

function at(p: string, pi: i32, s: string, si: i32, fold: bool, path: bool): bool {
  // The place to come back to: one star further.
  let starP = -1;
  let starS = 0;
  while (true) {
    if (pi < p.length && p.charCodeAt(pi) == 42) {
      starP = ++pi;
      starS = si;
      continue;
    }
    if (si == s.length) {
      if (pi == p.length) return true;
    } else if (pi < p.length) {
      const next = one(p, pi, s.charCodeAt(si), fold, path);
      if (next >= 0) {
        pi = next;
        si++;
        continue;
      }
    }
    if (starP < 0 || starS >= s.length) return false;
    if (path && s.charCodeAt(starS) == 47) return false;
    pi = starP;
    si = ++starS;
  }
  return false;
}

// Does the pattern's element at `pi` take byte `c`: the place behind it, or -1.
function one(p: string, pi: i32, c: i32, fold: bool, path: bool): i32 {
  const k = p.charCodeAt(pi);
  if (k == 63) return path && c == 47 ? -1 : pi + 1;
  if (k == 91) {
    const end = bracket(p, pi, c, fold);
    if (end != 0) return path && c == 47 ? -1 : end;
  }
  if (k == 92 && pi + 1 < p.length) return same(p.charCodeAt(pi + 1), c, fold) ? pi + 2 : -1;
  return same(k, c, fold) ? pi + 1 : -1;
}

function same(a: i32, b: i32, fold: bool): bool {
  return a == b || (fold && lowerCode(a) == lowerCode(b));
}

// A bracket expression: the place behind it, -1 if it refuses the byte, 0 if it is not one.
function bracket(p: string, pi: i32, c: i32, fold: bool): i32 {
  let i = pi + 1;
  let negate = false;
  if (i < p.length && (p.charCodeAt(i) == 33 || p.charCodeAt(i) == 94)) {
    negate = true;
    i++;
  }
  let found = false;
  let begin = true;
  while (i < p.length) {
    let k = p.charCodeAt(i);
    if (k == 93 && !begin) return found != negate ? i + 1 : -1;
    begin = false;
    if (k == 91 && i + 1 < p.length && p.charCodeAt(i + 1) == 58) {
      const end = p.indexOf(':]', i + 2);
      if (end > 0) {
        const kind = classIndex(p.substring(i + 2, end));
        if (kind >= 0 && isKind(kind, c)) found = true;
        i = end + 2;
        continue;
      }
    }
    if (k == 92 && i + 1 < p.length) k = p.charCodeAt(++i);
    i++;
    let to = k;
    if (i + 1 < p.length && p.charCodeAt(i) == 45 && p.charCodeAt(i + 1) != 93) {
      to = p.charCodeAt(i + 1);
      i += 2;
      if (to == 92 && i < p.length) to = p.charCodeAt(i++);
    }
    if (c >= k && c <= to) found = true;
    if (fold && lowerCode(c) >= k && lowerCode(c) <= to) found = true;
  }
  return 0;
}
