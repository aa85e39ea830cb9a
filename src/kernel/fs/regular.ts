// Open regular files, directories and O_PATH handles: what open(2) gives for inodes that are not special.

import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { sendKernel } from '../signal/send.ts';
import type { Buf } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { O, SEEK } from '../uapi/fcntl.ts';
import { MS } from '../uapi/mount.ts';
import { POLL } from '../uapi/poll.ts';
import { RLIMIT } from '../uapi/sched.ts';
import { SIG } from '../uapi/signal.ts';
import { dropPrivileges } from './attr.ts';
import { OpenFile } from './file.ts';
import type { DirEntry, Inode } from './inode.ts';
import type { Path } from './path.ts';

/** MAX_RW_COUNT: what one read or write moves at most. */
export const RW_MAX = 0x7ffff000;
const DAY_SEC = 86400;

export class RegularFile extends OpenFile {
  declare readonly path: Path;

  override read(task: Task, buf: Buf): number | Block {
    const n = this.pread(task, buf, this.pos);
    if (typeof n === 'number') this.pos += n;
    return n;
  }

  override write(task: Task, buf: Buf): number | Block {
    if ((this.flags & O.APPEND) !== 0) {
      this.inode.getattr(task);
      this.pos = this.inode.size;
    }
    const n = this.#writeAt(task, buf, this.pos);
    this.pos += n;
    return n;
  }

  override pread(task: Task, buf: Buf, pos: number): number | Block {
    const n = this.inode.readAt(task, buf, 0, buf.length, pos);
    touchAtime(this.path, this.flags);
    return n;
  }

  override pwrite(task: Task, buf: Buf, pos: number): number | Block {
    if ((this.flags & O.APPEND) !== 0) this.inode.getattr(task);
    // With O_APPEND the data goes to the end, whatever the offset (pwrite(2), BUGS).
    return this.#writeAt(task, buf, (this.flags & O.APPEND) !== 0 ? this.inode.size : pos);
  }

  #writeAt(task: Task, buf: Buf, pos: number): number {
    if (buf.length === 0) return 0;
    const n = fileSizeLimit(task, pos, Math.min(buf.length, RW_MAX));
    dropPrivileges(task, this.inode);
    return this.inode.writeAt(task, buf, 0, n, pos);
  }

  override seek(task: Task, offset: number, whence: number): number {
    return (this.pos = seekTo(task, this, offset, whence));
  }

  override truncate(task: Task, length: number): void {
    this.inode.truncate(task, length);
  }

  override describe(): string {
    return this.path.dentry.name;
  }
}

/** The offset that lseek(2) leads to in a file of known size. */
export function seekTo(task: Task, file: OpenFile, offset: number, whence: number): number {
  const { inode } = file;
  inode.getattr(task);
  let pos: number;
  switch (whence) {
    case SEEK.SET: pos = offset; break;
    case SEEK.CUR: pos = file.pos + offset; break;
    case SEEK.END: pos = inode.size + offset; break;
    case SEEK.DATA:
    case SEEK.HOLE:
      // Files have no holes that show: all of a file is data, and the hole is behind its end.
      if (offset < 0 || offset >= inode.size) throw new SysError('ENXIO');
      pos = whence === SEEK.DATA ? offset : inode.size;
      break;
    default: throw new SysError('EINVAL');
  }
  if (pos < 0) throw new SysError('EINVAL');
  if (pos > Number.MAX_SAFE_INTEGER) throw new SysError('EOVERFLOW');
  return pos;
}

/** How much of [pos, pos+n) RLIMIT_FSIZE allows; SIGXFSZ and EFBIG for nothing. */
export function fileSizeLimit(task: Task, pos: number, n: number): number {
  const limit = task.rlimits[RLIMIT.FSIZE]!.cur;
  if (pos + n <= limit) return n;
  if (pos >= limit) {
    sendKernel(task, SIG.XFSZ);
    throw new SysError('EFBIG');
  }
  return limit - pos;
}

