// The code pass: makes a program stoppable. Rewritten code counts fuel in a global of its own, one unit for each turn
// of a loop and each entry of a function that could run on without loops, and calls a hook when the fuel is spent.
// The rest of preemption is the hardware's (lane.ts, worker.ts).
//
// What the new module has more than the old one; no index of the old one changes:
// - an exported mutable i32 global `__tb_fuel`. It starts at 0 and counts down; when a count makes it negative the code
//   calls hook 0. Setting it to 0 from outside ends a slice at the next count.
// - an exported table `__tb_hooks` of two functions, to be filled before any code runs (the start section's too):
//   0: check () -> (): returns when the task may go on, with `__tb_fuel` refilled; may suspend or trap.
//   1: grow (pages: i32) -> (old: i32): memory.grow of memory 0, charged: grows the memory itself; -1 if it may not.
// - functions that do memory.fill, copy, init and their table twins in pieces of at most 1 MiB, counting.
//
// The pass takes time linear in the size of the module. It works on the module as compiled, before or after the section
// pass. A module that it does not know (GC, memory64, several memories) is refused with a reason, and runs without
// checks on a CPU of its own; a malformed one is a FormatError.

import {bodies, FormatError, I32, KIND, outline, Reader, SECTION} from '../wasm/binary.ts';
import type {FuncType, Outline} from '../wasm/binary.ts';
import {assemble, payload, payloadOf, typeIndex, Writer} from '../wasm/encode.ts';
import {bulkHelper, segmentLengths, SHORT_SEGMENT} from './bulk.ts';
import type {Helper} from './bulk.ts';
import {emit, entryCheck} from './emit.ts';
import type {Added} from './emit.ts';
import {checkedEntries} from './graph.ts';
import {BULK} from './opcode.ts';
import {scan, Unsupported} from './scan.ts';
import type {Notes, Scanned} from './scan.ts';

export const FUEL = '__tb_fuel';
export const HOOKS = '__tb_hooks';
export {HOOK_CHECK, HOOK_GROW} from './emit.ts';

/** The rewritten module and what was added to it, or why it cannot be rewritten. */
export type Rewritten =
  | {code: Uint8Array; loops: number; entries: number; helpers: number}
  | {code: undefined; reason: string};

/** Code sections larger than this in one function are refused by V8, and ours are larger than the guest's. */
const BODY_MAX = 7_654_321;
const LOCALS_MAX = 49_999;

/** Runs the code pass. Throws FormatError for bytes that are no valid module. */
export function rewrite(bytes: Uint8Array): Rewritten {
  // Only valid code is rewritten: an index just beyond the guest's own must not become one of ours.
  const m = outline(bytes);
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) throw new FormatError('not a valid module', 0);
  try {
    return transform(m);
  } catch (error) {
    if (error instanceof Unsupported) return {code: undefined, reason: error.message};
    throw error;
  }
}

/** One function while it waits for its place: ranges of the scratch writer. */
interface Emitted {
  body: Scanned;
  declared: number;
  code: number;
  end: number;
}

function transform(m: Outline): Rewritten {
  refuse(m);
  const types = m.types.slice() as FuncType[];
  const helpers: Helper[] = [];
  const made = new Map<string, number>();
  let segments: number[] | undefined;
  const added: Added = {
    fuel: m.globals.length,
    hooks: m.tables.length,
    checkType: typeIndex(types, {params: [], results: []}),
    growType: typeIndex(types, {params: [I32], results: [I32]}),
    helper(op, first, second) {
      if (op === BULK.memoryInit && (segments ??= segmentLengths(m))[first]! <= SHORT_SEGMENT) return -1;
      const key = `${op} ${first} ${second}`;
      let index = made.get(key);
      if (index === undefined) {
        index = m.functions.length + helpers.push(bulkHelper(m, op, first, second, added)) - 1;
        made.set(key, index);
      }
      return index;
    },
  };

  const scratch = new Writer(m.bytes.length + (m.bytes.length >> 2) + 1024);
  const emitted = bodies(m).map((range, i) => emitBody(m, i, range, scratch, added));
  const {imported} = m;
  const checked = checkedEntries(emitted.map((e) => e.body), imported.functions);
  const helperTypes = helpers.map((h) => typeIndex(types, h.type));

  const replaced = new Map<number, Uint8Array | null>();
  const append = (id: number, count: number, write: (w: Writer) => void) => {
    if (count) replaced.set(id, appended(payloadOf(m, id), count, write));
  };
  append(SECTION.type, types.length - m.types.length, (w) => {
    for (const type of types.slice(m.types.length)) w.funcType(type);
  });
  append(SECTION.function, helpers.length, (w) => { for (const type of helperTypes) w.u32(type); });
  append(SECTION.table, 1, (w) => w.u8(0x70, 1, 2, 2));
  append(SECTION.global, 1, (w) => w.u8(I32, 1, 0x41, 0, 0x0b));
  append(SECTION.export, 2, (w) => {
    w.name(FUEL).u8(KIND.global).u32(added.fuel).name(HOOKS).u8(KIND.table).u32(added.hooks);
  });
  if (emitted.length) replaced.set(SECTION.code, codeSection(emitted, scratch, checked, helpers, added));

  return {
    code: assemble(m, replaced, keepCustom),
    loops: emitted.reduce((sum, e) => sum + e.body.loops, 0),
    entries: checked.reduce((sum, flag) => sum + flag, 0),
    helpers: helpers.length,
  };
}

