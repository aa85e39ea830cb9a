// /proc/PID/ns (namespaces(7)): a magic link for each kind, which setns(2) and bind mounts take.

import type { Namespace } from '../../ns/namespace.ts';
import type { Task } from '../../proc/task.ts';
import { SysError } from '../../uapi/errno.ts';
import { namespacePath } from '../nsfs.ts';
import { requireRead } from './access.ts';
import { type Context, type DirNode, dir, link, type LinkNode, targetOf } from './node.ts';

function entry(of: (task: Task) => Namespace | undefined): LinkNode {
  const find = (reader: Task, at: Context): Namespace => {
    const target = targetOf(at);
    requireRead(reader, target);
    const ns = target.alive ? of(target) : undefined;
    if (ns === undefined) throw new SysError('ENOENT');
    return ns;
  };
  return link(
    (reader, at) => find(reader, at).link,
    (reader, at) => namespacePath(reader.kernel, find(reader, at)),
  );
}

export const nsDir: DirNode = dir({
  cgroup: entry((task) => task.nsproxy.cgroup),
  ipc: entry((task) => task.nsproxy.ipc),
  mnt: entry((task) => task.nsproxy.mnt),
  net: entry((task) => task.nsproxy.net),
  pid: entry((task) => task.nsproxy.pid),
  // A namespace without its first task has no link until that is born.
  pid_for_children: entry((task) => {
    const ns = task.nsproxy.pidForChildren;
    return ns === task.nsproxy.pid || ns.init !== undefined ? ns : undefined;
  }),
  time: entry((task) => task.nsproxy.time),
  time_for_children: entry((task) => task.nsproxy.timeForChildren),
  user: entry((task) => task.nsproxy.user),
  uts: entry((task) => task.nsproxy.uts),
}, 0o511);
