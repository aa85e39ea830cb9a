// What this Linux can do, for the compiler and for features(): read from /proc and /sys once, by synchronous calls.

import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import type { NamespaceType } from '../kernel/uapi/step.ts';
import type { Facts } from '../plan.ts';
import type { BackendFacts } from '../wire.ts';
import { groupParent, groups, type Groups } from './cgroup.ts';
import { ids, powers, type Powers } from './ids.ts';
import { images } from './image.ts';
import { baseDirectory } from './state.ts';

/** The oldest kernel that has all that the helper takes for granted. */
export const kernelFloor = '5.10';

const cached = new Map<string, BackendFacts>();

/** Gathered once per process and base directory. */
export function nativeFacts(root?: string): BackendFacts {
  const base = baseDirectory(root);
  let facts = cached.get(base);
  if (facts === undefined) cached.set(base, (facts = gather(base)));
  return facts;
}

export function kernelAtLeast(version: string, running = release()): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const found = /^(\d+)\.(\d+)/.exec(running);
  if (found === null) return false;
  return Number(found[1]) > major || Number(found[1]) === major && Number(found[2]) >= minor;
}

function gather(base: string): BackendFacts {
  const reasons: Record<string, string> = {};
  const may = powers();
  const cgroup = groups(!may.rootless);
  Object.assign(reasons, cgroup.reasons);
  if (!kernelAtLeast(kernelFloor)) reasons.kernel = `Linux ${release()} is older than ${kernelFloor}`;
  tellPowers(may, reasons);
  const found = images(base);
  if (found.busyboxMissing !== undefined) reasons['image busybox'] = found.busyboxMissing;
  const namespaces = namespaceTypes(may, reasons);
  const facts: Facts = {
    kernel: 'linux', release: release(), namespaces, filesystems: filesystems(),
    cgroup: cgroup.mode, controllers: [...new Set(cgroup.hierarchies.flatMap((one) => one.controllers))],
    cgroupParent: groupParent, hierarchies: cgroup.hierarchies,
    rootless: may.rootless, ids: ids(may), hostDirectory: 'bind', staging: '/', arch: process.arch,
    features: features(may, cgroup, namespaces, reasons), images: found,
    ...(may.rootless ? {} : { capabilities: may.capabilities }),
  };
  return { ...facts, machine: machine(), reasons };
}

const files: Readonly<Record<NamespaceType, string>> =
  { user: 'user', pid: 'pid', mount: 'mnt', uts: 'uts', ipc: 'ipc', network: 'net', cgroup: 'cgroup', time: 'time' };

function namespaceTypes(may: Powers, reasons: Record<string, string>): NamespaceType[] {
  const known = readdirSync('/proc/self/ns');
  return (Object.keys(files) as NamespaceType[]).filter((type) => {
    const name = `${type} namespaces`;
    if (!known.includes(files[type])) reasons[name] = 'this kernel has none';
    else if (number(`/proc/sys/user/max_${files[type]}_namespaces`) === 0) reasons[name] = `/proc/sys/user/max_${files[type]}_namespaces is 0`;
    else if (type === 'user' && may.rootless) Object.assign(reasons, unprivileged(name));
    return reasons[name] === undefined;
  });
}

