// prlimit64(2), getrusage(2), times(2), getpriority(2), setpriority(2), sched_getaffinity(2), sched_yield(2).

import { capable } from '../cred/cred.ts';
import { NOFILE_HARD, USER_HZ } from '../limits.ts';
import { childrenUsage, encodeUsage, ticks, usage } from '../proc/usage.ts';
import type { Task } from '../proc/task.ts';
import { NS_PER_SEC } from '../sched/clock.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { PRIO, RLIM_NLIMITS, RLIMIT, RUSAGE } from '../uapi/sched.ts';
import { decode, encode, structs } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, partial, type Rows } from './table.ts';

function prlimit64(task: Task, pid: number, resource: number, next: Buf | undefined, old: Buf | undefined): number {
  const target = pid === 0 ? task : task.pid.ns.task(pid);
  if (target === undefined) throw new SysError('ESRCH', 'prlimit64');
  if (resource < 0 || resource >= RLIM_NLIMITS) throw new SysError('EINVAL', 'prlimit64');
  if (target !== task && !sameIds(task, target) && !capable(task, CAP.SYS_RESOURCE, target.nsproxy.user)) {
    throw new SysError('EPERM', 'prlimit64');
  }
  const now = target.rlimits[resource]!;
  if (next !== undefined) {
    const value = decode('rlimit64', next.read(0, structs.rlimit64.size));
    const cur = value.rlim_cur!;
    const max = value.rlim_max!;
    if (cur > max) throw new SysError('EINVAL', 'prlimit64');
    if (resource === RLIMIT.NOFILE && max > NOFILE_HARD) throw new SysError('EPERM', 'prlimit64');
    if (max > now.max && !capable(task, CAP.SYS_RESOURCE, task.kernel.initial.user)) throw new SysError('EPERM', 'prlimit64');
    target.rlimits = target.rlimits.map((limit, i) => (i === resource ? { cur, max } : limit));
  }
  old?.write(0, encode('rlimit64', { rlim_cur: now.cur, rlim_max: now.max }));
  return 0;
}

function sameIds(task: Task, target: Task): boolean {
  const { uid, gid } = task.cred;
  const t = target.cred;
  return uid === t.uid && uid === t.euid && uid === t.suid && gid === t.gid && gid === t.egid && gid === t.sgid;
}

function getrusage(task: Task, who: number, buf: Buf): number {
  if (who !== RUSAGE.SELF && who !== RUSAGE.CHILDREN && who !== RUSAGE.THREAD) throw new SysError('EINVAL', 'getrusage');
  buf.write(0, encodeUsage(who === RUSAGE.CHILDREN ? childrenUsage(task) : usage(task)));
  return 0;
}

function times(task: Task, buf: Buf | undefined): number {
  buf?.write(0, encode('tms', {
    tms_utime: ticks(task.utimeNs), tms_stime: ticks(task.stimeNs), tms_cutime: ticks(task.childUtimeNs),
    tms_cstime: ticks(task.childStimeNs),
  }));
  return Math.floor((task.kernel.clock.monotonicNs() / NS_PER_SEC) * USER_HZ);
}

/** The tasks that getpriority's and setpriority's `which` and `who` mean. */
function meant(task: Task, which: number, who: number): Task[] {
  const { ns } = task.pid;
  switch (which) {
    case PRIO.PROCESS: {
      const target = who === 0 ? task : ns.task(who);
      return target === undefined ? [] : [target];
    }
    case PRIO.PGRP: {
      const group = who === 0 ? task.pgrp : ns.find(who)?.group;
      return group === undefined ? [] : [...group.members];
    }
    case PRIO.USER: {
      const uid = who === 0 ? task.cred.uid : task.nsproxy.user.uidOut(who);
      return ns.tasks().filter((other) => other.cred.uid === uid);
    }
    default: throw new SysError('EINVAL');
  }
}

/** 20 minus the lowest nice value, so that it is never negative. */
function getpriority(task: Task, which: number, who: number): number {
  const tasks = meant(task, which, who);
  if (tasks.length === 0) throw new SysError('ESRCH', 'getpriority');
  return 20 - Math.min(...tasks.map((target) => target.nice));
}

function setpriority(task: Task, which: number, who: number, prio: number): number {
  const tasks = meant(task, which, who);
  if (tasks.length === 0) throw new SysError('ESRCH', 'setpriority');
  const nice = Math.max(-20, Math.min(19, prio));
  for (const target of tasks) {
    const { euid, uid } = task.cred;
    if (euid !== target.cred.uid && euid !== target.cred.euid && uid !== target.cred.uid
      && !capable(task, CAP.SYS_NICE, target.nsproxy.user)) throw new SysError('EPERM', 'setpriority');
    if (nice < target.nice && !capable(task, CAP.SYS_NICE, task.kernel.initial.user)
      && 20 - nice > target.rlimits[RLIMIT.NICE]!.cur) throw new SysError('EACCES', 'setpriority');
    target.nice = nice;
  }
  return 0;
}

function schedGetaffinity(task: Task, pid: number, mask: Buf): number {
  if (pid !== 0 && task.pid.ns.task(pid) === undefined) throw new SysError('ESRCH', 'sched_getaffinity');
  if (mask.length < 8 || mask.length % 8 !== 0) throw new SysError('EINVAL', 'sched_getaffinity');
  const bits = new Uint8Array(8);
  for (let cpu = 0; cpu < Math.min(64, task.kernel.machine.cpus); cpu++) bits[cpu >> 3]! |= 1 << (cpu & 7);
  mask.write(0, bits);
  return 8;
}

export const rows = {
  prlimit64: full(prlimit64),
  getrusage: partial(getrusage, 'times and the size only'),
  times: full(times),
  getpriority: full(getpriority),
  setpriority: partial(setpriority, 'kept and shown; the scheduler runs all tasks in turn'),
  sched_getaffinity: full(schedGetaffinity),
  sched_yield: partial(() => 0, 'tasks take turns at their next wait or when their slice is spent'),
} satisfies Rows;
