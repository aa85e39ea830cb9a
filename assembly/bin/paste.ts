// paste: the lines of several files side by side, or of each file one after another.

import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';
import { unescapeAll } from '../lib/text';

const TEXT = packed('[-d LIST] [-s] [FILE]...\n\nPaste lines from each input file, separated with tab\n\n\t-d LIST\tUse delimiters from LIST, not tab\n\t-s\tSerial: one file at a time\n');

export function paste(args: string[]): i32 {
  const o = getopt(args, 'd:s', TEXT);
  if (!o.ok) return o.status;
  const delimiters = o.has('d') ? unescapeAll(o.get('d')) : '\t';
  const names = o.rest;
  if (names.length == 0) names.push('-');
  const files: Reader[] = [];
  let shared: Reader | null = null;
  for (let i = 0; i < names.length; i++) {
    const fd = openInput(names[i]);
    if (fd < 0) return out.cantOpen(names[i], fd);
    // All that read standard input take their lines from it in turn.
    if (fd == 0) {
      if (!shared) shared = new Reader(0);
      files.push(shared);
    } else files.push(new Reader(fd));
  }
  if (o.has('s')) serial(files, delimiters);
  else parallel(files, delimiters);
  return 0;
}

function separator(delimiters: string, i: i32): void {
  // \0 in the list stands for nothing between.
  const c = delimiters.length ? delimiters.charCodeAt(i % delimiters.length) : 0;
  if (c) out.byte(c);
}

function serial(files: Reader[], delimiters: string): void {
  for (let f = 0; f < files.length; f++) {
    let line = files[f].next();
    for (let i = 0; line !== null; i++) {
      out.put(line);
      line = files[f].next();
      if (line !== null) separator(delimiters, i);
    }
    out.byte(10);
  }
}

function parallel(files: Reader[], delimiters: string): void {
  for (;;) {
    const row: (string | null)[] = [];
    let alive = false;
    for (let f = 0; f < files.length; f++) {
      const line = files[f].next();
      if (line !== null) alive = true;
      row.push(line);
    }
    if (!alive) return;
    for (let f = 0; f < row.length; f++) {
      const line = row[f];
      if (line !== null) out.put(line);
      if (f < row.length - 1) separator(delimiters, f);
    }
    out.byte(10);
  }
}
