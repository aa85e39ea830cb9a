// find: walk trees and act on what matches.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import * as time from '../sys/time';
import { ask } from '../lib/ask';
import { applyMode } from '../lib/mode';
import { basename, join } from '../lib/path';
import { ICASE, Regex } from '../lib/regex';
import { fnmatch } from '../lib/fnmatch';
import { gidOf, groupName, uidOf, userName } from '../lib/user';
import { parseInteger, valid } from '../lib/number';
import { spawnvp } from '../lib/exec';
import { usage } from '../lib/getopt';
import { packed } from '../sys/packed';

const TEXT = packed('[-HL] [PATH]... [OPTIONS] [ACTIONS]\n\nSearch for files and perform actions on them.\nFirst failed action stops processing of current file.\nDefaults: PATH is current directory, action is \'-print\'\n');

// Tests and actions; the first five join others.
const AND = 0;
const OR = 1;
const NOT = 2;
const LIST = 3; // a , b
const TRUE = 4;
const NAME = 5;
const PATH = 6;
const REGEX = 7;
const TYPE = 8;
const SIZE = 9;
const TIME = 10; // n: 0 atime, 1 mtime, 2 ctime; unit in seconds
const NEWER = 11;
const PERM = 12;
const USER = 13;
const GROUP = 14;
const LINKS = 15;
const EMPTY = 16;
const INUM = 17;
const NOUSER = 18;
const NOGROUP = 19;
const PRINT = 20;
const PRINT0 = 21;
const PRUNE = 22;
const DELETE = 23;
const EXEC = 24;
const QUIT = 25;
const EXECUTABLE = 26;
const SAMEFILE = 27;
const FALSE = 28;

class Expr {
  a: Expr | null = null;
  b: Expr | null = null;
  text: string = '';
  flag: bool = false;
  /** Of a number: -1 less, 0 equal, 1 more. */
  sign: i32 = 0;
  n: i64 = 0;
  unit: i64 = 1;
  which: i32 = 0;
  regex: Regex | null = null;
  words: string[] = [];
  /** -exec +: the paths gathered. */
  paths: string[] = [];
  constructor(public op: i32) {}
}

let words: string[] = [];
let at: i32 = 0;
let wrong: string = '';
let acts: bool = false;
let depthFirst: bool = false;
let oneDevice: bool = false;
let follow: bool = false;
let followTop: bool = false;
let minimum: i32 = 0;
let maximum: i32 = 0x7fffffff;
let status: i32 = 0;
let quit: bool = false;
let pruned: bool = false;
let now: i64 = 0;
let gathering: Expr[] = [];

export function find(args: string[]): i32 {
  if (args.length == 2 && args[1] == '--help') return usage(TEXT, 0);
  const roots: string[] = [];
  let i = 1;
  for (; i < args.length; i++) {
    if (args[i] == '-L') follow = true;
    else if (args[i] == '-H') followTop = true;
    else if (args[i] != '-P') break;
  }
  for (; i < args.length; i++) {
    const w = args[i];
    if (w.charCodeAt(0) == 45 && w.length > 1) break;
    if (w == '(' || w == '!' || w == ')' || w == ',') break;
    roots.push(w);
  }
  if (!roots.length) roots.push('.');
  words = args.slice(i);
  now = time.now();
  let expr = words.length ? list() : new Expr(TRUE);
  if (!wrong.length && at < words.length) wrong = words[at] == ')' ? 'unpaired \')\'' : 'unrecognized: ' + words[at];
  if (wrong.length) return out.complain(wrong);
  if (!acts) expr = join_(AND, expr, new Expr(PRINT));
  for (let k = 0; k < roots.length && !quit; k++) {
    const st = new fs.Stat();
    const r = follow || followTop ? fs.stat(roots[k], st) : fs.lstat(roots[k], st);
    if (r < 0) {
      status = out.perror(roots[k], r);
      continue;
    }
    walk(roots[k], st, expr, 0, st.dev);
  }
  for (let k = 0; k < gathering.length; k++) if (gathering[k].paths.length) run(gathering[k], gathering[k].paths);
  return status;
}

