// The rules of setuid(2), setresuid(2) and their group twins, and what a change of uid does to capabilities
// (capabilities(7), "Effect of user ID changes on capabilities").

import type { Task } from '../proc/task.ts';
import { CAP, type CapSet, noCaps } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { capable, commitCred, type Cred, SECBIT } from './cred.ts';

const UNCHANGED = -1;

export function setuid(task: Task, uid: number): void {
  const id = uidOf(task, uid);
  const { cred } = task;
  if (capable(task, CAP.SETUID, task.nsproxy.user)) change(task, { uid: id, euid: id, suid: id });
  else if (id === cred.uid || id === cred.suid) change(task, { euid: id });
  else throw new SysError('EPERM');
}

export function setreuid(task: Task, ruid: number, euid: number): void {
  const { cred } = task;
  const privileged = capable(task, CAP.SETUID, task.nsproxy.user);
  const real = ruid === UNCHANGED ? cred.uid : uidOf(task, ruid);
  const effective = euid === UNCHANGED ? cred.euid : uidOf(task, euid);
  if (!privileged) {
    if (ruid !== UNCHANGED && real !== cred.uid && real !== cred.euid) throw new SysError('EPERM');
    if (euid !== UNCHANGED && effective !== cred.uid && effective !== cred.euid && effective !== cred.suid) {
      throw new SysError('EPERM');
    }
  }
  const saved = ruid !== UNCHANGED || (euid !== UNCHANGED && effective !== cred.uid) ? effective : cred.suid;
  change(task, { uid: real, euid: effective, suid: saved });
}

export function setresuid(task: Task, ruid: number, euid: number, suid: number): void {
  const { cred } = task;
  const pick = (id: number, old: number) => id === UNCHANGED ? old : uidOf(task, id);
  const next = { uid: pick(ruid, cred.uid), euid: pick(euid, cred.euid), suid: pick(suid, cred.suid) };
  const mine = [cred.uid, cred.euid, cred.suid];
  if (!mine.includes(next.uid) || !mine.includes(next.euid) || !mine.includes(next.suid)) {
    if (!capable(task, CAP.SETUID, task.nsproxy.user)) throw new SysError('EPERM');
  }
  change(task, next);
}

export function setgid(task: Task, gid: number): void {
  const id = gidOf(task, gid);
  const { cred } = task;
  if (capable(task, CAP.SETGID, task.nsproxy.user)) changeGroup(task, { gid: id, egid: id, sgid: id });
  else if (id === cred.gid || id === cred.sgid) changeGroup(task, { egid: id });
  else throw new SysError('EPERM');
}

export function setregid(task: Task, rgid: number, egid: number): void {
  const { cred } = task;
  const privileged = capable(task, CAP.SETGID, task.nsproxy.user);
  const real = rgid === UNCHANGED ? cred.gid : gidOf(task, rgid);
  const effective = egid === UNCHANGED ? cred.egid : gidOf(task, egid);
  if (!privileged) {
    if (rgid !== UNCHANGED && real !== cred.gid && real !== cred.egid) throw new SysError('EPERM');
    if (egid !== UNCHANGED && effective !== cred.gid && effective !== cred.egid && effective !== cred.sgid) {
      throw new SysError('EPERM');
    }
  }
  const saved = rgid !== UNCHANGED || (egid !== UNCHANGED && effective !== cred.gid) ? effective : cred.sgid;
  changeGroup(task, { gid: real, egid: effective, sgid: saved });
}

export function setresgid(task: Task, rgid: number, egid: number, sgid: number): void {
  const { cred } = task;
  const pick = (id: number, old: number) => id === UNCHANGED ? old : gidOf(task, id);
  const next = { gid: pick(rgid, cred.gid), egid: pick(egid, cred.egid), sgid: pick(sgid, cred.sgid) };
  const mine = [cred.gid, cred.egid, cred.sgid];
  if (!mine.includes(next.gid) || !mine.includes(next.egid) || !mine.includes(next.sgid)) {
    if (!capable(task, CAP.SETGID, task.nsproxy.user)) throw new SysError('EPERM');
  }
  changeGroup(task, next);
}

/** setgroups(2): ids as the caller's user namespace has them. */
export function setgroups(task: Task, groups: readonly number[]): void {
  const ns = task.nsproxy.user;
  if (!capable(task, CAP.SETGID, ns) || ns.setgroups === 'deny' || ns.gidMap.length === 0) throw new SysError('EPERM');
  const ids = groups.map((gid) => gidOf(task, gid)).sort((a, b) => a - b);
  commitCred(task, { ...task.cred, groups: ids });
}

function change(task: Task, ids: Partial<Pick<Cred, 'uid' | 'euid' | 'suid'>>): void {
  const old = task.cred;
  const next = { ...old, ...ids };
  commitCred(task, fixCaps(old, { ...next, fsuid: next.euid }));
}

function changeGroup(task: Task, ids: Partial<Pick<Cred, 'gid' | 'egid' | 'sgid'>>): void {
  const next = { ...task.cred, ...ids };
  commitCred(task, { ...next, fsgid: next.egid });
}

const FS_CAPS = [CAP.CHOWN, CAP.DAC_OVERRIDE, CAP.DAC_READ_SEARCH, CAP.FOWNER, CAP.FSETID, CAP.LINUX_IMMUTABLE,
  CAP.MKNOD, CAP.MAC_OVERRIDE].reduce<CapSet>((set, cap) =>
  cap < 32 ? { lo: set.lo | (1 << cap), hi: set.hi } : { lo: set.lo, hi: set.hi | (1 << (cap - 32)) }, noCaps);

function fixCaps(old: Cred, next: Cred): Cred {
  if ((old.securebits & SECBIT.NO_SETUID_FIXUP) !== 0) return next;
  let { permitted, effective, ambient } = next;
  const wasRoot = old.uid === 0 || old.euid === 0 || old.suid === 0;
  if (wasRoot && next.uid !== 0 && next.euid !== 0 && next.suid !== 0) {
    if ((old.securebits & SECBIT.KEEP_CAPS) === 0) permitted = effective = noCaps;
    ambient = noCaps;
  }
  if (old.euid === 0 && next.euid !== 0) effective = noCaps;
  if (old.euid !== 0 && next.euid === 0) effective = permitted;
  if (old.fsuid === 0 && next.fsuid !== 0) {
    effective = { lo: effective.lo & ~FS_CAPS.lo, hi: effective.hi & ~FS_CAPS.hi };
  }
  if (old.fsuid !== 0 && next.fsuid === 0) {
    effective = { lo: effective.lo | (permitted.lo & FS_CAPS.lo), hi: effective.hi | (permitted.hi & FS_CAPS.hi) };
  }
  return { ...next, permitted, effective, ambient };
}

function uidOf(task: Task, id: number): number {
  const uid = task.nsproxy.user.uidOut(id >>> 0);
  if (id === UNCHANGED || uid === -1) throw new SysError('EINVAL');
  return uid;
}

function gidOf(task: Task, id: number): number {
  const gid = task.nsproxy.user.gidOut(id >>> 0);
  if (id === UNCHANGED || gid === -1) throw new SysError('EINVAL');
  return gid;
}
