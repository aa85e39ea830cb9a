// Signal numbers, actions and codes (signal(7), sigaction(2)), asm-generic values, and sets of signals. A set is 64 bits;
// it is kept as two 32-bit words, since BigInt arithmetic would cost more than the calls that use it.

export const SIG = {
  HUP: 1, INT: 2, QUIT: 3, ILL: 4, TRAP: 5, ABRT: 6, BUS: 7, FPE: 8, KILL: 9, USR1: 10, SEGV: 11, USR2: 12, PIPE: 13,
  ALRM: 14, TERM: 15, STKFLT: 16, CHLD: 17, CONT: 18, STOP: 19, TSTP: 20, TTIN: 21, TTOU: 22, URG: 23, XCPU: 24,
  XFSZ: 25, VTALRM: 26, PROF: 27, WINCH: 28, IO: 29, PWR: 30, SYS: 31,
} as const;

export const NSIG = 64;
export const SIGRTMIN = 32;
export const SIGRTMAX = 64;

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SA = {
  NOCLDSTOP: 1, NOCLDWAIT: 2, SIGINFO: 4, ONSTACK: 0x08000000, RESTART: 0x10000000, NODEFER: 0x40000000,
  RESETHAND: 0x80000000,
} as const;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

/** si_code values (sigaction(2)). */
export const SI = { USER: 0, KERNEL: 0x80, QUEUE: -1, TIMER: -2, TKILL: -6 } as const;
export const CLD = { EXITED: 1, KILLED: 2, DUMPED: 3, TRAPPED: 4, STOPPED: 5, CONTINUED: 6 } as const;

const names = new Map<number, string>(Object.entries(SIG).map(([name, n]) => [n, name]));

/** `SIGTERM` for 15, `SIGRT_2` for 34, as strace prints them. */
export function signalName(n: number): string {
  const name = names.get(n);
  if (name !== undefined) return `SIG${name}`;
  return n >= SIGRTMIN && n <= SIGRTMAX ? `SIGRT_${n - SIGRTMIN}` : `${n}`;
}

/** A set of signals: two 32-bit words, bit (n-1) for signal n. Immutable by convention: functions return a new one. */
export interface SigSet {
  readonly lo: number;
  readonly hi: number;
}

export const emptySet: SigSet = { lo: 0, hi: 0 };
export const fullSet: SigSet = { lo: -1, hi: -1 };
export const has = (set: SigSet, n: number): boolean =>
  n <= 32 ? ((set.lo >>> (n - 1)) & 1) === 1 : ((set.hi >>> (n - 33)) & 1) === 1;
export const add = (set: SigSet, n: number): SigSet =>
  n <= 32 ? { lo: set.lo | (1 << (n - 1)), hi: set.hi } : { lo: set.lo, hi: set.hi | (1 << (n - 33)) };
export const remove = (set: SigSet, n: number): SigSet =>
  n <= 32 ? { lo: set.lo & ~(1 << (n - 1)), hi: set.hi } : { lo: set.lo, hi: set.hi & ~(1 << (n - 33)) };
export const union = (a: SigSet, b: SigSet): SigSet => ({ lo: a.lo | b.lo, hi: a.hi | b.hi });
export const minus = (a: SigSet, b: SigSet): SigSet => ({ lo: a.lo & ~b.lo, hi: a.hi & ~b.hi });
export const intersect = (a: SigSet, b: SigSet): SigSet => ({ lo: a.lo & b.lo, hi: a.hi & b.hi });
export const isEmpty = (set: SigSet): boolean => (set.lo | set.hi) === 0;
export const setOf = (...signals: number[]): SigSet => signals.reduce(add, emptySet);
/** The lowest signal of a set, 0 if it is empty; Linux delivers the lowest first. */
export function lowest(set: SigSet): number {
  if (set.lo !== 0) return 32 - Math.clz32(set.lo & -set.lo);
  if (set.hi !== 0) return 64 - Math.clz32(set.hi & -set.hi);
  return 0;
}
