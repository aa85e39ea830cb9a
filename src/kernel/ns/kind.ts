// The eight kinds of namespaces in one table, which clone, unshare, setns and /proc/PID/ns walk. To add a kind: its file,
// its field in NsProxy and its row here.

import { capable, type Cred, commitCred } from '../cred/cred.ts';
import type { FsContext } from '../fs/path.ts';
import type { Task } from '../proc/task.ts';
import { allCaps, CAP, noCaps } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { CLONE } from '../uapi/sched.ts';
import { CgroupNamespace } from './cgroup.ts';
import { IpcNamespace } from './ipc.ts';
import type { MountNamespace } from './mnt.ts';
import type { KindName, Namespace } from './namespace.ts';
import { NetNamespace } from './net.ts';
import { forChild, getNamespaces, type NsProxy, putNamespaces } from './nsproxy.ts';
import type { PidNamespace } from './pid.ts';
import { TimeNamespace } from './time.ts';
import type { UserNamespace } from './user.ts';
import { UtsNamespace } from './uts.ts';

/** What a new namespace is made from: the caller, and the record, credentials and fs context it is made for. */
interface Making {
  readonly task: Task;
  readonly proxy: NsProxy;
  readonly cred: Cred;
  readonly fs: FsContext;
}

export interface Kind {
  readonly name: KindName;
  /** Its flag in clone(2), unshare(2) and setns(2). */
  readonly flag: number;
  /** The field that a new or joined one takes. */
  readonly field: keyof NsProxy;
  create(from: Making): Namespace;
  /** Conditions of setns(2) beyond CAP_SYS_ADMIN on both sides. */
  check?(task: Task, ns: Namespace): void;
}

const inums = (from: Making) => from.task.kernel;

/** User first: the others belong to the one made beside them. Mounts last: their copy moves the caller. */
export const kinds: readonly Kind[] = [
  { name: 'user', flag: CLONE.NEWUSER, field: 'user', create: (from) => from.proxy.user.child(from.task.cred), check: checkUser },
  { name: 'uts', flag: CLONE.NEWUTS, field: 'uts', create: (from) => new UtsNamespace(from.proxy.user, inums(from), from.proxy.uts) },
  { name: 'ipc', flag: CLONE.NEWIPC, field: 'ipc', create: (from) => new IpcNamespace(from.proxy.user, inums(from)) },
  { name: 'pid', flag: CLONE.NEWPID, field: 'pidForChildren', create: createPid, check: checkPid },
  { name: 'cgroup', flag: CLONE.NEWCGROUP, field: 'cgroup',
    create: (from) => new CgroupNamespace(from.proxy.user, inums(from), from.task.cgroup) },
  { name: 'net', flag: CLONE.NEWNET, field: 'net', create: (from) => new NetNamespace(from.proxy.user, inums(from), from.task === from.task.kernel.init) },
  { name: 'time', flag: CLONE.NEWTIME, field: 'timeForChildren',
    create: (from) => new TimeNamespace(from.proxy.user, inums(from), from.proxy.time) },
  { name: 'mnt', flag: CLONE.NEWNS, field: 'mnt', create: (from) => from.proxy.mnt.copy(from.proxy.user, from.fs), check: checkMnt },
];

/** All flags of the table. */
export const NS_FLAGS = kinds.reduce((flags, kind) => flags | kind.flag, 0);

export interface Made {
  /** Holds one use of each of its namespaces. */
  readonly proxy: NsProxy;
  readonly cred: Cred;
}

/**
 * The record with the kinds in `flags` made anew, for the caller or its child; `fs` is moved to the copy of the mounts.
 * Throws before anything has changed, or puts back what it made.
 */
export function makeNamespaces(task: Task, flags: number, fs: FsContext): Made {
  const made: Namespace[] = [];
  let proxy = task.nsproxy;
  let { cred } = task;
  if ((flags & NS_FLAGS & ~CLONE.NEWUSER) !== 0 && (flags & CLONE.NEWUSER) === 0) requireAdmin(task);
  try {
    for (const kind of kinds) {
      if ((flags & kind.flag) === 0) continue;
      const ns = kind.create({ task, proxy, cred, fs });
      made.push(ns);
      proxy = { ...proxy, [kind.field]: ns };
      if (kind.name === 'user') cred = allPowerful(cred);
    }
  } catch (error) {
    for (const ns of made) ns.put();
    throw error;
  }
  getNamespaces(proxy);
  for (const ns of made) ns.put();
  return { proxy, cred };
}

