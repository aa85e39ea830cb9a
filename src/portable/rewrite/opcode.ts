// The instruction set of WebAssembly 2.0 with exception handling (both forms), tail calls, SIMD, atomics and function
// references: what follows each opcode. An opcode that is not listed (GC, proposals) is BAD, and its module is not
// rewritten.

/** What follows an opcode. Control flow and what the pass replaces have shapes of their own, from BLOCK on. */
export const SHAPE = {
  BAD: 0, NONE: 1, LEB: 2, LEB2: 3, MEMORY: 4, LANE: 5, MEMORY_LANE: 6, SKIP4: 7, SKIP8: 8, SKIP16: 9, TYPES: 10,
  PREFIX: 11,
  /** From here on the scanner has something to note. */
  BLOCK: 16, END: 17, BRANCH: 18, BRANCH_TABLE: 19, RETURN: 20, CALL: 21, CALL_INDIRECT: 22, LEAVE: 23, THROW: 24,
  TRY_TABLE: 25, GROW: 26, BULK1: 27, BULK2: 28,
} as const;

export const OP = {
  unreachable: 0x00, block: 0x02, loop: 0x03, if: 0x04, try: 0x06, rethrow: 0x09, end: 0x0b, br: 0x0c, brIf: 0x0d,
  brTable: 0x0e, return: 0x0f, call: 0x10, callIndirect: 0x11, returnCall: 0x12, returnCallIndirect: 0x13,
  callRef: 0x14, returnCallRef: 0x15, delegate: 0x18, tryTable: 0x1f, localGet: 0x20, localSet: 0x21, localTee: 0x22,
  globalGet: 0x23, globalSet: 0x24, memoryGrow: 0x40, i32Const: 0x41, i32LtS: 0x48, i32LtU: 0x49, i32GtU: 0x4b,
  i32LeU: 0x4d, i32Add: 0x6a, i32Sub: 0x6b, i32ShrU: 0x76, i32Or: 0x72, brOnNull: 0xd5, brOnNonNull: 0xd6,
  bulk: 0xfc, simd: 0xfd, atomic: 0xfe,
} as const;

/** The second byte of the 0xfc instructions that the pass replaces. */
export const BULK = {
  memoryInit: 8, memoryCopy: 10, memoryFill: 11, tableInit: 12, tableCopy: 14, tableGrow: 15, tableSize: 16,
  tableFill: 17,
} as const;

/** The block type of no values. */
export const VOID = 0x40;

type Row = readonly [from: number, to: number, shape: number];

function table(length: number, rows: readonly Row[]): Uint8Array {
  const shapes = new Uint8Array(length);
  for (const [from, to, shape] of rows) shapes.fill(shape, from, to + 1);
  return shapes;
}

/** By first byte. */
export const PLAIN = table(256, [
  [0x00, 0x01, SHAPE.NONE], [0x02, 0x04, SHAPE.BLOCK], [0x05, 0x05, SHAPE.NONE], [0x06, 0x06, SHAPE.BLOCK],
  [0x07, 0x07, SHAPE.LEB], [0x08, 0x08, SHAPE.THROW], [0x09, 0x09, SHAPE.BRANCH], [0x0a, 0x0a, SHAPE.THROW],
  [0x0b, 0x0b, SHAPE.END], [0x0c, 0x0d, SHAPE.BRANCH], [0x0e, 0x0e, SHAPE.BRANCH_TABLE], [0x0f, 0x0f, SHAPE.RETURN],
  [0x10, 0x10, SHAPE.CALL], [0x11, 0x11, SHAPE.CALL_INDIRECT], [0x12, 0x13, SHAPE.LEAVE],
  [0x14, 0x14, SHAPE.CALL_INDIRECT], [0x15, 0x15, SHAPE.LEAVE], [0x18, 0x18, SHAPE.BRANCH],
  [0x19, 0x1b, SHAPE.NONE], [0x1c, 0x1c, SHAPE.TYPES], [0x1f, 0x1f, SHAPE.TRY_TABLE], [0x20, 0x26, SHAPE.LEB],
  [0x28, 0x3e, SHAPE.MEMORY], [0x3f, 0x3f, SHAPE.LEB], [0x40, 0x40, SHAPE.GROW], [0x41, 0x42, SHAPE.LEB],
  [0x43, 0x43, SHAPE.SKIP4], [0x44, 0x44, SHAPE.SKIP8], [0x45, 0xc4, SHAPE.NONE], [0xd0, 0xd0, SHAPE.LEB],
  [0xd1, 0xd1, SHAPE.NONE], [0xd2, 0xd2, SHAPE.LEB], [0xd4, 0xd4, SHAPE.NONE], [0xd5, 0xd6, SHAPE.BRANCH],
  [0xfc, 0xfe, SHAPE.PREFIX],
]);

/** By the number after 0xfc: saturating truncation, bulk memory and tables. */
const BULKS = table(18, [
  [0, 7, SHAPE.NONE], [8, 8, SHAPE.BULK2], [9, 9, SHAPE.LEB], [10, 10, SHAPE.BULK2], [11, 11, SHAPE.BULK1],
  [12, 12, SHAPE.BULK2], [13, 13, SHAPE.LEB], [14, 14, SHAPE.BULK2], [15, 15, SHAPE.BULK1], [16, 16, SHAPE.LEB],
  [17, 17, SHAPE.BULK1],
]);

/** By the number after 0xfd: SIMD, and relaxed SIMD from 256 on. */
const SIMDS = table(276, [
  [0, 11, SHAPE.MEMORY], [12, 13, SHAPE.SKIP16], [14, 20, SHAPE.NONE], [21, 34, SHAPE.LANE], [35, 83, SHAPE.NONE],
  [84, 91, SHAPE.MEMORY_LANE], [92, 93, SHAPE.MEMORY], [94, 275, SHAPE.NONE],
]);

/** By the number after 0xfe: atomics. */
const ATOMICS = table(79, [[0, 2, SHAPE.MEMORY], [3, 3, SHAPE.LANE], [16, 78, SHAPE.MEMORY]]);

/** The table of a prefix byte, 0xfc to 0xfe. */
export const PREFIXED: readonly Uint8Array[] = [BULKS, SIMDS, ATOMICS];
