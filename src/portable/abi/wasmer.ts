// @wasmer/wasi 0.12.0 as it comes, on a memory of its own: the peer that the adapters are compared with and timed
// against (docs/decisions/wasi.md). No process runs on it, and nothing that the product loads imports this file.

import type {WASIBindings} from '@wasmer/wasi';

export interface StockOptions {
  args: string[];
  env: Record<string, string>;
  memory: WebAssembly.Memory;
  /** Its view of a file system, for what it opens; the default has none. */
  fs?: unknown;
}

export type WasiImport = Record<string, (...args: (number | bigint)[]) => number>;

/** The package's own import table. */
export async function stock(options: StockOptions): Promise<WasiImport> {
  // Its `module` field is a browser build with fs null: bundlers must leave the import to Node, which takes `main`. That
  // is CommonJS, whose exports loaders show in one of two places.
  const found = await import('@wasmer/wasi');
  const WASI = found.WASI ?? (found.default as unknown as typeof found).WASI;
  const bindings: WASIBindings = {
    hrtime: () => BigInt(Math.round(performance.now() * 1e6)),
    exit(status) { throw new Error(`exit ${status}`); },
    kill(signal) { throw new Error(`kill ${signal}`); },
    randomFillSync: (buffer, offset, size) => {
      crypto.getRandomValues((buffer as unknown as Uint8Array<ArrayBuffer>).subarray(offset, offset + size));
      return buffer;
    },
    isTTY: () => false,
    path: {},
    fs: options.fs ?? {fstatSync: () => { throw Object.assign(new Error('no file'), {code: 'EBADF'}); }},
  };
  const wasi = new WASI({args: options.args, env: options.env, preopens: {}, bindings});
  wasi.setMemory(options.memory);
  return wasi.wasiImport as WasiImport;
}
