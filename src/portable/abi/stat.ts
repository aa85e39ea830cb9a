// Files as WASI describes them: types, filestat, fdstat with its rights, times.

import type {Task} from '../../kernel/proc/task.ts';
import {ByteBuf} from '../../kernel/syscall/buf.ts';
import {guest} from '../../kernel/syscall/marshal.ts';
import {SysError} from '../../kernel/uapi/errno.ts';
import {AT, F, major, O, S, UTIME_NOW, UTIME_OMIT} from '../../kernel/uapi/fcntl.ts';
import {encode, structs} from '../../kernel/uapi/struct.ts';
import {noPointer, path, storeTime, view, writable} from './memory.ts';
import {place, preopened} from './preopen.ts';
import {last, step} from './row.ts';

export const FILETYPE = {
  UNKNOWN: 0, BLOCK_DEVICE: 1, CHARACTER_DEVICE: 2, DIRECTORY: 3, REGULAR_FILE: 4, SOCKET_DGRAM: 5, SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
} as const;

const byMode: Readonly<Record<number, number>> = {
  [S.IFBLK]: FILETYPE.BLOCK_DEVICE, [S.IFCHR]: FILETYPE.CHARACTER_DEVICE, [S.IFDIR]: FILETYPE.DIRECTORY,
  [S.IFREG]: FILETYPE.REGULAR_FILE, [S.IFLNK]: FILETYPE.SYMBOLIC_LINK, [S.IFSOCK]: FILETYPE.SOCKET_STREAM,
};

/** A filetype from st_mode; a FIFO has no word of its own. */
export const filetype = (mode: number): number => byMode[mode & S.IFMT] ?? FILETYPE.UNKNOWN;

/** Bits of rights that libcs look at. Everything else is granted: who may do what is the kernel's business. */
export const RIGHT = {
  FD_READ: 1 << 1, FD_SEEK: 1 << 2, FD_TELL: 1 << 5, FD_WRITE: 1 << 6, FD_ALLOCATE: 1 << 8, FD_READDIR: 1 << 14,
  FD_FILESTAT_SET_SIZE: 1 << 22,
} as const;
const RIGHTS_ALL = 0x3fffffff;
/** Reading, writing and positions of a file are no rights of a directory. */
const RIGHTS_DIRECTORY = RIGHTS_ALL & ~(RIGHT.FD_READ | RIGHT.FD_SEEK | RIGHT.FD_TELL | RIGHT.FD_WRITE | RIGHT.FD_ALLOCATE |
  RIGHT.FD_FILESTAT_SET_SIZE);

export const FDFLAGS = {APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16} as const;

/** fdflags to the flags of open(2). */
export function openFlags(fdflags: number): number {
  return (fdflags & FDFLAGS.APPEND ? O.APPEND : 0) | (fdflags & FDFLAGS.DSYNC ? O.DSYNC : 0) |
    (fdflags & FDFLAGS.NONBLOCK ? O.NONBLOCK : 0) | (fdflags & (FDFLAGS.RSYNC | FDFLAGS.SYNC) ? O.SYNC : 0);
}

/** Major numbers of ttys: virtual consoles, /dev/tty and /dev/console, and ptys. */
const isTty = (rdev: number): boolean => [4, 5].includes(major(rdev)) || (major(rdev) >= 136 && major(rdev) <= 143);

// One struct stat for all: a row fills it and the adapter reads it in the same try.
const words = new Int32Array(structs.stat.size / 4);
const buffer = new ByteBuf(new Uint8Array(words.buffer));
const slot = (field: string): number => structs.stat.fields.find(({name}) => name === field)!.offset >> 2;
const DEV = slot('st_dev');
const INO = slot('st_ino');
const MODE = slot('st_mode');
const NLINK = slot('st_nlink');
const RDEV = slot('st_rdev');
const SIZE = slot('st_size');
const TIMES = [slot('st_atime'), slot('st_mtime'), slot('st_ctime')];

