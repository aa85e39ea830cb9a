// fold, expand, unexpand: lines by their columns. A UTF-8 sequence is one column.

import * as out from '../lib/out';
import { Options, getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';
import { parseCount } from '../lib/number';

const FOLD = packed('[-bs] [-w WIDTH] [FILE]...\n\nWrap input lines in FILEs (or stdin), writing to stdout\n\n\t-b\tCount bytes rather than columns\n\t-s\tBreak at spaces\n\t-w\tUse WIDTH columns instead of 80\n');
const EXPAND = packed('[-i] [-t N] [FILE]...\n\nConvert tabs to spaces, writing to stdout\n\n\t-i\tDon\'t convert tabs after non blanks\n\t-t\tTabstops every N chars\n');
const UNEXPAND = packed('[-fa][-t N] [FILE]...\n\nConvert spaces to tabs, writing to stdout\n\n\t-a\tConvert all blanks\n\t-f\tConvert only leading blanks\n\t-t N\tTabstops every N chars\n');

type Filter = (line: string, width: i32, first: bool, second: bool) => void;

export function fold(args: string[]): i32 {
  // -80 is an old way to say -w 80.
  for (let i = 1; i < args.length; i++) {
    const code = args[i].charCodeAt(1);
    if (args[i].startsWith('-') && code >= 48 && code <= 57) args[i] = '-w' + args[i].substring(1);
  }
  const o = getopt(args, 'bsw:', FOLD, packed('bytes=b,spaces=s,width:=w'));
  if (!o.ok) return o.status;
  return filter(o, 'w', '80', o.has('b'), o.has('s'), foldLine);
}

export function expand(args: string[]): i32 {
  const o = getopt(args, 'it:', EXPAND, 'initial=i,tabs:=t');
  if (!o.ok) return o.status;
  return filter(o, 't', '8', o.has('i'), false, expandLine);
}

export function unexpand(args: string[]): i32 {
  const o = getopt(args, 'fat:', UNEXPAND, packed('first-only=f,all=a,tabs:=t'));
  if (!o.ok) return o.status;
  return filter(o, 't', '8', (o.has('a') || o.has('t')) && !o.has('f'), false, unexpandLine);
}

function filter(o: Options, letter: string, usual: string, first: bool, second: bool, change: Filter): i32 {
  const width = parseCount(o.get(letter, usual));
  if (width == 0) return out.complain('number 0 is not in 1..10000 range');
  if (width < 0) return out.complain("invalid number '" + o.get(letter) + "'");
  const files = o.rest.length ? o.rest : ['-'];
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.perror(files[i], fd);
      continue;
    }
    const input = new Reader(fd);
    for (;;) {
      const line = input.next();
      if (line === null) break;
      change(line, width, first, second);
      if (input.ended) out.byte(10);
    }
    input.free();
  }
  return status;
}

/** The column after a byte that stands at `column`. */
function after(c: i32, column: i32): i32 {
  if (c == 9) return (column | 7) + 1;
  if (c == 8) return max(column - 1, 0);
  if (c == 13) return 0;
  return (c & 0xc0) == 0x80 ? column : column + 1;
}

function foldLine(line: string, width: i32, bytes: bool, spaces: bool): void {
  let start = 0;
  let column = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    const next = bytes ? column + 1 : after(c, column);
    if (next <= width || i == start) {
      column = next;
      continue;
    }
    let end = i;
    if (spaces) {
      let blank = i - 1;
      while (blank >= start && line.charCodeAt(blank) != 32 && line.charCodeAt(blank) != 9) blank--;
      if (blank >= start) end = blank + 1;
    }
    out.line(line.substring(start, end));
    start = end;
    column = 0;
    i = end - 1;
  }
  out.put(line.substring(start));
}

function expandLine(line: string, width: i32, initial: bool, _second: bool): void {
  let column = 0;
  let blank = true;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c != 9 || (initial && !blank)) {
      if (c != 32) blank = false;
      out.byte(c);
      column = c == 8 ? max(column - 1, 0) : (c & 0xc0) == 0x80 ? column : column + 1;
      continue;
    }
    do out.byte(32); while (++column % width);
  }
}

function unexpandLine(line: string, width: i32, all: bool, _second: bool): void {
  let column = 0;
  let from = 0;
  let blank = true;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if ((c == 32 || c == 9) && (blank || all)) {
      column = c == 9 ? (column / width + 1) * width : column + 1;
      continue;
    }
    // busybox takes a line's first blanks for its leading ones, wherever they are.
    if (column > from) blank = false;
    gap(from, column, width);
    out.byte(c);
    if ((c & 0xc0) != 0x80) column++;
    from = column;
  }
  gap(from, column, width);
}

// Blanks between two columns: tabs as far as they reach.
function gap(from: i32, to: i32, width: i32): void {
  for (let next = (from / width + 1) * width; next <= to; next += width) {
    out.byte(9);
    from = next;
  }
  while (from++ < to) out.byte(32);
}
