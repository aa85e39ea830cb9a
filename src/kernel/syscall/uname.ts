// uname(2), sethostname(2), setdomainname(2), sysinfo(2).

import { toBytes, fromBytes } from '../bytes.ts';
import { capable } from '../cred/cred.ts';
import { HOST_NAME_MAX } from '../limits.ts';
import { MACHINE, RELEASE, SYSNAME, VERSION } from '../ns/uts.ts';
import type { Task } from '../proc/task.ts';
import { NS_PER_SEC } from '../sched/clock.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { encode } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, partial, type Rows } from './table.ts';

function uname(task: Task, buf: Buf): number {
  const { nodename, domainname } = task.nsproxy.uts;
  buf.write(0, encode('utsname', {
    sysname: toBytes(SYSNAME), nodename: toBytes(nodename), release: toBytes(RELEASE), version: toBytes(VERSION),
    machine: toBytes(MACHINE), domainname: toBytes(domainname),
  }));
  return 0;
}

const setName = (field: 'nodename' | 'domainname', call: string) => (task: Task, name: Buf): number => {
  const { uts } = task.nsproxy;
  if (!capable(task, CAP.SYS_ADMIN, uts.owner)) throw new SysError('EPERM', call);
  if (name.length > HOST_NAME_MAX) throw new SysError('EINVAL', call);
  uts[field] = fromBytes(name.read(0, name.length));
  return 0;
};

function sysinfo(task: Task, info: Buf): number {
  const { kernel } = task;
  const total = kernel.machine.memoryBytes;
  info.write(0, encode('sysinfo', {
    uptime: Math.floor((kernel.clock.monotonicNs() - kernel.bootNs + task.nsproxy.time.boottimeNs) / NS_PER_SEC),
    totalram: total, freeram: Math.max(0, total - kernel.rootCgroup.memoryBytes),
    procs: Math.min(65535, task.pid.ns.pids.size), mem_unit: 1,
  }));
  return 0;
}

export const rows = {
  uname: full(uname),
  sethostname: full(setName('nodename', 'sethostname')),
  setdomainname: full(setName('domainname', 'setdomainname')),
  sysinfo: partial(sysinfo, 'loads and swap are 0'),
} satisfies Rows;
