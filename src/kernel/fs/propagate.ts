// Shared subtrees (mount_namespaces(7), "SHARED SUBTREES"): peer groups, copies of trees, and how mounts and umounts
// travel. A mount gives its events to all members of its group and to the group's slaves; a slave that is itself shared
// hands them on to its own group.

import type { MountNamespace } from '../ns/mnt.ts';
import { MOUNTS_MAX } from '../limits.ts';
import { SysError } from '../uapi/errno.ts';
import { MS } from '../uapi/mount.ts';
import type { Dentry } from './dentry.ts';
import { Mount } from './mount.ts';

/** Mounts that give each other their mount and umount events, and the slaves that only take them. */
export class PeerGroup {
  /** N of `shared:N` in mountinfo. */
  readonly id: number;
  readonly members = new Set<Mount>();
  readonly slaves = new Set<Mount>();

  constructor(id: number) {
    this.id = id;
  }
}

export type Propagation = 'shared' | 'private' | 'slave' | 'unbindable';

/** mount(2) with MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE. */
export function setPropagation(mount: Mount, type: Propagation): void {
  mount.unbindable = type === 'unbindable';
  switch (type) {
    case 'shared':
      share(mount);
      return;
    case 'slave': {
      const { group } = mount;
      if (group === undefined) return;
      // The last peer has nobody to follow but its own master.
      const alone = group.members.size === 1;
      leaveGroup(mount);
      if (!alone) enslave(mount, group);
      return;
    }
    default:
      leaveGroup(mount);
      leaveMaster(mount);
  }
}

function share(mount: Mount): void {
  if (mount.group !== undefined) return;
  const { vfs } = mount.sb.kernel;
  join(mount, new PeerGroup(vfs.nextGroupId()));
}

function join(mount: Mount, group: PeerGroup): void {
  group.members.add(mount);
  mount.group = group;
}

function enslave(mount: Mount, master: PeerGroup): void {
  leaveMaster(mount);
  master.slaves.add(mount);
  mount.master = master;
}

function leaveGroup(mount: Mount): void {
  const { group, master } = mount;
  if (group === undefined) return;
  mount.group = undefined;
  group.members.delete(mount);
  if (group.members.size > 0) return;
  // Slaves of a group without members follow the master of the last one.
  for (const slave of [...group.slaves]) {
    leaveMaster(slave);
    if (master !== undefined) enslave(slave, master);
  }
  mount.sb.kernel.vfs.freeGroupId(group.id);
}

function leaveMaster(mount: Mount): void {
  mount.master?.slaves.delete(mount);
  mount.master = undefined;
}

export interface CopyOptions {
  /** Shared mounts are copied as slaves: into a namespace of another user namespace. */
  readonly slave?: boolean;
  /** What the copy hides stays hidden, and its restrictions stay: mounts and flags are locked. */
  readonly lock?: boolean;
  /** Copy unbindable mounts too: a namespace's copy has all. */
  readonly unbindable?: boolean;
  /** Only the mount itself: a bind without MS_REC. */
  readonly single?: boolean;
}

/** A detached copy of a tree of mounts, from the directory `root` of its first mount down. */
export function copyTree(from: Mount, root: Dentry, copies: Map<Mount, Mount>, options: CopyOptions = {}): Mount {
  const top = copyMount(from, root, options);
  copies.set(from, top);
  if (options.single === true) return top;
  for (const mount of from.tree()) {
    const parent = mount === from ? undefined : copies.get(mount.parent!);
    // What was left out leaves out what is below it.
    if (parent === undefined || (mount.unbindable && options.unbindable !== true)) continue;
    if (mount.parent === from && !mount.mountpoint!.within(root)) continue;
    const copy = copyMount(mount, mount.root, options);
    copies.set(mount, copy);
    copy.attach(parent, mount.mountpoint!);
  }
  return top;
}

function copyMount(from: Mount, root: Dentry, options: CopyOptions): Mount {
  const copy = new Mount(from.sb, root, from.source, from.flags);
  copy.unbindable = from.unbindable;
  copy.locked = options.lock === true || (from.locked && options.unbindable === true);
  copy.lockedFlags = from.lockedFlags;
  if (options.lock === true) copy.lockedFlags = from.flags & LOCKABLE;
  if (options.slave === true && from.group !== undefined) enslave(copy, from.group);
  else {
    if (from.group !== undefined) join(copy, from.group);
    if (from.master !== undefined) enslave(copy, from.master);
  }
  return copy;
}

/** Every mount that hears of an event under `mount`, but not itself. */
export function receivers(mount: Mount): Set<Mount> {
  const all = new Set<Mount>();
  const visit = (group: PeerGroup): void => {
    for (const peer of group.members) all.add(peer);
    for (const slave of group.slaves) {
      if (all.has(slave)) continue;
      all.add(slave);
      if (slave.group !== undefined) visit(slave.group);
    }
  };
  if (mount.group !== undefined) visit(mount.group);
  all.delete(mount);
  return all;
}

