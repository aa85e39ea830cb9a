// md5sum, sha1sum, sha256sum: digests of files (RFC 1321, FIPS 180-4), printed or checked.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';
import { digestOf, MD5, SHA1, SHA256 } from '../lib/digest';
import { lower } from '../lib/text';

const TEXT = packed('[-c[sw]] [FILE]...\n\nPrint or check checksums\n\n\t-c\tCheck sums against list in FILEs\n\t-s\tDon\'t output anything, status code shows success\n\t-w\tWarn about improperly formatted checksum lines\n');

export function md5sum(args: string[]): i32 {
  return sums(args, MD5);
}

export function sha1sum(args: string[]): i32 {
  return sums(args, SHA1);
}

export function sha256sum(args: string[]): i32 {
  return sums(args, SHA256);
}

function sums(args: string[], kind: i32): i32 {
  const o = getopt(args, 'cswbt', TEXT, packed('check=c,status=s,warn=w,binary=b,text=t'));
  if (!o.ok) return o.status;
  if (!o.has('c') && (o.has('s') || o.has('w'))) return out.complain('-' + (o.has('s') ? 's' : 'w') + ' is meaningful only with -c');
  const files = o.rest.length ? o.rest : ['-'];
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    if (o.has('c')) status |= check(files[i], kind, o.has('s'), o.has('w'));
    else {
      const sum = sumOf(files[i], kind);
      if (sum === null) status = 1;
      else out.line(sum + (o.has('b') ? ' *' : '  ') + files[i]);
    }
  }
  return status;
}

function sumOf(name: string, kind: i32): string | null {
  const fd = openInput(name);
  if (fd < 0) {
    out.cantOpen(name, fd);
    return null;
  }
  const sum = digestOf(fd, kind);
  if (fd > 0) fs.close(fd);
  if (sum === null) out.complain("can't read '" + name + "'");
  return sum;
}

function check(list: string, kind: i32, quiet: bool, warn: bool): i32 {
  const fd = openInput(list);
  if (fd < 0) return out.cantOpen(list, fd);
  const input = new Reader(fd);
  let total = 0;
  let failed = 0;
  for (;;) {
    const line = input.next();
    if (line === null) break;
    const at = line.indexOf(' ');
    const mark = at < 0 ? 0 : line.charCodeAt(at + 1);
    total++;
    if (at < 0 || (mark != 32 && mark != 42)) {
      if (warn) out.complain('invalid format');
      failed++;
      continue;
    }
    const name = line.substring(at + 2);
    const sum = sumOf(name, kind);
    const good = sum !== null && sum == lower(line.substring(0, at));
    if (!good) failed++;
    if (!quiet) out.line(name + ': ' + (good ? 'OK' : 'FAILED'));
  }
  input.free();
  if (failed && !quiet) out.complain('WARNING: ' + failed.toString() + ' of ' + total.toString() + ' computed checksums did NOT match');
  if (total == 0) return out.complain(list + ': no checksum lines found');
  return failed ? 1 : 0;
}
