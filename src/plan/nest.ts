// What a child of the warm pool has mounted before it knows whose it will be. /proc, /dev and /sys with all that is in
// them depend on no image: they are built on a small tmpfs, the nest, into which the child moves out of the host's
// tree. When a root comes, the child pivots once more, and the three trees are moved to their places in it as they are:
// masked and protected already, wherever a name of the image leads.

import type { Action, Facts, Slot, Step } from '../plan.ts';
import type { Mount, Spec } from '../spec.ts';
import type { Spaces } from './namespace.ts';
import { normal } from './path.ts';
import { hostTree, newTree } from './source.ts';

const child = (action: Action): Step => ({ by: 'child', ...action });
const places = ['/proc', '/dev', '/sys'] as const;
const slotOf = (place: string): Slot => `$tree-${place.slice(1)}`;

export interface Nest {
  /** The mounts of the spec that are in it. */
  readonly mounts: ReadonlySet<Mount>;
  /** Opened by the child while the host's tree is still in sight. */
  readonly sources: readonly Step[];
  /** From the host's tree into the nest, and what is built there. */
  readonly build: readonly Step[];
  /** In the place of the nest, the trees where they belong. */
  readonly place: readonly Step[];
}

/** How the parts are made that are no different without a nest. */
export interface Parts {
  mount(mount: Mount): readonly Step[];
  readonly nodes: readonly Step[];
  readonly protect: readonly Step[];
  readonly masks: readonly Step[];
  readonly leave: readonly Step[];
}

interface Known {
  readonly list: readonly Mount[];
  readonly parts: readonly (readonly Step[])[];
  readonly nest: Nest;
}

const nests = new WeakMap<Facts, Known[]>();
const knownMax = 16;

/**
 * Undefined where a container cannot have one, or no pool asks for it: with ids or joined namespaces of its own nothing
 * can be mounted in advance; and whatever covers or lies below what the nest protects must come before it is protected.
 */
export function nestOf(spec: Spec, spaces: Spaces, facts: Facts, parts: Parts): Nest | undefined {
  if (!facts.features.includes('pool') || facts.rootless || spaces.ownIds || spaces.joined.length > 0) return undefined;
  const list = nestable(spec);
  if (list === undefined) return undefined;
  const pieces = [parts.nodes, parts.protect, parts.masks];
  let known = nests.get(facts);
  if (known === undefined) nests.set(facts, (known = []));
  const found = known.find((one) => same(one.list, list) && same(one.parts, pieces));
  if (found !== undefined) return found.nest;
  const nest = build(list, facts, parts);
  if (known.length >= knownMax) known.shift();
  known.push({ list, parts: pieces, nest });
  return nest;
}

const same = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);

/** docker's default mounts, which are frozen; undefined if something else is in their way. */
function nestable(spec: Spec): readonly Mount[] | undefined {
  const inside: Mount[] = [];
  const others: string[] = [];
  for (const mount of spec.mounts ?? []) {
    const path = normal(mount.destination);
    const place = places.find((one) => path === one || path.startsWith(`${one}/`));
    if (place === undefined) continue;
    const plain = mount.type !== 'bind' && mount.type !== 'cgroup' && Object.isFrozen(mount);
    if (!plain && (path === place || place === '/proc')) return undefined;
    if (plain && others.some((other) => path === other || path.startsWith(`${other}/`))) return undefined;
    if (plain) inside.push(mount);
    else others.push(path);
  }
  const { maskedPaths = [], readonlyPaths = [], devices = [] } = spec.linux ?? {};
  const within = (path: string): boolean => places.some((place) => path.startsWith(`${place}/`));
  const bare = devices.length === 0 && [...maskedPaths, ...readonlyPaths].every(within);
  return bare && places.every((place) => inside.some((mount) => mount.destination === place)) ? inside : undefined;
}

function build(mounts: readonly Mount[], facts: Facts, parts: Parts): Nest {
  const own: Step = { ...hostTree('/dev/null', '$null', [], false, facts), by: 'child' };
  const cover = parts.masks.length > 0 ? [own] : [];
  return {
    mounts: new Set(mounts),
    sources: [newTree('tmpfs', '$nest', 'mode=755,size=64k', true), ...cover],
    build: [
      child({ op: 'move_mount', args: { from: '$nest', target: facts.staging } }),
      child({ op: 'chdir', args: { path: facts.staging } }),
      child({ op: 'pivot_root', args: {} }),
      ...mounts.flatMap((mount) => parts.mount(mount)),
      ...parts.nodes,
      ...parts.protect,
      ...parts.masks,
      child({ op: 'mkdirs', args: { path: '/root', mode: 0o755 } }),
      ...parts.leave,
      ...places.map((path): Step => ({ by: 'child', op: 'open_tree', slot: slotOf(path), args: { path, flags: [] } })),
    ],
    place: places.flatMap((path) => [
      child({ op: 'mkdirs', args: { path, mode: 0o755 } }),
      child({ op: 'move_mount', args: { from: slotOf(path), target: path } }),
    ]),
  };
}
