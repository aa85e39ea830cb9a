// Credentials (credentials(7), capabilities(7)). Guests see and give ids of their own user namespace.

import { capable, commitCred } from '../cred/cred.ts';
import { setgid, setgroups, setregid, setresgid, setresuid, setreuid, setuid } from '../cred/setuid.ts';
import { NGROUPS_MAX } from '../limits.ts';
import type { Task } from '../proc/task.ts';
import { allCaps, andCaps, CAP, type CapSet, orCaps, subsetCaps } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { decode, encode } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { taskOf } from './process.ts';
import { full, type Rows } from './table.ts';

const shownUid = (task: Task, id: number) => task.nsproxy.user.uidShown(id);
const shownGid = (task: Task, id: number) => task.nsproxy.user.gidShown(id);

/** A row from a function that answers nothing. */
const done = <A extends readonly number[]>(fn: (task: Task, ...args: A) => void) =>
  (task: Task, ...args: A): number => {
    fn(task, ...args);
    return 0;
  };

function put(ids: readonly number[], bufs: readonly (Buf | undefined)[]): number {
  for (const [i, buf] of bufs.entries()) buf?.write(0, encode('int', { value: ids[i]! }));
  return 0;
}

function getresuid(task: Task, ...bufs: (Buf | undefined)[]): number {
  const { uid, euid, suid } = task.cred;
  return put([uid, euid, suid].map((id) => shownUid(task, id)), bufs);
}

function getresgid(task: Task, ...bufs: (Buf | undefined)[]): number {
  const { gid, egid, sgid } = task.cred;
  return put([gid, egid, sgid].map((id) => shownGid(task, id)), bufs);
}

/** An empty buffer asks for the number of groups. */
function getgroups(task: Task, list: Buf): number {
  const { groups } = task.cred;
  if (list.length === 0) return groups.length;
  if (list.length < groups.length * 4) throw new SysError('EINVAL', 'getgroups');
  const ids = Uint32Array.from(groups, (gid) => shownGid(task, gid));
  list.write(0, new Uint8Array(ids.buffer));
  return groups.length;
}

function setgroupsRow(task: Task, list: Buf): number {
  if (list.length > NGROUPS_MAX * 4) throw new SysError('EINVAL', 'setgroups');
  const bytes = list.read(0, list.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  setgroups(task, Array.from({ length: list.length >> 2 }, (_, i) => view.getInt32(i * 4, true)));
  return 0;
}

const VERSION_1 = 0x19980330;
const VERSION_2 = 0x20071026;
const VERSION_3 = 0x20080522;

/** The process that a header names. A version that is not known is answered with the one that is. */
function capHeader(task: Task, header: Buf): { target: Task; wide: boolean } {
  const { version, pid } = decode('cap_user_header', header.read(0, header.length)) as { version: number; pid: number };
  if (version !== VERSION_1 && version !== VERSION_2 && version !== VERSION_3) {
    header.write(0, encode('int', { value: VERSION_3 }));
    throw new SysError('EINVAL');
  }
  if (pid < 0) throw new SysError('EINVAL');
  return { target: taskOf(task, pid), wide: version !== VERSION_1 };
}

function capget(task: Task, header: Buf, data: Buf): number {
  const { target, wide } = capHeader(task, header);
  const { effective, permitted, inheritable } = target.cred;
  data.write(0, encode('cap_user_data', {
    effective_lo: effective.lo, permitted_lo: permitted.lo, inheritable_lo: inheritable.lo,
    effective_hi: wide ? effective.hi : 0, permitted_hi: wide ? permitted.hi : 0, inheritable_hi: wide ? inheritable.hi : 0,
  }));
  return 0;
}

function capset(task: Task, header: Buf, data: Buf): number {
  const { target, wide } = capHeader(task, header);
  if (target !== task) throw new SysError('EPERM', 'capset');
  const v = decode('cap_user_data', data.read(0, data.length)) as Record<string, number>;
  const set = (name: string): CapSet =>
    andCaps({ lo: v[`${name}_lo`]! | 0, hi: wide ? v[`${name}_hi`]! | 0 : 0 }, allCaps);
  const next = { effective: set('effective'), permitted: set('permitted'), inheritable: set('inheritable') };
  const { cred } = task;
  const wider = capable(task, CAP.SETPCAP, task.nsproxy.user);
  const ok = (wider || subsetCaps(next.inheritable, orCaps(cred.inheritable, cred.permitted)))
    && subsetCaps(next.inheritable, orCaps(cred.inheritable, cred.bounding))
    && subsetCaps(next.permitted, cred.permitted)
    && subsetCaps(next.effective, next.permitted);
  if (!ok) throw new SysError('EPERM', 'capset');
  commitCred(task, { ...cred, ...next, ambient: andCaps(cred.ambient, andCaps(next.permitted, next.inheritable)) });
  return 0;
}

export const rows = {
  getuid: full((task: Task): number => shownUid(task, task.cred.uid)),
  geteuid: full((task: Task): number => shownUid(task, task.cred.euid)),
  getgid: full((task: Task): number => shownGid(task, task.cred.gid)),
  getegid: full((task: Task): number => shownGid(task, task.cred.egid)),
  getresuid: full(getresuid),
  getresgid: full(getresgid),
  setuid: full(done(setuid)),
  setgid: full(done(setgid)),
  setreuid: full(done(setreuid)),
  setregid: full(done(setregid)),
  setresuid: full(done(setresuid)),
  setresgid: full(done(setresgid)),
  getgroups: full(getgroups),
  setgroups: full(setgroupsRow),
  capget: full(capget),
  capset: full(capset),
} satisfies Rows;
