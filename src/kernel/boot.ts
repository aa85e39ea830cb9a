// Boot: the initial namespaces, the root cgroup, the first file systems and task 1.

import { utf8 } from './bytes.ts';
import { Cgroup } from './cgroup/cgroup.ts';
import { bootFs } from './fs/boot.ts';
import { FdTable } from './fs/fdtable.ts';
import { FsContext } from './fs/path.ts';
import { openFifo } from './ipc/pipe.ts';
import type { Kernel } from './kernel.ts';
import { CgroupNamespace } from './ns/cgroup.ts';
import { IpcNamespace } from './ns/ipc.ts';
import type { MountNamespace } from './ns/mnt.ts';
import { NetNamespace } from './ns/net.ts';
import { PidNamespace } from './ns/pid.ts';
import { TimeNamespace } from './ns/time.ts';
import { UserNamespace } from './ns/user.ts';
import { UtsNamespace } from './ns/uts.ts';
import { firstTask } from './proc/clone.ts';
import { registerTtys } from './tty/device.ts';

export function boot(kernel: Kernel, hostname: string): void {
  const user = new UserNamespace(undefined, kernel);
  kernel.rootCgroup = new Cgroup('', undefined, kernel.machine.memoryBytes, kernel.machine.tasksMax);
  const pid = new PidNamespace(undefined, user, kernel);
  const time = new TimeNamespace(user, kernel);
  const uts = new UtsNamespace(user, kernel);
  uts.nodename = utf8(hostname);
  const rest = {
    cgroup: new CgroupNamespace(user, kernel, kernel.rootCgroup, true), ipc: new IpcNamespace(user, kernel, true),
    net: new NetNamespace(user, kernel, true), pid, time, user, uts, pidForChildren: pid, timeForChildren: time,
  };
  // The mounts need the other namespaces first: a superblock and a mount have an owner.
  kernel.initial = { ...rest, mnt: undefined as unknown as MountNamespace };
  const { ns: mnt, root } = bootFs(kernel);
  kernel.initial = { ...rest, mnt };
  kernel.vfs.fifo = openFifo;
  registerTtys(kernel);
  kernel.init = firstTask(kernel, kernel.initial, new FsContext(root, root), new FdTable(), 'twinbox');
}
