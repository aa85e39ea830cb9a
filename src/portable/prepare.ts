// Both passes over a program, and the mark that they leave. The build prepares busybox for each CPU in advance; the
// loader prepares every other program when it is first executed.

import {kernelCalls} from './calls.ts';
import {callNumbers, glue} from './glue.ts';
import {rewrite} from './rewrite/rewrite.ts';
import {sectionPass} from './section.ts';
import type {CpuKind, Facts} from './section.ts';
import {boundTables} from './tables.ts';
import {SECTION, sections} from './wasm/binary.ts';
import {payload} from './wasm/encode.ts';

const MARK = 'twinbox.prepared';
const GLUE = 'twinbox.glue';
/** Counted up when the passes change what they promise to the loader. */
const VERSION = 2;

export interface Prepared {
  code: Uint8Array;
  facts: Facts;
  /** Why the code pass was not done. */
  unchecked: string | undefined;
}

/** Does both passes, or the section pass alone. Throws FormatError, and RangeError for what is too large to run. */
export function preparation(bytes: Uint8Array, cpu: CpuKind, checks = true): Prepared {
  const {code, facts} = sectionPass(boundTables(bytes), cpu);
  if (!checks) return {code, facts, unchecked: 'too large'};
  const rewritten = rewrite(code);
  if (rewritten.code === undefined) return {code, facts, unchecked: rewritten.reason};
  return {code: rewritten.code, facts: {...facts, checked: true}, unchecked: undefined};
}

/** The glue that the build made, good as long as the calls have the same numbers. */
export interface PreparedGlue {
  numbers: readonly number[];
  code: Uint8Array;
}

interface Note {
  version: number;
  cpu: CpuKind;
  facts: Facts;
  numbers: number[];
}

/** A prepared module as a file: facts and glue stand in custom sections at its end. */
export function prepare(bytes: Uint8Array, cpu: CpuKind): Uint8Array {
  const {code, facts, unchecked} = preparation(bytes, cpu);
  if (unchecked !== undefined) throw new Error(`the code pass refused: ${unchecked}`);
  const numbers = callNumbers(facts.imports, kernelCalls);
  const note: Note = {version: VERSION, cpu, facts, numbers};
  return payload((w) => {
    w.raw(code);
    w.section(SECTION.custom, payload((p) => p.name(MARK).raw(new TextEncoder().encode(JSON.stringify(note)))));
    w.section(SECTION.custom, payload((p) => p.name(GLUE).raw(glue(facts.imports, numbers))));
  });
}

/** What a prepared file says of itself, or undefined if it is not one for this CPU. To believe it is another matter. */
export function preparedModule(bytes: Uint8Array, cpu: CpuKind): {facts: Facts; glue: PreparedGlue} | undefined {
  const list = sections(bytes);
  // The name's length is one byte.
  const content = (name: string): Uint8Array | undefined => {
    const section = list.find((s) => s.name === name);
    return section && bytes.subarray(section.start + 1 + name.length, section.end);
  };
  const note = content(MARK);
  const code = content(GLUE);
  if (note === undefined || code === undefined) return undefined;
  const found = JSON.parse(new TextDecoder().decode(note)) as Note;
  if (found.version !== VERSION || found.cpu !== cpu) return undefined;
  return {facts: found.facts, glue: {numbers: found.numbers, code}};
}
