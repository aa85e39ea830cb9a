// A container's birth as data: the spec compiled, for a kernel with known facts, into an ordered list of steps. Either
// kernel carries the same list out: the native helper reads it as bytes, the emulated kernel makes each step a system
// call of its own. Order matters in it, and each step's place has its reason in the files of plan/.
//
// A step is made by the runtime (a task with all powers in the initial namespaces) or by the child (the task that
// `clone` makes, as itself). Where the two run side by side they meet at `sync` and `park`. The only values that a plan
// has at run time are slots: `$pid` is a number, the others are descriptors of the one who filled them.

import { compileCreate } from './plan/create.ts';
import { compileExec } from './plan/exec.ts';
import type { ErrnoName } from './kernel/uapi/errno.ts';
import type { ProcessSpec, Spec, NamespaceType, User } from './spec.ts';

/** What a kernel can do, as far as a plan or a user has to know. Golden tests pin (spec, facts) pairs. */
export interface Facts {
  readonly kernel: 'portable' | 'linux';
  readonly release: string;
  /** The kinds that clone, unshare and setns know. */
  readonly namespaces: readonly NamespaceType[];
  /** Types that mount(2) knows, as /proc/filesystems lists them. */
  readonly filesystems: readonly string[];
  readonly cgroup: 'v2' | 'v1' | 'hybrid' | 'none';
  /** Controllers that can be given a limit. */
  readonly controllers: readonly string[];
  /** Where the caller's containers hang in the cgroup tree. */
  readonly cgroupParent: string;
  /** No powers of root outside a user namespace of its own. */
  readonly rootless: boolean;
  /** A host directory is a bind of the kernel's own tree, or comes through the file system `hostfs`. */
  readonly hostDirectory: 'bind' | 'hostfs';
  /** A directory of the initial root that new_root is mounted on before pivot_root(2). */
  readonly staging: string;
  /** Kernel features: `seccomp`, `clone-into-cgroup`, ... */
  readonly features: readonly string[];
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

export interface PlanOptions {
  readonly id: string;
  /** How descriptors 0 to 2 begin, unless the process has a terminal. */
  readonly stdio?: readonly [StdioKind, StdioKind, StdioKind];
}

/** The birth of a container, up to and with its first program. */
export function compile(spec: Spec, facts: Facts, options: PlanOptions): Plan {
  return { kind: 'create', given: [], steps: compileCreate(spec, facts, options) };
}

/** One more process in a running container; `$init` is its first process. */
export function compileProcess(process: ProcessSpec, spec: Spec, facts: Facts, options: PlanOptions): Plan {
  return { kind: 'exec', given: ['$init'], steps: compileExec(process, spec, facts, options) };
}

/** What removal does: the undo list of the birth that is left when every process is gone, last made first. */
export function compileDelete(plan: Plan): Plan {
  const steps = plan.steps.flatMap((step): Step[] => (step.undo ? [{ by: 'runtime', ...step.undo }] : [])).reverse();
  const given = plan.steps.flatMap((step) => (step.undo && step.slot ? [step.slot] : []));
  return { kind: 'delete', given, steps };
}
