// realpath(3): an absolute path without links, `.` and `..`.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import { fail } from '../sys/errno';

/** null and errno if it cannot be. The last part need not exist when there is a directory before it, as in busybox. */
export function resolve(path: string): string | null {
  let left = path;
  let done = '';
  if (path.length == 0) return fail(-linux.ENOENT);
  if (path.charCodeAt(0) != 47) {
    const cwd = fs.getcwd();
    if (cwd === null) return null;
    done = cwd == '/' ? '' : cwd;
  }
  let links = 0;
  const st = new fs.Stat();
  while (left.length > 0) {
    let at = left.indexOf('/');
    if (at < 0) at = left.length;
    const part = left.substring(0, at);
    left = left.substring(min(at + 1, left.length));
    if (part.length == 0 || part == '.') continue;
    if (part == '..') {
      done = done.substring(0, max(done.lastIndexOf('/'), 0));
      continue;
    }
    const next = done + '/' + part;
    const r = fs.lstat(next, st);
    if (r < 0) {
      if (r == -linux.ENOENT && onlySlashes(left) && (links > 0 || path.indexOf('/') < trimmed(path))) return next;
      return fail(r);
    }
    if (st.isLink) {
      if (++links > 40) return fail(-linux.ELOOP);
      const target = fs.readlink(next);
      if (target === null) return null;
      if (target.startsWith('/')) done = '';
      left = left.length ? target + '/' + left : target;
      continue;
    }
    if (!st.isDir && (left.length > 0 || path.endsWith('/'))) return fail(-linux.ENOTDIR);
    done = next;
  }
  return done.length ? done : '/';
}

// The length without slashes at the end; the first slash is looked for before that.
function trimmed(path: string): i32 {
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) == 47) end--;
  return path.indexOf('/') < 0 ? -1 : end;
}

function onlySlashes(s: string): bool {
  for (let i = 0; i < s.length; i++) if (s.charCodeAt(i) != 47) return false;
  return true;
}
