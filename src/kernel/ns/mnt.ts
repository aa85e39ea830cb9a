// Mount namespaces (mount_namespaces(7)): a tree of mounts. A copy has the same superblocks and, for shared mounts, the
// same peer groups.

import type { FsContext } from '../fs/path.ts';
import { Path, topmost } from '../fs/path.ts';
import type { Mount } from '../fs/mount.ts';
import { copyTree, detachTree } from '../fs/propagate.ts';
import type { Kernel } from '../kernel.ts';
import { WaitQueue } from '../sched/block.ts';
import { INITIAL_INUM, Namespace } from './namespace.ts';
import type { UserNamespace } from './user.ts';

export class MountNamespace extends Namespace {
  readonly kernel: Kernel;
  root!: Mount;
  /** Every mount of the tree, in the order of /proc/mounts. */
  readonly mounts = new Set<Mount>();
  /** Grows with every change; a poll of /proc/mounts waits on `changed`. */
  event = 0;
  readonly changed = new WaitQueue();

  constructor(kernel: Kernel, owner: UserNamespace | undefined, initial = false) {
    super('mnt', owner, kernel, initial ? INITIAL_INUM.mnt : undefined);
    this.kernel = kernel;
    kernel.mountNamespaces.add(this);
  }

  /** A mount joins the tree. */
  add(mount: Mount): void {
    mount.ns = this;
    this.mounts.add(mount);
    this.touch();
  }

  /** A mount leaves the tree. */
  delete(mount: Mount): void {
    this.mounts.delete(mount);
    mount.ns = undefined;
    this.touch();
  }

  touch(): void {
    this.event++;
    this.changed.wake();
  }

  /** CLONE_NEWNS: a copy of the tree; `fs` moves to the copies of the mounts where it is. */
  copy(owner: UserNamespace, fs: FsContext): MountNamespace {
    const copy = new MountNamespace(this.kernel, owner);
    const copies = new Map<Mount, Mount>();
    const lesser = owner !== this.owner;
    copy.root = copyTree(this.root, this.root.root, copies, { slave: lesser, lock: lesser, unbindable: true });
    for (const mount of copies.values()) copy.add(mount);
    const root = copies.get(fs.root.mount);
    if (root !== undefined) fs.setRoot(new Path(root, fs.root.dentry));
    const cwd = copies.get(fs.cwd.mount);
    if (cwd !== undefined) fs.setCwd(new Path(cwd, fs.cwd.dentry));
    return copy;
  }

  /** setns(2): root and working directory become this namespace's root. */
  enter(fs: FsContext): void {
    const top = topmost(this.root, this.root.root);
    fs.setRoot(top);
    fs.setCwd(top);
  }

  /** Its last user is gone: everything is unmounted. */
  protected override free(): void {
    this.kernel.mountNamespaces.delete(this);
    detachTree(this.root);
  }
}