/** Throws Unsupported for modules that the pass cannot do. */
function refuse(m: Outline): void {
  if (m.types.some((type) => type === undefined)) throw new Unsupported('uses the GC proposal');
  const types = m.sections.find((s) => s.id === SECTION.type);
  // One entry a type, or else a recursion group: then appending would count wrong.
  if (types && new Reader(m.bytes, types.start, types.end).u32() !== m.types.length) {
    throw new Unsupported('uses recursive types');
  }
  if (m.memories.length > 1) throw new Unsupported('has several memories');
  if (m.memories.some((memory) => memory.wide)) throw new Unsupported('has a 64-bit memory');
  if (m.tables.some((table) => table.limits.wide)) throw new Unsupported('has a 64-bit table');
  const own = m.exports.find((e) => e.name === FUEL || e.name === HOOKS);
  if (own) throw new Unsupported(`exports ${own.name}`);
}

let notes: Notes = {list: new Int32Array(4096), length: 0};

function emitBody(
  m: Outline, index: number, range: {start: number; end: number}, scratch: Writer, added: Added,
): Emitted {
  const {bytes} = m;
  // One function of many megabytes is no reason to keep its notes for ever.
  if (notes.list.length > 1 << 20) notes = {list: new Int32Array(4096), length: 0};
  const body = scan(bytes, range.start, range.end, m.types, notes);
  const type = m.types[m.functions[m.imported.functions + index]!]!;
  const declared = scratch.length;
  const counter = type.params.length + body.locals;
  if (body.loops && counter < LOCALS_MAX) {
    const r = new Reader(bytes, range.start, body.code);
    scratch.u32(r.u32() + 1).raw(bytes.subarray(r.at, body.code)).u8(1, I32);
  } else if (body.loops) {
    throw new Unsupported('has a function with too many locals');
  } else {
    scratch.raw(bytes.subarray(range.start, body.code));
  }
  const code = scratch.length;
  emit(bytes, body, notes, scratch, added, counter, type.results.length > 0);
  if (scratch.length - declared > BODY_MAX) throw new Unsupported('has a function that would grow too large');
  return {body, declared, code, end: scratch.length};
}

function codeSection(
  emitted: Emitted[], scratch: Writer, checked: Uint8Array, helpers: Helper[], added: Added,
): Uint8Array {
  const entry = payload((w) => entryCheck(w, added));
  const w = new Writer(scratch.length + emitted.length * (5 + entry.length) + 256);
  w.u32(emitted.length + helpers.length);
  emitted.forEach(({declared, code, end}, i) => {
    w.u32(end - declared + (checked[i] ? entry.length : 0));
    w.raw(scratch.bytes.subarray(declared, code));
    if (checked[i]) w.raw(entry);
    w.raw(scratch.bytes.subarray(code, end));
  });
  for (const helper of helpers) w.sized(helper.body);
  return w.done();
}

/** A section's vector with entries added at its end. */
function appended(section: Uint8Array | undefined, count: number, write: (w: Writer) => void): Uint8Array {
  return payload((w) => {
    const r = new Reader(section ?? new Uint8Array([0]));
    w.u32(r.u32() + count).raw(r.bytes.subarray(r.at));
    write(w);
  });
}

/** Sections that speak of offsets in the code would be wrong now. */
function keepCustom(name: string): boolean {
  return !/^(metadata\.code\.|\.debug_|reloc\.|linking$|sourceMappingURL$|external_debug_info$)/.test(name);
}
