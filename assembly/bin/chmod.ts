// chmod, chown and chgrp.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { applyMode, modeString } from '../lib/mode';
import { join } from '../lib/path';
import { octal } from '../lib/text';
import { gidOf, uidOf, userByName } from '../lib/user';

const CHMOD = packed('[-Rcvf] MODE[,MODE]... FILE...\n\nMODE is octal number (bit pattern sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]\n\n\t-R\tRecurse\n\t-c\tList changed files\n\t-v\tVerbose\n\t-f\tHide errors\n');

let recurse: bool = false;
let quiet: bool = false;
let verbose: bool = false;
let changes: bool = false;

export function chmod(args: string[]): i32 {
  // -w and the like are modes, not options.
  const words = args.slice(0);
  let given = '';
  for (let i = 1; i < words.length; i++) {
    const w = words[i];
    if (w == '--') break;
    if (w.length > 1 && w.charCodeAt(0) == 45 && 'rwxXstugoa0'.indexOf(w.charAt(1)) >= 0) {
      given = w;
      words.splice(i, 1);
      break;
    }
  }
  const o = getopt(words, 'Rcvf', CHMOD);
  if (!o.ok) return o.status;
  recurse = o.has('R');
  quiet = o.has('f');
  verbose = o.has('v');
  changes = o.has('c');
  const spec = given.length ? given : o.rest.length ? o.rest.shift() : '';
  if (o.rest.length == 0 || spec.length == 0) return usage(CHMOD);
  const mask = fs.umask(0);
  fs.umask(mask);
  if (applyMode(spec, 0, mask, false) < 0) return out.complain("invalid mode '" + spec + "'");
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) status |= change(o.rest[i], spec, mask, true);
  return status;
}

function change(path: string, spec: string, mask: i32, top: bool): i32 {
  const st = new fs.Stat();
  let r = top ? fs.stat(path, st) : fs.lstat(path, st);
  if (r < 0) {
    if (top && fs.lstat(path, st) < 0) return quiet ? 1 : out.perror(path, r);
    return quiet ? 1 : out.perror(path, r);
  }
  let status = 0;
  if (st.isLink) return 0;
  const mode = applyMode(spec, st.mode, mask, st.isDir);
  r = fs.chmod(path, mode);
  if (r < 0) status = quiet ? 1 : out.perror(path, r);
  else if (verbose || (changes && mode != <i32>(st.mode & 0o7777))) {
    out.line("mode of '" + path + "' changed to " + octal(mode, 4) + ' (' + modeString(mode).substring(1) + ')');
  }
  if (recurse && st.isDir) status |= each(path, spec, mask);
  return status;
}

function each(path: string, spec: string, mask: i32): i32 {
  const list: fs.Entry[] = [];
  const r = fs.readdir(path, list);
  if (r < 0) return quiet ? 1 : out.cantOpen(path, r);
  let status = 0;
  for (let i = 0; i < list.length; i++) {
    const name = list[i].name;
    if (name != '.' && name != '..') status |= change(join(path, name), spec, mask, false);
  }
  return status;
}

const CHOWN = '[-RhLHPcvf]... USER[:[GRP]] FILE...\n\nChange the owner and/or group of FILEs to USER and/or GRP\n\n\t-h\tAffect symlinks instead of symlink targets\n\t-R\tRecurse\n\t-c\tList changed files\n\t-v\tVerbose\n\t-f\tHide errors\n';
const CHGRP = '[-RhLHPcvf]... GROUP FILE...\n\nChange the group membership of FILEs to GROUP\n\n\t-h\tAffect symlinks instead of symlink targets\n\t-R\tRecurse\n\t-c\tList changed files\n\t-v\tVerbose\n\t-f\tHide errors\n';

export function chown(args: string[]): i32 {
  return owner(args, CHOWN, false);
}

export function chgrp(args: string[]): i32 {
  return owner(args, CHGRP, true);
}

function owner(args: string[], text: string, groupOnly: bool): i32 {
  const o = getopt(args, 'RhLHPcvf', text);
  if (!o.ok) return o.status;
  if (o.rest.length < 2) return usage(text);
  const spec = o.rest.shift();
  let uid = -1;
  let gid = -1;
  let user = groupOnly ? '' : spec;
  let group = groupOnly ? spec : '';
  let colon = -1;
  if (!groupOnly) {
    colon = spec.indexOf(':');
    if (colon < 0 && !userByName(spec)) colon = spec.indexOf('.');
    if (colon >= 0) {
      user = spec.substring(0, colon);
      group = spec.substring(colon + 1);
    }
  }
  if (user.length) {
    uid = uidOf(user);
    if (uid < 0) return out.complain(colon < 0 ? 'unknown user ' + user : 'unknown user/group ' + spec);
    if (colon >= 0 && group.length == 0) {
      const known = userByName(user);
      gid = known ? known.gid : -1;
    }
  }
  if (group.length) {
    gid = gidOf(group);
    if (gid < 0) return out.complain(groupOnly ? 'unknown group ' + group : 'unknown user/group ' + spec);
  }
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) {
    status |= give(o.rest[i], uid, gid, o.has('h') || (o.has('R') && !o.has('L') && !o.has('H')), o.has('R'), o.has('f'), o.has('v'));
  }
  return status;
}

function give(path: string, uid: i32, gid: i32, nofollow: bool, deep: bool, silent: bool, loud: bool): i32 {
  const st = new fs.Stat();
  let r = nofollow ? fs.lstat(path, st) : fs.stat(path, st);
  if (r < 0) return silent ? 1 : out.perror(path, r);
  let status = 0;
  if (deep && st.isDir) {
    const list: fs.Entry[] = [];
    r = fs.readdir(path, list);
    if (r < 0) status = silent ? 1 : out.cantOpen(path, r);
    for (let i = 0; i < list.length; i++) {
      const name = list[i].name;
      if (name != '.' && name != '..') status |= give(join(path, name), uid, gid, nofollow, deep, silent, loud);
    }
  }
  r = fs.chown(path, uid, gid, nofollow);
  if (r < 0) return silent ? 1 : out.perror(path, r);
  if (loud) {
    out.line("changed ownership of '" + path + "' to " + (uid < 0 ? st.uid : uid).toString() + ':' + (gid < 0 ? st.gid : gid).toString());
  }
  return status;
}
