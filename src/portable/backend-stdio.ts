// The host's ends of a process's descriptors. Each waits on the same queues as a guest would, as one more Waiter.

import type { OpenFile } from '../kernel/fs/file.ts';
import type { Task } from '../kernel/proc/task.ts';
import type { Block, Waiter, WaitQueue } from '../kernel/sched/block.ts';
import { ByteBuf } from '../kernel/syscall/buf.ts';
import { SysError } from '../kernel/uapi/errno.ts';
import type { Input } from '../backend/driver.ts';
import type { Sink, Source } from '../backend/output.ts';

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

/** Output: read while it is wanted. */
export class FileSource implements Source {
  readonly #init: Task;
  readonly #file: OpenFile;
  readonly #watch = new Watch(() => this.#sink !== undefined && this.pull(this.#sink));
  #sink: Sink | undefined;

  constructor(init: Task, file: OpenFile) {
    this.#init = init;
    this.#file = file;
  }

  pull(sink: Sink): void {
    this.#sink = sink;
    while (sink.wants) {
      let n: number | Block;
      try {
        n = this.#file.read(this.#init, new ByteBuf(page));
      } catch (error) {
        // A pty master reads EIO when its last slave is closed.
        if (!(error instanceof SysError)) throw error;
        n = 0;
      }
      if (typeof n !== 'number') return this.#watch.on(n);
      if (n === 0) return sink.end();
      sink.take(page.slice(0, n));
    }
  }

  close(): void {
    this.#sink = undefined;
    this.#watch.off();
    this.#file.put();
  }
}

interface PendingWrite {
  readonly data: Uint8Array;
  at: number;
  readonly done: (error?: SysError) => void;
}

const EOT = new Uint8Array([4]);

/** Standard input: written as the process takes it. */
export class FileInput implements Input {
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
    if (this.#file === undefined || this.#closing) {
      return done(new SysError('EPIPE', 'write', 'standard input is closed'));
    }
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
