// /sys/fs/cgroup of a container, which OCI calls a mount of type `cgroup`: the v2 hierarchy, or where its limits are
// those of v1 controllers a directory for each of them beside it. In a cgroup namespace each shows the container's own
// group.

import type { Facts, Hierarchy, Step } from '../plan.ts';
import type { Mount } from '../spec.ts';
import { unified } from './cgroup.ts';
import type { Limits } from './limit.ts';
import { remount } from './source.ts';
import { wordsOf } from './words.ts';

export function cgroupMounts(mount: Mount, target: string, limits: Limits, facts: Facts, field: string): Step[] {
  const { flags } = wordsOf(mount, field);
  const v1 = limits.hierarchies.filter((one) => one.version === 1);
  const v2 = unified(facts);
  if (v1.length === 0 && v2 !== undefined) return at(target, 'cgroup2', flags, '');
  if (v1.length === 0) return [];
  const writable = flags.filter((flag) => flag !== 'RDONLY');
  return [
    ...at(target, 'tmpfs', writable, 'mode=755,size=64k'),
    ...v1.flatMap((one) => [
      ...at(`${target}/${one.controllers.join(',')}`, 'cgroup', flags, one.controllers.join(',')),
      ...(one.controllers.length > 1 ? aliases(one, target) : []),
    ]),
    ...(v2 === undefined ? [] : at(`${target}/unified`, 'cgroup2', flags, '')),
    ...(flags.includes('RDONLY') ? [remount(target, ['RDONLY'])] : []),
  ];
}

function at(target: string, type: string, flags: readonly string[], data: string): Step[] {
  return [
    { by: 'child', op: 'mkdirs', args: { path: target, mode: 0o755 } },
    { by: 'child', op: 'mount', args: { source: type === 'tmpfs' ? 'tmpfs' : 'cgroup', target, type, flags, data } },
  ];
}

function aliases({ controllers }: Hierarchy, target: string): Step[] {
  return controllers.map(
    (name): Step => ({
      by: 'child',
      op: 'symlink',
      args: { target: controllers.join(','), path: `${target}/${name}` },
    }),
  );
}
