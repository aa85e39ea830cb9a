// The one place that chooses between the two kernels.

import { TwinboxError } from './errno.ts';
import type { RuntimeOptions } from './runtime.ts';
import type { Backend } from './wire.ts';

export interface Opened {
  readonly backend: Backend;
  readonly mode: 'portable' | 'native';
}

export async function open(options: RuntimeOptions): Promise<Opened> {
  const mode = options.mode ?? 'auto';
  if (mode === 'native') {
    throw new TwinboxError({
      code: 'ERR_UNSUPPORTED',
      message: 'native mode is not part of this version',
      hint: 'use --mode portable: the emulated kernel, which runs everywhere',
    });
  }
  if (mode !== 'auto' && mode !== 'portable') {
    throw new TwinboxError({ code: 'ERR_UNSUPPORTED', message: `unknown mode ${String(mode)}`, hint: 'auto, portable or native' });
  }
  if (options.thread ?? true) {
    const { openThread } = await import('./portable/backend-link.ts');
    return { backend: await openThread(options), mode: 'portable' };
  }
  const { openDirect } = await import('./portable/backend.ts');
  return { backend: openDirect(options), mode: 'portable' };
}
