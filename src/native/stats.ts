// What a container uses: as its cgroup counts it, and where a controller is missing, summed over its processes. Such a
// sum knows less: memory is the resident pages of each (shared ones more than once), CPU time that of processes alive
// now and of the children that they have waited for.

import { readFileSync } from 'node:fs';
import type { Stats } from '../wire.ts';
import { type Owner, pidsOf } from './ps.ts';

/** USER_HZ, a constant of Linux's interface. */
const tickMs = 10;

export function statsOf(owner: Owner, machineBytes: number): Stats {
  const { v2, v1 } = owner.groups;
  const controller = (name: string, file: string): number | undefined => number(v1.get(name), file);
  const memory = number(v2, 'memory.current') ?? controller('memory', 'memory.usage_in_bytes');
  const limit = number(v2, 'memory.max') ?? controller('memory', 'memory.limit_in_bytes');
  const cpu = usage(v2) ?? nanoseconds(controller('cpuacct', 'cpuacct.usage'));
  const count = number(v2, 'pids.current') ?? controller('pids', 'pids.current');
  const pids = memory === undefined || cpu === undefined || count === undefined ? pidsOf(owner) : [];
  return {
    read: new Date().toISOString(), processes: count ?? pids.length,
    memoryBytes: memory ?? sum(pids, residentBytes),
    memoryBytesMax: Math.min(limit ?? Infinity, machineBytes),
    cpuMs: cpu ?? sum(pids, cpuMs),
  };
}

/** A file with one number; `max` is none. */
function number(dir: string | undefined, file: string): number | undefined {
  const text = dir === undefined ? undefined : read(`${dir}/${file}`);
  const n = Number(text);
  return text === undefined || Number.isNaN(n) ? undefined : n;
}

/** cpu.stat is there on v2 without its controller too, in a hybrid set-up as well. */
function usage(dir: string | undefined): number | undefined {
  const text = dir === undefined ? undefined : read(`${dir}/cpu.stat`);
  const usec = /^usage_usec (\d+)/m.exec(text ?? '')?.[1];
  return usec === undefined ? undefined : Number(usec) / 1000;
}

const nanoseconds = (ns: number | undefined): number | undefined => (ns === undefined ? undefined : ns / 1e6);

const sum = (pids: readonly number[], of: (pid: number) => number): number =>
  pids.reduce((all, pid) => all + of(pid), 0);

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0) * 1024;
}

/** proc_pid_stat(5): utime, stime, cutime and cstime are the 14th to 17th; the name before them may hold anything. */
function cpuMs(pid: number): number {
  const text = read(`/proc/${pid}/stat`) ?? '';
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((all, ticks) => all + Number(ticks) * tickMs, 0);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