// --- the expression

function join_(op: i32, a: Expr, b: Expr): Expr {
  const e = new Expr(op);
  e.a = a;
  e.b = b;
  return e;
}

function list(): Expr {
  let left = or();
  while (at < words.length && words[at] == ',') {
    at++;
    left = join_(LIST, left, or());
  }
  return left;
}

function or(): Expr {
  let left = and();
  while (!wrong.length && at < words.length && (words[at] == '-o' || words[at] == '-or')) {
    at++;
    left = join_(OR, left, and());
  }
  return left;
}

function and(): Expr {
  let left = not();
  while (!wrong.length && at < words.length && words[at] != '-o' && words[at] != '-or' && words[at] != ')' && words[at] != ',') {
    if (words[at] == '-a' || words[at] == '-and') at++;
    left = join_(AND, left, not());
  }
  return left;
}

function not(): Expr {
  if (at < words.length && (words[at] == '!' || words[at] == '-not')) {
    at++;
    const e = new Expr(NOT);
    e.a = not();
    return e;
  }
  return primary();
}

function argument(name: string): string {
  if (at < words.length) return words[at++];
  if (!wrong.length) wrong = name + ' requires an argument';
  return '';
}

function count(e: Expr, s: string): void {
  let digits = s;
  if (s.startsWith('+') || s.startsWith('-')) {
    e.sign = s.startsWith('+') ? 1 : -1;
    digits = s.substring(1);
  }
  e.n = parseInteger(digits);
  if (!valid && !wrong.length) wrong = "invalid number '" + s + "'";
}

function compare(e: Expr, v: i64): bool {
  return e.sign == 0 ? v == e.n : e.sign > 0 ? v > e.n : v < e.n;
}

