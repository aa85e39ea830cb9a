// The cgroup hierarchies of this machine, as this process sees them (cgroups(7)): where they are mounted, where its own
// group lies in each, and in which it may make groups.

import { accessSync, constants, readFileSync } from 'node:fs';
import type { Hierarchy } from '../plan.ts';

export interface Groups {
  readonly mode: 'v2' | 'v1' | 'hybrid' | 'none';
  readonly hierarchies: readonly Hierarchy[];
  /** Why a hierarchy or a controller cannot be used. */
  readonly reasons: Readonly<Record<string, string>>;
}

export interface CgroupMount {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly mount: string;
  /** The group that is its visible root, from the root of the hierarchy or of the cgroup namespace. */
  readonly root: string;
  readonly readonly: boolean;
}

const delegation = 'start it by systemd-run --user --scope -p Delegate=yes';
const undelegated = {
  1: 'the groups of v1 controllers are not writable for this user; only v2 can be delegated safely',
  2: `no group is delegated to this user: ${delegation}`,
} as const;

/** Where the containers of all runtimes hang, below the place that is chosen here. */
export const groupParent = '/twinbox';

/** Each mount of a cgroup file system; where one covers another, the last. */
export function cgroupMounts(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): CgroupMount[] {
  const found = new Map<string, CgroupMount>();
  for (const line of mountinfo.split('\n')) {
    const at = line.indexOf(' - cgroup');
    if (at < 0) continue;
    const [, , , root = '', mount = '', flags = ''] = line.split(' ');
    const [type, , options = ''] = line.slice(at + 3).split(' ');
    const version = type === 'cgroup2' ? 2 : 1;
    const words = options.split(',');
    const path = unescape(mount);
    found.set(path, {
      version, mount: path, root: unescape(root),
      controllers: version === 2 ? [] : words.filter((word) => controllerNames.has(word)),
      readonly: flags.split(',').includes('ro') || words.includes('ro'),
    });
  }
  return [...found.values()].filter((one) => one.version === 2 || one.controllers.length > 0);
}

const controllerNames = new Set([
  'cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'net_cls', 'net_prio', 'blkio', 'perf_event', 'hugetlb', 'pids',
  'rdma', 'misc',
]);

/** What lies in a path of /proc/self/mountinfo as `\040`. */
function unescape(path: string): string {
  return path.includes('\\') ? path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))) : path;
}

/** This process's group in each hierarchy: by v1 controller, and by '' for v2. */
export function ownGroups(cgroup = readFileSync('/proc/self/cgroup', 'utf8')): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const [, controllers, ...path] = line.split(':');
    for (const name of controllers?.split(',') ?? []) found.set(name, path.join(':'));
  }
  return found;
}

/** As root: below the visible root of each. Otherwise: in a group that was delegated to this user. */
export function groups(root: boolean): Groups {
  const mounts = cgroupMounts();
  const own = ownGroups();
  const reasons: Record<string, string> = {};
  const hierarchies: Hierarchy[] = [];
  for (const one of mounts) {
    const found = place(one, root ? undefined : own.get(one.version === 2 ? '' : one.controllers[0]!) ?? '/..', reasons);
    if (found !== undefined) hierarchies.push(found);
  }
  if (mounts.length === 0) reasons.cgroup = 'no cgroup file system is mounted';
  const v2 = hierarchies.some((one) => one.version === 2);
  const v1 = hierarchies.some((one) => one.version === 1);
  const mode = v1 && v2 ? 'hybrid' : v1 ? 'v1' : v2 ? 'v2' : 'none';
  return { mode, hierarchies, reasons };
}

/** `own` is undefined for root, who may use the whole of it. */
function place(one: CgroupMount, own: string | undefined, reasons: Record<string, string>): Hierarchy | undefined {
  const name = one.version === 2 ? 'cgroup v2' : own === undefined ? `cgroup ${one.controllers.join(',')}` : 'cgroup v1';
  if (one.readonly) {
    reasons[name] = `${one.mount} is mounted read-only`;
    return undefined;
  }
  const places = (own === undefined ? [''] : delegated(one, own)).flatMap((path): Hierarchy[] => {
    const dir = one.mount + path;
    if (!writable(dir) || own !== undefined && !writable(`${dir}/cgroup.procs`)) return [];
    if (one.version === 1) return [{ version: 1, controllers: one.controllers, mount: one.mount, path }];
    if (own !== undefined && !writable(`${dir}/cgroup.subtree_control`)) return [];
    return [{ version: 2, controllers: grantable(dir), mount: one.mount, path }];
  });
  const best = places.reduce<Hierarchy | undefined>((a, b) => (a === undefined || b.controllers.length > a.controllers.length ? b : a), undefined);
  if (best === undefined) reasons[name] = own === undefined ? `${one.mount} cannot be written to` : undelegated[one.version];
  else if (best.version === 2) complain(best, own === undefined, reasons);
  return best;
}

/** Controllers that the chosen group has, and cannot give on. */
function complain({ mount, path, controllers }: Hierarchy, root: boolean, reasons: Record<string, string>): void {
  const missing = words(`${mount}${path}/cgroup.controllers`).filter((name) => !controllers.includes(name));
  if (missing.length === 0) return;
  reasons['cgroup controllers'] = `${mount}${path} holds processes, so that ${missing.join(', ')} cannot be given to groups below it: ${
    root ? 'move them into a group of their own' : delegation}`;
}

/** This process's own group and the one above it, which holds it when the delegated group keeps its processes in a leaf. */
function delegated(one: CgroupMount, own: string): string[] {
  const path = below(one.root, own);
  if (path === undefined) return [];
  return path === '' ? [''] : [path, path.slice(0, path.lastIndexOf('/'))];
}

/** A path of /proc/self/cgroup seen from the root of a mount; undefined if it lies outside. */
function below(root: string, path: string): string | undefined {
  if (path.split('/').includes('..')) return undefined;
  if (root === '/') return path === '/' ? '' : path;
  if (path === root) return '';
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

/**
 * The v2 controllers that groups below this one can have: those that are given on already, and where no process lies in
 * the group itself (or it is the root of the hierarchy) all that it has.
 */
function grantable(dir: string): readonly string[] {
  // Only the root of the hierarchy has no type, and only it may hold processes beside groups with controllers.
  const mixed = read(`${dir}/cgroup.type`) !== '' && read(`${dir}/cgroup.procs`) !== '';
  return words(`${dir}/${mixed ? 'cgroup.subtree_control' : 'cgroup.controllers'}`);
}

function words(file: string): string[] {
  return read(file).split(/\s+/).filter((word) => word !== '');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
