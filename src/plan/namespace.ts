// Which namespaces a container has: made by its clone, made later by the child itself, or joined (namespaces(7)). And
// the ids of a user namespace of its own (user_namespaces(7)).

import { SpecError } from '../errno.ts';
import type { Facts, Ids, Join, Slot, Step } from '../plan.ts';
import type { IdMapping, Namespace, NamespaceType, Spec } from '../spec.ts';

/** The clone(2) flag of each kind. */
export const newFlag: Readonly<Record<NamespaceType, string>> = {
  mount: 'NEWNS', pid: 'NEWPID', uts: 'NEWUTS', ipc: 'NEWIPC', network: 'NEWNET', user: 'NEWUSER', cgroup: 'NEWCGROUP',
  time: 'NEWTIME',
};

/** User first, since the others belong to the one that is entered or made before them; mounts last. */
const order: readonly NamespaceType[] = ['user', 'pid', 'uts', 'ipc', 'network', 'cgroup', 'time', 'mount'];
const inClone: readonly NamespaceType[] = ['user', 'pid', 'mount', 'uts', 'ipc', 'network'];
const own: Namespace = { type: 'user' };

export interface Spaces {
  /** The kinds that are made for it. */
  readonly fresh: ReadonlySet<NamespaceType>;
  readonly joined: readonly (Namespace & { readonly path: string })[];
  /** All kinds that it does not share with its creator. */
  readonly all: readonly NamespaceType[];
  /** Its user namespace is another than its creator's: it has no powers over what is outside. */
  readonly ownIds: boolean;
}

/** Without powers outside, a container has them in a user namespace of its own, whether the spec says so or not. */
export function spacesOf(spec: Spec, facts: Facts): Spaces {
  let namespaces = spec.linux?.namespaces ?? [];
  if (facts.rootless && !namespaces.some((ns) => ns.type === 'user')) namespaces = [own, ...namespaces];
  const sorted = order.flatMap((type) => namespaces.filter((ns) => ns.type === type));
  return {
    fresh: new Set(sorted.filter((ns) => ns.path === undefined).map((ns) => ns.type)),
    joined: sorted.filter((ns) => ns.path !== undefined) as Spaces['joined'],
    all: sorted.map((ns) => ns.type),
    ownIds: sorted.some((ns) => ns.type === 'user'),
  };
}

const slotOf = (type: NamespaceType): Slot => `$ns-${type}`;

/** The files of the namespaces to join: their paths are the runtime's, not the child's. */
export function opened(spaces: Spaces): Step[] {
  return spaces.joined.map(({ type, path }): Step => ({
    by: 'runtime', op: 'open', slot: slotOf(type), args: { path }, undo: { op: 'close', args: { fd: slotOf(type) } },
  }));
}

/**
 * The kinds that are made by the clone itself. A cgroup namespace must wait until the child is in its group, else its
 * own group shows as `/../..`; a time namespace until its offsets are written, which is too late once a process is in
 * it.
 */
export function born(spaces: Spaces, cgroup: boolean): Step {
  const flags = inClone.filter((type) => spaces.fresh.has(type)).map((type) => newFlag[type]);
  const join = spaces.joined.map(({ type }): Join => ({ from: slotOf(type), namespaces: [type] }));
  return {
    by: 'runtime', op: 'clone', slot: '$pid',
    args: {
      flags: [...flags, 'SIGCHLD'],
      ...(cgroup ? { cgroup: '$cgroup' as const } : {}),
      ...(join.length > 0 ? { join } : {}),
    },
    undo: { op: 'reap', args: { pid: '$pid' } },
  };
}

