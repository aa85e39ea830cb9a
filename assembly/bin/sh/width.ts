// How wide UTF-8 text is on a terminal, and where its characters begin (wcwidth(3), coarsely).

import { at } from './buf';

/** Where the character after the one at `i` begins. */
export function next(s: string, i: i32): i32 {
  if (i >= s.length) return s.length;
  i++;
  while (i < s.length && (at(s, i) & 0xc0) == 0x80) i++;
  return i;
}

export function previous(s: string, i: i32): i32 {
  if (i <= 0) return 0;
  i--;
  while (i > 0 && (at(s, i) & 0xc0) == 0x80) i--;
  return i;
}

function codeAt(s: string, i: i32): i32 {
  const c = at(s, i);
  if (c < 0xc0) return c;
  const n = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
  let code = c & (0x3f >> n);
  for (let k = 1; k <= n && i + k < s.length; k++) code = code << 6 | at(s, i + k) & 0x3f;
  return code;
}

/** Columns of the character at `i`: combining marks none, the wide forms of East Asia and emoji two. */
export function widthAt(s: string, i: i32): i32 {
  const c = codeAt(s, i);
  if (c < 0x300) return c < 32 ? 0 : 1;
  if (c < 0x370 || c >= 0x200b && c <= 0x200f || c >= 0x20d0 && c <= 0x20ff || c >= 0xfe00 && c <= 0xfe0f) return 0;
  if (c < 0x1100) return 1;
  if (c <= 0x115f || c >= 0x2e80 && c <= 0xa4cf || c >= 0xac00 && c <= 0xd7a3 || c >= 0xf900 && c <= 0xfaff
    || c >= 0xfe30 && c <= 0xfe6f || c >= 0xff00 && c <= 0xff60 || c >= 0xffe0 && c <= 0xffe6
    || c >= 0x1f300 && c <= 0x1f64f || c >= 0x1f900 && c <= 0x1f9ff || c >= 0x20000 && c <= 0x3fffd) return 2;
  return 1;
}

export function widthOf(s: string, from: i32, to: i32): i32 {
  let n = 0;
  for (let i = from; i < to; i = next(s, i)) n += widthAt(s, i);
  return n;
}
