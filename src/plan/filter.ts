// The seccomp step of a process: its spec's profile compiled for this CPU and for what the process can ever be allowed.

import { SpecError } from '../errno.ts';
import type { Facts, Step } from '../plan.ts';
import { checkSeccomp, compileSeccomp, defaultProfile, type SeccompProfile } from './seccomp/index.ts';

const read = new WeakMap<object, SeccompProfile>();

function profileOf(given: object): SeccompProfile {
  let profile = read.get(given);
  if (profile === undefined) read.set(given, (profile = checkSeccomp(given)));
  return profile;
}

/** `bounding` are capabilities without prefix: docker's rules ask for what a process could come to have. */
export function filterSteps(given: unknown, bounding: readonly string[], facts: Facts): readonly Step[] {
  if (given === undefined) return [];
  if (!facts.features.includes('seccomp')) {
    throw facts.kernel === 'portable'
      ? new SpecError('linux.seccomp', 'portable mode has no seccomp filter yet')
      : new SpecError('linux.seccomp', 'this kernel has no seccomp filters', 'seccomp=unconfined runs without');
  }
  const { arch } = facts;
  if (arch !== 'x64' && arch !== 'arm64') throw new SpecError('linux.seccomp', `filters are not written for ${arch ?? 'this CPU'}`);
  const builtin = given === 'builtin';
  if (!builtin && (typeof given !== 'object' || given === null)) throw new SpecError('linux.seccomp', 'not a profile, and not builtin');
  const capabilities = bounding.map((name) => `CAP_${name}`);
  const { filter, flags } = compileSeccomp(builtin ? defaultProfile : profileOf(given as object), { arch, capabilities, release: facts.release });
  const bare = flags.map((flag) => flag.replace('SECCOMP_FILTER_FLAG_', ''));
  return [{ by: 'child', op: 'seccomp', args: { profile: builtin ? 'builtin' : 'custom', flags: bare, filter } }];
}