/** What the child makes for itself once it stands in its group: cgroup, and time with its offsets. */
export function late(spec: Spec, spaces: Spaces): Step[] {
  const steps: Step[] = [];
  if (spaces.fresh.has('cgroup')) steps.push({ by: 'child', op: 'unshare', args: { flags: ['NEWCGROUP'] } });
  if (!spaces.fresh.has('time')) return steps;
  steps.push({ by: 'child', op: 'unshare', args: { flags: ['NEWTIME'] } });
  const offsets = Object.entries(spec.linux?.timeOffsets ?? {});
  if (offsets.length > 0) {
    const text = offsets.map(([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}\n`).join('');
    steps.push({ by: 'child', op: 'write', args: { path: '/proc/self/timens_offsets', text } });
  }
  steps.push({ by: 'child', op: 'setns', args: { path: '/proc/self/ns/time_for_children', flags: ['NEWTIME'] } });
  return steps;
}

/** In a user namespace of its own the child may act only after the runtime has written the maps. */
export function userNamespace(
  spec: Spec,
  spaces: Spaces,
  facts: Facts,
): { readonly runtime: Step[]; readonly child: Step[] } {
  // Who enters one is nobody there until it takes an id of it: what it makes would have no owner.
  if (!spaces.fresh.has('user')) return { runtime: [], child: spaces.ownIds ? [becomeRoot] : [] };
  const { uid, gid } = idMaps(spec, facts);
  const how = facts.ids?.maps ?? 'root';
  const setgroups = how === 'single' ? 'deny' : '';
  const maps: Step = {
    by: 'runtime',
    op: 'maps',
    args: {
      pid: '$pid',
      uid: uid.map(line),
      gid: gid.map(line),
      setgroups,
      ...(how === 'helpers' ? { helper: true } : {}),
    },
  };
  const sync: Step = { by: 'child', op: 'sync', args: { point: 'maps' } };
  // The map files belong to the creator only while the child may be looked at; root needs no such thing.
  if (how === 'root') return { runtime: [maps], child: [sync, becomeRoot] };
  return { runtime: [maps], child: [dumpable(true), sync, dumpable(false), becomeRoot] };
}

const becomeRoot: Step = { by: 'child', op: 'credentials', args: { user: { uid: 0, gid: 0 } } };
const line = (map: IdMapping): string => `${map.containerID} ${map.hostID} ${map.size}`;
const dumpable = (on: boolean): Step => ({
  by: 'child',
  op: 'dumpable',
  args: { on },
  skip: { by: 'portable', why: 'its tasks have no other owner to hide from' },
});

export interface IdMaps {
  readonly uid: readonly IdMapping[];
  readonly gid: readonly IdMapping[];
}

/** The spec's maps, else what the caller may map, with itself or the first id that it was given as root inside. */
export function idMaps(spec: Spec, facts: Facts): IdMaps {
  const { uidMappings: uid = [], gidMappings: gid = [] } = spec.linux ?? {};
  const { ids } = facts;
  if (uid.length === 0 && gid.length === 0 && ids !== undefined) return defaultMaps(ids);
  check('linux.uidMappings', uid, ids?.maps === 'single' ? ids.uid : undefined);
  check('linux.gidMappings', gid, ids?.maps === 'single' ? ids.gid : undefined);
  return { uid, gid };
}

function check(field: string, maps: readonly IdMapping[], single: number | undefined): void {
  if (maps.length === 0) throw new SpecError(field, 'is empty, with a user namespace');
  if (!maps.some((map) => map.containerID === 0))
    throw new SpecError(field, 'maps no 0, and a container is set up as its own root');
  if (single !== undefined && !(maps.length === 1 && maps[0]!.hostID === single && maps[0]!.size === 1)) {
    throw new SpecError(
      field,
      `only the caller's own id (${single}) can be mapped here`,
      'ranges need newuidmap and newgidmap, and lines in /etc/subuid and /etc/subgid',
    );
  }
}

const defaults = new WeakMap<Ids, IdMaps>();

export function defaultMaps(ids: Ids): IdMaps {
  let maps = defaults.get(ids);
  if (maps === undefined) {
    maps = { uid: defaultMap(ids.maps, ids.uid, ids.uids), gid: defaultMap(ids.maps, ids.gid, ids.gids) };
    defaults.set(ids, maps);
  }
  return maps;
}

function defaultMap(how: Ids['maps'], self: number, ranges: Ids['uids']): readonly IdMapping[] {
  if (how === 'single') return [{ containerID: 0, hostID: self, size: 1 }];
  if (ranges.length === 0)
    throw new SpecError(
      'userns',
      'there is no range of ids that it may map',
      'add a line to /etc/subuid and one to /etc/subgid',
    );
  const maps: IdMapping[] = how === 'helpers' ? [{ containerID: 0, hostID: self, size: 1 }] : [];
  let inside = maps.length;
  for (const [hostID, size] of how === 'root' ? ranges.slice(0, 1) : ranges) {
    maps.push({ containerID: inside, hostID, size });
    inside += size;
  }
  return maps;
}

/** podman's keep-id: the caller has the same number inside, and the ids around it come from its range. */
export function keepId(self: number, ranges: Ids['uids']): readonly IdMapping[] {
  const [range] = ranges;
  if (range === undefined || range[1] <= self)
    throw new SpecError('userns', `keep-id needs a range of more than ${self} ids`);
  const [first, count] = range;
  const maps: IdMapping[] = [
    { containerID: 0, hostID: first, size: self },
    { containerID: self, hostID: self, size: 1 },
  ];
  if (count > self) maps.push({ containerID: self + 1, hostID: first + self, size: count - self });
  return self === 0 ? maps.slice(1) : maps;
}

/** Whether an id exists inside. */
export const isMapped = (maps: readonly IdMapping[], id: number): boolean =>
  maps.some((map) => id >= map.containerID && id < map.containerID + map.size);
