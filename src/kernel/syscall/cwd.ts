// chdir(2), chroot(2), getcwd(2) and umask(2).

import { toBytes } from '../bytes.ts';
import { capable } from '../cred/cred.ts';
import { Path, pathName, pathOfFd, walkPath } from '../fs/path.ts';
import { MAY_EXEC, requireAccess } from '../fs/permission.ts';
import { PATH_MAX } from '../limits.ts';
import type { Task } from '../proc/task.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { AT } from '../uapi/fcntl.ts';
import type { Buf } from './buf.ts';
import { full, type Rows } from './table.ts';

/** A directory that the caller may enter. */
function directory(task: Task, path: Path): Path {
  if (!path.inode.isDir) throw new SysError('ENOTDIR');
  requireAccess(task, path.inode, MAY_EXEC);
  return path;
}

function chdir(task: Task, path: string): number {
  task.fs.setCwd(directory(task, walkPath(task, AT.FDCWD, path)));
  return 0;
}

function fchdir(task: Task, fd: number): number {
  task.fs.setCwd(directory(task, pathOfFd(task, fd)));
  return 0;
}

function chroot(task: Task, path: string): number {
  const at = directory(task, walkPath(task, AT.FDCWD, path));
  if (!capable(task, CAP.SYS_CHROOT, task.nsproxy.user)) throw new SysError('EPERM');
  task.fs.setRoot(at);
  return 0;
}

function getcwd(task: Task, buf: Buf): number {
  const { cwd, root } = task.fs;
  if (cwd.dentry.unhashed) throw new SysError('ENOENT');
  const bytes = toBytes(`${pathName(cwd, root)}\0`);
  if (bytes.length > PATH_MAX) throw new SysError('ENAMETOOLONG');
  if (bytes.length > buf.length) throw new SysError('ERANGE');
  buf.write(0, bytes);
  return bytes.length;
}

function umask(task: Task, mask: number): number {
  const old = task.fs.umask;
  task.fs.umask = mask & 0o777;
  return old;
}

export const rows = {
  chdir: full(chdir),
  fchdir: full(fchdir),
  chroot: full(chroot),
  getcwd: full(getcwd),
  umask: full(umask),
} satisfies Rows;
