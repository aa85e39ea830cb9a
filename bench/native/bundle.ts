// OCI bundles for crun and runc, made of the very spec that native mode compiles: the same mounts, namespaces, masks,
// capabilities, filter and limits. What an older runtime does not know is left out, and said.

import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Spec} from '../../src/spec.ts';

export interface Bundle {
  readonly dir: string;
  /** What this runtime could not be given. */
  readonly left: readonly string[];
}

export function writeBundle(dir: string, spec: Spec): Bundle {
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
      // Both make a group named after the container below their own default parent.
      cgroupsPath: undefined,
    },
  };
  mkdirSync(dir, {recursive: true});
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  return {dir, left};
}
