// What mount(2), umount(2), pivot_root(2) and the new mount calls do (Linux's fs/namespace.c), in its order of checks.

import { capable } from '../cred/cred.ts';
import type { Task } from '../proc/task.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { AT } from '../uapi/fcntl.ts';
import { MNT, MS } from '../uapi/mount.ts';
import { Mount, MNT_FLAGS } from './mount.ts';
import { Path, topmost, walkPath } from './path.ts';
import {
  anyBusy, attachTree, copyTree, detachTree, type Propagation, setPropagation, umountAll, umountSet,
} from './propagate.ts';
import type { SuperBlock } from './super.ts';

const ATIME = MS.NOATIME | MS.NODIRATIME | MS.RELATIME;
const LOCKABLE = MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC;

/** CAP_SYS_ADMIN over the caller's mount namespace. */
export function requireMount(task: Task): void {
  if (!capable(task, CAP.SYS_ADMIN, task.nsproxy.mnt.owner)) throw new SysError('EPERM', 'mount');
}

/** The mount at a path, where one must be: in the caller's namespace, and named by its root. */
function mounted(task: Task, path: Path): Mount {
  const { mount, dentry } = path;
  if (mount.ns !== task.nsproxy.mnt || dentry !== mount.root) throw new SysError('EINVAL', 'mount', 'not a mount point');
  return mount;
}

/** Flags of a mount from those of mount(2): relatime unless told otherwise. */
export function mountFlags(flags: number): number {
  let wanted = flags & MNT_FLAGS;
  if ((flags & MS.NOATIME) === 0) wanted |= MS.RELATIME;
  if ((flags & MS.STRICTATIME) !== 0) wanted &= ~(MS.RELATIME | MS.NOATIME);
  return wanted;
}

/** What a lesser namespace got with a mount may not be taken off. */
function checkLocked(mount: Mount, flags: number): void {
  if ((mount.lockedFlags & LOCKABLE & ~flags) !== 0) throw new SysError('EPERM', 'mount', 'locked flags');
}

function makeReadonly(mount: Mount, flags: number): void {
  if ((flags & MS.RDONLY) !== 0 && (mount.flags & MS.RDONLY) === 0 && mount.writers > 0) {
    throw new SysError('EBUSY', 'mount', 'files are open for writing');
  }
}

function keepAtime(mount: Mount, flags: number): number {
  return (flags & (ATIME | MS.STRICTATIME)) === 0
    ? (mountFlags(flags) & ~ATIME) | (mount.flags & ATIME)
    : mountFlags(flags);
}

/** MS_REMOUNT | MS_BIND: flags of this mount only. */
export function remountBind(task: Task, path: Path, flags: number): void {
  const mount = mounted(task, path);
  checkLocked(mount, flags);
  makeReadonly(mount, flags);
  mount.flags = keepAtime(mount, flags);
  task.nsproxy.mnt.touch();
}

/** MS_REMOUNT: the superblock, and this mount with it. */
export function remount(task: Task, path: Path, flags: number, data: string): void {
  const mount = mounted(task, path);
  checkLocked(mount, flags);
  if (!capable(task, CAP.SYS_ADMIN, mount.sb.userNs)) throw new SysError('EPERM', 'mount');
  if ((flags & MS.RDONLY) !== 0 && !mount.sb.readonly && mount.sb.writers > 0) {
    throw new SysError('EBUSY', 'mount', 'files are open for writing');
  }
  mount.sb.remount(task, flags, data);
  mount.flags = keepAtime(mount, flags);
  task.nsproxy.mnt.touch();
}

const types: readonly (readonly [number, Propagation])[] = [
  [MS.SHARED, 'shared'], [MS.PRIVATE, 'private'], [MS.SLAVE, 'slave'], [MS.UNBINDABLE, 'unbindable'],
];
export const PROPAGATION = MS.SHARED | MS.PRIVATE | MS.SLAVE | MS.UNBINDABLE;

export function changePropagation(task: Task, path: Path, flags: number): void {
  const type = types.find(([flag]) => (flags & ~(MS.REC | MS.SILENT)) === flag)?.[1];
  if (path.dentry !== path.mount.root || type === undefined) throw new SysError('EINVAL', 'mount');
  const mount = mounted(task, path);
  const all = (flags & MS.REC) !== 0 ? mount.tree() : [mount];
  for (const one of all) setPropagation(one, type);
  task.nsproxy.mnt.touch();
}

/** MS_BIND: what a path shows, shown once more. */
export function bind(task: Task, from: Path, to: Path, recursive: boolean): void {
  attach(task, cloneOf(task, from, recursive), to);
}

/** A detached copy of the mount at a path; with MS_REC, of all below it too. */
export function cloneOf(task: Task, from: Path, recursive: boolean): Mount {
  const { mount, dentry } = from;
  if (mount.unbindable) throw new SysError('EINVAL', 'mount', 'unbindable');
  if (mount.ns !== task.nsproxy.mnt && mount.sb.type.name !== 'nsfs') throw new SysError('EINVAL', 'mount');
  if (!recursive && [...mount.children].some((child) => child.locked && child.mountpoint!.within(dentry))) {
    throw new SysError('EINVAL', 'mount', 'would show what a locked mount hides');
  }
  const copy = copyTree(mount, dentry, new Map(), { single: !recursive });
  copy.locked = false;
  return copy;
}

