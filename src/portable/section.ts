// The section pass, done to every program before it runs: what the hardware must hold itself becomes imports, what it
// must reach becomes exports. Code is not touched.
//
// - memory 0 is imported as m.memory: on a worker shared (the kernel's thread copies in and out), in a lane not.
// - function imports are renamed g.f0, g.f1, ... so that the exports of a glue instance are the import object as they
//   stand; imported tables become m.t0, ...
// - data segments become passive, and an export puts them into memory: clone(2) copies its parent's memory instead.
// - mutable globals can be saved and loaded by exports, for clone(2); the function table is an export.
// - the start section becomes an export, so that start code can block, be killed and be traced like any other.

import {passiveData} from './data.ts';
import {globalCode} from './globals.ts';
import type {FuncType, Import, Limits, Outline} from './wasm/binary.ts';
import {FormatError, FUNCREF, I32, KIND, outline, SECTION} from './wasm/binary.ts';
import {append, assemble, payload, payloadOf} from './wasm/encode.ts';

export type CpuKind = 'lane' | 'worker';

/** Pages of 64 KiB in a 32-bit address space. */
export const PAGES_MAX = 65536;
export const PAGE_BYTES = 65536;

/** A function that the program imports, as its author named it. */
export interface Imported {
  module: string;
  name: string;
  params: number[];
  results: number[];
}

/** What the hardware must know of a program. Plain data: a prepared module carries it in a custom section. */
export interface Facts {
  /** In order: function i is g.f<i> now. */
  imports: Imported[];
  /** Pages at start and at most, as the author declared. */
  memory: {min: number; max: number};
  /** Imported function tables: m.t<i>. */
  tables: {min: number; max: number | undefined}[];
  /** Bytes that __tb_save(at) writes and __tb_load(at) reads: the values of mutable globals. */
  globalBytes: number;
  /** Exports that are there. */
  table: boolean;
  stackPointer: boolean;
  data: boolean;
  start: boolean;
  entry: '_start' | '_initialize' | undefined;
  /** The code pass was done: the module counts fuel and can be stopped anywhere. */
  checked: boolean;
}

export const EXPORT = {
  table: '__tb_table', start: '__tb_start', data: '__tb_data', save: '__tb_save', load: '__tb_load',
} as const;

/** The pass. Throws FormatError for what is no program. */
export function sectionPass(bytes: Uint8Array, cpu: CpuKind): {code: Uint8Array; facts: Facts} {
  const m = outline(bytes);
  const memory = checkMemory(m);
  for (const {name} of m.exports) if (name.startsWith('__tb_')) refuse(`exports ${name}, which is ours`);
  const functions = m.imports.filter((entry) => entry.kind === KIND.func);
  const tables = m.imports.filter((entry) => entry.kind === KIND.table);
  for (const entry of m.imports) checkImport(entry);

  const table = functionTable(m);
  const exports: Uint8Array[] = [];
  if (table >= 0) exports.push(exported(EXPORT.table, KIND.table, table));
  if (m.start !== undefined) exports.push(exported(EXPORT.start, KIND.func, m.start));
  const replaced = new Map<number, Uint8Array | null>([
    [SECTION.import, imports(m, cpu)],
    [SECTION.start, null],
  ]);
  if (!m.imported.memories) replaced.set(SECTION.memory, null);
  const data = passiveData(m, replaced);
  const globals = globalCode(m);
  const added: Added[] = [];
  if (data !== undefined) added.push({name: EXPORT.data, params: [], body: data});
  if (globals.bytes > 0) {
    added.push({name: EXPORT.save, params: [I32], body: globals.save});
    added.push({name: EXPORT.load, params: [I32], body: globals.load});
  }
  addFunctions(m, added, replaced, exports);
  if (exports.length) replaced.set(SECTION.export, append(payloadOf(m, SECTION.export), exports));

  const facts: Facts = {
    imports: functions.map((entry) => ({module: entry.module, name: entry.name, ...signature(m, entry)})),
    memory,
    tables: tables.map(({table: type}) => ({min: type!.limits.min, max: type!.limits.max})),
    globalBytes: globals.bytes,
    table: table >= 0,
    stackPointer: m.exports.some((e) => e.name === '__stack_pointer' && isCounter(m, e.kind, e.index)),
    data: data !== undefined,
    start: m.start !== undefined,
    entry: entry(m),
    checked: false,
  };
  if (!facts.start && !facts.entry) refuse('has neither _start nor a start function');
  return {code: assemble(m, replaced, (name) => name === 'twinbox.abi'), facts};
}

function refuse(what: string): never {
  throw new FormatError(`the module ${what},`, 0);
}

