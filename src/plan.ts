// A container's birth as data: the spec compiled, for a kernel with known facts, into an ordered list of steps. Either
// kernel carries the same list out: the native helper reads it as bytes, the emulated kernel makes each step a system
// call of its own. Order matters in it, and each step's place has its reason in the files of plan/.
//
// A step is made by the runtime (a task with all powers in the initial namespaces) or by the child (the task that
// `clone` makes, as itself). Where the two run side by side they meet at `sync` and `park`. The only values that a plan
// has at run time are slots: `$pid` is a number, the others are descriptors of the one who filled them.

import { compileCreate } from './plan/create.ts';
import { compileExec } from './plan/exec.ts';
import { updateLimits } from './plan/limit.ts';
import type { KernelName, NamespaceType, Plan, Step, StdioKind } from './kernel/uapi/step.ts';
import type { ProcessSpec, Resources, Spec } from './spec.ts';

export { loadFilters } from './plan/filter.ts';
export { prepaid, type Prepaid } from './plan/prepaid.ts';
export type { Action, Ahead, Join, KernelName, OpName, Ops, Plan, Slot, StdioKind, Step } from './kernel/uapi/step.ts';

/** What a kernel can do, as far as a plan or a user has to know. Golden tests pin (spec, facts) pairs. */
export interface Facts {
  readonly kernel: KernelName;
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
  /** Each mounted cgroup hierarchy that can be used; the emulated kernel has none to name. */
  readonly hierarchies?: readonly Hierarchy[];
  /** No powers of root outside a user namespace of its own. */
  readonly rootless: boolean;
  /** What a container's process can be given at most, without `CAP_`; where it is left out, all that there are. */
  readonly capabilities?: readonly string[];
  /** Which ids a user namespace may map; the emulated kernel takes any. */
  readonly ids?: Ids;
  /** A host directory is a bind of the kernel's own tree, or comes through the file system `hostfs`. */
  readonly hostDirectory: 'bind' | 'hostfs';
  /** A directory of the initial root that new_root is mounted on before pivot_root(2). */
  readonly staging: string;
  /** Kernel features: `seccomp`, `clone-into-cgroup`, ... */
  readonly features: readonly string[];
  /** The CPU that a seccomp filter is written for, in Node's words: `x64`, `arm64`. */
  readonly arch?: string;
  /** What the images `busybox` and `host` are made of on this machine. */
  readonly images?: Images;
}

export interface Hierarchy {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** Its mount point. */
  readonly mount: string;
  /** Where the caller's groups may be made, below the mount point; '' is its root. */
  readonly path: string;
}

export interface Ids {
  readonly uid: number;
  readonly gid: number;
  /** How maps are written: by root, by newuidmap(1), or only the caller's own id. */
  readonly maps: 'root' | 'helpers' | 'single';
  /** Ranges of the host that a container may use: first and count. */
  readonly uids: readonly (readonly [number, number])[];
  readonly gids: readonly (readonly [number, number])[];
}

export interface Images {
  /** A directory whose `bin` has a static busybox and a link for each applet. */
  readonly busybox?: string;
  /** Why there is none, with the remedy. */
  readonly busyboxMissing?: string;
  /** What the host's /etc/resolv.conf says, for containers in its network. */
  readonly resolvConf?: string;
  readonly host?: HostImage;
}

/** The system's own programs, as the image `host` shows them. */
export interface HostImage {
  /** Directories that are bound read-only: /usr, and /bin, /lib where they are no links. */
  readonly binds: readonly string[];
  /** Links at the root, as on a merged /usr: `['/bin', 'usr/bin']`. */
  readonly links: readonly (readonly [path: string, target: string])[];
  /**
   * Paths of /etc that are bound: the loader's, certificates, alternatives, the time zone. A directory ends with `/`.
   */
  readonly etc: readonly string[];
}

export interface PlanOptions {
  readonly id: string;
  /** How descriptors 0 to 2 begin, unless the process has a terminal. */
  readonly stdio?: readonly [StdioKind, StdioKind, StdioKind];
  /**
   * Allows what may leave processes behind: a PID namespace that is not the container's own, and no cgroup to find them
   * by.
   */
  readonly allowStray?: boolean;
  /**
   * Where host paths begin that are not absolute: by default this process's directory. The supervisor of native mode
   * has none.
   */
  readonly cwd?: string;
  /** Looks at a file of the host, links followed. Without it what is bound counts as a directory. */
  readonly stat?: HostStat;
}

export type HostStat = (path: string) => HostFile | undefined;

export interface HostFile {
  readonly type: 'directory' | 'file' | 'c' | 'b' | 'p';
  /** Permissions, owner, and of a device its numbers. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly major: number;
  readonly minor: number;
}

/** The birth of a container, up to and with its first program. */
export function compile(spec: Spec, facts: Facts, options: PlanOptions): Plan {
  return { kind: 'create', given: [], ...compileCreate(spec, facts, options) };
}

/** One more process in a running container; `$init` is its first process. */
export function compileProcess(process: ProcessSpec, spec: Spec, facts: Facts, options: PlanOptions): Plan {
  return { kind: 'exec', given: ['$init', '$cgroup'], steps: compileExec(process, spec, facts, options) };
}

/** New limits for a running container, whose spec so far is `spec`. */
export function compileUpdate(resources: Resources, spec: Spec, facts: Facts): Plan {
  return { kind: 'update', given: ['$cgroup'], steps: updateLimits(resources, spec, facts) };
}

/** What removal does: the undo list of the birth that is left when every process is gone, last made first. */
export function compileDelete(plan: Plan): Plan {
  const steps = plan.steps.flatMap((step): Step[] => (step.undo ? [{ by: 'runtime', ...step.undo }] : [])).reverse();
  const given = plan.steps.flatMap((step) => (step.undo && step.slot ? [step.slot] : []));
  return { kind: 'delete', given, steps };
}
