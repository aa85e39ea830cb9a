// ls: names in columns on a terminal, one a line elsewhere, or long.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { errno } from '../sys/errno';
import { local, offsetText, strftime } from '../lib/date';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { humanSize } from '../lib/number';
import { modeString } from '../lib/mode';
import { join } from '../lib/path';
import { compare, padEnd, padStart } from '../lib/text';
import { groupName, userName } from '../lib/user';
import * as time from '../sys/time';
import * as tty from '../sys/tty';

const TEXT = packed('[-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...\n\nList directory contents\n\n\t-1\tOne column output\n\t-a\tInclude names starting with .\n\t-A\tLike -a, but exclude . and ..\n\t-x\tList by lines\n\t-d\tList directory names, not contents\n\t-L\tFollow symlinks\n\t-R\tRecurse\n\t-p\tAppend / to directory names\n\t-F\tAppend indicator (one of */=@|) to names\n\t-l\tLong format\n\t-i\tList inode numbers\n\t-n\tList numeric UIDs and GIDs instead of names\n\t-s\tList allocated blocks\n\t-h\tHuman readable sizes (1K 243M 2G)\n\t-S\tSort by size\n\t-X\tSort by extension\n\t-t\tSort by mtime (-tc ctime, -tu atime)\n\t-r\tReverse sort order\n\t-w N\tFormat N columns wide\n\t--full-time\tList full date/time\n\t--color[={always,never,auto}]\n');

class Item {
  constructor(
    public name: string,
    public path: string,
    public st: fs.Stat,
  ) {}
}

// The options, which sorting needs too.
let all: bool = false;
let almost: bool = false;
let long: bool = false;
let numeric: bool = false;
let inode: bool = false;
let blocks: bool = false;
let human: bool = false;
let slash: bool = false;
let classify: bool = false;
let follow: bool = false;
let recurse: bool = false;
let full: bool = false;
let ctime: bool = false;
let atime: bool = false;
let columns: bool = false;
let across: bool = false;
let color: bool = false;
let dirsFirst: bool = false;
let quote: bool = false;
let width: i32 = 80;
let order: i32 = 0;
let reverse: i32 = 1;
let status: i32 = 0;

const BY_NAME = 0;
const BY_SIZE = 1;
const BY_TIME = 2;
const BY_EXT = 3;
const BY_VERSION = 4;
const UNSORTED = 5;

export function ls(args: string[]): i32 {
  const o = getopt(args, '1AaCxdLHRFplinshrSXvctukfw:T:Q', TEXT, packed('full-time=Z,color::=K,group-directories-first=G'));
  if (!o.ok) return o.status;
  const terminal = tty.isatty(1);
  all = o.has('a') || o.has('f');
  almost = o.has('A');
  numeric = o.has('n');
  full = o.has('Z');
  long = o.has('l') || numeric || full;
  inode = o.has('i');
  blocks = o.has('s');
  human = o.has('h');
  slash = o.has('p');
  classify = o.has('F');
  follow = o.has('L');
  recurse = o.has('R') && !o.has('d');
  ctime = o.has('c');
  atime = o.has('u');
  columns = (terminal || o.has('C') || o.has('x')) && !long && !o.has('1');
  across = o.has('x');
  dirsFirst = o.has('G');
  quote = o.has('Q');
  color = o.has('K') && (o.get('K') == 'always' || o.get('K') == '' || (o.get('K') == 'auto' && terminal));
  order = o.has('f') ? UNSORTED : o.has('t') || (!long && (ctime || atime)) ? BY_TIME : o.has('S') ? BY_SIZE : o.has('X')
    ? BY_EXT : o.has('v') ? BY_VERSION : BY_NAME;
  reverse = o.has('r') ? -1 : 1;
  if (terminal && tty.winsize(1) == 0 && tty.columns > 0) width = tty.columns;
  if (o.has('w')) width = <i32>parseInt(o.get('w'));
  status = 0;
  const operands = o.rest.length ? o.rest : ['.'];
  const files: Item[] = [];
  const dirs: Item[] = [];
  for (let i = 0; i < operands.length; i++) {
    const st = new fs.Stat();
    const path = operands[i];
    // A link to a directory is listed, unless the listing is about the link itself.
    const through = follow || o.has('H') || (!long && !classify && !o.has('d'));
    let r = through ? fs.stat(path, st) : fs.lstat(path, st);
    if (r < 0 && through && !follow) r = fs.lstat(path, st);
    if (r < 0) {
      status = out.perror(path, r);
      continue;
    }
    const item = new Item(path, path, st);
    if (st.isDir && !o.has('d')) dirs.push(item);
    else files.push(item);
  }
  sort(files);
  sort(dirs);
  if (files.length) show(files);
  const titles = operands.length > 1 || recurse;
  for (let i = 0; i < dirs.length; i++) {
    if (titles) {
      if (i > 0 || files.length) out.byte(10);
      out.line(dirs[i].path + ':');
    }
    list(dirs[i].path);
  }
  return status;
}

