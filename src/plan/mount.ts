// The file system of a new container. The runtime opens what lies outside as detached mounts ($root, $bind0, ...); the
// child pivots into the new root before it mounts anything there, so that every path below is resolved inside it and no
// symlink of an image can lead out.

import { SpecError } from '../errno.ts';
import { busyboxRoot } from '../image.ts';
import type { Action, Facts, Slot, Step } from '../plan.ts';
import type { Device, Mount, Spec } from '../spec.ts';

/** fstab(5)'s words that are flags of mount(2): the flag, and whether the word sets or clears it. */
const words: Readonly<Record<string, readonly [flag: string, set: boolean]>> = {
  ro: ['RDONLY', true], rw: ['RDONLY', false], nosuid: ['NOSUID', true], suid: ['NOSUID', false],
  nodev: ['NODEV', true], dev: ['NODEV', false], noexec: ['NOEXEC', true], exec: ['NOEXEC', false],
  noatime: ['NOATIME', true], nodiratime: ['NODIRATIME', true], relatime: ['RELATIME', true],
  strictatime: ['STRICTATIME', true], sync: ['SYNCHRONOUS', true], dirsync: ['DIRSYNC', true],
};
const propagations: Readonly<Record<string, readonly string[]>> = {
  private: ['PRIVATE'], rprivate: ['REC', 'PRIVATE'], shared: ['SHARED'], rshared: ['REC', 'SHARED'],
  slave: ['SLAVE'], rslave: ['REC', 'SLAVE'], unbindable: ['UNBINDABLE'], runbindable: ['REC', 'UNBINDABLE'],
};

interface MountWords {
  readonly flags: readonly string[];
  readonly bind: 'bind' | 'rbind' | undefined;
  readonly propagation: readonly (readonly string[])[];
  readonly data: string;
}

function parse(mount: Mount): MountWords {
  const flags = new Set<string>();
  const data: string[] = [];
  const propagation: (readonly string[])[] = [];
  let bind: MountWords['bind'] = mount.type === 'bind' ? 'rbind' : undefined;
  for (const word of mount.options ?? []) {
    const known = words[word];
    const spread = propagations[word];
    if (known !== undefined) known[1] ? flags.add(known[0]) : flags.delete(known[0]);
    else if (spread !== undefined) propagation.push(spread);
    else if (word === 'bind' || word === 'rbind') bind = word;
    else if (word !== 'defaults') data.push(word);
  }
  return { flags: [...flags], bind, propagation, data: data.join(',') };
}

const isBind = (mount: Mount): boolean => parse(mount).bind !== undefined;

/** What lies outside the new root, opened by the runtime. */
export function sources(spec: Spec, facts: Facts): Step[] {
  const root: Step = spec.root.path.startsWith('builtin:')
    ? template(spec.root.path)
    : outside(spec.root.path, '$root', [], 'rbind', facts);
  const binds = (spec.mounts ?? []).filter(isBind).map((mount, i) => {
    if (mount.source === undefined) throw new SpecError(`mounts (${mount.destination})`, 'a bind without a source');
    const { flags, bind } = parse(mount);
    return outside(mount.source, `$bind${i}`, flags, bind, facts);
  });
  return [root, ...binds];
}

function template(path: string): Step {
  if (path !== busyboxRoot) throw new SpecError('root.path', `no such root: ${path}`);
  const name = path.slice('builtin:'.length);
  return {
    by: 'runtime', op: 'fsmount', slot: '$root', args: { type: 'tmpfs', source: name, flags: [], template: name },
    undo: { op: 'close', args: { fd: '$root' } },
  };
}

function outside(path: string, slot: Slot, flags: readonly string[], bind: MountWords['bind'], facts: Facts): Step {
  const undo = { op: 'close', args: { fd: slot } } as const;
  if (facts.hostDirectory === 'hostfs') {
    return { by: 'runtime', op: 'fsmount', slot, args: { type: 'hostfs', source: path, flags }, undo };
  }
  return { by: 'runtime', op: 'open_tree', slot, args: { path, flags: bind === 'bind' ? ['CLONE'] : ['CLONE', 'REC'] }, undo };
}

