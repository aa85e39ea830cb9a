// Parameter expansion: ${name}, its special parameters and its operators.

import {
  Part, VASSIGN, VBAD, VLENGTH, VMINUS, VPLUS, VQUESTION, VREPLACE, VREPLACEALL, VSUBSTR, VTRIMLEFT,
  VTRIMLEFTMAX, VTRIMRIGHT, VTRIMRIGHTMAX, Word,
} from './ast';
import { compile, evaluate, evalFailed } from './evaluate';
import { Buf, at } from './buf';
import { Builder, expandParts, expandPattern, expandString, ifsFirst } from './expand';
import { fits, isPattern, unquote } from './glob';
import { raise } from './message';
import { optionLetters } from './option';
import { FLOW_NONE, sh } from './state';
import { assign, valueOf } from './vars';

const AT = 64;
const STAR = 42;

/** The value of one parameter (not $@ or $*), null when it is not set. */
function valueOfPart(p: Part): string | null {
  const v = p.v;
  if (v) return valueOf(v);
  const c = p.special;
  if (c < 0) return -c <= sh.params.length ? sh.params[-c - 1] : null;
  switch (c) {
    case 48: return sh.arg0;
    case 35: return sh.params.length.toString();
    case 63: return sh.status.toString();
    case 36: return sh.rootPid.toString();
    case 33: return sh.lastBackground < 0 ? null : sh.lastBackground.toString();
    case 45: return optionLetters();
  }
  return null;
}

export function expandParam(p: Part, b: Builder): void {
  if (p.op == VBAD) {
    raise('syntax error: bad substitution');
    return;
  }
  const list = p.special == AT || p.special == STAR;
  let s: string | null = null;
  let isSet: bool;
  let empty: bool;
  if (list) {
    const n = sh.params.length;
    isSet = n > 0;
    empty = n == 0 || n == 1 && sh.params[0].length == 0;
  } else {
    s = valueOfPart(p);
    isSet = s != null;
    empty = s == null || (s as string).length == 0;
  }
  switch (p.op) {
    case VMINUS:
      if (!isSet || p.colon && empty) {
        inner(p.word as Word, p, b);
        return;
      }
      break;
    case VPLUS:
      if (isSet && !(p.colon && empty)) inner(p.word as Word, p, b);
      else if (p.quoted && !list) b.literal('', true);
      return;
    case VASSIGN:
      if (!isSet || p.colon && empty) {
        const v = p.v;
        const value = expandString(p.word as Word, true);
        if (sh.flow != FLOW_NONE) return;
        if (v == null) {
          raise(p.text + ': bad variable name');
          return;
        }
        if (assign(v, value)) b.value(value, p.quoted);
        return;
      }
      break;
    case VQUESTION:
      if (!isSet || p.colon && empty) {
        const w = p.word as Word;
        let text = p.colon ? 'parameter not set or null' : 'parameter not set';
        if (w.parts.length > 0) text = expandString(w);
        if (sh.flow == FLOW_NONE) raise(p.text + ': ' + text);
        return;
      }
      break;
    case VLENGTH:
      if (!isSet && !list && unset(p)) return;
      b.value((list ? characters(joined()) : isSet ? characters(s as string) : 0).toString(), p.quoted);
      return;
    default:
      if (!isSet && !list && unset(p)) return;
  }
  if (list) {
    addList(p, b);
    return;
  }
  let value = isSet ? s as string : '';
  if (p.op >= VTRIMRIGHT) {
    value = operate(p, value);
    if (sh.flow != FLOW_NONE) return;
  }
  if (value.length == 0 && !p.quoted) return;
  b.value(value, p.quoted);
}

/** Under -u an unset parameter is an error: true after the message. */
function unset(p: Part): bool {
  if (!sh.uflag) return false;
  raise(p.text + ': parameter not set');
  return true;
}

/** The word of - or +, in place of the value. */
function inner(w: Word, p: Part, b: Builder): void {
  if (w.parts.length == 0) {
    if (p.quoted) b.literal('', true);
    return;
  }
  expandParts(w, b, !p.quoted, false);
}

