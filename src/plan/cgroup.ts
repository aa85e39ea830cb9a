// Where a container's group lies (cgroups(7)): one directory in each hierarchy that its limits, its devices or its life
// need. On a hybrid machine the limits are those of v1 controllers, and the v2 group holds the processes, freezes and
// kills them.

import { SpecError } from '../errno.ts';
import type { Facts, Hierarchy, Step } from '../plan.ts';
import type { Spec } from '../spec.ts';

/** The hierarchy that a controller is used in. io is v2's word for blkio. */
export function hierarchyOf(facts: Facts, controller: string): Hierarchy | undefined {
  const find = (version: 1 | 2, name: string): Hierarchy | undefined =>
    facts.hierarchies?.find((one) => one.version === version && one.controllers.includes(name));
  return find(1, controller === 'io' ? 'blkio' : controller) ?? find(2, controller);
}

export const unified = (facts: Facts): Hierarchy | undefined => facts.hierarchies?.find((one) => one.version === 2);

/** What its steps call a v1 hierarchy; '' is v2's. */
export const nameOf = (one: Hierarchy): string => (one.version === 2 ? '' : one.controllers.join(','));

/** The one that has the processes of every container: v2, else the freezer, which stops them, else any. */
export const holder = (facts: Facts): Hierarchy | undefined =>
  unified(facts) ?? facts.hierarchies?.find((one) => one.controllers.includes('freezer')) ?? facts.hierarchies?.[0];

/**
 * The group itself, and in the v2 hierarchy the controllers that are handed down to it: from the top, in each directory
 * above it. `needed` are the hierarchies of its limits and devices, `controllers` those of v2 among them.
 */
export function groupSteps(
  path: string,
  facts: Facts,
  needed: readonly Hierarchy[],
  controllers: readonly string[],
): Step[] {
  const top = unified(facts);
  const kept = holder(facts);
  const v1 = (facts.hierarchies ?? []).filter((one) => one.version === 1 && (one === kept || needed.includes(one)));
  const dir = (one: Hierarchy): string => `${one.mount}${one.path}${path}`;
  const group: Step = {
    by: 'runtime', op: 'cgroup', slot: '$cgroup',
    args: {
      path, ...(top === undefined ? {} : { v2: dir(top) }),
      ...(v1.length === 0 ? {} : { v1: v1.map((one) => ({ controller: nameOf(one), dir: dir(one) })) }),
    },
    undo: { op: 'rmdir', args: { path } },
  };
  return [group, ...(top === undefined ? [] : delegations(path, top, controllers))];
}

export function delegations(path: string, top: Hierarchy, controllers: readonly string[]): Step[] {
  if (controllers.length === 0) return [];
  const text = controllers.map((name) => `+${name}`).join(' ');
  const names = path.split('/').slice(1, -1);
  return ['', ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)].map((above): Step =>
    ({ by: 'runtime', op: 'delegate', args: { dir: `${top.mount}${top.path}${above}`, controllers: text } }));
}

/** Its path in every hierarchy, from where the caller's groups may be made: it cannot climb out of there. */
export function groupPath(spec: Spec, facts: Facts, id: string): string {
  const given = spec.linux?.cgroupsPath;
  if (given === undefined || given === '') return `${facts.cgroupParent}/${id}`;
  const names = `${given.startsWith('/') ? given : `${facts.cgroupParent}/${given}`}${given.endsWith('/') ? id : ''}`
    .split('/')
    .filter((name) => name !== '');
  if (
    names.length === 0 ||
    given.includes('\0') ||
    given.includes('\n') ||
    names.includes('.') ||
    names.includes('..')
  ) {
    throw new SpecError(
      'linux.cgroupsPath',
      `not a path below the group that containers live in: ${JSON.stringify(given)}`,
    );
  }
  return `/${names.join('/')}`;
}
