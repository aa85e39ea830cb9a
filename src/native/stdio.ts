// Our ends of a process's descriptors: pipes, or one stream socket to its terminal, as Node's own sockets, so that
// reading and writing never block and take nothing of libuv's thread pool. A paused socket stops reading, the pipe
// fills, and the process waits: that is all the flow control there is, and it costs no memory.

import { closeSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { SysError } from '../kernel/uapi/errno.ts';
import type { Input } from '../backend/driver.ts';
import type { Sink, Source } from '../backend/output.ts';

/** What one process may have left behind in a pipe (pipe(7): 64 KiB, by fcntl up to 1 MiB) when it ended. */
const restBytesMax = 1024 * 1024;

/** What one read takes at most, and where it puts it, for all sockets: a copy of the right size goes on. */
const page = new Uint8Array(64 * 1024);

/** The descriptor with its socket, which is made when it is first needed: most standard inputs are never written to. */
class End {
  readonly fd: number;
  readonly #writable: boolean;
  #socket: Socket | undefined;
  #closed = false;
  /** Set before the socket is made: then it reads, and stops when the answer is false. */
  take: ((data: Uint8Array) => boolean) | undefined;

  constructor(fd: number, writable: boolean) {
    this.fd = fd;
    this.#writable = writable;
  }

  get closed(): boolean {
    return this.#closed;
  }

  socket(): Socket {
    if (this.#socket === undefined) {
      const { fd, take } = this;
      this.#socket = new Socket({
        fd, readable: take !== undefined, writable: this.#writable, allowHalfOpen: true,
        ...(take === undefined ? {} : { onread: { buffer: page, callback: (n) => take(page.slice(0, n)) } }),
      });
      // What went wrong is told to the writes that wait, and a read that failed is an end.
      this.#socket.on('error', () => {});
      // Who waits for a process keeps the host alive, not what it may yet say.
      this.#socket.unref();
    }
    return this.#socket;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#socket === undefined) closeSync(this.fd);
    else this.#socket.destroy();
  }
}

/** Output of a process: read while it is wanted. */
export class PipeSource implements Source {
  readonly #end: End;
  #sink: Sink | undefined;
  #over = false;

  constructor(fd: number | End) {
    this.#end = fd instanceof End ? fd : new End(fd, false);
    this.#end.take = (data) => this.#take(data);
  }

  pull(sink: Sink): void {
    if (this.#end.closed) return;
    const first = this.#sink === undefined;
    this.#sink = sink;
    const socket = this.#end.socket();
    if (first) {
      socket.on('end', () => this.#sink?.end());
      socket.on('close', () => this.#sink?.end());
    }
    this.#hold(socket, sink);
    socket.resume();
  }

  /** The pipe is read by hand: that it had ended may be known before the event loop has come to its last words. */
  over(sink: Sink): void {
    this.#over = true;
    if (this.#end.closed || !sink.wants) return;
    this.pull(sink);
    for (let total = 0; sink.wants && total < restBytesMax;) {
      let n: number;
      try {
        n = readSync(this.#end.fd, page);
      } catch {
        // EAGAIN: another process holds the other end, and the socket goes on.
        return;
      }
      if (n === 0) return sink.end();
      sink.take(page.slice(0, n));
      total += n;
    }
  }

  close(): void {
    this.#sink = undefined;
    this.#end.close();
  }

  #take(data: Uint8Array): boolean {
    const sink = this.#sink;
    if (sink === undefined) return false;
    sink.take(data);
    if (this.#sink === undefined || sink.wants) return true;
    this.#hold(this.#end.socket(), sink);
    return false;
  }

  /** After its end a process is not waited for any more, but its reader is. */
  #hold(socket: Socket, sink: Sink): void {
    if (this.#over && sink.read && sink.wants) socket.ref();
    else socket.unref();
  }
}

const EOT = new Uint8Array([4]);

/** Standard input: a write is done when the kernel has all of it. */
export class PipeInput implements Input {
  readonly #end: End;
  readonly #tty: boolean;
  readonly #pending = new Set<(error?: SysError) => void>();
  #closing = false;

  constructor(fd: number | End) {
    this.#tty = fd instanceof End;
    this.#end = fd instanceof End ? fd : new End(fd, true);
  }

  write(data: Uint8Array, done: (error?: SysError) => void): void {
    if (this.#end.closed || this.#closing) return done(new SysError('EPIPE', 'write', 'standard input is closed'));
    this.#pending.add(done);
    this.#end.socket().write(data, (error) => {
      if (!this.#pending.delete(done)) return;
      done(error ? new SysError('EPIPE', 'write', 'the process does not read any more') : undefined);
      if (error) this.end();
      else this.#shut();
    });
  }

  /** A pipe ends by being closed, a terminal by the character that its line discipline takes for the end. */
  close(): void {
    if (this.#closing || this.#end.closed) return;
    if (this.#tty) this.#end.socket().write(EOT);
    this.#closing = true;
    this.#shut();
  }

  end(): void {
    // The terminal's socket is its reader's to close.
    if (!this.#tty) this.#end.close();
    this.#closing = true;
    const waiting = [...this.#pending];
    this.#pending.clear();
    for (const done of waiting) done(new SysError('EPIPE', 'write', 'the process has ended'));
  }

  #shut(): void {
    if (this.#closing && !this.#tty && this.#pending.size === 0) this.#end.close();
  }
}

/** Both directions of a terminal, which are one socket. */
export function terminalEnds(fd: number): { readonly stdin: Input; readonly stdout: Source } {
  const end = new End(fd, true);
  return { stdin: new PipeInput(end), stdout: new PipeSource(end) };
}
