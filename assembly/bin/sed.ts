// sed: a stream editor. A script is parsed to commands once; each cycle runs them over the pattern space.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { errno } from '../sys/errno';
import { EXTENDED, ICASE, NEWLINE, Regex } from '../lib/regex';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader, openInput } from '../lib/input';
import { Bytes, isDigit, isSpace, lowerCode, unescape, escapeEnd, upperCode } from '../lib/text';

const TEXT = packed('[-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\nor: sed [-i[SFX]] [-nrE] CMD [FILE]...\n\n\t-e CMD\tAdd CMD to sed commands to be executed\n\t-f FILE\tAdd FILE contents to sed commands to be executed\n\t-i[SFX]\tEdit files in-place (otherwise write to stdout)\n\t\tOptionally back files up, appending SFX\n\t-n\tSuppress automatic printing of pattern space\n\t-r,-E\tUse extended regex syntax\n\t-z\tNUL separated lines\n');

// Kinds of addresses.
const NONE = 0;
const LINE = 1;
const LAST = 2;
const REGEX = 3;
const STEP = 4; // first~step
const PLUS = 5; // addr1,+n
const MULTIPLE = 6; // addr1,~n

class Address {
  kind: i32 = NONE;
  n: i32 = 0;
  step: i32 = 0;
  regex: Regex | null = null;
  empty: bool = false;
}

class Command {
  a: Address = new Address();
  b: Address = new Address();
  not: bool = false;
  /** In a range that has begun, and where it ends when that is a line. */
  active: bool = false;
  /** A range from a line on has ended, and does not begin again in this file. */
  closed: bool = false;
  until: i32 = 0;
  name: i32 = 0;
  text: string = '';
  regex: Regex | null = null;
  empty: bool = false;
  global: bool = false;
  print: bool = false;
  evaluate: bool = false;
  which: i32 = 0;
  file: Sink | null = null;
  /** Where to go: of a branch, its label; of a block, its end. */
  jump: i32 = -1;
  from: string = '';
}

class Sink {
  constructor(
    public path: string,
    public fd: i32,
    /** What it has ends without a newline. */
    public missing: bool = false,
  ) {}
}

let commands: Command[] = [];
let labels: Map<string, i32> = new Map<string, i32>();
let sinks: Sink[] = [];
let extended: bool = false;
let silent: bool = false;
let inPlace: bool = false;
let backup: string = '';
let separate: bool = false;
let terminator: i32 = 10;

// The script and the place in it.
let script: string = '';
let at: i32 = 0;
let wrong: string = '';

export function sed(args: string[]): i32 {
  const o = getopt(args, 'i::rEne:f:sz', TEXT, packed('in-place::=i,regexp-extended=r,quiet=n,silent=n,expression:=e,file:=f,version=V,separate=s,null-data=z'));
  if (!o.ok) return o.status;
  if (o.has('V')) {
    out.line('This is not GNU sed version 4.0');
    return 0;
  }
  extended = o.has('r') || o.has('E');
  silent = o.has('n');
  inPlace = o.has('i');
  separate = inPlace || o.has('s');
  backup = o.get('i');
  if (o.has('z')) terminator = 0;
  const rest = o.rest;
  let text = '';
  let any = false;
  for (let i = 0; i < o.letters.length; i++) {
    if (o.letters[i] == 101) {
      text += (any ? '\n' : '') + o.texts[i];
      any = true;
    } else if (o.letters[i] == 102) {
      let more = o.texts[i] == '-' ? fs.readAll(0) : fs.readFile(o.texts[i]);
      if (more === null) return out.cantOpen(o.texts[i], errno);
      if (more.endsWith('\n')) more = more.substring(0, more.length - 1);
      // #n as the first line is -n.
      if (!any && (more == '#n' || more.startsWith('#n\n'))) silent = true;
      text += (any ? '\n' : '') + more;
      any = true;
    }
  }
  if (!any) {
    if (rest.length == 0) return usage(TEXT);
    text = rest.shift();
    if (text == '#n' || text.startsWith('#n\n')) silent = true;
  }
  if (inPlace && rest.length == 0) return out.complain('-i requires an argument');
  parse(text);
  if (wrong.length) return out.complain(wrong);
  return run(rest.length ? rest : ['-']);
}

// --- parsing

