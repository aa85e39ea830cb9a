// From options to spec and plan in one go. Programs start the same container again and again, where only its id and its
// name differ: then what was compiled before is taken, and the two are put into their places.

import { compile, type Facts, type Plan, type PlanOptions, type Step } from './plan.ts';
import { type ContainerOptions, type Lookup, toSpec } from './shorthand.ts';
import type { Spec } from './spec.ts';
import { checkName } from './spec/check.ts';

export interface Compiled {
  readonly spec: Spec;
  readonly plan: Plan;
}

/** A container compiled for an id and a name that stand for all others. */
interface Recipe extends Compiled {
  /** The steps that have the id or the name in them. */
  readonly places: readonly number[];
}

/** What no user can say. */
const anyId = '\x01id\x01';
const anyName = '\x01name\x01';

const recipesMax = 32;
const recipes = new WeakMap<Facts, Map<string, Recipe>>();

export function compileOptions(options: ContainerOptions, facts: Facts, lookup: Lookup, plan: PlanOptions): Compiled {
  const key = keyOf(options, plan);
  if (key === undefined) return compileAnew(options, facts, lookup, plan);
  let known = recipes.get(facts);
  if (known === undefined) recipes.set(facts, (known = new Map()));
  let recipe = known.get(key);
  if (recipe === undefined) {
    // The first one is compiled as it is, so that an error has its own words.
    const first = compileAnew(options, facts, lookup, plan);
    if (known.size >= recipesMax) known.delete(known.keys().next().value as string);
    known.set(key, (recipe = recipeOf(options, facts, lookup, plan)));
    return first;
  }
  return fill(recipe, options.hostname, plan.id);
}

function compileAnew(options: ContainerOptions, facts: Facts, lookup: Lookup, plan: PlanOptions): Compiled {
  const spec = toSpec(options, facts, lookup);
  return { spec, plan: compile(spec, facts, plan) };
}

function recipeOf(options: ContainerOptions, facts: Facts, lookup: Lookup, plan: PlanOptions): Recipe {
  const named = options.hostname === undefined ? options : { ...options, hostname: anyName };
  const made = compileAnew(named, facts, lookup, { ...plan, id: anyId });
  const places = made.plan.steps.flatMap((step, i) => (mentions(step) ? [i] : []));
  return { ...made, places };
}

const mentions = (step: Step): boolean => /\\u0001(id|name)\\u0001/.test(JSON.stringify(step));

function fill({ spec, plan, places }: Recipe, hostname: string | undefined, id: string): Compiled {
  checkName('hostname', hostname);
  const put = (text: string): string => text.replaceAll(anyId, id).replaceAll(anyName, hostname ?? '');
  const steps = plan.steps.slice();
  for (const i of places) steps[i] = replaced(steps[i], put) as Step;
  const { process } = spec;
  const env = process.env?.map(put) ?? [];
  const named = hostname === undefined ? spec : { ...spec, hostname, process: { ...process, env } };
  return { spec: named, plan: { ...plan, steps } };
}

/** The same with every string put through `put`. */
function replaced(value: unknown, put: (text: string) => string): unknown {
  if (typeof value === 'string') return put(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((one) => replaced(one, put));
  const result: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(value)) result[key] = replaced(one, put);
  return result;
}

/** Options that a plan depends on. Their order makes the key. */
const fields: readonly (keyof ContainerOptions)[] = [
  'image', 'command', 'entrypoint', 'env', 'cwd', 'user', 'groupAdd', 'tty', 'privileged', 'domainname', 'readonly',
  'init', 'capAdd', 'capDrop', 'securityOpt', 'seccomp', 'sysctl', 'ulimits', 'oomScoreAdj', 'cgroupParent', 'memory',
  'memorySwap', 'memoryReservation', 'cpus', 'cpuShares', 'cpusetCpus', 'cpusetMems', 'pids', 'blkioWeight', 'network',
  'pid', 'ipc', 'uts', 'cgroupns', 'userns', 'share', 'tmpfs', 'shmSize', 'requireIsolation',
];

/** Undefined where something is looked up that may have changed: files of the host, other containers. */
function keyOf(options: ContainerOptions, { stdio, allowStray }: PlanOptions): string | undefined {
  if ((options.volumes?.length ?? 0) > 0 || (options.devices?.length ?? 0) > 0 || typeof options.seccomp === 'object')
    return undefined;
  if (options.image.startsWith('.')) return undefined;
  let key = `${stdio?.join()} ${allowStray} ${options.hostname === undefined}`;
  for (const field of fields) {
    const value = options[field];
    if (value === undefined) continue;
    if (typeof value === 'string' && value.includes(':') && namespaceFields.has(field)) return undefined;
    key += `\n${field} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
  }
  return key;
}

const namespaceFields: ReadonlySet<string> = new Set(['network', 'pid', 'ipc', 'uts', 'cgroupns']);
