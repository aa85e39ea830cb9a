// hostfs: a directory of the host as a file system (docker's bind of a host path). A driver gives it, synchronous and on
// regular files, directories and links only; the walk of paths is the kernel's, component by component, so that a link
// in the directory leads to where the guest's root has its target, never to the host.

import type { Kernel } from '../kernel.ts';
import type { Task } from '../proc/task.ts';
import type { Timespec } from '../sched/clock.ts';
import type { Buf } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { dtype, S } from '../uapi/fcntl.ts';
import { MAGIC } from '../uapi/mount.ts';
import { Dentry } from './dentry.ts';
import { type Attrs, type DirEntry, Inode } from './inode.ts';
import { type FsType, type StatFs, SuperBlock } from './super.ts';

/** A file's attributes as the host has them, ids and types translated. */
export interface HostStat {
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly atime: Timespec;
  readonly mtime: Timespec;
  readonly ctime: Timespec;
}

/**
 * One directory of the host. Names are byte strings; a path is names joined by `/`, the empty one is the directory
 * itself. No operation follows a link, in the last place or before. Failures are SysErrors.
 */
export interface HostDir {
  stat(path: string): HostStat;
  readdir(path: string): readonly { readonly name: string; readonly type: number }[];
  readlink(path: string): string;
  create(path: string, mode: number): void;
  mkdir(path: string, mode: number): void;
  symlink(path: string, target: string): void;
  link(path: string, newPath: string): void;
  unlink(path: string): void;
  rmdir(path: string): void;
  rename(path: string, newPath: string): void;
  setattr(path: string, attrs: Attrs): void;
  /** A handle to a regular file; for writing only where the host allows it. */
  open(path: string, write: boolean): number;
  close(handle: number): void;
  fstat(handle: number): HostStat;
  read(handle: number, into: Uint8Array, pos: number): number;
  write(handle: number, from: Uint8Array, pos: number): number;
  truncate(handle: number, length: number): void;
  statfs(): StatFs;
}

/** Opens directories of the host: ENOENT, ENOTDIR, EACCES. */
export interface HostDriver {
  open(path: string): HostDir;
}

/** No call moves more bytes of a host file than this: host calls hold every guest. */
const PIECE_BYTES = 256 * 1024;

class HostSuper extends SuperBlock {
  readonly magic = MAGIC.HOSTFS;
  override readonly cached = false;
  readonly dir: HostDir;
  readonly root: Dentry;

  constructor(kernel: Kernel, dir: HostDir, flags: number) {
    super(kernel, hostfs, flags);
    this.dir = dir;
    this.root = new Dentry('/', undefined, new HostInode(this, '', dir.stat('')));
  }

  override statfs(): StatFs {
    return this.dir.statfs();
  }
}

class HostInode extends Inode {
  declare readonly sb: HostSuper;
  readonly #path: string;
  #handle = -1;
  #writable = false;

  constructor(sb: HostSuper, path: string, stat: HostStat) {
    super(sb, stat.ino, stat.mode, stat.uid, stat.gid, stat.ctime);
    this.#path = path;
    this.#take(stat);
  }

