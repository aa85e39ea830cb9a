// Identity of processes: numbers, groups and sessions (credentials(7)), prctl(2), priorities, pidfds, and the two calls
// that a program asks for what it was started with.

import { toBytes } from '../bytes.ts';
import { capable, commitCred, SECBIT, SECBIT_ALL, SECBIT_LOCKS } from '../cred/cred.ts';
import { PidFile } from '../proc/pidfd.ts';
import { joinGroup, newSession, ProcessGroup } from '../proc/session.ts';
import type { Task } from '../proc/task.ts';
import { addCap, CAP, CAP_LAST_CAP, dropCap, hasCap, noCaps } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { O } from '../uapi/fcntl.ts';
import { PR, PR_CAP_AMBIENT, PRIO, RLIMIT } from '../uapi/sched.ts';
import { encode } from '../uapi/struct.ts';
import type { Buf, Ptr } from './buf.ts';
import { full, partial, type Rows } from './table.ts';

const getpid = (task: Task): number => task.pid.own;
/** 0 for a parent outside of the caller's PID namespace. */
const getppid = (task: Task): number => task.parent?.pid.in(task.pid.ns) ?? 0;

/** The task that a number means to the caller; 0 is the caller itself. */
export function taskOf(task: Task, pid: number): Task {
  const found = pid === 0 ? task : task.pid.ns.task(pid);
  if (found === undefined) throw new SysError('ESRCH');
  return found;
}

function getpgid(task: Task, pid: number): number {
  return taskOf(task, pid).pgrp.pid.in(task.pid.ns);
}

function setpgid(task: Task, pid: number, pgid: number): number {
  if (pgid < 0) throw new SysError('EINVAL', 'setpgid');
  const target = taskOf(task, pid);
  if (target.parent === task) {
    if (target.session !== task.session) throw new SysError('EPERM', 'setpgid');
    if (target.didExec) throw new SysError('EACCES', 'setpgid');
  } else if (target !== task) throw new SysError('ESRCH', 'setpgid');
  if (target.session.leader === target) throw new SysError('EPERM', 'setpgid');
  const own = target.pid.in(task.pid.ns);
  if (pgid === 0 || pgid === own) {
    joinGroup(target, target.pid.group ?? new ProcessGroup(target.pid, target.session));
    return 0;
  }
  const group = task.pid.ns.find(pgid)?.group;
  if (group === undefined || group.session !== task.session) throw new SysError('EPERM', 'setpgid');
  joinGroup(target, group);
  return 0;
}

function getsid(task: Task, pid: number): number {
  return taskOf(task, pid).session.pid.in(task.pid.ns);
}

function setsid(task: Task): number {
  if (task.pid.group !== undefined || task.pid.session !== undefined) throw new SysError('EPERM', 'setsid');
  newSession(task);
  return task.pid.own;
}

