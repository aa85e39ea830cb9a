// The tree of an awk program. Expressions and statements are one kind of node; `op` says which, `a` to `d` are its parts.

import { Regex } from '../../lib/regex';
import * as lexer from './lexer';
import { Value } from './value';

// Expressions.
export const CONST: i32 = 1;
export const REGEX: i32 = 2;
export const GLOBAL: i32 = 3; // slot
export const LOCAL: i32 = 4; // slot
export const FIELD: i32 = 5; // $a
export const INDEX: i32 = 6; // a[list]
export const ASSIGN: i32 = 7; // a = b
export const UPDATE: i32 = 8; // a slot= b, slot the operator's op
export const COND: i32 = 9; // a ? b : c
export const OR: i32 = 10;
export const AND: i32 = 11;
export const IN: i32 = 12; // (list) in b
export const MATCH: i32 = 13;
export const NOMATCH: i32 = 14;
export const LT: i32 = 15;
export const LE: i32 = 16;
export const EQ: i32 = 17;
export const NE: i32 = 18;
export const GT: i32 = 19;
export const GE: i32 = 20;
export const CONCAT: i32 = 21;
export const ADD: i32 = 22;
export const SUB: i32 = 23;
export const MUL: i32 = 24;
export const DIV: i32 = 25;
export const MOD: i32 = 26;
export const POW: i32 = 27;
export const NEG: i32 = 28;
export const PLUS: i32 = 29;
export const NOT: i32 = 30;
export const PREINC: i32 = 31;
export const PREDEC: i32 = 32;
export const POSTINC: i32 = 33;
export const POSTDEC: i32 = 34;
export const CALL: i32 = 35; // slot: function; list: arguments
export const BUILTIN: i32 = 36; // slot: which; list
export const GETLINE: i32 = 37; // a: variable; slot: 0 plain, 1 < b, 2 b |
export const GROUP: i32 = 38; // (list)

// Statements.
export const BLOCK: i32 = 50; // list
export const EXPR: i32 = 51; // a
export const PRINT: i32 = 52; // list; slot: 0 none, 1 >, 2 >>, 3 |; b: where
export const PRINTF: i32 = 53;
export const IF: i32 = 54; // a, b, c
export const WHILE: i32 = 55; // a, b
export const DO: i32 = 56; // b while a
export const FOR: i32 = 57; // a; b; c) d
export const FORIN: i32 = 58; // a in b) d
export const BREAK: i32 = 59;
export const CONTINUE: i32 = 60;
export const NEXT: i32 = 61;
export const NEXTFILE: i32 = 62;
export const EXIT: i32 = 63; // a
export const RETURN: i32 = 64; // a
export const DELETE: i32 = 65; // a: array; list: index, empty for all

export class Node {
  a: Node | null = null;
  b: Node | null = null;
  c: Node | null = null;
  d: Node | null = null;
  list: Node[] = [];
  slot: i32 = 0;
  value: Value | null = null;
  regex: Regex | null = null;
  /** Where it stands, for what is wrong when it runs. */
  line: i32 = lexer.line;
  constructor(public op: i32) {}
}

/** pattern { action }: a pattern, a range of two, BEGIN or END. */
export class Rule {
  from: Node | null = null;
  to: Node | null = null;
  /** null prints the record. */
  body: Node | null = null;
  active: bool = false;
}

export class Fn {
  params: i32 = 0;
  body: Node | null = null;
  defined: bool = false;
  constructor(public name: string) {}
}

export class Program {
  begin: Node[] = [];
  end: Node[] = [];
  rules: Rule[] = [];
  functions: Fn[] = [];
}

/** The built-in variables, in the order of their slots. */
export const NF: i32 = 0;
export const NR: i32 = 1;
export const FNR: i32 = 2;
export const FS: i32 = 3;
export const OFS: i32 = 4;
export const ORS: i32 = 5;
export const RS: i32 = 6;
export const SUBSEP: i32 = 7;
export const CONVFMT: i32 = 8;
export const OFMT: i32 = 9;
export const RSTART: i32 = 10;
export const RLENGTH: i32 = 11;
export const FILENAME: i32 = 12;
export const ENVIRON: i32 = 13;
export const ARGC: i32 = 14;
export const ARGV: i32 = 15;
export const ERRNO: i32 = 16;

export const SPECIAL: StaticArray<string> = ['NF', 'NR', 'FNR', 'FS', 'OFS', 'ORS', 'RS', 'SUBSEP', 'CONVFMT', 'OFMT',
  'RSTART', 'RLENGTH', 'FILENAME', 'ENVIRON', 'ARGC', 'ARGV', 'ERRNO'];

/** The built-in functions, in the order of their numbers. */
export const BUILTINS: StaticArray<string> = ['length', 'substr', 'index', 'split', 'sub', 'gsub', 'match', 'sprintf', 'sin',
  'cos', 'atan2', 'exp', 'log', 'sqrt', 'int', 'rand', 'srand', 'tolower', 'toupper', 'system', 'close', 'fflush', 'systime',
  'strftime', 'mktime', 'and', 'or', 'xor', 'compl', 'lshift', 'rshift'];

/** The least number of arguments that each of them takes, in the same order. */
export const LEAST: string = '0222222111211110011110001222122';
