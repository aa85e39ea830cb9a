// cmp: the first byte where two files differ, or all of them.

import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';
import { parseSize, valid } from '../lib/number';
import { octal, padStart } from '../lib/text';

const TEXT = packed('[-ls] [-n NUM] FILE1 [FILE2 [SKIP1 [SKIP2]]]\n\nCompare FILE1 with FILE2 (or stdin)\n\n\t-l\tWrite the byte numbers (decimal) and values (octal)\n\t\tfor all differing bytes\n\t-s\tQuiet\n\t-n NUM\tCompare at most NUM bytes\n');

export function cmp(args: string[]): i32 {
  const o = getopt(args, 'lsn:', TEXT);
  if (!o.ok) return o.status;
  const rest = o.rest;
  if (rest.length == 0 || rest.length > 4) return usage(TEXT);
  const quiet = o.has('s');
  const name1 = rest[0];
  const name2 = rest.length > 1 ? rest[1] : '-';
  let limit = i64.MAX_VALUE;
  if (o.has('n')) limit = parseSize(o.get('n'));
  const skip1 = rest.length > 2 ? parseSize(rest[2]) : 0;
  const skip2 = rest.length > 3 ? parseSize(rest[3]) : 0;
  if ((o.has('n') || rest.length > 2) && !valid) return out.complain('invalid number');
  const fd1 = openInput(name1);
  if (fd1 < 0) return trouble(name1, fd1, quiet);
  const fd2 = openInput(name2);
  if (fd2 < 0) return trouble(name2, fd2, quiet);
  const a = new Reader(fd1);
  const b = new Reader(fd2);
  for (let i: i64 = 0; i < skip1 && a.byte() >= 0; i++);
  for (let i: i64 = 0; i < skip2 && b.byte() >= 0; i++);
  let line: i64 = 1;
  let status = 0;
  for (let at: i64 = 1; at <= limit; at++) {
    const x = a.byte();
    const y = b.byte();
    if (x == y) {
      if (x < 0) break;
      if (x == 10) line++;
      continue;
    }
    status = 1;
    if (x < 0 || y < 0) {
      if (!quiet) out.err('cmp: EOF on ' + (x < 0 ? name1 : name2) + '\n');
      break;
    }
    if (quiet) break;
    if (!o.has('l')) {
      out.line(name1 + ' ' + name2 + ' differ: char ' + at.toString() + ', line ' + line.toString());
      break;
    }
    out.line(at.toString() + ' ' + padStart(octal(x), 3) + ' ' + padStart(octal(y), 3));
    if (x == 10) line++;
  }
  return status;
}

function trouble(name: string, error: i32, quiet: bool): i32 {
  if (!quiet) out.perror(name, error);
  return 2;
}