function error(text: string): void {
  if (!wrong.length) wrong = text;
}

function peek(): i32 {
  return at < script.length ? script.charCodeAt(at) : -1;
}

function blanks(): void {
  while (at < script.length && (peek() == 32 || peek() == 9)) at++;
}

function parse(text: string): void {
  script = text;
  at = 0;
  const open: i32[] = [];
  while (!wrong.length) {
    while (at < script.length && (isSpace(peek()) || peek() == 59)) at++;
    if (at >= script.length) break;
    if (peek() == 35) {
      while (at < script.length && peek() != 10) at++;
      continue;
    }
    const c = new Command();
    address(c.a);
    if (wrong.length) return;
    if (c.a.kind != NONE) {
      blanks();
      if (peek() == 44) {
        at++;
        blanks();
        address(c.b);
        if (c.b.kind == NONE && !wrong.length) error('no address after comma');
      }
    }
    blanks();
    while (peek() == 33) {
      c.not = true;
      at++;
      blanks();
    }
    if (at >= script.length) {
      error('missing command');
      return;
    }
    c.name = script.charCodeAt(at++);
    command(c, open);
    commands.push(c);
  }
  if (!wrong.length && open.length) error('unmatched {');
  for (let i = 0; i < commands.length && !wrong.length; i++) {
    const c = commands[i];
    if (c.name != 98 && c.name != 116 && c.name != 84) continue;
    if (!c.text.length) c.jump = commands.length;
    else if (labels.has(c.text)) c.jump = labels.get(c.text);
    else error("can't find label for jump to '" + c.text + "'");
  }
}

function number(): i32 {
  let v = 0;
  while (isDigit(peek())) v = v * 10 + script.charCodeAt(at++) - 48;
  return v;
}

function address(a: Address): void {
  const c = peek();
  if (isDigit(c)) {
    a.kind = LINE;
    a.n = number();
    if (peek() == 126) {
      at++;
      a.kind = STEP;
      a.step = number();
    }
  } else if (c == 36) {
    a.kind = LAST;
    at++;
  } else if (c == 43 || c == 126) {
    a.kind = c == 43 ? PLUS : MULTIPLE;
    at++;
    a.n = number();
  } else if (c == 47 || c == 92) {
    let delimiter = 47;
    at++;
    if (c == 92) delimiter = script.charCodeAt(at++);
    const source = delimited(delimiter, true);
    if (wrong.length) return;
    a.kind = REGEX;
    let flags = extended ? EXTENDED : 0;
    while (peek() == 73 || peek() == 77) {
      flags |= peek() == 73 ? ICASE : NEWLINE;
      at++;
    }
    if (source.length) a.regex = compile(source, flags);
    else a.empty = true;
  }
}

function compile(source: string, flags: i32): Regex {
  const re = new Regex(source, flags);
  if (!re.ok) error("bad regex '" + source + "': " + re.error);
  return re;
}

// Text up to a delimiter, `\` before it removed; in a regular expression brackets hide it and \n is a newline.
function delimited(delimiter: i32, regex: bool): string {
  const b = new Bytes(32);
  while (at < script.length) {
    const c = script.charCodeAt(at++);
    if (c == delimiter) return b.toString();
    if (regex && c == 91 && delimiter != 91) {
      bracket(b);
      continue;
    }
    if (c == 92 && at < script.length) {
      const e = script.charCodeAt(at++);
      if (e == delimiter) {
        // An escaped delimiter that is special stays literal.
        if (regex && '.*[]^$+?(){}|'.indexOf(String.fromCharCode(e)) >= 0) b.push(92);
        else if (!regex && e == 38) b.push(92);
        b.push(e);
      } else if (regex && e == 110) b.push(10);
      else if (regex && (e == 116 || e == 114 || e == 102 || e == 118 || e == 97)) {
        b.push(unescape(script, at - 1));
      } else if (regex && e == 120) {
        const v = unescape(script, at - 1);
        at = escapeEnd;
        b.push(v);
      } else {
        b.push(92);
        b.push(e);
      }
      continue;
    }
    if (c == 10 && regex) break;
    b.push(c);
  }
  error("unmatched '" + String.fromCharCode(delimiter) + "'");
  return '';
}

