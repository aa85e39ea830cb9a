// Guest memory as the WASI adapters see it. A Buf here reads the memory anew at each access: the arguments of a parked
// call live on, and a handler that runs meanwhile may grow the memory.

import type {Task} from '../../kernel/proc/task.ts';
import type {Buf, Ptr} from '../../kernel/syscall/buf.ts';
import {guest} from '../../kernel/syscall/marshal.ts';
import {SysError} from '../../kernel/uapi/errno.ts';

const PATH_MAX = 4096;
const IOV_MAX = 1024;

/** An argument pointer in place of a Ptr that the row must not follow. */
export const noPointer = (value: number): Ptr => ({value, buf: () => { throw new SysError('EFAULT'); }});

export class GuestBuf implements Buf {
  readonly length: number;
  readonly #task: Task;
  readonly #ptr: number;

  /** Throws EFAULT. */
  constructor(task: Task, ptr: number, length: number) {
    guest(task, ptr, length);
    this.#task = task;
    this.#ptr = ptr >>> 0;
    this.length = length >>> 0;
  }

  read(at: number, n: number): Uint8Array {
    return guest(this.#task, this.#ptr + at, Math.min(n, this.length - at));
  }

  write(at: number, bytes: Uint8Array): void {
    guest(this.#task, this.#ptr + at, bytes.length).set(bytes);
  }
}

/** The ranges of an iovec array, in order. */
class GuestVector implements Buf {
  readonly length: number;
  readonly #parts: readonly GuestBuf[];

  constructor(parts: readonly GuestBuf[]) {
    this.#parts = parts;
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
  }

  read(at: number, n: number): Uint8Array {
    const out = new Uint8Array(Math.min(n, this.length - at));
    this.#each(at, out.length, (part, from, length, done) => out.set(part.read(from, length), done));
    return out;
  }

  write(at: number, bytes: Uint8Array): void {
    this.#each(at, bytes.length, (part, from, length, done) => part.write(from, bytes.subarray(done, done + length)));
  }

  #each(at: number, n: number, visit: (part: GuestBuf, from: number, length: number, done: number) => void): void {
    let from = at;
    let done = 0;
    for (const part of this.#parts) {
      if (done === n) return;
      if (from < part.length) {
        const length = Math.min(part.length - from, n - done);
        visit(part, from, length, done);
        done += length;
        from = 0;
      } else {
        from -= part.length;
      }
    }
  }
}

/** The memory that `count` iovecs (or ciovecs) at `ptr` describe. */
export function vector(task: Task, ptr: number, count: number): Buf {
  if (count >>> 0 > IOV_MAX) throw new SysError('EINVAL');
  const list = guest(task, ptr, count * 8);
  if (count === 1) return new GuestBuf(task, word(list, 0), word(list, 4));
  const parts = [];
  for (let i = 0; i < count; i++) parts.push(new GuestBuf(task, word(list, i * 8), word(list, i * 8 + 4)));
  return new GuestVector(parts);
}

/** A path, as a byte string. */
export function path(task: Task, ptr: number, length: number): string {
  if (length >>> 0 >= PATH_MAX) throw new SysError('ENAMETOOLONG');
  const bytes = guest(task, ptr, length);
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0) throw new SysError('EINVAL');
    text += String.fromCharCode(bytes[i]!);
  }
  return text;
}

/** The u32 at `at`. */
export function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0;
}

/** Fails as a store there would. */
export function writable(task: Task, ptr: number, length: number): void {
  guest(task, ptr, length);
}

export function store32(task: Task, ptr: number, value: number): void {
  view(guest(task, ptr, 4)).setUint32(0, value, true);
}

/** A value that is not negative, exact to 2^53. */
export function store64(task: Task, ptr: number, value: number): void {
  const out = view(guest(task, ptr, 8));
  out.setUint32(0, value % 4294967296, true);
  out.setUint32(4, Math.floor(value / 4294967296), true);
}

/** Seconds and nanoseconds as a count of nanoseconds, which no number holds exactly: in two words. */
export function storeTime(out: DataView, at: number, sec: number, nsec: number): void {
  if (sec < 0) {
    out.setBigInt64(at, BigInt(sec) * 1_000_000_000n + BigInt(nsec), true);
    return;
  }
  const upper = Math.floor(sec / 65536) * 1e9;
  const lower = (upper % 65536) * 65536 + (sec % 65536) * 1e9 + nsec;
  out.setUint32(at, lower % 4294967296, true);
  out.setUint32(at + 4, Math.floor(upper / 65536) + Math.floor(lower / 4294967296), true);
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit argument from its two words, signed and unsigned; exact to 2^53. */
export const signed = (lo: number, hi: number): number => hi * 4294967296 + (lo >>> 0);
export const unsigned = (lo: number, hi: number): number => (hi >>> 0) * 4294967296 + (lo >>> 0);
