// expr: an expression of words.

import * as out from '../lib/out';
import { compare } from '../lib/text';
import { parseInteger, valid } from '../lib/number';
import { Regex } from '../lib/regex';
import { usage } from '../lib/getopt';
import { packed } from '../sys/packed';

let words: string[] = [];
let at: i32 = 1;
let failed: bool = false;

export function expr(args: string[]): i32 {
  if (args.length < 2) {
    out.complain('too few arguments');
    return 2;
  }
  if (args.length == 2 && args[1] == '--help') return usage(packed('EXPRESSION\n\nPrint the value of EXPRESSION\n'), 0);
  words = args;
  at = 1;
  const v = or();
  if (!failed && at < words.length) syntax();
  if (failed) return 2;
  out.line(v);
  return isNull(v) ? 1 : 0;
}

function syntax(text: string = 'syntax error'): string {
  if (!failed) out.complain(text);
  failed = true;
  return '';
}

function is(op: string): bool {
  if (failed || at >= words.length || words[at] != op) return false;
  at++;
  return true;
}

function isNull(v: string): bool {
  if (v.length == 0) return true;
  const n = parseInteger(v);
  return valid && n == 0;
}

function or(): string {
  let left = and();
  while (is('|')) {
    const right = and();
    if (isNull(left)) left = right;
  }
  return left;
}

function and(): string {
  let left = relation();
  while (is('&')) {
    const right = relation();
    if (isNull(left) || isNull(right)) left = '0';
  }
  return left;
}

function relation(): string {
  let left = sum();
  for (;;) {
    const op = is('<') ? 1 : is('<=') ? 2 : is('=') || is('==') ? 3 : is('!=') ? 4 : is('>=') ? 5 : is('>') ? 6 : 0;
    if (op == 0) break;
    const right = sum();
    const x = parseInteger(left);
    const numbers = valid;
    const y = parseInteger(right);
    const d = numbers && valid ? (x < y ? -1 : x > y ? 1 : 0) : compare(left, right);
    const yes = op == 1 ? d < 0 : op == 2 ? d <= 0 : op == 3 ? d == 0 : op == 4 ? d != 0 : op == 5 ? d >= 0 : d > 0;
    left = yes ? '1' : '0';
  }
  return left;
}

function integer(s: string): i64 {
  const v = parseInteger(s);
  if (!valid) syntax('non-numeric argument');
  return v;
}

function sum(): string {
  let left = product();
  for (;;) {
    const op = is('+') ? 1 : is('-') ? 2 : 0;
    if (op == 0) break;
    const right = product();
    const x = integer(left);
    const y = integer(right);
    left = (op == 1 ? x + y : x - y).toString();
  }
  return left;
}

function product(): string {
  let left = match();
  for (;;) {
    const op = is('*') ? 1 : is('/') ? 2 : is('%') ? 3 : 0;
    if (op == 0) break;
    const right = match();
    const x = integer(left);
    const y = integer(right);
    if (failed) break;
    if (y == 0 && op != 1) {
      syntax('division by zero');
      break;
    }
    left = (op == 1 ? x * y : op == 2 ? x / y : x % y).toString();
  }
  return left;
}

function match(): string {
  let left = primary();
  while (is(':')) left = matches(left, primary());
  return left;
}

// Anchored: the length of the match, or the text of its first group.
function matches(s: string, pattern: string): string {
  const re = new Regex(pattern.startsWith('^') ? pattern : '^' + grouped(pattern), 0);
  if (!re.ok) return syntax("bad regex '" + pattern + "': " + re.error);
  const found = re.exec(s);
  if (re.groups > 0) return found ? re.group(s, 1) : '';
  return found ? (re.at[1] - re.at[0]).toString() : '0';
}

// A star at the beginning stays itself behind the anchor.
function grouped(pattern: string): string {
  return pattern.startsWith('*') ? '\\' + pattern : pattern;
}

function primary(): string {
  if (failed || at >= words.length) return syntax();
  const w = words[at++];
  if (w == '(') {
    const v = or();
    if (!is(')')) syntax();
    return v;
  }
  if (w == ')') return syntax();
  if (w == 'quote') return at < words.length ? words[at++] : syntax();
  const left = words.length - at;
  if (w == 'length' && left >= 1) return primary().length.toString();
  if (w == 'match' && left >= 2) {
    const s = primary();
    return matches(s, primary());
  }
  if (w == 'index' && left >= 2) {
    const s = primary();
    const set = primary();
    for (let i = 0; i < s.length; i++) if (set.indexOf(s.charAt(i)) >= 0) return (i + 1).toString();
    return '0';
  }
  if (w == 'substr' && left >= 3) {
    const s = primary();
    const from = parseInteger(primary());
    const good = valid;
    const n = parseInteger(primary());
    if (!good || !valid || from < 1 || n < 1 || from > s.length) return '';
    return s.substring(<i32>from - 1, <i32>min(from - 1 + n, s.length));
  }
  return w;
}
