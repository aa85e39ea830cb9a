// grep, egrep and fgrep: lines that match.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { errno } from '../sys/errno';
import { EXTENDED, ICASE, Regex } from '../lib/regex';
import { fnmatch } from '../lib/fnmatch';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader, openInput } from '../lib/input';
import { join } from '../lib/path';
import { parseCount } from '../lib/number';
import { isName, lines, lower } from '../lib/text';

const TEXT = packed('[-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n\nSearch for PATTERN in FILEs (or stdin)\n\n\t-H\tAdd \'filename:\' prefix\n\t-h\tDo not add \'filename:\' prefix\n\t-n\tAdd \'line_no:\' prefix\n\t-l\tShow only names of files that match\n\t-L\tShow only names of files that don\'t match\n\t-c\tShow only count of matching lines\n\t-o\tShow only the matching part of line\n\t-q\tQuiet. Return 0 if PATTERN is found, 1 otherwise\n\t-v\tSelect non-matching lines\n\t-s\tSuppress open and read errors\n\t-r\tRecurse\n\t-R\tRecurse and dereference symlinks\n\t-i\tIgnore case\n\t-w\tMatch whole words only\n\t-x\tMatch whole lines only\n\t-F\tPATTERN is a literal (not regexp)\n\t-E\tPATTERN is an extended regexp\n\t-z\tNUL terminated input\n\t-m N\tMatch up to N times per file\n\t-A N\tPrint N lines of trailing context\n\t-B N\tPrint N lines of leading context\n\t-C N\tSame as \'-A N -B N\'\n\t-e PTRN\tPattern to match\n\t-f FILE\tRead pattern from file\n');

/** A pattern as it is searched: text or an expression. */
class Pattern {
  regex: Regex | null = null;
  constructor(public text: string) {}
}

let patterns: Pattern[] = [];
let fixed: bool = false;
let fold: bool = false;
let whole: bool = false;
let exact: bool = false;
let invert: bool = false;
let names: bool = false;
let numbers: bool = false;
let only: bool = false;
let counting: bool = false;
let listing: bool = false;
let listingOthers: bool = false;
let quiet: bool = false;
let silent: bool = false;
let after: i32 = 0;
let before: i32 = 0;
let most: i32 = -1;
let terminator: i32 = 10;
let include: string[] = [];
let exclude: string[] = [];
let broken: bool = false;
let selected: bool = false;
/** Has a group of context lines been printed, so that the next needs `--` before it. */
let printed: bool = false;

