// Pipes and FIFOs (pipe(7), fifo(7)): a ring of bytes between open files. A write of at most PIPE_BUF bytes is never
// split; a longer one goes in as space comes. The ring is made at the first write, as Linux does with its pages.

import { AnonInode } from '../fs/anon.ts';
import { OpenFile, type Opener } from '../fs/file.ts';
import type { Inode } from '../fs/inode.ts';
import type { Path } from '../fs/path.ts';
import { PIPE_BUF, PIPE_BYTES } from '../limits.ts';
import type { Task } from '../proc/task.ts';
import { block, type Block, WaitQueue } from '../sched/block.ts';
import { sendKernel } from '../signal/send.ts';
import type { Buf, Ptr } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { O, S } from '../uapi/fcntl.ts';
import { POLL } from '../uapi/poll.ts';
import { SIG } from '../uapi/signal.ts';
import { IOCTL } from '../uapi/termios.ts';

export class Pipe {
  /** Power of two. */
  capacity = PIPE_BYTES;
  ring: Uint8Array | undefined = undefined;
  /** Bytes ever read and written; their difference is what is inside. */
  head = 0;
  tail = 0;
  /** Open ends. */
  readers = 0;
  writers = 0;
  /** Ends ever opened: a FIFO's open waits for the other side to have come, even if it has gone again. */
  readersEver = 0;
  writersEver = 0;
  /** Woken when bytes or an end of file come, and when space or the last reader's end does. */
  readonly readable = new WaitQueue();
  readonly writable = new WaitQueue();
  readonly both: readonly WaitQueue[] = [this.readable, this.writable];

  get used(): number {
    return this.tail - this.head;
  }

  /** Copy in what fits; answers how much. */
  put(buf: Buf, at: number, n: number): number {
    this.ring ??= new Uint8Array(this.capacity);
    const { ring, capacity } = this;
    const count = Math.min(n, capacity - this.used);
    const from = this.tail & (capacity - 1);
    const first = Math.min(count, capacity - from);
    ring.set(buf.read(at, first), from);
    if (count > first) ring.set(buf.read(at + first, count - first), 0);
    this.tail += count;
    return count;
  }

  take(buf: Buf, n: number): number {
    const { ring, capacity } = this;
    const count = Math.min(n, this.used);
    const from = this.head & (capacity - 1);
    const first = Math.min(count, capacity - from);
    buf.write(0, ring!.subarray(from, from + first));
    if (count > first) buf.write(first, ring!.subarray(0, count - first));
    this.head += count;
    if (this.head === this.tail) this.head = this.tail = 0;
    return count;
  }

  /** F_SETPIPE_SZ: a power of two of at least a page, and no less than what is inside. */
  resize(bytes: number): number {
    const size = Math.max(4096, 2 ** Math.ceil(Math.log2(Math.max(1, bytes))));
    if (size < this.used) throw new SysError('EBUSY', 'fcntl');
    const old = new Uint8Array(this.used);
    const used = this.used;
    if (used > 0) this.take({ length: used, read: (at, n) => old.subarray(at, at + n), write: (at, b) => old.set(b, at) }, used);
    this.ring = undefined;
    this.capacity = size;
    this.head = this.tail = 0;
    if (used > 0) {
      this.ring = new Uint8Array(size);
      this.ring.set(old);
      this.tail = used;
    }
    this.writable.wake();
    return size;
  }
}

export class PipeFile extends OpenFile {
  readonly pipe: Pipe;

  constructor(pipe: Pipe, inode: Inode, path: Path | undefined, flags: number) {
    super(inode, path, flags);
    this.pipe = pipe;
    if (this.readable) {
      pipe.readers++;
      pipe.readersEver++;
      pipe.writable.wake();
    }
    if (this.writable) {
      pipe.writers++;
      pipe.writersEver++;
      pipe.readable.wake();
    }
  }

  override read(_task: Task, buf: Buf): number | Block {
    const { pipe } = this;
    if (buf.length === 0) return 0;
    if (pipe.used === 0) {
      if (pipe.writers === 0) return 0;
      if (this.nonblock) throw new SysError('EAGAIN');
      return block(pipe.readable);
    }
    const n = pipe.take(buf, buf.length);
    pipe.writable.wake();
    return n;
  }

