// rm, rmdir and unlink.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { basename, stripSlashes } from '../lib/path';
import { RemoveOptions, removeTree } from '../lib/tree';

const RM = packed('[-irf] FILE...\n\nRemove (unlink) FILEs\n\n\t-i\tAlways prompt before removing\n\t-f\tNever prompt\n\t-R,-r\tRecurse\n');

export function rm(args: string[]): i32 {
  const o = getopt(args, 'fiRrv', RM, packed('force=f,recursive=r,interactive=i,verbose=v'));
  if (!o.ok) return o.status;
  const options = new RemoveOptions();
  options.force = o.has('f') && !o.later('i', 'f');
  options.interactive = o.has('i') && !o.later('f', 'i');
  options.recursive = o.has('r') || o.has('R');
  if (o.rest.length == 0) return options.force ? 0 : usage(RM);
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) {
    const name = basename(stripSlashes(o.rest[i]));
    if (name == '.' || name == '..') status = out.complain("can't remove '.' or '..'");
    else status |= removeTree(o.rest[i], options);
  }
  return status;
}

const RMDIR = packed('[-p] DIRECTORY...\n\nRemove DIRECTORY if it is empty\n\n\t-p\tInclude parents\n');

export function rmdir(args: string[]): i32 {
  const o = getopt(args, 'pv', RMDIR, packed('parents=p,ignore-fail-on-non-empty=I,verbose=v'));
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(RMDIR);
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) {
    let path = o.rest[i];
    for (;;) {
      const r = fs.rmdir(path);
      if (r < 0) {
        if (!o.has('I')) status = out.perror("'" + path + "'", r);
        break;
      }
      if (!o.has('p')) break;
      const at = stripSlashes(path).lastIndexOf('/');
      if (at <= 0) break;
      path = path.substring(0, at);
    }
  }
  return status;
}

const UNLINK = packed('FILE\n\nDelete FILE by calling unlink()\n');

export function unlink(args: string[]): i32 {
  const o = getopt(args, '', UNLINK);
  if (!o.ok) return o.status;
  if (o.rest.length != 1) return usage(UNLINK);
  const r = fs.unlink(o.rest[0]);
  return r < 0 ? out.perror("can't remove file '" + o.rest[0] + "'", r) : 0;
}
