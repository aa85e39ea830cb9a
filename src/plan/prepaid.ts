// What a child of the warm pool has made before anyone knows whose it will be: the steps right after `clone` that are
// the same for every container with the same new namespaces. They depend on no root, no argument, no limit and no name.

import type { Plan, Step } from '../plan.ts';

export interface Prepaid {
  /** Equal keys: interchangeable children. */
  readonly key: string;
  /** How many of the steps that follow `clone` in the plan. */
  readonly steps: number;
}

/**
 * In the order in which create.ts has them. The cgroup namespace is not among them: it comes after the last placement.
 */
const shared: ReadonlySet<Step['op']> = new Set(['close_fds', 'pdeathsig', 'setsid', 'keyring', 'loopback', 'mount']);

/**
 * Undefined where a child cannot be had in advance: it joins what belongs to this container alone, its ids are written
 * by the runtime after the clone, or its mounts are not its own.
 */
export function prepaid(plan: Plan): Prepaid | undefined {
  const at = plan.steps.findIndex((step) => step.op === 'clone');
  const clone = plan.steps[at];
  if (plan.kind !== 'create' || clone?.op !== 'clone' || clone.args.join !== undefined) return undefined;
  const words: string[] = [...clone.args.flags];
  let steps = 0;
  for (const step of plan.steps.slice(at + 1)) {
    if (step.op === 'maps' || step.op === 'sync') return undefined;
    if (step.by !== 'child' || !shared.has(step.op)) return undefined;
    steps++;
    words.push(step.op);
    // Its own mounts begin with `/` as private: that is the last that all have in common.
    if (step.op === 'mount') return { key: words.join(' '), steps };
  }
  return undefined;
}
