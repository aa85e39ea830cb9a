// The file system of a new container. What lies outside is opened first, as detached mounts ($root, $bind0, ...); the
// child pivots into the new root before it mounts anything there, so that every path below is resolved inside it and no
// symlink of an image can lead out.

import { SpecError } from '../errno.ts';
import type { Action, Facts, PlanOptions, Slot, Step } from '../plan.ts';
import type { Mount, Spec } from '../spec.ts';
import { cgroupMounts } from './cgroupfs.ts';
import type { Limits } from './limit.ts';
import type { Spaces } from './namespace.ts';
import { type Nest, nestOf } from './nest.ts';
import { deviceSteps } from './node.ts';
import { fromRoot, normal } from './path.ts';
import { rootSteps } from './root.ts';
import { attach, hostTree, newTree, remount, spread } from './source.ts';
import { sysctls } from './sysctl.ts';
import { wordsOf } from './words.ts';

export interface FileSystem {
  /** Opened outside, by the runtime or, where only the child may, by it. */
  readonly sources: readonly Step[];
  /** What may be done before the root is known (nest.ts). */
  readonly ahead: readonly Step[];
  /** To a root of one's own with everything in it. */
  readonly steps: readonly Step[];
}

/** Nothing that is mounted in the child's copy of the mounts may be seen outside. It is the first of its own mounts. */
export const leavePeers = spread('/', ['REC', 'PRIVATE']);

const childStep = (action: Action): Step => ({ by: 'child', ...action });
const pivot = childStep({ op: 'pivot_root', args: {} });
// The old root lies under `.` until here: a procfs may be mounted without privilege only while one is in sight.
const leaveOldRoot = [
  childStep({ op: 'umount', args: { path: '.', flags: ['DETACH'] } }), childStep({ op: 'chdir', args: { path: '/' } }),
];

interface Entry {
  /** Into $root, where it has no peers, and into its place. */
  readonly enter: readonly Step[];
  /** The host's /dev/null, for what is masked. */
  readonly cover: readonly Step[];
}

const entries = new WeakMap<Facts, Entry>();

function entry(facts: Facts): Entry {
  let found = entries.get(facts);
  if (found !== undefined) return found;
  found = {
    enter: [
      take(facts.staging), stand(facts.staging),
      // pivot_root(2) takes no mount that has peers, and what is mounted below would be mounted on them as well.
      ...(facts.hostDirectory === 'bind' ? [spread('.', ['REC', 'PRIVATE'])] : []),
      pivot,
    ],
    cover: facts.kernel === 'linux' ? [hostTree('/dev/null', '$null', [], false, facts)] : [],
  };
  entries.set(facts, found);
  return found;
}

const take = (target: string): Step => childStep({ op: 'move_mount', args: { from: '$root', target } });
const stand = (path: string): Step => childStep({ op: 'chdir', args: { path } });
/** From a nest, in which it has a directory of its own. */
const enterFromNest = [take('/root'), spread('/root', ['REC', 'PRIVATE']), stand('/root'), pivot];

export interface Around {
  readonly spaces: Spaces;
  readonly facts: Facts;
  readonly options: PlanOptions;
  /** The container's own, which its /sys/fs/cgroup shows. */
  readonly limits: Limits;
}