// A bracket expression whole, with `[` already read.
function bracket(b: Bytes): void {
  b.push(91);
  if (peek() == 94) b.push(script.charCodeAt(at++));
  if (peek() == 93) b.push(script.charCodeAt(at++));
  while (at < script.length) {
    const c = script.charCodeAt(at++);
    if (c == 92 && (peek() == 110 || peek() == 116)) {
      b.push(peek() == 110 ? 10 : 9);
      at++;
      continue;
    }
    b.push(c);
    if (c == 93) return;
    if (c == 91 && (peek() == 58 || peek() == 46 || peek() == 61)) {
      const close = String.fromCharCode(peek()) + ']';
      const end = script.indexOf(close, at + 1);
      if (end > 0) {
        b.addRange(script, at, end + 2);
        at = end + 2;
      }
    }
  }
}

function word(): string {
  blanks();
  const from = at;
  while (at < script.length && peek() != 10 && peek() != 59 && !isSpace(peek())) at++;
  return script.substring(from, at);
}

function fileName(): string {
  blanks();
  const from = at;
  while (at < script.length && peek() != 10) at++;
  return script.substring(from, at);
}

function command(c: Command, open: i32[]): void {
  const name = c.name;
  switch (name) {
    case 123: // {
      open.push(commands.length);
      return;
    case 125: { // }
      if (!open.length) return error('unexpected }');
      if (c.a.kind != NONE) return error('unexpected }');
      commands[open.pop()].jump = commands.length;
      return ending();
    }
    case 58: { // :
      if (c.a.kind != NONE) return error(': doesn\'t want any addresses');
      const label = word();
      if (!label.length) return error('no label');
      labels.set(label, commands.length);
      return;
    }
    case 98: case 116: case 84: // b t T
      c.text = labelName();
      return;
    case 97: case 105: case 99: // a i c
      c.text = textBlock();
      return;
    case 114: case 119: { // r w
      c.text = fileName();
      if (!c.text.length) return error('empty filename');
      if (name == 119) c.file = sink(c.text);
      return;
    }
    case 115: return substitute(c);
    case 121: return transliterate(c);
    case 113: case 81: // q Q
      blanks();
      c.which = number();
      return ending();
    case 108: case 76: // l
      blanks();
      c.which = number();
      return ending();
    case 61: case 68: case 71: case 72: case 78: case 80: case 100: case 103: case 104: case 110: case 112: case 120: case 122:
      // = D G H N P d g h n p x z
      return ending();
  }
  error('unsupported command ' + String.fromCharCode(name));
}

function labelName(): string {
  blanks();
  const from = at;
  while (at < script.length && peek() != 10 && peek() != 59 && peek() != 125) at++;
  let end = at;
  while (end > from && isSpace(script.charCodeAt(end - 1))) end--;
  return script.substring(from, end);
}

function ending(): void {
  blanks();
  const c = peek();
  if (c < 0 || c == 10 || c == 59 || c == 125 || c == 35) return;
  error("extra characters after command");
}

// a, i, c: `a text`, or `a\` and lines, each but the last ending in a backslash.
function textBlock(): string {
  blanks();
  if (peek() == 92) {
    at++;
    const mark = at;
    blanks();
    if (peek() == 10) at++;
    else at = mark;
  }
  const b = new Bytes(64);
  if (at >= script.length) {
    return '\n';
  }
  // Blanks in front are kept only behind a backslash.
  if (peek() == 92 && at + 1 < script.length && (script.charCodeAt(at + 1) == 32 || script.charCodeAt(at + 1) == 9)) at++;
  while (at < script.length) {
    const c = script.charCodeAt(at++);
    if (c == 92 && at < script.length) {
      const e = script.charCodeAt(at);
      if (e == 10) {
        b.push(10);
        at++;
        continue;
      }
      const v = unescape(script, at);
      if (escapeEnd > at && e != 92) {
        b.push(v);
        at = escapeEnd;
        continue;
      }
      b.push(e);
      at++;
      continue;
    }
    if (c == 10) break;
    b.push(c);
  }
  b.push(10);
  return b.toString();
}

function sink(path: string): Sink {
  for (let i = 0; i < sinks.length; i++) if (sinks[i].path == path) return sinks[i];
  let fd = path == '/dev/stdout' ? 1 : path == '/dev/stderr' ? 2 : fs.open(path, linux.O_WRONLY | linux.O_CREAT | linux.O_TRUNC | linux.O_CLOEXEC, 0o666);
  const s = new Sink(path, fd);
  if (fd < 0) error("can't open '" + path + "'");
  sinks.push(s);
  return s;
}

