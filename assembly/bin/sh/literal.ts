// What can be known of a word before it is run: its text, if all of it is literal; whether expanding it has effects.

import { PLIT, Part, Word } from './ast';
import { at, isName, isNameStart } from './buf';

/** A word of fixed text. */
export function literalWord(s: string): Word {
  const w = new Word();
  const p = new Part(PLIT, true);
  p.text = s;
  w.parts.push(p);
  w.value = s;
  w.literal = s;
  return w;
}

/** Put quoted text before a word. */
export function prefix(w: Word, s: string): void {
  const p = new Part(PLIT, true);
  p.text = s;
  w.parts.unshift(p);
  w.value = null;
  w.literal = null;
  finish(w);
}

/** May an arithmetic expression change a variable. */
export function assigns(s: string): bool {
  for (let i = 0; i < s.length; i++) {
    const c = at(s, i);
    if (c == 43 || c == 45) {
      if (i + 1 < s.length && at(s, i + 1) == c) return true;
    } else if (c == 61) {
      const d = i > 0 ? at(s, i - 1) : 0;
      const e = i + 1 < s.length ? at(s, i + 1) : 0;
      if (e == 61) i++;
      else if (d != 33 && d != 60 && d != 62) return true;
      else if (i > 1 && (d == 60 || d == 62) && at(s, i - 2) == d) return true;
    } else if (isNameStart(c) || c == 47 || c == 37) {
      // A variable may hold an expression with a side effect, or bad text; a division may fail.
      return true;
    }
  }
  return false;
}

/** Fill in what can be known of a word before it is run. */
export function finish(w: Word): void {
  const parts = w.parts;
  let all = true;
  let plain = true;
  let bracket = false;
  for (let i = 0; i < parts.length; i++) {
    const p = parts[i];
    if (p.kind != PLIT) {
      all = false;
      break;
    }
    if (!p.quoted) {
      const s = p.text;
      for (let j = 0; j < s.length; j++) {
        const c = at(s, j);
        if (c == 91) bracket = true;
        if (c == 42 || c == 63 || c == 126 || c == 93 && bracket) plain = false;
      }
    }
  }
  if (parts.length > 0 && parts[0].kind == PLIT && !parts[0].quoted) {
    const s = parts[0].text;
    let n = 0;
    if (isNameStart(at(s, 0))) {
      while (n < s.length && isName(at(s, n))) n++;
      if (n < s.length && at(s, n) == 61) w.assign = n;
    }
  }
  if (!all) return;
  let text = '';
  for (let i = 0; i < parts.length; i++) text = i == 0 ? parts[0].text : text + parts[i].text;
  w.literal = text;
  if (plain && parts.length > 0) w.value = text;
}

/** The word of a parsed assignment: what stands after the `=`. */
export function afterAssign(w: Word): Word {
  const v = new Word();
  const p0 = w.parts[0];
  const rest = p0.text.substring(w.assign + 1);
  if (rest.length > 0 || w.parts.length == 1) {
    const p = new Part(PLIT, false);
    p.text = rest;
    v.parts.push(p);
  }
  for (let i = 1; i < w.parts.length; i++) v.parts.push(w.parts[i]);
  v.quoted = w.quoted;
  v.pure = w.pure;
  finish(v);
  v.assign = 0;
  return v;
}