  override write(task: Task, buf: Buf): number | Block {
    const { pipe } = this;
    const { call } = task;
    const n = buf.length;
    if (pipe.readers === 0) {
      if (call.done > 0) return call.done;
      sendKernel(task, SIG.PIPE);
      throw new SysError('EPIPE');
    }
    const left = n - call.done;
    if (left === 0) return n;
    const free = pipe.capacity - pipe.used;
    const whole = n <= PIPE_BUF;
    if (free === 0 || (whole && free < n)) {
      if (!this.nonblock) return block(pipe.writable);
      if (call.done > 0) return call.done;
      throw new SysError('EAGAIN');
    }
    const put = pipe.put(buf, call.done, left);
    pipe.readable.wake();
    if (put === left) return n;
    call.done += put;
    return this.nonblock ? call.done : block(pipe.writable);
  }

  override poll(): number {
    const { pipe } = this;
    let events = 0;
    if (this.readable) {
      if (pipe.used > 0) events |= POLL.IN | POLL.RDNORM;
      if (pipe.writers === 0 && pipe.writersEver > 0) events |= POLL.HUP;
    }
    if (this.writable) {
      if (pipe.used < pipe.capacity) events |= POLL.OUT | POLL.WRNORM;
      if (pipe.readers === 0) events |= POLL.ERR;
    }
    return events;
  }

  override get queues(): readonly WaitQueue[] {
    return this.pipe.both;
  }

  override ioctl(_task: Task, request: number, arg: Ptr): number {
    if (request !== IOCTL.FIONREAD) throw new SysError('ENOTTY');
    const { used } = this.pipe;
    arg.buf(4).write(0, new Uint8Array([used & 0xff, (used >> 8) & 0xff, (used >> 16) & 0xff, used >>> 24]));
    return 0;
  }

  override describe(): string {
    return `pipe:[${this.inode.ino}]`;
  }

  override release(): void {
    const { pipe } = this;
    if (this.readable && --pipe.readers === 0) pipe.writable.wake();
    if (this.writable && --pipe.writers === 0) pipe.readable.wake();
    if (pipe.readers === 0 && pipe.writers === 0) this.inode.fifo = undefined;
  }
}

/** pipe2(2): the reading and the writing end. */
export function makePipe(task: Task, flags: number): readonly [PipeFile, PipeFile] {
  const { pipefs } = task.kernel.vfs;
  const inode = new AnonInode(pipefs, pipefs.nextIno(), S.IFIFO | 0o600, task.cred);
  const pipe = new Pipe();
  inode.fifo = pipe;
  const status = flags & (O.NONBLOCK | O.DIRECT);
  return [new PipeFile(pipe, inode, undefined, O.RDONLY | status), new PipeFile(pipe, inode, undefined, O.WRONLY | status)];
}

/** A FIFO's open while it waits for its other side: the end that is open already, and how many others had come before. */
interface Opening {
  readonly file: PipeFile;
  readonly seen: number;
}

/** open(2) of a FIFO: it waits for the other side, unless it is O_RDWR or does not block. */
export const openFifo: Opener = (task, inode, path, flags) => {
  const { call } = task;
  const waiting = call.state as Opening | undefined;
  const pipe = (inode.fifo ??= new Pipe()) as Pipe;
  const mode = flags & O.ACCMODE;
  if (waiting !== undefined) return ready(pipe, waiting, mode) ? done(waiting) : pause(pipe, mode);
  const named = !(inode instanceof AnonInode);
  if (named && mode === O.WRONLY && (flags & O.NONBLOCK) !== 0 && pipe.readers === 0) throw new SysError('ENXIO');
  const file = new PipeFile(pipe, inode, path, flags);
  // A pipe opened again through /proc/PID/fd has had both its sides.
  if (!named || mode === O.RDWR || (flags & O.NONBLOCK) !== 0) return file;
  if (mode === O.RDONLY ? pipe.writers > 0 : pipe.readers > 0) return file;
  // It counts as an end from now on: that is what the other side waits for.
  const opening: Opening = { file: file.get(), seen: mode === O.RDONLY ? pipe.writersEver : pipe.readersEver };
  call.state = opening;
  call.abandon = () => file.put();
  return pause(pipe, mode);
};

const ready = (pipe: Pipe, { seen }: Opening, mode: number): boolean =>
  (mode === O.RDONLY ? pipe.writersEver : pipe.readersEver) > seen;

function done({ file }: Opening): PipeFile {
  file.refs--;
  return file;
}

const pause = (pipe: Pipe, mode: number): Block => block(mode === O.RDONLY ? pipe.readable : pipe.writable);