/** fstat, also of a preopened directory, into `words`. */
function statOf(task: Task, fd: number): void {
  const name = preopened(task, fd);
  if (name === undefined) step(task, 'fstat', [fd, buffer]);
  else step(task, 'newfstatat', [AT.FDCWD, name, buffer, 0]);
}

export function fdFdstatGet(task: Task, r: Int32Array): number {
  const [fd, ptr] = [r[0]!, r[1]!];
  writable(task, ptr, 24);
  const directory = preopened(task, fd) !== undefined;
  const flags = directory ? 0 : step(task, 'fcntl', [fd, F.GETFL, noPointer(0)]);
  statOf(task, fd);
  const type = filetype(words[MODE]!);
  let rights: number = type === FILETYPE.DIRECTORY ? RIGHTS_DIRECTORY : RIGHTS_ALL & ~RIGHT.FD_READDIR;
  if (type !== FILETYPE.DIRECTORY) {
    if ((flags & O.ACCMODE) === O.WRONLY) rights &= ~RIGHT.FD_READ;
    if ((flags & O.ACCMODE) === O.RDONLY) rights &= ~RIGHT.FD_WRITE;
    // wasi-libc's isatty: a character device without positions.
    if (type === FILETYPE.CHARACTER_DEVICE && isTty(words[RDEV]!)) rights &= ~(RIGHT.FD_SEEK | RIGHT.FD_TELL);
  }
  const out = view(guest(task, ptr, 24));
  out.setUint8(0, type);
  out.setUint8(1, 0);
  out.setUint16(2, fdflagsOf(flags), true);
  out.setUint32(4, 0, true);
  out.setUint32(8, rights, true);
  out.setUint32(12, 0, true);
  out.setUint32(16, type === FILETYPE.DIRECTORY ? RIGHTS_ALL : 0, true);
  out.setUint32(20, 0, true);
  return 0;
}

function fdflagsOf(flags: number): number {
  const sync = (flags & O.SYNC) === O.SYNC ? FDFLAGS.SYNC | FDFLAGS.RSYNC : flags & O.DSYNC ? FDFLAGS.DSYNC : 0;
  return sync | (flags & O.APPEND ? FDFLAGS.APPEND : 0) | (flags & O.NONBLOCK ? FDFLAGS.NONBLOCK : 0);
}

export function fdFdstatSetFlags(task: Task, r: Int32Array): number {
  const [fd, fdflags] = [r[0]!, r[1]!];
  if (preopened(task, fd) !== undefined) return 0;
  return last(task, 'fcntl', [fd, F.SETFL, noPointer(openFlags(fdflags))]);
}

/** Rights can be given up, but nothing is refused for want of one. */
export function fdFdstatSetRights(task: Task, r: Int32Array): number {
  return isOpen(task, r[0]!) ? 0 : fails('EBADF');
}

export function isOpen(task: Task, fd: number): boolean {
  return preopened(task, fd) !== undefined || task.files.peek(fd) !== undefined;
}

export function fails(code: ConstructorParameters<typeof SysError>[0]): never {
  throw new SysError(code);
}

/** From `words` to a filestat: 64 bytes; in wasi_unstable 56, with a 32-bit link count. */
function storeStat(task: Task, ptr: number, old: boolean): void {
  const out = view(guest(task, ptr, old ? 56 : 64));
  const times = old ? 32 : 40;
  const copy = (at: number, from: number) => {
    out.setInt32(at, words[from]!, true);
    out.setInt32(at + 4, words[from + 1]!, true);
  };
  copy(0, DEV);
  copy(8, INO);
  out.setInt32(16, filetype(words[MODE]!), true);
  if (!old) out.setInt32(28, 0, true);
  out.setInt32(old ? 20 : 24, words[NLINK]!, true);
  if (!old) out.setInt32(20, 0, true);
  copy(times - 8, SIZE);
  for (let i = 0; i < TIMES.length; i++) {
    const from = TIMES[i]!;
    storeTime(out, times + i * 8, words[from + 1]! * 4294967296 + (words[from]! >>> 0), words[from + 2]!);
  }
}

