// Which kernel one container takes under mode `auto`, where both are to be had.

import { busyboxRoot, isBusybox } from '../image.ts';
import type { ContainerOptions, CreateOptions } from '../runtime.ts';
import type { BackendFacts } from '../wire.ts';

/** Why a container is not on Linux itself. */
export interface WhyNot {
  readonly reason: string;
  /** What would change that. */
  readonly hint?: string;
  /** False: nobody expects it to be, and nothing needs to be said. */
  readonly expected?: boolean;
}

export type Choice = { readonly mode: 'native' } | ({ readonly mode: 'portable' } & WhyNot);

/** By what the image holds, and by what only the emulated kernel can do. */
export async function choose(options: CreateOptions, { images }: BackendFacts): Promise<Choice> {
  if (options.trace !== undefined) return { mode: 'portable', reason: 'a trace of its system calls is asked for' };
  const image = 'spec' in options ? options.spec.root.path : options.image;
  if (image.endsWith('.wasm')) return { mode: 'portable', reason: `${image} is WebAssembly` };
  if ((image === busyboxRoot || isBusybox(image)) && images?.busybox === undefined) {
    return { mode: 'portable', reason: images?.busyboxMissing ?? 'no static busybox on this machine' };
  }
  const program = 'spec' in options ? options.spec.process.args[0] : programOf(options);
  if (/^[./]/.test(image) && await isWasm(image, program ?? 'sh')) {
    return { mode: 'portable', reason: `${program ?? 'sh'} in ${image} is WebAssembly` };
  }
  return { mode: 'native' };
}

function programOf({ entrypoint, command }: Pick<ContainerOptions, 'entrypoint' | 'command'>): string | undefined {
  return (typeof entrypoint === 'string' ? entrypoint : entrypoint?.[0]) || command?.[0];
}

/** What a container asks for that only Linux gives, by its field; of limits the emulated kernel knows best itself. */
export function isolation(options: CreateOptions): string | undefined {
  if (options.requireIsolation) return 'requireIsolation';
  if ('image' in options && options.image === 'host') return 'the image host';
  return 'privileged' in options && options.privileged ? 'privileged' : undefined;
}

const places = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin', 'sbin', 'bin'];

/** Whether the program of a directory's begins as WebAssembly does. */
async function isWasm(dir: string, program: string): Promise<boolean> {
  const { closeSync, openSync, readSync } = await import('node:fs');
  const names = program.includes('/') ? [program] : places.map((place) => `${place}/${program}`);
  for (const name of names) {
    let fd: number;
    try {
      fd = openSync(`${dir}/${name}`, 'r');
    } catch {
      continue;
    }
    try {
      const head = Buffer.alloc(4);
      return readSync(fd, head, 0, 4, 0) === 4 && head.toString('latin1') === '\0asm';
    } catch {
      return false;
    } finally {
      closeSync(fd);
    }
  }
  return false;
}
