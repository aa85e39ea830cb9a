// ln: hard and symbolic links.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { inside } from '../lib/tree';

const TEXT = packed('[-sfnbtv] [-S SUF] TARGET... LINK|DIR\n\nCreate a link LINK or DIR/TARGET to the specified TARGET(s)\n\n\t-s\tMake symlinks instead of hardlinks\n\t-f\tRemove existing destinations\n\t-n\tDon\'t dereference symlinks - treat like normal file\n\t-b\tMake a backup of the target (if exists) before link operation\n\t-S SUF\tUse suffix instead of ~ when making backup files\n\t-T\tTreat LINK as a file, not DIR\n\t-v\tVerbose\n');

export function ln(args: string[]): i32 {
  const o = getopt(args, 'sfnbS:vT', TEXT);
  if (!o.ok) return o.status;
  const rest = o.rest;
  if (rest.length == 0) return usage(TEXT);
  const single = rest.length == 1;
  let last = single ? inside('.', rest[0]) : rest.pop();
  if (single) last = last.substring(2);
  if (o.has('T') && rest.length > 1) return usage(TEXT);
  let status = 0;
  for (let i = 0; i < rest.length; i++) {
    const target = rest[i];
    let path = last;
    const st = new fs.Stat();
    const isLink = fs.lstat(last, st) == 0 && st.isLink;
    if (!single && !o.has('T') && fs.isDir(last) && !(o.has('n') && isLink)) path = inside(last, target);
    else if (rest.length > 1) return out.complain("target '" + last + "' is not a directory");
    if (!o.has('s')) {
      const r = fs.stat(target, st);
      if (r < 0) {
        status = out.perror(target, r);
        continue;
      }
    }
    if (o.has('b')) {
      const r = fs.rename(path, path + o.get('S', '~'));
      if (r < 0 && fs.lstat(path, st) == 0) {
        status = out.perror("'" + path + "'", r);
        continue;
      }
    } else if (o.has('f')) {
      const source = new fs.Stat();
      if (!o.has('s') && fs.lstat(path, st) == 0 && fs.stat(target, source) == 0 && st.dev == source.dev
        && st.ino == source.ino) {
        status = out.complain("'" + target + "' and '" + path + "' are the same file");
        continue;
      }
      fs.unlink(path);
    }
    const r = o.has('s') ? fs.symlink(target, path) : fs.link(target, path, true);
    if (r < 0) status = out.perror(path, r);
    else if (o.has('v')) out.line("'" + path + "' -> '" + target + "'");
  }
  return status;
}
