// tee: standard input to standard output and to files.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as signal from '../sys/signal';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';

const TEXT = packed('[-ai] [FILE]...\n\nCopy stdin to each FILE, and also to stdout\n\n\t-a\tAppend to the given FILEs, don\'t overwrite\n\t-i\tIgnore interrupt signals (SIGINT)\n');

export function tee(args: string[]): i32 {
  const o = getopt(args, 'ia', TEXT, packed('append=a,ignore-interrupts=i'));
  if (!o.ok) return o.status;
  if (o.has('i')) signal.ignore(linux.SIGINT);
  let status = 0;
  const fds: i32[] = [1];
  const names: string[] = ['standard output'];
  for (let i = 0; i < o.rest.length; i++) {
    if (o.rest[i] == '-') {
      fds.push(1);
      names.push('standard output');
      continue;
    }
    const fd = fs.open(o.rest[i], linux.O_WRONLY | linux.O_CREAT | (o.has('a') ? linux.O_APPEND : linux.O_TRUNC), 0o666);
    if (fd < 0) status = out.perror(o.rest[i], fd);
    else {
      fds.push(fd);
      names.push(o.rest[i]);
    }
  }
  const size = 16384;
  const at = heap.alloc(size);
  let got: i32;
  while ((got = fs.readInto(0, at, size)) > 0) {
    for (let i = 0; i < fds.length; i++) {
      if (fds[i] < 0) continue;
      const r = fs.writeAll(fds[i], at, got);
      if (r >= 0) continue;
      status = out.perror(names[i], r);
      fds[i] = -1;
    }
  }
  if (got < 0) status = out.perror('read error', got);
  return status;
}
