// cat: files to standard output, -n and -b number lines, -v -e -t -A show what is invisible.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { strerror } from '../sys/errno';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader, openInput } from '../lib/input';
import { padStart } from '../lib/text';

export function cat(args: string[]): i32 {
  const o = getopt(args, 'nbvteAu', packed('[-nbvteA] [FILE]...\n\nPrint FILEs to stdout\n'));
  if (!o.ok) return o.status;
  const files = o.rest.length ? o.rest : ['-'];
  const ends = o.has('e') || o.has('A');
  const tabs = o.has('t') || o.has('A');
  const show = o.has('v') || ends || tabs;
  const number = o.has('n') || o.has('b');
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.cantOpen(files[i], fd);
      continue;
    }
    if (show || number) status |= fancy(fd, show, ends, tabs, number, o.has('b'));
    else {
      out.flush();
      const r = out.copy(fd, 1);
      if (r < 0) status = out.complain((out.writing ? 'write' : 'read') + ' error: ' + strerror(r));
      if (r < 0 && out.writing) return 1;
    }
    if (fd > 0) fs.close(fd);
  }
  return status;
}

let count: i32 = 0;

function fancy(fd: i32, show: bool, ends: bool, tabs: bool, number: bool, nonblank: bool): i32 {
  const input = new Reader(fd);
  for (;;) {
    const line = input.next();
    if (line === null) break;
    if (number && !(nonblank && line.length == 0)) out.put(padStart((++count).toString(), 6) + '\t');
    if (show) for (let i = 0; i < line.length; i++) visible(line.charCodeAt(i), tabs);
    else out.put(line);
    if (!input.ended) {
      if (number) out.byte(10);
      break;
    }
    out.put(ends ? '$\n' : '\n');
  }
  if (input.error != 0) return out.perror('read error', input.error);
  return 0;
}

/** ^X and M-X, as cat -v writes them. */
export function visible(c: i32, tabs: bool): void {
  if (c == 9 && !tabs) return out.byte(9);
  if (c > 127) {
    out.put('M-');
    c -= 128;
  }
  if (c < 32) {
    out.byte(94);
    out.byte(c + 64);
  } else if (c == 127) out.put('^?');
  else out.byte(c);
}
