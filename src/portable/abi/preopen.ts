// Preopened directories. WASI programs have no current directory and no root: they open below descriptors that were
// open from the start. Ours are two numbers that stand for `/` and `.` and have no open file behind them (the table of
// descriptors only keeps them from being given away), so that a program that inherits descriptors, or lists its own,
// sees nothing strange.

import type {Task} from '../../kernel/proc/task.ts';
import {SysError} from '../../kernel/uapi/errno.ts';
import {AT} from '../../kernel/uapi/fcntl.ts';
import {structs} from '../../kernel/uapi/struct.ts';
import {WASI} from './errno.ts';
import {scratch} from '../../kernel/syscall/buf.ts';
import {guest} from '../../kernel/syscall/marshal.ts';
import {view} from './memory.ts';
import {errorOf, step, WasiError} from './row.ts';

const names = ['/', '.'];

/** The directory that a descriptor stands for, if it is a preopened one. */
export function preopened(task: Task, fd: number): string | undefined {
  const index = task.files.reserved.indexOf(fd);
  return index < 0 ? undefined : names[index];
}

/** Where a path argument begins, for the *at calls. */
export function place(task: Task, fd: number, path: string): [dirfd: number, path: string] {
  if (fd < 0) throw new SysError('EBADF');
  const name = preopened(task, fd);
  if (name === undefined) return [fd, path];
  const relative = path !== '' && !path.startsWith('/');
  return [AT.FDCWD, relative && (name === '/' || fromRoot(task, path)) ? `/${path}` : path];
}

/**
 * wasi-libc cuts the `/` off every path and then takes the last preopened directory that fits: `/etc/passwd` comes as
 * `etc/passwd` below `.`. Where the current directory has no such name and the root has, the root is meant.
 */
function fromRoot(task: Task, path: string): boolean {
  const {cwd, root} = task.fs;
  if (cwd.same(root)) return false;
  const end = path.indexOf('/');
  const first = end < 0 ? path : path.slice(0, end);
  if (first === '.' || first === '..') return false;
  return !exists(task, first) && exists(task, `/${first}`);
}

const ignored = scratch(structs.stat.size);

function exists(task: Task, path: string): boolean {
  try {
    return step(task, 'newfstatat', [AT.FDCWD, path, ignored, AT.SYMLINK_NOFOLLOW]) === 0;
  } catch (error) {
    errorOf(error);
    return false;
  }
}

const PREOPENTYPE_DIR = 0;
/** Any other type: libcs go on to the next number. */
const PREOPENTYPE_OTHER = 1;

/** Libcs ask from 3 on until the first EBADF, and preopens may stand above inherited descriptors. */
export function fdPrestatGet(task: Task, r: Int32Array): number {
  const [fd, ptr] = [r[0]!, r[1]!];
  const name = preopened(task, fd);
  const {reserved} = task.files;
  if (name === undefined && (fd < 3 || fd > Math.max(...reserved))) return WASI.BADF;
  const prestat = view(guest(task, ptr, 8));
  prestat.setUint32(0, name === undefined ? PREOPENTYPE_OTHER : PREOPENTYPE_DIR, true);
  prestat.setUint32(4, name?.length ?? 0, true);
  return 0;
}

export function fdPrestatDirName(task: Task, r: Int32Array): number {
  const [fd, ptr, length] = [r[0]!, r[1]!, r[2]!];
  const name = preopened(task, fd);
  if (name === undefined) return WASI.BADF;
  if (length >>> 0 < name.length) throw new WasiError(WASI.NAMETOOLONG);
  guest(task, ptr, 1)[0] = name.charCodeAt(0);
  return 0;
}