/** $@ and $*. */
function addList(p: Part, b: Builder): void {
  const n = sh.params.length;
  const star = p.special == STAR;
  const apart = b.split && !(star && p.quoted);
  const glue = ifsFirst();
  if (star && p.quoted) b.literal('', true);
  for (let i = 0; i < n; i++) {
    let s = sh.params[i];
    if (p.op >= VTRIMRIGHT) {
      s = operate(p, s);
      if (sh.flow != FLOW_NONE) return;
    }
    if (i > 0) {
      if (apart) b.boundary();
      else b.literal(glue, p.quoted);
    }
    b.value(s, p.quoted);
  }
}

/** Length in characters: UTF-8's continuation bytes do not count. */
function characters(s: string): i32 {
  let n = 0;
  for (let i = 0; i < s.length; i++) if ((at(s, i) & 0xc0) != 0x80) n++;
  return n;
}

/** "$*" as one string. */
function joined(): string {
  return sh.params.join(ifsFirst());
}

function operate(p: Part, s: string): string {
  switch (p.op) {
    case VSUBSTR: return substring(p, s);
    case VREPLACE:
    case VREPLACEALL: return replace(p, s);
  }
  const pattern = expandPattern(p.word as Word);
  if (sh.flow != FLOW_NONE) return s;
  const pn = pattern.length;
  const n = s.length;
  if (pn == 0) return s;
  const left = p.op == VTRIMLEFT || p.op == VTRIMLEFTMAX;
  const longest = p.op == VTRIMLEFTMAX || p.op == VTRIMRIGHTMAX;
  if (!isPattern(pattern, 0, pn)) {
    const text = unquote(pattern);
    if (left) return s.startsWith(text) ? s.substring(text.length) : s;
    return s.endsWith(text) ? s.substring(0, n - text.length) : s;
  }
  // The character that the part to cut must end (or begin) with, if the pattern fixes it: spares most tries.
  const edge = left ? lastLiteral(pattern) : firstLiteral(pattern);
  if (left) {
    for (let k = 0; k <= n; k++) {
      const i = longest ? n - k : k;
      if (edge >= 0 && (i == 0 || at(s, i - 1) != edge)) continue;
      if (fits(pattern, 0, pn, s, 0, i)) return s.substring(i);
    }
  } else {
    for (let k = 0; k <= n; k++) {
      const i = longest ? k : n - k;
      if (edge >= 0 && (i == n || at(s, i) != edge)) continue;
      if (fits(pattern, 0, pn, s, i, n)) return s.substring(0, i);
    }
  }
  return s;
}

function firstLiteral(p: string): i32 {
  const c = at(p, 0);
  return c == 42 || c == 63 || c == 91 || c == 92 ? -1 : c;
}

function lastLiteral(p: string): i32 {
  const n = p.length;
  const c = at(p, n - 1);
  if (c == 42 || c == 63 || c == 93 || n > 1 && at(p, n - 2) == 92) return -1;
  return p.indexOf('[') >= 0 ? -1 : c;
}

/** A number from an arithmetic word. */
function arithmetic(w: Word): i64 {
  const tree = compile(expandString(w));
  if (tree == null) return 0;
  const v = evaluate(tree);
  return evalFailed ? 0 : v;
}

function substring(p: Part, s: string): string {
  const n = <i64>s.length;
  let from = arithmetic(p.word as Word);
  if (sh.flow != FLOW_NONE) return '';
  if (from < 0) from += n;
  if (from < 0 || from > n) return '';
  let to = n;
  if (p.word2) {
    const len = arithmetic(p.word2 as Word);
    if (sh.flow != FLOW_NONE) return '';
    to = len < 0 ? n + len : from + len;
    if (to > n) to = n;
    if (to < from) return '';
  }
  return s.substring(<i32>from, <i32>to);
}

function replace(p: Part, s: string): string {
  const pattern = expandPattern(p.word as Word);
  const by = p.word2 ? expandString(p.word2 as Word) : '';
  if (sh.flow != FLOW_NONE) return s;
  const pn = pattern.length;
  if (pn == 0) return s;
  if (s.length == 0) return p.v != null && p.v!.value != null && fits(pattern, 0, pn, s, 0, 0) ? by : s;
  const b = new Buf();
  let i = 0;
  while (i < s.length) {
    // The longest match that begins here.
    let end = s.length;
    while (end > i && !fits(pattern, 0, pn, s, i, end)) end--;
    if (end == i) {
      b.push(at(s, i++));
      continue;
    }
    b.add(by);
    i = end;
    if (p.op == VREPLACE) break;
  }
  b.addSlice(s, i, s.length);
  return b.toString();
}

