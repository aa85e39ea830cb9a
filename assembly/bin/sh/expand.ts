// Word expansion (POSIX XCU 2.6): tilde, parameters, command substitution, arithmetic, then field splitting, pathname
// expansion and quote removal, in one pass over a word's parts. Each character is kept with a mark whether it was
// quoted, since only unquoted ones split, match or stand for others.

import { PARITH, PCMD, PLIT, PPROC, Part, VNORMAL, Word } from './ast';
import { compile, evalFailed, evaluate } from './evaluate';
import { Buf, at, chr } from './buf';
import { glob, isPattern } from './glob';
import { homeOf } from './tilde';
import { FLOW_NONE, sh } from './state';
import { expandParam } from './param';
import { substitute, substituteFile } from './subst';
import { Var, home, ifs, valueOf } from './vars';

/** What IFS makes of a byte: nothing, white space, a delimiter. */
const IFS_SPACE = 1;
const IFS_DELIM = 2;
const kinds = new StaticArray<u8>(256);
/** The value that `kinds` was made from, by reference. */
let kindsOf: string | null = null;
let kindsMade: bool = false;

function ifsKinds(): StaticArray<u8> {
  const value = ifs.value;
  if (kindsMade && changetype<usize>(value) == changetype<usize>(kindsOf)) return kinds;
  kindsMade = true;
  kindsOf = value;
  memory.fill(changetype<usize>(kinds), 0, 256);
  const s = value == null ? ' \t\n' : value as string;
  for (let i = 0; i < s.length; i++) {
    const c = at(s, i);
    unchecked(kinds[c & 255] = <u8>(c == 32 || c == 9 || c == 10 ? IFS_SPACE : IFS_DELIM));
  }
  return kinds;
}

/** What joins the parameters of "$*". */
export function ifsFirst(): string {
  const value = ifs.value;
  if (value == null) return ' ';
  const s = value as string;
  return s.length == 0 ? '' : chr(at(s, 0));
}

/** Between fields. */
const START = 0;
/** In a field, which may still be empty. */
const IN = 1;
/** White space ended a field; one delimiter may follow. */
const AFTER = 2;

/** Where a word's characters gather. */
export class Builder {
  private text: Buf = new Buf();
  private marks: Buf = new Buf();
  private state: i32 = START;
  private special: bool = false;
  /** Splits into fields and expands paths; else all is one string. */
  split: bool = false;
  /** Where fields go. */
  list: string[] = [];

  begin(split: bool, list: string[]): void {
    this.text.length = 0;
    this.marks.length = 0;
    this.state = START;
    this.special = false;
    this.split = split;
    this.list = list;
  }

  /** Characters that no splitting touches. */
  literal(s: string, quoted: bool): void {
    this.state = IN;
    this.text.add(s);
    const mark = quoted ? 1 : 0;
    for (let i = 0; i < s.length; i++) {
      this.marks.push(mark);
      if (!quoted) this.notice(at(s, i));
    }
  }

  /** The result of an expansion. */
  value(s: string, quoted: bool): void {
    if (quoted || !this.split) {
      this.literal(s, quoted);
      return;
    }
    const kinds = ifsKinds();
    for (let i = 0; i < s.length; i++) {
      const c = at(s, i);
      const kind = unchecked(kinds[c & 255]);
      if (kind == 0) {
        this.state = IN;
        this.text.push(c);
        this.marks.push(0);
        this.notice(c);
      } else if (kind == IFS_SPACE) {
        if (this.state == IN) {
          this.emit();
          this.state = AFTER;
        }
      } else {
        if (this.state != AFTER) this.emit();
        this.state = START;
      }
    }
  }

  // @ts-ignore: decorator
  @inline
  private notice(c: i32): void {
    if (c == 42 || c == 63 || c == 91) this.special = true;
  }

  /** A field ends here whatever IFS is, if one began. */
  boundary(): void {
    if (this.state == IN) this.emit();
    this.state = START;
  }

  end(): void {
    if (this.state == IN) this.emit();
  }

  private emit(): void {
    if (this.special && !sh.fflag) {
      const p = this.pattern();
      if (!isPattern(p, 0, p.length) || !glob(p, this.list)) this.list.push(this.text.toString());
    } else this.list.push(this.text.toString());
    this.text.length = 0;
    this.marks.length = 0;
    this.special = false;
  }

  toString(): string {
    return this.text.toString();
  }

  /** The text with its quoted characters escaped. */
  pattern(): string {
    const t = this.text;
    const m = this.marks;
    const b = new Buf();
    for (let i = 0; i < t.length; i++) {
      const c = t.at(i);
      if (m.at(i) && isMeta(c)) b.push(92);
      b.push(c);
    }
    return b.toString();
  }
}

function isMeta(c: i32): bool {
  return c == 42 || c == 63 || c >= 91 && c <= 94 || c == 45 || c == 33 || c == 58 || c == 46 || c == 61;
}

const pool: Builder[] = [];
let inUse: i32 = 0;

function obtain(): Builder {
  if (inUse == pool.length) pool.push(new Builder());
  return pool[inUse++];
}

function release(): void {
  inUse--;
}

