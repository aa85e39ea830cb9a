// head: the first lines or bytes of files.

import * as out from '../lib/out';
import { getopt, oldNumber } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader, openInput } from '../lib/input';
import { parseSize, valid } from '../lib/number';

const TEXT = packed('[OPTIONS] [FILE]...\n\nPrint first 10 lines of FILEs (or stdin).\nWith more than one FILE, precede each with a filename header.\n\n\t-n N[bkm]\tPrint first N lines\n\t-n -N[bkm]\tPrint all except N last lines\n\t-c [-]N[bkm]\tPrint first N bytes\n\t-q\t\tNever print headers\n\t-v\t\tAlways print headers\n');

export function head(args: string[]): i32 {
  const o = getopt(oldNumber(args), 'n:c:qv', TEXT, packed('lines:=n,bytes:=c,quiet=q,silent=q,verbose=v'));
  if (!o.ok) return o.status;
  const bytes = o.has('c') && !o.later('n', 'c');
  const spec = bytes ? o.get('c') : o.get('n', '10');
  const n = parseSize(spec);
  if (!valid) return out.complain("invalid number '" + spec + "'");
  const butLast = spec.startsWith('-');
  const files = o.rest.length ? o.rest : ['-'];
  const titles = o.has('v') || (files.length > 1 && !o.has('q'));
  let status = 0;
  let shown = false;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.perror(files[i], fd);
      continue;
    }
    if (titles) out.put((shown ? '\n' : '') + '==> ' + (files[i] == '-' ? 'standard input' : files[i]) + ' <==\n');
    shown = true;
    const input = new Reader(fd);
    if (bytes) butLast ? allButBytes(input, <i32>-n) : firstBytes(input, n);
    else if (butLast) allButLines(input, <i32>-n);
    else {
      for (let k: i64 = 0; k < n; k++) {
        const line = input.next();
        if (line === null) break;
        out.put(line);
        if (input.ended) out.byte(10);
        if (out.failure() != 0) break;
      }
    }
    if (input.error != 0) status = out.perror(files[i], input.error);
    input.free();
  }
  return status;
}

function firstBytes(input: Reader, n: i64): void {
  while (n > 0) {
    const s = input.take(<i32>min(n, 16384));
    if (s.length == 0) break;
    out.put(s);
    n -= s.length;
  }
}

function allButBytes(input: Reader, n: i32): void {
  let held = '';
  for (;;) {
    const s = input.take(16384);
    if (s.length == 0) break;
    held += s;
    if (held.length > n) {
      out.put(held.substring(0, held.length - n));
      held = held.substring(held.length - n);
    }
  }
}

function allButLines(input: Reader, n: i32): void {
  const held: string[] = [];
  for (;;) {
    const line = input.next();
    if (line === null) break;
    held.push(input.ended ? line + '\n' : line);
    if (held.length > n) out.put(held.shift());
  }
}
