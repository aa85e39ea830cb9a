// Inodes (struct inode): one object per file, whatever names it has. Each file system subclasses Inode and gives the
// operations it has; the defaults answer what Linux answers for a missing operation. Permission checks, link counts'
// limits and rename rules are done once, above, so an operation may trust its arguments.

import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import type { Timespec } from '../sched/clock.ts';
import type { Buf } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { S } from '../uapi/fcntl.ts';
import type { OpenFile } from './file.ts';
import type { Path } from './path.ts';
import type { SuperBlock } from './super.ts';

/** One entry of a directory, as getdents64(2) reports it. */
export interface DirEntry {
  readonly name: string;
  readonly ino: number;
  /** d_type: the type bits of st_mode shifted right by 12. */
  readonly type: number;
}

/** What notify_change writes; checked and normalised by fs/attr.ts. */
export interface Attrs {
  mode?: number;
  uid?: number;
  gid?: number;
  atime?: Timespec;
  mtime?: Timespec;
}

export abstract class Inode {
  readonly sb: SuperBlock;
  readonly ino: number;
  /** Type and permission bits. */
  mode: number;
  nlink = 1;
  uid: number;
  gid: number;
  /** Device number of a character or block node. */
  rdev = 0;
  size = 0;
  atime: Timespec;
  mtime: Timespec;
  ctime: Timespec;
  /** i_version: grows with every change of content, so that (sb, ino, version) names the content. */
  version = 0;
  /** Open file descriptions; with nlink 0 and no opens the inode is evicted. */
  opens = 0;
  /** Of `opens`, those that may write: execve then gives ETXTBSY. */
  writers = 0;
  /** Programs that run from it: opening for writing then gives ETXTBSY. */
  runners = 0;
  /** Made by O_TMPFILE: may get a first name although it has none. */
  linkable = false;
  /** The pipe behind a FIFO while it is open (ipc/pipe.ts). */
  fifo: unknown = undefined;
  /** flock(2) and fcntl(2) locks (fs/lock.ts). */
  locks: unknown = undefined;

  constructor(sb: SuperBlock, ino: number, mode: number, uid: number, gid: number, now: Timespec) {
    this.sb = sb;
    this.ino = ino;
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.atime = now;
    this.mtime = now;
    this.ctime = now;
  }

  get isDir(): boolean {
    return (this.mode & S.IFMT) === S.IFDIR;
  }

  get isSymlink(): boolean {
    return (this.mode & S.IFMT) === S.IFLNK;
  }

  get isRegular(): boolean {
    return (this.mode & S.IFMT) === S.IFREG;
  }

  // Directories. A missing entry is undefined where it could be created, ENOENT where it could not (procfs).

  lookup(_task: Task, _name: string): Inode | undefined {
    throw new SysError('ENOTDIR');
  }

  /** All entries but `.` and `..`, in a stable order. */
  entries(_task: Task): readonly DirEntry[] {
    throw new SysError('ENOTDIR');
  }

  /** A new regular file, directory, FIFO, socket or device node, type in `mode`. */
  create(_task: Task, _name: string, mode: number, _rdev: number): Inode {
    throw new SysError((mode & S.IFMT) === S.IFREG ? 'EACCES' : 'EPERM');
  }

  symlink(_task: Task, _name: string, _target: string): Inode {
    throw new SysError('EPERM');
  }

  link(_task: Task, _name: string, _inode: Inode): void {
    throw new SysError('EPERM');
  }

  /** Remove an entry that is not a directory. */
  unlink(_task: Task, _name: string, _inode: Inode): void {
    throw new SysError('EPERM');
  }

  rmdir(_task: Task, _name: string, _inode: Inode): void {
    throw new SysError('EPERM');
  }

  /** Replace `target` if given; `exchange` swaps the two. Same superblock; rules checked by the caller. */
  rename(
    _task: Task, _name: string, _inode: Inode, _dir: Inode, _newName: string, _target: Inode | undefined,
    _exchange: boolean,
  ): void {
    throw new SysError('EPERM');
  }

  /** An unnamed file (O_TMPFILE). */
  tmpfile(_task: Task, _mode: number): Inode {
    throw new SysError('EOPNOTSUPP');
  }

  // Links.

  /** Target of a symbolic link. */
  readlink(_task: Task): string {
    throw new SysError('EINVAL');
  }

  /** A magic link of procfs jumps to a place instead of walking a path. */
  jump(_task: Task): Path | undefined {
    return undefined;
  }

  // Content of regular files.

  /** Copy the bytes from `pos` on into [at, at+n) of `buf`; answers how many. */
  readAt(_task: Task, _buf: Buf, _at: number, _n: number, _pos: number): number {
    throw new SysError('EINVAL');
  }

  writeAt(_task: Task, _buf: Buf, _at: number, _n: number, _pos: number): number {
    throw new SysError('EINVAL');
  }

  truncate(_task: Task, _length: number): void {
    throw new SysError('EINVAL');
  }

  /** fallocate(2): storage for [at, at+n) now, and the size grown to it unless it is to be kept. */
  allocate(_task: Task, _at: number, _n: number, _keepSize: boolean): void {
    throw new SysError('EOPNOTSUPP');
  }

  /** FALLOC_FL_PUNCH_HOLE: [at, at+n) reads as zeros. */
  punch(_task: Task, _at: number, _n: number): void {
    throw new SysError('EOPNOTSUPP');
  }

  /** Bytes that the content takes: st_blocks. */
  get storedBytes(): number {
    return this.isRegular ? this.size : 0;
  }

  // Attributes.

  /** Names the content, for caches: equal keys mean equal bytes, in any superblock. */
  contentKey(): string {
    return `${this.sb.dev}:${this.ino}:${this.version}:${this.mtime.sec}.${this.mtime.nsec}`;
  }

  /** Refresh the fields from where they really live. */
  getattr(_task: Task): void {}

  setattr(_task: Task, attrs: Attrs, now: Timespec): void {
    if (attrs.mode !== undefined) this.mode = (this.mode & S.IFMT) | (attrs.mode & 0o7777);
    if (attrs.uid !== undefined) this.uid = attrs.uid;
    if (attrs.gid !== undefined) this.gid = attrs.gid;
    if (attrs.atime !== undefined) this.atime = attrs.atime;
    if (attrs.mtime !== undefined) this.mtime = attrs.mtime;
    this.ctime = now;
  }

  /** A file system with rules of its own answers true (allowed), false (EACCES) or undefined (the generic rules). */
  permission(_task: Task, _mask: number): boolean | undefined {
    return undefined;
  }

  // Life.

  /** A file system that makes its own open files (procfs, nsfs); undefined: by type (fs/open.ts). */
  open(_task: Task, _path: Path, _flags: number): OpenFile | Block | undefined {
    return undefined;
  }

  /** The first open file, or the first mount of it alone. */
  busy(): void {}

  /** The last of them is gone; names may remain. */
  idle(): void {}

  /** The last open file and the last name are gone. */
  evict(): void {}
}
