// diff: the differences of files and trees, in unified form.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { Options, getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader } from '../lib/input';
import { common } from '../lib/lcs';
import { parseCount } from '../lib/number';
import { basename, join } from '../lib/path';
import { Bytes, compare as compareBytes, isSpace, lower } from '../lib/text';

const TEXT = packed('[-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2\n\nCompare files line by line and output the differences between them.\nThis implementation supports unified diffs only.\n\n\t-a\tTreat all files as text\n\t-b\tIgnore changes in the amount of whitespace\n\t-B\tIgnore changes whose lines are all blank\n\t-d\tTry hard to find a smaller set of changes\n\t-i\tIgnore case differences\n\t-L\tUse LABEL instead of the filename in the unified header\n\t-N\tTreat absent files as empty\n\t-q\tOutput only whether files differ\n\t-r\tRecurse\n\t-S\tStart with FILE when comparing directories\n\t-T\tMake tabs line up by prefixing a tab when necessary\n\t-s\tReport when two files are the same\n\t-t\tExpand tabs to spaces in output\n\t-U\tOutput LINES lines of context\n\t-w\tIgnore all whitespace\n');

let o: Options = new Options();
let context: i32 = 3;
let labels: string[] = [];
/** 0 the same, 1 different, 2 trouble. */
let status: i32 = 0;

export function diff(args: string[]): i32 {
  o = getopt(args, 'abdiL:NqrsS:tTU:wuBE', TEXT,
    packed('ignore-case=i,ignore-tab-expansion=E,ignore-space-change=b,ignore-all-space=w,ignore-blank-lines=B,text=a,unified::=U,'
    + 'label:=L,show-c-function=p,brief=q,expand-tabs=t,initial-tab=T,recursive=r,new-file=N,report-identical-files=s,starting-file:=S,minimal=d'));
  if (!o.ok) return o.status == 0 ? 0 : 2;
  if (o.rest.length != 2) {
    usage(TEXT);
    return 2;
  }
  context = o.has('U') && o.get('U').length ? parseCount(o.get('U')) : 3;
  if (context < 0) {
    out.complain("invalid number '" + o.get('U') + "'");
    return 2;
  }
  labels = o.all('L');
  status = 0;
  let one = o.rest[0];
  let two = o.rest[1];
  const dir1 = one != '-' && fs.isDir(one);
  const dir2 = two != '-' && fs.isDir(two);
  if ((dir1 || dir2) && (one == '-' || two == '-')) {
    out.complain("can't compare stdin to a directory");
    return 2;
  }
  if (dir1 && dir2) {
    trees(one, two);
    return status;
  }
  // A file and a directory: with the file of that name in it.
  if (dir1) one = join(one, basename(two));
  else if (dir2) two = join(two, basename(one));
  files(one, two, one, two);
  return status;
}

function trouble(path: string, error: i32): void {
  out.perror("can't stat '" + path + "'", error);
  status = 2;
}

/**
 * What is in both, by name. With -r that is every file below them by its path, so that directories are not told of, as
 * busybox has it.
 */
function trees(one: string, two: string): void {
  const a = names(one);
  const b = names(two);
  let i = 0;
  let k = 0;
  const from = o.get('S');
  while (i < a.length || k < b.length) {
    const order = i == a.length ? 1 : k == b.length ? -1 : compareBytes(a[i], b[k]);
    const name = order <= 0 ? a[i] : b[k];
    if (order <= 0) i++;
    if (order >= 0) k++;
    if (name >= from) entry(one, two, name, order);
  }
}

function names(dir: string): string[] {
  const list: string[] = [];
  collect(dir, '', list);
  list.sort(compareBytes);
  return list;
}

function collect(dir: string, below: string, list: string[]): void {
  const found = fs.names(dir);
  if (found === null) return;
  for (let i = 0; i < found.length; i++) {
    if (found[i] == '.' || found[i] == '..') continue;
    const path = join(dir, found[i]);
    if (o.has('r') && fs.isDir(path)) collect(path, below + found[i] + '/', list);
    else list.push(below + found[i]);
  }
}

/** Neither a file nor a directory: not read in a walk, since a FIFO has nobody to write to it. */
function special(path: string): bool {
  const st = new fs.Stat();
  return fs.stat(path, st) == 0 && !st.isDir && !st.isReg;
}

function entry(one: string, two: string, path: string, order: i32): void {
  if (order != 0 && !o.has('N')) {
    out.line('Only in ' + (order < 0 ? one : two) + ': ' + path);
    status = max(status, 1);
    return;
  }
  const p = join(one, path);
  const q = join(two, path);
  const odd = special(p);
  if (odd || special(q)) return out.line('File ' + (odd || order > 0 ? p : q) + ' is not a regular file or directory and was skipped');
  const isDir1 = fs.isDir(p);
  const isDir2 = fs.isDir(q);
  if (!o.has('r') && (isDir1 || isDir2)) {
    if (order == 0 && isDir1 != isDir2) {
      out.line('File ' + p + kind(isDir1) + ' while file ' + q + kind(isDir2));
      status = max(status, 1);
    } else out.line('Common subdirectories: ' + p + ' and ' + q);
    return;
  }
  files(order > 0 ? '' : p, order < 0 ? '' : q, p, q);
}

function kind(isDir: bool): string {
  return isDir ? ' is a directory' : ' is a regular file';
}

/** The lines of a file, each with its newline if it has one; null if it cannot be read. */
class Text {
  lines: string[] = [];
  binary: bool = false;
  absent: bool = false;
}

