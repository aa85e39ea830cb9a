// The steps of a new container, in order: what the runtime prepares, the child's namespaces, its file system, its
// identity, its powers, its program.

import { SpecError } from '../errno.ts';
import type { Facts, Plan, PlanOptions, Step } from '../plan.ts';
import type { Spec } from '../spec.ts';
import { groupPath, groupSteps } from './cgroup.ts';
import { enterRoot } from './exec.ts';
import { deviceGuard } from './guard.ts';
import { limitsOf } from './limit.ts';
import { type Around, type FileSystem, fileSystem, leavePeers } from './mount.ts';
import { aheadOf } from './prepaid.ts';
import { born, idMaps, late, opened, type Spaces, spacesOf, userNamespace } from './namespace.ts';
import {
  closeFds, consoleSteps, dieWithParent, loopback, ownKeyring, ownSession, processSteps, stdioSteps,
} from './process.ts';

export { newFlag } from './namespace.ts';

export function compileCreate(spec: Spec, facts: Facts, options: PlanOptions): Pick<Plan, 'steps' | 'ahead'> {
  const spaces = spacesOf(spec, facts);
  refuse(spec, spaces, facts, options);
  const user = userNamespace(spec, spaces, facts);
  const maps = spaces.fresh.has('user') ? idMaps(spec, facts) : undefined;
  const limits = limitsOf(spec.linux?.resources, facts);
  const mounts = spaces.fresh.has('mount');
  const around = { spaces, facts, options, limits };
  const { sources, ahead, steps: files } = mounts ? fileSystem(spec, around) : noFiles;
  const clone = born(spaces, facts.cgroup !== 'none');
  // What comes before the group and the root are known is the same for all, so that a pool can have it done in advance.
  const first = [
    closeFds,
    ...user.child,
    dieWithParent,
    ownSession,
    ownKeyring,
    ...(spaces.fresh.has('network') ? [loopback] : []),
    ...sources.filter((step) => step.by === 'child'),
    ...(mounts ? [leavePeers, ...ahead] : []),
  ];
  const known = mounts ? aheadOf(clone, first, ahead) : undefined;
  const steps = [
    ...group(spec, around),
    ...opened(spaces),
    ...sources.filter((step) => step.by === 'runtime'),
    ...stdioSteps(spec.process, options),
    clone,
    ...user.runtime,
    // From here on it is the child.
    ...first,
    ...late(spec, spaces),
    ...(spaces.all.includes('mount') && !mounts ? [enterRoot] : []),
    ...files,
    ...names(spec),
    ...consoleSteps(spec.process, mounts),
    ...processSteps(spec.process, { spec, facts, maps }),
  ];
  return known === undefined ? { steps } : { steps, ahead: known };
}

const noFiles: FileSystem = { sources: [], ahead: [], steps: [] };

/** Its group with everything that keeps it small, before anything is in it. */
function group(spec: Spec, { spaces, facts, options, limits }: Around): Step[] {
  const path = groupPath(spec, facts, options.id);
  const guard = deviceGuard(spec, spaces, facts);
  if (facts.cgroup === 'none') return [];
  const needed = guard.hierarchy === undefined ? limits.hierarchies : [...limits.hierarchies, guard.hierarchy];
  return [...groupSteps(path, facts, needed, limits.controllers), ...guard.steps, ...limits.steps];
}

/** A field that this kernel cannot honour is an error that names it. */
function refuse(spec: Spec, spaces: Spaces, facts: Facts, { allowStray }: PlanOptions): void {
  const where = facts.kernel === 'portable' ? 'portable mode' : 'this kernel';
  for (const type of spaces.all) {
    if (facts.namespaces.includes(type)) continue;
    const i = spec.linux?.namespaces?.findIndex((ns) => ns.type === type) ?? -1;
    throw new SpecError(
      i < 0 ? 'userns' : `linux.namespaces[${i}]`,
      `${where} has no ${type} namespace`,
      i < 0 ? 'twinbox info says why' : undefined,
    );
  }
  for (const field of ['hostname', 'domainname'] as const) {
    if (spec[field] !== undefined && !spaces.fresh.has('uts'))
      throw new SpecError(field, "needs a UTS namespace of the container's own");
  }
  if (facts.kernel === 'portable') return;
  if (!spaces.all.includes('mount')) {
    throw new SpecError('linux.namespaces', "without a mount namespace it would run in the machine's own root");
  }
  // With a PID namespace of its own every process of it dies with the first; else only a cgroup still finds them.
  if (spaces.fresh.has('pid') || facts.cgroup !== 'none' || allowStray) return;
  throw new SpecError('pid', 'in a PID namespace of others and without a cgroup its processes could not be found again',
    'allowStray (--allow-stray) accepts that some are left behind');
}

/** While /proc/sys can still be written, and powers are there. */
function names(spec: Spec): Step[] {
  const steps: Step[] = [];
  if (spec.hostname !== undefined) steps.push({ by: 'child', op: 'sethostname', args: { name: spec.hostname } });
  if (spec.domainname !== undefined) steps.push({ by: 'child', op: 'setdomainname', args: { name: spec.domainname } });
  return steps;
}
