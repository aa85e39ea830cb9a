// tail: the last lines or bytes of files; -f goes on as they grow.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import * as time from '../sys/time';
import { getopt, oldNumber } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput } from '../lib/input';
import { parseSize, valid } from '../lib/number';

const TEXT = packed('[OPTIONS] [FILE]...\n\nPrint last 10 lines of FILEs (or stdin) to.\nWith more than one FILE, precede each with a filename header.\n\n\t-c [+]N[bkm]\tPrint last N bytes\n\t-n N[bkm]\tPrint last N lines\n\t-n +N[bkm]\tStart on Nth line and print the rest\n\t-q\t\tNever print headers\n\t-v\t\tAlways print headers\n\t-f\t\tPrint data as file grows\n\t-F\t\tSame as -f, but keep retrying\n\t-s SECONDS\tWait SECONDS between reads with -f\n');

export function tail(args: string[]): i32 {
  const o = getopt(oldNumber(args, true), 'fn:c:qs:vF', TEXT, packed('lines:=n,bytes:=c,follow=f,quiet=q,verbose=v,retry=F'));
  if (!o.ok) return o.status;
  const bytes = o.has('c') && !o.later('n', 'c');
  const spec = bytes ? o.get('c') : o.get('n', '10');
  let n = parseSize(spec);
  if (!valid) return out.complain("invalid number '" + spec + "'");
  const fromStart = spec.startsWith('+');
  if (n < 0) n = -n;
  const follow = o.has('f') || o.has('F');
  const files = o.rest.length ? o.rest : ['-'];
  const titles = o.has('v') || (files.length > 1 && !o.has('q'));
  const fds: i32[] = [];
  let status = 0;
  let shown = false;
  let last = '';
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    fds.push(fd);
    if (fd < 0) {
      status = out.cantOpen(files[i], fd);
      continue;
    }
    if (titles) out.put((shown ? '\n' : '') + '==> ' + (files[i] == '-' ? 'standard input' : files[i]) + ' <==\n');
    shown = true;
    last = files[i];
    status |= one(fd, n, bytes, fromStart);
    if (!follow && fd > 0) fs.close(fd);
  }
  if (!shown && status != 0 && files.length == fds.length) return out.complain('no files');
  out.flush();
  const wait: i64 = o.has('s') ? I64.parseInt(o.get('s')) * 1000000000 : 1000000000;
  while (follow && out.failure() == 0) {
    time.sleepNs(wait);
    for (let i = 0; i < files.length; i++) {
      if (fds[i] < 0 && o.has('F')) fds[i] = openInput(files[i]);
      if (fds[i] < 0) continue;
      last = grown(fds[i], files[i], last, titles);
    }
    out.flush();
  }
  return status;
}

// Print what a file has got since; the name whose header stands last.
function grown(fd: i32, name: string, last: string, titles: bool): string {
  const size = 4096;
  const at = heap.alloc(size);
  for (;;) {
    const got = fs.readInto(fd, at, size);
    if (got <= 0) break;
    if (titles && last != name) {
      out.put('\n==> ' + name + ' <==\n');
      last = name;
    }
    out.raw(at, got);
  }
  heap.free(at);
  return last;
}

function one(fd: i32, n: i64, bytes: bool, fromStart: bool): i32 {
  // The tail of a stream has to be kept; of a file, seeking near the end spares reading it all.
  const size = 65536;
  if (!fromStart && n < 4096) {
    const end = fs.lseek(fd, 0, 2);
    if (end > size * 4) fs.lseek(fd, end - size * 4, 0);
    else if (end >= 0) fs.lseek(fd, 0, 0);
  }
  let at = heap.alloc(size);
  let room = size;
  let used = 0;
  let skip = fromStart ? max(n - 1, 0) : 0;
  let status = 0;
  for (;;) {
    if (room - used < 4096) {
      // Drop what cannot be part of the answer any more.
      if (!fromStart) {
        const from = begin(at, used, n, bytes);
        if (from > 0) {
          memory.copy(at, at + from, used - from);
          used -= from;
        }
      }
      if (room - used < 4096) {
        room *= 2;
        at = heap.realloc(at, room);
      }
    }
    const got = fs.readInto(fd, at + used, room - used);
    if (got < 0) status = out.perror('read error', got);
    if (got <= 0) break;
    if (!fromStart) {
      used += got;
      continue;
    }
    let i = 0;
    for (; i < got && skip > 0; i++) if (bytes || load<u8>(at + i) == 10) skip--;
    out.raw(at + i, got - i);
  }
  if (!fromStart) {
    const from = begin(at, used, n, bytes);
    out.raw(at + from, used - from);
  }
  heap.free(at);
  return status;
}

// Where the last n lines or bytes of [at, at+used) begin.
function begin(at: usize, used: i32, n: i64, bytes: bool): i32 {
  if (bytes) return used > n ? used - <i32>n : 0;
  if (n == 0) return used;
  let i = used - 1;
  // A newline at the very end ends the last line.
  if (i >= 0 && load<u8>(at + i) == 10) i--;
  let left = n;
  for (; i >= 0; i--) if (load<u8>(at + i) == 10 && --left == 0) return i + 1;
  return 0;
}