export function grep(args: string[]): i32 {
  const o = getopt(args, 'HhnlLqvsoriIRwFEzxce:f:A:B:C:m:a', TEXT, packed('color::=K,colour::=K,include:=N,exclude:=X,line-number=n,'
    + 'ignore-case=i,invert-match=v,extended-regexp=E,fixed-strings=F,word-regexp=w,line-regexp=x,count=c,quiet=q,silent=q,'
    + 'only-matching=o,recursive=r,regexp:=e,file:=f,max-count:=m,files-with-matches=l,files-without-match=L,no-messages=s,'
    + 'after-context:=A,before-context:=B,context:=C,no-filename=h,with-filename=H,null-data=z,text=a'));
  if (!o.ok) return o.status == 1 ? 2 : o.status;
  const rest = o.rest;
  const list: string[] = [];
  const given = o.all('e');
  for (let i = 0; i < given.length; i++) add(given[i], list);
  const files = o.all('f');
  for (let i = 0; i < files.length; i++) {
    const text = files[i] == '-' ? fs.readAll(0) : fs.readFile(files[i]);
    if (text === null) {
      out.cantOpen(files[i], errno);
      return 2;
    }
    const all = lines(text);
    for (let k = 0; k < all.length; k++) list.push(all[k]);
  }
  if (!o.has('e') && !o.has('f')) {
    if (rest.length == 0) {
      usage(TEXT);
      return 2;
    }
    add(rest.shift(), list);
  }
  fixed = o.has('F') || out.applet == 'fgrep';
  const extended = o.has('E') || out.applet == 'egrep';
  fold = o.has('i');
  whole = o.has('w');
  exact = o.has('x');
  invert = o.has('v');
  only = o.has('o');
  counting = o.has('c');
  listing = o.has('l');
  listingOthers = o.has('L');
  quiet = o.has('q');
  silent = o.has('s');
  numbers = o.has('n');
  terminator = o.has('z') ? 0 : 10;
  if (o.has('C')) after = before = parseCount(o.get('C'));
  if (o.has('A')) after = parseCount(o.get('A'));
  if (o.has('B')) before = parseCount(o.get('B'));
  if (after < 0 || before < 0) {
    out.complain("invalid number '" + (o.has('C') ? o.get('C') : after < 0 ? o.get('A') : o.get('B')) + "'");
    return 2;
  }
  if (o.has('m')) most = parseCount(o.get('m'));
  if (counting || quiet || listing || listingOthers || only) after = before = 0;
  include = o.all('N');
  exclude = o.all('X');
  for (let i = 0; i < list.length; i++) {
    const p = new Pattern(fixed && fold ? lower(list[i]) : list[i]);
    if (!fixed) {
      p.regex = new Regex(list[i], (extended ? EXTENDED : 0) | (fold ? ICASE : 0));
      const re = p.regex as Regex;
      if (!re.ok) {
        out.complain("bad regex '" + list[i] + "'");
        return 2;
      }
    }
    patterns.push(p);
  }
  const recursive = o.has('r') || o.has('R');
  const operands = rest.length ? rest : [recursive ? '.' : '-'];
  names = o.has('H') || ((operands.length > 1 || recursive) && !o.has('h'));
  if (o.has('h') && !o.later('H', 'h')) names = false;
  for (let i = 0; i < operands.length; i++) {
    if (quiet && selected) return 0;
    if (recursive && operands[i] != '-') walk(operands[i], o.has('R'), true, rest.length == 0);
    else file(operands[i]);
    if (out.failure() != 0) break;
  }
  if (quiet && selected) return 0;
  if (broken) return 2;
  return selected ? 0 : 1;
}

// A pattern with newlines is several.
function add(text: string, list: string[]): void {
  const parts = text.split('\n');
  for (let i = 0; i < parts.length; i++) list.push(parts[i]);
}

function walk(path: string, follow: bool, top: bool, here: bool): void {
  const st = new fs.Stat();
  const r = follow || top ? fs.stat(path, st) : fs.lstat(path, st);
  if (r < 0) {
    broken = true;
    if (!silent) out.perror(path, r);
    return;
  }
  if (!st.isDir) {
    if (st.isLink && !top) return;
    if (wanted(path)) file(path);
    return;
  }
  const list: fs.Entry[] = [];
  const e = fs.readdir(path, list);
  if (e < 0) {
    broken = true;
    if (!silent) out.perror(path, e);
    return;
  }
  for (let i = 0; i < list.length; i++) {
    const name = list[i].name;
    if (name != '.' && name != '..') walk(here ? name : join(path, name), follow, false, false);
  }
}

function wanted(path: string): bool {
  const name = path.substring(path.lastIndexOf('/') + 1);
  for (let i = 0; i < exclude.length; i++) if (fnmatch(exclude[i], name)) return false;
  if (!include.length) return true;
  for (let i = 0; i < include.length; i++) if (fnmatch(include[i], name)) return true;
  return false;
}

/** Where the last match of `find` stands. */
let from: i32 = 0;
let end: i32 = 0;