/** relatime: the access time moves if it is older than the content, or than a day. */
export function touchAtime(path: Path, flags: number): void {
  const { mount, inode } = path;
  if ((flags & O.NOATIME) !== 0 || (mount.flags & MS.NOATIME) !== 0 || mount.readonly) return;
  if ((mount.flags & MS.NODIRATIME) !== 0 && inode.isDir) return;
  const { atime, mtime, ctime } = inode;
  if ((mount.flags & MS.RELATIME) !== 0 && later(atime, mtime) && later(atime, ctime)) {
    if (inode.sb.kernel.clock.realtime().sec - atime.sec < DAY_SEC) return;
  }
  inode.atime = inode.sb.kernel.clock.realtime();
}

const later = (a: { sec: number; nsec: number }, b: { sec: number; nsec: number }): boolean =>
  a.sec > b.sec || (a.sec === b.sec && a.nsec > b.nsec);

/** A directory read by getdents64(2). The entries are those at the time of the first read after open or rewind. */
export class DirFile extends OpenFile {
  declare readonly path: Path;
  #entries: readonly DirEntry[] | undefined = undefined;

  override read(): number {
    throw new SysError('EISDIR');
  }

  override pread(): number {
    throw new SysError('EISDIR');
  }

  override readdir(task: Task): readonly DirEntry[] {
    if (this.#entries === undefined || this.pos === 0) {
      const { inode, path } = this;
      if (path.dentry.unhashed && inode.nlink === 0) throw new SysError('ENOENT');
      const up = path.dentry.parent.inode;
      this.#entries = [
        { name: '.', ino: inode.ino, type: 4 }, { name: '..', ino: up.ino, type: 4 }, ...inode.entries(task),
      ];
    }
    touchAtime(this.path, this.flags);
    return this.#entries;
  }

  override seek(task: Task, offset: number, whence: number): number {
    if (whence !== SEEK.SET && whence !== SEEK.CUR) throw new SysError('EINVAL');
    return (this.pos = seekTo(task, this, offset, whence));
  }

  override poll(): number {
    return POLL.IN | POLL.OUT | POLL.RDNORM | POLL.WRNORM;
  }
}

/** O_PATH: a place and nothing else. */
export class PathFile extends OpenFile {}

/** A file whose content is made when it is opened or read from the start: procfs's kind (seq_file). */
export abstract class TextFile extends OpenFile {
  #text: string | undefined = undefined;

  /** The whole content, a byte string. */
  abstract text(task: Task): string;

  /** A write, whole. */
  accept(_task: Task, _text: string, _pos: number): void {
    throw new SysError('EIO');
  }

  override read(task: Task, buf: Buf): number | Block {
    const n = this.pread(task, buf, this.pos);
    this.pos += n;
    return n;
  }

  override pread(task: Task, buf: Buf, pos: number): number {
    if (this.#text === undefined || pos === 0) this.#text = this.text(task);
    const n = Math.min(buf.length, this.#text.length - pos);
    if (n <= 0) return 0;
    const bytes = new Uint8Array(n);
    for (let i = 0; i < n; i++) bytes[i] = this.#text.charCodeAt(pos + i);
    buf.write(0, bytes);
    return n;
  }

  override write(task: Task, buf: Buf): number | Block {
    const n = this.pwrite(task, buf, this.pos);
    this.pos += n;
    return n;
  }

  override pwrite(task: Task, buf: Buf, pos: number): number {
    const bytes = buf.read(0, Math.min(buf.length, 65536));
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    this.accept(task, text, pos);
    return buf.length;
  }

  override seek(task: Task, offset: number, whence: number): number {
    if (whence === SEEK.END) throw new SysError('EINVAL');
    return (this.pos = seekTo(task, this, offset, whence));
  }
}

/** The open file for an inode that is not special. */
export function openPlain(inode: Inode, path: Path, flags: number): OpenFile {
  return inode.isDir ? new DirFile(inode, path, flags) : new RegularFile(inode, path, flags);
}
