// test and [: conditions on files, strings and numbers. Also a builtin of the shell, so it never exits.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as cred from '../sys/cred';
import { isatty } from '../sys/tty';
import { fnmatch } from '../lib/fnmatch';
import { EXTENDED, Regex } from '../lib/regex';
import { compare, isDigit, trim } from '../lib/text';

let words: string[] = [];
let at: i32 = 0;
let end: i32 = 0;
let failed: bool = false;

export function test(args: string[]): i32 {
  words = args;
  at = 1;
  end = args.length;
  failed = false;
  const bracket = args[0].endsWith('[');
  if (bracket) {
    const close = args[0].endsWith('[[') ? ']]' : ']';
    if (end < 2 || args[end - 1] != close) {
      out.complain('missing ' + close);
      return 2;
    }
    end--;
  }
  if (at == end) return 1;
  const result = byCount();
  if (failed) return 2;
  return result ? 0 : 1;
}

function syntax(text: string): bool {
  if (!failed) out.complain(text);
  failed = true;
  return false;
}

// POSIX: up to four arguments their number decides, so that operators can be operands.
function byCount(): bool {
  const n = end - at;
  if (n == 1) return words[at].length > 0;
  if (n == 2) {
    if (words[at] == '!') return words[at + 1].length == 0;
    if (isUnary(words[at])) return unary(words[at], words[at + 1]);
  }
  if (n == 3) {
    if (isBinary(words[at + 1])) return binary(words[at], words[at + 1], words[at + 2]);
    if (words[at + 1] == '-a') return words[at].length > 0 && words[at + 2].length > 0;
    if (words[at + 1] == '-o') return words[at].length > 0 || words[at + 2].length > 0;
    if (words[at] == '!') {
      at++;
      return !byCount();
    }
    if (words[at] == '(' && words[at + 2] == ')') return words[at + 1].length > 0;
  }
  if (n == 4) {
    if (words[at] == '!') {
      at++;
      return !byCount();
    }
    if (words[at] == '(' && words[at + 3] == ')') {
      at++;
      end--;
      return byCount();
    }
  }
  const result = or();
  if (!failed && at < end) return syntax(words[at] + ': unknown operand');
  return result;
}

function or(): bool {
  let result = and();
  while (!failed && at < end && words[at] == '-o') {
    at++;
    const right = and();
    result = result || right;
  }
  return result;
}

function and(): bool {
  let result = not();
  while (!failed && at < end && words[at] == '-a') {
    at++;
    const right = not();
    result = result && right;
  }
  return result;
}

function not(): bool {
  if (at < end && words[at] == '!') {
    at++;
    return !not();
  }
  return primary();
}

function primary(): bool {
  if (at >= end) return syntax('argument expected');
  const w = words[at];
  if (w == '(' && !(at + 1 < end && isBinary(words[at + 1]))) {
    at++;
    const result = or();
    if (at >= end || words[at] != ')') return syntax('closing paren expected');
    at++;
    return result;
  }
  if (at + 2 < end && isBinary(words[at + 1])) {
    at += 3;
    return binary(w, words[at - 2], words[at - 1]);
  }
  if (isUnary(w) && at + 1 < end) {
    at += 2;
    return unary(w, words[at - 1]);
  }
  at++;
  return w.length > 0;
}

function isUnary(w: string): bool {
  return w.length == 2 && w.charCodeAt(0) == 45 && 'bcdefghkLprsStuwxznGOh'.indexOf(w.charAt(1)) >= 0;
}

function isBinary(w: string): bool {
  const n = w.length;
  if (n == 1) return w == '=' || w == '<' || w == '>';
  if (n == 2) return w == '==' || w == '!=' || (w == '=~' && words[0] == '[[');
  if (n == 3 && w.charCodeAt(0) == 45) {
    return w == '-eq' || w == '-ne' || w == '-lt' || w == '-le' || w == '-gt' || w == '-ge' || w == '-nt' || w == '-ot'
      || w == '-ef';
  }
  return false;
}

function unary(w: string, x: string): bool {
  const c = w.charCodeAt(1);
  switch (c) {
    case 122: return x.length == 0; // z
    case 110: return x.length > 0; // n
    case 116: { // t
      const v = number(x);
      return !failed && isatty(<i32>v);
    }
    case 114: return fs.access(x, linux.R_OK) == 0;
    case 119: return fs.access(x, linux.W_OK) == 0;
    case 120: return fs.access(x, linux.X_OK) == 0;
  }
  const st = new fs.Stat();
  const link = c == 76 || c == 104;
  const r = link ? fs.lstat(x, st) : fs.stat(x, st);
  if (r < 0) return false;
  switch (c) {
    case 101: return true; // e
    case 102: return st.isReg; // f
    case 100: return st.isDir; // d
    case 98: return st.type == linux.S_IFBLK; // b
    case 99: return st.type == linux.S_IFCHR; // c
    case 112: return st.type == linux.S_IFIFO; // p
    case 83: return st.type == linux.S_IFSOCK; // S
    case 115: return st.size > 0; // s
    case 103: return (st.mode & linux.S_ISGID) != 0; // g
    case 117: return (st.mode & linux.S_ISUID) != 0; // u
    case 107: return (st.mode & linux.S_ISVTX) != 0; // k
    case 79: return st.uid == <u32>cred.geteuid(); // O
    case 71: return st.gid == <u32>cred.getegid(); // G
    default: return st.isLink; // h L
  }
}

function binary(a: string, op: string, b: string): bool {
  const double = words[0] == '[[';
  // In [[ the right side is a pattern, in which the shell has quoted what was quoted.
  if (op == '=' || op == '==') return double ? fnmatch(b, a) : a == b;
  if (op == '!=') return double ? !fnmatch(b, a) : a != b;
  if (op == '=~') {
    const re = new Regex(b, EXTENDED);
    return re.ok ? re.exec(a, 0) : syntax("bad regex '" + b + "': " + re.error);
  }
  if (op == '<') return compare(a, b) < 0;
  if (op == '>') return compare(a, b) > 0;
  if (op == '-nt' || op == '-ot' || op == '-ef') {
    const x = new fs.Stat();
    const y = new fs.Stat();
    const gotX = fs.stat(a, x) == 0;
    const gotY = fs.stat(b, y) == 0;
    if (op == '-ef') return gotX && gotY && x.dev == y.dev && x.ino == y.ino;
    if (!gotX || !gotY) return op == '-nt' ? gotX && !gotY : !gotX && gotY;
    const d = x.mtime != y.mtime ? x.mtime - y.mtime : x.mtimeNs - y.mtimeNs;
    return op == '-nt' ? d > 0 : d < 0;
  }
  const x = number(a);
  const y = number(b);
  if (failed) return false;
  if (op == '-eq') return x == y;
  if (op == '-ne') return x != y;
  if (op == '-lt') return x < y;
  if (op == '-le') return x <= y;
  if (op == '-gt') return x > y;
  return x >= y;
}

function number(word: string): i64 {
  const s = trim(word);
  let i = 0;
  if (i < s.length && (s.charCodeAt(0) == 45 || s.charCodeAt(0) == 43)) i++;
  let v: i64 = 0;
  const start = i;
  for (; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (!isDigit(c)) break;
    v = v * 10 + c - 48;
  }
  if (i == start || i < s.length) {
    syntax(i == start ? word + ': bad number' : word + ': bad number');
    return 0;
  }
  return s.charCodeAt(0) == 45 ? -v : v;
}
