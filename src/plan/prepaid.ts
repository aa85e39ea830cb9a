// What a child of the warm pool has made before anyone knows whose it will be: the steps right after `clone` that are
// the same for every container with the same new namespaces. They depend on no root, no argument, no limit and no name;
// the cgroup namespace is not among them, since it must come after the last placement.

import type { Ahead, Plan, Step } from '../plan.ts';

export type Prepaid = Ahead;

/**
 * Undefined where a child cannot be had in advance: it joins what belongs to this container alone, its ids are written
 * by the runtime after the clone, or its mounts are not its own. `placed`: it waits in the container's own group
 * already, so that its cgroup namespace may be made as well.
 */
export function prepaid(plan: Plan, placed = false): Prepaid | undefined {
  const { ahead } = plan;
  if (ahead === undefined || !placed) return ahead;
  const next = plan.steps[plan.steps.findIndex((step) => step.op === 'clone') + 1 + ahead.steps];
  const unshared = next?.op === 'unshare' && next.args.flags.includes('NEWCGROUP');
  return { key: `${ahead.key} placed`, steps: ahead.steps + (unshared ? 1 : 0) };
}

const keys = new WeakMap<readonly Step[], string>();

/** `nest` are the last of the `steps`; of the others the names say all. */
export function aheadOf(clone: Step, steps: readonly Step[], nest: readonly Step[]): Ahead | undefined {
  if (clone.op !== 'clone' || clone.args.join !== undefined) return undefined;
  if (steps.some((step) => step.by !== 'child' || step.op === 'sync')) return undefined;
  let content = keys.get(nest);
  if (content === undefined) keys.set(nest, (content = nest.length === 0 ? '' : hash(JSON.stringify(nest))));
  const names = steps.slice(0, steps.length - nest.length).map((step) => step.op);
  return { key: [...clone.args.flags, ...names, content].join(' '), steps: steps.length };
}

/** FNV-1a, twice with different beginnings: 64 bits. */
function hash(text: string): string {
  let [a, b] = [0x811c9dc5, 0x1b873593];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x01000193) ^ (b >>> 15);
  }
  return `${(a >>> 0).toString(16)}.${(b >>> 0).toString(16)}`;
}
