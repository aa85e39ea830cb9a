// WASI's calls on paths: each is one of Linux's *at calls.

import type {Task} from '../../kernel/proc/task.ts';
import {scratch} from '../../kernel/syscall/buf.ts';
import {AT, O} from '../../kernel/uapi/fcntl.ts';
import {GuestBuf, path, store32, writable} from './memory.ts';
import {place} from './preopen.ts';
import {last} from './row.ts';
import {fails, follow, openFlags, openNofollow, RIGHT} from './stat.ts';

const OFLAGS = {CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8} as const;
/** Rights that need a file open for writing, and for reading. */
const WRITES = RIGHT.FD_WRITE | RIGHT.FD_ALLOCATE | RIGHT.FD_FILESTAT_SET_SIZE;
const READS = RIGHT.FD_READ | RIGHT.FD_READDIR;

/** Words: fd, dirflags, path, length, oflags, rights (2), inheriting rights (2), fdflags, where the descriptor goes. */
export function pathOpen(task: Task, r: Int32Array): number {
  const [fd, lookup, oflags, rights, fdflags, ptr] = [r[0]!, r[1]!, r[4]!, r[5]!, r[9]!, r[10]!];
  writable(task, ptr, 4);
  const [dirfd, name] = place(task, fd, path(task, r[2]!, r[3]!));
  let flags = openFlags(fdflags) | openNofollow(lookup);
  if (oflags & OFLAGS.CREAT) flags |= O.CREAT;
  if (oflags & OFLAGS.DIRECTORY) flags |= O.DIRECTORY;
  if (oflags & OFLAGS.EXCL) flags |= O.EXCL;
  if (oflags & OFLAGS.TRUNC) flags |= O.TRUNC;
  // Who asks for a directory with every right there is wants to read it.
  const writes = (rights & WRITES) !== 0 && !(oflags & OFLAGS.DIRECTORY);
  flags |= writes ? (rights & READS ? O.RDWR : O.WRONLY) : O.RDONLY;
  return last(task, 'openat', [dirfd, name, flags, 0o666], (t, opened) => { store32(t, ptr, opened); return 0; });
}

export function pathCreateDirectory(task: Task, r: Int32Array): number {
  return last(task, 'mkdirat', [...place(task, r[0]!, path(task, r[1]!, r[2]!)), 0o777]);
}

export function pathRemoveDirectory(task: Task, r: Int32Array): number {
  return last(task, 'unlinkat', [...place(task, r[0]!, path(task, r[1]!, r[2]!)), AT.REMOVEDIR]);
}

export function pathUnlinkFile(task: Task, r: Int32Array): number {
  return last(task, 'unlinkat', [...place(task, r[0]!, path(task, r[1]!, r[2]!)), 0]);
}

export function pathRename(task: Task, r: Int32Array): number {
  const from = place(task, r[0]!, path(task, r[1]!, r[2]!));
  return last(task, 'renameat2', [...from, ...place(task, r[3]!, path(task, r[4]!, r[5]!)), 0]);
}

export function pathLink(task: Task, r: Int32Array): number {
  const from = place(task, r[0]!, path(task, r[2]!, r[3]!));
  return last(task, 'linkat', [...from, ...place(task, r[4]!, path(task, r[5]!, r[6]!)), follow(r[1]!)]);
}

export function pathSymlink(task: Task, r: Int32Array): number {
  const target = path(task, r[0]!, r[1]!);
  return last(task, 'symlinkat', [target, ...place(task, r[2]!, path(task, r[3]!, r[4]!))]);
}

export function pathReadlink(task: Task, r: Int32Array): number {
  const [ptr, length, used] = [r[3]!, r[4]!, r[5]!];
  writable(task, used, 4);
  const from = place(task, r[0]!, path(task, r[1]!, r[2]!));
  if (from[1] === '') fails('ENOENT');
  // Linux refuses an empty buffer; WASI fills it.
  const buf = length === 0 ? scratch(1) : new GuestBuf(task, ptr, length);
  return last(task, 'readlinkat', [...from, buf], (t, n) => { store32(t, used, Math.min(n, length >>> 0)); return 0; });
}
