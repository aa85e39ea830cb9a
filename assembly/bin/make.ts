// Making files of other kinds: mkfifo, mknod, mktemp.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { applyMode } from '../lib/mode';
import { getenv } from '../sys/env';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { join } from '../lib/path';
import { parseCount } from '../lib/number';
import { scratch } from '../sys/bytes';

const MKFIFO = packed('[-m MODE] NAME\n\nCreate named pipe\n\n\t-m MODE\tMode (default a=rw)\n');
const MKNOD = packed('[-m MODE] NAME TYPE [MAJOR MINOR]\n\nCreate a special file (block, character, or pipe)\n\n\t-m MODE\tCreation mode (default a=rw)\nTYPE:\n\tb\tBlock device\n\tc or u\tCharacter device\n\tp\tNamed pipe (MAJOR MINOR must be omitted)\n');

function node(path: string, type: i32, dev: i32, mode: i32): i32 {
  const r = fs.mknod(path, type | (mode < 0 ? 0o666 : mode), dev);
  if (r < 0) return out.perror(path, r);
  if (mode < 0) return 0;
  const c = fs.chmod(path, mode);
  return c < 0 ? out.perror(path, c) : 0;
}

export function mkfifo(args: string[]): i32 {
  const o = getopt(args, 'm:', MKFIFO, 'mode:=m');
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(MKFIFO);
  const mode = o.has('m') ? applyMode(o.get('m'), 0o666, 0, false) : -1;
  if (o.has('m') && mode < 0) return out.complain("invalid mode '" + o.get('m') + "'");
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) status |= node(o.rest[i], linux.S_IFIFO, 0, mode);
  return status;
}

export function mknod(args: string[]): i32 {
  const o = getopt(args, 'm:', MKNOD, 'mode:=m');
  if (!o.ok) return o.status;
  const rest = o.rest;
  if (rest.length < 2 || rest[1].length != 1) return usage(MKNOD);
  const mode = o.has('m') ? applyMode(o.get('m'), 0o666, 0, false) : -1;
  if (o.has('m') && mode < 0) return out.complain("invalid mode '" + o.get('m') + "'");
  const kind = rest[1];
  if (kind == 'p') return rest.length == 2 ? node(rest[0], linux.S_IFIFO, 0, mode) : usage(MKNOD);
  if (rest.length != 4 || 'bcu'.indexOf(kind) < 0) return usage(MKNOD);
  const major = parseCount(rest[2]);
  const minor = parseCount(rest[3]);
  if (major < 0 || minor < 0) return out.complain("invalid number '" + (major < 0 ? rest[2] : rest[3]) + "'");
  const dev = (major << 8) | (minor & 0xff) | ((minor & ~0xff) << 12);
  return node(rest[0], kind == 'b' ? linux.S_IFBLK : linux.S_IFCHR, dev, mode);
}

const MKTEMP = packed('[-dt] [-p DIR] [TEMPLATE]\n\nCreate a temporary file with name based on TEMPLATE and print its name.\nTEMPLATE must end with XXXXXX (e.g. [/dir/]nameXXXXXX).\n\n\t-d\tMake directory, not file\n\t-q\tFail silently on errors\n\t-t\tPrepend base directory name to TEMPLATE\n\t-p DIR\tUse DIR as a base directory (implies -t)\n\t-u\tDo not create anything; print a name\n');

export function mktemp(args: string[]): i32 {
  const o = getopt(args, 'dqtp:u', MKTEMP, packed('directory=d,quiet=q,tmpdir::=p,dry-run=u'));
  if (!o.ok) return o.status;
  if (o.rest.length > 1) return usage(MKTEMP);
  const env = getenv('TMPDIR');
  let template = o.rest.length ? o.rest[0] : 'tmp.XXXXXX';
  const dir = o.has('p') && o.get('p').length ? o.get('p') : env === null ? '/tmp' : env;
  if (o.has('t') || o.has('p') || o.rest.length == 0) template = join(dir, template);
  if (!template.endsWith('XXXXXX')) return o.has('q') ? 1 : out.perror(template, linux.EINVAL);
  let end = template.length;
  while (end > 0 && template.charCodeAt(end - 1) == 88) end--;
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  let r = -linux.EEXIST;
  for (let tries = 0; tries < 100 && r == -linux.EEXIST; tries++) {
    const n = min(template.length - end, 64);
    linux.getrandom(scratch, n, 0);
    let path = template.substring(0, end);
    for (let i = 0; i < n; i++) path += letters.charAt(load<u8>(scratch + i) % 62);
    if (o.has('u')) r = fs.exists(path) ? -linux.EEXIST : 0;
    else if (o.has('d')) r = fs.mkdir(path, 0o700);
    else {
      r = fs.open(path, linux.O_RDWR | linux.O_CREAT | linux.O_EXCL, 0o600);
      if (r >= 0) fs.close(r);
    }
    if (r >= 0) {
      out.line(path);
      return 0;
    }
  }
  return o.has('q') ? 1 : out.perror(template, r);
}
