// Limits as files of a group (cgroups(7)): what each field of linux.resources is called by the controllers of version 1
// and by those of version 2. A limit that cannot be set is an error that names it: one that does not limit would be a
// lie.

import { SpecError } from '../errno.ts';
import type { ErrnoName } from '../kernel/uapi/errno.ts';
import type { Facts, Hierarchy, Step } from '../plan.ts';
import type { BlockIO, Resources, Spec, ThrottleDevice } from '../spec.ts';
import { checkResources } from '../spec/check.ts';
import { delegations, groupPath, hierarchyOf, nameOf, unified } from './cgroup.ts';

type File = readonly [name: string, text: string, optional?: readonly ErrnoName[]];

/** One kind of limit. It is asked only when `of` answers something; `field` is what a user calls it. */
interface Row {
  readonly field: string;
  readonly controller: string;
  of(resources: Resources): unknown;
  v1(resources: Resources, at: Asked): readonly File[];
  v2(resources: Resources, at: Asked): readonly File[];
}

interface Asked {
  readonly facts: Facts;
  /** Of a running container: what stands in the files already is not known here. */
  readonly running: boolean;
}

const max = (n: number): string => (n < 0 ? 'max' : String(n));

const rows: readonly Row[] = [
  {
    field: 'memory',
    controller: 'memory',
    of: ({ memory }) => memory?.limit ?? memory?.swap,
    v1: memoryV1,
    v2: memoryV2,
  },
  {
    field: 'memoryReservation',
    controller: 'memory',
    of: ({ memory }) => memory?.reservation,
    v1: ({ memory }) => [['memory.soft_limit_in_bytes', String(memory!.reservation)]],
    v2: ({ memory }) => [['memory.low', max(memory!.reservation!)]],
  },
  {
    field: 'linux.resources.memory.swappiness', controller: 'memory', of: ({ memory }) => memory?.swappiness,
    v1: ({ memory }) => [['memory.swappiness', String(memory!.swappiness)]],
    v2: () => no('linux.resources.memory.swappiness', 'cgroup v2 has no swappiness of a group'),
  },
  {
    field: 'linux.resources.memory.disableOOMKiller',
    controller: 'memory',
    of: ({ memory }) => memory?.disableOOMKiller || undefined,
    v1: () => [['memory.oom_control', '1']],
    v2: () => no('linux.resources.memory.disableOOMKiller', 'cgroup v2 always has its OOM killer'),
  },
  {
    field: 'cpuShares', controller: 'cpu', of: ({ cpu }) => cpu?.shares || undefined,
    v1: ({ cpu }) => [['cpu.shares', String(cpu!.shares)]],
    v2: ({ cpu }) => [['cpu.weight', String(cpuWeight(cpu!.shares!))]],
  },
  {
    field: 'cpus', controller: 'cpu', of: ({ cpu }) => cpu?.quota ?? cpu?.period,
    v1: ({ cpu }) => [
      ...(cpu!.period === undefined ? [] : [['cpu.cfs_period_us', String(cpu!.period)] as const]),
      ...(cpu!.quota === undefined ? [] : [['cpu.cfs_quota_us', String(cpu!.quota)] as const]),
    ],
    v2: ({ cpu }) => [['cpu.max', `${max(cpu!.quota ?? -1)}${cpu!.period === undefined ? '' : ` ${cpu!.period}`}`]],
  },
  {
    field: 'linux.resources.cpu.burst', controller: 'cpu', of: ({ cpu }) => cpu?.burst,
    v1: ({ cpu }) => [['cpu.cfs_burst_us', String(cpu!.burst)]],
    v2: ({ cpu }) => [['cpu.max.burst', String(cpu!.burst)]],
  },
  {
    field: 'linux.resources.cpu.idle', controller: 'cpu', of: ({ cpu }) => cpu?.idle,
    v1: ({ cpu }) => [['cpu.idle', String(cpu!.idle)]],
    v2: ({ cpu }) => [['cpu.idle', String(cpu!.idle)]],
  },
  { field: 'cpusetCpus', controller: 'cpuset', of: ({ cpu }) => cpu?.cpus || undefined, v1: cpus, v2: cpus },
  { field: 'cpusetMems', controller: 'cpuset', of: ({ cpu }) => cpu?.mems || undefined, v1: mems, v2: mems },
  { field: 'pids', controller: 'pids', of: ({ pids }) => pids?.limit, v1: pidsMax, v2: pidsMax },
  {
    field: 'blkioWeight', controller: 'io', of: ({ blockIO }) => blockIO?.weight || undefined,
    v1: ({ blockIO }) => [['blkio.bfq.weight', String(blockIO!.weight)]],
    v2: ({ blockIO }, { facts }) => [ioWeight(facts, '', blockIO!.weight!)],
  },
  {
    field: 'linux.resources.blockIO.weightDevice', controller: 'io', of: ({ blockIO }) => some(blockIO?.weightDevice),
    v1: ({ blockIO }) => weights(blockIO!, (where, weight) => ['blkio.bfq.weight_device', `${where}${weight}`]),
    v2: ({ blockIO }, { facts }) => weights(blockIO!, (where, weight) => ioWeight(facts, where, weight)),
  },
  throttle('throttleReadBpsDevice', 'blkio.throttle.read_bps_device', 'rbps'),
  throttle('throttleWriteBpsDevice', 'blkio.throttle.write_bps_device', 'wbps'),
  throttle('throttleReadIOPSDevice', 'blkio.throttle.read_iops_device', 'riops'),
  throttle('throttleWriteIOPSDevice', 'blkio.throttle.write_iops_device', 'wiops'),
  {
    field: 'linux.resources.hugepageLimits', controller: 'hugetlb', of: ({ hugepageLimits }) => some(hugepageLimits),
    v1: (resources) => hugePages(resources, 'limit_in_bytes', String),
    v2: (resources) => hugePages(resources, 'max', max),
  },
];

