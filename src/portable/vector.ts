// JavaScript can neither read nor write a v128: for clone(2) small modules carry the value of a global that holds one,
// to another global or through a memory.

import {KIND, SECTION, V128} from './wasm/binary.ts';
import {payload, Writer} from './wasm/encode.ts';

const GET = 0x23;
const SET = 0x24;
const ADDRESS = [0x41, 0];
const LOAD = [0xfd, 0, 0, 0];
const STORE = [0xfd, 11, 0, 0];

const modules = new Map<string, WebAssembly.Module>();

/** to = from, both mutable v128 globals. */
export function copyVector(from: WebAssembly.ExportValue, to: WebAssembly.ExportValue): void {
  run('copy', 2, [GET, 0, SET, 1], {g0: from, g1: to});
}

/** The 16 bytes of a v128 global. */
export function readVector(global: WebAssembly.ExportValue, into: Uint8Array): void {
  const memory = new WebAssembly.Memory({initial: 1});
  run('read', 1, [...ADDRESS, GET, 0, ...STORE], {g0: global, memory});
  into.set(new Uint8Array(memory.buffer, 0, 16));
}

export function writeVector(global: WebAssembly.ExportValue, bytes: Uint8Array): void {
  const memory = new WebAssembly.Memory({initial: 1});
  new Uint8Array(memory.buffer, 0, 16).set(bytes);
  run('write', 1, [...ADDRESS, ...LOAD, SET, 0], {g0: global, memory});
}

/** Runs `code` as the start function of a module that imports v128 globals, and a memory where one is given. */
function run(name: string, globals: number, code: number[], given: Record<string, WebAssembly.ExportValue>): void {
  let module = modules.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(build(globals, code, 'memory' in given) as Uint8Array<ArrayBuffer>);
    modules.set(name, module);
  }
  new WebAssembly.Instance(module, {k: given as WebAssembly.ModuleImports});
}

function build(globals: number, code: number[], memory: boolean): Uint8Array {
  const w = new Writer().u8(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  w.section(SECTION.type, payload((p) => p.u32(1).funcType({params: [], results: []})));
  w.section(SECTION.import, payload((p) => {
    p.u32(globals + (memory ? 1 : 0));
    for (let i = 0; i < globals; i++) p.name('k').name(`g${i}`).u8(KIND.global, V128, 1);
    if (memory) p.name('k').name('memory').u8(KIND.memory, 0, 1);
  }));
  w.section(SECTION.function, payload((p) => p.u8(1, 0)));
  w.section(SECTION.start, payload((p) => p.u8(0)));
  w.section(SECTION.code, payload((p) => p.u8(1).sized(Uint8Array.of(0, ...code, 0x0b))));
  return w.done();
}
