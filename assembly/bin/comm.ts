// comm: what two sorted files have in common, in three columns.

import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';

const TEXT = packed('[-123] FILE1 FILE2\n\nCompare FILE1 with FILE2\n\n\t-1\tSuppress lines unique to FILE1\n\t-2\tSuppress lines unique to FILE2\n\t-3\tSuppress lines common to both files\n');

export function comm(args: string[]): i32 {
  const o = getopt(args, '123', TEXT);
  if (!o.ok) return o.status;
  if (o.rest.length != 2) return usage(TEXT);
  const fd1 = openInput(o.rest[0]);
  if (fd1 < 0) return out.cantOpen(o.rest[0], fd1);
  const fd2 = openInput(o.rest[1]);
  if (fd2 < 0) return out.cantOpen(o.rest[1], fd2);
  const one = new Reader(fd1);
  const two = new Reader(fd2);
  const first = o.has('1') ? '' : '\t';
  const second = o.has('2') ? '' : '\t';
  let a = one.next();
  let b = two.next();
  while (a !== null || b !== null) {
    const order = a === null ? 1 : b === null ? -1 : a < b ? -1 : a == b ? 0 : 1;
    if (order < 0 && !o.has('1')) out.line(a!);
    if (order > 0 && !o.has('2')) out.line(first + b!);
    if (order == 0 && !o.has('3')) out.line(first + second + a!);
    if (order <= 0) a = one.next();
    if (order >= 0) b = two.next();
  }
  return 0;
}
