// uniq: neighbouring equal lines once.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader, openInput } from '../lib/input';
import { parseCount } from '../lib/number';
import { isSpace, lower, padStart } from '../lib/text';

const TEXT = packed('[-cduiz] [-f,s,w N] [FILE [OUTFILE]]\n\nDiscard duplicate lines\n\n\t-c\tPrefix lines by the number of occurrences\n\t-d\tOnly print duplicate lines\n\t-u\tOnly print unique lines\n\t-i\tIgnore case\n\t-z\tNUL terminated output\n\t-f N\tSkip first N fields\n\t-s N\tSkip first N chars (after any skipped fields)\n\t-w N\tCompare N characters in line\n');

export function uniq(args: string[]): i32 {
  const o = getopt(args, 'cduf:s:w:iz', TEXT, packed('count=c,repeated=d,unique=u,ignore-case=i,skip-fields:=f,skip-chars:=s'));
  if (!o.ok) return o.status;
  const fields = parseCount(o.get('f', '0'));
  const skip = parseCount(o.get('s', '0'));
  const width = o.has('w') ? parseCount(o.get('w')) : 0x7fffffff;
  const fd = openInput(o.rest.length ? o.rest[0] : '-');
  if (fd < 0) return out.cantOpen(o.rest[0], fd);
  if (o.rest.length > 1 && o.rest[1] != '-') {
    const to = fs.open(o.rest[1], linux.O_WRONLY | linux.O_CREAT | linux.O_TRUNC, 0o666);
    if (to < 0) return out.perror(o.rest[1], to);
    fs.dup2(to, 1);
    fs.close(to);
  }
  const end = o.has('z') ? 0 : 10;
  const input = new Reader(fd);
  let line = input.next(end);
  while (line !== null) {
    const first: string = line;
    const key = keyOf(first, fields, skip, width, o.has('i'));
    let n = 1;
    for (;;) {
      line = input.next(end);
      if (line === null || keyOf(line, fields, skip, width, o.has('i')) != key) break;
      n++;
    }
    if (n == 1 ? o.has('d') : o.has('u')) continue;
    if (o.has('c')) out.put(padStart(n.toString(), 7) + ' ');
    out.put(first);
    out.byte(end);
  }
  return input.error != 0 ? out.perror('read error', input.error) : 0;
}

function keyOf(line: string, fields: i32, skip: i32, width: i32, fold: bool): string {
  if (fields == 0 && skip == 0 && width == 0x7fffffff && !fold) return line;
  let i = 0;
  for (let k = 0; k < fields; k++) {
    while (i < line.length && isSpace(line.charCodeAt(i))) i++;
    while (i < line.length && !isSpace(line.charCodeAt(i))) i++;
  }
  i = min(i + skip, line.length);
  const s = line.substring(i, width < line.length - i ? i + width : line.length);
  return fold ? lower(s) : s;
}
