// Names of files: basename, dirname, pwd, readlink, realpath, which.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as names from '../lib/path';
import { errno } from '../sys/errno';
import { getenv } from '../sys/env';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { resolve } from '../lib/resolve';

const BASENAME = packed('FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...\n\nStrip directory path and SUFFIX from FILE\n');

export function basename(args: string[]): i32 {
  const o = getopt(args, '+as:', BASENAME);
  if (!o.ok) return o.status;
  const many = o.has('a') || o.has('s');
  if (o.rest.length == 0 || (!many && o.rest.length > 2)) return usage(BASENAME);
  const suffix = many ? o.get('s') : o.rest.length > 1 ? o.rest[1] : '';
  const n = many ? o.rest.length : 1;
  for (let i = 0; i < n; i++) {
    const name = names.basename(o.rest[i]);
    out.line(suffix.length && name.length > suffix.length && name.endsWith(suffix) ? name.substring(0, name.length - suffix.length) : name);
  }
  return 0;
}

export function dirname(args: string[]): i32 {
  const text = packed('FILENAME\n\nStrip non-directory suffix from FILENAME\n');
  const o = getopt(args, '+', text);
  if (!o.ok) return o.status;
  if (o.rest.length != 1) return usage(text);
  out.line(names.dirname(o.rest[0]));
  return 0;
}

export function pwd(args: string[]): i32 {
  const o = getopt(args, 'LP', packed('[-LP]\n\nPrint the full filename of the current working directory\n'));
  if (!o.ok) return o.status;
  const logical = getenv('PWD');
  const physical = o.later('P', 'L');
  if (logical !== null && !physical && logical.startsWith('/')) {
    const a = new fs.Stat();
    const b = new fs.Stat();
    if (fs.stat(logical, a) == 0 && fs.stat('.', b) == 0 && a.dev == b.dev && a.ino == b.ino) {
      out.line(logical);
      return 0;
    }
  }
  const path = fs.getcwd();
  if (path === null) return out.perror('getcwd', errno);
  out.line(path);
  return 0;
}

const READLINK = packed('[-fnv] FILE\n\nDisplay the value of a symlink\n\n\t-f\tCanonicalize by following all symlinks\n\t-n\tDon\'t add newline\n\t-v\tVerbose\n');

export function readlink(args: string[]): i32 {
  const o = getopt(args, 'fnvsq', READLINK);
  if (!o.ok) return o.status;
  if (o.rest.length != 1) return usage(READLINK);
  const path = o.rest[0];
  let found: string | null;
  if (o.has('f')) found = resolve(path);
  else found = fs.readlink(path);
  if (found === null) return o.has('v') ? out.perror(path, errno) : 1;
  if (o.has('n')) out.put(found);
  else out.line(found);
  return 0;
}

export function realpath(args: string[]): i32 {
  const text = packed('FILE...\n\nPrint absolute pathnames of FILEs\n');
  const o = getopt(args, '', text);
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(text);
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) {
    const found = resolve(o.rest[i]);
    if (found === null) status = out.perror(o.rest[i], errno);
    else out.line(found);
  }
  return status;
}

export function which(args: string[]): i32 {
  const text = packed('[-a] COMMAND...\n\nLocate COMMAND\n\n\t-a\tShow all matches\n');
  const o = getopt(args, '+a', text);
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(text);
  const path = getenv('PATH');
  const dirs = (path === null ? '/sbin:/usr/sbin:/bin:/usr/bin' : path).split(':');
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) {
    const name = o.rest[i];
    let found = false;
    if (name.indexOf('/') >= 0) {
      found = runnable(name);
      if (found) out.line(name);
    } else {
      for (let k = 0; k < dirs.length && (!found || o.has('a')); k++) {
        const full = names.join(dirs[k].length ? dirs[k] : '.', name);
        if (!runnable(full)) continue;
        found = true;
        out.line(full);
      }
    }
    if (!found) status = 1;
  }
  return status;
}

function runnable(path: string): bool {
  const st = new fs.Stat();
  return fs.stat(path, st) == 0 && st.isReg && fs.access(path, linux.X_OK) == 0;
}
