// docker's words for what is mounted: its default file systems, volumes, tmpfs, devices.

import { SpecError } from '../errno.ts';
import type { Facts, HostFile } from '../plan.ts';
import { absolute, type Device, type DeviceRule, type Mount, type Namespace, type NamespaceType } from '../spec.ts';
import { defaultMaps, isMapped } from '../plan/namespace.ts';
import type { Lookup } from './namespace.ts';
import { bytes } from './resource.ts';

export interface MountOptions {
  /**
   * `host:container[:ro]`; `rro` insists on what is mounted below too, and `rshared`, `rslave`, ... are propagations.
   */
  readonly volumes?: readonly string[];
  /** Paths, each with options behind a colon if any: `/scratch:size=1m`. */
  readonly tmpfs?: readonly string[];
  /** The size of /dev/shm: bytes, or `64m`. */
  readonly shmSize?: number | string;
  /** `host[:container[:rwm]]`. */
  readonly devices?: readonly string[];
}

export interface Situation {
  readonly facts: Facts;
  readonly namespaces: readonly Namespace[];
  readonly privileged: boolean;
  /** A user namespace of its own. */
  readonly ownIds: boolean;
}

const quiet = ['nosuid', 'noexec', 'nodev'];

/** In a user namespace a file system that shows another namespace's things can only be bound, never mounted. */
function own({ facts, namespaces, ownIds }: Situation, type: NamespaceType, mount: Mount): Mount {
  if (facts.kernel === 'portable' || !ownIds || namespaces.some((ns) => ns.type === type && ns.path === undefined))
    return mount;
  const { destination, options = [] } = mount;
  // What else is mounted there must be as read-only as it is.
  const deep = options.includes('ro') && facts.features.includes('mount_setattr') ? ['rro'] : [];
  return { destination, type: 'bind', source: destination, options: ['rbind', ...options, ...deep] };
}

const made = new WeakMap<Facts, Map<string, readonly Mount[]>>();

/**
 * Made once for each machine and kind of container: the plan then knows them again. Not every host has all that is
 * bound.
 */
export function defaultMounts(
  situation: Situation,
  shmSize: MountOptions['shmSize'],
  { stat }: Lookup,
): readonly Mount[] {
  const { facts, namespaces, privileged, ownIds } = situation;
  let known = made.get(facts);
  if (known === undefined) made.set(facts, (known = new Map()));
  const kinds = namespaces.map((ns) => (ns.path === undefined ? ns.type : `joined ${ns.type}`));
  const key = `${privileged} ${ownIds} ${shmSize} ${kinds.join()}`;
  let mounts = known.get(key);
  if (mounts === undefined) {
    if (known.size > 64) known.clear();
    const here = (path: string): boolean => stat === undefined || stat(path)?.type === 'directory';
    mounts = makeMounts(situation, shmSize).filter((mount) => mount.type !== 'bind' || here(mount.source!));
    // Frozen: whoever meets one again may rely on it.
    known.set(key, Object.freeze(mounts.map((mount) => Object.freeze(mount))));
  }
  return mounts;
}

function makeMounts(situation: Situation, shmSize: MountOptions['shmSize']): readonly Mount[] {
  const { facts, namespaces, privileged } = situation;
  const linux = facts.kernel === 'linux';
  const ro = privileged ? [] : ['ro'];
  const size = shmSize === undefined ? '65536k' : String(bytes('shmSize', shmSize));
  const hostIpc = linux && !namespaces.some((ns) => ns.type === 'ipc');
  const mounts: Mount[] = [
    own(situation, 'pid', { destination: '/proc', type: 'proc', source: 'proc', options: quiet }),
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...ttyGroup(situation)],
    },
    own(situation, 'network', { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, ...ro] }),
    linux
      ? { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...quiet, ...ro] }
      : { destination: '/sys/fs/cgroup', type: 'cgroup2', source: 'cgroup', options: [...quiet, ...ro] },
    own(situation, 'ipc', { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: quiet }),
    hostIpc
      ? { destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', ...quiet] }
      : { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...quiet, 'mode=1777', `size=${size}`] },
  ];
  return mounts.filter(
    ({ type = '' }) =>
      type === 'bind' || (type === 'cgroup' && linux ? showsGroup(situation) : facts.filesystems.includes(type)),
  );
}

/** /sys/fs/cgroup of a namespace of its own, with a group of its own in it. */
function showsGroup({ facts, namespaces }: Situation): boolean {
  return (
    facts.cgroup !== 'none' && facts.filesystems.includes('cgroup2') && namespaces.some((ns) => ns.type === 'cgroup')
  );
}

/** Terminals belong to the group tty, if there is such a group inside. */
function ttyGroup({ facts, ownIds }: Situation): readonly string[] {
  const tty = 5;
  return !ownIds || facts.ids === undefined || isMapped(defaultMaps(facts.ids).gid, tty) ? [`gid=${tty}`] : [];
}