/** From the moment of birth to a root of one's own with everything in it. */
export function fileSystem(spec: Spec, facts: Facts): Step[] {
  if (!spec.linux?.namespaces?.some((ns) => ns.type === 'mount')) return [];
  const child = (action: Action): Step => ({ by: 'child', ...action });
  let bind = 0;
  const mounts = (spec.mounts ?? []).flatMap((mount) => mountSteps(mount, () => `$bind${bind++}`));
  return [
    // Nothing that is mounted here may be seen outside.
    child({ op: 'mount', args: change('/', ['REC', 'PRIVATE']) }),
    child({ op: 'move_mount', args: { from: '$root', target: facts.staging } }),
    child({ op: 'chdir', args: { path: facts.staging } }),
    child({ op: 'pivot_root', args: {} }),
    ...mounts,
    ...devices(spec),
    ...identityFiles(spec),
    ...Object.entries(spec.linux.sysctl ?? {}).map(([key, text]) =>
      child({ op: 'write', args: { path: `/proc/sys/${key.replaceAll('.', '/')}`, text } })),
    // The old root lies under `.` until here: a procfs may be mounted without privilege only while one is in sight.
    child({ op: 'umount', args: { path: '.', flags: ['DETACH'] } }),
    child({ op: 'chdir', args: { path: '/' } }),
    ...(spec.linux.rootfsPropagation === undefined ? [] : [
      child({ op: 'mount', args: change('/', ['REC', spec.linux.rootfsPropagation.toUpperCase()]) }),
    ]),
    ...(spec.root.readonly ? [child({ op: 'mount', args: change('/', ['BIND', 'REMOUNT', 'RDONLY']) })] : []),
    ...(spec.linux.readonlyPaths ?? []).map((path) => child({ op: 'readonly', args: { path } })),
    ...(spec.linux.maskedPaths ?? []).map((path) => child({ op: 'mask', args: { path } })),
  ];
}

/** /etc/hostname and /etc/hosts of a root that is ours to write to; another's comes as it is. */
function identityFiles({ root, hostname }: Spec): Step[] {
  if (!root.path.startsWith('builtin:') || hostname === undefined) return [];
  const hosts = `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t${hostname}\n`;
  return [
    { by: 'child', op: 'write', args: { path: '/etc/hostname', text: `${hostname}\n` } },
    { by: 'child', op: 'write', args: { path: '/etc/hosts', text: hosts } },
  ];
}

const change = (target: string, flags: readonly string[]) => ({ source: '', target, type: '', flags, data: '' });

function mountSteps(mount: Mount, nextBind: () => Slot): Step[] {
  const target = mount.destination;
  const { flags, bind, propagation, data } = parse(mount);
  const spread = propagation.map((how): Step => ({ by: 'child', op: 'mount', args: change(target, how) }));
  if (mount.type === 'program') {
    return [
      { by: 'child', op: 'mkdirs', args: { path: target, mode: 0o755, file: true } },
      { by: 'runtime', op: 'program', args: { source: mount.source ?? '', target } },
    ];
  }
  const place: Step = { by: 'child', op: 'mkdirs', args: { path: target, mode: 0o755 } };
  if (bind !== undefined) {
    const from = nextBind();
    const remount = flags.length === 0 ? [] : [change(target, ['BIND', 'REMOUNT', ...flags])];
    return [
      place,
      { by: 'child', op: 'move_mount', args: { from, target } },
      ...remount.map((args): Step => ({ by: 'child', op: 'mount', args })),
      ...spread,
    ];
  }
  const type = mount.type ?? 'none';
  return [place, { by: 'child', op: 'mount', args: { source: mount.source ?? type, target, type, flags, data } }, ...spread];
}

/** The devices that every container has (config-linux.md, "Default Devices"), then the spec's own. */
const standard: readonly Device[] = [
  { type: 'c', path: '/dev/null', major: 1, minor: 3 }, { type: 'c', path: '/dev/zero', major: 1, minor: 5 },
  { type: 'c', path: '/dev/full', major: 1, minor: 7 }, { type: 'c', path: '/dev/random', major: 1, minor: 8 },
  { type: 'c', path: '/dev/urandom', major: 1, minor: 9 }, { type: 'c', path: '/dev/tty', major: 5, minor: 0 },
];
const links: readonly (readonly [path: string, target: string])[] = [
  ['/dev/fd', '/proc/self/fd'], ['/dev/stdin', '/proc/self/fd/0'], ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'], ['/dev/ptmx', 'pts/ptmx'],
];

function devices(spec: Spec): Step[] {
  const own = spec.linux?.devices ?? [];
  const fresh = (spec.mounts ?? []).some((mount) => mount.destination === '/dev' && !isBind(mount));
  const nodes = [...(fresh ? standard : []), ...own].map((device): Step => ({
    by: 'child', op: 'mknod',
    args: {
      path: device.path, type: device.type, major: device.major ?? 0, minor: device.minor ?? 0,
      mode: device.fileMode ?? 0o666, uid: device.uid ?? 0, gid: device.gid ?? 0,
    },
  }));
  const symlinks = (fresh ? links : []).map(([path, target]): Step => ({ by: 'child', op: 'symlink', args: { target, path } }));
  return [...nodes, ...symlinks];
}
