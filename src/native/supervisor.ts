// The client of one supervisor, the helper process that makes a runtime's containers: requests go to it over a
// SEQPACKET socket through the library, its events come as 32-byte records over a STREAM socket. Births are known by a
// handle, one number per process and never reused; other requests by a tag that their answer repeats.

import { Socket } from 'node:net';
import type { TwinboxError } from '../errno.ts';
import { SysError } from '../kernel/uapi/errno.ts';
import type { Exit } from '../wire.ts';
import { brokenError, exitOf, startError, stepError, type StepError } from './answer.ts';
import * as library from './call.ts';
import type { EncodedPlan } from './encode.ts';
import { baseDirectory, makeEntry } from './state.ts';
import { sweep, sweepEntry } from './sweep.ts';

/** What a birth's owner hears, each at most once but `oom`. After `failed`, `exited` of an exec, or `broken`: nothing. */
export interface Listener {
  /** It stands before its program, and waits for `start`. `pid` is its number inside. */
  parked?(hostPid: number, pid: number): void;
  /** execve(2) has succeeded. */
  started?(hostPid: number, pid: number): void;
  /** A step failed, and what the others had made is undone. */
  failed(error: StepError): void;
  exited(exit: Exit): void;
  /** The OOM killer was at work in the container. */
  oom?(): void;
  /** The supervisor is gone, and with it the process. */
  broken(error: TwinboxError): void;
}

/** Our ends of a new process's descriptors, in blocking mode and for us to close; undefined where there is none. */
export interface Ends {
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
  /** A stream socket to the terminal's pump, instead of the three. */
  readonly terminal?: number;
}

export interface Birth {
  readonly handle: number;
  readonly plan: EncodedPlan;
  /** Of an exec or a visit: the handle of the container's first process. */
  readonly target?: number;
  /** Goes on through `park` at once: no `start` is needed. */
  readonly go?: boolean;
  /** Our descriptors for the kinds `inherit`; 0, 1, 2 without. */
  readonly inherit?: readonly [number, number, number];
  readonly listener: Listener;
}

export interface OpenOptions {
  /** The base directory of state, instead of the user's own. */
  readonly root?: string;
  /** Keeps the helper in a file instead of a memfd; for tests. */
  readonly noMemfd?: boolean;
}

const requests = { birth: 1, start: 2, signal: 3, freeze: 4, thaw: 5, update: 6, remove: 7, resize: 8, pool: 9, close: 10 } as const;
const events = { parked: 1, failed: 2, started: 3, exited: 4, oom: 5, done: 6, hello: 7 } as const;
const protocol = 1;
const headerBytes = 64;
const eventBytes = 32;
/** Bits of a birth's `b`. */
const GO = 1;
/** Bit of a birth's `a`: a terminal's socket instead of pipes. */
const TERMINAL = 8;

interface Fields {
  readonly handle?: number;
  readonly target?: number;
  readonly tag?: number;
  readonly a?: number;
  readonly b?: number;
}

/** A request that did not fit into the socket, in its place in the queue. */
interface Waiting {
  readonly header: Uint8Array;
  readonly plan: Uint8Array | undefined;
  sent(ends: Int32Array): void;
  failed(error: unknown): void;
}

/** Whoever waits for the answer to a tag. */
interface Asked {
  readonly plan: EncodedPlan | undefined;
  resolve(value: number): void;
  reject(error: unknown): void;
}

export class Supervisor {
  readonly pid: number;
  /** Its directory of state, whose lock it holds while it lives. */
  readonly entry: string;
  /** Bits of what this kernel gave it: 1 clone3, 2 clone into a cgroup, 4 openat2, 8 mount_setattr, 16 a warm pool. */
  readonly features: Promise<number>;
  /** Settles when the supervisor is gone: with nothing after `close`, else with the reason. */
  readonly gone: Promise<TwinboxError | undefined>;
  readonly #requestFd: number;
  readonly #pidFd: number;
  readonly #socket: Socket;
  readonly #births = new Map<number, Birth>();
  readonly #asked = new Map<number, Asked>();
  readonly #queue: Waiting[] = [];
  #retry: NodeJS.Timeout | undefined;
  #rest: Buffer | undefined;
  #tag = 0;
  #closing: Promise<void> | undefined;
  #over = false;
  /** Why it could not even begin. */
  #reason: TwinboxError | undefined;
  #hello!: (bits: number) => void;
  #ended!: (error?: TwinboxError) => void;