function substitute(c: Command): void {
  const delimiter = script.charCodeAt(at++);
  const source = delimited(delimiter, true);
  if (wrong.length) return;
  c.text = delimited(delimiter, false);
  if (wrong.length) return;
  let flags = extended ? EXTENDED : 0;
  for (;;) {
    const f = peek();
    if (f == 103) c.global = true;
    else if (f == 112) c.print = true;
    else if (f == 73 || f == 105) flags |= ICASE;
    else if (f == 77 || f == 109) flags |= NEWLINE;
    else if (f == 101) c.evaluate = true;
    else if (isDigit(f)) {
      if (c.which) return error('bad option in substitution expression');
      c.which = number();
      if (c.which == 0) return error('bad option in substitution expression');
      continue;
    } else if (f == 119) {
      at++;
      c.file = sink(fileName());
      break;
    } else break;
    at++;
  }
  blanks();
  const f = peek();
  if (f >= 0 && f != 10 && f != 59 && f != 125 && f != 35) return error('bad option in substitution expression');
  if (source.length) {
    c.regex = compile(source, flags);
    const re = c.regex as Regex;
    for (let i = 0; i + 1 < c.text.length; i++) {
      if (c.text.charCodeAt(i) != 92) continue;
      i++;
      const d = c.text.charCodeAt(i);
      if (d >= 49 && d <= 57 && d - 48 > re.groups) return error('invalid reference \\' + c.text.charAt(i) + ' on s command\'s RHS');
    }
  } else c.empty = true;
}

function transliterate(c: Command): void {
  const delimiter = script.charCodeAt(at++);
  c.from = unslash(delimited(delimiter, false));
  c.text = wrong.length ? '' : unslash(delimited(delimiter, false));
  if (wrong.length) return;
  if (c.from.length != c.text.length) return error("strings for 'y' command are different lengths");
  ending();
}

function unslash(s: string): string {
  const b = new Bytes(s.length);
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c == 92 && i + 1 < s.length) {
      i++;
      const e = s.charCodeAt(i);
      b.push(e == 110 ? 10 : e == 116 ? 9 : e == 114 ? 13 : e);
    } else b.push(c);
  }
  return b.toString();
}

// --- running

let files: string[] = [];
let nextFile: i32 = 0;
let input: Reader | null = null;
let current: string = '';
let lineNumber: i32 = 0;
let status: i32 = 0;
let space: string = '';
let hold: string = '';
let spaceEnded: bool = true;
let last: Regex | null = null;
/** What is to follow this cycle: text, or a file's contents (marked by a leading NUL). */
let appended: string[] = [];
/** -i: where output goes. */
let target: i32 = -1;
let targetName: string = '';
/** Output so far ended without a newline, so that the next text needs one first. */
let missing: bool = false;

function write(s: string, ended: bool): void {
  if (missing) emit(String.fromCharCode(terminator));
  missing = !ended;
  emit(s);
  if (ended) emit(String.fromCharCode(terminator));
}

function emit(s: string): void {
  if (target < 0) out.put(s);
  else fs.write(target, s);
}

// Open the next file that can be; false when there is none.
function open(): bool {
  while (nextFile < files.length) {
    const path = files[nextFile++];
    if (inPlace && path == '-') continue;
    const fd = openInput(path);
    const st = new fs.Stat();
    if (fd < 0) {
      status = out.perror(path, fd);
      continue;
    }
    if (fd > 0 && fs.fstat(fd, st) == 0 && st.isDir) {
      status = out.complain(inPlace ? "couldn't edit " + path + ': not a regular file' : 'read error on ' + path + ': Is a directory');
      fs.close(fd);
      continue;
    }
    input = new Reader(fd);
    current = path;
    if (inPlace) {
      targetName = path + '.sed' + (lineNumber + nextFile).toString();
      target = fs.open(targetName, linux.O_WRONLY | linux.O_CREAT | linux.O_TRUNC, 0o600);
      fs.fchmod(target, <i32>st.mode & 0o7777);
      fs.chown(targetName, st.uid, st.gid);
    }
    if (separate) {
      lineNumber = 0;
      missing = false;
    }
    return true;
  }
  return false;
}

