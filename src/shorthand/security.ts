// docker's words for what a container may do: capabilities, no_new_privs, seccomp.

import { SpecError } from '../errno.ts';
import { CAP, dockerCaps, type CapName } from '../kernel/uapi/capability.ts';
import type { Facts } from '../plan.ts';
import { capability, type Capabilities } from '../spec.ts';

const all = Object.keys(CAP) as CapName[];

const frozen = (names: readonly CapName[]): readonly string[] => Object.freeze(names.map((cap) => `CAP_${cap}`));
const nothing = Object.freeze([] as string[]);
const setsOf = (names: readonly CapName[]): Capabilities => {
  const set = frozen(names);
  return Object.freeze({ bounding: set, effective: set, permitted: set, inheritable: nothing, ambient: nothing });
};

/** The same sets again and again: made once. */
const standard: Capabilities = setsOf(all.filter((cap) => dockerCaps.includes(cap)));
const whole: Capabilities = setsOf(all);

export function capabilitySets(
  add: readonly string[],
  drop: readonly string[],
  privileged: boolean,
  facts?: Facts,
): Capabilities {
  if (add.length === 0 && drop.length === 0) return privileged ? whole : standard;
  const named = (field: string, names: readonly string[]): CapName[] =>
    names.flatMap((name, i) => (/^(CAP_)?ALL$/i.test(name) ? all : [capability(`${field}[${i}]`, name)]));
  add.forEach((name, i) => possible(`capAdd[${i}]`, name, facts));
  const added = new Set(named('capAdd', add));
  const dropped = new Set(named('capDrop', drop));
  const base = privileged ? all : dockerCaps;
  // `--cap-drop ALL --cap-add X` leaves X, and `--cap-add ALL --cap-drop X` all but X.
  const everything = added.size === all.length;
  return setsOf(
    all.filter((cap) => (everything ? !dropped.has(cap) : added.has(cap) || (base.includes(cap) && !dropped.has(cap)))),
  );
}

/** What is asked for by name must be there; `ALL` is all that there is. */
function possible(field: string, name: string, facts: Facts | undefined): void {
  if (facts?.capabilities === undefined || /^(CAP_)?ALL$/i.test(name)) return;
  const cap = capability(field, name);
  if (!facts.capabilities.includes(cap))
    throw new SpecError(field, `CAP_${cap} is not in the power of this process itself`);
}

export interface Security {
  readonly noNewPrivileges: boolean;
  /** For linux.seccomp; undefined is none. */
  readonly seccomp: unknown;
}

/** `given` is the option of its own, which a line of `securityOpt` may also say. */
export function securityOptions(
  options: readonly string[],
  given: unknown,
  privileged: boolean,
  facts: Facts,
): Security {
  let noNewPrivileges = true;
  let seccomp = given;
  options.forEach((option, i) => {
    const at = option.search(/[=:]/);
    const key = at < 0 ? option : option.slice(0, at);
    const value = at < 0 ? undefined : option.slice(at + 1);
    const field = `securityOpt[${i}]`;
    if (key === 'no-new-privileges' && (value === undefined || value === 'true' || value === 'false'))
      noNewPrivileges = value !== 'false';
    else if (key === 'seccomp' && value !== undefined) seccomp = profile(field, value);
    else
      throw new SpecError(
        field,
        `unknown option ${option}`,
        'known: no-new-privileges[=false], seccomp=FILE, seccomp=unconfined, seccomp=builtin',
      );
  });
  if (seccomp === undefined) seccomp = privileged || facts.kernel === 'portable' ? 'unconfined' : 'builtin';
  const object = typeof seccomp === 'object' && seccomp !== null;
  if (!object && seccomp !== 'unconfined' && seccomp !== 'builtin')
    throw new SpecError('seccomp', `not a profile: ${String(seccomp)}`);
  return { noNewPrivileges, seccomp: seccomp === 'unconfined' ? undefined : seccomp };
}

/** A profile's own text, as docker's client sends it: files are the command line's to read. */
function profile(field: string, value: string): unknown {
  if (!value.trimStart().startsWith('{')) {
    if (value === 'unconfined' || value === 'builtin') return value;
    throw new SpecError(field, `not a seccomp profile: ${value}`, 'unconfined, builtin, or the text of a profile');
  }
  try {
    return JSON.parse(value) as unknown;
  } catch (error) {
    throw new SpecError(field, `not a seccomp profile: ${(error as Error).message}`);
  }
}
