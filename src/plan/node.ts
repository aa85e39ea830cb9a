// /dev of a container: nodes that it makes itself, or, in a user namespace where mknod(2) makes none that work, the
// host's own, bound.

import { SpecError } from '../errno.ts';
import type { Facts, Slot, Step } from '../plan.ts';
import type { Device, Mount, Spec } from '../spec.ts';
import type { Spaces } from './namespace.ts';
import { normal } from './path.ts';
import { attach, hostTree } from './source.ts';

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

export interface DeviceSteps {
  readonly sources: readonly Step[];
  readonly nodes: readonly Step[];
}

const standardLinks = links.map(([path, target]): Step => ({ by: 'child', op: 'symlink', args: { target, path } }));

/** `isBind` tells whether a mount brings its own devices. */
export function deviceSteps(spec: Spec, spaces: Spaces, facts: Facts, isBind: (mount: Mount) => boolean): DeviceSteps {
  const dev = spec.mounts?.find((mount) => mount.destination === '/dev');
  // OCI wants them in every container, but a directory of the host's is left as it is: a bind, or on hostfs all that
  // there is.
  const ours = dev === undefined ? facts.kernel === 'linux' || spec.root.path.startsWith('builtin:') : !isBind(dev);
  const own = (spec.linux?.devices ?? []).map((device) => ({ ...device, path: normal(device.path) }));
  const devices = ours ? [...standard.filter((one) => !own.some((other) => other.path === one.path)), ...own] : own;
  const place: Step[] =
    ours && dev === undefined ? [{ by: 'child', op: 'mkdirs', args: { path: '/dev', mode: 0o755 } }] : [];
  const symlinks = ours ? standardLinks : [];
  if (facts.kernel === 'portable' || !spaces.ownIds) {
    if (ours && dev !== undefined && own.length === 0) return usual;
    const nodes = own.length === 0 && ours ? standardNodes : devices.map(node);
    return { sources: [], nodes: [...place, ...nodes, ...symlinks] };
  }
  const slot = (i: number): Slot => `$dev${i}`;
  const bound = devices.map((device, i) => bind(device, slot(i), facts));
  return {
    sources: bound.map((one) => one.source),
    nodes: [...place, ...bound.flatMap((one) => one.steps), ...symlinks],
  };
}

function node(device: Device): Step {
  return {
    by: 'child', op: 'mknod',
    args: {
      path: device.path,
      type: device.type === 'u' ? 'c' : device.type,
      major: device.major ?? 0,
      minor: device.minor ?? 0,
      mode: device.fileMode ?? 0o666,
      uid: device.uid ?? 0,
      gid: device.gid ?? 0,
    },
  };
}

const standardNodes = standard.map(node);
/** The same object for nearly every container: nest.ts knows it again. */
const usual: DeviceSteps = { sources: [], nodes: [...standardNodes, ...standardLinks] };

/** The host's node of the same name, which is the only way to a device here. */
function bind(
  { path, type }: Device,
  slot: Slot,
  facts: Facts,
): { readonly source: Step; readonly steps: readonly Step[] } {
  if (type === 'p')
    throw new SpecError(`linux.devices (${path})`, 'in a user namespace devices are bound, and a fifo is none');
  return {
    source: hostTree(path, slot, [], false, facts),
    steps: [{ by: 'child', op: 'mkdirs', args: { path, mode: 0o666, file: true } }, ...attach(slot, path, facts)],
  };
}
