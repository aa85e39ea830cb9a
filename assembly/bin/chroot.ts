// chroot and pivot_root.

import * as fs from '../sys/fs';
import * as ns from '../sys/ns';
import * as out from '../lib/out';
import { execOrDie } from '../lib/exec';
import { getenv } from '../sys/env';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';

const CHROOT = packed('NEWROOT [PROG ARGS]\n\nRun PROG with root directory set to NEWROOT\n');

export function chroot(args: string[]): i32 {
  const o = getopt(args, '+', CHROOT);
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(CHROOT);
  const root = o.rest.shift();
  let r = fs.chroot(root);
  if (r < 0) return out.perror("can't change root directory to '" + root + "'", r);
  r = fs.chdir('/');
  if (r < 0) return out.perror("can't change directory to '/'", r);
  if (o.rest.length) return execOrDie(o.rest);
  const shell = getenv('SHELL');
  return execOrDie([shell === null || shell.length == 0 ? '/bin/sh' : shell, '-i']);
}

const PIVOT = packed('NEW_ROOT PUT_OLD\n\nMove the current root file system to PUT_OLD and make NEW_ROOT\nthe new root file system\n');

export function pivotRoot(args: string[]): i32 {
  const o = getopt(args, '', PIVOT);
  if (!o.ok) return o.status;
  if (o.rest.length != 2) return usage(PIVOT);
  const r = ns.pivotRoot(o.rest[0], o.rest[1]);
  return r < 0 ? out.perror('pivot_root', r) : 0;
}
