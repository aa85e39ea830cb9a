// du: the room that files and trees take.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { humanSize, parseCount } from '../lib/number';
import { join } from '../lib/path';

const TEXT = packed('[-aHLdclsxhmk] [FILE]...\n\nSummarize disk space used for FILEs (or directories)\n\n\t-a\tShow file sizes too\n\t-b\tApparent size (including holes)\n\t-L\tFollow all symlinks\n\t-H\tFollow symlinks on command line\n\t-d N\tLimit output to directories (and files with -a) of depth < N\n\t-c\tShow grand total\n\t-l\tCount sizes many times if hard linked\n\t-s\tDisplay only a total for each argument\n\t-x\tSkip directories on different filesystems\n\t-h\tSizes in human readable format (e.g., 1K 243M 2G)\n\t-m\tSizes in megabytes\n\t-k\tSizes in kilobytes (default)\n');

let everything: bool = false;
let apparent: bool = false;
let follow: bool = false;
let oneSystem: bool = false;
let countLinks: bool = false;
let depthMax: i32 = 0;
/** Bytes of a unit; 0 for people. */
let unit: u64 = 1024;
let status: i32 = 0;
let device: u64 = 0;
const seen: Map<string, bool> = new Map<string, bool>();

export function du(args: string[]): i32 {
  const o = getopt(args, 'aHLd:clsxhmkb', TEXT, packed('max-depth:=d,total=c,summarize=s,all=a,apparent-size=b,human-readable=h'));
  if (!o.ok) return o.status;
  everything = o.has('a');
  apparent = o.has('b');
  follow = o.has('L');
  oneSystem = o.has('x');
  countLinks = o.has('l');
  depthMax = o.has('s') ? 0 : o.has('d') ? parseCount(o.get('d')) : 0x7fffffff;
  if (depthMax < 0) return out.complain("invalid number '" + o.get('d') + "'");
  unit = apparent ? 1 : 1024;
  for (let i = 0; i < o.letters.length; i++) {
    const c = o.letters[i];
    if (c == 104) unit = 0;
    else if (c == 109) unit = 1 << 20;
    else if (c == 107) unit = 1024;
  }
  const files = o.rest.length ? o.rest : ['.'];
  let total: u64 = 0;
  for (let i = 0; i < files.length; i++) {
    device = 0;
    total += walk(files[i], 0, o.has('H') || follow);
  }
  if (o.has('c')) print(total, 'total');
  return status;
}

function print(bytes: u64, name: string): void {
  out.line((unit == 0 ? humanSize(bytes) : ((bytes + unit - 1) / unit).toString()) + '\t' + name);
}

function walk(path: string, depth: i32, through: bool): u64 {
  const st = new fs.Stat();
  const r = through ? fs.stat(path, st) : fs.lstat(path, st);
  if (r < 0) {
    status = out.perror(path, r);
    return 0;
  }
  if (depth == 0) device = st.dev;
  else if (oneSystem && st.dev != device) return 0;
  let bytes: u64 = apparent ? <u64>st.size : <u64>st.blocks * 512;
  if (!st.isDir) {
    if (st.nlink > 1 && !countLinks) {
      const key = st.dev.toString() + ':' + st.ino.toString();
      if (seen.has(key)) return 0;
      seen.set(key, true);
    }
    if (depth == 0 || (everything && depth <= depthMax)) print(bytes, path);
    return bytes;
  }
  const list: fs.Entry[] = [];
  const got = fs.readdir(path, list);
  if (got < 0) status = out.cantOpen(path, got);
  for (let i = 0; i < list.length; i++) {
    const name = list[i].name;
    if (name != '.' && name != '..') bytes += walk(join(path, name), depth + 1, follow);
  }
  if (depth <= depthMax) print(bytes, path);
  return bytes;
}
