// Data segments: made passive, so that an instance for clone(2) does not write them over what it will get from its
// parent, and put together where they lie close, since some compilers make one of each string.

import {BULK, OP} from './rewrite/opcode.ts';
import {NOTE, scan} from './rewrite/scan.ts';
import type {Notes} from './rewrite/scan.ts';
import type {Outline} from './wasm/binary.ts';
import {bodies, constantExpression, Reader, SECTION} from './wasm/binary.ts';
import {payload, Writer} from './wasm/encode.ts';

/** Zeros that two segments are worth putting together over. */
const GAP_BYTES = 64;

/** Fewer segments are not worth reading the code for. */
const MANY = 32;

interface Segment {
  /** The code of its offset, without the end; undefined for a passive one. */
  offset: Uint8Array | undefined;
  /** The offset, where it is a plain number. */
  at: number | undefined;
  bytes: Uint8Array;
}

/** The body of a function that writes the active segments, whose sections it puts in `replaced`. */
export function passiveData(m: Outline, replaced: Map<number, Uint8Array | null>): Uint8Array | undefined {
  const section = m.sections.find((s) => s.id === SECTION.data);
  if (!section) return undefined;
  const all = segments(new Reader(m.bytes, section.start, section.end));
  const list = all.length < MANY || named(m) ? all : merged(all);
  if (!list.some(({offset}) => offset !== undefined)) return undefined;
  const body = new Writer().u8(0);
  list.forEach(({offset, bytes}, i) => {
    // offset; 0; size; memory.init i; data.drop i
    if (offset) body.raw(offset).u8(0x41, 0, 0x41).s32(bytes.length).u8(0xfc, 8).u32(i).u8(0, 0xfc, 9).u32(i);
  });
  body.u8(0x0b);
  replaced.set(SECTION.dataCount, payload((w) => w.u32(list.length)));
  replaced.set(SECTION.data, payload((w) => {
    w.u32(list.length);
    for (const {bytes} of list) w.u8(1).sized(bytes);
  }));
  return body.done();
}

/**
 * Whether the code copies from segments by number (memory.init); code that cannot be read may. A data.drop without it
 * has no use: it is not looked for.
 */
function named(m: Outline): boolean {
  // The count of segments comes first where code wants to know it; some compilers write it always.
  if (!m.sections.some((s) => s.id === SECTION.dataCount)) return false;
  if (m.types.some((type) => type === undefined)) return true;
  const notes: Notes = {list: new Int32Array(4096), length: 0};
  try {
    for (const {start, end} of bodies(m)) {
      scan(m.bytes, start, end, m.types, notes);
      for (let i = 0; i < notes.length; i += NOTE) {
        if (notes.list[i] === (OP.bulk << 8 | BULK.memoryInit)) return true;
      }
    }
  } catch {
    return true;
  }
  return false;
}

function segments(r: Reader): Segment[] {
  const list: Segment[] = [];
  for (let n = r.count(); n > 0; n--) {
    const flags = r.u32();
    if (flags > 2) r.fail('unknown data segment');
    if (flags === 2 && r.u32() !== 0) r.fail('data for another memory');
    const from = r.at;
    if (flags !== 1) constantExpression(r);
    const offset = flags === 1 ? undefined : r.bytes.subarray(from, r.at - 1);
    list.push({offset, at: offset && plain(offset), bytes: r.take(r.u32())});
  }
  if (!r.done) r.fail('section has bytes left over');
  return list;
}

/** The value of `i32.const n`, unsigned. */
function plain(code: Uint8Array): number | undefined {
  if (code[0] !== 0x41) return undefined;
  let value = 0;
  let shift = 0;
  let at = 1;
  for (;;) {
    const byte = code[at++];
    if (byte === undefined) return undefined;
    value |= (byte & 127) << shift;
    shift += 7;
    if (byte >= 128) continue;
    if (byte & 64 && shift < 32) value |= -1 << shift;
    break;
  }
  return at === code.length ? value >>> 0 : undefined;
}

/** Neighbours as one segment. If any overlap or are placed by code, all stay as they are: then their order counts. */
function merged(list: Segment[]): Segment[] {
  if (list.some(({at}) => at === undefined)) return list;
  const sorted = [...list].sort((a, b) => a.at! - b.at!);
  const groups: Segment[][] = [];
  let end = -1;
  for (const segment of sorted) {
    if (segment.at! < end) return list;
    const last = groups[groups.length - 1];
    if (last !== undefined && segment.at! - end <= GAP_BYTES) last.push(segment);
    else groups.push([segment]);
    end = segment.at! + segment.bytes.length;
  }
  return groups.map((group) => {
    const [first] = group as [Segment];
    const tail = group[group.length - 1]!;
    const bytes = new Uint8Array(tail.at! + tail.bytes.length - first.at!);
    for (const segment of group) bytes.set(segment.bytes, segment.at! - first.at!);
    return {offset: first.offset, at: first.at, bytes};
  });
}
