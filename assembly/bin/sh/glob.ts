// Patterns: matching (fnmatch(3)) and pathname expansion (glob(7)). In a pattern a backslash quotes the next character;
// the expander puts one before each quoted character.

import * as fs from '../../sys/fs';
import { Buf, at, compare } from './buf';

/** Does all of s[from, to) match the pattern. */
export function match(pattern: string, s: string): bool {
  return fits(pattern, 0, pattern.length, s, 0, s.length);
}

/** Match p[pi, pn) against s[si, sn); `*` goes back to its last place only, so that no pattern takes for ever. */
export function fits(p: string, pi: i32, pn: i32, s: string, si: i32, sn: i32): bool {
  let star = -1;
  let mark = 0;
  while (true) {
    let ok = false;
    if (pi < pn) {
      const c = at(p, pi);
      if (c == 42) {
        star = ++pi;
        mark = si;
        if (pi == pn) return true;
        continue;
      }
      if (si < sn) {
        if (c == 63) {
          pi++;
          ok = true;
        } else if (c == 91) {
          const end = bracketEnd(p, pi, pn);
          if (end > 0) {
            ok = inBracket(p, pi + 1, end, at(s, si));
            if (ok) pi = end + 1;
          } else if (at(s, si) == 91) {
            pi++;
            ok = true;
          }
        } else if (c == 92 && pi + 1 < pn) {
          ok = at(p, pi + 1) == at(s, si);
          if (ok) pi += 2;
        } else {
          ok = c == at(s, si);
          if (ok) pi++;
        }
        if (ok) si++;
      }
    } else if (si == sn) return true;
    if (ok) continue;
    if (star < 0 || mark >= sn) return false;
    pi = star;
    si = ++mark;
  }
}

/** Where the bracket expression at `i` ends, 0 if it does not. */
function bracketEnd(p: string, i: i32, n: i32): i32 {
  i++;
  if (i < n && (at(p, i) == 33 || at(p, i) == 94)) i++;
  let first = true;
  while (i < n) {
    const c = at(p, i);
    if (c == 93 && !first) return i;
    first = false;
    if (c == 92) i++;
    else if (c == 91 && i + 1 < n && (at(p, i + 1) == 58 || at(p, i + 1) == 46 || at(p, i + 1) == 61)) {
      const close = at(p, i + 1);
      let j = i + 2;
      while (j + 1 < n && !(at(p, j) == close && at(p, j + 1) == 93)) j++;
      if (j + 1 < n) i = j + 1;
    }
    i++;
  }
  return 0;
}

function inBracket(p: string, i: i32, end: i32, c: i32): bool {
  let negate = false;
  if (at(p, i) == 33 || at(p, i) == 94) {
    negate = true;
    i++;
  }
  let hit = false;
  while (i < end) {
    let low = at(p, i++);
    if (low == 91 && i < end && (at(p, i) == 58 || at(p, i) == 46 || at(p, i) == 61)) {
      const kind = at(p, i);
      let j = i + 1;
      while (j + 1 <= end && !(at(p, j) == kind && at(p, j + 1) == 93)) j++;
      if (j + 1 <= end) {
        const name = p.substring(i + 1, j);
        i = j + 2;
        if (kind == 58) {
          if (inClass(name, c)) hit = true;
          continue;
        }
        low = name.length > 0 ? at(name, 0) : 0;
      }
    } else if (low == 92 && i < end) low = at(p, i++);
    let high = low;
    if (i + 1 < end && at(p, i) == 45) {
      high = at(p, i + 1);
      i += 2;
      if (high == 92 && i < end) high = at(p, i++);
      else if (high == 91 && i + 2 < end && (at(p, i) == 46 || at(p, i) == 61)) {
        high = at(p, i + 1);
        i += 4;
      }
    }
    if (c >= low && c <= high) hit = true;
  }
  return hit != negate;
}

function inClass(name: string, c: i32): bool {
  const lower = c >= 97 && c <= 122;
  const upper = c >= 65 && c <= 90;
  const digit = c >= 48 && c <= 57;
  if (name == 'alpha') return lower || upper;
  if (name == 'digit') return digit;
  if (name == 'alnum') return lower || upper || digit;
  if (name == 'upper') return upper;
  if (name == 'lower') return lower;
  if (name == 'space') return c == 32 || c >= 9 && c <= 13;
  if (name == 'blank') return c == 32 || c == 9;
  if (name == 'punct') return c > 32 && c < 127 && !lower && !upper && !digit;
  if (name == 'print') return c >= 32 && c < 127;
  if (name == 'graph') return c > 32 && c < 127;
  if (name == 'cntrl') return c < 32 || c == 127;
  if (name == 'xdigit') return digit || c >= 97 && c <= 102 || c >= 65 && c <= 70;
  return false;
}

/** Does a pattern have a character that stands for others. */
export function isPattern(p: string, from: i32, to: i32): bool {
  for (let i = from; i < to; i++) {
    const c = at(p, i);
    if (c == 92) i++;
    else if (c == 42 || c == 63) return true;
    else if (c == 91 && bracketEnd(p, i, to) > 0) return true;
  }
  return false;
}

/** Take the quoting backslashes away. */
export function unquote(p: string, from: i32 = 0, to: i32 = -1): string {
  if (to < 0) to = p.length;
  let i = from;
  while (i < to && at(p, i) != 92) i++;
  if (i == to) return p.substring(from, to);
  const b = new Buf();
  for (i = from; i < to; i++) {
    if (at(p, i) == 92 && i + 1 < to) i++;
    b.push(at(p, i));
  }
  return b.toString();
}

const st = new fs.Stat();

/** Add the paths that match, sorted, to `list`; false if there are none. */
export function glob(pattern: string, list: string[]): bool {
  const found: string[] = [];
  walk('', pattern, 0, found);
  if (found.length == 0) return false;
  found.sort((a, b) => compare(a, b));
  for (let i = 0; i < found.length; i++) list.push(found[i]);
  return true;
}

/** `prefix` is a path found so far, with its slash; the pattern goes on at `from`. */
function walk(prefix: string, p: string, from: i32, found: string[]): void {
  // Leading slashes and components without a pattern are taken as they are.
  let i = from;
  while (true) {
    let n = i;
    while (n < p.length && at(p, n) == 47) n++;
    let end = n;
    while (end < p.length && at(p, end) != 47) end++;
    if (isPattern(p, n, end)) {
      prefix += unquote(p, i, n);
      component(prefix, p, n, end, found);
      return;
    }
    prefix += unquote(p, i, end);
    i = end;
    if (i >= p.length) break;
  }
  if (prefix.length > 0 && fs.lstat(prefix, st) == 0) found.push(prefix);
}

function component(prefix: string, p: string, from: i32, end: i32, found: string[]): void {
  const entries: fs.Entry[] = [];
  if (fs.readdir(prefix.length == 0 ? '.' : prefix, entries) < 0) return;
  const dot = at(p, from) == 46 || at(p, from) == 92 && from + 1 < end && at(p, from + 1) == 46;
  for (let i = 0; i < entries.length; i++) {
    const e = entries[i];
    const name = e.name;
    if (at(name, 0) == 46 && !dot) continue;
    if (!fits(p, from, end, name, 0, name.length)) continue;
    const path = prefix + name;
    if (end >= p.length) {
      found.push(path);
      continue;
    }
    if (e.type != 0 && e.type != 4 && e.type != 10) continue;
    if (fs.stat(path, st) != 0 || !st.isDir) continue;
    walk(path, p, end, found);
  }
}
