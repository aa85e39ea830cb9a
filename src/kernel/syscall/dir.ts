// getdents64(2), mkdir(2), rmdir(2) and mknod(2).

import { mkdir, mknod } from '../fs/create.ts';
import { rmdir, unlink } from '../fs/remove.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { AT } from '../uapi/fcntl.ts';
import type { Buf } from './buf.ts';
import { full, type Rows } from './table.ts';

/** Bytes before d_name. */
const NAME_AT = 19;

function getdents64(task: Task, fd: number, dirp: Buf): number {
  const file = task.files.file(fd);
  const entries = file.readdir(task);
  const first = file.pos;
  let at = 0;
  while (file.pos < entries.length) {
    const { name, ino, type } = entries[file.pos]!;
    const length = (NAME_AT + name.length + 1 + 7) & ~7;
    if (at + length > dirp.length) {
      if (file.pos === first) throw new SysError('EINVAL');
      break;
    }
    const record = new Uint8Array(length);
    const view = new DataView(record.buffer);
    view.setUint32(0, ino, true);
    view.setUint32(4, Math.floor(ino / 4294967296), true);
    view.setUint32(8, file.pos + 1, true);
    view.setUint16(16, length, true);
    view.setUint8(18, type);
    for (let i = 0; i < name.length; i++) record[NAME_AT + i] = name.charCodeAt(i);
    dirp.write(at, record);
    at += length;
    file.pos++;
  }
  return at;
}

function mkdirat(task: Task, dirfd: number, path: string, mode: number): number {
  mkdir(task, dirfd, path, mode);
  return 0;
}

function mknodat(task: Task, dirfd: number, path: string, mode: number, dev: number): number {
  mknod(task, dirfd, path, mode, dev);
  return 0;
}

function unlinkat(task: Task, dirfd: number, path: string, flags: number): number {
  if ((flags & ~AT.REMOVEDIR) !== 0) throw new SysError('EINVAL');
  if ((flags & AT.REMOVEDIR) !== 0) rmdir(task, dirfd, path);
  else unlink(task, dirfd, path);
  return 0;
}

export const rows = {
  getdents64: full(getdents64),
  mkdirat: full(mkdirat),
  mknodat: full(mknodat),
  unlinkat: full(unlinkat),
} satisfies Rows;