const some = <T>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list === undefined || list.length === 0 ? undefined : list;

function no(field: string, why: string): never {
  throw new SpecError(field, `${why}, and a limit is never ignored`);
}

// --- memory

/**
 * The kernel keeps memory.limit ≤ memory.memsw.limit at every moment. In a new group both are unlimited, so memory
 * comes first. In a running one the right order depends on whether they grow or shrink, which cannot be known: the sum
 * is tried first (it must grow before memory can), and written again afterwards, when memory has shrunk below it.
 */
function memoryV1({ memory }: Resources, { facts, running }: Asked): readonly File[] {
  const { limit, swap } = memory!;
  const whole: readonly File[] =
    swap === undefined || !countsSwap(facts, swap) ? [] : [['memory.memsw.limit_in_bytes', String(swap)]];
  const part: readonly File[] = limit === undefined ? [] : [['memory.limit_in_bytes', String(limit)]];
  checkSum(limit, swap);
  const first =
    running && limit !== undefined ? whole.map(([name, text]): File => [name, text, ['EINVAL', 'EBUSY']]) : [];
  return [...first, ...part, ...whole];
}

/** Version 2 limits swap by itself: the sum less the memory. */
function memoryV2({ memory }: Resources, { facts }: Asked): readonly File[] {
  const { limit, swap } = memory!;
  const files: File[] = limit === undefined ? [] : [['memory.max', max(limit)]];
  if (swap === undefined || !countsSwap(facts, swap)) return files;
  checkSum(limit, swap);
  if (swap >= 0 && (limit === undefined || limit < 0))
    throw new SpecError('memorySwap', 'is the sum of memory and swap: it needs a limit of memory');
  files.push(['memory.swap.max', swap < 0 ? 'max' : String(swap - limit!)]);
  return files;
}

function checkSum(limit: number | undefined, swap: number | undefined): void {
  if (swap === undefined || swap < 0 || limit === undefined) return;
  if (limit < 0 || swap < limit)
    throw new SpecError('memorySwap', 'is the sum of memory and swap, and smaller than the memory');
}

