// Where the files that are data or thread entries lie (busybox.*.wasm, thread*.js). The build puts them all into one
// folder, dist/, beside the bundled code; run from source, the same folder is looked up from src/.

declare const TWINBOX_ASSETS: string | undefined;

const base = new URL(typeof TWINBOX_ASSETS === 'undefined' ? '../dist/' : TWINBOX_ASSETS, import.meta.url);

/** The address of a built file by its name in dist/. */
export function asset(name: string): URL {
  return new URL(name, base);
}