/** Distributions' own switches over user namespaces of ordinary users. */
function unprivileged(name: string): Record<string, string> {
  if (number('/proc/sys/kernel/unprivileged_userns_clone') === 0) {
    return { [name]: 'kernel.unprivileged_userns_clone is 0: sysctl -w kernel.unprivileged_userns_clone=1 allows them' };
  }
  if (number('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === 1) {
    return { [name]: 'AppArmor takes the powers of unprivileged user namespaces away: '
      + 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or a profile for node that has "userns,"' };
  }
  return {};
}

/** /proc/filesystems, and overlay where it waits as a module. */
function filesystems(): string[] {
  const found = text('/proc/filesystems').split('\n').map((line) => line.replace(/^nodev/, '').trim()).filter((name) => name !== '');
  if (!found.includes('overlay') && existsSync(`/lib/modules/${release()}/kernel/fs/overlayfs`)) found.push('overlay');
  return found;
}

function features(may: Powers, cgroup: Groups, namespaces: readonly NamespaceType[], reasons: Record<string, string>): string[] {
  const found = new Set<string>();
  const seccomp = may.status.has('Seccomp') && text('/proc/sys/kernel/seccomp/actions_avail').includes('errno');
  if (seccomp) found.add('seccomp');
  else reasons.seccomp = 'this kernel was built without seccomp filters';
  if (namespaces.includes('user')) found.add('userns');
  if (namespaces.includes('time')) found.add('timens');
  if (kernelAtLeast('5.11')) found.add('overlay-userns');
  if (kernelAtLeast('5.12')) found.add('mount_setattr');
  else reasons.mount_setattr = 'recursive read-only mounts need Linux 5.12';
  if (existsSync('/proc/keys')) found.add('keyring');
  for (const { version, mount, path, controllers } of cgroup.hierarchies) {
    const parent = mount + path;
    if (version === 2) {
      found.add('clone-into-cgroup').add('freeze');
      if (kernelAtLeast('5.14')) found.add('cgroup.kill');
      // A program of this kind is root's to load and attach.
      if (!may.rootless) found.add('device-program');
      for (const file of ['io.weight', 'io.bfq.weight']) if (controllers.includes('io') && inChild(parent, file)) found.add(file);
      if (controllers.includes('memory') && swapCounted(parent)) found.add('swap');
    } else {
      if (controllers.includes('freezer')) found.add('freeze');
      if (controllers.includes('memory') && inChild(parent, 'memory.memsw.limit_in_bytes')) found.add('swap');
      if (controllers.includes('blkio') && inChild(parent, 'blkio.bfq.weight')) found.add('blkio.bfq.weight');
    }
  }
  if (cgroup.mode !== 'none' && !found.has('freeze')) reasons.freeze = 'neither cgroup v2 nor the v1 freezer can be used: pause does not work';
  return [...found];
}

/** Whether groups have this file: asked of the group itself, or of the first below it, since a root lacks some of them. */
function inChild(parent: string, file: string): boolean {
  if (existsSync(`${parent}/${file}`)) return true;
  const child = readdirSync(parent, { withFileTypes: true }).find((entry) => entry.isDirectory() && existsSync(`${parent}/${entry.name}/${file}`));
  return child !== undefined;
}

/** Groups of v2 count swap, unless the kernel has none or was told not to; the root itself shows no file of it. */
function swapCounted(parent: string): boolean {
  return inChild(parent, 'memory.swap.max') || existsSync('/proc/swaps') && !/\bswapaccount=(0|off)\b/.test(text('/proc/cmdline'));
}

/** Powers that full root has and that some plans want. */
function tellPowers(may: Powers, reasons: Record<string, string>): void {
  if (!may.initial) reasons.root = 'this process is in a user namespace: no device nodes, and no limits unless a cgroup is delegated';
  else if (may.rootless && process.geteuid!() === 0) reasons.root = 'this root has no CAP_SYS_ADMIN, and is treated as an ordinary user';
  if (may.rootless) return;
  const wanted = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'NET_ADMIN', 'SYS_CHROOT', 'SYS_PTRACE', 'MKNOD',
    'SETFCAP', 'SYS_RESOURCE'];
  const missing = wanted.filter((name) => !may.capabilities.includes(name));
  if (missing.length > 0) reasons.capabilities = `this root has no ${missing.map((name) => `CAP_${name}`).join(', ')}`;
}

function machine(): BackendFacts['machine'] {
  const largest = (value: number | undefined): number => Math.min(value ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  return {
    memoryBytes: totalmem(), cpus: availableParallelism(), tasksMax: largest(number('/proc/sys/kernel/threads-max')),
    inodesMax: largest(statfsSync('/').files), filesMax: largest(number('/proc/sys/fs/file-max')),
  };
}

function number(path: string): number | undefined {
  const found = text(path).trim();
  return /^\d+$/.test(found) ? Number(found) : undefined;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
