// An open terminal: what programs read, write, poll and control (tty(4), termios(3)).

import { capable } from '../cred/cred.ts';
import { OpenFile } from '../fs/file.ts';
import type { Inode } from '../fs/inode.ts';
import type { Path } from '../fs/path.ts';
import type { Task } from '../proc/task.ts';
import { type Block, block, type WaitQueue } from '../sched/block.ts';
import type { Buf, Ptr } from '../syscall/buf.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { O } from '../uapi/fcntl.ts';
import { POLL } from '../uapi/poll.ts';
import { SIG } from '../uapi/signal.ts';
import { LFLAG, VCC } from '../uapi/termios.ts';
import { control } from './ioctl.ts';
import { checkForeground } from './job.ts';
import type { Tty } from './tty.ts';

const NS_PER_DECISECOND = 1e8;
/** Bytes handed to the line discipline at a time. */
const CHUNK = 4096;

export class TtyFile extends OpenFile {
  readonly tty: Tty;
  readonly #generation: number;

  constructor(tty: Tty, inode: Inode, path: Path | undefined, flags: number) {
    super(inode, path, flags);
    this.tty = tty;
    this.#generation = tty.generation;
    tty.opens++;
  }

  /** The terminal was hung up after this was opened. */
  get dead(): boolean {
    return this.#generation !== this.tty.generation;
  }

  override read(task: Task, buf: Buf): number | Block {
    const { tty } = this;
    if (this.dead) return 0;
    const background = checkForeground(task, tty, SIG.TTIN);
    if (background !== undefined) return background;
    const n = Math.min(buf.length, CHUNK);
    const out = new Uint8Array(n);
    let done = 0;
    const put = (byte: number): void => {
      out[done++] = byte;
    };
    if ((tty.termios.lflag & LFLAG.ICANON) !== 0) {
      if (tty.input.available === 0) return this.#wait(Infinity);
      tty.input.readLine(n, put);
    } else {
      const waits = this.#raw(task, n);
      if (waits !== undefined) return waits;
      tty.input.readRaw(n, put);
    }
    if (done > 0) buf.write(0, done === n ? out : out.subarray(0, done));
    return done;
  }

  /** Raw mode: VMIN bytes, or VTIME tenths of a second (termios(3), "noncanonical mode"). Undefined: read now. */
  #raw(task: Task, n: number): Block | undefined {
    const { input, termios } = this.tty;
    const min = termios.cc[VCC.VMIN]!;
    const time = termios.cc[VCC.VTIME]! * NS_PER_DECISECOND;
    const now = task.kernel.clock.monotonicNs();
    const { available } = input;
    if (min > 0) {
      if (available >= Math.min(min, n)) return undefined;
      if (available === 0 || time === 0) return available > 0 && this.nonblock ? undefined : this.#wait(Infinity);
      // Between two bytes.
      const deadline = input.lastNs + time;
      return now >= deadline || this.nonblock ? undefined : this.#wait(deadline);
    }
    if (available > 0 || time === 0) return undefined;
    const { call } = task;
    if (Number.isNaN(call.deadlineNs)) call.deadlineNs = now + time;
    return now >= call.deadlineNs ? undefined : this.#wait(call.deadlineNs);
  }

  #wait(deadlineNs: number): Block {
    if (this.nonblock) throw new SysError('EAGAIN');
    return block(this.tty.readable, deadlineNs);
  }

  override write(task: Task, buf: Buf): number | Block {
    const { tty } = this;
    const { call } = task;
    if (this.dead) throw new SysError('EIO');
    if ((tty.termios.lflag & LFLAG.TOSTOP) !== 0) {
      const background = checkForeground(task, tty, SIG.TTOU);
      if (background !== undefined) return background;
    }
    while (call.done < buf.length) {
      const n = tty.output.write(buf.read(call.done, Math.min(CHUNK, buf.length - call.done)));
      if (n === 0) break;
      call.done += n;
    }
    if (call.done === buf.length) return buf.length;
    if (!this.nonblock) return block(tty.writable);
    if (call.done === 0) throw new SysError('EAGAIN');
    return call.done;
  }

  override poll(): number {
    const { tty } = this;
    if (this.dead) return POLL.IN | POLL.OUT | POLL.RDNORM | POLL.WRNORM | POLL.ERR | POLL.HUP;
    const { lflag, cc } = tty.termios;
    const wanted = (lflag & LFLAG.ICANON) === 0 && cc[VCC.VTIME] === 0 ? Math.max(1, cc[VCC.VMIN]!) : 1;
    let events = 0;
    if (tty.input.available >= wanted) events |= POLL.IN | POLL.RDNORM;
    if (!tty.stopped && tty.driver.room > 0) events |= POLL.OUT | POLL.WRNORM;
    return events;
  }

  override get queues(): readonly WaitQueue[] {
    return this.tty.both;
  }

  override ioctl(task: Task, request: number, arg: Ptr): number | Block {
    if (this.dead) throw new SysError('EIO', 'ioctl');
    return control(task, this.tty, this, request, arg);
  }

  override release(): void {
    if (this.dead) return;
    if (--this.tty.opens === 0) this.tty.driver.closed();
  }
}

/** Open a terminal. Without O_NOCTTY the leader of a session that has none gets it as its controlling terminal. */
export function openTty(task: Task, tty: Tty, inode: Inode, path: Path | undefined, flags: number): TtyFile {
  if (tty.exclusive && tty.opens > 0 && !capable(task, CAP.SYS_ADMIN)) throw new SysError('EBUSY', 'open');
  const file = new TtyFile(tty, inode, path, flags);
  const { session } = task;
  if ((flags & O.NOCTTY) === 0 && file.readable && session.leader === task && session.tty === undefined
    && tty.session === undefined) tty.control(session, task.pgrp);
  return file;
}
