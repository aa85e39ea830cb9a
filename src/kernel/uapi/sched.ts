// Numbers of clone(2), unshare(2), wait4(2), waitid(2), prctl(2), setrlimit(2) and friends, asm-generic values.

export const CLONE = {
  VM: 0x100, FS: 0x200, FILES: 0x400, SIGHAND: 0x800, PIDFD: 0x1000, PTRACE: 0x2000, VFORK: 0x4000, PARENT: 0x8000,
  THREAD: 0x10000, NEWNS: 0x20000, SYSVSEM: 0x40000, SETTLS: 0x80000, PARENT_SETTID: 0x100000,
  CHILD_CLEARTID: 0x200000, DETACHED: 0x400000, UNTRACED: 0x800000, CHILD_SETTID: 0x1000000, NEWCGROUP: 0x2000000,
  NEWUTS: 0x4000000, NEWIPC: 0x8000000, NEWUSER: 0x10000000, NEWPID: 0x20000000, NEWNET: 0x40000000,
  IO: 0x80000000, NEWTIME: 0x80, CSIGNAL: 0xff,
} as const;

export const W = {
  NOHANG: 1, UNTRACED: 2, STOPPED: 2, EXITED: 4, CONTINUED: 8, NOWAIT: 0x01000000, NOTHREAD: 0x20000000,
  ALL: 0x40000000, CLONE: 0x80000000,
} as const;
export const P = { ALL: 0, PID: 1, PGID: 2, PIDFD: 3 } as const;

/** wait status of wait(2): exit code, signal with core bit, stopped, continued. */
export const statusExited = (code: number): number => (code & 0xff) << 8;
export const statusSignaled = (signal: number): number => signal & 0x7f;
export const statusStopped = (signal: number): number => (signal << 8) | 0x7f;
export const statusContinued = 0xffff;
export const exitCode = (status: number): number => (status & 0x7f) === 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);

export const PR = {
  SET_PDEATHSIG: 1, GET_PDEATHSIG: 2, GET_DUMPABLE: 3, SET_DUMPABLE: 4, GET_KEEPCAPS: 7, SET_KEEPCAPS: 8, SET_NAME: 15,
  GET_NAME: 16, GET_SECCOMP: 21, SET_SECCOMP: 22, CAPBSET_READ: 23, CAPBSET_DROP: 24, GET_SECUREBITS: 27,
  SET_SECUREBITS: 28, SET_CHILD_SUBREAPER: 36, GET_CHILD_SUBREAPER: 37, SET_NO_NEW_PRIVS: 38, GET_NO_NEW_PRIVS: 39,
  CAP_AMBIENT: 47,
} as const;
export const PR_CAP_AMBIENT = { IS_SET: 1, RAISE: 2, LOWER: 3, CLEAR_ALL: 4 } as const;

export const RLIMIT = {
  CPU: 0, FSIZE: 1, DATA: 2, STACK: 3, CORE: 4, RSS: 5, NPROC: 6, NOFILE: 7, MEMLOCK: 8, AS: 9, LOCKS: 10,
  SIGPENDING: 11, MSGQUEUE: 12, NICE: 13, RTPRIO: 14, RTTIME: 15,
} as const;
export const RLIM_NLIMITS = 16;
/** No limit; in guest memory all 64 bits set. */
export const RLIM_INFINITY = Infinity;

export const CLOCK = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME_ID: 2, THREAD_CPUTIME_ID: 3, MONOTONIC_RAW: 4,
  REALTIME_COARSE: 5, MONOTONIC_COARSE: 6, BOOTTIME: 7, TAI: 11 } as const;
export const TIMER_ABSTIME = 1;
export const ITIMER = { REAL: 0, VIRTUAL: 1, PROF: 2 } as const;
export const PRIO = { PROCESS: 0, PGRP: 1, USER: 2 } as const;
export const RUSAGE = { SELF: 0, CHILDREN: -1, THREAD: 1 } as const;
