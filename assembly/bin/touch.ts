// touch: create files or set their times.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { dateValid, parseDate } from '../lib/date';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';

const TEXT = packed('[-cham] [-d DATE] [-t DATE] [-r FILE] FILE...\n\nUpdate mtime of FILEs\n\n\t-c\tDon\'t create files\n\t-h\tDon\'t follow links\n\t-a\tChange only atime\n\t-m\tChange only mtime\n\t-d DT\tDate/time to use\n\t-t DT\tDate/time to use\n\t-r FILE\tUse FILE\'s date/time\n');

export function touch(args: string[]): i32 {
  const o = getopt(args, 'chamr:d:t:f', TEXT, packed('no-create=c,reference:=r,date:=d,no-dereference=h'));
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(TEXT);
  let atime: i64 = 0;
  let atimeNs: i64 = linux.UTIME_NOW;
  let mtime: i64 = 0;
  let mtimeNs: i64 = linux.UTIME_NOW;
  if (o.has('r')) {
    const st = new fs.Stat();
    const r = fs.stat(o.get('r'), st);
    if (r < 0) return out.perror("can't stat '" + o.get('r') + "'", r);
    atime = st.atime;
    atimeNs = st.atimeNs;
    mtime = st.mtime;
    mtimeNs = st.mtimeNs;
  }
  if (o.has('d') || o.has('t')) {
    const text = o.has('t') ? o.get('t') : o.get('d');
    const v = parseDate(text, false);
    if (!dateValid) return out.complain("invalid date '" + text + "'");
    atime = mtime = v;
    atimeNs = mtimeNs = 0;
  }
  if (o.has('a') && !o.has('m')) mtimeNs = linux.UTIME_OMIT;
  if (o.has('m') && !o.has('a')) atimeNs = linux.UTIME_OMIT;
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) {
    const path = o.rest[i];
    let r = fs.utimes(path, atime, atimeNs, mtime, mtimeNs, o.has('h'));
    if (r == -linux.ENOENT) {
      if (o.has('c')) continue;
      r = fs.open(path, linux.O_RDWR | linux.O_CREAT | linux.O_CLOEXEC, 0o666);
      if (r >= 0) {
        fs.close(r);
        r = o.has('r') || o.has('d') || o.has('t') ? fs.utimes(path, atime, atimeNs, mtime, mtimeNs) : 0;
      }
    }
    if (r < 0) status = out.perror(path, r);
  }
  return status;
}
