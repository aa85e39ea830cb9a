// Where the native library is found: by TWINBOX_NATIVE_PATH, in the checkout, in this package, or in a package of its
// own for the platform. One file serves every C library, so that the CPU alone is in the names.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asset } from '../asset.ts';
import { TwinboxError } from '../errno.ts';

export interface Found {
  readonly path: string;
  /** The place in the order above. */
  readonly from: 'environment' | 'build' | 'package' | 'platform package';
}

type Env = Readonly<Record<string, string | undefined>>;

/** TWINBOX_NATIVE: `off` (or 0) means never, `require` that its absence is an error even where it could be done without. */
export function nativeSetting(env: Env = process.env): 'auto' | 'off' | 'require' {
  const value = env.TWINBOX_NATIVE ?? '';
  if (value === '0' || value === 'off') return 'off';
  return value === 'require' ? 'require' : 'auto';
}

export function libraryFile(): string {
  return findLibrary().path;
}

/** The first that exists; the error lists every place that was looked at. */
export function findLibrary(env: Env = process.env, platform: string = process.platform, arch: string = process.arch): Found {
  if (nativeSetting(env) === 'off') throw missing('native mode is turned off by TWINBOX_NATIVE', 'unset TWINBOX_NATIVE');
  if (platform !== 'linux') {
    throw missing(`native mode needs Linux, and this is ${platform}`, 'use --mode portable: the emulated kernel, which runs everywhere');
  }
  if (env.TWINBOX_NATIVE_PATH) return given(env.TWINBOX_NATIVE_PATH);
  const tried: string[] = [];
  const places: readonly (readonly [Found['from'], string | undefined])[] = [
    ['build', fileURLToPath(asset('../native/target/release/libtwinbox.so'))],
    ['package', fileURLToPath(asset(`native/linux-${arch}/libtwinbox.so`))],
    ['platform package', fromPackage(`@twinbox/linux-${arch}`)],
  ];
  for (const [from, path] of places) {
    if (path !== undefined && existsSync(path)) return { path, from };
    tried.push(path ?? `the package @twinbox/linux-${arch}`);
  }
  throw missing(
    `the native library was not found: looked for ${tried.join(', ')}`,
    `in a checkout: install Rust (https://rustup.rs) and run npm run build; else npm install @twinbox/linux-${arch}, or set TWINBOX_NATIVE_PATH`,
  );
}

/** A path that was named is the only one that counts. */
function given(path: string): Found {
  const full = isAbsolute(path) ? path : resolve(path);
  if (existsSync(full)) return { path: full, from: 'environment' };
  throw missing(`the native library was not found: TWINBOX_NATIVE_PATH is ${path}, which does not exist`, 'name the file libtwinbox.so itself');
}

function fromPackage(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${name}/libtwinbox.so`);
  } catch {
    return undefined;
  }
}

function missing(message: string, hint: string): TwinboxError {
  return new TwinboxError({ code: 'ERR_UNSUPPORTED', message, hint });
}
