// Arithmetic expressions as trees: C's operators over 64-bit integers. The text is parsed once; words whose expression
// is fixed keep the tree, so that a loop only walks it.

import { at, isDigit, isName, isNameStart, isSpace } from './buf';
import { Var, lookup } from './vars';

export const NUM = 0;
export const VAR = 1;
// Binary operators are named by their precedence's row below.
export const ANDAND = 2;
export const OROR = 3;
export const COND = 4;
export const COMMA = 5;
export const NEG = 6;
export const NOT = 7;
export const INVERT = 8;
export const ASSIGN = 9;
export const PREINC = 10;
export const PREDEC = 11;
export const POSTINC = 12;
export const POSTDEC = 13;
export const MUL = 20;
export const DIV = 21;
export const MOD = 22;
export const ADD = 23;
export const SUB = 24;
export const SHL = 25;
export const SHR = 26;
export const LT = 27;
export const LE = 28;
export const GT = 29;
export const GE = 30;
export const EQ = 31;
export const NE = 32;
export const AND = 33;
export const XOR = 34;
export const OR = 35;
export const POW = 36;

export class Arith {
  num: i64 = 0;
  v: Var | null = null;
  a: Arith | null = null;
  b: Arith | null = null;
  c: Arith | null = null;
  /** ASSIGN: the operator of `+=` and its like, 0 for `=`. */
  with: i32 = 0;
  constructor(public op: i32) {}
}

let src: string = '';
let pos: i32 = 0;
/** Why the last parse or evaluation failed; '' if it did not. */
export let trouble: string = '';
/** Parentheses and signs within one another. */
let depth: i32 = 0;
const MAX_DEPTH = 600;

const SYNTAX = 'arithmetic syntax error';

/** The tree of an expression; null with `trouble` set if it is none. */
export function parse(text: string): Arith | null {
  const s = src;
  const p = pos;
  src = text;
  pos = 0;
  depth = 0;
  let tree: Arith | null;
  skip();
  if (pos == src.length) tree = new Arith(NUM);
  else {
    tree = comma();
    skip();
    if (pos < src.length) fail(SYNTAX);
  }
  src = s;
  pos = p;
  return trouble.length > 0 ? null : tree;
}

/** Note why; the first reason stays ('' forgets it). */
export function blame(text: string): void {
  if (trouble.length == 0 || text.length == 0) trouble = text;
}

function fail(text: string): Arith {
  if (trouble.length == 0) trouble = text;
  pos = src.length;
  return new Arith(NUM);
}

function skip(): void {
  while (pos < src.length && isSpace(at(src, pos))) pos++;
}

function here(i: i32 = 0): i32 {
  return pos + i < src.length ? at(src, pos + i) : 0;
}

function node(op: i32, a: Arith, b: Arith | null = null): Arith {
  const n = new Arith(op);
  n.a = a;
  n.b = b;
  return n;
}

function comma(): Arith {
  let a = assignment();
  while (true) {
    skip();
    if (here() != 44) return a;
    pos++;
    a = node(COMMA, a, assignment());
  }
}

function assignment(): Arith {
  if (++depth > MAX_DEPTH) return fail('expression too deep');
  const a = conditional();
  skip();
  const c = here();
  let op = -1;
  let n = 2;
  if (c == 61) {
    if (here(1) != 61) {
      op = 0;
      n = 1;
    }
  } else if (here(1) == 61) {
    switch (c) {
      case 42: op = MUL; break;
      case 47: op = DIV; break;
      case 37: op = MOD; break;
      case 43: op = ADD; break;
      case 45: op = SUB; break;
      case 38: op = AND; break;
      case 94: op = XOR; break;
      case 124: op = OR; break;
    }
  } else if ((c == 60 || c == 62) && here(1) == c && here(2) == 61) {
    op = c == 60 ? SHL : SHR;
    n = 3;
  }
  depth--;
  if (op < 0) return a;
  if (a.op != VAR) return fail(SYNTAX);
  pos += n;
  const r = node(ASSIGN, a, assignment());
  r.v = a.v;
  r.with = op;
  return r;
}

function conditional(): Arith {
  const a = binary(0);
  skip();
  if (here() != 63) return a;
  pos++;
  const n = node(COND, a, comma());
  skip();
  if (here() != 58) return fail('malformed ?: operator');
  pos++;
  n.c = conditional();
  return n;
}

/** The binary operator at `pos`: its code, with its precedence in `level` and its length in `width`. */
let level: i32 = 0;
let width: i32 = 0;