function prctl(task: Task, option: number, arg2: Ptr, arg3: number, arg4: number, arg5: number): number {
  const { value } = arg2;
  const { cred } = task;
  const secbits = cred.securebits;
  switch (option) {
    case PR.SET_PDEATHSIG:
      if (value < 0 || value > 64) throw new SysError('EINVAL', 'prctl');
      task.pdeathsig = value;
      return 0;
    case PR.GET_PDEATHSIG: return putInt(arg2, task.pdeathsig);
    case PR.GET_DUMPABLE: return task.dumpable;
    case PR.SET_DUMPABLE:
      if (value !== 0 && value !== 1) throw new SysError('EINVAL', 'prctl');
      task.dumpable = value;
      return 0;
    case PR.SET_NAME: task.comm = readName(arg2); return 0;
    case PR.GET_NAME: {
      const name = new Uint8Array(16);
      name.set(toBytes(task.comm));
      arg2.buf(16).write(0, name);
      return 0;
    }
    case PR.GET_KEEPCAPS: return (secbits & SECBIT.KEEP_CAPS) === 0 ? 0 : 1;
    case PR.SET_KEEPCAPS:
      if (value !== 0 && value !== 1) throw new SysError('EINVAL', 'prctl');
      if ((secbits & (SECBIT.KEEP_CAPS << 1)) !== 0) throw new SysError('EPERM', 'prctl');
      commitCred(task, { ...cred, securebits: value === 1 ? secbits | SECBIT.KEEP_CAPS : secbits & ~SECBIT.KEEP_CAPS });
      return 0;
    case PR.GET_SECUREBITS: return secbits;
    case PR.SET_SECUREBITS: return setSecurebits(task, value);
    case PR.CAPBSET_READ: return hasCap(cred.bounding, validCap(value)) ? 1 : 0;
    case PR.CAPBSET_DROP:
      if (!capable(task, CAP.SETPCAP, task.nsproxy.user)) throw new SysError('EPERM', 'prctl');
      commitCred(task, { ...cred, bounding: dropCap(cred.bounding, validCap(value)) });
      return 0;
    case PR.CAP_AMBIENT: return ambient(task, value, arg3, arg4, arg5);
    case PR.SET_CHILD_SUBREAPER: task.subreaper = value !== 0; return 0;
    case PR.GET_CHILD_SUBREAPER: return putInt(arg2, task.subreaper ? 1 : 0);
    case PR.SET_NO_NEW_PRIVS:
      if (value !== 1 || arg3 !== 0 || arg4 !== 0 || arg5 !== 0) throw new SysError('EINVAL', 'prctl');
      commitCred(task, { ...cred, noNewPrivs: true });
      return 0;
    case PR.GET_NO_NEW_PRIVS:
      if (value !== 0 || arg3 !== 0 || arg4 !== 0 || arg5 !== 0) throw new SysError('EINVAL', 'prctl');
      return cred.noNewPrivs ? 1 : 0;
    case PR.GET_SECCOMP: return task.seccomp === undefined ? 0 : 2;
    default: throw new SysError('EINVAL', 'prctl');
  }
}

function putInt(arg: Ptr, value: number): number {
  arg.buf(4).write(0, encode('int', { value }));
  return 0;
}

/** A name of at most 15 bytes; reading stops at its NUL, so that it may lie at the end of memory. */
function readName(arg: Ptr): string {
  let name = '';
  while (name.length < 15) {
    const byte = arg.buf(name.length + 1).read(name.length, 1)[0]!;
    if (byte === 0) break;
    name += String.fromCharCode(byte);
  }
  return name;
}

function validCap(cap: number): number {
  if (cap < 0 || cap > CAP_LAST_CAP) throw new SysError('EINVAL', 'prctl');
  return cap;
}

function setSecurebits(task: Task, bits: number): number {
  const old = task.cred.securebits;
  const locked = (old & SECBIT_LOCKS) >> 1;
  const refused = ((old & locked) !== (bits & locked)) || (old & SECBIT_LOCKS & ~bits) !== 0
    || (bits & ~SECBIT_ALL) !== 0 || !capable(task, CAP.SETPCAP, task.nsproxy.user);
  if (refused) throw new SysError('EPERM', 'prctl');
  commitCred(task, { ...task.cred, securebits: bits });
  return 0;
}

function ambient(task: Task, op: number, cap: number, arg4: number, arg5: number): number {
  const { cred } = task;
  if (arg4 !== 0 || arg5 !== 0) throw new SysError('EINVAL', 'prctl');
  if (op === PR_CAP_AMBIENT.CLEAR_ALL) {
    if (cap !== 0) throw new SysError('EINVAL', 'prctl');
    commitCred(task, { ...cred, ambient: noCaps });
    return 0;
  }
  validCap(cap);
  switch (op) {
    case PR_CAP_AMBIENT.IS_SET: return hasCap(cred.ambient, cap) ? 1 : 0;
    case PR_CAP_AMBIENT.LOWER:
      commitCred(task, { ...cred, ambient: dropCap(cred.ambient, cap) });
      return 0;
    case PR_CAP_AMBIENT.RAISE:
      if (!hasCap(cred.permitted, cap) || !hasCap(cred.inheritable, cap)
        || (cred.securebits & SECBIT.NO_CAP_AMBIENT_RAISE) !== 0) throw new SysError('EPERM', 'prctl');
      commitCred(task, { ...cred, ambient: addCap(cred.ambient, cap) });
      return 0;
    default: throw new SysError('EINVAL', 'prctl');
  }
}

