// What an image's name stands for. No image is ever downloaded here: one is built in, and a path is a directory or a
// program. The path is looked at by the backend, which may be on another thread or machine.

import { TwinboxError } from './errno.ts';
import type { Mount } from './spec.ts';

/** What an image says about its processes; the same words as an OCI image's config. */
export interface ImageConfig {
  readonly env: readonly string[];
  readonly cmd: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cwd: string;
}

export interface ResolvedImage {
  /** The spec's root.path. */
  readonly root: string;
  readonly config: ImageConfig;
  readonly mounts: readonly Mount[];
}

export const busyboxRoot = 'builtin:busybox';
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function resolveImage(name: string): ResolvedImage {
  if (/^(docker\.io\/library\/)?busybox(:latest)?$/.test(name)) {
    return { root: busyboxRoot, config: { env: [path], cmd: ['sh'], cwd: '/' }, mounts: [] };
  }
  if (name.endsWith('.wasm')) return program(name);
  if (/^(\.{0,2}[\\/]|\.{1,2}$|[A-Za-z]:[\\/])/.test(name)) {
    return { root: name, config: { env: [path], cmd: ['sh'], cwd: '/' }, mounts: [] };
  }
  throw new TwinboxError({
    code: 'ENOENT',
    message: `no such image: ${name}`,
    hint: 'an image is busybox (built in), a directory (./dir) or a .wasm file; images from a registry come later',
  });
}

/** A program of its own: put beside the built-in userland, first on its PATH, so that a shell is there too. */
function program(file: string): ResolvedImage {
  const name = file.replace(/^.*[\\/]/, '').replace(/\.wasm$/, '') || 'program';
  const inside = `/usr/local/bin/${name}`;
  return {
    root: busyboxRoot,
    config: { env: [path], cmd: [], entrypoint: [inside], cwd: '/' },
    mounts: [{ destination: inside, type: 'program', source: file }],
  };
}
