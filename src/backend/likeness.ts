// Plans that are another plan with other words: the same bytes but for these, to whoever turns plans into bytes. It is
// known where the plan was made only; on the far side of a link every plan is one of its own.

import type { Plan } from '../kernel/uapi/step.ts';

export interface Likeness {
  readonly model: Plan;
  /** Words of the model, and in their places those of the plan, each as long as the other; the longer come first. */
  readonly marks: readonly string[];
  readonly words: readonly string[];
}

const known = new WeakMap<Plan, Likeness>();

export function isLike(plan: Plan, likeness: Likeness): void {
  known.set(plan, likeness);
}

export function likenessOf(plan: Plan): Likeness | undefined {
  return known.get(plan);
}
