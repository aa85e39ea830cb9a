// A plan as the bytes that the helper reads: a header, then one record a step, little endian and 8-aligned. Slots become
// numbers, names of flags become bits, and what cannot be said exactly is refused here, before anything is made.

import type { Plan } from '../plan.ts';

export interface EncodedPlan {
  readonly bytes: Uint8Array;
  readonly plan: Plan;
  /** The plan's step of each encoded one: steps that this kernel leaves out are not encoded. */
  readonly stepOf: readonly number[];
  /** What descriptors 0 to 2 begin as: 0 null, 1 pipe, 2 log, 3 inherit. */
  readonly stdio: readonly number[];
  /** It has a terminal of its own instead. */
  readonly terminal: boolean;
  /** Children that have made the same first steps are interchangeable; 0n: this plan is never begun in advance. */
  readonly poolKey: bigint;
}

export declare function encodePlan(plan: Plan): EncodedPlan;
