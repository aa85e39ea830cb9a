// OCI bundles for crun and runc, made of the very spec that native mode compiles: the same mounts, namespaces, masks,
// capabilities, filter and limits. What an older runtime does not know is left out, and said.

import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {defaultProfile, type SeccompProfile, type SeccompRule} from '../../src/plan/seccomp/index.ts';
import type {Spec} from '../../src/spec.ts';

export interface Bundle {
  readonly dir: string;
  /** What these runtimes could not be given. */
  readonly left: readonly string[];
}

/** `without`: the filter is left out too, since compiling it is most of what some runtimes do. */
export function writeBundle(dir: string, spec: Spec, {without = false} = {}): Bundle {
  const left: string[] = [];
  const {username: _, ...user} = spec.process.user ?? {};
  const namespaces = (spec.linux?.namespaces ?? []).filter(({type}) => type !== 'time');
  if (namespaces.length < (spec.linux?.namespaces?.length ?? 0)) left.push('time namespace');
  const config = {
    ...spec,
    ociVersion: '1.0.2',
    process: {...spec.process, user: {uid: 0, gid: 0, ...user}},
    linux: {
      ...spec.linux,
      namespaces,
      seccomp: without ? undefined : seccomp(spec),
      // Both make a group named after the container below their own default parent.
      cgroupsPath: undefined,
    },
  };
  mkdirSync(dir, {recursive: true});
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  return {dir, left};
}

/** The profile in OCI's own form: docker's conditions are decided here, by the process's bounding set. */
function seccomp({linux, process}: Spec): object | undefined {
  const given = linux?.seccomp;
  if (given === undefined) return undefined;
  const profile = given === 'builtin' ? defaultProfile : (given as SeccompProfile);
  const bounding = new Set(process.capabilities?.bounding);
  const rules = (profile.syscalls ?? []).filter(rule => holds(rule, bounding));
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: rules.map(({names, action, errnoRet, args = []}) => ({names, action, errnoRet, args})),
  };
}

function holds({includes, excludes}: SeccompRule, bounding: ReadonlySet<string>): boolean {
  if (includes?.caps?.some(cap => !bounding.has(cap))) return false;
  return !excludes?.caps?.some(cap => bounding.has(cap));
}
