// The WebAssembly binary format, reading side: LEB128 numbers, sections, types, imports, exports. Only what the
// loader and the two rewriting passes look at is parsed; everything else stays a range of bytes. Bad input is a
// FormatError, which the loader turns into ENOEXEC.

export class FormatError extends Error {
  constructor(message: string, at: number) {
    super(`${message} at byte ${at}`);
    this.name = 'FormatError';
  }
}

export const SECTION = {
  custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9,
  code: 10, data: 11, dataCount: 12, tag: 13,
} as const;

/** The order that sections must have in a file; their ids do not tell it. */
export const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;

export const KIND = {func: 0, table: 1, memory: 2, global: 3, tag: 4} as const;

/** A function type. A parameter or result (ref null? t) is its first byte alone: `plain` is false then. */
export interface FuncType {
  params: number[];
  results: number[];
  /** True when all values are single-byte types, so that the type can be written into another module. */
  plain: boolean;
}

export interface Limits {
  min: number;
  max: number | undefined;
  shared: boolean;
  /** memory64: addresses are i64. */
  wide: boolean;
}

export interface TableType {
  element: number;
  limits: Limits;
  /** Where the element type begins, for copying it as it stands. */
  start: number;
  end: number;
}

export interface GlobalType {
  value: number;
  mutable: boolean;
}

export interface Import {
  module: string;
  name: string;
  kind: number;
  /** Type index of a function or tag, -1 else. */
  type: number;
  table?: TableType;
  memory?: Limits;
  global?: GlobalType;
  /** The whole entry's bytes, and where its kind byte is. */
  start: number;
  kindAt: number;
  end: number;
}

export interface Export {
  name: string;
  kind: number;
  index: number;
}

export interface Section {
  id: number;
  /** A custom section's name. */
  name?: string;
  /** The payload: without id and size, with the name of a custom section. */
  start: number;
  end: number;
}

/** A module's outline. Index spaces begin with the imported ones, as in the format. */
export interface Outline {
  bytes: Uint8Array;
  sections: Section[];
  /** undefined for a type that is no function (GC structs and arrays). */
  types: (FuncType | undefined)[];
  imports: Import[];
  /** Type index by function index. */
  functions: number[];
  tables: TableType[];
  memories: Limits[];
  globals: GlobalType[];
  exports: Export[];
  tags: number;
  start: number | undefined;
  /** How many of each index space are imported. */
  imported: {functions: number; tables: number; memories: number; globals: number; tags: number};
}

export class Reader {
  bytes: Uint8Array;
  at: number;
  end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean { return this.at >= this.end; }

  fail(message: string): never { throw new FormatError(message, this.at); }

  u8(): number {
    if (this.at >= this.end) this.fail('unexpected end');
    return this.bytes[this.at++]!;
  }

  u32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      result += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        if (result > 0xffffffff) break;
        return result;
      }
    }
    return this.fail('number too long');
  }

  /** Skips a LEB128 number of any width. */
  leb(): void {
    for (let i = 0; i < 10; i++) if (this.u8() < 128) return;
    this.fail('number too long');
  }

  /** A 64-bit limit, exact to 2^53. */
  u64(): number {
    let result = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.u8();
      result += (byte & 127) * 2 ** shift;
      if (byte < 128) return result;
    }
    return this.fail('number too long');
  }

  skip(length: number): void {
    if (length > this.end - this.at) this.fail('unexpected end');
    this.at += length;
  }

  take(length: number): Uint8Array {
    const start = this.at;
    this.skip(length);
    return this.bytes.subarray(start, this.at);
  }

  name(): string { return text.decode(this.take(this.u32())); }

  /** A vector's length; each element takes at least a byte, so a larger one cannot be true. */
  count(): number {
    const n = this.u32();
    if (n > this.end - this.at) this.fail('vector longer than its section');
    return n;
  }

  /** A value type; the heap type of a long one is skipped. */
  valueType(): number {
    const type = this.u8();
    if (type === 0x63 || type === 0x64) this.leb();
    return type;
  }
}