// The leftmost longest match of any pattern at or after `start`.
function find(line: string, start: i32): bool {
  let found = false;
  const subject = fixed && fold ? lower(line) : line;
  for (let i = 0; i < patterns.length; i++) {
    const p = patterns[i];
    let at = start;
    while (at <= line.length) {
      let b: i32;
      let e: i32;
      if (fixed) {
        b = exact ? (subject == p.text ? 0 : -1) : subject.indexOf(p.text, at);
        if (b < 0) break;
        e = b + p.text.length;
      } else {
        const re = p.regex as Regex;
        if (!re.exec(subject, at)) break;
        b = re.at[0];
        e = re.at[1];
      }
      let good = true;
      if (exact) good = b == 0 && e == line.length;
      else if (whole) {
        good = !(b > 0 && isName(line.charCodeAt(b - 1))) && !(e < line.length && isName(line.charCodeAt(e)));
        // A shorter match at the same place may end at a word's end.
        if (!good && !fixed && !(b > 0 && isName(line.charCodeAt(b - 1)))) {
          const re = p.regex as Regex;
          for (let cut = e - 1; cut > b; cut--) {
            if (isName(line.charCodeAt(cut))) continue;
            const part = line.substring(0, cut);
            if (re.exec(part, b) && re.at[0] == b && !(re.at[1] < line.length && isName(line.charCodeAt(re.at[1])))) {
              e = re.at[1];
              good = true;
              break;
            }
          }
        }
      }
      if (good) {
        if (!found || b < from || (b == from && e > end)) {
          from = b;
          end = e;
        }
        found = true;
        break;
      }
      at = b + 1;
    }
    if (found && !only) break;
  }
  return found;
}

function prefix(path: string, n: i32, mark: string): void {
  if (names) out.put(shownName(path) + mark);
  if (numbers) out.put(n.toString() + mark);
}

function shownName(path: string): string {
  return path == '-' ? '(standard input)' : path;
}

function file(path: string): void {
  const fd = openInput(path);
  const st = new fs.Stat();
  if (fd < 0) {
    broken = true;
    if (!silent) out.perror(path, fd);
    return;
  }
  if (fd > 0 && fs.fstat(fd, st) == 0 && st.isDir) {
    // Nothing to read, and nothing to say.
    fs.close(fd);
    return;
  }
  const input = new Reader(fd);
  const held: string[] = [];
  let n = 0;
  let matches = 0;
  let last = 0;
  let trailing = 0;
  while (most < 0 || matches < most || trailing > 0) {
    const line = input.next(terminator);
    if (line === null) break;
    n++;
    const hit = (most < 0 || matches < most) && find(line, 0) != invert;
    if (hit) {
      matches++;
      if (!listingOthers) selected = true;
      if (quiet) break;
      if (listing || listingOthers) break;
      if (counting) continue;
      if (only) {
        if (!invert) parts(path, line, n);
        continue;
      }
      if (after + before > 0) {
        if (printed && (last == 0 || n - held.length > last + 1)) out.line('--');
        for (let i = 0; i < held.length; i++) show(path, held[i], n - held.length + i, '-');
        held.length = 0;
        trailing = after;
      }
      show(path, line, n, ':');
      printed = true;
      last = n;
    } else if (trailing > 0) {
      show(path, line, n, '-');
      last = n;
      trailing--;
    } else if (before > 0) {
      held.push(line);
      if (held.length > before) held.shift();
    }
    if (out.failure() != 0) break;
  }
  if (input.error != 0) {
    broken = true;
    if (!silent) out.perror(path, input.error);
  }
  input.free();
  if (quiet) return;
  if (counting) {
    if (names) out.put(shownName(path) + ':');
    out.line(matches.toString());
  }
  if (listing && matches > 0) out.line(shownName(path));
  if (listingOthers && matches == 0) {
    selected = true;
    out.line(shownName(path));
  }
}

function show(path: string, line: string, n: i32, mark: string): void {
  prefix(path, n, mark);
  out.put(line);
  out.byte(terminator);
}

// -o: every match of a line by itself.
function parts(path: string, line: string, n: i32): void {
  let at = 0;
  while (at <= line.length && find(line, at)) {
    if (end > from) {
      prefix(path, n, ':');
      out.line(line.substring(from, end));
      at = end;
    } else at = from + 1;
    if (exact) break;
  }
}