function list(path: string): void {
  const entries: fs.Entry[] = [];
  const r = fs.readdir(path, entries);
  if (r < 0) {
    status = out.cantOpen(path, r);
    return;
  }
  const items: Item[] = [];
  for (let i = 0; i < entries.length; i++) {
    const name = entries[i].name;
    if (name.charCodeAt(0) == 46 && !all) {
      if (!almost || name == '.' || name == '..') continue;
    }
    const full = join(path, name);
    const st = new fs.Stat();
    if (long || order != BY_NAME || classify || slash || blocks || recurse || color || inode || dirsFirst) {
      let e = follow ? fs.stat(full, st) : fs.lstat(full, st);
      if (e < 0 && follow) e = fs.lstat(full, st);
      if (e < 0) {
        status = out.perror(full, e);
        continue;
      }
    }
    items.push(new Item(name, full, st));
  }
  sort(items);
  if (long || blocks) {
    let total: i64 = 0;
    for (let i = 0; i < items.length; i++) total += items[i].st.blocks;
    out.line('total ' + (human ? padEnd(wholeSize(total * 512), 7) : (total / 2).toString()));
  }
  show(items);
  if (!recurse) return;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (!item.st.isDir || item.name == '.' || item.name == '..') continue;
    out.put('\n' + item.path + ':\n');
    list(item.path);
  }
}

// As humanSize, rounded to whole units.
function wholeSize(v: i64): string {
  const s = humanSize(v);
  const dot = s.indexOf('.');
  if (dot < 0) return s;
  const whole = <i32>parseInt(s.substring(0, dot)) + (s.charCodeAt(dot + 1) >= 53 ? 1 : 0);
  return whole.toString() + s.charAt(s.length - 1);
}

function when(st: fs.Stat): i64 {
  return ctime ? st.ctime : atime ? st.atime : st.mtime;
}

function whenNs(st: fs.Stat): i64 {
  return ctime ? st.ctimeNs : atime ? st.atimeNs : st.mtimeNs;
}

function sort(items: Item[]): void {
  if (order != UNSORTED) items.sort(byOrder);
}

function byOrder(a: Item, b: Item): i32 {
  if (dirsFirst && a.st.isDir != b.st.isDir) return a.st.isDir ? -1 : 1;
  let d = 0;
  if (order == BY_SIZE) d = a.st.size < b.st.size ? 1 : a.st.size > b.st.size ? -1 : 0;
  else if (order == BY_TIME) {
    const x = when(a.st);
    const y = when(b.st);
    d = x < y ? 1 : x > y ? -1 : 0;
    if (d == 0) d = whenNs(a.st) < whenNs(b.st) ? 1 : whenNs(a.st) > whenNs(b.st) ? -1 : 0;
  } else if (order == BY_EXT) {
    const x = a.name.lastIndexOf('.');
    const y = b.name.lastIndexOf('.');
    d = compare(x < 0 ? '' : a.name.substring(x), y < 0 ? '' : b.name.substring(y));
  } else if (order == BY_VERSION) d = versionCompare(a.name, b.name);
  if (d == 0) d = compare(a.name, b.name);
  return d * reverse;
}

/** strverscmp: runs of digits compare as numbers. */
export function versionCompare(a: string, b: string): i32 {
  let i = 0;
  let k = 0;
  while (i < a.length && k < b.length) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(k);
    if (x >= 48 && x <= 57 && y >= 48 && y <= 57) {
      let v: u64 = 0;
      let w: u64 = 0;
      while (i < a.length && a.charCodeAt(i) >= 48 && a.charCodeAt(i) <= 57) v = v * 10 + a.charCodeAt(i++) - 48;
      while (k < b.length && b.charCodeAt(k) >= 48 && b.charCodeAt(k) <= 57) w = w * 10 + b.charCodeAt(k++) - 48;
      if (v != w) return v < w ? -1 : 1;
      continue;
    }
    if (x != y) return x < y ? -1 : 1;
    i++;
    k++;
  }
  return (a.length - i) - (b.length - k);
}