export function fileSystem(spec: Spec, around: Around): FileSystem {
  const { spaces, facts, options } = around;
  const root = rootSteps(spec, spaces, facts, options);
  const devices = deviceSteps(spec, spaces, facts, (mount) => wordsOf(mount, 'mounts').bind !== undefined);
  const { enter, cover } = entry(facts);
  const masks = masksOf(spec.linux?.maskedPaths ?? none, cover.length > 0);
  const protect = protectionsOf(spec.linux?.readonlyPaths ?? none);
  const nest = nestOf(spec, spaces, facts, {
    nodes: devices.nodes, protect, masks, leave: leaveOldRoot,
    mount: (mount) => fresh(mount, mount.destination, 'mounts', facts),
  });
  const mounts = mountsOf(spec, around, nest);
  if (nest !== undefined) {
    return {
      sources: [...root.sources, ...mounts.sources, ...nest.sources],
      ahead: nest.build,
      steps: [
        ...enterFromNest, ...root.build, ...nest.place, ...mounts.steps, ...sysctls(spec, spaces), ...leaveOldRoot,
        ...rootState(spec),
      ],
    };
  }
  return {
    sources: [...root.sources, ...mounts.sources, ...devices.sources, ...(masks.length > 0 ? cover : none)],
    ahead: none,
    steps: [
      ...enter, ...root.build, ...mounts.steps, ...devices.nodes, ...sysctls(spec, spaces), ...leaveOldRoot,
      ...rootState(spec), ...protect, ...masks,
    ],
  };
}

const none = [] as const;
const masks = new Map<boolean, WeakMap<readonly string[], readonly Step[]>>([
  [true, new WeakMap()],
  [false, new WeakMap()],
]);
const protections = new WeakMap<readonly string[], readonly Step[]>();

function masksOf(paths: readonly string[], withNull: boolean): readonly Step[] {
  const cover = withNull ? { null: '$null' as const } : {};
  return remembered(masks.get(withNull)!, paths, (path) =>
    childStep({ op: 'mask', args: { path: normal(path), ...cover } }),
  );
}

/** The same lists of paths come with most containers: their steps are made once. */
function remembered(
  known: WeakMap<readonly string[], readonly Step[]>,
  paths: readonly string[],
  make: (path: string) => Step,
): readonly Step[] {
  if (!Object.isFrozen(paths)) return paths.map(make);
  let steps = known.get(paths);
  if (steps === undefined) known.set(paths, (steps = paths.map(make)));
  return steps;
}

function protectionsOf(paths: readonly string[]): readonly Step[] {
  return remembered(protections, paths, (path) => childStep({ op: 'readonly', args: { path: normal(path) } }));
}

/** When all else is in place. */
function rootState(spec: Spec): Step[] {
  const { rootfsPropagation } = spec.linux ?? {};
  return [
    ...(rootfsPropagation === undefined ? [] : [spread('/', ['REC', propagation(rootfsPropagation)])]),
    ...(spec.root.readonly ? [remount('/', ['RDONLY'])] : []),
  ];
}

function propagation(word: string): string {
  if (!['private', 'slave', 'shared', 'unbindable'].includes(word))
    throw new SpecError('linux.rootfsPropagation', `unknown propagation ${word}`);
  return word.toUpperCase();
}

interface Mounts {
  readonly sources: Step[];
  readonly steps: Step[];
}

function mountsOf(spec: Spec, { spaces, facts, options, limits }: Around, nest: Nest | undefined): Mounts {
  const made: Mounts = { sources: [], steps: [] };
  let binds = 0;
  let overlays = 0;
  for (const [i, mount] of (spec.mounts ?? []).entries()) {
    if (nest?.mounts.has(mount)) continue;
    const field = `mounts[${i}]`;
    const target = normal(mount.destination, `${field}.destination`);
    if (target === '/') throw new SpecError(`${field}.destination`, 'is the root itself');
    if (mount.type === 'program') made.steps.push(...program(mount, target, facts, field));
    else if (wordsOf(mount, field).bind !== undefined)
      addBind(made, mount, { target, slot: `$bind${binds++}`, field }, facts, options);
    else if (mount.type === 'cgroup' && facts.kernel === 'linux')
      made.steps.push(...cgroupMounts(mount, target, limits, facts, field));
    else if (mount.type === 'overlay' && facts.kernel === 'linux')
      addOverlay(made, mount, { target, slot: `$overlay${overlays++}`, field }, facts, spaces);
    else made.steps.push(...fresh(mount, target, field, facts));
  }
  return made;
}

