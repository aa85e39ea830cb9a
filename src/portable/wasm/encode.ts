// The WebAssembly binary format, writing side: a growing buffer, and the assembly of a module from an outline's
// sections with some replaced.

import {SECTION, SECTION_ORDER} from './binary.ts';
import type {FuncType, Limits, Outline} from './binary.ts';

const text = new TextEncoder();

export class Writer {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  u8(...values: number[]): this {
    this.reserve(values.length);
    for (const value of values) this.bytes[this.length++] = value;
    return this;
  }

  u32(value: number): this {
    this.reserve(5);
    while (value >= 128) {
      this.bytes[this.length++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    this.bytes[this.length++] = value;
    return this;
  }

  s32(value: number): this {
    this.reserve(5);
    for (;;) {
      const byte = value & 127;
      value >>= 7;
      if ((value === 0 && !(byte & 64)) || (value === -1 && byte & 64)) {
        this.bytes[this.length++] = byte;
        return this;
      }
      this.bytes[this.length++] = byte | 128;
    }
  }

  raw(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** A length and then the bytes: a name's, a body's or a section's form. */
  sized(bytes: Uint8Array): this { return this.u32(bytes.length).raw(bytes); }

  name(value: string): this { return this.sized(text.encode(value)); }

  section(id: number, payload: Uint8Array): this { return this.u8(id).sized(payload); }

  limits(limits: Limits): this {
    this.u8((limits.max === undefined ? 0 : 1) | (limits.shared ? 2 : 0) | (limits.wide ? 4 : 0)).u32(limits.min);
    return limits.max === undefined ? this : this.u32(limits.max);
  }

  funcType(type: {params: readonly number[]; results: readonly number[]}): this {
    return this.u8(0x60).u32(type.params.length).u8(...type.params).u32(type.results.length).u8(...type.results);
  }

  done(): Uint8Array { return this.bytes.subarray(0, this.length); }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

/** Writes a payload: `payload((w) => w.u32(1).name('memory'))`. */
export function payload(write: (w: Writer) => void): Uint8Array {
  const w = new Writer();
  write(w);
  return w.done();
}

/** A vector with entries added at its end: its payload, or undefined for one that is not there yet. */
export function append(vector: Uint8Array | undefined, entries: readonly Uint8Array[]): Uint8Array {
  const w = new Writer((vector?.length ?? 0) + 16);
  let count = 0;
  let at = 0;
  if (vector) {
    let scale = 1;
    for (;;) {
      const byte = vector[at++]!;
      count += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
  }
  w.u32(count + entries.length);
  if (vector) w.raw(vector.subarray(at));
  for (const entry of entries) w.raw(entry);
  return w.done();
}

/** A section's payload as it stands in the file, if it is there. */
export function payloadOf(m: Outline, id: number): Uint8Array | undefined {
  const section = m.sections.find((s) => s.id === id);
  return section && m.bytes.subarray(section.start, section.end);
}

/**
 * The module again, with sections replaced or added (a payload) or dropped (null). Custom sections keep their
 * place among the others, unless `keepCustom` refuses them.
 */
export function assemble(
  m: Outline, replaced: ReadonlyMap<number, Uint8Array | null>, keepCustom: (name: string) => boolean = () => true,
): Uint8Array {
  let total = m.bytes.length + 64;
  for (const bytes of replaced.values()) total += (bytes?.length ?? 0) + 8;
  const w = new Writer(total);
  w.raw(m.bytes.subarray(0, 8));
  const pending = SECTION_ORDER.filter((id) => replaced.get(id) && !m.sections.some((s) => s.id === id));
  const flush = (before: number) => {
    while (pending.length && SECTION_ORDER.indexOf(pending[0]!) < before) {
      const id = pending.shift()!;
      w.section(id, replaced.get(id)!);
    }
  };
  for (const section of m.sections) {
    if (section.id === SECTION.custom) {
      if (keepCustom(section.name!)) w.section(0, m.bytes.subarray(section.start, section.end));
      continue;
    }
    flush(SECTION_ORDER.indexOf(section.id));
    const bytes = replaced.get(section.id);
    if (bytes === null) continue;
    w.section(section.id, bytes ?? m.bytes.subarray(section.start, section.end));
  }
  flush(SECTION_ORDER.length);
  return w.done();
}

/** Finds a type among `types`, or adds it: its index. */
export function typeIndex(types: FuncType[], type: {params: number[]; results: number[]}): number {
  const same = (a: number[], b: number[]) => a.length === b.length && a.every((value, i) => value === b[i]);
  const found = types.findIndex((t) => same(t.params, type.params) && same(t.results, type.results));
  return found >= 0 ? found : types.push({...type, plain: true}) - 1;
}
