// Changing what stat(2) shows (Linux's fs/attr.c): who may, and which bits fall.

import { inGroup } from '../cred/cred.ts';
import type { Task } from '../proc/task.ts';
import type { Timespec } from '../sched/clock.ts';
import { SysError } from '../uapi/errno.ts';
import { S, UTIME_NOW, UTIME_OMIT } from '../uapi/fcntl.ts';
import { CAP } from '../uapi/capability.ts';
import type { Attrs, Inode } from './inode.ts';
import type { Mount } from './mount.ts';
import type { Path } from './path.ts';
import { capableOver, MAY_WRITE, ownerOrCapable, requireAccess } from './permission.ts';

/** mnt_want_write: the mount and its superblock take changes. */
export function wantWrite(mount: Mount): void {
  if (mount.readonly) throw new SysError('EROFS');
}

/** chmod(2). */
export function chmod(task: Task, path: Path, mode: number): void {
  const { inode } = path;
  wantWrite(path.mount);
  inode.getattr(task);
  if (inode.isSymlink) throw new SysError('EOPNOTSUPP');
  if (!ownerOrCapable(task, inode)) throw new SysError('EPERM');
  let bits = mode & 0o7777;
  if ((bits & S.ISGID) !== 0 && !inGroup(task.cred, inode.gid) && !capableOver(task, inode, CAP.FSETID)) {
    bits &= ~S.ISGID;
  }
  inode.setattr(task, { mode: bits }, now(task));
}

/** chown(2); -1 leaves an id. Ids are those of the caller's user namespace. */
export function chown(task: Task, path: Path, uid: number, gid: number): void {
  const { inode } = path;
  const { user } = task.nsproxy;
  const toUid = uid === -1 ? -1 : user.uidOut(uid >>> 0);
  const toGid = gid === -1 ? -1 : user.gidOut(gid >>> 0);
  if ((uid !== -1 && toUid === -1) || (gid !== -1 && toGid === -1)) throw new SysError('EINVAL');
  wantWrite(path.mount);
  inode.getattr(task);
  const { fsuid } = task.cred;
  if (toUid !== -1 && !(inode.uid === fsuid && toUid === inode.uid) && !capableOver(task, inode, CAP.CHOWN)) {
    throw new SysError('EPERM');
  }
  const mine = inode.uid === fsuid && (toGid === inode.gid || inGroup(task.cred, toGid));
  if (toGid !== -1 && !mine && !capableOver(task, inode, CAP.CHOWN)) throw new SysError('EPERM');
  const attrs: Attrs = {};
  if (toUid !== -1) attrs.uid = toUid;
  if (toGid !== -1) attrs.gid = toGid;
  if (!inode.isDir) {
    const kept = inode.mode & ~killed(task, inode);
    if (kept !== inode.mode) attrs.mode = kept & 0o7777;
  }
  inode.setattr(task, attrs, now(task));
}

/** The bits that chown takes: setuid always, setgid if it is one (with group execution) or not the caller's to set. */
function killed(task: Task, inode: Inode): number {
  let bits = inode.mode & S.ISUID;
  if ((inode.mode & S.ISGID) !== 0) {
    const foreign = !inGroup(task.cred, inode.gid) && !capableOver(task, inode, CAP.FSETID);
    if ((inode.mode & 0o010) !== 0 || foreign) bits |= S.ISGID;
  }
  return bits;
}

/** Writing to a program takes its setuid and setgid bits (file_remove_privs), unless CAP_FSETID keeps them. */
export function dropPrivileges(task: Task, inode: Inode): void {
  if ((inode.mode & (S.ISUID | S.ISGID)) === 0 || !inode.isRegular) return;
  let bits = inode.mode & S.ISUID;
  if ((inode.mode & (S.ISGID | 0o010)) === (S.ISGID | 0o010)) bits |= S.ISGID;
  if (bits === 0 || capableOver(task, inode, CAP.FSETID)) return;
  inode.setattr(task, { mode: inode.mode & 0o7777 & ~bits }, now(task));
}

/** utimensat(2); no times: both now. */
export function utimes(task: Task, path: Path, times: readonly [Timespec, Timespec] | undefined): void {
  const { inode } = path;
  let set = times;
  if (set !== undefined) {
    for (const t of set) {
      if (t.nsec !== UTIME_NOW && t.nsec !== UTIME_OMIT && (t.nsec < 0 || t.nsec > 999999999)) throw new SysError('EINVAL');
    }
    if (set[0].nsec === UTIME_NOW && set[1].nsec === UTIME_NOW) set = undefined;
  }
  wantWrite(path.mount);
  inode.getattr(task);
  const stamp = now(task);
  if (set === undefined) {
    // Whoever may write may say "now".
    if (!ownerOrCapable(task, inode)) requireAccess(task, inode, MAY_WRITE);
    inode.setattr(task, { atime: stamp, mtime: stamp }, stamp);
    return;
  }
  if (!ownerOrCapable(task, inode)) throw new SysError('EPERM');
  const attrs: Attrs = {};
  if (set[0].nsec !== UTIME_OMIT) attrs.atime = set[0].nsec === UTIME_NOW ? stamp : set[0];
  if (set[1].nsec !== UTIME_OMIT) attrs.mtime = set[1].nsec === UTIME_NOW ? stamp : set[1];
  inode.setattr(task, attrs, stamp);
}

const now = (task: Task): Timespec => task.kernel.clock.realtime();