export function tmpfsMounts({ tmpfs = [] }: MountOptions): readonly Mount[] {
  return tmpfs.map((entry, i) => {
    const colon = entry.indexOf(':');
    const destination = colon < 0 ? entry : entry.slice(0, colon);
    absolute(`tmpfs[${i}]`, destination);
    return {
      destination,
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'nodev', 'noexec', ...(colon < 0 ? [] : entry.slice(colon + 1).split(','))],
    };
  });
}

/** What may stand behind the second colon of a volume. z and Z are SELinux's, and mean nothing here. */
const volumeWords = new Set([
  'ro',
  'rw',
  'z',
  'Z',
  'rro',
  'nosuid',
  'nodev',
  'noexec',
  'bind',
  'rbind',
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
]);

export function volumeMounts({ volumes = [] }: MountOptions, facts: Facts): readonly Mount[] {
  return volumes.map((entry, i) => {
    const field = `volumes[${i}]`;
    const match = /^((?:[A-Za-z]:[\\/])?[^:]*):([^:]+)(?::([a-zA-Z,]+))?$/.exec(entry);
    if (match === null) throw new SpecError(field, `not host:container[:ro]: ${entry}`);
    const [, source = '', destination = '', mode = 'rw'] = match;
    absolute(field, destination);
    if (destination === '/') throw new SpecError(field, "the destination can't be '/'");
    if (!/^(\/|\.|[A-Za-z]:[\\/])/.test(source)) {
      throw new SpecError(field, `named volumes are not known here: ${source}`, 'give an absolute host path');
    }
    return { destination, type: 'bind', source, options: bindWords(field, mode.split(','), facts) };
  });
}

/** docker's `ro` holds for what is mounted below as well, where the kernel can; `rro` is an error where it cannot. */
function bindWords(field: string, words: readonly string[], facts: Facts): readonly string[] {
  const wrong = words.find((word) => !volumeWords.has(word));
  if (wrong !== undefined) throw new SpecError(field, `unknown mode ${wrong}`);
  const deep = facts.features.includes('mount_setattr');
  if (words.includes('rro') && !deep) {
    throw new SpecError(
      field,
      facts.kernel === 'portable'
        ? 'portable mode has no rro: nothing is mounted below a volume'
        : 'rro needs Linux 5.12',
    );
  }
  const kept = words.filter((word) => !['rw', 'z', 'Z', 'rro', 'bind', 'rbind'].includes(word));
  const readonly = words.includes('ro') || words.includes('rro');
  return [
    words.includes('bind') ? 'bind' : 'rbind',
    ...kept,
    ...(readonly && !kept.includes('ro') ? ['ro'] : []),
    ...(readonly && deep ? ['rro'] : []),
  ];
}

export interface GivenDevices {
  readonly devices: readonly Device[];
  readonly rules: readonly DeviceRule[];
  /** In a user namespace a device is bound, under whatever name. */
  readonly mounts: readonly Mount[];
}

export function devices(
  { devices: given = [] }: MountOptions,
  { facts, ownIds }: Situation,
  lookup: Lookup,
): GivenDevices {
  const found = { devices: [] as Device[], rules: [] as DeviceRule[], mounts: [] as Mount[] };
  given.forEach((entry, i) => {
    const field = `devices[${i}]`;
    if (facts.kernel === 'portable') throw new SpecError(field, 'portable mode has none of the devices of the machine');
    const [host = '', second, third] = entry.split(':');
    const access = third ?? (second !== undefined && /^[rwm]+$/.test(second) ? second : 'rwm');
    const path = second === undefined || second === access && third === undefined ? host : second;
    absolute(field, host);
    absolute(field, path);
    if (!/^[rwm]+$/.test(access)) throw new SpecError(field, `not letters of r, w, m: ${access}`);
    const { type, major, minor, mode, uid, gid } = look(field, host, lookup);
    found.rules.push({ allow: true, type, major, minor, access });
    if (!ownIds) return void found.devices.push({ type, path, major, minor, fileMode: mode & 0o777, uid, gid });
    if (facts.rootless && !(access.includes('r') && access.includes('w')))
      throw new SpecError(field, 'without root there is no cgroup to allow less than rw');
    found.mounts.push({ destination: path, type: 'bind', source: host, options: ['bind', 'nosuid', 'noexec'] });
  });
  return found;
}

function look(field: string, path: string, { stat }: Lookup): HostFile & { readonly type: 'b' | 'c' } {
  if (stat === undefined) throw new SpecError(field, 'devices of the machine cannot be looked at from here');
  const found = stat(path);
  if (found === undefined) throw new SpecError(field, `no such device: ${path}`);
  if (found.type !== 'b' && found.type !== 'c') throw new SpecError(field, `not a device: ${path}`);
  return found as HostFile & { readonly type: 'b' | 'c' };
}