/** Attach a detached tree at a place and at every place that hears of it. */
export function attachTree(tree: Mount, parent: Mount, at: Dentry): void {
  checkRoom(tree, parent);
  const copies: { copy: Mount; parent: Mount }[] = [];
  if (parent.group !== undefined) {
    for (const mount of tree.tree()) share(mount);
    propagate(parent.group, tree, parent, at, copies, new Set());
  }
  hang(tree, parent, at);
  for (const { copy, parent: receiver } of copies) {
    // What comes from a more privileged namespace keeps its restrictions, and what it covers covered.
    if (receiver.ns?.owner !== parent.ns?.owner) lock(copy);
    hang(copy, receiver, at);
  }
}

/** ENOSPC where a namespace would get more mounts than it may have (fs.mount-max). */
function checkRoom(tree: Mount, parent: Mount): void {
  const more = tree.tree().length;
  const totals = new Map<MountNamespace | undefined, number>();
  for (const { ns } of [parent, ...receivers(parent)]) {
    const total = (totals.get(ns) ?? ns?.mounts.size ?? 0) + more;
    if (total > MOUNTS_MAX) throw new SysError('ENOSPC', 'mount', 'too many mounts');
    totals.set(ns, total);
  }
}

/**
 * Make a copy of `source` for each mount of `group` but `except`, and for the slaves of the group. Mounts that are not in
 * a namespace yet hear of nothing: `source` itself may be of the group, and so are its copies, as they are made.
 */
function propagate(
  group: PeerGroup, source: Mount, except: Mount | undefined, at: Dentry, out: { copy: Mount; parent: Mount }[],
  seen: Set<PeerGroup>,
): void {
  seen.add(group);
  for (const peer of attached(group.members)) {
    if (peer !== except && at.within(peer.root)) out.push({ copy: copyTree(source, source.root, new Map()), parent: peer });
  }
  for (const slave of attached(group.slaves)) {
    if (slave.group !== undefined && seen.has(slave.group)) continue;
    const peers = slave.group === undefined ? [] : attached(slave.group.members);
    const receiver = peers.find((m) => at.within(m.root)) ?? slave;
    let next = source;
    if (at.within(receiver.root)) {
      next = copyTree(source, source.root, new Map(), { slave: true });
      out.push({ copy: next, parent: receiver });
    }
    if (slave.group === undefined) continue;
    if (next !== source) for (const mount of next.tree()) share(mount);
    propagate(slave.group, next, receiver, at, out, seen);
  }
}

function attached(mounts: ReadonlySet<Mount>): Mount[] {
  return [...mounts].filter((mount) => mount.ns !== undefined);
}

/** Attach without propagation. What was mounted at the place already ends up on top of the newcomer. */
function hang(tree: Mount, parent: Mount, at: Dentry): void {
  const covered = at.mounts?.get(parent);
  covered?.unhang();
  tree.attach(parent, at);
  covered?.attach(tree, tree.root);
  const { ns } = parent;
  if (ns !== undefined) for (const mount of tree.tree()) if (mount.ns !== ns) ns.add(mount);
}

const LOCKABLE = MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC;

/** The tree as a lesser namespace gets it: only its top can be taken off. */
function lock(tree: Mount): void {
  for (const mount of tree.tree()) {
    mount.lockedFlags = mount.flags & LOCKABLE;
    mount.locked = mount !== tree;
  }
}

/** `tree` and what follows it by propagation, children before parents. */
export function umountSet(tree: Mount): Set<Mount> {
  const going = new Set(tree.tree().reverse());
  for (const mount of [...going]) {
    if (mount.parent === undefined) continue;
    for (const receiver of receivers(mount.parent)) {
      const child = mount.mountpoint!.mounts?.get(receiver);
      if (child === undefined || going.has(child) || child.locked) continue;
      const stays = [...child.children].filter((m) => !going.has(m));
      // What is mounted on its root goes on being mounted in its place; anything else keeps it.
      if (stays.length === 0 || (stays.length === 1 && stays[0]!.mountpoint === child.root)) going.add(child);
    }
  }
  return going;
}

/** Whether a umount would find some of `going` in use: held itself, or by what is mounted on it. */
export function anyBusy(going: ReadonlySet<Mount>): boolean {
  for (const mount of going) if (mount.count > 0) return true;
  return false;
}

/** Take mounts off their places and out of their namespaces. Those that somebody holds live on, detached. */
export function umountAll(going: ReadonlySet<Mount>): void {
  for (const mount of going) {
    const { parent, mountpoint } = mount;
    const topper = [...mount.children].find((m) => !going.has(m) && m.mountpoint === mount.root);
    mount.unhang();
    if (topper !== undefined && parent !== undefined) {
      topper.unhang();
      topper.attach(parent, mountpoint!);
    }
    (mount.ns as MountNamespace | undefined)?.delete(mount);
    leaveGroup(mount);
    leaveMaster(mount);
    mount.settle();
  }
}

/** A tree that was never attached, or whose namespace has died, is taken apart. */
export function detachTree(tree: Mount): void {
  umountAll(new Set(tree.tree().reverse()));
}

/** A name is removed while something is mounted there in other namespaces: those mounts go. */
export function detachAt(dentry: Dentry): void {
  while (dentry.mounts !== undefined) {
    for (const mount of [...dentry.mounts.values()]) umountAll(umountSet(mount));
  }
}
