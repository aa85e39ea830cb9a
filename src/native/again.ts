// A plan encoded that is like one which was encoded before: its bytes are copied, and the words that differ are written
// into their places. Encoding costs more than all else that Node does for a start.

import { likenessOf } from '../backend/likeness.ts';
import type { Plan } from '../plan.ts';
import type { EncodedPlan } from './encode.ts';

interface Model {
  readonly encoded: EncodedPlan;
  /** Where each mark is in the bytes. */
  readonly places: readonly (readonly number[])[];
}

const models = new WeakMap<Plan, Map<string, Model>>();
const encoder = new TextEncoder();

/** `way` names how `encode` does it: of one plan there may be several encodings. */
export function encodeAgain(plan: Plan, way: string, encode: (plan: Plan) => EncodedPlan): EncodedPlan {
  const like = likenessOf(plan);
  if (like === undefined || like.words.some((word, i) => word.length !== like.marks[i]!.length)) return encode(plan);
  let ways = models.get(like.model);
  if (ways === undefined) models.set(like.model, (ways = new Map()));
  let model = ways.get(way);
  if (model === undefined) ways.set(way, (model = modelOf(encode(like.model), like.marks)));
  const bytes = model.encoded.bytes.slice();
  for (const [i, word] of like.words.entries()) {
    for (const place of model.places[i]!) encoder.encodeInto(word, bytes.subarray(place));
  }
  // An error names the plan's own step: the same number of it.
  return { ...model.encoded, bytes, plan };
}

function modelOf(encoded: EncodedPlan, marks: readonly string[]): Model {
  const { buffer, byteOffset, length } = encoded.bytes;
  const bytes = Buffer.from(buffer, byteOffset, length);
  const taken = new Set<number>();
  const places = marks.map((mark) => {
    const found: number[] = [];
    for (let at = bytes.indexOf(mark, 0, 'latin1'); at >= 0; at = bytes.indexOf(mark, at + mark.length, 'latin1')) {
      // What lies within a longer mark was written with that.
      if (taken.has(at)) continue;
      found.push(at);
      for (let i = 0; i < mark.length; i++) taken.add(at + i);
    }
    return found;
  });
  return { encoded, places };
}
