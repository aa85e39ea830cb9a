// Kernel parameters (sysctl(8)): only those that belong to a namespace of the container's own, since all others would
// be set for the whole machine.

import { SpecError } from '../errno.ts';
import type { Step } from '../plan.ts';
import type { NamespaceType, Spec } from '../spec.ts';
import type { Spaces } from './namespace.ts';

const ipc = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.msg_next_id',
  'kernel.sem',
  'kernel.sem_next_id',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_next_id',
  'kernel.shm_rmid_forced',
  'kernel.auto_msgmni',
]);
/** Each is a field of the spec as well. */
const uts = { 'kernel.hostname': 'hostname', 'kernel.domainname': 'domainname' } as const;
const isUts = (name: string): name is keyof typeof uts => Object.hasOwn(uts, name);

function ownerOf(name: string): NamespaceType | undefined {
  if (ipc.has(name) || name.startsWith('fs.mqueue.')) return 'ipc';
  if (isUts(name)) return 'uts';
  return name.startsWith('net.') ? 'network' : undefined;
}

export function sysctls(spec: Spec, spaces: Spaces): Step[] {
  return Object.entries(spec.linux?.sysctl ?? {}).map(([given, text]): Step => {
    // Both ways of sysctl(8) to write a name; the dots of an interface are then slashes.
    const name =
      given.includes('/') && !/^[^/]*\./.test(given)
        ? given.replace(/[./]/g, (mark) => (mark === '/' ? '.' : '/'))
        : given;
    const field = `linux.sysctl (${given})`;
    if (!/^[\w-]+(\.[\w/-]+)+$/.test(name) || name.includes('//'))
      throw new SpecError(field, 'not the name of a kernel parameter');
    const owner = ownerOf(name);
    if (owner === undefined) throw new SpecError(field, 'belongs to the machine, not to a namespace of the container');
    if (!spaces.fresh.has(owner))
      throw new SpecError(field, `needs ${owner === 'ipc' ? 'an' : 'a'} ${owner} namespace of the container's own`);
    if (isUts(name) && spec[uts[name]] !== undefined)
      throw new SpecError(field, `is what ${uts[name]} says already, and only one can count`, `say it with ${uts[name]} (--${uts[name]})`);
    const path = `/proc/sys/${name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.'))}`;
    return { by: 'child', op: 'write', args: { path, text } };
  });
}