export function fdFilestatGet(task: Task, r: Int32Array, old: boolean): number {
  const [fd, ptr] = [r[0]!, r[1]!];
  writable(task, ptr, old ? 56 : 64);
  statOf(task, fd);
  storeStat(task, ptr, old);
  return 0;
}

const SYMLINK_FOLLOW = 1;
/** lookupflags to the flag of the *at calls that follow links unless told otherwise. */
export const nofollow = (lookup: number): number => lookup & SYMLINK_FOLLOW ? 0 : AT.SYMLINK_NOFOLLOW;
/** The same for linkat, the other way round. */
export const follow = (lookup: number): number => lookup & SYMLINK_FOLLOW ? AT.SYMLINK_FOLLOW : 0;
/** And for open. */
export const openNofollow = (lookup: number): number => lookup & SYMLINK_FOLLOW ? 0 : O.NOFOLLOW;

export function pathFilestatGet(task: Task, r: Int32Array, old: boolean): number {
  const [fd, lookup, ptr] = [r[0]!, r[1]!, r[4]!];
  writable(task, ptr, old ? 56 : 64);
  const [dirfd, name] = place(task, fd, path(task, r[2]!, r[3]!));
  return last(task, 'newfstatat', [dirfd, name, buffer, nofollow(lookup)], (t) => {
    storeStat(t, ptr, old);
    return 0;
  });
}

const FSTFLAGS = {ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8} as const;

/** The two timespecs of utimensat. */
function times(r: Int32Array, at: number): ByteBuf {
  const flags = r[at + 4]!;
  const both = (bits: number) => (flags & bits) === bits;
  if (both(FSTFLAGS.ATIM | FSTFLAGS.ATIM_NOW) || both(FSTFLAGS.MTIM | FSTFLAGS.MTIM_NOW) || flags > 15) fails('EINVAL');
  const one = (lo: number, hi: number, set: number, now: number) => {
    const ns = BigInt(hi >>> 0) << 32n | BigInt(lo >>> 0);
    if (flags & now) return encode('timespec', {tv_sec: 0, tv_nsec: UTIME_NOW});
    if (!(flags & set)) return encode('timespec', {tv_sec: 0, tv_nsec: UTIME_OMIT});
    return encode('timespec', {tv_sec: Number(ns / 1_000_000_000n), tv_nsec: Number(ns % 1_000_000_000n)});
  };
  const bytes = new Uint8Array(structs.timespec.size * 2);
  bytes.set(one(r[at]!, r[at + 1]!, FSTFLAGS.ATIM, FSTFLAGS.ATIM_NOW));
  bytes.set(one(r[at + 2]!, r[at + 3]!, FSTFLAGS.MTIM, FSTFLAGS.MTIM_NOW), structs.timespec.size);
  return new ByteBuf(bytes);
}

export function fdFilestatSetTimes(task: Task, r: Int32Array): number {
  const name = preopened(task, r[0]!);
  const buf = times(r, 1);
  if (name !== undefined) return last(task, 'utimensat', [AT.FDCWD, name, buf, 0]);
  if (r[0]! < 0) fails('EBADF');
  return last(task, 'utimensat', [r[0]!, undefined, buf, 0]);
}

export function pathFilestatSetTimes(task: Task, r: Int32Array): number {
  const buf = times(r, 4);
  const [dirfd, name] = place(task, r[0]!, path(task, r[2]!, r[3]!));
  return last(task, 'utimensat', [dirfd, name, buf, nofollow(r[1]!)]);
}

export function fdFilestatSetSize(task: Task, r: Int32Array): number {
  // Linux takes a negative length for an error, and so do we: no file has 2^63 bytes.
  return last(task, 'ftruncate', [r[0]!, r[2]! * 4294967296 + (r[1]! >>> 0)]);
}