function checkMemory(m: Outline): {min: number; max: number} {
  const visible = m.imported.memories > 0 || m.exports.some((e) => e.kind === KIND.memory && e.index === 0);
  if (m.memories.length === 0) refuse('has no memory');
  if (m.memories.length > 1) refuse('has several memories');
  if (!visible) refuse('exports no memory');
  const {min, max, wide} = m.memories[0]!;
  if (wide) refuse('has a 64-bit memory');
  if (min > PAGES_MAX || (max !== undefined && (max > PAGES_MAX || max < min))) refuse('has impossible memory limits');
  return {min, max: max ?? PAGES_MAX};
}

function checkImport(entry: Import): void {
  const what = `${entry.module}.${entry.name}`;
  if (entry.kind === KIND.global) refuse(`imports the global ${what}`);
  if (entry.kind === KIND.tag) refuse(`imports the tag ${what}`);
  if (entry.kind !== KIND.table) return;
  const {element, limits} = entry.table!;
  if (element !== FUNCREF || limits.wide || limits.min > 1_000_000) refuse(`imports the table ${what}`);
}

function signature(m: Outline, entry: Import): {params: number[]; results: number[]} {
  const type: FuncType | undefined = m.types[entry.type];
  if (!type?.plain) refuse(`imports ${entry.module}.${entry.name} with a type of its own`);
  return {params: type!.params, results: type!.results};
}

/** The table that call_indirect uses: toolchains name it, else the first one that holds functions. */
function functionTable(m: Outline): number {
  const named = m.exports.find((e) => e.kind === KIND.table && e.name === '__indirect_function_table');
  const index = named?.index ?? m.tables.findIndex((type) => type.element === FUNCREF);
  return index >= 0 && m.tables[index]!.element === FUNCREF && !m.tables[index]!.limits.wide ? index : -1;
}

function isCounter(m: Outline, kind: number, index: number): boolean {
  return kind === KIND.global && m.globals[index]!.mutable && m.globals[index]!.value === I32;
}

function entry(m: Outline): Facts['entry'] {
  const plain = (name: string) => m.exports.some((e) => {
    const type = e.name === name && e.kind === KIND.func ? m.types[m.functions[e.index]!] : undefined;
    return type?.params.length === 0 && type.results.length === 0;
  });
  return plain('_start') ? '_start' : plain('_initialize') ? '_initialize' : undefined;
}

function exported(name: string, kind: number, index: number): Uint8Array {
  return payload((w) => w.name(name).u8(kind).u32(index));
}

/** A function that the pass adds at the end of the index space, and exports. It has no results. */
interface Added {
  name: string;
  params: number[];
  body: Uint8Array;
}

function addFunctions(
  m: Outline, added: readonly Added[], replaced: Map<number, Uint8Array | null>, exports: Uint8Array[],
): void {
  if (added.length === 0) return;
  const types: Uint8Array[] = [];
  const typeOf = (params: number[]): number => {
    const found = m.types.findIndex((type) => type?.plain && !type.results.length &&
      type.params.length === params.length && type.params.every((value, i) => value === params[i]));
    return found >= 0 ? found : m.types.length + types.push(payload((w) => w.funcType({params, results: []}))) - 1;
  };
  const indices = added.map(({params}) => payload((w) => w.u32(typeOf(params))));
  if (types.length) replaced.set(SECTION.type, append(payloadOf(m, SECTION.type), types));
  replaced.set(SECTION.function, append(payloadOf(m, SECTION.function), indices));
  const bodies = added.map(({body}) => payload((w) => w.sized(body)));
  replaced.set(SECTION.code, append(payloadOf(m, SECTION.code), bodies));
  added.forEach(({name}, i) => exports.push(exported(name, KIND.func, m.functions.length + i)));
}

/** The import section anew. The memory is the only one, so its index does not depend on its place. */
function imports(m: Outline, cpu: CpuKind): Uint8Array {
  const shared = cpu === 'worker';
  const limits: Limits = {min: m.memories[0]!.min, max: shared ? PAGES_MAX : undefined, shared, wide: false};
  let functions = 0;
  let tables = 0;
  return payload((w) => {
    w.u32(m.imports.length + (m.imported.memories ? 0 : 1));
    for (const entry of m.imports) {
      if (entry.kind === KIND.func) w.name('g').name(`f${functions++}`).u8(KIND.func).u32(entry.type);
      else if (entry.kind === KIND.table) {
        const {start, end} = entry.table!;
        w.name('m').name(`t${tables++}`).u8(KIND.table).raw(m.bytes.subarray(start, end));
      } else w.name('m').name('memory').u8(KIND.memory).limits(limits);
    }
    if (!m.imported.memories) w.name('m').name('memory').u8(KIND.memory).limits(limits);
  });
}
