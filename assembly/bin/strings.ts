// strings: runs of printable characters in binary files.

import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';
import { parseCount } from '../lib/number';
import { Bytes, padStart } from '../lib/text';

const TEXT = packed('[-fo] [-t o|d|x] [-n LEN] [FILE]...\n\nDisplay printable strings in a binary file\n\n\t-f\t\tPrecede strings with filenames\n\t-o\t\tPrecede strings with octal offsets\n\t-t o|d|x\tPrecede strings with offsets in base 8/10/16\n\t-n LEN\t\tAt least LEN characters form a string (default 4)\n');

export function strings(args: string[]): i32 {
  const o = getopt(args, 'afon:t:', TEXT);
  if (!o.ok) return o.status;
  const least = parseCount(o.get('n', '4'));
  if (least < 1) return out.complain("invalid number '" + o.get('n') + "'");
  const radix = o.has('t') ? o.get('t') : o.has('o') ? 'o' : '';
  if (radix.length > 1 || 'odx'.indexOf(radix) < 0) return usage(TEXT);
  const files = o.rest.length ? o.rest : ['-'];
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.cantOpen(files[i], fd);
      continue;
    }
    const name = o.has('f') ? (o.rest.length ? files[i] : '{standard input}') + ': ' : '';
    const input = new Reader(fd);
    const run = new Bytes();
    for (let at: i64 = 0; ; at++) {
      const c = input.byte();
      if ((c >= 32 && c < 127) || c == 9) {
        run.push(c);
        continue;
      }
      if (run.length >= least) out.line(name + offset(at - run.length, radix) + run.toString());
      run.clear();
      if (c < 0) break;
    }
    input.free();
  }
  return status;
}

function offset(at: i64, radix: string): string {
  if (radix.length == 0) return '';
  return padStart(at.toString(radix == 'o' ? 8 : radix == 'x' ? 16 : 10), 7) + ' ';
}