  #take(stat: HostStat): void {
    this.mode = stat.mode;
    this.nlink = stat.nlink;
    this.uid = stat.uid;
    this.gid = stat.gid;
    this.size = stat.size;
    this.atime = stat.atime;
    this.mtime = stat.mtime;
    this.ctime = stat.ctime;
  }

  #below(name: string): string {
    return this.#path === '' ? name : `${this.#path}/${name}`;
  }

  override getattr(): void {
    if (this.#handle >= 0) {
      this.#take(this.sb.dir.fstat(this.#handle));
      return;
    }
    this.#take(this.sb.dir.stat(this.#path));
  }

  override lookup(_task: Task, name: string): Inode | undefined {
    const path = this.#below(name);
    try {
      return new HostInode(this.sb, path, this.sb.dir.stat(path));
    } catch (error) {
      if (error instanceof SysError && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  override entries(): readonly DirEntry[] {
    return this.sb.dir.readdir(this.#path).map(({ name, type }, i) => ({ name, ino: i + 2, type: dtype(type) }));
  }

  override create(task: Task, name: string, mode: number): Inode {
    const path = this.#below(name);
    const { dir } = this.sb;
    switch (mode & S.IFMT) {
      case S.IFREG: dir.create(path, mode & 0o7777); break;
      case S.IFDIR: dir.mkdir(path, mode & 0o7777); break;
      default: throw new SysError('EPERM', 'mknod', 'a host directory takes files, directories and links only');
    }
    return this.#made(task, path);
  }

  override symlink(task: Task, name: string, target: string): Inode {
    const path = this.#below(name);
    this.sb.dir.symlink(path, target);
    return this.#made(task, path);
  }

  /** What a task makes is its own, where the host lets it be. */
  #made(task: Task, path: string): Inode {
    const { dir } = this.sb;
    const stat = dir.stat(path);
    const { fsuid, fsgid } = task.cred;
    if (stat.uid !== fsuid || stat.gid !== fsgid) {
      try {
        dir.setattr(path, { uid: fsuid, gid: fsgid });
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
      }
    }
    return new HostInode(this.sb, path, dir.stat(path));
  }

  override link(_task: Task, name: string, inode: Inode): void {
    this.sb.dir.link((inode as HostInode).#path, this.#below(name));
    inode.getattr(_task);
  }

  override unlink(_task: Task, name: string, inode: Inode): void {
    this.sb.dir.unlink(this.#below(name));
    inode.nlink--;
  }

  override rmdir(_task: Task, name: string): void {
    this.sb.dir.rmdir(this.#below(name));
  }

  override rename(
    _task: Task, name: string, _inode: Inode, to: Inode, newName: string, _target: Inode | undefined, exchange: boolean,
  ): void {
    if (exchange) throw new SysError('EINVAL', 'rename');
    this.sb.dir.rename(this.#below(name), (to as HostInode).#below(newName));
  }

  override readlink(): string {
    return this.sb.dir.readlink(this.#path);
  }

  override readAt(_task: Task, buf: Buf, at: number, n: number, pos: number): number {
    const bytes = new Uint8Array(Math.min(n, PIECE_BYTES));
    const count = this.sb.dir.read(this.#open(false), bytes, pos);
    buf.write(at, bytes.subarray(0, count));
    return count;
  }

  override writeAt(_task: Task, buf: Buf, at: number, n: number, pos: number): number {
    const count = this.sb.dir.write(this.#open(true), buf.read(at, Math.min(n, PIECE_BYTES)), pos);
    this.version++;
    if (pos + count > this.size) this.size = pos + count;
    return count;
  }

  override truncate(_task: Task, length: number): void {
    const kept = this.#handle >= 0;
    this.sb.dir.truncate(this.#open(true), length);
    this.size = length;
    this.version++;
    if (!kept && this.opens === 0) this.idle();
  }

  override setattr(_task: Task, attrs: Attrs): void {
    this.sb.dir.setattr(this.#path, attrs);
    this.getattr();
  }

  #open(write: boolean): number {
    if (this.#handle >= 0 && (this.#writable || !write)) return this.#handle;
    const handle = this.sb.dir.open(this.#path, write);
    if (this.#handle >= 0) this.sb.dir.close(this.#handle);
    this.#handle = handle;
    this.#writable = write;
    return handle;
  }

  override idle(): void {
    if (this.#handle < 0) return;
    this.sb.dir.close(this.#handle);
    this.#handle = -1;
    this.#writable = false;
  }

  override evict(): void {
    this.idle();
  }
}

/** Only the machine's first task mounts it: whoever could name a host path from inside would have left the container. */
export const hostfs: FsType = {
  name: 'hostfs', nodev: true, userns: false,
  mount(task: Task, source: string, flags: number): SuperBlock {
    const { kernel } = task;
    if (task !== kernel.init) throw new SysError('EPERM', 'mount', 'hostfs');
    if (kernel.hostDriver === undefined) throw new SysError('ENODEV', 'mount', 'this machine has no host directories');
    return new HostSuper(kernel, kernel.hostDriver.open(source), flags);
  },
};
