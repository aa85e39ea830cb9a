// The calling conventions of a CPU as a filter sees them: struct seccomp_data has an architecture (linux/audit.h) and a
// number, and x32 is a bit of the number. A 64-bit program reaches the others at will (`int 0x80`), so a filter that
// only knows the native numbers is a hole.

import { arm64, i386, type Numbers, x32, x64 } from './numbers.ts';

export interface Abi {
  /** libseccomp's name: how a profile asks for it. */
  readonly name: string;
  readonly numbers: Numbers;
  /** Arguments fill 64 bits; else their upper halves are zero. */
  readonly wide: boolean;
  readonly multiplexers: readonly Multiplexer[];
}

/** A call that stands for several, told apart by its first argument; theirs lie behind a pointer, out of sight. */
export interface Multiplexer {
  readonly call: string;
  /** Of the first argument: ipc(2) has a version in its upper half, which the kernel takes away. */
  readonly mask: bigint;
  readonly calls: Readonly<Record<number, string>>;
}

export interface Cpu {
  /** docker's name. */
  readonly name: string;
  readonly audit: number;
  readonly native: Abi;
  /** Calls of the native architecture with this bit in their number. */
  readonly x32?: Abi;
  readonly compat?: { readonly audit: number; readonly abi: Abi };
}

/** linux/net.h and linux/ipc.h. */
const multiplexers: readonly Multiplexer[] = [
  {
    call: 'socketcall', mask: 0xffff_ffffn,
    calls: {
      1: 'socket', 2: 'bind', 3: 'connect', 4: 'listen', 5: 'accept', 6: 'getsockname', 7: 'getpeername',
      8: 'socketpair', 9: 'send', 10: 'recv', 11: 'sendto', 12: 'recvfrom', 13: 'shutdown', 14: 'setsockopt',
      15: 'getsockopt', 16: 'sendmsg', 17: 'recvmsg', 18: 'accept4', 19: 'recvmmsg', 20: 'sendmmsg',
    },
  },
  {
    call: 'ipc', mask: 0xffffn,
    calls: {
      1: 'semop', 2: 'semget', 3: 'semctl', 4: 'semtimedop', 11: 'msgsnd', 12: 'msgrcv', 13: 'msgget', 14: 'msgctl',
      21: 'shmat', 22: 'shmdt', 23: 'shmget', 24: 'shmctl',
    },
  },
];

export const x32Bit = 0x4000_0000;

export const cpus = {
  x64: {
    name: 'amd64', audit: 0xc000_003e,
    native: { name: 'SCMP_ARCH_X86_64', numbers: x64, wide: true, multiplexers: [] },
    x32: { name: 'SCMP_ARCH_X32', numbers: x32, wide: true, multiplexers: [] },
    compat: { audit: 0x4000_0003, abi: { name: 'SCMP_ARCH_X86', numbers: i386, wide: false, multiplexers } },
  },
  // No table of 32-bit ARM here: its calls answer ENOSYS.
  arm64: {
    name: 'arm64', audit: 0xc000_00b7,
    native: { name: 'SCMP_ARCH_AARCH64', numbers: arm64, wide: true, multiplexers: [] },
  },
} as const satisfies Readonly<Record<string, Cpu>>;
export type CpuName = keyof typeof cpus;

const names = new Set([x64, x32, i386, arm64].flatMap((table) => Object.keys(table)).concat(
  multiplexers.flatMap((one) => Object.values(one.calls)),
));

/** Whether any of the ABIs has a call of this name. */
export const isCall = (name: string): boolean => names.has(name);
