// echo: its arguments; -n no newline, -e escapes, -E none. Also a builtin of the shell.

import * as out from '../lib/out';
import { Bytes, escapeEnd, unescape } from '../lib/text';

export function echo(args: string[]): i32 {
  let newline = true;
  let escapes = false;
  let i = 1;
  for (; i < args.length; i++) {
    const w = args[i];
    if (w.length < 2 || w.charCodeAt(0) != 45) break;
    let valid = true;
    for (let k = 1; k < w.length; k++) if ('neE'.indexOf(w.charAt(k)) < 0) valid = false;
    if (!valid) break;
    for (let k = 1; k < w.length; k++) {
      const c = w.charCodeAt(k);
      if (c == 110) newline = false;
      else escapes = c == 101;
    }
  }
  for (let first = true; i < args.length; i++) {
    if (!first) out.byte(32);
    first = false;
    if (!escapes) out.put(args[i]);
    else if (!expand(args[i])) return 0;
  }
  if (newline) out.byte(10);
  return 0;
}

// Write with escapes; false after \c, which ends all output.
function expand(s: string): bool {
  if (s.indexOf('\\') < 0) {
    out.put(s);
    return true;
  }
  const b = new Bytes(s.length);
  let i = 0;
  while (i < s.length) {
    const c = s.charCodeAt(i++);
    if (c != 92 || i == s.length) {
      b.push(c);
      continue;
    }
    const e = s.charCodeAt(i);
    if (e == 99) {
      out.put(b.toString());
      return false;
    }
    // \0NNN: up to three digits behind the zero.
    const zero = e == 48 && i + 1 < s.length && s.charCodeAt(i + 1) >= 48 && s.charCodeAt(i + 1) <= 55;
    const v = unescape(s, zero ? i + 1 : i);
    b.push(v);
    i = escapeEnd;
  }
  out.put(b.toString());
  return true;
}
