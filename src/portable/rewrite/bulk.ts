// memory.fill, copy and init and their table twins, done in pieces with a check between: one call of the engine over
// 3.5 GB would take seconds in which nobody can stop it. Each is a function appended to the module that takes the
// instruction's place, so that what the guest sees (traps included: nothing is written when a range is out of bounds)
// stays the same.

import {constantExpression, I32, Reader, SECTION} from '../wasm/binary.ts';
import type {Outline} from '../wasm/binary.ts';
import {Writer} from '../wasm/encode.ts';
import {callCheck} from './emit.ts';
import type {Added} from './emit.ts';
import {BULK, OP, VOID} from './opcode.ts';
import {Unsupported} from './scan.ts';

/** Bytes of memory, or entries of a table, in one piece. */
const MEMORY_PIECE = 1 << 20;
const TABLE_PIECE = 1 << 16;
/** Bytes that count as one unit of fuel, as a shift; an entry of a table counts one. */
const MEMORY_SHIFT = 4;
/** Entries that a table may grow to: tables live in the host's memory, outside of the machine's size. */
const TABLE_MAX = 1 << 20;

/** memory.init of a segment of at most so many bytes stays as it is: more of it would trap. */
export const SHORT_SEGMENT = 4096;

export interface Helper {
  type: {params: number[]; results: number[]};
  body: Uint8Array;
}

/** The function for an instruction 0xfc `op` with its immediates as they stand in the code. */
export function bulkHelper(m: Outline, op: number, first: number, second: number, added: Added): Helper {
  const w = new Writer(128);
  w.u32(0);
  if (op === BULK.tableGrow) growTable(w, op, first);
  else pieces(w, op, first, second, added);
  w.u8(OP.end);
  const last = op === BULK.tableGrow ? [I32] : [I32, I32];
  const element = op === BULK.tableFill || op === BULK.tableGrow ? elementType(m, first) : I32;
  const params = op === BULK.tableGrow ? [element, ...last] : [last[0]!, element, last[1]!];
  return {type: {params, results: op === BULK.tableGrow ? [I32] : []}, body: w.done()};
}

/** The lengths of the data segments. */
export function segmentLengths(m: Outline): number[] {
  const section = m.sections.find((s) => s.id === SECTION.data);
  const lengths: number[] = [];
  if (!section) return lengths;
  const r = new Reader(m.bytes, section.start, section.end);
  for (let n = r.count(); n > 0; n--) {
    const flags = r.u32();
    if (flags === 2) r.leb();
    if (flags !== 1) constantExpression(r);
    const length = r.u32();
    r.skip(length);
    lengths.push(length);
  }
  return lengths;
}

function elementType(m: Outline, table: number): number {
  const type = m.tables[table]?.element;
  if (type === undefined || type === 0x63 || type === 0x64) throw new Unsupported('table of typed references');
  return type;
}

/** Three parameters: where to, where from (or with what), how many. */
const TO = 0;
const FROM = 1;
const COUNT = 2;

function pieces(w: Writer, op: number, first: number, second: number, added: Added): void {
  const table = op === BULK.tableInit || op === BULK.tableCopy || op === BULK.tableFill;
  const fills = op === BULK.memoryFill || op === BULK.tableFill;
  const copies = op === BULK.memoryCopy || op === BULK.tableCopy;
  const piece = table ? TABLE_PIECE : MEMORY_PIECE;
  const shift = table ? 0 : MEMORY_SHIFT;
  const get = (local: number) => w.u8(OP.localGet, local);
  const number = (n: number) => w.u8(OP.i32Const).s32(n);
  const step = (local: number, by: number, how: number) => {
    get(local);
    number(by);
    w.u8(how, OP.localSet, local);
  };
  const operate = () => {
    w.u8(OP.bulk).u32(op).u32(first);
    if (!fills) w.u32(second);
  };
  const charge = (amount: () => void) => {
    w.u8(OP.globalGet).u32(added.fuel);
    amount();
    w.u8(OP.i32Sub, OP.globalSet).u32(added.fuel).u8(OP.globalGet).u32(added.fuel).u8(OP.i32Const, 0, OP.i32LtS);
    w.u8(OP.if, VOID);
    callCheck(w, added);
    w.u8(OP.end);
  };
  const more = () => {
    get(COUNT);
    number(piece);
    w.u8(OP.i32GtU);
  };
  const forward = () => {
    w.u8(OP.loop, VOID);
    get(TO);
    get(FROM);
    number(piece);
    operate();
    charge(() => number(piece >> shift));
    step(TO, piece, OP.i32Add);
    if (!fills) step(FROM, piece, OP.i32Add);
    step(COUNT, piece, OP.i32Sub);
    more();
    w.u8(OP.brIf, 0, OP.end);
  };
  const backward = () => {
    w.u8(OP.loop, VOID);
    step(COUNT, piece, OP.i32Sub);
    get(TO);
    get(COUNT);
    w.u8(OP.i32Add);
    get(FROM);
    get(COUNT);
    w.u8(OP.i32Add);
    number(piece);
    operate();
    charge(() => number(piece >> shift));
    more();
    w.u8(OP.brIf, 0, OP.end);
  };
  const wraps = (local: number) => {
    get(local);
    get(COUNT);
    w.u8(OP.i32Add);
    get(local);
    w.u8(OP.i32LtU);
  };

  more();
  w.u8(OP.if, VOID);
  // A range that wraps around is left to the instruction, which traps.
  wraps(TO);
  if (!fills) {
    wraps(FROM);
    w.u8(OP.i32Or);
  }
  w.u8(OP.if, VOID);
  get(TO);
  get(FROM);
  get(COUNT);
  operate();
  w.u8(OP.return, OP.end);
  // The empty operation at the end of both ranges traps exactly if the whole one does.
  get(TO);
  get(COUNT);
  w.u8(OP.i32Add);
  get(FROM);
  if (!fills) {
    get(COUNT);
    w.u8(OP.i32Add);
  }
  number(0);
  operate();
  if (copies) {
    // Ranges that overlap: begin at the end that is not overwritten.
    get(TO);
    get(FROM);
    w.u8(OP.i32LeU, OP.if, VOID);
    forward();
    w.u8(0x05);
    backward();
    w.u8(OP.end);
  } else {
    forward();
  }
  w.u8(OP.end);
  charge(() => {
    get(COUNT);
    number(shift);
    w.u8(OP.i32ShrU);
  });
  get(TO);
  get(FROM);
  get(COUNT);
  operate();
}

/** table.grow, which fails (as it may) beyond TABLE_MAX. Parameters: the value, how many. */
function growTable(w: Writer, op: number, table: number): void {
  const size = () => w.u8(OP.bulk).u32(BULK.tableSize).u32(table);
  w.u8(OP.localGet, 1, OP.i32Const).s32(TABLE_MAX).u8(OP.i32GtU);
  size();
  w.u8(OP.localGet, 1, OP.i32Add, OP.i32Const).s32(TABLE_MAX).u8(OP.i32GtU, OP.i32Or, OP.if, VOID);
  w.u8(OP.i32Const).s32(-1).u8(OP.return, OP.end);
  w.u8(OP.localGet, 0, OP.localGet, 1, OP.bulk).u32(op).u32(table);
}
