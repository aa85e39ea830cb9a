// Words of an awk program.

import { Bytes, escapeEnd, isDigit, isName, unescape } from '../../lib/text';
import { leading, numberEnd } from './value';

export const T_EOF: i32 = 0;
export const T_NEWLINE: i32 = 1;
export const T_NUMBER: i32 = 2;
export const T_STRING: i32 = 3;
export const T_NAME: i32 = 4;
/** A name with its opening parenthesis right behind it. */
export const T_FUNC: i32 = 5;
/** An operator or a bracket; its text says which. */
export const T_OP: i32 = 6;
/** A word of the language. */
export const T_WORD: i32 = 7;

const WORDS: string = ' BEGIN END function func if else while do for in break continue next nextfile exit return delete print printf getline ';

/** The word at hand. */
export let kind: i32 = 0;
export let text: string = '';
export let number: f64 = 0;
/** Line of the word, from 1, and of the place behind it. */
export let line: i32 = 1;
let lines: i32 = 1;

let source: string = '';
let at: i32 = 0;
/** Did the word before this one end an operand, so that a slash divides. */
let operand: bool = false;
export let problem: string = '';

export function open(program: string): void {
  source = program;
  at = 0;
  lines = 1;
  operand = false;
  problem = '';
  next();
}

export function is(op: string): bool {
  return (kind == T_OP || kind == T_WORD) && text == op;
}

function set(k: i32, s: string, value: bool): void {
  kind = k;
  text = s;
  operand = value;
}

export function next(): void {
  // Blanks, comments and escaped newlines.
  while (at < source.length) {
    const c = source.charCodeAt(at);
    if (c == 32 || c == 9 || c == 13) at++;
    else if (c == 92 && at + 1 < source.length && source.charCodeAt(at + 1) == 10) {
      at += 2;
      lines++;
    } else if (c == 92 && at + 2 < source.length && source.charCodeAt(at + 1) == 13 && source.charCodeAt(at + 2) == 10) {
      at += 3;
      lines++;
    } else if (c == 35) while (at < source.length && source.charCodeAt(at) != 10) at++;
    else break;
  }
  line = lines;
  if (at >= source.length) return set(T_EOF, '', false);
  const c = source.charCodeAt(at);
  if (c == 10) {
    at++;
    lines++;
    return set(T_NEWLINE, '\n', false);
  }
  if (isDigit(c) || (c == 46 && at + 1 < source.length && isDigit(source.charCodeAt(at + 1)))) {
    number = leading(source.substring(at, min(at + 400, source.length)));
    at += numberEnd;
    return set(T_NUMBER, '', true);
  }
  if (isName(c)) {
    const from = at;
    while (at < source.length && isName(source.charCodeAt(at))) at++;
    const name = source.substring(from, at);
    if (WORDS.includes(' ' + name + ' ')) return set(T_WORD, name == 'func' ? 'function' : name, false);
    const call = at < source.length && source.charCodeAt(at) == 40;
    return set(call ? T_FUNC : T_NAME, name, true);
  }
  if (c == 34) return string_();
  const three = source.substring(at, at + 3);
  if (three == '**=') return operator('^=', 3);
  const two = source.substring(at, at + 2);
  if (two == '**') return operator('^', 2);
  if ('&& || == <= >= != ++ -- += -= *= %= ^= !~ >> '.includes(two + ' ') && two.length == 2) return operator(two, 2);
  if (two == '/=' && operand) return operator(two, 2);
  operator(source.charAt(at), 1);
}

function operator(s: string, n: i32): void {
  at += n;
  set(T_OP, s, s == ')' || s == ']' || s == '$' || ((s == '++' || s == '--') && operand));
}

function string_(): void {
  const b = new Bytes(32);
  at++;
  while (at < source.length) {
    const c = source.charCodeAt(at++);
    if (c == 34) return set(T_STRING, b.toString(), true);
    if (c == 10) break;
    if (c != 92 || at >= source.length) {
      b.push(c);
      continue;
    }
    const e = source.charCodeAt(at);
    if (e == 10) {
      at++;
      lines++;
      continue;
    }
    if (e == 34 || e == 47) {
      b.push(e);
      at++;
      continue;
    }
    b.push(unescape(source, at));
    at = escapeEnd;
  }
  problem = 'Unterminated string';
  set(T_EOF, '', false);
}

/** Can the slash at hand begin a regular expression here; then read it whole (its text, with `\/` a slash). */
export function regex(): bool {
  if (!is('/') && !is('/=')) return false;
  const b = new Bytes(32);
  if (text == '/=') b.push(61);
  let bracket = false;
  while (at < source.length) {
    const c = source.charCodeAt(at++);
    if (c == 10) break;
    if (c == 47 && !bracket) {
      set(T_STRING, b.toString(), true);
      return true;
    }
    if (c == 92 && at < source.length) {
      const e = source.charCodeAt(at++);
      if (e != 47) b.push(92);
      b.push(e);
      continue;
    }
    if (c == 91 && !bracket) {
      bracket = true;
      b.push(c);
      if (at < source.length && source.charCodeAt(at) == 94) b.push(source.charCodeAt(at++));
      if (at < source.length && source.charCodeAt(at) == 93) b.push(source.charCodeAt(at++));
      continue;
    }
    if (c == 93) bracket = false;
    b.push(c);
  }
  problem = 'Unterminated regexp';
  return false;
}

/** Is the word behind the one at hand this one. */
export function aheadIs(word: string): bool {
  let i = at;
  while (i < source.length && (source.charCodeAt(i) == 32 || source.charCodeAt(i) == 9)) i++;
  return source.substring(i, i + word.length) == word && !(i + word.length < source.length && isName(source.charCodeAt(i + word.length)));
}
