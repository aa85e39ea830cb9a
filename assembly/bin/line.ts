// Small filters over lines: rev, tac, nl.

import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';
import { padStart } from '../lib/text';
import { parseCount } from '../lib/number';

function rest(files: string[]): string[] {
  return files.length ? files : ['-'];
}

export function rev(args: string[]): i32 {
  const o = getopt(args, '', packed('[FILE]...\n\nReverse lines of FILE\n'));
  if (!o.ok) return o.status;
  const files = rest(o.rest);
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.cantOpen(files[i], fd);
      continue;
    }
    const input = new Reader(fd);
    for (;;) {
      const line = input.next();
      if (line === null) break;
      // As a C string, which ends at a NUL and takes its newline along; by characters: a UTF-8 sequence stays in its order.
      const nul = line.indexOf('\0');
      let end = nul < 0 ? line.length : nul;
      for (let k = end - 1; k >= 0; k--) {
        if ((line.charCodeAt(k) & 0xc0) == 0x80) continue;
        out.put(line.substring(k, end));
        end = k;
      }
      if (input.ended && nul < 0) out.byte(10);
    }
    input.free();
  }
  return status;
}

export function tac(args: string[]): i32 {
  const o = getopt(args, '', packed('[FILE]...\n\nConcatenate FILEs and print them in reverse\n'));
  if (!o.ok) return o.status;
  const files = rest(o.rest);
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.cantOpen(files[i], fd);
      continue;
    }
    const input = new Reader(fd);
    const lines: string[] = [];
    for (;;) {
      const line = input.next();
      if (line === null) break;
      lines.push(input.ended ? line + '\n' : line);
    }
    for (let k = lines.length - 1; k >= 0; k--) out.put(lines[k]);
    input.free();
  }
  return status;
}

export function nl(args: string[]): i32 {
  const o = getopt(args, 'pw:i:v:b:n:s:h:d:f:l:', packed('[OPTIONS] [FILE]...\n\nWrite FILEs to standard output with line numbers added\n\n\t-b STYLE\tWhich lines to number - a: all, t: nonempty, n: none\n\t-i N\t\tLine number increment\n\t-s STRING\tUse STRING as line number separator\n\t-v N\t\tStart from N\n\t-w N\t\tWidth of line numbers\n'));
  if (!o.ok) return o.status;
  const style = o.get('b', 't');
  const width = parseCount(o.get('w', '6'));
  const step = parseCount(o.get('i', '1'));
  let n = parseCount(o.get('v', '1'));
  const between = o.get('s', '\t');
  const files = rest(o.rest);
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.cantOpen(files[i], fd);
      continue;
    }
    const input = new Reader(fd);
    for (;;) {
      const line = input.next();
      if (line === null) break;
      if (style == 'a' || (style == 't' && line.length)) {
        out.put(padStart(n.toString(), width) + between);
        n += step;
      } else out.put(' '.repeat(width + 1));
      out.line(line);
    }
    input.free();
  }
  return status;
}

export function clear(args: string[]): i32 {
  const o = getopt(args, '', packed('\n\nClear screen\n'));
  if (!o.ok) return o.status;
  out.put('\x1b[H\x1b[J');
  return 0;
}
