// The seccomp step of a process: its spec's profile compiled for this CPU and for what the process can ever be allowed.
// The compiler with its tables of calls is loaded only where a kernel has filters, since a shell in portable mode waits
// for it.

import { SpecError } from '../errno.ts';
import type { Facts, Step } from '../plan.ts';
import type { SeccompProfile } from './seccomp/index.ts';

let compiler: typeof import('./seccomp/index.ts') | undefined;

/** To be awaited before the first plan for a kernel with the feature `seccomp`. */
export async function loadFilters(): Promise<void> {
  compiler ??= await import('./seccomp/index.ts');
}

const read = new WeakMap<object, SeccompProfile>();

function profileOf(given: object, check: (given: unknown) => SeccompProfile): SeccompProfile {
  let profile = read.get(given);
  if (profile === undefined) read.set(given, (profile = check(given)));
  return profile;
}

const made = new WeakMap<
  readonly string[],
  { readonly given: unknown; readonly facts: Facts; readonly steps: readonly Step[] }
>();

/** `bounding` are capabilities without prefix: docker's rules ask for what a process could come to have. */
export function filterSteps(given: unknown, bounding: readonly string[], facts: Facts): readonly Step[] {
  if (given === undefined) return [];
  const before = made.get(bounding);
  if (before?.given === given && before?.facts === facts) return before.steps;
  const steps = compileFilter(given, bounding, facts);
  made.set(bounding, { given, facts, steps });
  return steps;
}

function compileFilter(given: unknown, bounding: readonly string[], facts: Facts): readonly Step[] {
  if (!facts.features.includes('seccomp')) {
    throw facts.kernel === 'portable'
      ? new SpecError('linux.seccomp', 'portable mode has no seccomp filter yet')
      : new SpecError('linux.seccomp', 'this kernel has no seccomp filters', 'seccomp=unconfined runs without');
  }
  const { arch } = facts;
  if (arch !== 'x64' && arch !== 'arm64')
    throw new SpecError('linux.seccomp', `filters are not written for ${arch ?? 'this CPU'}`);
  if (compiler === undefined) throw new Error('loadFilters was not awaited');
  const { checkSeccomp, compileSeccomp, defaultProfile } = compiler;
  const builtin = given === 'builtin';
  if (!builtin && (typeof given !== 'object' || given === null))
    throw new SpecError('linux.seccomp', 'not a profile, and not builtin');
  const capabilities = bounding.map((name) => `CAP_${name}`);
  const { filter, flags } = compileSeccomp(builtin ? defaultProfile : profileOf(given as object, checkSeccomp), {
    arch,
    capabilities,
    release: facts.release,
  });
  const bare = flags.map((flag) => flag.replace('SECCOMP_FILTER_FLAG_', ''));
  return [{ by: 'child', op: 'seccomp', args: { profile: builtin ? 'builtin' : 'custom', flags: bare, filter } }];
}