function read(path: string): Text | null {
  const text = new Text();
  const fd = !path.length ? -linux.ENOENT : path == '-' ? 0 : fs.open(path, linux.O_RDONLY | linux.O_CLOEXEC);
  if (fd < 0) {
    if (fd == -linux.ENOENT && o.has('N')) {
      text.absent = true;
      return text;
    }
    trouble(path, fd);
    return null;
  }
  const input = new Reader(fd);
  for (;;) {
    const line = input.next();
    if (line === null) break;
    if (line.indexOf('\0') >= 0) text.binary = true;
    text.lines.push(input.ended ? line + '\n' : line);
  }
  if (input.error) {
    out.perror(path, input.error);
    status = 2;
    input.free();
    return null;
  }
  input.free();
  return text;
}

/** What of a line counts. */
function key(line: string): string {
  const all = o.has('w');
  const amount = o.has('b');
  if (!all && !amount && !o.has('i')) return line;
  const b = new Bytes(line.length);
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (!isSpace(c) || (!all && !amount)) {
      b.push(c);
      continue;
    }
    let end = i;
    while (end + 1 < line.length && isSpace(line.charCodeAt(end + 1))) end++;
    // Blanks at a line's end never count with -b, elsewhere as one.
    if (amount && !all && end < line.length - 1) b.push(32);
    i = end;
  }
  return o.has('i') ? lower(b.toString()) : b.toString();
}

// '' is a file that is not there.
function files(one: string, two: string, name1: string, name2: string): void {
  // The same file does not differ, and nothing is said of it.
  const st1 = new fs.Stat();
  const st2 = new fs.Stat();
  if (one == two && one == '-') return;
  if (one != '-' && two != '-' && fs.stat(one, st1) == 0 && fs.stat(two, st2) == 0 && st1.ino == st2.ino && st1.dev == st2.dev) return;
  const a = read(one);
  if (a === null) return;
  const b = read(two);
  if (b === null) return;
  let same = a.lines.length == b.lines.length;
  for (let i = 0; same && i < a.lines.length; i++) same = a.lines[i] == b.lines[i];
  if (!same && (!(a.binary || b.binary) || o.has('a'))) same = !compare(name1, name2, a, b);
  else if (!same) out.line('Files ' + name1 + ' and ' + name2 + ' differ');
  if (same && o.has('s')) out.line('Files ' + name1 + ' and ' + name2 + ' are identical');
  if (!same) status = max(status, 1);
}

/** A run of lines that differ: [a, a2) of the first file, [b, b2) of the second. */
class Change {
  constructor(public a: i32, public a2: i32, public b: i32, public b2: i32) {}
}

function numbered(lines: string[], known: Map<string, i32>): StaticArray<i32> {
  const list = new StaticArray<i32>(lines.length);
  for (let i = 0; i < lines.length; i++) {
    const k = key(lines[i]);
    if (!known.has(k)) known.set(k, known.size);
    list[i] = known.get(k);
  }
  return list;
}

/** Prints the differences; false when there are none that count. */
function compare(one: string, two: string, a: Text, b: Text): bool {
  const known = new Map<string, i32>();
  const match = common(numbered(a.lines, known), numbered(b.lines, known));
  const changes: Change[] = [];
  let y = 0;
  for (let x = 0; x <= a.lines.length;) {
    let x2 = x;
    while (x2 < a.lines.length && match[x2] < 0) x2++;
    const y2 = x2 < a.lines.length ? match[x2] : b.lines.length;
    if ((x2 > x || y2 > y) && !(o.has('B') && blank(a.lines, x, x2) && blank(b.lines, y, y2))) changes.push(new Change(x, x2, y, y2));
    x = x2 + 1;
    y = y2 + 1;
  }
  if (changes.length == 0) return false;
  if (o.has('q')) {
    out.line('Files ' + one + ' and ' + two + ' differ');
    return true;
  }
  out.line('--- ' + (labels.length > 0 ? labels[0] : a.absent ? '/dev/null' : one));
  out.line('+++ ' + (labels.length > 1 ? labels[1] : b.absent ? '/dev/null' : two));
  for (let i = 0; i < changes.length;) {
    let end = i + 1;
    while (end < changes.length && changes[end].a - changes[end - 1].a2 <= 2 * context) end++;
    hunk(a.lines, b.lines, changes, i, end);
    i = end;
  }
  return true;
}

function blank(lines: string[], from: i32, end: i32): bool {
  for (let i = from; i < end; i++) if (lines[i] != '\n') return false;
  return true;
}

function span(from: i32, end: i32): string {
  if (end - from == 1) return (from + 1).toString();
  return (end == from ? from : from + 1).toString() + ',' + (end - from).toString();
}

function hunk(a: string[], b: string[], changes: Change[], from: i32, end: i32): void {
  const first = changes[from];
  const last = changes[end - 1];
  const lead = min(context, min(first.a, first.b));
  const trail = min(context, min(a.length - last.a2, b.length - last.b2));
  out.line('@@ -' + span(first.a - lead, last.a2 + trail) + ' +' + span(first.b - lead, last.b2 + trail) + ' @@');
  let x = first.a - lead;
  for (let i = from; i < end; i++) {
    const c = changes[i];
    while (x < c.a) show(' ', a[x++]);
    while (x < c.a2) show('-', a[x++]);
    for (let y = c.b; y < c.b2; y++) show('+', b[y]);
  }
  while (x < last.a2 + trail) show(' ', a[x++]);
}

function show(mark: string, line: string): void {
  out.put(mark);
  if (o.has('T')) out.byte(9);
  if (!o.has('t')) out.put(line);
  else {
    let column = 0;
    for (let i = 0; i < line.length; i++) {
      const c = line.charCodeAt(i);
      if (c == 9) {
        do out.byte(32); while (++column & 7);
      } else {
        out.byte(c);
        column++;
      }
    }
  }
  if (!line.endsWith('\n')) out.put('\n\\ No newline at end of file\n');
}