function close(): void {
  if (!input) return;
  const reader = input as Reader;
  if (reader.error != 0) status = out.perror('read error on ' + current, reader.error);
  reader.free();
  input = null;
  if (!inPlace) return;
  fs.close(target);
  target = -1;
  if (backup.length) {
    const star = backup.indexOf('*');
    fs.rename(current, star < 0 ? current + backup : backup.replace('*', current));
  }
  const r = fs.rename(targetName, current);
  if (r < 0) status = out.perror("can't rename '" + targetName + "'", r);
  missing = false;
}

// The next line into `fresh`; false at the end of all input.
let fresh: string = '';
let freshEnded: bool = true;
function readLine(): bool {
  for (;;) {
    if (!input && !open()) return false;
    const reader = input as Reader;
    const line = reader.next(terminator);
    if (line !== null) {
      fresh = line;
      freshEnded = reader.ended;
      lineNumber++;
      return true;
    }
    // In place the end of one file is an end for appended text.
    close();
  }
  return false;
}

function isLast(): bool {
  if (!input) return true;
  if (!(input as Reader).atEnd()) return false;
  if (separate) return true;
  // Later files may be empty or missing.
  for (;;) {
    close();
    if (!open()) return true;
    if (!(input as Reader).atEnd()) return false;
  }
  return true;
}

function matches(re: Regex | null, empty: bool): bool {
  const use = empty ? last : re;
  if (!use) {
    out.die('no previous regexp');
    return false;
  }
  last = use;
  return (use as Regex).exec(space, 0);
}

function one(a: Address): bool {
  switch (a.kind) {
    case LINE: return lineNumber == a.n;
    case LAST: return isLast();
    case REGEX: return matches(a.regex, a.empty);
    case STEP: return a.step == 0 ? lineNumber == a.n : lineNumber >= a.n && (lineNumber - a.n) % a.step == 0;
  }
  return false;
}

function selects(c: Command): bool {
  if (c.a.kind == NONE) return true;
  if (c.b.kind == NONE) return one(c.a);
  if (c.active) {
    let end = false;
    switch (c.b.kind) {
      case LINE:
        if (lineNumber > c.b.n) {
          // The end was passed (by n or N): only a new beginning selects.
          c.active = false;
          c.closed = true;
          return selects(c);
        }
        end = lineNumber == c.b.n;
        break;
      case PLUS: case MULTIPLE:
        end = lineNumber >= c.until;
        break;
      default:
        end = one(c.b);
    }
    if (end) {
      c.active = false;
      c.closed = true;
    }
    return true;
  }
  const zero = c.a.kind == LINE && c.a.n == 0;
  if (lineNumber == 1) c.closed = false;
  // From a line on: also when that line never came here, once.
  const begins = zero ? lineNumber == 1 : c.a.kind == LINE ? lineNumber >= c.a.n && !c.closed : one(c.a);
  if (begins) {
    c.active = true;
    if (zero && c.b.kind == REGEX) {
      if (one(c.b)) c.active = false;
      return true;
    }
    if (c.b.kind == LINE && c.b.n <= lineNumber) c.active = false;
    if (c.b.kind == PLUS) {
      c.until = lineNumber + c.b.n;
      if (c.b.n == 0) c.active = false;
    }
    if (c.b.kind == MULTIPLE) {
      c.until = c.b.n == 0 ? lineNumber : ((lineNumber + c.b.n - 1) / c.b.n) * c.b.n;
      if (c.until <= lineNumber) c.active = false;
    }
    if (!c.active) c.closed = true;
    return true;
  }
  return false;
}

function flushAppended(): void {
  for (let i = 0; i < appended.length; i++) {
    const s = appended[i];
    if (s.charCodeAt(0) != 0) {
      if (missing) emit('\n');
      missing = false;
      emit(s);
      continue;
    }
    const text = s.substring(1) == '/dev/stdin' ? fs.readAll(0) : fs.readFile(s.substring(1));
    if (text !== null && text.length) {
      if (missing) emit('\n');
      missing = false;
      emit(text);
    }
  }
  appended.length = 0;
}

// What a run of the script over one line asks for.
const NEXT = 0;
const RESTART = 1;
const QUIT = 2;