const text = new TextDecoder();

/** Reads a module's outline. Throws FormatError. */
export function outline(bytes: Uint8Array): Outline {
  const m: Outline = {
    bytes, sections: sections(bytes), types: [], imports: [], functions: [], tables: [], memories: [], globals: [],
    exports: [], tags: 0, start: undefined, imported: {functions: 0, tables: 0, memories: 0, globals: 0, tags: 0},
  };
  for (const section of m.sections) {
    const r = new Reader(bytes, section.start, section.end);
    switch (section.id) {
      case SECTION.type: readTypes(r, m); break;
      case SECTION.import: readImports(r, m); break;
      case SECTION.function: for (let n = r.count(); n > 0; n--) m.functions.push(r.u32()); break;
      case SECTION.table: for (let n = r.count(); n > 0; n--) m.tables.push(definedTable(r)); break;
      case SECTION.memory: for (let n = r.count(); n > 0; n--) m.memories.push(limits(r)); break;
      case SECTION.tag: for (let n = r.count(); n > 0; n--) { r.u8(); r.u32(); m.tags++; } break;
      case SECTION.global: readGlobals(r, m); break;
      case SECTION.export: readExports(r, m); break;
      case SECTION.start: m.start = r.u32(); break;
      default: continue;
    }
    if (!r.done) r.fail('section has bytes left over');
  }
  return m;
}

/** Lists sections and checks the frame: magic, version, sizes, order. */
export function sections(bytes: Uint8Array): Section[] {
  const r = new Reader(bytes);
  if (bytes.length < 8 || r.u8() !== 0 || r.u8() !== 0x61 || r.u8() !== 0x73 || r.u8() !== 0x6d) {
    throw new FormatError('no wasm magic', 0);
  }
  if (r.u8() !== 1 || r.u8() !== 0 || r.u8() !== 0 || r.u8() !== 0) throw new FormatError('not wasm version 1', 4);
  const list: Section[] = [];
  let last = -1;
  while (!r.done) {
    const id = r.u8();
    const size = r.u32();
    const start = r.at;
    r.skip(size);
    const section: Section = {id, start, end: r.at};
    if (id === SECTION.custom) {
      section.name = new Reader(bytes, start, r.at).name();
    } else {
      const order = SECTION_ORDER.indexOf(id);
      if (order < 0) throw new FormatError(`unknown section ${id}`, start);
      if (order <= last) throw new FormatError(`section ${id} out of order`, start);
      last = order;
    }
    list.push(section);
  }
  return list;
}

/** The bodies of the code section, in order: locals and code, without the size. */
export function bodies(m: Outline): {start: number; end: number}[] {
  const section = m.sections.find((s) => s.id === SECTION.code);
  if (!section) return [];
  const r = new Reader(m.bytes, section.start, section.end);
  const list = [];
  for (let n = r.count(); n > 0; n--) {
    const size = r.u32();
    const start = r.at;
    r.skip(size);
    list.push({start, end: r.at});
  }
  if (!r.done) r.fail('section has bytes left over');
  return list;
}

/** A function's type by its index; FormatError if it has none. */
export function functionType(m: Outline, index: number): FuncType {
  const type = m.types[m.functions[index] ?? -1];
  if (!type) throw new FormatError(`function ${index} has no type`, 0);
  return type;
}

function readTypes(r: Reader, m: Outline): void {
  for (let n = r.count(); n > 0; n--) {
    const form = r.u8();
    if (form === 0x4e) for (let k = r.count(); k > 0; k--) m.types.push(subType(r, r.u8()));
    else m.types.push(subType(r, form));
  }
}

function subType(r: Reader, form: number): FuncType | undefined {
  if (form === 0x50 || form === 0x4f) {
    for (let n = r.count(); n > 0; n--) r.u32();
    form = r.u8();
  }
  if (form === 0x60) {
    const params = valueTypes(r);
    const results = valueTypes(r);
    const plain = [...params, ...results].every((type) => type !== 0x63 && type !== 0x64);
    return {params, results, plain};
  }
  if (form === 0x5f) for (let n = r.count(); n > 0; n--) { r.valueType(); r.u8(); }
  else if (form === 0x5e) { r.valueType(); r.u8(); }
  else r.fail(`unknown type form ${form}`);
  return undefined;
}

