// The host's ends of a process's descriptors: output drained into a ring and to attached channels as their credit allows,
// input written as the process takes it. Each waits on the same queues as a guest would, as one more Waiter.

import type { OpenFile } from '../kernel/fs/file.ts';
import type { Task } from '../kernel/proc/task.ts';
import type { Block, Waiter, WaitQueue } from '../kernel/sched/block.ts';
import { ByteBuf } from '../kernel/syscall/buf.ts';
import { SysError } from '../kernel/uapi/errno.ts';
import type { LogChunk, Message } from '../wire.ts';

/** What one read takes at most, and where it puts it: a copy of the right size goes on. */
const page = new Uint8Array(64 * 1024);

/** Waits on the queues of a file and runs `turn` soon after a wake, never inside the call that woke it. */
class Watch implements Waiter {
  #queues: readonly WaitQueue[] = [];
  readonly #turn: () => void;
  #due = false;

  constructor(turn: () => void) {
    this.#turn = turn;
  }

  on(block: Block): void {
    this.off();
    this.#queues = block.queues;
    for (const queue of this.#queues) queue.add(this);
  }

  off(): void {
    for (const queue of this.#queues) queue.remove(this);
    this.#queues = [];
  }

  wakeup(): void {
    this.off();
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#turn();
    });
  }
}

/** The last bytes of a process's output, both descriptors in order. */
export class Ring {
  readonly #bytesMax: number;
  #chunks: LogChunk[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(fd: 1 | 2, data: Uint8Array): void {
    if (this.#bytesMax === 0) return;
    this.#chunks.push({ fd, time: new Date().toISOString(), data });
    this.#bytes += data.length;
    while (this.#bytes > this.#bytesMax && this.#chunks.length > 0) this.#bytes -= this.#chunks.shift()!.data.length;
  }

  chunks(): readonly LogChunk[] {
    return this.#chunks;
  }
}

interface Channel {
  readonly id: number;
  credit: number;
}

/** One output descriptor of a process. */
export class Output {
  readonly #init: Task;
  readonly #fd: 1 | 2;
  readonly #ring: Ring;
  /** A pipe by request waits for its reader; a log never does. */
  readonly #kind: 'pipe' | 'log';
  readonly #post: (message: Message) => void;
  readonly #channels = new Map<number, Channel>();
  readonly #watch = new Watch(() => this.drain());
  #file: OpenFile | undefined;
  #hadReader = false;

  constructor(init: Task, fd: 1 | 2, file: OpenFile | undefined, kind: 'pipe' | 'log', ring: Ring, post: (message: Message) => void) {
    this.#init = init;
    this.#fd = fd;
    this.#file = file;
    this.#kind = kind;
    this.#ring = ring;
    this.#post = post;
    this.drain();
  }

  attach(id: number, credit: number, replay: boolean): void {
    const channel = { id, credit };
    if (replay) {
      for (const { fd, data } of this.#ring.chunks()) if (fd === this.#fd) this.#give(channel, data);
    }
    if (this.#file === undefined) return this.#post({ channel: id, end: true });
    this.#channels.set(id, channel);
    this.#hadReader = true;
    this.drain();
  }

  detach(id: number): void {
    if (!this.#channels.delete(id)) return;
    // The reader of a pipe has gone: its writer shall have SIGPIPE.
    if (this.#kind === 'pipe' && this.#channels.size === 0) this.#close();
    else this.drain();
  }

  credit(id: number, bytes: number): boolean {
    const channel = this.#channels.get(id);
    if (channel === undefined) return false;
    const stopped = channel.credit <= 0;
    channel.credit += bytes;
    if (stopped && channel.credit > 0) this.drain();
    return true;
  }

  /** Take what is there, as long as everyone who reads it can take more. */
  drain(): void {
    while (this.#file !== undefined && this.#wanted()) {
      let n: number | Block;
      try {
        n = this.#file.read(this.#init, new ByteBuf(page));
      } catch (error) {
        // A pty master reads EIO when its last slave is closed.
        if (!(error instanceof SysError)) throw error;
        n = 0;
      }
      if (typeof n !== 'number') return this.#watch.on(n);
      if (n === 0) return this.#close();
      const data = page.slice(0, n);
      if (this.#kind === 'log') this.#ring.add(this.#fd, data);
      for (const channel of this.#channels.values()) this.#give(channel, data);
    }
  }

  /** Of a process that has ended: what is left is read even without a reader, so that the machine can let it go. */
  finish(): void {
    if (this.#kind === 'pipe' && !this.#hadReader) return;
    this.drain();
  }

  /** The record is gone. */
  end(): void {
    this.#close();
  }

  #wanted(): boolean {
    if (this.#kind === 'pipe' && this.#channels.size === 0) return false;
    for (const channel of this.#channels.values()) if (channel.credit <= 0) return false;
    return true;
  }

  #give(channel: Channel, data: Uint8Array): void {
    channel.credit -= data.length;
    this.#post({ channel: channel.id, data });
  }

  #close(): void {
    this.#watch.off();
    this.#file?.put();
    this.#file = undefined;
    for (const id of this.#channels.keys()) this.#post({ channel: id, end: true });
    this.#channels.clear();
  }
}

interface PendingWrite {
  readonly data: Uint8Array;
  at: number;
  readonly done: (error?: SysError) => void;
}

const EOT = new Uint8Array([4]);

/** Standard input of a process. */
export class Input {
  readonly #init: Task;
  readonly #tty: boolean;
  readonly #pending: PendingWrite[] = [];
  readonly #watch = new Watch(() => this.#pump());
  #file: OpenFile | undefined;
  #closing = false;

  constructor(init: Task, file: OpenFile | undefined, tty: boolean) {
    this.#init = init;
    this.#file = file;
    this.#tty = tty;
  }

  write(data: Uint8Array, done: (error?: SysError) => void): void {
    if (this.#file === undefined || this.#closing) return done(new SysError('EPIPE', 'write', 'standard input is closed'));
    this.#pending.push({ data, at: 0, done });
    if (this.#pending.length === 1) this.#pump();
  }

  /** After what is pending: end of file. */
  close(): void {
    if (this.#closing) return;
    if (this.#tty && this.#file !== undefined) this.#pending.push({ data: EOT, at: 0, done: () => {} });
    this.#closing = true;
    this.#pump();
  }

  end(): void {
    this.#watch.off();
    this.#file?.put();
    this.#file = undefined;
    for (const { done } of this.#pending.splice(0)) done(new SysError('EPIPE', 'write', 'the process has ended'));
  }

  #pump(): void {
    for (let next = this.#pending[0]; next !== undefined && this.#file !== undefined; next = this.#pending[0]) {
      let n: number | Block;
      // No call of task 1 is in progress: what its record counts is this write alone.
      const { call } = this.#init;
      call.done = 0;
      try {
        n = this.#file.write(this.#init, new ByteBuf(next.data.subarray(next.at)));
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        return this.end();
      }
      if (typeof n !== 'number') {
        next.at += call.done;
        return this.#watch.on(n);
      }
      next.at += n;
      if (next.at < next.data.length) continue;
      this.#pending.shift();
      next.done();
    }
    if (this.#closing && this.#pending.length === 0) this.end();
  }
}