function suffix(st: fs.Stat): string {
  if (st.isDir) return slash || classify ? '/' : '';
  if (!classify) return '';
  if (st.isLink) return '@';
  if (st.type == linux.S_IFIFO) return '|';
  if (st.type == linux.S_IFSOCK) return '=';
  return st.isReg && (st.mode & 0o111) != 0 ? '*' : '';
}

function paint(item: Item): string {
  const name = quote ? '"' + item.name.replaceAll('"', '\\"') + '"' : item.name;
  if (!color) return name;
  const st = item.st;
  const bold = st.isDir || st.isLink || st.isDevice || st.type == linux.S_IFSOCK || (st.isReg && (st.mode & 0o111) != 0);
  const tone = st.isDir ? 34 : st.isLink ? 36 : st.type == linux.S_IFIFO || st.isDevice ? 33 : st.type == linux.S_IFSOCK ? 35
    : st.isReg && (st.mode & 0o111) != 0 ? 32 : 0;
  return '\x1b[' + (bold ? '1' : '0') + ';' + tone.toString() + 'm' + name + '\x1b[m';
}

// The text before the name, which columns must make room for.
function prefix(item: Item): string {
  let s = '';
  if (inode) s += padStart(item.st.ino.toString(), 7) + ' ';
  if (blocks) s += padStart(human ? wholeSize(item.st.blocks * 512) : (item.st.blocks / 2).toString(), 6) + ' ';
  return s;
}

function show(items: Item[]): void {
  if (!columns) {
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (long) longLine(item);
      else out.line(prefix(item) + paint(item) + suffix(item.st));
    }
    return;
  }
  let widest = 0;
  for (let i = 0; i < items.length; i++) {
    widest = max(widest, shownWidth(prefix(items[i])) + nameWidth(items[i]) + suffix(items[i].st).length);
  }
  const n = items.length;
  const cell = widest + 2;
  const perRow = max(1, (width + 1) / cell);
  const rows = (n + perRow - 1) / perRow;
  for (let row = 0; row < rows; row++) {
    let blank = 0;
    for (let col = 0; col < perRow; col++) {
      const i = across ? row * perRow + col : col * rows + row;
      if (i >= n) continue;
      const s = prefix(items[i]);
      const tail = suffix(items[i].st);
      out.put(' '.repeat(blank) + s + paint(items[i]) + tail);
      blank = cell - shownWidth(s) - nameWidth(items[i]) - tail.length;
    }
    out.byte(10);
  }
}

function nameWidth(item: Item): i32 {
  return shownWidth(item.name) + (quote ? 2 : 0);
}

// Places on the screen: bytes that continue a UTF-8 sequence take none.
function shownWidth(s: string): i32 {
  let n = 0;
  for (let i = 0; i < s.length; i++) if ((s.charCodeAt(i) & 0xc0) != 0x80) n++;
  return n;
}

function longLine(item: Item): void {
  const st = item.st;
  let s = prefix(item) + modeString(st.mode) + ' ' + padStart(st.nlink.toString(), 4) + ' ';
  let user = numeric ? '' : userName(st.uid);
  let group = numeric ? '' : groupName(st.gid);
  if (!user.length) user = st.uid.toString();
  if (!group.length) group = st.gid.toString();
  s += padEnd(user.substring(0, 8), 8) + ' ' + padEnd(group.substring(0, 8), 8) + ' ';
  if (st.isDevice) s += padStart(((st.rdev >> 8) & 0xfff).toString(), 4) + ',' + padStart(((st.rdev & 0xff) | ((st.rdev >> 12) & 0xfff00)).toString(), 4);
  else s += human ? padStart(humanSize(st.size), 7) : padStart(st.size.toString(), 9);
  out.put(s + ' ' + dateText(when(st)) + ' ' + paint(item));
  if (st.isLink) {
    const target = fs.readlink(item.path);
    if (target === null) status = out.perror(item.path, errno);
    else {
      out.put(' -> ' + target);
      const to = new fs.Stat();
      if (classify && fs.stat(item.path, to) == 0) out.put(suffix(to));
    }
    out.byte(10);
  } else out.line(suffix(st));
}

function dateText(seconds: i64): string {
  const t = local(seconds);
  if (full) return strftime('%Y-%m-%d %H:%M:%S ', t, seconds) + offsetText(t.offset);
  const age = time.now() - seconds;
  // Older than half a year, or in the future: the year instead of the time.
  const recent = age < 15552000 && age > -900;
  return strftime(recent ? '%b %e %H:%M' : '%b %e  %Y', t, seconds);
}
