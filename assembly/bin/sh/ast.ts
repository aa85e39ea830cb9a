// What the parser makes and the rest of the shell runs: commands, words and redirections. A script is parsed once, a
// complete command at a time, and the tree is run as often as loops and functions want.

import { Arith } from './arith';
import { Var } from './vars';

export const NSIMPLE = 0;
export const NPIPE = 1;
export const NAND = 2;
export const NOR = 3;
export const NNOT = 4;
export const NLIST = 5;
export const NASYNC = 6;
export const NSUBSHELL = 7;
export const NGROUP = 8;
export const NIF = 9;
export const NWHILE = 10;
export const NUNTIL = 11;
export const NFOR = 12;
export const NCASE = 13;
export const NFUNC = 14;

/** A command of any kind; `kind` says which fields are used. One class keeps the tree walk a plain switch. */
export class Node {
  kind: i32;
  line: i32;
  /** The list of an NLIST, the elements of an NPIPE. */
  list: Node[] | null = null;
  /** NAND, NOR, NNOT, NASYNC, NSUBSHELL, NGROUP, NFUNC: the command; NIF, NWHILE, NUNTIL: the condition. */
  a: Node | null = null;
  /** NAND, NOR: the right side; NIF: then; loops: the body. */
  b: Node | null = null;
  /** NIF: else. */
  c: Node | null = null;
  /** NFOR: the variable; NFUNC: the name. */
  name: string = '';
  /** NSIMPLE: assignments before the command. */
  assigns: Assign[] | null = null;
  /** NSIMPLE: the command and its arguments; NFOR: the list (null: "$@"); NCASE: one word. */
  words: Word[] | null = null;
  /** NSIMPLE and compound commands. */
  redirs: Redir[] | null = null;
  items: CaseItem[] | null = null;
  /** NSIMPLE: no expansion in it has a side effect, so that it may be expanded outside of its subshell. */
  pure: bool = true;
  /** NSIMPLE: `[[ ... ]]`, whose words neither split nor match files. */
  condition: bool = false;
  constructor(kind: i32, line: i32) {
    this.kind = kind;
    this.line = line;
  }
}

export class CaseItem {
  patterns: Word[] = [];
  body: Node | null = null;
  /** `;&` instead of `;;`: go on with the next body. */
  through: bool = false;
}

export class Assign {
  constructor(public name: string, public value: Word, public v: Var) {}
}

export const RIN = 0; // <
export const ROUT = 1; // >
export const RCLOBBER = 2; // >|
export const RAPPEND = 3; // >>
export const RDUP = 4; // <& and >&
export const RRDWR = 5; // <>
export const RHERE = 6; // <<
export const RBOTH = 7; // &>, >& word

export class Redir {
  /** RHERE: the delimiter has quotes, or the `-` of `<<-`. */
  strip: bool = false;
  quoted: bool = false;
  delim: string = '';
  constructor(public kind: i32, public fd: i32, public word: Word) {}
}

export const PLIT = 0;
export const PPARAM = 1;
export const PCMD = 2;
export const PARITH = 3;
/** <(command) or >(command). */
export const PPROC = 4;

/** Operators of ${name op word}. */
export const VNORMAL = 0;
export const VMINUS = 1;
export const VPLUS = 2;
export const VASSIGN = 3;
export const VQUESTION = 4;
export const VTRIMRIGHT = 5;
export const VTRIMRIGHTMAX = 6;
export const VTRIMLEFT = 7;
export const VTRIMLEFTMAX = 8;
export const VLENGTH = 9;
export const VSUBSTR = 10;
export const VREPLACE = 11;
export const VREPLACEALL = 12;
/** Nothing that is known: an error when it is expanded. */
export const VBAD = 13;

/** A piece of a word. */
export class Part {
  kind: i32;
  quoted: bool;
  /** PLIT: the text; PPARAM: the parameter's name. */
  text: string = '';
  /** PPARAM: the variable, where the name is one; else `special` has the character, or -n for $n. */
  v: Var | null = null;
  special: i32 = 0;
  op: i32 = 0;
  colon: bool = false;
  /** PPARAM: the operator's word; PARITH: the expression. */
  word: Word | null = null;
  /** PPARAM: the second word of substring and replacement. */
  word2: Word | null = null;
  /** PCMD, PPROC: the command; a PPROC that is written to has `colon` set. */
  node: Node | null = null;
  /** PARITH: the compiled expression, where its text is fixed. */
  tree: Arith | null = null;
  constructor(kind: i32, quoted: bool) {
    this.kind = kind;
    this.quoted = quoted;
  }
}

export class Word {
  parts: Part[] = [];
  /** Something in it was quoted, so it is neither a keyword nor an alias. */
  quoted: bool = false;
  /** The one field that it always expands to, if no expansion can change it. */
  value: string | null = null;
  /** Its text, if all of it is literal, quoted or not. */
  literal: string | null = null;
  /** Position of the `=`, if it looks like name=value. */
  assign: i32 = 0;
  pure: bool = true;
}
