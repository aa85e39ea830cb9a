// The steps that a container is born by, in types: what src/plan.ts compiles a spec to and what either kernel carries out.
// Plain data: src/kernel/birth.ts reads it as it is, the native helper as bytes.

import type { ErrnoName } from './errno.ts';

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

/** Ids, or (an extension of OCI) a `username` that is looked up in the container's own /etc/passwd, as docker's -u does. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
  readonly username?: string;
}

/** A value that exists only when the plan runs. */
export type Slot = `$${string}`;
export type StdioKind = 'pipe' | 'log' | 'null' | 'tty';

/** Every operation and its arguments. Names in lower case are Linux's system calls; flags are given by name. */
export interface Ops {
  // By the runtime.
  /** A group of the container's own below the parent. */
  cgroup: { readonly path: string };
  /** A detached mount: fsopen, fsconfig and fsmount. `template` names a prepared tree that the new one begins as. */
  fsmount: { readonly type: string; readonly source: string; readonly flags: readonly string[]; readonly template?: string };
  /** A detached copy of an existing tree. */
  open_tree: { readonly path: string; readonly flags: readonly string[] };
  /** Descriptors 0 to 2: one end for the child, the other with the runtime. */
  stdio: { readonly fds: readonly [StdioKind, StdioKind, StdioKind] };
  /** With `join`, through an intermediate child that enters the target's namespaces first. */
  clone: {
    readonly flags: readonly string[];
    readonly cgroup?: Slot;
    readonly join?: { readonly pid: Slot; readonly namespaces: readonly NamespaceType[] };
  };
  /** uid_map, gid_map and setgroups of a child's user namespace. */
  maps: { readonly pid: Slot; readonly uid: readonly string[]; readonly gid: readonly string[]; readonly setgroups: string };
  /** cgroup.kill, or kill(2) of the namespace's first process. */
  kill: { readonly pid: Slot; readonly signal: string };
  /** Until the child is dead and reaped. */
  reap: { readonly pid: Slot };
  rmdir: { readonly path: string };
  close: { readonly fd: Slot };
  /** A host file's bytes, as a program inside. */
  program: { readonly source: string; readonly target: string };

  // By both: a point where each waits for the other.
  sync: { readonly point: 'maps' };
  /** create ends here; start lets the child go on. */
  park: Record<never, never>;

  // By the child.
  mount: {
    readonly source: string; readonly target: string; readonly type: string; readonly flags: readonly string[];
    readonly data: string;
  };
  /** Covers a path: a file by /dev/null, a directory by an empty tmpfs, what does not exist by nothing. */
  mask: { readonly path: string };
  /** A path bound on itself, read-only, with what is mounted below it; what does not exist needs no protection. */
  readonly: { readonly path: string };
  move_mount: { readonly from: Slot; readonly target: string };
  /** Directories as far as they are missing; with `file`, an empty file as the last name. */
  mkdirs: { readonly path: string; readonly mode: number; readonly file?: true };
  mknod: {
    readonly path: string; readonly type: 'c' | 'b' | 'p'; readonly major: number; readonly minor: number;
    readonly mode: number; readonly uid: number; readonly gid: number;
  };
  symlink: { readonly target: string; readonly path: string };
  chdir: { readonly path: string };
  /** `pivot_root(".", ".")`: the old root then lies under the new one. */
  pivot_root: Record<never, never>;
  umount: { readonly path: string; readonly flags: readonly string[] };
  unshare: { readonly flags: readonly string[] };
  setns: { readonly path: string; readonly flags: readonly string[] };
  sethostname: { readonly name: string };
  setdomainname: { readonly name: string };
  /** A small file of the kernel's, such as /proc/sys/... */
  write: { readonly path: string; readonly text: string };
  setsid: Record<never, never>;
  /** A pty of the container's own devpts as 0, 1, 2 and controlling terminal; its master goes to the runtime. */
  console: { readonly columns: number; readonly rows: number; readonly bind: boolean };
  /** -1 is no limit. */
  prlimit: { readonly type: string; readonly soft: number; readonly hard: number };
  /** PR_CAPBSET_DROP of all but these. */
  bounding: { readonly keep: readonly string[] };
  keepcaps: { readonly on: boolean };
  /** setgroups, setresgid, setresuid; a name is looked up in the container's /etc/passwd and /etc/group. */
  credentials: { readonly user: User };
  capset: { readonly effective: readonly string[]; readonly permitted: readonly string[]; readonly inheritable: readonly string[] };
  ambient: { readonly raise: readonly string[] };
  no_new_privs: Record<never, never>;
  umask: { readonly mask: number };
  /** execve(2) along PATH. */
  exec: { readonly args: readonly string[]; readonly env: readonly string[] };
}

export type OpName = keyof Ops;
export type Action = { readonly [K in OpName]: { readonly op: K; readonly args: Ops[K] } }[OpName];

export type Step = Action & {
  readonly by: 'runtime' | 'child';
  /** What its result is called from here on. */
  readonly slot?: Slot;
  /** What takes it back when a later step fails, or at the container's removal; undone backwards. */
  readonly undo?: Action;
  /** Errors that mean "not here", and are no failure. */
  readonly optional?: readonly ErrnoName[];
};

export interface Plan {
  readonly kind: 'create' | 'exec' | 'update' | 'delete';
  readonly steps: readonly Step[];
  /** Slots that must be filled before the first step. */
  readonly given: readonly Slot[];
}
