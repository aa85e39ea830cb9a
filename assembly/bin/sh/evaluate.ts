// Arithmetic expansion: the value of an expression's tree.

import {
  ADD, AND, ANDAND, ASSIGN, Arith, COMMA, COND, DIV, EQ, GE, GT, INVERT, LE, LT, MOD, MUL, NE, NEG, NOT, NUM, OR, OROR,
  POSTDEC, POSTINC, POW, PREDEC, PREINC, SHL, SHR, SUB, VAR, XOR, blame, parse, trouble,
} from './arith';
import { at, isDigit } from './buf';
import { raise } from './message';
import { Var, assign, valueOf } from './vars';

/** Variables whose values are expressions, within one another. */
let nested: i32 = 0;

/** The tree of an expression; null (after a message) if it is none. */
export function compile(text: string): Arith | null {
  blame('');
  const tree = parse(text);
  if (tree == null) raise(trouble);
  return tree;
}

/** Evaluate; `evalFailed` says after a message that there is no value. */
export let evalFailed: bool = false;

export function evaluate(tree: Arith): i64 {
  blame('');
  evalFailed = false;
  nested = 0;
  const v = run(tree);
  if (trouble.length > 0) {
    evalFailed = true;
    raise(trouble);
    return 0;
  }
  return v;
}

/** What a variable counts as: its number, or the value of the expression it holds. */
function variable(v: Var): i64 {
  const s = valueOf(v);
  if (s == null) return 0;
  const text = s as string;
  const n = text.length;
  let i = 0;
  let minus = false;
  if (n > 1 && (at(text, 0) == 45 || at(text, 0) == 43)) {
    minus = at(text, 0) == 45;
    i = 1;
  }
  if (n - i > 0 && n - i < 19 && (at(text, i) != 48 || n - i == 1)) {
    let value: i64 = 0;
    for (; i < n; i++) {
      const c = at(text, i);
      if (!isDigit(c)) break;
      value = value * 10 + (c - 48);
    }
    if (i == n) return minus ? -value : value;
  }
  if (nested > 32) {
    blame('expression recursion loop detected');
    return 0;
  }
  const tree = parse(text);
  if (tree == null) return 0;
  nested++;
  const value = run(tree);
  nested--;
  return value;
}

function put(v: Var, n: i64): i64 {
  if (trouble.length == 0 && !assign(v, n.toString())) blame(v.name + ': is read only');
  return n;
}

function run(n: Arith): i64 {
  switch (n.op) {
    case NUM: return n.num;
    case VAR: return variable(n.v!);
    case ANDAND: return run(n.a!) != 0 && run(n.b!) != 0 ? 1 : 0;
    case OROR: return run(n.a!) != 0 || run(n.b!) != 0 ? 1 : 0;
    case COND: return run(n.a!) != 0 ? run(n.b!) : run(n.c!);
    case COMMA:
      if (n.a != n.b) run(n.a!);
      return run(n.b!);
    case NEG: return -run(n.a!);
    case NOT: return run(n.a!) == 0 ? 1 : 0;
    case INVERT: return ~run(n.a!);
    case PREINC: return put(n.a!.v!, variable(n.a!.v!) + 1);
    case PREDEC: return put(n.a!.v!, variable(n.a!.v!) - 1);
    case POSTINC: return put(n.a!.v!, variable(n.a!.v!) + 1) - 1;
    case POSTDEC: return put(n.a!.v!, variable(n.a!.v!) - 1) + 1;
    case ASSIGN: {
      if (n.with == 0) return put(n.v!, run(n.b!));
      const old = variable(n.v!);
      return put(n.v!, compute(n.with, old, run(n.b!)));
    }
  }
  const a = run(n.a!);
  return compute(n.op, a, run(n.b!));
}

function compute(op: i32, a: i64, b: i64): i64 {
  switch (op) {
    case MUL: return a * b;
    case DIV:
    case MOD:
      if (b == 0) {
        blame('divide by zero');
        return 0;
      }
      // The one quotient that does not fit; a trap in wasm.
      if (b == -1) return op == DIV ? -a : 0;
      return op == DIV ? a / b : a % b;
    case ADD: return a + b;
    case SUB: return a - b;
    case SHL: return a << b;
    case SHR: return a >> b;
    case LT: return a < b ? 1 : 0;
    case LE: return a <= b ? 1 : 0;
    case GT: return a > b ? 1 : 0;
    case GE: return a >= b ? 1 : 0;
    case EQ: return a == b ? 1 : 0;
    case NE: return a != b ? 1 : 0;
    case AND: return a & b;
    case XOR: return a ^ b;
    case OR: return a | b;
    case POW: {
      if (b < 0) {
        blame('exponent less than 0');
        return 0;
      }
      let v: i64 = 1;
      let x = a;
      while (b > 0) {
        if (b & 1) v *= x;
        x *= x;
        b >>= 1;
      }
      return v;
    }
  }
  return 0;
}
