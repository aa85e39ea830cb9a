// procfs (proc(5)): the file system. A mount of it belongs to the PID namespace of whoever mounted it, and shows that
// namespace's processes under its numbers.

import type { Kernel } from '../../kernel.ts';
import type { PidNamespace } from '../../ns/pid.ts';
import type { UserNamespace } from '../../ns/user.ts';
import type { Task } from '../../proc/task.ts';
import { SysError } from '../../uapi/errno.ts';
import { MAGIC } from '../../uapi/mount.ts';
import { Dentry } from '../dentry.ts';
import { type FsType, parseOptions, SuperBlock } from '../super.ts';
import { ProcInode } from './node.ts';
import { rootDir } from './root.ts';

export class ProcSuper extends SuperBlock {
  readonly magic = MAGIC.PROC;
  override readonly cached = false;
  readonly pidNs: PidNamespace;
  readonly root: Dentry;

  constructor(kernel: Kernel, pidNs: PidNamespace, flags: number, userNs: UserNamespace) {
    super(kernel, procfs, flags, userNs);
    this.pidNs = pidNs.get();
    this.root = new Dentry('/', undefined, new ProcInode(rootDir, { sb: this, target: undefined }, 1));
  }

  override kill(): void {
    this.pidNs.put();
  }
}

export const procfs: FsType = {
  name: 'proc', nodev: true, userns: true,
  mount(task: Task, _source: string, flags: number, data: string): SuperBlock {
    for (const [name] of parseOptions(data)) throw new SysError('EINVAL', 'mount', `proc has no option ${name} here`);
    return new ProcSuper(task.kernel, task.nsproxy.pid, flags, task.nsproxy.user);
  },
};