/** Where swap is not counted, it cannot be limited; that there is no limit is true then anyway. */
function countsSwap(facts: Facts, swap: number): boolean {
  if (facts.features.includes('swap')) return true;
  if (swap < 0) return false;
  throw new SpecError(
    'memorySwap',
    'this kernel does not count swap, and a limit is never ignored',
    'boot it with swapaccount=1',
  );
}

// --- cpu and pids

/**
 * cpu.shares from 2 to 262144, cpu.weight from 1 to 10000. The curve that the OCI runtimes agreed on goes through the
 * ends and through both defaults (1024 is 100); the straight line that they had before made 39 of a default.
 */
export function cpuWeight(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  const l = Math.log2(shares);
  return Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34));
}

function cpus({ cpu }: Resources): readonly File[] {
  return [['cpuset.cpus', list('cpusetCpus', cpu!.cpus!)]];
}

function mems({ cpu }: Resources): readonly File[] {
  return [['cpuset.mems', list('cpusetMems', cpu!.mems!)]];
}

function list(field: string, text: string): string {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) throw new SpecError(field, `not a list like 0-2,4: ${text}`);
  return text;
}

function pidsMax({ pids }: Resources): readonly File[] {
  return [['pids.max', pids!.limit <= 0 ? 'max' : String(pids!.limit)]];
}

// --- block devices

/**
 * A weight of 10 to 1000 is BFQ's own; io.weight, of the cost model, goes from 1 to 10000. `where`: a device and a
 * space.
 */
function ioWeight({ features }: Facts, where: string, weight: number): File {
  if (features.includes('io.bfq.weight') || !features.includes('io.weight'))
    return ['io.bfq.weight', `${where}${weight}`];
  return ['io.weight', `${where === '' ? 'default ' : where}${1 + Math.floor(((weight - 10) * 9999) / 990)}`];
}

function weights(blockIO: BlockIO, file: (where: string, weight: number) => File): readonly File[] {
  return blockIO.weightDevice!.map(({ major, minor, weight }) =>
    file(`${major}:${minor} `, weight ?? blockIO.weight ?? 100),
  );
}

function throttle(key: Exclude<keyof BlockIO, 'weight' | 'weightDevice'>, v1: string, word: string): Row {
  const each = ({ blockIO }: Resources, file: (device: ThrottleDevice) => File): readonly File[] =>
    blockIO![key]!.map(file);
  return {
    field: `linux.resources.blockIO.${key}`, controller: 'io', of: ({ blockIO }) => some(blockIO?.[key]),
    v1: (resources) => each(resources, ({ major, minor, rate }) => [v1, `${major}:${minor} ${rate}`]),
    v2: (resources) =>
      each(resources, ({ major, minor, rate }) => ['io.max', `${major}:${minor} ${word}=${rate === 0 ? 'max' : rate}`]),
  };
}

function hugePages({ hugepageLimits }: Resources, file: string, say: (n: number) => string): readonly File[] {
  return hugepageLimits!.map(({ pageSize, limit }, i): File => {
    if (!/^[1-9]\d*[KMG]B$/.test(pageSize))
      throw new SpecError(`linux.resources.hugepageLimits[${i}].pageSize`, `not a size like 2MB: ${pageSize}`);
    return [`hugetlb.${pageSize}.${file}`, say(limit)];
  });
}

// --- the steps

export interface Limits {
  readonly steps: readonly Step[];
  /** Where they are. */
  readonly hierarchies: readonly Hierarchy[];
  /** Controllers of the v2 hierarchy that the group must have. */
  readonly controllers: readonly string[];
}

const none: Limits = { steps: [], hierarchies: [], controllers: [] };

