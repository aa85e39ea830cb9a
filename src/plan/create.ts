// The steps of a new container, in order: what the runtime prepares, the child's namespaces, its file system, its
// identity, its powers, its program.

import { SpecError } from '../errno.ts';
import type { Facts, PlanOptions, Step } from '../plan.ts';
import { namespaceTypes, type Namespace, type NamespaceType, type Spec } from '../spec.ts';
import { fileSystem, sources } from './mount.ts';
import { processSteps, stdioSteps } from './process.ts';

/** The clone(2) flag of each kind. */
export const newFlag: Readonly<Record<NamespaceType, string>> = {
  mount: 'NEWNS', pid: 'NEWPID', uts: 'NEWUTS', ipc: 'NEWIPC', network: 'NEWNET', user: 'NEWUSER', cgroup: 'NEWCGROUP',
  time: 'NEWTIME',
};

export function compileCreate(spec: Spec, facts: Facts, options: PlanOptions): Step[] {
  refuse(spec, facts);
  const namespaces = spec.linux?.namespaces ?? [];
  return [
    ...cgroup(spec, facts, options),
    ...sources(spec, facts),
    ...stdioSteps(spec.process, options),
    ...born(namespaces, facts),
    ...userNamespace(spec, namespaces),
    ...join(namespaces),
    ...late(namespaces),
    ...fileSystem(spec, facts),
    ...names(spec),
    ...processSteps(spec.process, { console: true }),
  ];
}

/** A field that this kernel cannot honour is an error that names it: a limit that does not limit would be a lie. */
function refuse(spec: Spec, facts: Facts): void {
  const where = facts.kernel === 'portable' ? 'portable mode' : 'this kernel';
  for (const [i, { type }] of (spec.linux?.namespaces ?? []).entries()) {
    if (!facts.namespaces.includes(type)) throw new SpecError(`linux.namespaces[${i}]`, `${where} has no ${type} namespace`);
  }
  const resources = spec.linux?.resources ?? {};
  const limits = [
    ['memory', 'memory', resources.memory], ['cpus', 'cpu', resources.cpu], ['pids', 'pids', resources.pids],
  ] as const;
  for (const [field, controller, value] of limits) {
    if (value !== undefined && !facts.controllers.includes(controller)) {
      throw new SpecError(field, `${where} has no ${controller} controller yet, and a limit is never ignored`);
    }
  }
  if (resources.unified !== undefined && Object.keys(resources.unified).length > 0) {
    throw new SpecError('linux.resources.unified', `${where} sets no files of a cgroup yet`);
  }
  if (spec.linux?.seccomp !== undefined && !facts.features.includes('seccomp')) {
    throw new SpecError('linux.seccomp', `${where} has no seccomp filter yet`);
  }
}

function cgroup(spec: Spec, facts: Facts, options: PlanOptions): Step[] {
  if (facts.cgroup === 'none') return [];
  const path = spec.linux?.cgroupsPath ?? `${facts.cgroupParent}/${options.id}`;
  return [{ by: 'runtime', op: 'cgroup', args: { path }, slot: '$cgroup', undo: { op: 'rmdir', args: { path } } }];
}

/** The kinds that are made by the clone itself; a cgroup namespace must wait until the child is in its group. */
function born(namespaces: readonly Namespace[], facts: Facts): Step[] {
  const fresh = namespaceTypes.filter((type) => namespaces.some((ns) => ns.type === type && ns.path === undefined));
  const flags = fresh.filter((type) => type !== 'cgroup' && type !== 'time').map((type) => newFlag[type]);
  return [{
    by: 'runtime', op: 'clone', slot: '$pid',
    args: { flags: [...flags, 'SIGCHLD'], ...(facts.cgroup === 'none' ? {} : { cgroup: '$cgroup' as const }) },
    undo: { op: 'reap', args: { pid: '$pid' } },
  }];
}

/** The child may act as root of its user namespace only after the runtime has written the maps. */
function userNamespace(spec: Spec, namespaces: readonly Namespace[]): Step[] {
  if (!namespaces.some((ns) => ns.type === 'user' && ns.path === undefined)) return [];
  const lines = (maps: NonNullable<Spec['linux']>['uidMappings']): string[] =>
    (maps ?? []).map((map) => `${map.containerID} ${map.hostID} ${map.size}`);
  const uid = lines(spec.linux?.uidMappings);
  const gid = lines(spec.linux?.gidMappings);
  if (uid.length === 0) throw new SpecError('linux.uidMappings', 'is empty, with a user namespace');
  return [
    { by: 'runtime', op: 'maps', args: { pid: '$pid', uid, gid, setgroups: 'allow' } },
    { by: 'child', op: 'sync', args: { point: 'maps' } },
    { by: 'child', op: 'credentials', args: { user: { uid: 0, gid: 0 } } },
  ];
}

function join(namespaces: readonly Namespace[]): Step[] {
  return namespaces.flatMap(({ type, path }): Step[] =>
    path === undefined ? [] : [{ by: 'child', op: 'setns', args: { path, flags: [newFlag[type]] } }]);
}

function late(namespaces: readonly Namespace[]): Step[] {
  const flags = namespaces
    .filter((ns) => ns.path === undefined && (ns.type === 'cgroup' || ns.type === 'time'))
    .map((ns) => newFlag[ns.type]);
  return flags.length === 0 ? [] : [{ by: 'child', op: 'unshare', args: { flags } }];
}

/** Names and kernel parameters, while /proc/sys can still be written. */
function names(spec: Spec): Step[] {
  const steps: Step[] = [];
  if (spec.hostname !== undefined) steps.push({ by: 'child', op: 'sethostname', args: { name: spec.hostname } });
  if (spec.domainname !== undefined) steps.push({ by: 'child', op: 'setdomainname', args: { name: spec.domainname } });
  return steps;
}
