// Reads one function body and notes what the code pass must act on: labels, loops, branches, calls, bulk operations.
// Everything between two notes is copied as it stands.

import {FormatError, Reader} from '../wasm/binary.ts';
import type {FuncType} from '../wasm/binary.ts';
import {OP, PLAIN, PREFIXED, SHAPE} from './opcode.ts';

/** Numbers per note: opcode (0xfc00 + n for the bulk ones), start, end (of the instruction), argument. */
export const NOTE = 4;

/** Argument of a block: its label takes values; it has parameters; (of a loop) it has calls in it. */
export const VALUES = 1;
export const PARAMS = 2;
export const CALLS = 4;

/** Notes of one body after another, in one growing array. */
export interface Notes {
  list: Int32Array;
  length: number;
}

/** What the call graph needs to know of a function. */
export interface Scanned {
  /** Where the locals' declarations end and the code begins. */
  code: number;
  end: number;
  locals: number;
  loops: number;
  /** Indices of functions called directly, once for each call. */
  calls: number[];
  /** Calls through a table or a reference, or leaves by a tail call. */
  wanders: boolean;
}

/** A module that the pass does not know how to rewrite. */
export class Unsupported extends Error {}

/** Scans the body at [start, end). `notes` is emptied first. */
export function scan(
  bytes: Uint8Array, start: number, end: number, types: readonly (FuncType | undefined)[], notes: Notes,
): Scanned {
  const found: Scanned = {code: 0, end, locals: 0, loops: 0, calls: [], wanders: false};
  notes.length = 0;
  let i = found.code = declarations(bytes, start, end, found);

  // One entry for each open label: the index of its note, and whether a call was seen in it.
  const open: number[] = [-1];
  const called: boolean[] = [false];

  const leb = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[i++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new FormatError('number too long', i);
  };

  while (i < end) {
    const at = i;
    let op: number = bytes[i++]!;
    let shape = PLAIN[op]!;
    if (shape === SHAPE.PREFIX) {
      const sub = leb();
      shape = PREFIXED[op - OP.bulk]![sub] ?? SHAPE.BAD;
      op = op << 8 | sub;
    }
    if (shape < SHAPE.BLOCK) {
      switch (shape) {
        case SHAPE.NONE: continue;
        case SHAPE.LEB: while (bytes[i++]! >= 128); continue;
        case SHAPE.MEMORY: case SHAPE.MEMORY_LANE:
          if (leb() & 64) leb();
          while (bytes[i++]! >= 128);
          if (shape === SHAPE.MEMORY_LANE) i++;
          continue;
        case SHAPE.LANE: i++; continue;
        case SHAPE.SKIP4: i += 4; continue;
        case SHAPE.SKIP8: i += 8; continue;
        case SHAPE.SKIP16: i += 16; continue;
        case SHAPE.TYPES: for (let n = count(leb(), i, end); n > 0; n--) i = valueType(bytes, i); continue;
        default: throw new Unsupported(`opcode 0x${op.toString(16)}`);
      }
    }
    let argument = 0;
    switch (shape) {
      case SHAPE.BLOCK: case SHAPE.TRY_TABLE: {
        const params = i;
        i = blockType(bytes, i);
        argument = labelFlags(bytes, params, op, types);
        if (op === OP.loop) found.loops++;
        if (shape === SHAPE.TRY_TABLE) for (let n = count(leb(), i, end); n > 0; n--) i = clause(bytes, i);
        open.push(notes.length);
        called.push(false);
        break;
      }
      case SHAPE.BRANCH:
        argument = leb();
        if (op === OP.delegate) close(notes, open, called);
        else if (op !== OP.br && op !== OP.brIf) called[called.length - 1] = true;
        break;
      case SHAPE.BRANCH_TABLE: for (let n = count(leb(), i, end); n >= 0; n--) leb(); break;
      case SHAPE.END:
        close(notes, open, called);
        if (open.length === 0 && i !== end) throw new FormatError('code after the end of a function', i);
        break;
      case SHAPE.RETURN: break;
      case SHAPE.CALL: found.calls.push(leb()); called[called.length - 1] = true; continue;
      case SHAPE.CALL_INDIRECT: case SHAPE.LEAVE:
        leb();
        if (op === OP.callIndirect || op === OP.returnCallIndirect) leb();
        found.wanders = called[called.length - 1] = true;
        continue;
      case SHAPE.THROW:
        if (op === 0x08) leb();
        called[called.length - 1] = true;
        continue;
      case SHAPE.GROW: case SHAPE.BULK1: case SHAPE.BULK2:
        argument = leb();
        if (shape === SHAPE.BULK2) leb();
        called[called.length - 1] = true;
        break;
    }
    note(notes, op, at, i, argument);
  }
  if (i !== end || open.length !== 0) throw new FormatError('function without its end', i);
  return found;
}

function note(notes: Notes, op: number, at: number, end: number, argument: number): void {
  if (notes.length + NOTE > notes.list.length) {
    const grown = new Int32Array(notes.list.length * 2);
    grown.set(notes.list);
    notes.list = grown;
  }
  const {list, length} = notes;
  list[length] = op;
  list[length + 1] = at;
  list[length + 2] = end;
  list[length + 3] = argument;
  notes.length += NOTE;
}

/** Closes the innermost label: a call in it is a call in the one around it too. */
function close(notes: Notes, open: number[], called: boolean[]): void {
  const index = open.pop();
  const calls = called.pop();
  if (index === undefined) throw new FormatError('end without a block', 0);
  if (!calls) return;
  if (index >= 0) notes.list[index + 3]! |= CALLS;
  if (called.length) called[called.length - 1] = true;
}

function declarations(bytes: Uint8Array, start: number, end: number, found: Scanned): number {
  const r = new Reader(bytes, start, end);
  for (let n = r.count(); n > 0; n--) {
    found.locals += r.u32();
    r.valueType();
  }
  return r.at;
}

function count(n: number, at: number, end: number): number {
  if (n > end - at) throw new FormatError('vector longer than its function', at);
  return n;
}

function valueType(bytes: Uint8Array, at: number): number {
  const type = bytes[at++];
  if (type === 0x63 || type === 0x64) while (bytes[at++]! >= 128);
  return at;
}

/** A block type is a value type (a negative number of one byte) or the index of a function type. */
function blockType(bytes: Uint8Array, at: number): number {
  if ((bytes[at]! & 0xc0) === 0x40) return valueType(bytes, at);
  while (bytes[at++]! >= 128);
  return at;
}

/** A clause of try_table: kind, tag if the kind has one, label. */
export function clause(bytes: Uint8Array, at: number): number {
  const kind = bytes[at++]!;
  if (kind > 3) throw new Unsupported(`catch clause ${kind}`);
  if (kind < 2) while (bytes[at++]! >= 128);
  while (bytes[at++]! >= 128);
  return at;
}

function labelFlags(bytes: Uint8Array, at: number, op: number, types: readonly (FuncType | undefined)[]): number {
  const first = bytes[at]!;
  if (first === 0x40) return 0;
  if ((first & 0xc0) === 0x40) return op === OP.loop ? 0 : VALUES;
  const type = types[new Reader(bytes, at).u32()];
  if (!type) throw new FormatError('block of an unknown type', at);
  const label = op === OP.loop ? type.params : type.results;
  return (label.length ? VALUES : 0) | (type.params.length ? PARAMS : 0);
}