/** Attach a detached tree at a place; it is taken apart again if it does not fit there. */
export function attach(task: Task, tree: Mount, place: Path): void {
  const at = topmost(place.mount, place.dentry);
  try {
    if (at.mount.ns !== task.nsproxy.mnt) throw new SysError('EINVAL', 'mount');
    if (at.dentry.unhashed) throw new SysError('ENOENT', 'mount');
    if (at.inode.isDir !== tree.root.inode.isDir) throw new SysError('ENOTDIR', 'mount');
    if (at.mount.group !== undefined && tree.tree().some((m) => m.unbindable)) throw new SysError('EINVAL', 'mount');
    attachTree(tree, at.mount, at.dentry);
  } catch (error) {
    detachTree(tree);
    throw error;
  }
}

/** A new file system at a place. */
export function newMount(task: Task, sb: SuperBlock, place: Path, source: string, flags: number): void {
  const at = topmost(place.mount, place.dentry);
  const tree = new Mount(sb, sb.root, source, flags);
  if (at.mount.sb === sb && at.dentry === at.mount.root) {
    detachTree(tree);
    throw new SysError('EBUSY', 'mount');
  }
  attach(task, tree, at);
}

/** MS_MOVE, and move_mount(2) of an attached mount. */
export function move(task: Task, from: Path, to: Path): void {
  const tree = mounted(task, from);
  const at = topmost(to.mount, to.dentry);
  const { parent } = tree;
  if (at.mount.ns !== task.nsproxy.mnt || parent === undefined || tree.locked) throw new SysError('EINVAL', 'mount');
  if (at.inode.isDir !== tree.root.inode.isDir) throw new SysError('EINVAL', 'mount');
  // Its disappearance would have to travel, and moves do not.
  if (parent.group !== undefined) throw new SysError('EINVAL', 'mount', 'the parent is shared');
  if (at.mount.group !== undefined && tree.tree().some((m) => m.unbindable)) throw new SysError('EINVAL', 'mount');
  if (at.mount.within(tree)) throw new SysError('ELOOP', 'mount');
  tree.unhang();
  attachTree(tree, at.mount, at.dentry);
  task.nsproxy.mnt.touch();
}

/** umount2(2), after the walk. */
export function umount(task: Task, place: Path, flags: number): void {
  requireMount(task);
  const at = topmost(place.mount, place.dentry);
  const mount = mounted(task, at);
  if (mount.locked) throw new SysError('EINVAL', 'umount', 'locked');
  if ((flags & MNT.FORCE) !== 0 && !capable(task, CAP.SYS_ADMIN)) throw new SysError('EPERM', 'umount');
  const isRoot = mount === task.fs.root.mount;
  const detach = (flags & MNT.DETACH) !== 0;
  if ((flags & MNT.EXPIRE) !== 0) {
    if (isRoot || (flags & (MNT.FORCE | MNT.DETACH)) !== 0) throw new SysError('EINVAL', 'umount');
    if (mount.count > 0) throw new SysError('EBUSY', 'umount');
    if (!mount.expiring) {
      mount.expiring = true;
      throw new SysError('EAGAIN', 'umount');
    }
  }
  // The caller's root does not go: it becomes read-only, as a system that shuts down wants it.
  if (isRoot && !detach) return remount(task, at, mount.flags | MS.RDONLY, '');
  if (!detach && mount.children.size > 0) throw new SysError('EBUSY', 'umount');
  const going = umountSet(mount);
  if (!detach && anyBusy(going)) throw new SysError('EBUSY', 'umount');
  umountAll(going);
}

/** pivot_root(2): the mount at `newRoot` becomes the root, the old root goes to `putOld`. */
export function pivotRoot(task: Task, newRoot: string, putOld: string): void {
  requireMount(task);
  const to = directory(walkPath(task, AT.FDCWD, newRoot));
  const old = directory(walkPath(task, AT.FDCWD, putOld));
  const { root } = task.fs;
  const ns = task.nsproxy.mnt;
  const invalid = (why: string) => new SysError('EINVAL', 'pivot_root', why);
  const shared = [old.mount, to.mount.parent, root.mount.parent].some((m) => m?.group !== undefined);
  if (shared) throw invalid('shared propagation');
  if (root.mount.ns !== ns || to.mount.ns !== ns || to.mount.locked) throw invalid('not in this mount namespace');
  if (to.dentry.unhashed) throw new SysError('ENOENT', 'pivot_root');
  if (to.mount === root.mount || old.mount === root.mount) throw new SysError('EBUSY', 'pivot_root');
  if (root.dentry !== root.mount.root) throw invalid('the root is not a mount point');
  if (to.dentry !== to.mount.root || to.mount.parent === undefined) throw invalid('new_root is not a mount point');
  if (!reachable(old, to)) throw invalid('put_old is not below new_root');
  if (!reachable(to, root)) throw invalid('new_root is not below the root');
  const { parent, mountpoint } = root.mount;
  const old_ = topmost(old.mount, old.dentry);
  to.mount.unhang();
  root.mount.unhang();
  if (root.mount.locked) {
    root.mount.locked = false;
    to.mount.locked = true;
  }
  if (parent === undefined) ns.root = to.mount;
  else to.mount.attach(parent, mountpoint!);
  root.mount.attach(old_.mount, old_.dentry);
  ns.touch();
  // Whoever has the old root as root or working directory gets the new one.
  const here = new Path(to.mount, to.dentry);
  for (const { fs } of task.kernel.tasks) {
    if (fs.root.same(root)) fs.setRoot(here);
    if (fs.cwd.same(root)) fs.setCwd(here);
  }
}

function directory(path: Path): Path {
  if (!path.inode.isDir) throw new SysError('ENOTDIR', 'pivot_root');
  return path;
}

/** Whether going up from `path` leads to `root`. */
function reachable(path: Path, root: Path): boolean {
  let { mount, dentry } = path;
  while (mount !== root.mount) {
    if (mount.parent === undefined) return false;
    dentry = mount.mountpoint!;
    mount = mount.parent;
  }
  return dentry.within(root.dentry);
}
