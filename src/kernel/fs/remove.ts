// unlink(2), rmdir(2) and rename(2), in Linux's order of checks (may_delete, vfs_rename).

import type { MountNamespace } from '../ns/mnt.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { RENAME } from '../uapi/fcntl.ts';
import { wantWrite } from './attr.ts';
import type { Dentry } from './dentry.ts';
import type { Inode } from './inode.ts';
import { LAST, walkParent } from './path.ts';
import { MAY_EXEC, MAY_WRITE, mappable, requireAccess, stickyRefuses } from './permission.ts';
import { detachAt } from './propagate.ts';

export function unlink(task: Task, dirfd: number, name: string): void {
  const walk = walkParent(task, dirfd, name);
  if (walk.type !== LAST.NORM) throw new SysError('EISDIR');
  wantWrite(walk.mount);
  const victim = walk.last();
  if (victim === undefined) throw new SysError('ENOENT');
  if (walk.slash) throw new SysError(victim.inode.isDir ? 'EISDIR' : 'ENOTDIR');
  mayDelete(task, walk.inode, victim, false);
  if (mountedIn(task.nsproxy.mnt, victim)) throw new SysError('EBUSY');
  walk.inode.unlink(task, walk.name, victim.inode);
  gone(victim);
}

export function rmdir(task: Task, dirfd: number, name: string): void {
  const walk = walkParent(task, dirfd, name);
  switch (walk.type) {
    case LAST.DOTDOT: throw new SysError('ENOTEMPTY');
    case LAST.DOT: throw new SysError('EINVAL');
    case LAST.ROOT: throw new SysError('EBUSY');
  }
  wantWrite(walk.mount);
  const victim = walk.last();
  if (victim === undefined) throw new SysError('ENOENT');
  mayDelete(task, walk.inode, victim, true);
  if (mountedIn(task.nsproxy.mnt, victim)) throw new SysError('EBUSY');
  walk.inode.rmdir(task, walk.name, victim.inode);
  gone(victim);
}

export function rename(
  task: Task, olddirfd: number, oldName: string, newdirfd: number, newName: string, flags: number,
): void {
  if ((flags & ~(RENAME.NOREPLACE | RENAME.EXCHANGE | RENAME.WHITEOUT)) !== 0) throw new SysError('EINVAL');
  const exchange = (flags & RENAME.EXCHANGE) !== 0;
  if (exchange && (flags & (RENAME.NOREPLACE | RENAME.WHITEOUT)) !== 0) throw new SysError('EINVAL');
  // Leaving a whiteout behind is overlayfs's business, which makes its own.
  if ((flags & RENAME.WHITEOUT) !== 0) throw new SysError('EINVAL');
  const from = walkParent(task, olddirfd, oldName);
  const to = walkParent(task, newdirfd, newName);
  if (from.mount !== to.mount) throw new SysError('EXDEV');
  if (from.type !== LAST.NORM) throw new SysError('EBUSY');
  if (to.type !== LAST.NORM) throw new SysError((flags & RENAME.NOREPLACE) !== 0 ? 'EEXIST' : 'EBUSY');
  wantWrite(from.mount);
  const old = from.last();
  if (old === undefined) throw new SysError('ENOENT');
  const target = to.last();
  if (target !== undefined && (flags & RENAME.NOREPLACE) !== 0) throw new SysError('EEXIST');
  if (exchange) {
    if (target === undefined) throw new SysError('ENOENT');
    if (!target.inode.isDir && to.slash) throw new SysError('ENOTDIR');
  }
  if (!old.inode.isDir && (from.slash || (!exchange && to.slash))) throw new SysError('ENOTDIR');
  // Not into its own subtree, and nothing that it is in may be replaced by it.
  if (to.dentry.within(old)) throw new SysError('EINVAL');
  if (target !== undefined && from.dentry.within(target)) throw new SysError(exchange ? 'EINVAL' : 'ENOTEMPTY');
  if (old.inode === target?.inode) return;
  const isDir = old.inode.isDir;
  mayDelete(task, from.inode, old, isDir);
  if (target === undefined) mayCreateIn(task, to.inode);
  else mayDelete(task, to.inode, target, exchange ? target.inode.isDir : isDir);
  if (from.inode !== to.inode) {
    // A directory that moves gets another `..`.
    if (isDir) requireAccess(task, old.inode, MAY_WRITE);
    if (exchange && target!.inode.isDir) requireAccess(task, target!.inode, MAY_WRITE);
  }
  const { mnt } = task.nsproxy;
  if (mountedIn(mnt, old) || (target !== undefined && mountedIn(mnt, target))) throw new SysError('EBUSY');
  from.inode.rename(task, from.name, old.inode, to.inode, to.name, target?.inode, exchange);
  if (exchange) {
    const name = old.name;
    const parent = old.parent;
    old.move(target!.parent, target!.name);
    target!.move(parent, name);
    old.parent.add(old);
  } else {
    if (target !== undefined) gone(target);
    old.move(to.dentry, to.name);
  }
}

function mayDelete(task: Task, dir: Inode, victim: Dentry, isDir: boolean): void {
  requireAccess(task, dir, MAY_WRITE | MAY_EXEC);
  if (stickyRefuses(task, dir, victim.inode)) throw new SysError('EPERM');
  if (isDir) {
    if (!victim.inode.isDir) throw new SysError('ENOTDIR');
  } else if (victim.inode.isDir) throw new SysError('EISDIR');
  if (dir.nlink === 0) throw new SysError('ENOENT');
}

function mayCreateIn(task: Task, dir: Inode): void {
  if (dir.nlink === 0) throw new SysError('ENOENT');
  if (!mappable(task)) throw new SysError('EOVERFLOW');
  requireAccess(task, dir, MAY_WRITE | MAY_EXEC);
}

/** Something is mounted there in the caller's namespace; in others it will have to go. */
function mountedIn(ns: MountNamespace, dentry: Dentry): boolean {
  if (dentry.mounts === undefined) return false;
  for (const mount of dentry.mounts.values()) if (mount.ns === ns) return true;
  return false;
}

function gone(victim: Dentry): void {
  victim.drop();
  detachAt(victim);
}