/** unshare(2) for the kinds in `flags`. */
export function unshareNamespaces(task: Task, flags: number): void {
  if ((flags & NS_FLAGS) === 0) return;
  const { proxy, cred } = makeNamespaces(task, flags, task.fs);
  const old = task.nsproxy;
  task.nsproxy = proxy;
  if (cred !== task.cred) commitCred(task, cred);
  putNamespaces(old);
}

/** setns(2): enter `list` all at once. Conditions are checked before the first is entered. */
export function joinNamespaces(task: Task, list: readonly Namespace[]): void {
  const ordered = kinds.flatMap((kind) => list.filter((ns) => ns.kind === kind.name).map((ns) => ({ kind, ns })));
  // A user namespace in the list is entered first: the other kinds are then checked as a member of it.
  const before = { nsproxy: task.nsproxy, cred: task.cred };
  try {
    for (const { kind, ns } of ordered) {
      if (kind.name !== 'user') requireJoin(task, ns);
      kind.check?.(task, ns);
      task.nsproxy = { ...task.nsproxy, [kind.field]: ns, ...(kind.name === 'time' ? { time: ns as TimeNamespace } : {}) };
      if (kind.name === 'user') task.cred = allPowerful(task.cred);
    }
  } catch (error) {
    task.nsproxy = before.nsproxy;
    task.cred = before.cred;
    throw error;
  }
  getNamespaces(task.nsproxy);
  putNamespaces(before.nsproxy);
  const mnt = list.find((ns) => ns.kind === 'mnt') as MountNamespace | undefined;
  mnt?.enter(task.fs);
  const time = list.find((ns) => ns.kind === 'time') as TimeNamespace | undefined;
  if (time !== undefined) time.frozen = true;
}

/** execve(2) moves the caller into the time namespace that was for its children. */
export function enterTimeForChildren(task: Task): void {
  const old = task.nsproxy;
  if (old.time === old.timeForChildren) return;
  old.timeForChildren.frozen = true;
  task.nsproxy = getNamespaces({ ...old, time: old.timeForChildren });
  putNamespaces(old);
}

/** The record that a clone begins with, with one use of each namespace taken. */
export function cloneNamespaces(task: Task, flags: number, fs: FsContext): Made {
  const made = (flags & NS_FLAGS) === 0
    ? { proxy: getNamespaces(task.nsproxy), cred: task.cred }
    : makeNamespaces(task, flags, fs);
  const proxy = forChild(made.proxy);
  if (proxy !== made.proxy) {
    getNamespaces(proxy);
    putNamespaces(made.proxy);
    proxy.time.frozen = true;
  }
  return { proxy, cred: made.cred };
}

/** Full capabilities in a user namespace just entered. */
function allPowerful(cred: Cred): Cred {
  return { ...cred, permitted: allCaps, effective: allCaps, inheritable: noCaps, bounding: allCaps, ambient: noCaps,
    securebits: 0 };
}

function requireAdmin(task: Task): void {
  if (!capable(task, CAP.SYS_ADMIN, task.nsproxy.user)) throw new SysError('EPERM');
}

function requireJoin(task: Task, ns: Namespace): void {
  requireAdmin(task);
  if (!capable(task, CAP.SYS_ADMIN, ns.owner)) throw new SysError('EPERM');
}

function createPid(from: Making): PidNamespace {
  // A second one before the first has a task would leave a level without init.
  if (from.task.nsproxy.pid !== from.proxy.pidForChildren) throw new SysError('EINVAL');
  return from.proxy.pidForChildren.child(from.proxy.user);
}

function checkPid(task: Task, ns: Namespace): void {
  if (!task.nsproxy.pid.contains(ns as PidNamespace)) throw new SysError('EINVAL');
}

function checkMnt(task: Task): void {
  if (!capable(task, CAP.SYS_CHROOT, task.nsproxy.user)) throw new SysError('EPERM');
  if (task.fs.users > 1) throw new SysError('EINVAL');
}

function checkUser(task: Task, ns: Namespace): void {
  if (ns === task.nsproxy.user || task.fs.users > 1) throw new SysError('EINVAL');
  if (!capable(task, CAP.SYS_ADMIN, ns as UserNamespace)) throw new SysError('EPERM');
}
