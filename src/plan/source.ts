// What a container gets from outside its root, as detached mounts that wait in slots: its root, host directories and
// files, devices, /dev/null for what is masked. They are opened before anything is mounted, so that no path of the host
// is looked up with the container's mounts in sight: by the runtime, which may, or without powers by the child.

import type { Action, Facts, Slot, Step } from '../plan.ts';

/** By whom: in a user namespace that is all there is, the child's are the only powers. */
export const opener = (facts: Facts): Step['by'] => (facts.rootless ? 'child' : 'runtime');

/** A copy of a tree of the host's, or with hostfs a mount of it. */
export function hostTree(path: string, slot: Slot, flags: readonly string[], recursive: boolean, facts: Facts): Step {
  const step: Action = facts.hostDirectory === 'hostfs'
    ? { op: 'fsmount', args: { type: 'hostfs', source: path, flags } }
    : { op: 'open_tree', args: { path, flags: recursive ? ['CLONE', 'REC'] : ['CLONE'] } };
  return { by: opener(facts), ...step, slot, undo: { op: 'close', args: { fd: slot } } };
}

/** A new file system. In a user namespace it must be the child's, since its owner is root there and nobody outside. */
export function newTree(type: string, slot: Slot, data: string, inside: boolean): Step {
  return {
    by: inside ? 'child' : 'runtime', op: 'fsmount', slot, args: { type, source: type, flags: [], data },
    undo: { op: 'close', args: { fd: slot } },
  };
}

/** A change of propagation. */
export const spread = (target: string, how: readonly string[]): Step =>
  ({ by: 'child', op: 'mount', args: { source: '', target, type: '', flags: how, data: '' } });

/** More flags for a mount that is there. */
export const remount = (target: string, flags: readonly string[]): Step => ({
  by: 'child',
  op: 'mount',
  args: { source: '', target, type: '', flags: ['BIND', 'REMOUNT', ...flags], data: '' },
});

/**
 * A host's tree at its place. Its copy still belongs to the peers of the original: what would be mounted on it would be
 * mounted on the host's too, so that it leaves them before anything else happens.
 */
export function attach(
  from: Slot,
  target: string,
  facts: Facts,
  propagation: readonly (readonly string[])[] = [],
): Step[] {
  const leave = facts.hostDirectory === 'bind' && propagation.length === 0 ? [['REC', 'PRIVATE']] : [];
  return [
    { by: 'child', op: 'move_mount', args: { from, target } },
    ...[...leave, ...propagation].map((how) => spread(target, how)),
  ];
}
