// WASI's calls on descriptors: reading and writing, positions, directories.

import type {Task} from '../../kernel/proc/task.ts';
import {scratch} from '../../kernel/syscall/buf.ts';
import {guest} from '../../kernel/syscall/marshal.ts';
import {AT, F, O, SEEK} from '../../kernel/uapi/fcntl.ts';
import {WASI} from './errno.ts';
import {noPointer, signed, store32, store64, unsigned, vector, view, writable} from './memory.ts';
import {preopened} from './preopen.ts';
import {last, step} from './row.ts';
import {fails, filetype, isOpen} from './stat.ts';

/** Stores the number of bytes that a call has moved. */
const moved = (ptr: number) => (task: Task, n: number): undefined => { store32(task, ptr, n); };

export function fdRead(task: Task, r: Int32Array): number {
  writable(task, r[3]!, 4);
  return last(task, 'readv', [r[0]!, vector(task, r[1]!, r[2]!)], moved(r[3]!));
}

export function fdWrite(task: Task, r: Int32Array): number {
  writable(task, r[3]!, 4);
  return last(task, 'writev', [r[0]!, vector(task, r[1]!, r[2]!)], moved(r[3]!));
}

export function fdPread(task: Task, r: Int32Array): number {
  writable(task, r[5]!, 4);
  return last(task, 'preadv', [r[0]!, vector(task, r[1]!, r[2]!), signed(r[3]!, r[4]!)], moved(r[5]!));
}

export function fdPwrite(task: Task, r: Int32Array): number {
  writable(task, r[5]!, 4);
  return last(task, 'pwritev', [r[0]!, vector(task, r[1]!, r[2]!), signed(r[3]!, r[4]!)], moved(r[5]!));
}

export function fdClose(task: Task, r: Int32Array): number {
  const fd = r[0]!;
  if (preopened(task, fd) === undefined) return last(task, 'close', [fd]);
  task.files.unreserve(fd);
  return 0;
}

/** dup2 and close in one. */
export function fdRenumber(task: Task, r: Int32Array): number {
  const [from, to] = [r[0]!, r[1]!];
  if (preopened(task, from) !== undefined || preopened(task, to) !== undefined) return WASI.BUSY;
  if (!isOpen(task, from) || !isOpen(task, to)) return WASI.BADF;
  if (from === to) return 0;
  step(task, 'dup2', [from, to]);
  return last(task, 'close', [from]);
}

const WHENCE = [SEEK.SET, SEEK.CUR, SEEK.END];
const WHENCE_UNSTABLE = [SEEK.CUR, SEEK.END, SEEK.SET];

export function fdSeek(task: Task, r: Int32Array, old: boolean): number {
  const [fd, ptr] = [r[0]!, r[4]!];
  const whence = (old ? WHENCE_UNSTABLE : WHENCE)[r[3]!];
  if (whence === undefined) fails('EINVAL');
  writable(task, ptr, 8);
  return last(task, 'lseek', [fd, signed(r[1]!, r[2]!), whence], (t, at) => { store64(t, ptr, at); return 0; });
}

export function fdTell(task: Task, r: Int32Array): number {
  const ptr = r[1]!;
  writable(task, ptr, 8);
  return last(task, 'lseek', [r[0]!, 0, SEEK.CUR], (t, at) => { store64(t, ptr, at); return 0; });
}

export function fdSync(task: Task, r: Int32Array): number {
  return preopened(task, r[0]!) === undefined ? last(task, 'fsync', [r[0]!]) : 0;
}

export function fdDatasync(task: Task, r: Int32Array): number {
  return preopened(task, r[0]!) === undefined ? last(task, 'fdatasync', [r[0]!]) : 0;
}

const ADVICE_MAX = 5;

/** posix_fadvise: there is nothing to advise, only arguments to check. */
export function fdAdvise(task: Task, r: Int32Array): number {
  if (!isOpen(task, r[0]!)) return WASI.BADF;
  return r[5]! >>> 0 > ADVICE_MAX || r[4]! < 0 ? WASI.INVAL : 0;
}

export function fdAllocate(task: Task, r: Int32Array): number {
  return last(task, 'fallocate', [r[0]!, 0, signed(r[1]!, r[2]!), signed(r[3]!, r[4]!)]);
}

/** Bytes of a dirent before its name: in Linux's getdents64, and in WASI. */
const LINUX_HEAD = 19;
const WASI_HEAD = 24;
/** Room for the longest entry and then some; a directory is read in pieces of at most the larger size. */
const ENTRIES_MIN = 1024;
const ENTRIES_MAX = 65536;

/**
 * Entries from a cookie on, which is the d_off that getdents64 gave. The last one may be cut off: then the buffer is
 * full, and the program asks again with the last whole one's cookie.
 */
export function fdReaddir(task: Task, r: Int32Array): number {
  const [fd, ptr, length, usedPtr] = [r[0]!, r[1]!, r[2]! >>> 0, r[5]!];
  const cookie = unsigned(r[3]!, r[4]!);
  writable(task, ptr, length);
  writable(task, usedPtr, 4);
  const name = preopened(task, fd);
  const directory = name === undefined ? fd : step(task, 'openat', [AT.FDCWD, name, O.RDONLY | O.DIRECTORY, 0]);
  try {
    // A pipe has no position either, but it is no directory first of all.
    if (!task.files.peek(directory)?.inode.isDir) fails(isOpen(task, directory) ? 'ENOTDIR' : 'EBADF');
    step(task, 'lseek', [directory, cookie, SEEK.SET]);
    store32(task, usedPtr, readEntries(task, directory, ptr, length));
  } finally {
    if (name !== undefined) step(task, 'close', [directory]);
  }
  return 0;
}

function readEntries(task: Task, fd: number, ptr: number, length: number): number {
  const buf = scratch(Math.min(Math.max(length, ENTRIES_MIN), ENTRIES_MAX));
  let used = 0;
  while (used < length) {
    const n = step(task, 'getdents64', [fd, buf]);
    if (n === 0) break;
    for (let at = 0; at < n && used < length;) {
      const size = buf.bytes[at + 16]! | buf.bytes[at + 17]! << 8;
      const entry = dirent(buf.bytes.subarray(at, at + size));
      const fits = entry.subarray(0, length - used);
      guest(task, ptr + used, fits.length).set(fits);
      used += fits.length;
      at += size;
    }
  }
  return used;
}

/** From linux_dirent64 to dirent: d_next, d_ino, d_namlen, d_type, then the name. */
function dirent(linux: Uint8Array): Uint8Array {
  const end = linux.indexOf(0, LINUX_HEAD);
  const name = linux.subarray(LINUX_HEAD, end < 0 ? linux.length : end);
  const entry = new Uint8Array(WASI_HEAD + name.length);
  const out = view(entry);
  entry.set(linux.subarray(8, 16), 0);
  entry.set(linux.subarray(0, 8), 8);
  out.setUint32(16, name.length, true);
  out.setUint8(20, filetype(linux[18]! << 12));
  entry.set(name, WASI_HEAD);
  return entry;
}

/** There are no sockets that a WASI program could hold. */
export function noSocket(task: Task, r: Int32Array): number {
  step(task, 'fcntl', [r[0]!, F.GETFD, noPointer(0)]);
  return WASI.NOTSOCK;
}
