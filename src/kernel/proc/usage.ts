// Resources used (getrusage(2), times(2)): CPU time of a task and of the children that it has waited for.

import { USER_HZ } from '../limits.ts';
import { NS_PER_SEC } from '../sched/clock.ts';
import { encode } from '../uapi/struct.ts';
import type { Task } from './task.ts';

/** Nanoseconds of CPU time and bytes of memory. */
export interface Usage {
  readonly utimeNs: number;
  readonly stimeNs: number;
  readonly maxBytes: number;
}

export const usage = (task: Task): Usage => (
  { utimeNs: task.utimeNs, stimeNs: task.stimeNs, maxBytes: task.mm?.chargedBytes ?? 0 });

/** Of all children of `task` that were waited for. */
export const childrenUsage = (task: Task): Usage => (
  { utimeNs: task.childUtimeNs, stimeNs: task.childStimeNs, maxBytes: 0 });

/** Of one child, with its own children: what wait4 reports. */
export const childUsage = (child: Task): Usage => ({
  utimeNs: child.utimeNs + child.childUtimeNs, stimeNs: child.stimeNs + child.childStimeNs, maxBytes: 0,
});

export function encodeUsage({ utimeNs, stimeNs, maxBytes }: Usage): Uint8Array {
  const sec = (ns: number) => Math.floor(ns / NS_PER_SEC);
  const usec = (ns: number) => Math.floor((ns % NS_PER_SEC) / 1000);
  return encode('rusage', {
    ru_utime_sec: sec(utimeNs), ru_utime_usec: usec(utimeNs), ru_stime_sec: sec(stimeNs), ru_stime_usec: usec(stimeNs),
    ru_maxrss: Math.floor(maxBytes / 1024),
  });
}

/** Clock ticks of times(2) and /proc/PID/stat. */
export const ticks = (ns: number): number => Math.floor(ns / (NS_PER_SEC / USER_HZ));