/** Whom getpriority and setpriority mean: one process, a group or a user. */
function whose(task: Task, which: number, who: number): Task[] {
  const { ns } = task.pid;
  switch (which) {
    case PRIO.PROCESS: {
      const one = who === 0 ? task : ns.task(who);
      return one === undefined ? [] : [one];
    }
    case PRIO.PGRP: {
      const group = who === 0 ? task.pgrp : ns.find(who)?.group;
      return group === undefined ? [] : [...group.members];
    }
    case PRIO.USER: {
      const uid = who === 0 ? task.cred.uid : task.nsproxy.user.uidOut(who);
      return ns.tasks().filter((t) => t.cred.uid === uid);
    }
    default: throw new SysError('EINVAL');
  }
}

/** Of several the highest; the kernel answers 20 - nice, so that it is never negative. */
function getpriority(task: Task, which: number, who: number): number {
  const tasks = whose(task, which, who);
  if (tasks.length === 0) throw new SysError('ESRCH', 'getpriority');
  return 20 - Math.min(...tasks.map((t) => t.nice));
}

function setpriority(task: Task, which: number, who: number, prio: number): number {
  const tasks = whose(task, which, who);
  if (tasks.length === 0) throw new SysError('ESRCH', 'setpriority');
  const nice = Math.max(-20, Math.min(19, prio));
  const { euid, uid } = task.cred;
  for (const target of tasks) {
    const privileged = capable(task, CAP.SYS_NICE, target.nsproxy.user);
    if (!privileged && euid !== target.cred.euid && euid !== target.cred.uid && uid !== target.cred.uid) {
      throw new SysError('EPERM', 'setpriority');
    }
    if (nice < target.nice && 20 - nice > target.rlimits[RLIMIT.NICE]!.cur && !capable(task, CAP.SYS_NICE)) {
      throw new SysError('EACCES', 'setpriority');
    }
    target.nice = nice;
  }
  return 0;
}

/** A bit for each CPU of the machine. */
function schedGetaffinity(task: Task, pid: number, mask: Buf): number {
  taskOf(task, pid);
  if (mask.length < 8) throw new SysError('EINVAL', 'sched_getaffinity');
  const bytes = new Uint8Array(8);
  for (let cpu = 0; cpu < Math.min(64, task.kernel.machine.cpus); cpu++) bytes[cpu >> 3]! |= 1 << (cpu & 7);
  mask.write(0, bytes);
  return 8;
}

function pidfdOpen(task: Task, pid: number, flags: number): number {
  if ((flags & ~O.NONBLOCK) !== 0 || pid <= 0) throw new SysError('EINVAL', 'pidfd_open');
  return task.files.install(task, new PidFile(task, taskOf(task, pid), flags), true);
}

/** NUL-terminated strings, if the buffer holds them all; the bytes they need in any case. */
function strings(list: readonly string[], buf: Buf): number {
  const all = list.map((s) => `${s}\0`).join('');
  if (all.length <= buf.length) buf.write(0, toBytes(all));
  return all.length;
}

export const rows = {
  getpid: full(getpid),
  getppid: full(getppid),
  gettid: full(getpid),
  getpgid: full(getpgid),
  setpgid: full(setpgid),
  getsid: full(getsid),
  setsid: full(setsid),
  prctl: partial(prctl, 'options of uapi/sched.ts; PR_SET_SECCOMP is EINVAL'),
  getpriority: full(getpriority),
  setpriority: partial(setpriority, 'a value that ps shows; scheduling does not follow it'),
  sched_yield: partial(() => 0, 'accepted; slices are cut by fuel'),
  sched_getaffinity: full(schedGetaffinity),
  pidfd_open: full(pidfdOpen),
  args: full((task: Task, buf: Buf) => strings(task.mm?.argv ?? [], buf)),
  environ: full((task: Task, buf: Buf) => strings(task.mm?.envp ?? [], buf)),
} satisfies Rows;
