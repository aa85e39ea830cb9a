// Resource limits (getrlimit(2)): the first task's, which everything inherits.

import { type Machine, NOFILE_HARD, NOFILE_SOFT } from '../limits.ts';
import { RLIM_INFINITY, RLIM_NLIMITS, RLIMIT } from '../uapi/sched.ts';

/** One limit. Replaced, never changed, since children share it until one of them sets it. */
export interface Rlimit {
  cur: number;
  max: number;
}

export function initialLimits(machine: Machine): Rlimit[] {
  const limits = Array.from({ length: RLIM_NLIMITS }, (): Rlimit => ({ cur: RLIM_INFINITY, max: RLIM_INFINITY }));
  const tasks = Math.floor(machine.tasksMax / 2);
  limits[RLIMIT.STACK] = { cur: 8 << 20, max: RLIM_INFINITY };
  limits[RLIMIT.CORE] = { cur: 0, max: RLIM_INFINITY };
  limits[RLIMIT.NPROC] = { cur: tasks, max: tasks };
  limits[RLIMIT.NOFILE] = { cur: NOFILE_SOFT, max: NOFILE_HARD };
  limits[RLIMIT.MEMLOCK] = { cur: 8 << 20, max: 8 << 20 };
  limits[RLIMIT.SIGPENDING] = { cur: tasks, max: tasks };
  limits[RLIMIT.MSGQUEUE] = { cur: 819200, max: 819200 };
  limits[RLIMIT.NICE] = { cur: 0, max: 0 };
  limits[RLIMIT.RTPRIO] = { cur: 0, max: 0 };
  return limits;
}
