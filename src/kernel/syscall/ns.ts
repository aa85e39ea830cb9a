// unshare(2) and setns(2).

import { joinNamespaces, kinds, NS_FLAGS, unshareNamespaces } from '../ns/kind.ts';
import type { Namespace } from '../ns/namespace.ts';
import { PidFile } from '../proc/pidfd.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { CLONE } from '../uapi/sched.ts';
import { partial, full, type Rows } from './table.ts';

/** Flags that mean nothing for a task without threads and without shared memory. */
const ALONE = CLONE.THREAD | CLONE.SIGHAND | CLONE.VM | CLONE.SYSVSEM;

function unshare(task: Task, flags: number): number {
  if ((flags & ~(NS_FLAGS | ALONE | CLONE.FS | CLONE.FILES)) !== 0) throw new SysError('EINVAL', 'unshare');
  const ownFs = (flags & (CLONE.FS | CLONE.NEWNS | CLONE.NEWUSER)) !== 0 && task.fs.users > 1;
  const fs = task.fs;
  if (ownFs) task.fs = fs.copy();
  try {
    unshareNamespaces(task, flags);
  } catch (error) {
    if (ownFs) {
      task.fs.put();
      task.fs = fs;
    }
    throw error;
  }
  if (ownFs) fs.put();
  if ((flags & CLONE.FILES) !== 0 && task.files.users > 1) {
    const { files } = task;
    task.files = files.copy();
    files.put(task);
  }
  return 0;
}

/** `fd` is a namespace file, whose kind `nstype` may state, or a pidfd with the kinds to take over from its process. */
function setns(task: Task, fd: number, nstype: number): number {
  const file = task.files.file(fd);
  if (file instanceof PidFile) {
    if (nstype === 0 || (nstype & ~NS_FLAGS) !== 0) throw new SysError('EINVAL', 'setns');
    if (!file.task.alive) throw new SysError('ESRCH', 'setns');
    joinNamespaces(task, namespacesOf(file.task, nstype));
    return 0;
  }
  const { namespace } = file as { namespace?: Namespace };
  if (namespace === undefined) throw new SysError('EINVAL', 'setns');
  const { flag } = kinds.find((kind) => kind.name === namespace.kind)!;
  if (nstype !== 0 && nstype !== flag) throw new SysError('EINVAL', 'setns');
  joinNamespaces(task, [namespace]);
  return 0;
}

function namespacesOf(target: Task, flags: number): Namespace[] {
  return kinds.filter((kind) => (flags & kind.flag) !== 0).map((kind) => target.nsproxy[kind.name]);
}

export const rows = {
  unshare: partial(unshare, 'kinds ipc, net and cgroup are new and empty; their depth comes later'),
  setns: full(setns),
} satisfies Rows;
