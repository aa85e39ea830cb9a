// The operations of an encoded plan: number, who makes it, and the kinds of its fields in their order. The helper keeps
// the same table in native/helper/src/plan.rs; a test compares the two, so that they cannot drift.

import type { OpName, Ops, Slot, Step } from '../kernel/uapi/step.ts';

/**
 * `int`: 64 bits, signed. `flags`: 64 bits, names resolved. `slot`: an index, -1 for none. `str`: length, bytes, NUL.
 * `bytes`, `strs`, `ints`: a count and what it counts. `vec`: strings behind a table of their places, as execve(2) takes them.
 */
export type Kind = 'int' | 'flags' | 'slot' | 'str' | 'bytes' | 'strs' | 'ints' | 'vec';

export interface OpRow {
  readonly number: number;
  readonly by: 'runtime' | 'child' | 'either';
  readonly fields: readonly Kind[];
}

const runtime = (number: number, ...fields: Kind[]): OpRow => ({ number, by: 'runtime', fields });
const child = (number: number, ...fields: Kind[]): OpRow => ({ number, by: 'child', fields });
const either = (number: number, ...fields: Kind[]): OpRow => ({ number, by: 'either', fields });

/** One operation on a file of a running container, made as its root; the emulated kernel does it without a step. */
export interface FileStep {
  readonly op: 'file';
  readonly by: 'child';
  /** `read` and `write` by descriptors 1 and 0; `mode` is that of a new file or directory. */
  readonly args: { readonly verb: 'read' | 'write' | 'readdir' | 'mkdir' | 'unlink' | 'stat'; readonly path: string; readonly mode: number };
  readonly slot?: undefined;
  readonly undo?: undefined;
  readonly optional?: undefined;
  readonly skip?: undefined;
}
/** A plan that enters a container for one such operation. */
export interface Visit {
  readonly kind: 'visit';
  readonly steps: readonly (Step | FileStep)[];
  readonly given: readonly Slot[];
}
export type AnyStep = Step | FileStep;
export type AnyOps = Ops & { readonly file: FileStep['args'] };

/** What only takes back is the supervisor's own business, and `program` is wasm's: these are never encoded. */
export type Encoded = Exclude<OpName | 'file', 'kill' | 'reap' | 'rmdir' | 'close' | 'program'>;

export const ops: { readonly [K in Encoded]: OpRow } = {
  cgroup: runtime(1, 'str', 'strs', 'strs'),
  delegate: runtime(2, 'str', 'str'),
  limit: runtime(3, 'str', 'str', 'str'),
  device_program: runtime(4, 'bytes'),
  open: runtime(5, 'str'),
  open_tree: either(6, 'str', 'flags'),
  fsmount: either(7, 'str', 'str', 'strs', 'flags'),
  stdio: runtime(8, 'ints'),
  clone: runtime(9, 'flags', 'int', 'ints'),
  maps: runtime(10, 'str', 'str', 'str', 'int'),
  sync: child(11),
  park: child(12),
  close_fds: child(13),
  dumpable: child(14, 'int'),
  pdeathsig: child(15, 'int'),
  keyring: child(16),
  mount: child(17, 'str', 'str', 'str', 'flags', 'strs'),
  move_mount: child(18, 'slot', 'str'),
  mask: child(19, 'str', 'slot'),
  readonly: child(20, 'str'),
  mkdirs: child(21, 'str', 'int', 'int'),
  mknod: child(22, 'str', 'int', 'int', 'int', 'int', 'int', 'int'),
  symlink: child(23, 'str', 'str'),
  chdir: child(24, 'str'),
  pivot_root: child(25),
  umount: child(26, 'str', 'flags'),
  unshare: child(27, 'flags'),
  setns: child(28, 'str', 'flags'),
  sethostname: child(29, 'str'),
  setdomainname: child(30, 'str'),
  write: child(31, 'str', 'str'),
  setsid: child(32),
  console: child(33, 'int', 'int', 'int'),
  prlimit: child(34, 'int', 'int', 'int'),
  bounding: child(35, 'flags'),
  keepcaps: child(36, 'int'),
  credentials: child(37, 'int', 'int', 'int', 'ints', 'str'),
  capset: child(38, 'flags', 'flags', 'flags'),
  ambient: child(39, 'flags'),
  no_new_privs: child(40),
  umask: child(41, 'int'),
  seccomp: child(42, 'flags', 'bytes'),
  loopback: child(43),
  exec: child(44, 'vec', 'vec'),
  file: child(45, 'int', 'str', 'int'),
  enter_root: child(46),
  init: child(48),
};

/** Slots with a place of their own; others are numbered from `firstSlot` up as they appear. */
export const fixedSlots: Readonly<Record<string, number>> = {
  $proc: 0, $init: 1, $stdio: 2, $stdio0: 2, $stdio1: 3, $stdio2: 4, $cgroup: 5, $pid: 6, $pty: 7,
};
export const firstSlot = 8;
