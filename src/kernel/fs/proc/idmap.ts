// /proc/PID/{uid_map,gid_map,projid_map,setgroups} (user_namespaces(7), "User and group ID mappings").

import { capable } from '../../cred/cred.ts';
import type { Extent, UserNamespace } from '../../ns/user.ts';
import type { Task } from '../../proc/task.ts';
import { CAP } from '../../uapi/capability.ts';
import { SysError } from '../../uapi/errno.ts';
import { type FileNode, file, targetOf } from './node.ts';

/** UID_GID_MAP_MAX_EXTENTS. */
const EXTENTS_MAX = 340;
const field = (n: number): string => `${n}`.padStart(10);

type MapField = 'uidMap' | 'gidMap' | 'projidMap';

function map(name: MapField, cap: number | undefined): FileNode {
  return file((reader, at) => {
    const ns = targetOf(at).nsproxy.user;
    return ns[name].map((e) => `${field(e.inside)} ${field(seen(ns, reader, name, e.outside))} ${field(e.count)}\n`).join('');
  }, 0o644, {
    write(writer, at, text) {
      const ns = targetOf(at).nsproxy.user;
      if (ns[name].length > 0) throw new SysError('EPERM');
      const extents = parse(text);
      if (cap !== undefined) authorise(writer, ns, name, cap, extents);
      ns[name] = extents;
    },
  });
}

export const uidMap = map('uidMap', CAP.SETUID);
export const gidMap = map('gidMap', CAP.SETGID);
export const projidMap = map('projidMap', undefined);

export const setgroups = file((_reader, at) => `${targetOf(at).nsproxy.user.setgroups}\n`, 0o644, {
  write(writer, at, text) {
    const ns = targetOf(at).nsproxy.user;
    const word = text.trim();
    if (word !== 'allow' && word !== 'deny') throw new SysError('EINVAL');
    if (!capable(writer, CAP.SYS_ADMIN, ns)) throw new SysError('EPERM');
    if (word === 'deny' ? ns.gidMap.length > 0 && ns.setgroups === 'allow' : ns.setgroups === 'deny') throw new SysError('EPERM');
    ns.setgroups = word;
  },
});

/** The outside id as the reader's namespace names it: for a member of `ns` itself, as the parent does. */
function seen(ns: UserNamespace, reader: Task, name: MapField, outside: number): number {
  if (ns.parent === undefined || name === 'projidMap') return outside;
  const kernel = name === 'uidMap' ? ns.parent.uidOut(outside) : ns.parent.gidOut(outside);
  const viewer = reader.nsproxy.user === ns ? ns.parent : reader.nsproxy.user;
  const shown = name === 'uidMap' ? viewer.uidIn(kernel) : viewer.gidIn(kernel);
  return shown < 0 ? 4294967295 : shown;
}

function parse(text: string): Extent[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || lines.length > EXTENTS_MAX) throw new SysError('EINVAL');
  const extents = lines.map((line): Extent => {
    const m = /^\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*$/.exec(line);
    if (m === null) throw new SysError('EINVAL');
    const [inside, outside, count] = m.slice(1).map(Number) as [number, number, number];
    if (count === 0 || inside + count > 4294967295 || outside + count > 4294967295) throw new SysError('EINVAL');
    return { inside, outside, count };
  });
  const overlap = (a: number, b: number, n: number, m: number): boolean => a < b + m && b < a + n;
  for (const [i, a] of extents.entries()) {
    for (const b of extents.slice(i + 1)) {
      if (overlap(a.inside, b.inside, a.count, b.count) || overlap(a.outside, b.outside, a.count, b.count)) {
        throw new SysError('EINVAL');
      }
    }
  }
  return extents;
}

function authorise(writer: Task, ns: UserNamespace, name: MapField, cap: number, extents: readonly Extent[]): void {
  const { parent } = ns;
  if (parent === undefined || (writer.nsproxy.user !== ns && writer.nsproxy.user !== parent)) throw new SysError('EPERM');
  if (!capable(writer, CAP.SYS_ADMIN, ns)) throw new SysError('EPERM');
  for (const extent of extents) {
    const outside = name === 'uidMap' ? parent.uidOut(extent.outside) : parent.gidOut(extent.outside);
    if (outside < 0) throw new SysError('EPERM');
  }
  if (capable(writer, cap, parent)) return;
  // Without the capability: one's own id alone, and a group only after setgroups was denied.
  const [only] = extents;
  const own = name === 'uidMap' ? writer.cred.euid === ns.ownerUid && parent.uidOut(only!.outside) === writer.cred.euid
    : parent.gidOut(only!.outside) === writer.cred.egid && ns.setgroups === 'deny';
  if (extents.length !== 1 || only!.count !== 1 || !own) throw new SysError('EPERM');
}
