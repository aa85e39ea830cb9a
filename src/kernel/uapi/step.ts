// The steps that a container is born by, in types: what src/plan.ts compiles a spec to and what either kernel carries
// out. Plain data: src/kernel/birth.ts reads it as it is, the native helper as bytes.

import type { ErrnoName } from './errno.ts';

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

/**
 * Ids, or (an extension of OCI) a `username` that is looked up in the container's own /etc/passwd, as docker's -u does:
 * `user[:group]`, and on further lines groups to add, by name or number.
 */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
  readonly username?: string;
}

/** A value that exists only when the plan runs. */
export type Slot = `$${string}`;
/** `inherit`: the caller's own descriptor. */
export type StdioKind = 'pipe' | 'log' | 'null' | 'inherit' | 'tty';
export type KernelName = 'portable' | 'linux';

/** Namespaces to enter: a slot that holds a namespace file, or `$init` with all the kinds of that process. */
export interface Join {
  readonly from: Slot;
  readonly namespaces: readonly NamespaceType[];
}

/** Every operation and its arguments. Names in lower case are Linux's system calls; flags are given by name. */
export interface Ops {
  // By the runtime.
  /**
   * A group of the container's own below the parent. `path` is where it lies in its hierarchy; `v2` and `v1` are its
   * host directories: of the unified hierarchy, and of those v1 controllers that the spec or the profile needs.
   * Controllers that share a v1 hierarchy share an entry, which has the name of all: `cpu,cpuacct`.
   */
  cgroup: {
    readonly path: string; readonly v2?: string;
    readonly v1?: readonly { readonly controller: string; readonly dir: string }[];
  };
  /** Lets the children of a v2 group have controllers: `+memory +pids` into cgroup.subtree_control. */
  delegate: { readonly dir: string; readonly controllers: string };
  /** One file of the group: of a v1 controller's, or with '' of the v2 group. */
  limit: { readonly controller: string; readonly file: string; readonly text: string };
  /** The v2 group's device rules as a BPF program (BPF_PROG_TYPE_CGROUP_DEVICE), attached to it. */
  device_program: { readonly instructions: Uint8Array };
  /** A file of the host's, read-only: a namespace (/proc/PID/ns/net). */
  open: { readonly path: string };
  /** Descriptors 0 to 2: one end for the child, the other with the runtime. */
  stdio: { readonly fds: readonly [StdioKind, StdioKind, StdioKind] };
  /** With `join`, through an intermediate child that enters those namespaces first. */
  clone: { readonly flags: readonly string[]; readonly cgroup?: Slot; readonly join?: readonly Join[] };
  /** uid_map, gid_map and setgroups of a child's user namespace; `helper`: by newuidmap(1) and newgidmap(1). */
  maps: {
    readonly pid: Slot; readonly uid: readonly string[]; readonly gid: readonly string[];
    readonly setgroups: 'allow' | 'deny' | ''; readonly helper?: true;
  };
  /** cgroup.kill, or kill(2) of the namespace's first process. */
  kill: { readonly pid: Slot; readonly signal: string };
  /** Until the child is dead and reaped. */
  reap: { readonly pid: Slot };
  rmdir: { readonly path: string };
  close: { readonly fd: Slot };
  /** A host file's bytes, as a program inside. */
  program: { readonly source: string; readonly target: string };

  // By either: the runtime, or where it has no powers (rootless) the child in its own namespaces.
  /** A detached mount: fsopen, fsconfig and fsmount. `template` names a prepared tree that the new one begins as. */
  fsmount: {
    readonly type: string; readonly source: string; readonly flags: readonly string[]; readonly data?: string;
    readonly template?: string;
  };
  /** A detached copy of an existing tree. */
  open_tree: { readonly path: string; readonly flags: readonly string[] };

  // By both: a point where each waits for the other.
  sync: { readonly point: 'maps' };
  /** create ends here; start lets the child go on. */
  park: Record<never, never>;

  // By the child.
  /** Every descriptor that no slot holds; signals back to their defaults, none blocked. */
  close_fds: Record<never, never>;
  /** Whether others of the same user may look into it (PR_SET_DUMPABLE). */
  dumpable: { readonly on: boolean };
  /** The signal that it gets when its parent dies (PR_SET_PDEATHSIG), and a look whether that one still lives. */
  pdeathsig: { readonly signal: string };
  /** A session keyring of its own, so that the host's keys are out of reach (keyctl(2) KEYCTL_JOIN_SESSION_KEYRING). */
  keyring: Record<never, never>;
  /** The loopback interface of a new network namespace begins down. */
  loopback: Record<never, never>;
  /** After a mount namespace was joined: its root is the root. */
  enter_root: Record<never, never>;
  mount: {
    readonly source: string; readonly target: string; readonly type: string; readonly flags: readonly string[];
    readonly data: string;
  };
  /**
   * Covers a path: a file by /dev/null (`null`: a detached mount of the host's), a directory by an empty tmpfs, what
   * does not exist by nothing.
   */
  mask: { readonly path: string; readonly null?: Slot };
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
  /** A small file; below /proc it is the kernel's own procfs that is written, whatever lies there inside. */
  write: { readonly path: string; readonly text: string };
  setsid: Record<never, never>;
  /** A pty of the container's own devpts as 0, 1, 2 and controlling terminal; its master goes to the runtime. */
  console: { readonly columns: number; readonly rows: number; readonly bind: boolean };
  /** -1 is no limit, -2 what it is already. */
  prlimit: { readonly type: string; readonly soft: number; readonly hard: number };
  /** PR_CAPBSET_DROP of all but these. */
  bounding: { readonly keep: readonly string[] };
  keepcaps: { readonly on: boolean };
  /** setgroups, setresgid, setresuid; a name is looked up in the container's /etc/passwd and /etc/group. */
  credentials: { readonly user: User };
  capset: {
    readonly effective: readonly string[]; readonly permitted: readonly string[]; readonly inheritable: readonly string[];
  };
  ambient: { readonly raise: readonly string[] };
  no_new_privs: Record<never, never>;
  umask: { readonly mask: number };
  /** A filter of struct sock_filter (seccomp(2) SECCOMP_SET_MODE_FILTER); `profile` is what a reader calls it. */
  seccomp: { readonly profile: string; readonly flags: readonly string[]; readonly filter: Uint8Array };
  /**
   * It stays as PID 1, passes signals on, reaps, and ends as its child does, which goes on in its place (docker's
   * --init).
   */
  init: Record<never, never>;
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
  /** The kernel that leaves it out, with the reason. */
  readonly skip?: { readonly by: KernelName; readonly why: string };
};

export interface Plan {
  readonly kind: 'create' | 'exec' | 'update' | 'delete';
  readonly steps: readonly Step[];
  /** Slots that must be filled before the first step. */
  readonly given: readonly Slot[];
  readonly ahead?: Ahead;
}

/** What a child of the warm pool may have made before anyone knows whose it will be. */
export interface Ahead {
  /** Equal keys: interchangeable children. */
  readonly key: string;
  /** How many of the steps that follow `clone`. */
  readonly steps: number;
}