function valueTypes(r: Reader): number[] {
  const list = [];
  for (let n = r.count(); n > 0; n--) list.push(r.valueType());
  return list;
}

function readImports(r: Reader, m: Outline): void {
  for (let n = r.count(); n > 0; n--) {
    const start = r.at;
    const module = r.name();
    const name = r.name();
    const kindAt = r.at;
    const kind = r.u8();
    const entry: Import = {module, name, kind, type: -1, start, kindAt, end: 0};
    switch (kind) {
      case KIND.func: entry.type = r.u32(); m.functions.push(entry.type); m.imported.functions++; break;
      case KIND.table: entry.table = tableType(r); m.tables.push(entry.table); m.imported.tables++; break;
      case KIND.memory: entry.memory = limits(r); m.memories.push(entry.memory); m.imported.memories++; break;
      case KIND.global: entry.global = globalType(r); m.globals.push(entry.global); m.imported.globals++; break;
      case KIND.tag: r.u8(); entry.type = r.u32(); m.tags++; m.imported.tags++; break;
      default: r.fail(`unknown import kind ${kind}`);
    }
    entry.end = r.at;
    m.imports.push(entry);
  }
}

function readGlobals(r: Reader, m: Outline): void {
  for (let n = r.count(); n > 0; n--) {
    m.globals.push(globalType(r));
    constantExpression(r);
  }
}

function readExports(r: Reader, m: Outline): void {
  const spaces = [m.functions.length, m.tables.length, m.memories.length, m.globals.length, m.tags];
  for (let n = r.count(); n > 0; n--) {
    const name = r.name();
    const kind = r.u8();
    const index = r.u32();
    if (!(index < (spaces[kind] ?? 0))) r.fail(`export ${name} names nothing`);
    m.exports.push({name, kind, index});
  }
}

function definedTable(r: Reader): TableType {
  // 0x40 0x00 begins a table with an initial value.
  if (r.bytes[r.at] !== 0x40) return tableType(r);
  r.skip(2);
  const type = tableType(r);
  constantExpression(r);
  return type;
}

function tableType(r: Reader): TableType {
  const start = r.at;
  const element = r.valueType();
  return {element, limits: limits(r), start, end: r.at};
}

function limits(r: Reader): Limits {
  const flags = r.u8();
  if (flags > 7) r.fail(`unknown limits ${flags}`);
  const wide = (flags & 4) !== 0;
  const min = wide ? r.u64() : r.u32();
  const max = flags & 1 ? (wide ? r.u64() : r.u32()) : undefined;
  return {min, max, shared: (flags & 2) !== 0, wide};
}

function globalType(r: Reader): GlobalType {
  const value = r.valueType();
  const mutable = r.u8();
  if (mutable > 1) r.fail('bad mutability');
  return {value, mutable: mutable === 1};
}

/** Skips a constant expression up to and with its `end`. */
export function constantExpression(r: Reader): void {
  for (;;) {
    const op = r.u8();
    switch (op) {
      case 0x0b: return;
      case 0x41: case 0x42: case 0x23: case 0xd2: case 0xd0: r.leb(); break;
      case 0x43: r.skip(4); break;
      case 0x44: r.skip(8); break;
      case 0xfd: if (r.u32() !== 12) r.fail('not constant'); r.skip(16); break;
      case 0x6a: case 0x6b: case 0x6c: case 0x7c: case 0x7d: case 0x7e: break;
      case 0xfb: {
        const sub = r.u32();
        if (sub <= 1 || sub === 6 || sub === 7) r.leb();
        else if (sub === 8) { r.leb(); r.leb(); }
        else if (sub < 26 || sub > 28) r.fail('not constant');
        break;
      }
      default: r.fail(`opcode ${op} is not constant`);
    }
  }
}