function run(list: string[]): i32 {
  files = list;
  nextFile = 0;
  let restart = false;
  let code = 0;
  for (;;) {
    if (!restart) {
      if (!readLine()) break;
      space = fresh;
      spaceEnded = freshEnded;
    }
    restart = false;
    quitStatus = -1;
    const what = cycle();
    if (what != RESTART || restartPrints) {
      if (!deleted && !silent) write(space, spaceEnded);
    }
    flushAppended();
    if (what == QUIT) {
      code = quitStatus;
      if (inPlace && input) copyRest();
      break;
    }
    if (what == RESTART) restart = true;
    if (out.failure() != 0) break;
  }
  close();
  for (let i = 0; i < sinks.length; i++) if (sinks[i].fd > 2) fs.close(sinks[i].fd);
  return code > 0 ? code : status;
}

function copyRest(): void {
  while (input) {
    const line = (input as Reader).next(terminator);
    if (line === null) break;
    write(line, (input as Reader).ended);
  }
}

let quitStatus: i32 = 0;
let deleted: bool = false;
let restartPrints: bool = false;

function cycle(): i32 {
  let replaced = false;
  deleted = false;
  restartPrints = false;
  let pc = 0;
  while (pc < commands.length) {
    const c = commands[pc];
    if (selects(c) == c.not) {
      pc = c.name == 123 ? c.jump : pc + 1;
      continue;
    }
    pc++;
    switch (c.name) {
      case 61: // =
        write(lineNumber.toString(), true);
        break;
      case 97: // a
        appended.push(c.text);
        break;
      case 105: // i
        write(c.text.substring(0, c.text.length - 1), true);
        break;
      case 99: // c
        if (c.b.kind == NONE || c.not || !c.active) write(c.text.substring(0, c.text.length - 1), true);
        deleted = true;
        return NEXT;
      case 98: // b
        pc = c.jump;
        break;
      case 116: // t
        if (replaced) pc = c.jump;
        replaced = false;
        break;
      case 84: // T
        if (!replaced) pc = c.jump;
        replaced = false;
        break;
      case 100: // d
        deleted = true;
        return NEXT;
      case 68: { // D
        const nl = space.indexOf('\n');
        deleted = true;
        if (nl < 0) return NEXT;
        space = space.substring(nl + 1);
        return RESTART;
      }
      case 103: // g
        space = hold;
        break;
      case 71: // G
        space += '\n' + hold;
        spaceEnded = true;
        break;
      case 104: // h
        hold = space;
        break;
      case 72: // H
        hold += '\n' + space;
        break;
      case 120: { // x
        const swap = space;
        space = hold;
        hold = swap;
        spaceEnded = true;
        break;
      }
      case 108: // l
        list(c.which);
        break;
      case 110: // n
        if (isLast()) {
          // Without a next line POSIX's n prints and ends; GNU's too.
          quitStatus = 0;
          return QUIT;
        }
        if (!silent) write(space, spaceEnded);
        flushAppended();
        if (!readLine()) {
          deleted = true;
          return QUIT;
        }
        space = fresh;
        spaceEnded = freshEnded;
        break;
      case 78: // N
        if (isLast()) {
          // GNU prints the pattern space when there is no next line.
          quitStatus = 0;
          return QUIT;
        }
        flushAppended();
        if (!readLine()) return QUIT;
        space += '\n' + fresh;
        spaceEnded = freshEnded;
        break;
      case 112: // p
        write(space, true);
        break;
      case 80: { // P
        const nl = space.indexOf('\n');
        write(nl < 0 ? space : space.substring(0, nl), true);
        break;
      }
      case 113: // q
        quitStatus = c.which;
        return QUIT;
      case 81: // Q
        quitStatus = c.which;
        deleted = true;
        return QUIT;
      case 114: // r
        appended.push('\0' + c.text);
        break;
      case 119: // w
        store_(c.file as Sink, space);
        break;
      case 115: // s
        if (replace(c)) {
          replaced = true;
          if (c.print) write(space, spaceEnded);
          if (c.file) store_(c.file as Sink, space);
        }
        break;
      case 121: { // y
        const b = new Bytes(space.length);
        for (let i = 0; i < space.length; i++) {
          const k = c.from.indexOf(space.charAt(i));
          b.push(k < 0 ? space.charCodeAt(i) : c.text.charCodeAt(k));
        }
        space = b.toString();
        break;
      }
      case 122: // z
        space = '';
        break;
    }
  }
  return NEXT;
}

