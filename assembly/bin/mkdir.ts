// mkdir: directories, with -p their parents.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { applyMode } from '../lib/mode';

const TEXT = packed('[-m MODE] [-p] DIRECTORY...\n\nCreate DIRECTORY\n\n\t-m MODE\tMode\n\t-p\tNo error if exists; make parent directories as needed\n');

export function mkdir(args: string[]): i32 {
  const o = getopt(args, 'm:pv', TEXT, packed('mode:=m,parents=p,verbose=v'));
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(TEXT);
  let mode = -1;
  if (o.has('m')) {
    mode = applyMode(o.get('m'), 0o777, 0, true);
    if (mode < 0) return out.complain("invalid mode '" + o.get('m') + "'");
  }
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) status |= make(o.rest[i], mode, o.has('p'), o.has('v'));
  return status;
}

/** Make one directory; -1 is the default mode. Messages said, 0 or 1. */
export function make(path: string, mode: i32, parents: bool, verbose: bool = false): i32 {
  if (parents) {
    let at = 0;
    while (at < path.length && path.charCodeAt(at) == 47) at++;
    for (;;) {
      at = path.indexOf('/', at);
      if (at < 0) break;
      let next = at;
      while (next < path.length && path.charCodeAt(next) == 47) next++;
      if (next == path.length) break;
      const part = path.substring(0, at + 1);
      const r = fs.mkdir(part, 0o777);
      if (r == 0) {
        // Whatever the mask is, the owner must be able to go on inside.
        const st = new fs.Stat();
        if (fs.stat(part, st) == 0 && (st.mode & 0o300) != 0o300) fs.chmod(part, (st.mode & 0o7777) | 0o300);
        if (verbose) out.line("created directory: '" + part + "'");
      } else if (r != -linux.EEXIST && r != -linux.EISDIR && !fs.isDir(part)) return failed(part, r);
      else if (!fs.isDir(part)) return failed(part, -linux.ENOTDIR);
      at = next;
    }
  }
  const r = fs.mkdir(path, mode < 0 ? 0o777 : mode);
  if (r < 0) {
    if (parents && (r == -linux.EEXIST || r == -linux.EISDIR || fs.isDir(path)) && fs.isDir(path)) return 0;
    return failed(path, r);
  }
  if (verbose) out.line("created directory: '" + path + "'");
  if (mode >= 0) {
    const c = fs.chmod(path, mode);
    if (c < 0) return out.perror("can't set permissions of directory '" + path + "'", c);
  }
  return 0;
}

function failed(path: string, r: i32): i32 {
  return out.perror("can't create directory '" + path + "'", r);
}
