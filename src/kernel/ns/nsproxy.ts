// The namespaces of a task (struct nsproxy): a plain record shared by reference. Nothing changes a record; unshare(2),
// setns(2) and clone(2) give a task another one.

import type { CgroupNamespace } from './cgroup.ts';
import type { IpcNamespace } from './ipc.ts';
import type { MountNamespace } from './mnt.ts';
import type { NetNamespace } from './net.ts';
import type { PidNamespace } from './pid.ts';
import type { TimeNamespace } from './time.ts';
import type { UserNamespace } from './user.ts';
import type { UtsNamespace } from './uts.ts';

export interface NsProxy {
  readonly cgroup: CgroupNamespace;
  readonly ipc: IpcNamespace;
  readonly mnt: MountNamespace;
  readonly net: NetNamespace;
  /** Where the task was born; it never changes. */
  readonly pid: PidNamespace;
  readonly time: TimeNamespace;
  readonly user: UserNamespace;
  readonly uts: UtsNamespace;
  /** Where children will be born: unshare and setns of these two kinds act on children only. */
  readonly pidForChildren: PidNamespace;
  readonly timeForChildren: TimeNamespace;
}

const fields = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts', 'pidForChildren', 'timeForChildren'] as const;

/** A task begins to use a record. */
export function getNamespaces(proxy: NsProxy): NsProxy {
  for (const field of fields) proxy[field].get();
  return proxy;
}

/** A task stops using a record; what nobody uses any more dies. */
export function putNamespaces(proxy: NsProxy): void {
  for (const field of fields) proxy[field].put();
}

/** What a child begins with: it is born where its parent said that children are. */
export function forChild(proxy: NsProxy): NsProxy {
  if (proxy.pid === proxy.pidForChildren && proxy.time === proxy.timeForChildren) return proxy;
  return { ...proxy, pid: proxy.pidForChildren, time: proxy.timeForChildren };
}
