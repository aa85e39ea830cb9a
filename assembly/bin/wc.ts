// wc: lines, words, bytes, characters, the longest line.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput } from '../lib/input';
import { isSpace, padStart } from '../lib/text';

const TEXT = packed('[-cmlwL] [FILE]...\n\nCount lines, words, and bytes for FILEs (or stdin)\n\n\t-c\tCount bytes\n\t-m\tCount characters\n\t-l\tCount newlines\n\t-w\tCount words\n\t-L\tPrint longest line length\n');

let lines: i64 = 0;
let words: i64 = 0;
let chars: i64 = 0;
let bytes: i64 = 0;
let longest: i64 = 0;

export function wc(args: string[]): i32 {
  const o = getopt(args, 'clwLm', TEXT, packed('bytes=c,lines=l,words=w,chars=m,max-line-length=L'));
  if (!o.ok) return o.status;
  let mask = (o.has('l') ? 1 : 0) | (o.has('w') ? 2 : 0) | (o.has('m') ? 4 : 0) | (o.has('c') ? 8 : 0) | (o.has('L') ? 16 : 0);
  if (mask == 0) mask = 1 | 2 | 8;
  const files = o.rest.length ? o.rest : ['-'];
  const total = new StaticArray<i64>(5);
  let status = 0;
  // A single number stands without padding.
  const narrow = files.length == 1 && (mask & (mask - 1)) == 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.perror(files[i], fd);
      continue;
    }
    const r = count(fd);
    if (r < 0) status = out.perror(files[i], r);
    if (fd > 0) fs.close(fd);
    total[0] += lines;
    total[1] += words;
    total[2] += chars;
    total[3] += bytes;
    total[4] = max(total[4], longest);
    print(mask, narrow, lines, words, chars, bytes, longest, o.rest.length ? files[i] : '');
  }
  if (files.length > 1) print(mask, false, total[0], total[1], total[2], total[3], total[4], 'total');
  return status;
}

function print(mask: i32, narrow: bool, l: i64, w: i64, m: i64, c: i64, longest: i64, name: string): void {
  let s = '';
  for (let i = 0; i < 5; i++) {
    if ((mask & (1 << i)) == 0) continue;
    const v = i == 0 ? l : i == 1 ? w : i == 2 ? m : i == 3 ? c : longest;
    if (narrow) s = v.toString();
    else s += (s.length ? ' ' : '') + padStart(v.toString(), 9);
  }
  out.line(name.length ? s + ' ' + name : s);
}

function count(fd: i32): i32 {
  lines = words = chars = bytes = longest = 0;
  const size = 65536;
  const at = heap.alloc(size);
  let inWord = false;
  let column: i64 = 0;
  let got: i32;
  while ((got = fs.readInto(fd, at, size)) > 0) {
    bytes += got;
    for (let i = 0; i < got; i++) {
      const c = load<u8>(at + i);
      if ((c & 0xc0) != 0x80) chars++;
      if (c > 32 && c != 127) {
        inWord = true;
        if ((c & 0xc0) != 0x80) column++;
        continue;
      }
      if (c == 10 || c == 12 || c == 13) {
        if (c == 10) lines++;
        longest = max(longest, column);
        column = 0;
      } else if (c == 9) column = (column | 7) + 1;
      else if (c == 32) column++;
      if (!isSpace(c)) continue;
      if (inWord) words++;
      inWord = false;
    }
  }
  if (inWord) words++;
  longest = max(longest, column);
  heap.free(at);
  return got;
}
