// The globals of a process, which clone(2) copies as it copies memory. Hundreds of exported globals would cost more
// than all the rest of an instance; two functions in the guest write them to its memory and read them back, over a few
// bytes that are put back at once.

import type {Outline} from './wasm/binary.ts';
import {F32, F64, I32, I64, V128} from './wasm/binary.ts';
import {Writer} from './wasm/encode.ts';

/** Size, load and store of what can be copied: a reference means another function in another instance. */
const ACCESS = new Map<number, {size: number; load: number[]; store: number[]}>([
  [I32, {size: 4, load: [0x28], store: [0x36]}],
  [I64, {size: 8, load: [0x29], store: [0x37]}],
  [F32, {size: 4, load: [0x2a], store: [0x38]}],
  [F64, {size: 8, load: [0x2b], store: [0x39]}],
  [V128, {size: 16, load: [0xfd, 0], store: [0xfd, 11]}],
]);

/** Bodies of save(at) and load(at), and how many bytes they write and read. */
export function globalCode(m: Outline): {bytes: number; save: Uint8Array; load: Uint8Array} {
  const save = new Writer().u8(0);
  const load = new Writer().u8(0);
  let bytes = 0;
  m.globals.forEach(({mutable, value}, i) => {
    const access = ACCESS.get(value);
    if (!mutable || access === undefined) return;
    // local.get 0; global.get i; store, and local.get 0; load; global.set i
    save.u8(0x20, 0, 0x23).u32(i).u8(...access.store, 0).u32(bytes);
    load.u8(0x20, 0, ...access.load, 0).u32(bytes).u8(0x24).u32(i);
    bytes += access.size;
  });
  return {bytes, save: save.u8(0x0b).done(), load: load.u8(0x0b).done()};
}

/** What the section pass exports of them. */
interface Copies {
  __tb_save?: (at: number) => void;
  __tb_load?: (at: number) => void;
}

/** The values of a process's globals. */
export function saveGlobals(exports: object, memory: Uint8Array, bytes: number): Uint8Array {
  if (bytes > memory.length) throw new RangeError('no room for the globals');
  const kept = memory.slice(0, bytes);
  (exports as Copies).__tb_save?.(0);
  const values = memory.slice(0, bytes);
  memory.set(kept);
  return values;
}

export function loadGlobals(exports: object, memory: Uint8Array, values: Uint8Array): void {
  const kept = memory.slice(0, values.length);
  memory.set(values);
  (exports as Copies).__tb_load?.(0);
  memory.set(kept);
}
