// Our ends of a process's descriptors: pipes, or one stream socket to its terminal, as Node's own sockets, so that
// reading and writing never block and take nothing of libuv's thread pool. A paused socket stops reading, the pipe fills,
// and the process waits: that is all the flow control there is, and it costs no memory.

import { closeSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { SysError } from '../kernel/uapi/errno.ts';
import type { Input } from '../backend/driver.ts';
import type { Sink, Source } from '../backend/output.ts';

/** What one process may have left behind in a pipe (pipe(7): 64 KiB, by fcntl up to 1 MiB) when it ended. */
const restBytesMax = 1024 * 1024;
const page = new Uint8Array(64 * 1024);

/** The descriptor with its socket, which is made when it is first needed: most standard inputs are never written to. */
class End {
  readonly fd: number;
  #socket: Socket | undefined;
  #closed = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get made(): Socket | undefined {
    return this.#socket;
  }

  socket(readable: boolean, writable: boolean): Socket {
    if (this.#socket === undefined) {
      this.#socket = new Socket({ fd: this.fd, readable, writable, allowHalfOpen: true });
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

/** Output of a process: flowing while it is wanted. */
export class PipeSource implements Source {
  readonly #end: End;
  readonly #writable: boolean;
  #sink: Sink | undefined;
  #over = false;

  constructor(fd: number | End) {
    this.#writable = fd instanceof End;
    this.#end = fd instanceof End ? fd : new End(fd);
  }

  pull(sink: Sink): void {
    if (this.#end.closed) return;
    const first = this.#sink === undefined;
    this.#sink = sink;
    const socket = this.#end.socket(true, this.#writable);
    if (first) {
      socket.on('data', (data) => this.#take(data as unknown as Uint8Array));
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
    const socket = this.#end.made!;
    while (sink.wants && socket.readableLength > 0) if (socket.read() === null) return;
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

  #take(data: Uint8Array): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    sink.take(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.length));
    if (this.#sink !== undefined && !sink.wants) {
      const socket = this.#end.made!;
      socket.pause();
      this.#hold(socket, sink);
    }
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
    this.#end = fd instanceof End ? fd : new End(fd);
  }

  write(data: Uint8Array, done: (error?: SysError) => void): void {
    if (this.#end.closed || this.#closing) return done(new SysError('EPIPE', 'write', 'standard input is closed'));
    this.#pending.add(done);
    this.#end.socket(this.#tty, true).write(data, (error) => {
      if (!this.#pending.delete(done)) return;
      done(error ? new SysError('EPIPE', 'write', 'the process does not read any more') : undefined);
      if (error) this.end();
      else this.#shut();
    });
  }

  /** A pipe ends by being closed, a terminal by the character that its line discipline takes for the end. */
  close(): void {
    if (this.#closing || this.#end.closed) return;
    if (this.#tty) this.#end.socket(true, true).write(EOT);
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
  const end = new End(fd);
  return { stdin: new PipeInput(end), stdout: new PipeSource(end) };
}
