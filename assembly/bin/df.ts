// df: the room on mounted file systems.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { humanSize, parseSize, valid } from '../lib/number';
import { Mount, mounts } from '../lib/mounts';
import { padEnd, padStart } from '../lib/text';

const TEXT = packed('[-PkmhTai] [-B SIZE] [-t TYPE] [FILESYSTEM]...\n\nPrint filesystem usage statistics\n\n\t-P\tPOSIX output format\n\t-k\t1024-byte blocks (default)\n\t-m\t1M-byte blocks\n\t-h\tHuman readable (e.g. 1K 243M 2G)\n\t-T\tPrint filesystem type\n\t-t TYPE\tPrint only mounts of this type\n\t-a\tShow all filesystems\n\t-i\tInodes\n\t-B SIZE\tBlocksize\n');

// In units of so many bytes; 0 for people.
function amount(count: u64, size: u64, unit: u64): string {
  if (unit == 0) return humanSize(count * size);
  return ((count * size + unit / 2) / unit).toString();
}

// The mount that a file is on: by its name, else by its device.
function mountOf(path: string, all: Mount[]): Mount | null {
  const st = new fs.Stat();
  if (fs.stat(path, st) < 0) return null;
  const dev = st.dev;
  for (let i = 0; i < all.length; i++) {
    const m = all[i];
    if (m.source == path || m.dir == path) return m;
    if (fs.stat(m.dir, st) == 0 && st.dev == dev) return m;
  }
  return null;
}

export function df(args: string[]): i32 {
  const o = getopt(args, 'kPTaiB:t:hm', TEXT);
  if (!o.ok) return o.status;
  const inodes = o.has('i');
  const posix = o.has('P');
  const typed = o.has('T');
  let unit: u64 = 1024;
  let title = posix ? '1024-blocks' : '1K-blocks';
  const last = o.letters.length;
  for (let i = 0; i < last; i++) {
    const c = o.letters[i];
    if (c == 104) { // h
      unit = 0;
      title = '     Size';
    } else if (c == 109) { // m
      unit = 1 << 20;
      title = '1M-blocks';
    } else if (c == 107) { // k
      unit = 1024;
      title = posix ? '1024-blocks' : '1K-blocks';
    } else if (c == 66) { // B
      unit = <u64>parseSize(o.texts[i]);
      if (!valid || unit == 0) return out.complain("invalid number '" + o.texts[i] + "'");
      title = unit.toString() + '-blocks';
    }
  }
  if (inodes) {
    if (unit) unit = 1;
    title = '   Inodes';
  }
  out.line('Filesystem           ' + (typed ? 'Type       ' : '') + padEnd(title, 15) + 'Used Available ' + (posix ? 'Capacity' : 'Use%') + ' Mounted on');
  const all = mounts();
  let list = all;
  let status = 0;
  if (o.rest.length) {
    list = [];
    for (let i = 0; i < o.rest.length; i++) {
      const m = mountOf(o.rest[i], all);
      if (m === null) status = out.complain(o.rest[i] + ": can't find mount point");
      else list.push(m);
    }
  }
  const s = new fs.Statfs();
  for (let i = 0; i < list.length; i++) {
    const m = list[i];
    if (o.has('t') && m.type != o.get('t')) continue;
    const r = fs.statfs(m.dir, s);
    if (r < 0) {
      status = out.perror(m.dir, r);
      continue;
    }
    if (s.blocks == 0 && !o.has('a') && !o.rest.length) continue;
    const size: u64 = inodes ? 1 : s.frsize ? s.frsize : s.bsize;
    const blocks = inodes ? s.files : s.blocks;
    const avail = inodes ? s.ffree : s.bavail;
    const used = blocks - (inodes ? s.ffree : s.bfree);
    const sum = used + avail;
    const percent = sum ? (used * 100 + sum / 2) / sum : 0;
    out.put(m.source.length > 20 && !posix ? m.source + '\n' + ' '.repeat(20) : padEnd(m.source, 20));
    if (typed) out.put(' ' + padEnd(m.type, 10));
    out.line(' ' + padStart(amount(blocks, size, unit), 9) + ' ' + padStart(amount(used, size, unit), 9) + ' '
      + padStart(amount(avail, size, unit), 9) + ' ' + padStart(percent.toString(), 3) + '% ' + m.dir);
  }
  return status;
}
