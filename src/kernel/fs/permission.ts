// Who may do what with an inode (path_resolution(7), "Permissions"; capabilities(7)): the task's file-system ids against
// owner, group and others, then the capabilities that override them.

import { capable, inGroup } from '../cred/cred.ts';
import type { Task } from '../proc/task.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { S } from '../uapi/fcntl.ts';
import type { Inode } from './inode.ts';

export const MAY_EXEC = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

/** Whether `task` may access `inode` in all ways of `mask`. */
export function permitted(task: Task, inode: Inode, mask: number): boolean {
  const own = inode.permission(task, mask);
  if (own !== undefined) return own;
  const { cred } = task;
  const { mode } = inode;
  let bits = mode;
  if (inode.uid === cred.fsuid) bits = mode >> 6;
  else if (((mode ^ (mode >> 3)) & 7) !== 0 && inGroup(cred, inode.gid)) bits = mode >> 3;
  if ((bits & mask) === mask) return true;
  if ((mode & S.IFMT) === S.IFDIR) {
    if ((mask & MAY_WRITE) === 0 && capableOver(task, inode, CAP.DAC_READ_SEARCH)) return true;
    return capableOver(task, inode, CAP.DAC_OVERRIDE);
  }
  if (mask === MAY_READ && capableOver(task, inode, CAP.DAC_READ_SEARCH)) return true;
  return ((mask & MAY_EXEC) === 0 || (mode & 0o111) !== 0) && capableOver(task, inode, CAP.DAC_OVERRIDE);
}

/** Throws EACCES unless permitted, EROFS for writing to a read-only file system. */
export function requireAccess(task: Task, inode: Inode, mask: number): void {
  if ((mask & MAY_WRITE) !== 0 && inode.sb.readonly && !isSpecial(inode)) throw new SysError('EROFS');
  if (!permitted(task, inode, mask)) throw new SysError('EACCES');
}

/** A capability of the task's user namespace, over an inode whose ids it knows (capable_wrt_inode_uidgid). */
export function capableOver(task: Task, inode: Inode, cap: number): boolean {
  const { user } = task.nsproxy;
  if (user.parent !== undefined && (user.uidIn(inode.uid) === -1 || user.gidIn(inode.gid) === -1)) return false;
  return capable(task, cap, user);
}

/** The owner, or CAP_FOWNER over it. */
export function ownerOrCapable(task: Task, inode: Inode): boolean {
  return inode.uid === task.cred.fsuid || capableOver(task, inode, CAP.FOWNER);
}

/** Devices, FIFOs and sockets: writing to them changes nothing on the file system. */
export function isSpecial(inode: Inode): boolean {
  const type = inode.mode & S.IFMT;
  return type !== S.IFREG && type !== S.IFDIR && type !== S.IFLNK;
}

/** The sticky bit of `dir` protects `inode` from `task`. */
export function stickyRefuses(task: Task, dir: Inode, inode: Inode): boolean {
  if ((dir.mode & S.ISVTX) === 0) return false;
  const { fsuid } = task.cred;
  return inode.uid !== fsuid && dir.uid !== fsuid && !capableOver(task, inode, CAP.FOWNER);
}

/** Whether a kernel id can be shown to the caller's user namespace at all: EOVERFLOW on create otherwise. */
export function mappable(task: Task): boolean {
  const { user } = task.nsproxy;
  return user.parent === undefined || (user.uidIn(task.cred.fsuid) !== -1 && user.gidIn(task.cred.fsgid) !== -1);
}
