// Boot: from an empty machine to task 1 with a root of its own. Reads like a table of contents.

import { Cgroup } from './cgroup/cgroup.ts';
import { devpts, openPtmx, PTMX } from './fs/devpts.ts';
import { FdTable } from './fs/fdtable.ts';
import { hostfs } from './fs/hostfs.ts';
import { registerMem } from './fs/mem.ts';
import { Mount } from './fs/mount.ts';
import { FsContext, Path } from './fs/path.ts';
import { procfs } from './fs/proc/super.ts';
import type { FsType } from './fs/super.ts';
import { sysfs } from './fs/sysfs.ts';
import { makeTmpfs, type TmpInode, tmpfs } from './fs/tmpfs.ts';
import { openFifo } from './ipc/pipe.ts';
import type { Kernel } from './kernel.ts';
import { CgroupNamespace } from './ns/cgroup.ts';
import { IpcNamespace } from './ns/ipc.ts';
import { MountNamespace } from './ns/mnt.ts';
import { NetNamespace } from './ns/net.ts';
import type { NsProxy } from './ns/nsproxy.ts';
import { PidNamespace } from './ns/pid.ts';
import { TimeNamespace } from './ns/time.ts';
import { UserNamespace } from './ns/user.ts';
import { UtsNamespace } from './ns/uts.ts';
import { firstTask } from './proc/clone.ts';
import type { Task } from './proc/task.ts';
import { registerTtys } from './tty/device.ts';
import { makedev, S } from './uapi/fcntl.ts';
import { MS } from './uapi/mount.ts';

export function boot(kernel: Kernel, hostname: string): void {
  registerDrivers(kernel);
  kernel.rootCgroup = new Cgroup('', undefined, kernel.machine.memoryBytes, kernel.machine.tasksMax);
  const user = new UserNamespace(undefined, kernel);
  const mnt = rootMount(kernel, user);
  kernel.initial = initialNamespaces(kernel, user, mnt);
  kernel.initial.uts.nodename = hostname;
  const root = new Path(mnt.root, mnt.root.root);
  kernel.init = firstTask(kernel, kernel.initial, new FsContext(root, root), new FdTable(), 'twinbox');
  mountAt(kernel.init, procfs, 'proc', MS.NOSUID | MS.NODEV | MS.NOEXEC);
}

/** The types of mount(2), in the order of /proc/filesystems, and who opens special files. */
function registerDrivers(kernel: Kernel): void {
  const { vfs } = kernel;
  for (const type of [sysfs, tmpfs, procfs, devpts, hostfs]) vfs.types.set(type.name, type);
  vfs.fifo = openFifo;
  registerMem(kernel);
  vfs.chrdevs.set(PTMX, openPtmx);
  registerTtys(kernel);
}

/** The machine's own root: next to nothing, since containers bring theirs. */
function rootMount(kernel: Kernel, user: UserNamespace): MountNamespace {
  const sb = makeTmpfs(kernel, 'mode=755');
  const root = sb.root.inode as TmpInode;
  for (const name of ['proc', 'mnt', 'tmp']) root.add(name, S.IFDIR | (name === 'tmp' ? 0o1777 : 0o755), 0, 0);
  const dev = root.add('dev', S.IFDIR | 0o755, 0, 0);
  dev.add('null', S.IFCHR | 0o666, 0, 0, makedev(1, 3));
  const mnt = new MountNamespace(kernel, user, true);
  mnt.root = new Mount(sb, sb.root, 'rootfs', 0);
  mnt.add(mnt.root);
  return mnt;
}

function initialNamespaces(kernel: Kernel, user: UserNamespace, mnt: MountNamespace): NsProxy {
  const pid = new PidNamespace(undefined, user, kernel);
  const time = new TimeNamespace(user, kernel);
  return {
    cgroup: new CgroupNamespace(user, kernel, kernel.rootCgroup, true), ipc: new IpcNamespace(user, kernel, true), mnt,
    net: new NetNamespace(user, kernel, true, true), pid, time, user, uts: new UtsNamespace(user, kernel),
    pidForChildren: pid, timeForChildren: time,
  };
}

/** Mount a file system at the directory of its name in the machine's root. */
function mountAt(init: Task, type: FsType, name: string, flags: number): void {
  const { mnt } = init.nsproxy;
  const sb = type.mount(init, name, flags, '');
  const mount = new Mount(sb, sb.root, name, flags);
  mount.attach(mnt.root, mnt.root.root.lookup(init, name)!);
  mnt.add(mount);
}
