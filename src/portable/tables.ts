// A bound on a program's tables. Their entries lie in the engine's heap, which no rlimit counts: a worker whose heap is
// full takes the whole process with it, a lane fills the kernel's own. So all tables of a program share one budget, and
// table.grow beyond it answers -1.

import {outline, Reader, SECTION} from './wasm/binary.ts';
import type {Limits, Outline} from './wasm/binary.ts';
import {assemble, payload} from './wasm/encode.ts';

/** Entries of all tables of a program together: many times what the largest programs have. */
export const ENTRIES_MAX = 2 ** 19;

/**
 * The module with a maximum for each table: its own, or an equal share of what the budget leaves. A program that asks
 * for more at once is a RangeError, which the loader turns into ENOMEM, as for a memory that does not fit.
 */
export function boundTables(bytes: Uint8Array): Uint8Array {
  const m = outline(bytes);
  if (m.tables.length === 0) return bytes;
  const least = m.tables.reduce((sum, {limits}) => sum + limits.min, 0);
  if (least > ENTRIES_MAX) throw new RangeError(`tables of ${least} entries`);
  const share = Math.floor((ENTRIES_MAX - least) / m.tables.length);
  const bound = (limits: Limits): Limits => ({...limits, max: Math.min(limits.max ?? Infinity, limits.min + share)});
  const replaced = new Map<number, Uint8Array>();
  for (const {id, start, end} of m.sections) {
    if (id === SECTION.import || id === SECTION.table) replaced.set(id, rewritten(m, start, end, bound));
  }
  return assemble(m, replaced);
}

/** The part of a module with its table types' limits replaced. */
function rewritten(m: Outline, from: number, to: number, bound: (limits: Limits) => Limits): Uint8Array {
  return payload((w) => {
    let copied = from;
    for (const {limits, start, end} of m.tables) {
      if (start < from || end > to) continue;
      const element = new Reader(m.bytes, start, end);
      element.valueType();
      w.raw(m.bytes.subarray(copied, element.at)).limits(bound(limits));
      copied = end;
    }
    w.raw(m.bytes.subarray(copied, to));
  });
}
