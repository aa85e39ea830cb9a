// stat(2), statfs(2) and access(2).

import type { Inode } from '../fs/inode.ts';
import { type Path, pathOfFd, walkAt, walkPath } from '../fs/path.ts';
import { isSpecial, MAY_EXEC, MAY_WRITE, requireAccess } from '../fs/permission.ts';
import type { Task } from '../proc/task.ts';
import { noCaps } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { AT, makedev } from '../uapi/fcntl.ts';
import { MS } from '../uapi/mount.ts';
import { encode, structs } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, partial, type Rows } from './table.ts';

const STAT_FLAGS = AT.SYMLINK_NOFOLLOW | AT.NO_AUTOMOUNT | AT.EMPTY_PATH;
const HIGH = 4294967296;

// struct stat as words of 32 bits, filled in place: stat(2) is the most frequent call of a shell.
const image = new Uint8Array(structs.stat.size);
const words = new Int32Array(image.buffer);
const slot = (field: string): number => structs.stat.fields.find((f) => f.name === field)!.offset >> 2;
const DEV = slot('st_dev');
const INO = slot('st_ino');
const MODE = slot('st_mode');
const NLINK = slot('st_nlink');
const UID = slot('st_uid');
const GID = slot('st_gid');
const RDEV = slot('st_rdev');
const SIZE = slot('st_size');
const BLKSIZE = slot('st_blksize');
const BLOCKS = slot('st_blocks');
const ATIME = slot('st_atime');
const MTIME = slot('st_mtime');
const CTIME = slot('st_ctime');

function long(at: number, n: number): void {
  words[at] = n;
  words[at + 1] = n < 0 || n >= HIGH ? Math.floor(n / HIGH) : 0;
}

function time(at: number, t: { readonly sec: number; readonly nsec: number }): void {
  long(at, t.sec);
  words[at + 2] = t.nsec;
}

function fill(task: Task, inode: Inode, out: Buf): void {
  inode.getattr(task);
  const { user } = task.nsproxy;
  long(DEV, makedev(0, inode.sb.dev));
  long(INO, inode.ino);
  words[MODE] = inode.mode;
  words[NLINK] = inode.nlink;
  words[UID] = user.uidShown(inode.uid);
  words[GID] = user.gidShown(inode.gid);
  long(RDEV, inode.rdev);
  long(SIZE, inode.size);
  words[BLKSIZE] = 4096;
  long(BLOCKS, Math.ceil(inode.storedBytes / 512));
  time(ATIME, inode.atime);
  time(MTIME, inode.mtime);
  time(CTIME, inode.ctime);
  out.write(0, image);
}

function fstat(task: Task, fd: number, statbuf: Buf): number {
  fill(task, task.files.raw(fd).inode, statbuf);
  return 0;
}

function newfstatat(task: Task, dirfd: number, path: string, statbuf: Buf, flags: number): number {
  if ((flags & ~STAT_FLAGS) !== 0) throw new SysError('EINVAL');
  if (path === '' && (flags & AT.EMPTY_PATH) !== 0 && dirfd !== AT.FDCWD) return fstat(task, dirfd, statbuf);
  fill(task, walkAt(task, dirfd, path, flags).inode, statbuf);
  return 0;
}

const ST_VALID = 0x20;
const ST_RELATIME = 0x1000;

function writeStatfs(path: Path, out: Buf): number {
  const { sb } = path.mount;
  const { flags } = path.mount;
  const { blocks, bfree, files, ffree } = sb.statfs();
  const shown = flags & (MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC | MS.NOATIME | MS.NODIRATIME);
  const f_flags = shown | ST_VALID | (sb.flags & MS.RDONLY) | ((flags & MS.RELATIME) !== 0 ? ST_RELATIME : 0);
  out.write(0, encode('statfs', {
    f_type: sb.magic, f_bsize: 4096, f_blocks: blocks, f_bfree: bfree, f_bavail: bfree, f_files: files, f_ffree: ffree,
    f_fsid: [sb.dev, 0], f_namelen: 255, f_frsize: 4096, f_flags,
  }));
  return 0;
}

const statfs = (task: Task, path: string, buf: Buf): number => writeStatfs(walkPath(task, AT.FDCWD, path), buf);
const fstatfs = (task: Task, fd: number, buf: Buf): number => writeStatfs(pathOfFd(task, fd), buf);

/** access(2): with the real ids, unless AT_EACCESS. */
function faccessat2(task: Task, dirfd: number, path: string, mode: number, flags: number): number {
  if ((mode & ~7) !== 0) throw new SysError('EINVAL');
  if ((flags & ~(AT.EACCESS | AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH)) !== 0) throw new SysError('EINVAL');
  const { cred } = task;
  const real = (flags & AT.EACCESS) !== 0 || (cred.uid === cred.fsuid && cred.gid === cred.fsgid && cred.uid !== 0);
  if (!real) {
    const root = task.nsproxy.user.uidShown(cred.uid) === 0;
    task.cred = { ...cred, fsuid: cred.uid, fsgid: cred.gid, effective: root ? cred.permitted : noCaps };
  }
  try {
    const at = walkAt(task, dirfd, path, flags & (AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH));
    const { inode } = at;
    inode.getattr(task);
    if (mode === 0) return 0;
    if ((mode & MAY_EXEC) !== 0 && inode.isRegular && (at.mount.flags & MS.NOEXEC) !== 0) throw new SysError('EACCES');
    requireAccess(task, inode, mode);
    if ((mode & MAY_WRITE) !== 0 && at.mount.readonly && !isSpecial(inode)) throw new SysError('EROFS');
    return 0;
  } finally {
    task.cred = cred;
  }
}

export const rows = {
  fstat: full(fstat),
  newfstatat: full(newfstatat),
  statfs: partial(statfs, 'blocks are those of the file system; block devices have none'),
  fstatfs: full(fstatfs),
  faccessat2: full(faccessat2),
} satisfies Rows;
