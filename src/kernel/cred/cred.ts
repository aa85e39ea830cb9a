// Credentials (credentials(7), capabilities(7)): one immutable record that a task points to; changing any of them makes
// a new record. Ids are kernel ids, those of the initial user namespace.

import type { Task } from '../proc/task.ts';
import type { UserNamespace } from '../ns/user.ts';
import { allCaps, type CapSet, hasCap, noCaps } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';

export interface Cred {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  /** Ids for file access; follow euid and egid. */
  readonly fsuid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly fsgid: number;
  /** Supplementary groups, ascending. */
  readonly groups: readonly number[];
  readonly permitted: CapSet;
  readonly effective: CapSet;
  readonly inheritable: CapSet;
  readonly bounding: CapSet;
  readonly ambient: CapSet;
  /** SECBIT bits, among them KEEP_CAPS of prctl(2). */
  readonly securebits: number;
  /** execve gives no new privileges (PR_SET_NO_NEW_PRIVS). */
  readonly noNewPrivs: boolean;
}

export const SECBIT = { NOROOT: 1, NO_SETUID_FIXUP: 4, KEEP_CAPS: 16, NO_CAP_AMBIENT_RAISE: 64 } as const;
/** The lock of a secure bit is the next bit. */
export const SECBIT_LOCKS = 0xaa;
export const SECBIT_ALL = 0xff;

/** Root with every capability: what task 1 is born with. */
export const rootCred: Cred = {
  uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [], permitted: allCaps,
  effective: allCaps, inheritable: noCaps, bounding: allCaps, ambient: noCaps, securebits: 0, noNewPrivs: false,
};

/**
 * Whether `task` has a capability in a user namespace (the initial one if none is named): it holds it and is a member
 * of that namespace or of an ancestor, or its effective uid owns it from the parent namespace.
 */
export function capable(task: Task, cap: number, target?: UserNamespace): boolean {
  const { cred } = task;
  const mine = task.nsproxy.user;
  if (mine.parent === undefined && (target === undefined || target.parent === undefined)) {
    return hasCap(cred.effective, cap);
  }
  let ns = target ?? task.kernel.initial.user;
  for (;;) {
    if (ns === mine) return hasCap(cred.effective, cap);
    if (ns.level <= mine.level) return false;
    if (ns.parent === mine && ns.ownerUid === cred.euid) return true;
    ns = ns.parent!;
  }
}

/** Throw EPERM unless capable. */
export function requireCap(task: Task, cap: number, target?: UserNamespace): void {
  if (!capable(task, cap, target)) throw new SysError('EPERM');
}

/** Whether a kernel gid is among the groups that file access looks at. */
export function inGroup(cred: Cred, gid: number): boolean {
  return gid === cred.fsgid || cred.groups.includes(gid);
}

/** Whether a kernel gid is the effective group or a supplementary one. */
export function inEffectiveGroup(cred: Cred, gid: number): boolean {
  return gid === cred.egid || cred.groups.includes(gid);
}

/** Task's credentials are replaced. Fewer rights or other ids make it undumpable and clear its death signal. */
export function commitCred(task: Task, next: Cred): void {
  const old = task.cred;
  task.cred = next;
  if (old.euid !== next.euid || old.egid !== next.egid || old.fsuid !== next.fsuid || old.fsgid !== next.fsgid) {
    task.dumpable = 0;
    task.pdeathsig = 0;
  }
}
