// The process table as the host sees it: each task under its number inside and outside.

import { text } from '../kernel/bytes.ts';
import type { Cgroup } from '../kernel/cgroup/cgroup.ts';
import type { Task } from '../kernel/proc/task.ts';
import type { ProcessRow } from '../wire.ts';

export function processRow(task: Task, owners: ReadonlyMap<Cgroup | undefined, string>): ProcessRow {
  const container = ownerOf(task, owners);
  const { pid, parent } = task;
  return {
    pid: pid.own, ppid: parent?.pid.in(pid.ns) ?? 0, hostPid: pid.numbers[0] ?? 0, nspid: [...pid.numbers],
    ...(container === undefined ? {} : { container }),
    uid: task.cred.uid, state: task.state, comm: text(task.comm),
    args: task.mm === undefined ? [`[${text(task.comm)}]`] : task.mm.argv.map(text),
  };
}

function ownerOf(task: Task, owners: ReadonlyMap<Cgroup | undefined, string>): string | undefined {
  for (let group: Cgroup | undefined = task.cgroup; group !== undefined; group = group.parent) {
    const owner = owners.get(group);
    if (owner !== undefined) return owner;
  }
  return undefined;
}