function primary(): Expr {
  if (at >= words.length) {
    if (!wrong.length) wrong = 'missing argument';
    return new Expr(TRUE);
  }
  const w = words[at++];
  if (w == '(') {
    const e = list();
    if (at < words.length && words[at] == ')') at++;
    else if (!wrong.length) wrong = "unpaired '('";
    return e;
  }
  if (w == '-name' || w == '-iname' || w == '-path' || w == '-ipath' || w == '-wholename') {
    const e = new Expr(w.endsWith('name') && w != '-wholename' ? NAME : PATH);
    e.flag = w.startsWith('-i');
    e.text = argument(w);
    return e;
  }
  if (w == '-regex' || w == '-iregex') {
    const e = new Expr(REGEX);
    const re = new Regex(argument(w), w == '-iregex' ? ICASE : 0);
    if (!re.ok) wrong = "bad regex: " + re.error;
    e.regex = re;
    return e;
  }
  if (w == '-type') {
    const e = new Expr(TYPE);
    const k = argument(w);
    e.which = k == 'f' ? linux.S_IFREG : k == 'd' ? linux.S_IFDIR : k == 'l' ? linux.S_IFLNK : k == 'c' ? linux.S_IFCHR : k == 'b'
      ? linux.S_IFBLK : k == 'p' ? linux.S_IFIFO : k == 's' ? linux.S_IFSOCK : 0;
    if (e.which == 0 && !wrong.length) wrong = "invalid argument '" + k + "' to '-type'";
    return e;
  }
  if (w == '-size') {
    const e = new Expr(SIZE);
    let s = argument(w);
    e.unit = 512;
    const unit = s.length ? 'cwbkMG'.indexOf(s.charAt(s.length - 1)) : -1;
    if (unit >= 0) {
      s = s.substring(0, s.length - 1);
      e.unit = unit == 0 ? 1 : unit == 1 ? 2 : unit == 2 ? 512 : unit == 3 ? 1024 : unit == 4 ? 1048576 : 1073741824;
    }
    count(e, s);
    return e;
  }
  if (w.length == 6 && w.endsWith('time') || w.length == 5 && w.endsWith('min')) {
    const k = 'amc'.indexOf(w.charAt(1));
    if (k >= 0) {
      const e = new Expr(TIME);
      e.which = k;
      e.unit = w.endsWith('min') ? 60 : 86400;
      count(e, argument(w));
      return e;
    }
  }
  if (w == '-newer' || w == '-samefile') {
    const e = new Expr(w == '-newer' ? NEWER : SAMEFILE);
    const st = new fs.Stat();
    const path = argument(w);
    const r = fs.stat(path, st);
    if (r < 0 && !wrong.length) {
      out.perror(path, r);
      out.exit(1);
    }
    e.n = w == '-newer' ? st.mtime : <i64>st.ino;
    e.unit = w == '-newer' ? st.mtimeNs : <i64>st.dev;
    return e;
  }
  if (w == '-perm') {
    const e = new Expr(PERM);
    let s = argument(w);
    if (s.startsWith('-') || s.startsWith('/') || s.startsWith('+')) {
      e.sign = s.startsWith('-') ? 1 : -1;
      s = s.substring(1);
    }
    e.n = applyMode(s, 0, 0, false);
    if (e.n < 0 && !wrong.length) wrong = "invalid mode '" + s + "'";
    return e;
  }
  if (w == '-user' || w == '-group') {
    const e = new Expr(w == '-user' ? USER : GROUP);
    const s = argument(w);
    e.n = w == '-user' ? uidOf(s) : gidOf(s);
    if (e.n < 0 && !wrong.length) wrong = 'unknown ' + w.substring(1) + ' ' + s;
    return e;
  }
  if (w == '-links' || w == '-inum') {
    const e = new Expr(w == '-links' ? LINKS : INUM);
    count(e, argument(w));
    return e;
  }
  if (w == '-maxdepth' || w == '-mindepth') {
    const n = <i32>parseInteger(argument(w));
    if (w == '-maxdepth') maximum = n;
    else minimum = n;
    return new Expr(TRUE);
  }
  if (w == '-depth' || w == '-xdev' || w == '-mount' || w == '-follow' || w == '-noleaf') {
    if (w == '-depth') depthFirst = true;
    else if (w == '-follow') follow = true;
    else if (w != '-noleaf') oneDevice = true;
    return new Expr(TRUE);
  }
  if (w == '-exec' || w == '-ok' || w == '-execdir') {
    const e = new Expr(EXEC);
    e.flag = w == '-ok';
    acts = true;
    while (at < words.length && words[at] != ';' && !(words[at] == '+' && words[at - 1] == '{}')) e.words.push(words[at++]);
    if (at >= words.length || e.words.length == 0) {
      if (!wrong.length) wrong = w + ' requires an argument';
      return e;
    }
    if (words[at++] == '+') {
      e.words.pop();
      e.which = 1;
      gathering.push(e);
    }
    return e;
  }
  const simple = w == '-print' ? PRINT : w == '-print0' ? PRINT0 : w == '-prune' ? PRUNE : w == '-delete' ? DELETE : w == '-quit'
    ? QUIT : w == '-empty' ? EMPTY : w == '-nouser' ? NOUSER : w == '-nogroup' ? NOGROUP : w == '-true' ? TRUE : w == '-false'
    ? FALSE : w == '-executable' ? EXECUTABLE : -1;
  if (simple < 0) {
    if (!wrong.length) wrong = 'unrecognized: ' + w;
    return new Expr(TRUE);
  }
  if (simple == PRINT || simple == PRINT0 || simple == DELETE || simple == QUIT) acts = true;
  if (simple == DELETE) depthFirst = true;
  return new Expr(simple);
}

// --- the walk