interface Place {
  readonly target: string;
  readonly slot: Slot;
  readonly field: string;
}

/** A program's bytes, put into the image: the emulated kernel's way, since a program of Linux comes in a directory. */
function program({ source = '' }: Mount, target: string, facts: Facts, field: string): Step[] {
  if (facts.kernel !== 'portable')
    throw new SpecError(field, `${source} is WebAssembly, which Linux does not run`, 'use --mode portable');
  return [
    { by: 'child', op: 'mkdirs', args: { path: target, mode: 0o755, file: true } },
    { by: 'runtime', op: 'program', args: { source, target } },
  ];
}

function addBind(made: Mounts, mount: Mount, { target, slot, field }: Place, facts: Facts, options: PlanOptions): void {
  if (mount.source === undefined || mount.source === '')
    throw new SpecError(`mounts (${mount.destination})`, 'a bind without a source');
  const source = fromRoot(mount.source, facts, options);
  const { flags, deep, bind, propagation } = wordsOf(mount, field);
  if (deep.length > 0 && !facts.features.includes('mount_setattr')) {
    const why = facts.kernel === 'portable' ? 'portable mode has none' : 'this kernel has none (Linux 5.12 has)';
    throw new SpecError(`${field}.options`, `mount options for a whole tree (rro and its like): ${why}`);
  }
  const shallow = flags.filter((flag) => !deep.includes(flag));
  const file = facts.hostDirectory === 'bind' && isFile(source, options);
  made.sources.push(hostTree(source, slot, flags, bind === 'rbind', facts));
  made.steps.push(
    { by: 'child', op: 'mkdirs', args: { path: target, mode: file ? 0o644 : 0o755, ...(file ? { file } : {}) } },
    ...attach(slot, target, facts, propagation),
    ...(shallow.length > 0 ? [remount(target, shallow)] : []),
    ...(deep.length > 0 ? [remount(target, ['REC', ...deep])] : []),
  );
}

/** A place for a file must be one itself. */
function isFile(source: string, { stat }: PlanOptions): boolean {
  const found = stat?.(source);
  return found !== undefined && found.type !== 'directory';
}

/** Its layers are directories of the host: it is made where they can be seen. */
function addOverlay(made: Mounts, mount: Mount, { target, slot, field }: Place, facts: Facts, spaces: Spaces): void {
  known(mount, field, facts);
  const { flags, propagation, data } = wordsOf(mount, field);
  made.sources.push(newTree('overlay', slot, data, spaces.ownIds));
  made.steps.push(
    { by: 'child', op: 'mkdirs', args: { path: target, mode: 0o755 } },
    { by: 'child', op: 'move_mount', args: { from: slot, target } },
    ...propagation.map((how) => spread(target, how)),
    ...(flags.length > 0 ? [remount(target, flags)] : []),
  );
}

function known({ type = 'none' }: Mount, field: string, facts: Facts): void {
  if (facts.kernel === 'linux' && !facts.filesystems.includes(type))
    throw new SpecError(`${field}.type`, `this kernel has no file system ${type}`);
}

const fresher = new WeakMap<Mount, { readonly facts: Facts; readonly steps: readonly Step[] }>();

function fresh(mount: Mount, target: string, field: string, facts: Facts): readonly Step[] {
  const before = fresher.get(mount);
  if (before !== undefined && before.facts === facts) return before.steps;
  const { flags, propagation, data } = wordsOf(mount, field);
  const type = mount.type ?? 'none';
  known(mount, field, facts);
  const steps = [
    childStep({ op: 'mkdirs', args: { path: target, mode: 0o755 } }),
    childStep({ op: 'mount', args: { source: mount.source ?? type, target, type, flags, data } }),
    ...propagation.map((how) => spread(target, how)),
  ];
  if (Object.isFrozen(mount)) fresher.set(mount, { facts, steps });
  return steps;
}
