// uname(2) and its setters, sysinfo(2).

import { fromBytes, toBytes } from '../bytes.ts';
import { requireCap } from '../cred/cred.ts';
import { HOST_NAME_MAX } from '../limits.ts';
import { MACHINE, RELEASE, SYSNAME, VERSION } from '../ns/uts.ts';
import type { Task } from '../proc/task.ts';
import { NS_PER_SEC } from '../sched/clock.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { encode } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, type Rows } from './table.ts';

function uname(task: Task, buf: Buf): number {
  const { nodename, domainname } = task.nsproxy.uts;
  buf.write(0, encode('utsname', {
    sysname: toBytes(SYSNAME), nodename: toBytes(nodename), release: toBytes(RELEASE), version: toBytes(VERSION),
    machine: toBytes(MACHINE), domainname: toBytes(domainname),
  }));
  return 0;
}

function newName(task: Task, name: Buf): string {
  requireCap(task, CAP.SYS_ADMIN, task.nsproxy.uts.owner);
  if (name.length > HOST_NAME_MAX) throw new SysError('EINVAL');
  return fromBytes(name.read(0, name.length));
}

function sethostname(task: Task, name: Buf): number {
  task.nsproxy.uts.nodename = newName(task, name);
  return 0;
}

function setdomainname(task: Task, name: Buf): number {
  task.nsproxy.uts.domainname = newName(task, name);
  return 0;
}

function sysinfo(task: Task, info: Buf): number {
  const { kernel } = task;
  const total = kernel.machine.memoryBytes;
  info.write(0, encode('sysinfo', {
    uptime: Math.ceil((kernel.clock.monotonicNs() + task.nsproxy.time.boottimeNs) / NS_PER_SEC),
    totalram: total, freeram: Math.max(0, total - kernel.rootCgroup.memoryBytes), procs: Math.min(65535, kernel.tasks.size),
    mem_unit: 1,
  }));
  return 0;
}

export const rows = {
  uname: full(uname),
  sethostname: full(sethostname),
  setdomainname: full(setdomainname),
  sysinfo: full(sysinfo),
} satisfies Rows;
