// mkdir(2), mknod(2), symlink(2) and link(2): new names, in Linux's order of checks (filename_create, may_create).

import { capable } from '../cred/cred.ts';
import type { Task } from '../proc/task.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { AT, S } from '../uapi/fcntl.ts';
import { wantWrite } from './attr.ts';
import type { Inode } from './inode.ts';
import { LAST, type Path, type Walk, walkAt, walkParent } from './path.ts';
import { MAY_EXEC, MAY_WRITE, mappable, requireAccess } from './permission.ts';

export function mkdir(task: Task, dirfd: number, name: string, mode: number): void {
  const walk = newName(task, dirfd, name, true);
  mayCreate(task, walk);
  make(walk, walk.inode.create(task, walk.name, S.IFDIR | (mode & 0o1777 & ~task.fs.umask), 0));
}

export function mknod(task: Task, dirfd: number, name: string, mode: number, rdev: number): void {
  let type = mode & S.IFMT;
  switch (type) {
    case 0: type = S.IFREG; break;
    case S.IFREG: case S.IFCHR: case S.IFBLK: case S.IFIFO: case S.IFSOCK: break;
    case S.IFDIR: throw new SysError('EPERM');
    default: throw new SysError('EINVAL');
  }
  const walk = newName(task, dirfd, name, false);
  mayCreate(task, walk);
  const device = type === S.IFCHR || type === S.IFBLK;
  // A character device 0,0 is a whiteout of overlayfs and harmless.
  const whiteout = type === S.IFCHR && rdev === 0;
  if (device && !whiteout && !capable(task, CAP.MKNOD)) throw new SysError('EPERM');
  const bits = type | (mode & 0o7777 & ~task.fs.umask);
  make(walk, walk.inode.create(task, walk.name, bits, device ? rdev : 0));
}

export function symlink(task: Task, target: string, dirfd: number, name: string): void {
  if (target === '') throw new SysError('ENOENT');
  const walk = newName(task, dirfd, name, false);
  mayCreate(task, walk);
  make(walk, walk.inode.symlink(task, walk.name, target));
}

export function link(task: Task, olddirfd: number, old: string, dirfd: number, name: string, flags: number): void {
  if ((flags & ~(AT.SYMLINK_FOLLOW | AT.EMPTY_PATH)) !== 0) throw new SysError('EINVAL');
  if ((flags & AT.EMPTY_PATH) !== 0 && old === '' && !capable(task, CAP.DAC_READ_SEARCH, task.nsproxy.user)) {
    throw new SysError('ENOENT');
  }
  const follow = (flags & AT.SYMLINK_FOLLOW) !== 0 ? 0 : AT.SYMLINK_NOFOLLOW;
  const from: Path = walkAt(task, olddirfd, old, (flags & AT.EMPTY_PATH) | follow);
  const walk = newName(task, dirfd, name, false);
  if (from.mount !== walk.mount) throw new SysError('EXDEV');
  mayCreate(task, walk);
  const { inode } = from;
  if (inode.isDir) throw new SysError('EPERM');
  if (inode.nlink === 0 && !inode.linkable) throw new SysError('ENOENT');
  walk.inode.link(task, walk.name, inode);
  make(walk, inode);
}

/** Walk to where a name is to be made; it must not exist. */
function newName(task: Task, dirfd: number, name: string, directory: boolean): Walk {
  const walk = walkParent(task, dirfd, name);
  if (walk.type !== LAST.NORM) throw new SysError('EEXIST');
  if (walk.last() !== undefined) throw new SysError('EEXIST');
  if (walk.slash && !directory) throw new SysError('ENOENT');
  wantWrite(walk.mount);
  return walk;
}

function mayCreate(task: Task, walk: Walk): void {
  if (walk.inode.nlink === 0) throw new SysError('ENOENT');
  if (!mappable(task)) throw new SysError('EOVERFLOW');
  requireAccess(task, walk.inode, MAY_WRITE | MAY_EXEC);
}

function make(walk: Walk, inode: Inode): void {
  walk.dentry.instantiate(walk.name, inode);
}