function store_(sink: Sink, s: string): void {
  const text = (sink.missing ? '\n' : '') + s + (spaceEnded ? '\n' : '');
  if (sink.fd == 1) out.put(text);
  else fs.write(sink.fd, text);
  sink.missing = !spaceEnded;
}

// l: what is invisible as escapes, lines folded.
function list(width: i32): void {
  const b = new Bytes(space.length);
  const limit = width > 1 ? width : 0;
  let column = 0;
  for (let i = 0; i < space.length; i++) {
    const c = space.charCodeAt(i);
    let s: string;
    switch (c) {
      case 92: s = '\\\\'; break;
      case 7: s = '\\a'; break;
      case 8: s = '\\b'; break;
      case 12: s = '\\f'; break;
      case 10: s = '\\n'; break;
      case 13: s = '\\r'; break;
      case 9: s = '\\t'; break;
      case 11: s = '\\v'; break;
      default:
        s = c < 32 || c > 126 ? '\\' + String.fromCharCode(48 + (c >> 6)) + String.fromCharCode(48 + ((c >> 3) & 7)) + String.fromCharCode(48 + (c & 7))
          : String.fromCharCode(c);
    }
    if (limit && column + s.length > limit - 1) {
      b.add('\\\n');
      column = 0;
    }
    b.add(s);
    column += s.length;
  }
  b.push(36);
  write(b.toString(), true);
}

// s: true if something was replaced.
function replace(c: Command): bool {
  const use = c.empty ? last : c.regex;
  if (!use) {
    out.die('no previous regexp');
    return false;
  }
  last = use;
  const re = use as Regex;
  if (!re.exec(space, 0)) return false;
  const b = new Bytes(space.length + 32);
  let from = 0;
  let count = 0;
  let done = false;
  let previous = -1;
  let more = true;
  while (more) {
    const start = re.at[0];
    const end = re.at[1];
    // An empty match right behind another does not count.
    const skip = start == end && start == previous;
    if (!skip) count++;
    b.addRange(space, from, start);
    if (!skip && (c.which == 0 || count >= c.which)) {
      expand(b, c.text, re);
      done = true;
    } else b.addRange(space, start, end);
    previous = end;
    from = end;
    if (done && !c.global) break;
    if (start == end) {
      if (end >= space.length) break;
      b.push(space.charCodeAt(end));
      from = end + 1;
    }
    more = from <= space.length && re.exec(space, from, from > 0);
  }
  if (!done) return false;
  b.addRange(space, from, space.length);
  space = b.toString();
  return true;
}

// The replacement: & and \N, \n and other escapes, \L \U \l \u \E for case.
function expand(b: Bytes, text: string, re: Regex): void {
  let mode = 0;
  let single = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    let from = -1;
    let end = -1;
    let plain = c;
    if (c == 38) {
      from = re.at[0];
      end = re.at[1];
    } else if (c == 92 && i + 1 < text.length) {
      const e = text.charCodeAt(++i);
      if (isDigit(e)) {
        const k = e - 48;
        if (k <= re.groups && re.at[k * 2] >= 0) {
          from = re.at[k * 2];
          end = re.at[k * 2 + 1];
        } else continue;
      } else if (e == 76 || e == 85) {
        mode = e;
        continue;
      } else if (e == 69) {
        mode = 0;
        continue;
      } else if (e == 108 || e == 117) {
        single = e;
        continue;
      } else {
        const v = unescape(text, i);
        if (escapeEnd > i) {
          plain = v;
          i = escapeEnd - 1;
        } else plain = e;
      }
    }
    if (from < 0) {
      b.push(cased(plain, single != 0 ? single : mode));
      single = 0;
      continue;
    }
    if (mode == 0 && single == 0) b.addRange(space, from, end);
    else for (let k = from; k < end; k++) {
      b.push(cased(space.charCodeAt(k), single != 0 ? single : mode));
      single = 0;
    }
  }
}

function cased(c: i32, mode: i32): i32 {
  return mode == 76 || mode == 108 ? lowerCode(c) : mode == 85 || mode == 117 ? upperCode(c) : c;
}
