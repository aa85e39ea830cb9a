// open(2) (Linux's do_filp_open, in its order of checks): find or create the inode, check access, make the open file.

import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { SysError } from '../uapi/errno.ts';
import { O, S } from '../uapi/fcntl.ts';
import { MS } from '../uapi/mount.ts';
import { dropPrivileges, wantWrite } from './attr.ts';
import type { OpenFile } from './file.ts';
import type { Inode } from './inode.ts';
import { LAST, Path, type Walk, walkParent } from './path.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE, mappable, ownerOrCapable, requireAccess } from './permission.ts';
import { openPlain, PathFile } from './regular.ts';

const PATH_FLAGS = O.DIRECTORY | O.NOFOLLOW | O.PATH | O.CLOEXEC;
const TMPFILE_BIT = O.TMPFILE & ~O.DIRECTORY;

/** What an access mode needs; 3 is for ioctl(2) alone but asks for both. */
const needs = [MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE] as const;

export function openAt(task: Task, dirfd: number, name: string, wanted: number, mode: number): OpenFile | Block {
  const flags = (wanted & O.PATH) !== 0 ? wanted & PATH_FLAGS : wanted;
  if ((flags & TMPFILE_BIT) !== 0) return openTmpfile(task, dirfd, name, flags, mode);
  if ((flags & (O.CREAT | O.DIRECTORY)) === (O.CREAT | O.DIRECTORY)) throw new SysError('EINVAL');
  const walk = walkParent(task, dirfd, name);
  if ((flags & O.CREAT) === 0) {
    walk.finish((flags & O.NOFOLLOW) === 0);
    if ((flags & O.DIRECTORY) !== 0 && !walk.inode.isDir) throw new SysError('ENOTDIR');
    return openFound(task, walk.path(), flags, false);
  }
  const created = findOrCreate(task, walk, flags, mode);
  if (!created) {
    if ((flags & O.EXCL) !== 0) throw new SysError('EEXIST');
    if (walk.inode.isDir) throw new SysError('EISDIR');
  }
  return openFound(task, walk.path(), flags, created);
}

/** Take the last component, following links to where a file may be missing. Answers whether it was made. */
function findOrCreate(task: Task, walk: Walk, flags: number, mode: number): boolean {
  const follow = (flags & (O.NOFOLLOW | O.EXCL)) === 0;
  for (;;) {
    if (walk.type !== LAST.NORM) {
      walk.finish(false);
      return false;
    }
    if (walk.slash) throw new SysError('EISDIR');
    const child = walk.last();
    if (child === undefined) {
      create(task, walk, mode);
      return true;
    }
    if (!child.inode.isSymlink || !follow || child.mounts !== undefined) {
      walk.step(child, false);
      return false;
    }
    walk.follow(child);
  }
}

function create(task: Task, walk: Walk, mode: number): void {
  const dir = walk.inode;
  if (dir.nlink === 0) throw new SysError('ENOENT');
  wantWrite(walk.mount);
  if (!mappable(task)) throw new SysError('EOVERFLOW');
  requireAccess(task, dir, MAY_WRITE | MAY_EXEC);
  const inode = dir.create(task, walk.name, S.IFREG | (mode & 0o7777 & ~task.fs.umask), 0);
  walk.dentry = walk.dentry.instantiate(walk.name, inode);
}

/** may_open and the rest, for an inode that is there. A file just made is not asked for its permissions. */
export function openFound(task: Task, path: Path, flags: number, created: boolean): OpenFile | Block {
  const { inode } = path;
  if ((flags & O.PATH) !== 0) return new PathFile(inode, path, flags);
  const type = inode.mode & S.IFMT;
  const special = type === S.IFIFO || type === S.IFSOCK || type === S.IFCHR || type === S.IFBLK;
  const truncating = (flags & O.TRUNC) !== 0 && !created && !special;
  if (!created) {
    let access: number = needs[flags & O.ACCMODE]!;
    if ((flags & O.TRUNC) !== 0) access |= MAY_WRITE;
    if (truncating && type === S.IFREG) wantWrite(path.mount);
    if (type === S.IFLNK) throw new SysError('ELOOP');
    if (type === S.IFDIR && (access & MAY_WRITE) !== 0) throw new SysError('EISDIR');
    if ((type === S.IFCHR || type === S.IFBLK) && (path.mount.flags & MS.NODEV) !== 0) throw new SysError('EACCES');
    inode.getattr(task);
    requireAccess(task, inode, access);
    if ((flags & O.NOATIME) !== 0 && !ownerOrCapable(task, inode)) throw new SysError('EPERM');
    if ((access & MAY_WRITE) !== 0 && type === S.IFREG) {
      if (inode.runners > 0) throw new SysError('ETXTBSY');
      wantWrite(path.mount);
    }
  }
  const own = inode.open(task, path, flags);
  if (own !== undefined) return own;
  if (special) return openSpecial(task, inode, path, flags);
  if (truncating) {
    dropPrivileges(task, inode);
    inode.truncate(task, 0);
  }
  return openPlain(inode, path, flags);
}

function openSpecial(task: Task, inode: Inode, path: Path, flags: number): OpenFile | Block {
  const { vfs } = task.kernel;
  switch (inode.mode & S.IFMT) {
    case S.IFIFO: {
      if (vfs.fifo === undefined) throw new SysError('ENXIO');
      return vfs.fifo(task, inode, path, flags);
    }
    case S.IFCHR: {
      const driver = vfs.chrdevs.get(inode.rdev);
      if (driver === undefined) throw new SysError('ENXIO');
      return driver(task, inode, path, flags);
    }
    default: throw new SysError('ENXIO');
  }
}

function openTmpfile(task: Task, dirfd: number, name: string, flags: number, mode: number): OpenFile {
  if ((flags & O.DIRECTORY) === 0 || (flags & O.ACCMODE) === O.RDONLY || (flags & O.CREAT) !== 0) {
    throw new SysError('EINVAL');
  }
  const walk = walkParent(task, dirfd, name);
  walk.finish(true);
  const dir = walk.inode;
  if (!dir.isDir) throw new SysError('ENOTDIR');
  wantWrite(walk.mount);
  requireAccess(task, dir, MAY_WRITE | MAY_EXEC);
  const inode = dir.tmpfile(task, S.IFREG | (mode & 0o7777 & ~task.fs.umask));
  inode.linkable = (flags & O.EXCL) === 0;
  const dentry = walk.dentry.anonymous(`#${inode.ino}`, inode);
  return openPlain(inode, new Path(walk.mount, dentry), flags);
}
