// The one place that chooses between the two kernels.

import { AutoRuntime } from './client/auto.ts';
import type { WhyNot } from './client/choice.ts';
import { RuntimeClient } from './client/runtime.ts';
import { errorData, TwinboxError } from './errno.ts';
import type { Runtime, RuntimeOptions } from './runtime.ts';
import type { BackendOptions } from './wire.ts';

export async function open(options: RuntimeOptions): Promise<Runtime> {
  const mode = options.mode ?? 'auto';
  switch (mode) {
    case 'portable': return portable(options);
    case 'native': return native(options);
    case 'auto': return auto(options);
    default:
      throw new TwinboxError({
        code: 'ERR_UNSUPPORTED', message: `unknown mode ${String(mode)}`, hint: 'auto, portable or native',
      });
  }
}

async function portable({ cpu, machine, thread = true }: RuntimeOptions): Promise<RuntimeClient> {
  const options: BackendOptions = {
    ...(cpu === undefined ? {} : { cpu }), ...(machine === undefined ? {} : { machine }),
  };
  if (thread) {
    const { openThread } = await import('./portable/backend-link.ts');
    return RuntimeClient.connect(await openThread(options), 'portable');
  }
  const { openDirect } = await import('./portable/backend.ts');
  return RuntimeClient.connect(openDirect(options), 'portable');
}

/** The idle child that is kept ready by default: the next container of the same kind starts in half the time. */
const poolDefault = 1;

async function native({ root, pool = poolDefault }: RuntimeOptions): Promise<RuntimeClient> {
  // Also where it was loaded before: what is said of it now counts.
  (await import('./native/library.ts')).findLibrary();
  const { openNative } = await import('./native/backend.ts');
  const { hostStat } = await import('./native/stat.ts');
  return RuntimeClient.connect(openNative(root === undefined ? {} : { root }), 'native', { stat: hostStat, pool });
}

/** Linux where a trial has shown that it works, else the emulated kernel; each container may still need the other. */
async function auto(options: RuntimeOptions): Promise<Runtime> {
  const found = await tryNative(options);
  const { notice } = options;
  const more = { portable: () => portable(options), ...(notice === undefined ? {} : { notice }) };
  if (found instanceof RuntimeClient) return new AutoRuntime({ main: found, ...more });
  return new AutoRuntime({ main: await portable(options), whyNot: found, ...more });
}

async function tryNative(options: RuntimeOptions): Promise<RuntimeClient | WhyNot> {
  if (options.cpu !== undefined || options.machine !== undefined) {
    return { reason: 'a CPU or a size of the emulated machine is given', expected: false };
  }
  if (typeof process === 'undefined' || process.platform !== 'linux') {
    return { reason: 'native mode needs Linux', expected: false };
  }
  const { nativeSetting } = await import('./native/library.ts');
  const setting = nativeSetting();
  if (setting === 'off') return { reason: 'native mode is turned off by TWINBOX_NATIVE', expected: false };
  const { probe } = await import('./native/probe.ts');
  const tried = await probe(options.root === undefined ? {} : { root: options.root });
  if (!tried.ok) {
    const { reason, hint } = tried;
    if (setting !== 'require') return { reason, hint };
    throw new TwinboxError({ code: 'ERR_UNSUPPORTED', message: `native mode does not work here: ${reason}`, hint });
  }
  try {
    return await native(options);
  } catch (error) {
    if (setting === 'require') throw error;
    const { message, hint } = errorData(error);
    return { reason: message, ...(hint === undefined ? {} : { hint }) };
  }
}
