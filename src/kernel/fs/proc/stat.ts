// /proc/PID/stat and statm (proc_pid_stat(5)).

import { file, targetOf } from './node.ts';
import { pages, ticks } from './format.ts';
import { parentNumber, shownState } from './status.ts';

export const stat = file((reader, at) => {
  const task = targetOf(at);
  const ns = at.sb.pidNs;
  const { tty } = task.session;
  const bytes = task.mm?.chargedBytes ?? 0;
  const start = task.startTimeNs - task.kernel.bootNs + task.nsproxy.time.boottimeNs;
  const fields: (string | number)[] = [
    task.pid.in(ns), `(${task.comm})`, shownState(task, reader), parentNumber(task, at), task.pgrp.pid.in(ns),
    task.session.pid.in(ns), tty?.rdev ?? 0, tty === undefined ? -1 : tty.foreground?.pid.in(ns) ?? -1,
    4194304, 0, 0, 0, 0, ticks(task.utimeNs), ticks(task.stimeNs), ticks(task.childUtimeNs), ticks(task.childStimeNs),
    20 + task.nice, task.nice, 1, 0, ticks(start), bytes, pages(bytes), '18446744073709551615',
    // Addresses, of which this machine has none, and signals that fit into no 32 bits: see status.
    0, 0, 0, 0, 0, task.pending.set.lo >>> 0 & 0x7fffffff, task.blocked.lo >>> 0 & 0x7fffffff, 0, 0, 0, 0, 0,
    task.exitSignal, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, task.exitStatus,
  ];
  return `${fields.join(' ')}\n`;
});

export const statm = file((_reader, at) => {
  const n = pages(targetOf(at).mm?.chargedBytes ?? 0);
  return `${n} ${n} 0 0 0 ${n} 0\n`;
});
