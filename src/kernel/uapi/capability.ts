// Capabilities (capabilities(7)): numbers, sets and the default set of a docker container. A set is 64 bits in two words.

export const CAP = {
  CHOWN: 0, DAC_OVERRIDE: 1, DAC_READ_SEARCH: 2, FOWNER: 3, FSETID: 4, KILL: 5, SETGID: 6, SETUID: 7, SETPCAP: 8,
  LINUX_IMMUTABLE: 9, NET_BIND_SERVICE: 10, NET_BROADCAST: 11, NET_ADMIN: 12, NET_RAW: 13, IPC_LOCK: 14, IPC_OWNER: 15,
  SYS_MODULE: 16, SYS_RAWIO: 17, SYS_CHROOT: 18, SYS_PTRACE: 19, SYS_PACCT: 20, SYS_ADMIN: 21, SYS_BOOT: 22,
  SYS_NICE: 23, SYS_RESOURCE: 24, SYS_TIME: 25, SYS_TTY_CONFIG: 26, MKNOD: 27, LEASE: 28, AUDIT_WRITE: 29,
  AUDIT_CONTROL: 30, SETFCAP: 31, MAC_OVERRIDE: 32, MAC_ADMIN: 33, SYSLOG: 34, WAKE_ALARM: 35, BLOCK_SUSPEND: 36,
  AUDIT_READ: 37, PERFMON: 38, BPF: 39, CHECKPOINT_RESTORE: 40,
} as const;
export type CapName = keyof typeof CAP;
export const CAP_LAST_CAP = 40;

/** A capability set: bit n of `lo` for capability n < 32, bit n-32 of `hi` above. Immutable. */
export interface CapSet {
  readonly lo: number;
  readonly hi: number;
}

export const noCaps: CapSet = { lo: 0, hi: 0 };
export const allCaps: CapSet = { lo: -1, hi: (1 << (CAP_LAST_CAP - 31)) - 1 };
export const hasCap = (set: CapSet, cap: number): boolean =>
  cap < 32 ? ((set.lo >>> cap) & 1) === 1 : ((set.hi >>> (cap - 32)) & 1) === 1;
export const addCap = (set: CapSet, cap: number): CapSet =>
  cap < 32 ? { lo: set.lo | (1 << cap), hi: set.hi } : { lo: set.lo, hi: set.hi | (1 << (cap - 32)) };
export const dropCap = (set: CapSet, cap: number): CapSet =>
  cap < 32 ? { lo: set.lo & ~(1 << cap), hi: set.hi } : { lo: set.lo, hi: set.hi & ~(1 << (cap - 32)) };
export const andCaps = (a: CapSet, b: CapSet): CapSet => ({ lo: a.lo & b.lo, hi: a.hi & b.hi });
export const orCaps = (a: CapSet, b: CapSet): CapSet => ({ lo: a.lo | b.lo, hi: a.hi | b.hi });
export const subsetCaps = (a: CapSet, b: CapSet): boolean => (a.lo & ~b.lo) === 0 && (a.hi & ~b.hi) === 0;
export const equalCaps = (a: CapSet, b: CapSet): boolean => a.lo === b.lo && a.hi === b.hi;
export const capsOf = (...names: readonly CapName[]): CapSet => names.reduce((set, n) => addCap(set, CAP[n]), noCaps);
/** 16 hexadecimal digits, as /proc/PID/status prints a set. */
export const capsHex = (set: CapSet): string =>
  (set.hi >>> 0).toString(16).padStart(8, '0') + (set.lo >>> 0).toString(16).padStart(8, '0');

/** What docker leaves to a container's processes by default. */
export const dockerCaps: readonly CapName[] = [
  'CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP', 'SETPCAP',
  'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE',
];
