// Open file descriptions (struct file; open(2)): what descriptors point at. Regular files, directories, pipes, ttys,
// pidfds and namespace files subclass OpenFile; its defaults answer what Linux answers for a missing operation.
// `read` and the like are tries: they check first, change state last, and answer block(queue) to be run again.

import type { Task } from '../proc/task.ts';
import type { Block, WaitQueue } from '../sched/block.ts';
import type { Buf, Ptr } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { O } from '../uapi/fcntl.ts';
import { POLL } from '../uapi/poll.ts';
import type { DirEntry, Inode } from './inode.ts';
import type { Path } from './path.ts';

const noQueues: readonly WaitQueue[] = [];

export abstract class OpenFile {
  readonly inode: Inode;
  /** Where it was opened; undefined for what has no name (pipes, pidfds). */
  readonly path: Path | undefined;
  /** O_ACCMODE, O_APPEND, O_NONBLOCK, O_PATH and other status flags. Close-on-exec belongs to the descriptor. */
  flags: number;
  readonly readable: boolean;
  readonly writable: boolean;
  pos = 0;
  /** Descriptors and others that hold it: see get and put. */
  refs = 0;

  /** Throws ENFILE when the machine's table is full. Does not take a reference: FdTable.install does. */
  constructor(inode: Inode, path: Path | undefined, flags: number) {
    inode.sb.kernel.vfs.openedFile();
    this.inode = inode;
    this.path = path;
    this.flags = flags & ~(O.CREAT | O.EXCL | O.NOCTTY | O.TRUNC | O.CLOEXEC);
    const isPath = (flags & O.PATH) !== 0;
    const mode = flags & O.ACCMODE;
    this.readable = !isPath && (mode === O.RDONLY || mode === O.RDWR);
    this.writable = !isPath && (mode === O.WRONLY || mode === O.RDWR);
    if (inode.opens++ === 0) inode.busy();
    if (path !== undefined) {
      path.mount.count++;
      if (this.writable && inode.isRegular) {
        path.mount.writers++;
        inode.sb.writers++;
        inode.writers++;
      }
    }
  }

  get nonblock(): boolean {
    return (this.flags & O.NONBLOCK) !== 0;
  }

  get isPath(): boolean {
    return (this.flags & O.PATH) !== 0;
  }

  // At the position.

  read(_task: Task, _buf: Buf): number | Block {
    throw new SysError('EINVAL');
  }

  write(_task: Task, _buf: Buf): number | Block {
    throw new SysError('EINVAL');
  }

  // At an offset: pread(2), pwrite(2). ESPIPE for what has no positions.

  pread(_task: Task, _buf: Buf, _pos: number): number | Block {
    throw new SysError('ESPIPE');
  }

  pwrite(_task: Task, _buf: Buf, _pos: number): number | Block {
    throw new SysError('ESPIPE');
  }

  seek(_task: Task, _offset: number, _whence: number): number {
    throw new SysError('ESPIPE');
  }

  /** Entries from `pos` on, for getdents64(2). */
  readdir(_task: Task): readonly DirEntry[] {
    throw new SysError('ENOTDIR');
  }

  truncate(_task: Task, _length: number): void {
    throw new SysError('EINVAL');
  }

  /** Events that are ready (POLL bits); always-ready files keep the default. */
  poll(_task: Task): number {
    return POLL.IN | POLL.OUT | POLL.RDNORM | POLL.WRNORM;
  }

  /** What a poll waits on. */
  get queues(): readonly WaitQueue[] {
    return noQueues;
  }

  ioctl(_task: Task, _request: number, _arg: Ptr): number | Block {
    throw new SysError('ENOTTY');
  }

  /** F_SETFL has changed O_NONBLOCK or O_APPEND. */
  setFlags(flags: number): void {
    this.flags = flags;
  }

  /** Text of the link in /proc/PID/fd for a file without path: `pipe:[7]`. */
  describe(): string {
    return `${this.inode.sb.type.name}:[${this.inode.ino}]`;
  }

  /** Lines of /proc/PID/fdinfo beyond pos, flags, mnt_id and ino. */
  fdinfo(_task: Task): string {
    return '';
  }

  get(): this {
    this.refs++;
    return this;
  }

  /** Give back a reference; the last one closes the file. */
  put(): void {
    if (--this.refs > 0) return;
    this.release();
    const { inode, path } = this;
    inode.sb.kernel.vfs.closedFile();
    if (--inode.opens === 0) inode.idle();
    if (path !== undefined) {
      if (this.writable && inode.isRegular) {
        path.mount.writers--;
        inode.sb.writers--;
        inode.writers--;
      }
      path.mount.put();
    }
    if (inode.opens === 0 && inode.nlink === 0) inode.evict();
  }

  /** The last reference is gone. */
  release(): void {}
}

/** Opens a device node or a FIFO; may answer a Block (a FIFO waits for its other end). */
export type Opener = (task: Task, inode: Inode, path: Path, flags: number) => OpenFile | Block;