export function limitsOf(resources: Resources | undefined, facts: Facts, running = false): Limits {
  if (resources === undefined) return none;
  const steps: Step[] = [];
  const hierarchies = new Set<Hierarchy>();
  const controllers = new Set<string>();
  const use = (field: string, controller: string, one: Hierarchy | undefined): Hierarchy => {
    if (one === undefined) throw missing(field, controller, facts);
    hierarchies.add(one);
    if (one.version === 2) controllers.add(controller);
    return one;
  };
  for (const { field, controller, of, v1, v2 } of rows) {
    if (of(resources) === undefined) continue;
    const one = use(field, controller, hierarchyOf(facts, controller));
    const files = (one.version === 1 ? v1 : v2)(resources, { facts, running });
    for (const [file, text, optional] of files) {
      steps.push({
        by: 'runtime',
        op: 'limit',
        args: { controller: nameOf(one), file, text },
        ...(optional === undefined ? {} : { optional }),
      });
    }
  }
  for (const [file, text] of Object.entries(resources.unified ?? {})) {
    const controller = unifiedController(file);
    const one = unified(facts);
    if (controller !== 'cgroup')
      use(`linux.resources.unified (${file})`, controller, one?.controllers.includes(controller) ? one : undefined);
    else if (one === undefined) throw missing(`linux.resources.unified (${file})`, 'v2', facts);
    steps.push({ by: 'runtime', op: 'limit', args: { controller: '', file, text } });
  }
  return { steps, hierarchies: [...hierarchies], controllers: [...controllers] };
}

/** Files of cgroup.* that limit; the others move, stop or hand on what is not the container's to decide. */
const cgroupFiles = ['cgroup.max.depth', 'cgroup.max.descendants'];

function unifiedController(file: string): string {
  const match = /^([a-z]+)\.[a-zA-Z0-9._]+$/.exec(file);
  if (match === null || match[1] === 'cgroup' && !cgroupFiles.includes(file)) {
    throw new SpecError('linux.resources.unified', `not a file of limits: ${file}`);
  }
  return match[1]!;
}

function missing(field: string, controller: string, facts: Facts): SpecError {
  if (facts.kernel === 'portable') {
    return new SpecError(field, `portable mode has no ${controller} controller yet, and a limit is never ignored`);
  }
  const hint = facts.rootless
    ? 'run it with a delegated cgroup: systemd-run --user --scope -p Delegate=yes ...'
    : 'twinbox info says why';
  return new SpecError(
    field,
    `there is no ${controller} controller of cgroups to set it, and a limit is never ignored`,
    hint,
  );
}

/** New limits for a running container. On v1 it stays in the hierarchies that it was born into. */
export function updateLimits(given: Resources, spec: Spec, facts: Facts): Step[] {
  checkResources(given);
  const resources = completed(given, spec.linux?.resources);
  if (resources.devices !== undefined)
    throw new SpecError('linux.resources.devices', 'cannot be changed while it runs');
  const before = limitsOf(spec.linux?.resources, facts);
  const after = limitsOf(resources, facts, true);
  for (const { field, controller, of } of rows) {
    if (of(resources) === undefined) continue;
    const one = hierarchyOf(facts, controller)!;
    if (one.version === 2 || before.hierarchies.includes(one)) continue;
    throw new SpecError(
      field,
      `the container is not in the hierarchy of the v1 controller ${controller}`,
      'give it such a limit when it is made: it can be changed then',
    );
  }
  const more = after.controllers.filter((name) => !before.controllers.includes(name));
  const top = unified(facts);
  // The container's own name does not matter here: controllers are handed down to it by the groups above.
  const above = top === undefined ? [] : delegations(groupPath(spec, facts, 'any'), top, more);
  return [...above, ...after.steps];
}

/** Two limits in one file: what is not given anew is as it was. */
function completed(given: Resources, before: Resources | undefined): Resources {
  const { memory, cpu } = given;
  const limit = memory?.limit ?? before?.memory?.limit;
  const quota = cpu?.quota ?? before?.cpu?.quota;
  return {
    ...given,
    ...(memory?.swap === undefined || limit === undefined ? {} : { memory: { ...memory, limit } }),
    ...(cpu?.period === undefined || quota === undefined ? {} : { cpu: { ...cpu, quota } }),
  };
}

/** The limits of a spec after an update. */
export function mergeResources(before: Resources | undefined, given: Resources): Resources {
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(given)) {
    const old = merged[key];
    merged[key] =
      typeof value === 'object' && !Array.isArray(value) && typeof old === 'object' ? { ...old, ...value } : value;
  }
  return merged as Resources;
}
