// Type checks of table entries: which functions of a guest the hardware may call, and how.

import {I32, KIND, SECTION} from './wasm/binary.ts';
import {payload, Writer} from './wasm/encode.ts';

/** The types that the hardware calls through a program's table. */
export const ENTRY_TYPES = {
  clone: {params: [I32], results: [I32]},
  handler: {params: [I32], results: []},
  siginfo: {params: [I32, I32, I32], results: []},
} as const;

export type EntryType = keyof typeof ENTRY_TYPES;

const probes = new Map<EntryType, WebAssembly.Module>();

/** Whether a function of the guest has this type: the engine compares it when a module imports it. */
export function hasType(fn: unknown, type: EntryType): boolean {
  if (typeof fn !== 'function') return false;
  let module = probes.get(type);
  if (module === undefined) {
    const {params, results} = ENTRY_TYPES[type];
    module = new WebAssembly.Module(probe(params, results) as Uint8Array<ArrayBuffer>);
    probes.set(type, module);
  }
  try {
    new WebAssembly.Instance(module, {k: {f: fn as WebAssembly.ExportValue}});
    return true;
  } catch {
    return false;
  }
}

/** (import "k" "f" (func (type))): a LinkError tells that a function's type is another. */
function probe(params: readonly number[], results: readonly number[]): Uint8Array {
  const w = new Writer().u8(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  w.section(SECTION.type, payload((p) => p.u32(1).funcType({params, results})));
  w.section(SECTION.import, payload((p) => p.u32(1).name('k').name('f').u8(KIND.func, 0)));
  return w.done();
}
