// Runs a module through the code pass and instantiates it with counting hooks, for the tests of the pass.

import wabt from 'wabt';
import {rewrite} from '../../src/portable/rewrite/rewrite.ts';

const features = {
  exceptions: true, mutable_globals: true, sat_float_to_int: true, sign_extension: true, simd: true, threads: true,
  multi_value: true, tail_call: true, bulk_memory: true, reference_types: true, relaxed_simd: true, memory64: true,
  multi_memory: true, gc: true, function_references: true,
};

const toolkit = await wabt();

export function assembleText(text: string): Uint8Array {
  const parsed = toolkit.parseWat('test.wat', text, features);
  try {
    return new Uint8Array(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

const hooks = new WebAssembly.Module(assembleText(`(module
  (import "k" "check" (func $check)) (import "k" "grow" (func $grow (param i32) (result i32)))
  (export "check" (func $check)) (export "grow" (func $grow)))`) as Uint8Array<ArrayBuffer>);

export interface Rewritten {
  exports: Record<string, CallableFunction>;
  fuel: WebAssembly.Global;
  /** How often the code called the check hook. */
  checks: number;
  /** Fuel used so far. */
  used(): number;
}

/** Thrown by a check when the budget of `slices` is used up. */
export class Killed extends Error {}

/** Fills the hooks of an instance: each check refills with `slice`, and kills after `slices` of them. */
export function attach(instance: WebAssembly.Instance, slice: number, slices = Infinity): Rewritten {
  const fuel = instance.exports.__tb_fuel as WebAssembly.Global;
  let filled = slice;
  let spent = 0;
  const state: Rewritten = {
    exports: instance.exports as Record<string, CallableFunction>, fuel, checks: 0,
    used: () => spent + filled - fuel.value,
  };
  fuel.value = slice;
  const k = {
    check() {
      spent += filled - fuel.value;
      filled = fuel.value = slice;
      if (++state.checks >= slices) throw new Killed();
    },
    grow(pages: number) {
      try {
        return (instance.exports.memory as WebAssembly.Memory).grow(pages >>> 0);
      } catch {
        return -1;
      }
    },
  };
  const table = instance.exports.__tb_hooks as WebAssembly.Table;
  const own = new WebAssembly.Instance(hooks, {k});
  table.set(0, own.exports.check);
  table.set(1, own.exports.grow);
  return state;
}

/** Rewrites bytes or wat; throws the reason if that cannot be done. */
export function rewriteOrThrow(source: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const result = rewrite(typeof source === 'string' ? assembleText(source) : source);
  if (!result.code) throw new Error(result.reason);
  return result.code as Uint8Array<ArrayBuffer>;
}

export function instantiate(source: string | Uint8Array, imports: WebAssembly.Imports = {}): WebAssembly.Instance {
  const bytes = typeof source === 'string' ? assembleText(source) : source;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), imports);
}

/** The module rewritten and ready to run. */
export function run(source: string | Uint8Array, slice = 1000, slices = Infinity): Rewritten {
  return attach(instantiate(rewriteOrThrow(source)), slice, slices);
}