  /** Sweeps what dead runtimes have left below the same base directory, and starts a supervisor with an entry there. */
  static open(options: OpenOptions = {}): Supervisor {
    const base = baseDirectory(options.root);
    sweep(base);
    const { path, held } = makeEntry(base, (dir) => library.openSupervisor(dir, options.noMemfd ? 1 : 0));
    return new Supervisor(held, path);
  }

  private constructor({ pid, requestFd, eventFd, pidFd }: library.Started, entry: string) {
    this.pid = pid;
    this.entry = entry;
    this.#requestFd = requestFd;
    this.#pidFd = pidFd;
    this.features = new Promise((resolve) => (this.#hello = resolve));
    this.gone = new Promise((resolve) => (this.#ended = resolve));
    this.#socket = new Socket({ fd: eventFd, readable: true, writable: false });
    this.#socket.on('data', (chunk) => this.#read(chunk as Buffer));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#end());
    this.#socket.unref();
  }

  /** While true, this runtime keeps the event loop alive; closing does so to its end. */
  hold(on: boolean): void {
    if (on || this.#closing !== undefined) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Carries a plan out up to `park`, or with `go` to its program; the listener hears how far it came. */
  birth(birth: Birth): Promise<Ends> {
    const { handle, plan, target, go, inherit } = birth;
    const kinds = plan.terminal ? [] : plan.stdio;
    const passed = kinds.reduce<number>((bits, kind, i) => (kind === 0 ? bits : bits | (1 << i)), 0);
    const header = frame(requests.birth, { handle, target, a: plan.terminal ? TERMINAL : passed, b: go ? GO : 0 });
    const view = new DataView(header.buffer);
    for (const [i, kind] of kinds.entries()) {
      view.setUint8(48 + i, kind === 2 ? 1 : kind);
      if (kind === 3) view.setInt32(52 + 4 * i, inherit?.[i] ?? i, true);
    }
    this.#births.set(handle, birth);
    return new Promise((resolve, reject) => {
      const failed = (error: unknown): void => {
        this.#births.delete(handle);
        reject(error);
      };
      this.#send({ header, plan: plan.bytes, sent: (ends) => resolve(endsOf(ends, plan.terminal)), failed });
    });
  }

  /** Lets a parked process go on to its program. */
  start(handle: number): void {
    this.#tell(frame(requests.start, { handle }));
  }

  resize(handle: number, columns: number, rows: number): void {
    this.#tell(frame(requests.resize, { handle, a: columns, b: rows }));
  }

  /** To one process, or to all of the container whose first process it is. */
  async signal(handle: number, signal: number, all = false): Promise<void> {
    await this.#ask(requests.signal, { handle, a: signal, b: all ? 1 : 0 });
  }

  async freeze(handle: number): Promise<void> {
    await this.#ask(requests.freeze, { handle });
  }

  async thaw(handle: number): Promise<void> {
    await this.#ask(requests.thaw, { handle });
  }

  /** An update plan, made on a living container. */
  async update(target: number, plan: EncodedPlan): Promise<void> {
    await this.#ask(requests.update, { target }, plan);
  }

  /** Kills what lives, takes back what was made, and forgets the container; answers when all is gone. */
  async remove(handle: number): Promise<void> {
    await this.#ask(requests.remove, { handle });
    this.#births.delete(handle);
  }

  /** Keeps `size` children of this plan's key ready, each up to its last prepaid step. */
  async pool(plan: EncodedPlan, size: number): Promise<void> {
    await this.#ask(requests.pool, { a: size }, plan);
  }

  /** Ends and removes everything, and the supervisor with it. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#over) return;
    this.hold(true);
    await Promise.race([this.#ask(requests.close, {}).catch(() => {}), this.gone]);
    await this.gone;
  }

  #tell(header: Uint8Array): void {
    this.#send({ header, plan: undefined, sent: () => {}, failed: () => {} });
  }

  #ask(op: number, fields: Fields, plan?: EncodedPlan): Promise<number> {
    this.#tag = this.#tag === 0xffffffff ? 1 : this.#tag + 1;
    const tag = this.#tag;
    return new Promise((resolve, reject) => {
      this.#asked.set(tag, { plan, resolve, reject });
      const failed = (error: unknown): void => {
        this.#asked.delete(tag);
        reject(error);
      };
      this.#send({ header: frame(op, { ...fields, tag }), plan: plan?.bytes, sent: () => {}, failed });
    });
  }

  /** In their order: one that finds the socket full waits, and all after it. */
  #send(request: Waiting): void {
    if (this.#over) return request.failed(brokenError());
    if (this.#queue.length > 0 || !this.#sendNow(request)) {
      this.#queue.push(request);
      this.#retryLater();
    }
  }

  #sendNow(request: Waiting): boolean {
    const ends = new Int32Array(3);
    try {
      if (!library.send(this.#requestFd, request.header, request.plan, ends)) return false;
    } catch (error) {
      // The other end is closed: the event stream is about to end, and says so to everyone.
      const dead = error instanceof SysError && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
      request.failed(dead ? brokenError() : error);
      return true;
    }
    request.sent(ends);
    return true;
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#sendNow(this.#queue[0]!)) this.#queue.shift();
    if (this.#queue.length > 0) this.#retryLater();
  }

  /** Nothing tells when a SEQPACKET socket takes more, so it is tried again: after each event, and by the clock. */
  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#flush();
    }, 1);
  }

  #read(chunk: Buffer): void {
    const data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (; at + eventBytes <= data.length; at += eventBytes) this.#event(data, at);
    this.#rest = at < data.length ? data.subarray(at) : undefined;
    if (this.#queue.length > 0) this.#flush();
  }

  #event(data: Buffer, at: number): void {
    const kind = data.readUInt32LE(at);
    const handle = data.readUInt32LE(at + 4);
    const tag = data.readUInt32LE(at + 8);
    const a = data.readInt32LE(at + 12);
    const b = word(data, at + 16);
    const c = word(data, at + 24);
    if (kind === events.done) return this.#done(tag, a, b, c);
    if (kind === events.hello) return this.#greeted(a, b);
    const birth = this.#births.get(handle);
    if (birth === undefined) return;
    const { listener, plan, target } = birth;
    switch (kind) {
      case events.parked: return listener.parked?.(a, b);
      case events.started: return listener.started?.(a, b);
      case events.oom: return listener.oom?.();
      case events.failed:
        this.#births.delete(handle);
        return listener.failed(stepError(plan, a, b, c));
      case events.exited:
        // A container's record stays until it is removed: its OOM events may still come.
        if (target !== undefined) this.#births.delete(handle);
        return listener.exited(exitOf(a, b, c));
    }
  }

  #done(tag: number, errno: number, step: number, value: number): void {
    const asked = this.#asked.get(tag);
    if (asked === undefined) return;
    this.#asked.delete(tag);
    if (errno === 0) asked.resolve(value);
    else asked.reject(stepError(asked.plan, errno, step, -1));
  }

  #greeted(version: number, bits: number): void {
    if (version === protocol) return this.#hello(bits);
    if (version < 0) this.#reason = startError(-version);
    this.#socket.destroy();
  }

  /** The stream has ended: the supervisor is dead, by our wish or not, and whatever it held died with it. */
  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#retry);
    library.closeFd(this.#requestFd);
    library.closeFd(this.#pidFd);
    // What it could not take away, or had no time to, is in its journal. What stays even now is the next sweep's.
    sweepEntry(this.entry);
    const error = this.#closing === undefined ? (this.#reason ?? brokenError()) : undefined;
    const births = [...this.#births.values()];
    const asked = [...this.#asked.values()];
    const queue = this.#queue.splice(0);
    this.#births.clear();
    this.#asked.clear();
    this.#hello(0);
    const why = error ?? brokenError();
    for (const one of queue) one.failed(why);
    for (const one of asked) one.reject(why);
    for (const { listener } of births) listener.broken(why);
    this.#ended(error);
  }
}

function frame(op: number, { handle = 0, target = 0, tag = 0, a = 0, b = 0 }: Fields): Uint8Array {
  const header = new Uint8Array(headerBytes);
  const view = new DataView(header.buffer);
  view.setUint32(0, op, true);
  view.setUint32(4, handle, true);
  view.setUint32(8, target, true);
  view.setUint32(12, tag, true);
  view.setBigInt64(16, BigInt(a), true);
  view.setBigInt64(24, BigInt(b), true);
  return header;
}

/** A signed 64-bit number; all that come fit into 53 bits. */
function word(data: Buffer, at: number): number {
  return data.readInt32LE(at + 4) * 0x100000000 + data.readUInt32LE(at);
}

function endsOf(fds: Int32Array, terminal: boolean): Ends {
  const end = (i: number): number | undefined => (fds[i]! < 0 ? undefined : fds[i]);
  return terminal ? { terminal: end(0) } : { stdin: end(0), stdout: end(1), stderr: end(2) };
}
