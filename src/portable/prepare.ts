// Both passes over a program, and the mark that they leave. The build prepares busybox for each CPU in advance; the
// loader prepares every other program when it is first executed.

import {rewrite} from './rewrite/rewrite.ts';
import {sectionPass} from './section.ts';
import type {CpuKind, Facts} from './section.ts';
import {SECTION, sections} from './wasm/binary.ts';
import {payload} from './wasm/encode.ts';

const MARK = 'twinbox.prepared';
/** Counted up when the passes change what they promise to the loader. */
const VERSION = 1;

export interface Prepared {
  code: Uint8Array;
  facts: Facts;
  /** Why the code pass was not done. */
  unchecked: string | undefined;
}

/** Does both passes, or the section pass alone. Throws FormatError. */
export function preparation(bytes: Uint8Array, cpu: CpuKind, checks = true): Prepared {
  const {code, facts} = sectionPass(bytes, cpu);
  if (!checks) return {code, facts, unchecked: 'too large'};
  const rewritten = rewrite(code);
  if (rewritten.code === undefined) return {code, facts, unchecked: rewritten.reason};
  return {code: rewritten.code, facts: {...facts, checked: true}, unchecked: undefined};
}

/** A prepared module as a file: its facts stand in a custom section at its end. */
export function prepare(bytes: Uint8Array, cpu: CpuKind): Uint8Array {
  const {code, facts, unchecked} = preparation(bytes, cpu);
  if (unchecked !== undefined) throw new Error(`the code pass refused: ${unchecked}`);
  const note = new TextEncoder().encode(JSON.stringify({version: VERSION, cpu, facts}));
  return payload((w) => w.raw(code).section(SECTION.custom, payload((p) => p.name(MARK).raw(note))));
}

/** The facts of a prepared file, or undefined if it is not one for this CPU. Whether to believe them is the caller's business. */
export function preparedFacts(bytes: Uint8Array, cpu: CpuKind): Facts | undefined {
  const section = sections(bytes).find((s) => s.name === MARK);
  if (!section) return undefined;
  // The name's length is one byte.
  const note = bytes.subarray(section.start + 1 + MARK.length, section.end);
  const found = JSON.parse(new TextDecoder().decode(note)) as {version: number; cpu: CpuKind; facts: Facts};
  return found.version === VERSION && found.cpu === cpu ? found.facts : undefined;
}