function walk(path: string, st: fs.Stat, expr: Expr, depth: i32, device: u64): void {
  pruned = false;
  if (!depthFirst && depth >= minimum) test(expr, path, st);
  if (quit) return;
  if (st.isDir && !(pruned && !depthFirst) && depth < maximum && !(oneDevice && st.dev != device)) {
    const list: fs.Entry[] = [];
    const r = fs.readdir(path, list);
    if (r < 0) status = out.perror(path, r);
    for (let i = 0; i < list.length && !quit; i++) {
      const name = list[i].name;
      if (name == '.' || name == '..') continue;
      const full = join(path, name);
      const inner = new fs.Stat();
      let e = follow ? fs.stat(full, inner) : fs.lstat(full, inner);
      if (e < 0 && follow) e = fs.lstat(full, inner);
      if (e < 0) {
        status = out.perror(full, e);
        continue;
      }
      walk(full, inner, expr, depth + 1, device);
    }
  }
  if (depthFirst && depth >= minimum && !quit) test(expr, path, st);
}

function test(e: Expr, path: string, st: fs.Stat): bool {
  switch (e.op) {
    case AND: return test(e.a as Expr, path, st) && !quit && test(e.b as Expr, path, st);
    case OR: return test(e.a as Expr, path, st) || (!quit && test(e.b as Expr, path, st));
    case NOT: return !test(e.a as Expr, path, st);
    case LIST:
      test(e.a as Expr, path, st);
      return test(e.b as Expr, path, st);
    case FALSE: return false;
    case NAME: return fnmatch(e.text, basename(path), e.flag);
    case PATH: return fnmatch(e.text, path, e.flag);
    case REGEX: {
      const re = e.regex as Regex;
      return re.exec(path) && re.at[0] == 0 && re.at[1] == path.length;
    }
    case TYPE: return st.type == e.which;
    case SIZE: return compare(e, (st.size + e.unit - 1) / e.unit);
    case TIME: {
      const then = e.which == 0 ? st.atime : e.which == 1 ? st.mtime : st.ctime;
      return compare(e, (now - then) / e.unit);
    }
    case NEWER: return st.mtime > e.n || (st.mtime == e.n && st.mtimeNs > e.unit);
    case SAMEFILE: return <i64>st.ino == e.n && <i64>st.dev == e.unit;
    case PERM: {
      const mode = <i64>(st.mode & 0o7777);
      return e.sign == 0 ? mode == e.n : e.sign > 0 ? (mode & e.n) == e.n : e.n == 0 || (mode & e.n) != 0;
    }
    case USER: return <i64>st.uid == e.n;
    case GROUP: return <i64>st.gid == e.n;
    case LINKS: return compare(e, st.nlink);
    case INUM: return compare(e, st.ino);
    case NOUSER: return userName(st.uid).length == 0;
    case NOGROUP: return groupName(st.gid).length == 0;
    case EXECUTABLE: return fs.access(path, linux.X_OK) == 0;
    case EMPTY: {
      if (st.isReg) return st.size == 0;
      const names = st.isDir ? fs.names(path) : null;
      return names !== null && names.length == 0;
    }
    case PRINT:
      out.line(path);
      return true;
    case PRINT0:
      out.put(path);
      out.byte(0);
      return true;
    case PRUNE:
      pruned = true;
      return true;
    case QUIT:
      quit = true;
      return true;
    case DELETE: {
      if (path == '.') return true;
      const r = st.isDir ? fs.rmdir(path) : fs.unlink(path);
      if (r < 0) status = out.perror(path, r);
      return r == 0;
    }
    case EXEC: return act(e, path);
  }
  return true;
}

function act(e: Expr, path: string): bool {
  if (e.which == 1) {
    e.paths.push(path);
    if (e.paths.length >= 1000) {
      run(e, e.paths);
      e.paths = [];
    }
    return true;
  }
  const argv: string[] = [];
  for (let i = 0; i < e.words.length; i++) argv.push(e.words[i].replaceAll('{}', path));
  if (e.flag && !ask(argv.join(' ') + ' ?')) return false;
  return start(argv) == 0;
}

function run(e: Expr, paths: string[]): void {
  if (start(e.words.concat(paths)) != 0) status = 1;
}

function start(argv: string[]): i32 {
  const pid = spawnvp(argv);
  if (pid < 0) {
    out.perror(argv[0], pid);
    return 127;
  }
  return proc.exitStatus(proc.waitFor(pid));
}