/** After a clone or an error at the top level nothing is half expanded any more. */
export function resetExpansion(): void {
  inUse = 0;
}

const none: string[] = [];

/** Add the fields of a word to `list`; false if an expansion failed. */
export function expandFields(w: Word, list: string[]): bool {
  const value = w.value;
  if (value != null) {
    list.push(value as string);
    return true;
  }
  if (w.parts.length == 1) {
    const p = unchecked(w.parts[0]);
    const v = p.v;
    if (v && p.op == VNORMAL) {
      const s = valueOf(v);
      if (s != null) {
        const text = s as string;
        if (p.quoted) {
          list.push(text);
          return true;
        }
        if (isPlain(text)) {
          if (text.length > 0) list.push(text);
          return true;
        }
      }
    }
  }
  const b = obtain();
  b.begin(true, list);
  expandParts(w, b, false, false);
  if (sh.flow == FLOW_NONE) b.end();
  release();
  return sh.flow == FLOW_NONE;
}

/** Nothing in it splits or matches. */
function isPlain(s: string): bool {
  const kinds = ifsKinds();
  for (let i = 0; i < s.length; i++) {
    const c = at(s, i);
    if (unchecked(kinds[c & 255]) != 0 || c == 42 || c == 63 || c == 91) return false;
  }
  return true;
}

/** A word as one string: assignments (`tildes`: also after colons), here-documents, case words. */
export function expandString(w: Word, tildes: bool = false): string {
  const value = w.value;
  if (value != null) return value as string;
  if (w.parts.length == 1) {
    const p = unchecked(w.parts[0]);
    if (p.op == VNORMAL && p.v) {
      const s = valueOf(p.v as Var);
      if (s != null) return s as string;
    } else if (p.kind == PARITH) return expandArith(p);
  }
  const b = obtain();
  b.begin(false, none);
  expandParts(w, b, false, tildes);
  const s = b.toString();
  release();
  return s;
}

/** A word as a pattern, its quoted characters escaped. */
export function expandPattern(w: Word): string {
  const b = obtain();
  b.begin(false, none);
  expandParts(w, b, false, false);
  const s = b.pattern();
  release();
  return s;
}

/** `inner`: the word of an expansion, whose own text splits as the expansion's would. */
export function expandParts(w: Word, b: Builder, inner: bool, tildes: bool): void {
  const parts = w.parts;
  for (let i = 0; i < parts.length; i++) {
    const p = unchecked(parts[i]);
    switch (p.kind) {
      case PLIT: {
        let s = p.text;
        if (!p.quoted) {
          if (tildes) s = tildesIn(s, i == 0, i + 1 == parts.length, b);
          else if (i == 0 && s.length > 0 && at(s, 0) == 126) s = tilde(s, 0, parts.length == 1, false, b);
          if (inner) {
            b.value(s, false);
            break;
          }
          if (s.length == 0) break;
        }
        b.literal(s, p.quoted);
        break;
      }
      case PCMD:
        b.value(substitute(p), p.quoted);
        break;
      case PARITH:
        b.value(expandArith(p), p.quoted);
        break;
      case PPROC:
        b.literal(substituteFile(p), true);
        break;
      default:
        expandParam(p, b);
    }
    if (sh.flow != FLOW_NONE) return;
  }
}

/** The value of $((...)). */
export function expandArith(p: Part): string {
  let tree = p.tree;
  if (tree == null) {
    const w = p.word as Word;
    const fixed = w.literal;
    const text = fixed != null ? fixed as string : w.parts.length == 0 ? '' : expandString(w);
    if (sh.flow != FLOW_NONE) return '';
    tree = compile(text);
    if (tree == null) return '';
    if (fixed != null) p.tree = tree;
  }
  const n = evaluate(tree);
  return evalFailed ? '' : n.toString();
}

/**
 * If s[from..] is a tilde prefix, put the home directory (quoted) into `b` and answer the rest of `s`; `last`: no other
 * part follows, so that the prefix may end with the text.
 */
function tilde(s: string, from: i32, last: bool, colons: bool, b: Builder): string {
  let end = from + 1;
  while (end < s.length && at(s, end) != 47 && !(colons && at(s, end) == 58)) end++;
  if (end == s.length && !last) return s.substring(from);
  const name = s.substring(from + 1, end);
  const dir = name.length == 0 ? valueOf(home) : homeOf(name);
  if (dir == null) return s.substring(from);
  b.literal(dir as string, true);
  return s.substring(end);
}

/** Expand the tildes of an assignment's text: at its beginning (`first`) and after colons. */
function tildesIn(s: string, first: bool, last: bool, b: Builder): string {
  if (s.indexOf('~') < 0) return s;
  let from = 0;
  for (let i = 0; i < s.length; i++) {
    if (at(s, i) != 126 || !(i == 0 ? first : at(s, i - 1) == 58)) continue;
    if (i > from) b.literal(s.substring(from, i), false);
    const rest = tilde(s, i, last, true, b);
    s = rest;
    from = 0;
    i = -1;
    // What is left of an unknown ~name must not be tried again.
    if (s.length > 0 && at(s, 0) == 126) {
      b.literal('~', false);
      s = s.substring(1);
    }
    first = false;
  }
  return s.substring(from);
}
