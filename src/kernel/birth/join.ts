// A child in namespaces that are there already: those of a container's first process, or of files (setns(2)).

import type { Birth } from '../birth.ts';
import { joinNamespaces, kinds } from '../ns/kind.ts';
import type { Namespace } from '../ns/namespace.ts';
import { cloneTask } from '../proc/clone.ts';
import { discardTask } from '../proc/exit.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { CLONE } from '../uapi/sched.ts';
import { SIG } from '../uapi/signal.ts';
import type { Join, NamespaceType } from '../uapi/step.ts';

const kindNames: Readonly<Record<NamespaceType, string>> =
  { pid: 'pid', network: 'net', mount: 'mnt', ipc: 'ipc', uts: 'uts', user: 'user', cgroup: 'cgroup', time: 'time' };

/** The way into a PID namespace is to be born there: an intermediate child enters, and has the child as its sibling. */
export function cloneInside(birth: Birth, flags: number, joins: readonly Join[]): Task {
  const list = joins.flatMap((join) =>
    join.from === '$init' ? ofProcess(birth, join.namespaces) : [ofFile(birth, join)],
  );
  const between = cloneTask(birth.kernel.init, SIG.CHLD, birth.cgroup);
  try {
    joinNamespaces(between, list.filter((ns) => ns !== between.nsproxy.user));
    return cloneTask(between, flags | CLONE.PARENT, birth.cgroup);
  } finally {
    discardTask(between);
  }
}

function ofProcess({ target }: Birth, namespaces: readonly NamespaceType[]): Namespace[] {
  if (target === undefined || !target.alive) throw new SysError('ESRCH', 'setns', 'the container is not running');
  const wanted = new Set(namespaces.map((type) => kindNames[type]));
  // The time namespace and the PID namespace of the process, not those of its children to come.
  return kinds.filter((kind) => wanted.has(kind.name)).map((kind) => (
    target.nsproxy[kind.name === 'pid' ? 'pid' : kind.name === 'time' ? 'time' : kind.field]
  ));
}

function ofFile({ files }: Birth, { from, namespaces }: Join): Namespace {
  const { namespace } = (files.get(from) ?? {}) as { readonly namespace?: Namespace };
  const [type] = namespaces;
  if (namespace === undefined || type === undefined || namespace.kind !== kindNames[type])
    throw new SysError('EINVAL', 'setns', from);
  return namespace;
}
