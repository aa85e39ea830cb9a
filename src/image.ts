// What an image's name stands for. No image is ever downloaded here: `busybox` and, on Linux, `host` are made of what
// is here, and a path is a directory or a program. The path is looked at by the backend, which may be on another thread
// or machine.

import { TwinboxError } from './errno.ts';
import type { KernelName } from './kernel/uapi/step.ts';
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
/** The system's own programs, on Linux. */
export const hostRoot = 'builtin:host';
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const shell: ImageConfig = { env: [path], cmd: ['sh'], cwd: '/' };

/** The image of that name, as docker writes it too. */
export const isBusybox = (name: string): boolean => /^(docker\.io\/library\/)?busybox(:latest)?$/.test(name);

export function resolveImage(name: string, kernel: KernelName = 'portable'): ResolvedImage {
  if (isBusybox(name)) return { root: busyboxRoot, config: shell, mounts: [] };
  if (name === 'host') {
    if (kernel === 'linux') return { root: hostRoot, config: shell, mounts: [] };
    throw new TwinboxError({
      code: 'ENOENT', message: 'the image host is made of programs for Linux, which portable mode does not run',
      hint: 'use --mode native, or the image busybox',
    });
  }
  if (name.endsWith('.wasm')) {
    if (kernel === 'portable') return program(name);
    throw new TwinboxError({
      code: 'ENOEXEC',
      message: `${name} is WebAssembly, which Linux does not run`,
      hint: 'use --mode portable',
    });
  }
  if (/^(\.{0,2}[\\/]|\.{1,2}$|[A-Za-z]:[\\/])/.test(name)) return { root: name, config: shell, mounts: [] };
  throw new TwinboxError({
    code: 'ENOENT',
    message: `no such image: ${name}`,
    hint: 'an image is busybox (built in), host (this system, in native mode), a directory (./dir) or a .wasm file; '
      + 'images from a registry come later',
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
