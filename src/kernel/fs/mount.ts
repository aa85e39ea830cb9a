// Mounts (struct mount; mount(2), mount_namespaces(7)): a superblock's directory, or any directory or file of it (a
// bind), attached at a place. The mounts of a namespace form a tree; how events travel between trees is propagate.ts.

import type { MountNamespace } from '../ns/mnt.ts';
import { MS } from '../uapi/mount.ts';
import type { Dentry } from './dentry.ts';
import type { PeerGroup } from './propagate.ts';
import type { SuperBlock } from './super.ts';

/** Flags that belong to the mount, not to the superblock. */
export const MNT_FLAGS = MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC | MS.NOATIME | MS.NODIRATIME | MS.RELATIME
  | MS.NOSYMFOLLOW;

export class Mount {
  readonly id: number;
  readonly sb: SuperBlock;
  /** What of the superblock is shown: its root, or the directory or file that was bound. */
  readonly root: Dentry;
  /** First field of /proc/mounts. */
  source: string;
  flags: number;
  /** Where it is attached; undefined for the root of a namespace and what is detached. */
  parent: Mount | undefined = undefined;
  mountpoint: Dentry | undefined = undefined;
  readonly children = new Set<Mount>();
  /** The namespace whose tree it is in; undefined when it was detached. */
  ns: MountNamespace | undefined = undefined;
  /** Shared: gives events to the peers of its group and takes theirs. */
  group: PeerGroup | undefined = undefined;
  /** Slave: takes events from that group. */
  master: PeerGroup | undefined = undefined;
  unbindable = false;
  /** Came from a more privileged namespace: may not be taken off alone, nor may these flags be cleared. */
  locked = false;
  lockedFlags = 0;
  /** Open files, working directories and roots in it: EBUSY. */
  count = 0;
  /** Open files that may write. */
  writers = 0;
  /** MNT_EXPIRE has marked it. */
  expiring = false;
  #dead = false;

  constructor(sb: SuperBlock, root: Dentry, source: string, flags: number) {
    this.id = sb.kernel.vfs.nextMountId();
    this.sb = sb;
    this.root = root;
    this.source = source;
    this.flags = flags & MNT_FLAGS;
    sb.active++;
    if (root.inode.opens++ === 0) root.inode.busy();
  }

  /** Writing is refused with EROFS. */
  get readonly(): boolean {
    return ((this.flags | this.sb.flags) & MS.RDONLY) !== 0;
  }

  /** Whoever held it has gone; a detached mount that nobody holds ends. */
  put(): void {
    this.count--;
    this.settle();
  }

  settle(): void {
    if (this.#dead || this.count > 0 || this.ns !== undefined || this.parent !== undefined) return;
    this.#dead = true;
    this.sb.kernel.vfs.freeMountId(this.id);
    const { inode } = this.root;
    if (--inode.opens === 0) inode.idle();
    if (inode.opens === 0 && inode.nlink === 0) inode.evict();
    if (--this.sb.active === 0) this.sb.kill();
  }

  /** Hang it at a place. */
  attach(parent: Mount, mountpoint: Dentry): void {
    this.parent = parent;
    this.mountpoint = mountpoint;
    parent.children.add(this);
    (mountpoint.mounts ??= new Map()).set(parent, this);
    mountpoint.pin();
  }

  /** Take it off its place. */
  unhang(): void {
    const { parent, mountpoint } = this;
    if (parent === undefined || mountpoint === undefined) return;
    parent.children.delete(this);
    mountpoint.mounts!.delete(parent);
    if (mountpoint.mounts!.size === 0) mountpoint.mounts = undefined;
    this.parent = undefined;
    this.mountpoint = undefined;
  }

  /** This mount and all below it, parents first. */
  tree(): Mount[] {
    const all: Mount[] = [this];
    for (let i = 0; i < all.length; i++) all.push(...all[i]!.children);
    return all;
  }

  /** Is this mount `other`, or below it? */
  within(other: Mount): boolean {
    for (let m: Mount | undefined = this; m !== undefined; m = m.parent) if (m === other) return true;
    return false;
  }
}
