// id, whoami and groups.

import * as cred from '../sys/cred';
import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { groupName, groupsOf, userByName, userName } from '../lib/user';

const TEXT = packed('[-ugGnr] [USER]\n\nPrint information about USER or the current user\n\n\t-u\tUser ID\n\t-g\tGroup ID\n\t-G\tSupplementary group IDs\n\t-n\tPrint names instead of numbers\n\t-r\tPrint real ID instead of effective ID\n');

export function id(args: string[]): i32 {
  const o = getopt(args, 'rnugG', TEXT);
  if (!o.ok) return o.status;
  if (o.rest.length > 1) return usage(TEXT);
  let ruid = cred.getuid();
  let euid = cred.geteuid();
  let rgid = cred.getgid();
  let egid = cred.getegid();
  let groups: i32[] = [];
  if (o.rest.length) {
    const user = userByName(o.rest[0]);
    if (!user) return out.complain('unknown user ' + o.rest[0]);
    ruid = euid = user.uid;
    rgid = egid = user.gid;
    groups = groupsOf(o.rest[0]);
    if (!groups.includes(rgid)) groups.unshift(rgid);
  } else {
    groups = cred.getgroups();
    if (groups.length == 0) groups.push(rgid);
  }
  const names = o.has('n');
  if (o.has('u')) out.line(text(o.has('r') ? ruid : euid, names, true));
  else if (o.has('g')) out.line(text(o.has('r') ? rgid : egid, names, false));
  else if (o.has('G')) {
    const list: string[] = [text(rgid, names, false)];
    if (egid != rgid) list.push(text(egid, names, false));
    for (let i = 0; i < groups.length; i++) if (groups[i] != rgid && groups[i] != egid) list.push(text(groups[i], names, false));
    out.line(list.join(' '));
  } else {
    let s = 'uid=' + both(ruid, true) + ' gid=' + both(rgid, false);
    if (euid != ruid) s += ' euid=' + both(euid, true);
    if (egid != rgid) s += ' egid=' + both(egid, false);
    // The groups are shown when there is more to say than the group itself.
    if (!(groups.length == 1 && groups[0] == rgid && o.rest.length == 0 && cred.getgroups().length == 0)) {
      s += ' groups=';
      for (let i = 0; i < groups.length; i++) s += (i ? ',' : '') + both(groups[i], false);
    }
    out.line(s);
  }
  return 0;
}

function name(n: i32, user: bool): string {
  return user ? userName(n) : groupName(n);
}

function text(n: i32, names: bool, user: bool): string {
  const s = names ? name(n, user) : '';
  return s.length ? s : (<u32>n).toString();
}

function both(n: i32, user: bool): string {
  const s = name(n, user);
  return (<u32>n).toString() + (s.length ? '(' + s + ')' : '');
}

export function whoami(args: string[]): i32 {
  const o = getopt(args, '', packed('\n\nPrint the user name associated with the current effective user id\n'));
  if (!o.ok) return o.status;
  if (o.rest.length) return usage(packed('\n\nPrint the user name associated with the current effective user id\n'));
  const uid = cred.geteuid();
  const s = userName(uid);
  if (!s.length) return out.complain('unknown uid ' + uid.toString());
  out.line(s);
  return 0;
}

export function groups(args: string[]): i32 {
  const o = getopt(args, '', packed('[USER]\n\nPrint the groups USER is in\n'));
  return o.ok ? id(['id', '-Gn'].concat(o.rest)) : o.status;
}
