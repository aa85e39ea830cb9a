// Pseudoterminals (pty(7)): the slave is a terminal, the master its far end. devpts makes the pairs and their nodes.

import { OpenFile } from '../fs/file.ts';
import type { Inode } from '../fs/inode.ts';
import type { Path } from '../fs/path.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../proc/task.ts';
import { type Block, block, WaitQueue } from '../sched/block.ts';
import type { Buf, Ptr } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { makedev, O } from '../uapi/fcntl.ts';
import { POLL } from '../uapi/poll.ts';
import { IOCTL } from '../uapi/termios.ts';
import { openTty, type TtyFile } from './file.ts';
import { control, getInt, putInt } from './ioctl.ts';
import { ByteRing } from './ring.ts';
import { Tty, type TtyDriver } from './tty.ts';

/** Bytes of output that a slave can be ahead of its master's reader, and as much again for echoes. */
const AHEAD = 16384;
/** Major number of slaves (Documentation/admin-guide/devices.txt). */
const PTS_MAJOR = 136;

export class Pty implements TtyDriver {
  readonly index: number;
  readonly slave: Tty;
  /** The slave's node, for TIOCGPTPEER. */
  slavePath: Path | undefined = undefined;
  /** TIOCSPTLCK: a new slave cannot be opened until unlockpt(3). */
  locked = true;
  /** Output on its way to the master. */
  readonly ring = new ByteRing(AHEAD * 2);
  /** The slave was opened, and its last file has been closed: the master reads EIO. */
  slaveGone = false;
  masterOpen = false;
  readonly readable = new WaitQueue();
  readonly writable = new WaitQueue();
  readonly both: readonly WaitQueue[] = [this.readable, this.writable];
  readonly #freed: () => void;

  /** `freed` is called when the master closes: the node goes, its number is free. */
  constructor(kernel: Kernel, index: number, freed: () => void) {
    this.index = index;
    this.slave = new Tty(kernel, `pts/${index}`, makedev(PTS_MAJOR, index), this);
    this.#freed = freed;
  }

  openMaster(_task: Task, inode: Inode, path: Path | undefined, flags: number): PtyMaster {
    this.masterOpen = true;
    return new PtyMaster(this, inode, path, flags);
  }

  openSlave(task: Task, inode: Inode, path: Path | undefined, flags: number): TtyFile {
    if (this.locked || !this.masterOpen) throw new SysError('EIO', 'open', this.slave.name);
    const file = openTty(task, this.slave, inode, path, flags);
    this.slaveGone = false;
    return file;
  }

  /** The master is gone: the slave hangs up. */
  masterClosed(): void {
    this.masterOpen = false;
    this.ring.clear();
    this.slave.hangup();
    this.#freed();
  }

  // The slave's driver.

  get room(): number {
    return Math.max(0, AHEAD - this.ring.length);
  }

  get queued(): number {
    return this.ring.length;
  }

  put(bytes: Uint8Array): void {
    if (!this.masterOpen) return;
    this.ring.write(bytes);
    this.readable.wake();
  }

  flush(): void {
    this.ring.clear();
    this.slave.drained();
  }

  unthrottle(): void {
    this.writable.wake();
  }

  closed(): void {
    this.slaveGone = true;
    this.readable.wake();
    this.writable.wake();
  }
}

export class PtyMaster extends OpenFile {
  readonly pty: Pty;
  readonly master = true;

  constructor(pty: Pty, inode: Inode, path: Path | undefined, flags: number) {
    super(inode, path, flags | O.NOCTTY);
    this.pty = pty;
  }

  override read(_task: Task, buf: Buf): number | Block {
    const { ring, readable, slave, slaveGone } = this.pty;
    if (ring.length === 0) {
      if (slaveGone) throw new SysError('EIO', 'read');
      if (buf.length === 0) return 0;
      if (this.nonblock) throw new SysError('EAGAIN', 'read');
      return block(readable);
    }
    const n = ring.read(buf.length, (piece, at) => buf.write(at, piece));
    slave.drained();
    return n;
  }

  override write(task: Task, buf: Buf): number | Block {
    const { slave, writable, slaveGone } = this.pty;
    const { call } = task;
    if (slaveGone) throw new SysError('EIO', 'write');
    call.done += slave.receive(buf.read(call.done, buf.length - call.done));
    if (call.done === buf.length) return buf.length;
    if (!this.nonblock) return block(writable);
    if (call.done === 0) throw new SysError('EAGAIN', 'write');
    return call.done;
  }

  override poll(): number {
    const { ring, slaveGone } = this.pty;
    let events = POLL.OUT | POLL.WRNORM;
    if (ring.length > 0) events |= POLL.IN | POLL.RDNORM;
    if (slaveGone) events |= POLL.HUP;
    return events;
  }

  override get queues(): readonly WaitQueue[] {
    return this.pty.both;
  }

  override ioctl(task: Task, request: number, arg: Ptr): number | Block {
    const { pty } = this;
    switch (request) {
      case IOCTL.TIOCGPTN: return putInt(arg, pty.index);
      case IOCTL.TIOCSPTLCK: pty.locked = getInt(arg) !== 0; return 0;
      case IOCTL.TIOCGPTLCK: return putInt(arg, pty.locked ? 1 : 0);
      case IOCTL.TIOCGPTPEER: {
        const path = pty.slavePath;
        if (path === undefined) throw new SysError('EIO', 'ioctl');
        const file = pty.openSlave(task, path.inode, path, arg.value | O.NOCTTY);
        return task.files.install(task, file, (arg.value & O.CLOEXEC) !== 0);
      }
      case IOCTL.FIONREAD: return putInt(arg, pty.ring.length);
      case IOCTL.TIOCSCTTY: throw new SysError('ENOTTY', 'ioctl');
      default: return control(task, pty.slave, this, request, arg);
    }
  }

  override release(): void {
    this.pty.masterClosed();
  }
}