function operator(): i32 {
  skip();
  const c = here();
  const d = here(1);
  width = 1;
  switch (c) {
    case 124:
      if (d == 124) return found(OROR, 1, 2);
      return d == 61 ? -1 : found(OR, 3, 1);
    case 38:
      if (d == 38) return found(ANDAND, 2, 2);
      return d == 61 ? -1 : found(AND, 5, 1);
    case 94: return d == 61 ? -1 : found(XOR, 4, 1);
    case 61: return d == 61 ? found(EQ, 6, 2) : -1;
    case 33: return d == 61 ? found(NE, 6, 2) : -1;
    case 60:
      if (d == 60) return here(2) == 61 ? -1 : found(SHL, 8, 2);
      return d == 61 ? found(LE, 7, 2) : found(LT, 7, 1);
    case 62:
      if (d == 62) return here(2) == 61 ? -1 : found(SHR, 8, 2);
      return d == 61 ? found(GE, 7, 2) : found(GT, 7, 1);
    case 43: return d == 61 ? -1 : found(ADD, 9, 1);
    case 45: return d == 61 ? -1 : found(SUB, 9, 1);
    case 42:
      if (d == 42) return found(POW, 11, 2);
      return d == 61 ? -1 : found(MUL, 10, 1);
    case 47: return d == 61 ? -1 : found(DIV, 10, 1);
    case 37: return d == 61 ? -1 : found(MOD, 10, 1);
  }
  return -1;
}

function found(op: i32, at: i32, n: i32): i32 {
  level = at;
  width = n;
  return op;
}

function binary(least: i32): Arith {
  let a = unary();
  while (true) {
    const op = operator();
    if (op < 0 || level < least) return a;
    const at = level;
    pos += width;
    // ** binds to the right.
    a = node(op, a, binary(op == POW ? at : at + 1));
  }
}

function unary(): Arith {
  skip();
  const c = here();
  if (c == 33 && here(1) != 61 || c == 126 || c == 43 || c == 45) {
    if (++depth > MAX_DEPTH) return fail('expression too deep');
    let a: Arith;
    if ((c == 43 || c == 45) && here(1) == c) {
      pos += 2;
      const twice = unary();
      // ++x, or two signs before something that is not a variable.
      a = twice.op == VAR ? node(c == 43 ? PREINC : PREDEC, twice) : twice;
    } else {
      pos++;
      a = unary();
      if (c != 43) a = node(c == 33 ? NOT : c == 126 ? INVERT : NEG, a);
    }
    depth--;
      return a;
  }
  const a = primary();
  if (a.op == VAR) {
    skip();
    const d = here();
    if ((d == 43 || d == 45) && here(1) == d) {
      pos += 2;
      return node(d == 43 ? POSTINC : POSTDEC, a);
    }
  }
  return a;
}

function primary(): Arith {
  const c = here();
  if (c == 40) {
    pos++;
    const a = comma();
    skip();
    if (here() != 41) return fail(SYNTAX);
    pos++;
    // (x) is a value, not a place.
    return a.op == VAR ? node(COMMA, a, a) : a;
  }
  if (isDigit(c)) {
    const n = new Arith(NUM);
    n.num = scan();
    return n;
  }
  if (isNameStart(c)) {
    const from = pos;
    while (isName(here())) pos++;
    const n = new Arith(VAR);
    n.v = lookup(src.substring(from, pos));
    return n;
  }
  return fail(SYNTAX);
}

/** A number at `pos`: decimal, 0octal, 0xhex or base#digits. */
function scan(): i64 {
  let base: i64 = 10;
  if (here() == 48) {
    if ((here(1) | 32) == 120) {
      base = 16;
      pos += 2;
      if (digit(here()) >= 16) {
        fail(SYNTAX);
        return 0;
      }
    } else base = 8;
  }
  let v = run10(base);
  if (here() == 35 && base == 10 && v > 1 && v <= 64) {
    pos++;
    base = v;
    v = 0;
    while (true) {
      const d = wide(here(), base);
      if (d >= base) break;
      v = v * base + d;
      pos++;
    }
  }
  if (isName(here())) fail(SYNTAX);
  return v;
}

function run10(base: i64): i64 {
  let v: u64 = 0;
  let over = false;
  while (true) {
    const d = <u64>digit(here());
    if (d >= <u64>base) break;
    if (v > (<u64>0x7fffffffffffffff - d) / <u64>base) over = true;
    v = v * <u64>base + d;
    pos++;
  }
  // strtoull's answer to too much, as an i64.
  if (over && base == 10) return i64.MAX_VALUE;
  return <i64>v;
}

function digit(c: i32): i64 {
  if (isDigit(c)) return c - 48;
  const l = c | 32;
  return l >= 97 && l <= 122 ? l - 87 : 99;
}

/** Digits of bases up to 64: 0-9 a-z A-Z @ _. */
function wide(c: i32, base: i64): i64 {
  if (base <= 36) return digit(c);
  if (isDigit(c)) return c - 48;
  if (c >= 97 && c <= 122) return c - 87;
  if (c >= 65 && c <= 90) return c - 65 + 36;
  return c == 64 ? 62 : c == 95 ? 63 : 99;
}
