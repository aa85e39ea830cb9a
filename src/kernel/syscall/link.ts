// link(2), symlink(2), readlink(2) and rename(2).

import { link, symlink } from '../fs/create.ts';
import { walkParent } from '../fs/path.ts';
import { rename } from '../fs/remove.ts';
import { touchAtime } from '../fs/regular.ts';
import { toBytes } from '../bytes.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import type { Buf } from './buf.ts';
import { full, partial, type Rows } from './table.ts';

function linkat(task: Task, olddirfd: number, old: string, newdirfd: number, path: string, flags: number): number {
  link(task, olddirfd, old, newdirfd, path, flags);
  return 0;
}

function symlinkat(task: Task, target: string, newdirfd: number, path: string): number {
  symlink(task, target, newdirfd, path);
  return 0;
}

function readlinkat(task: Task, dirfd: number, path: string, buf: Buf): number {
  if (buf.length === 0) throw new SysError('EINVAL');
  if (path === '') {
    // An O_PATH descriptor of the link itself.
    const file = task.files.raw(dirfd);
    if (!file.inode.isSymlink) throw new SysError('ENOENT');
    return put(file.inode.readlink(task), buf);
  }
  const walk = walkParent(task, dirfd, path);
  walk.finish(false);
  if (!walk.inode.isSymlink) throw new SysError('EINVAL');
  const target = walk.inode.readlink(task);
  touchAtime(walk.path(), 0);
  return put(target, buf);
}

function put(target: string, buf: Buf): number {
  const bytes = toBytes(target).subarray(0, buf.length);
  buf.write(0, bytes);
  return bytes.length;
}

function renameat2(task: Task, olddirfd: number, old: string, newdirfd: number, path: string, flags: number): number {
  rename(task, olddirfd, old, newdirfd, path, flags);
  return 0;
}

export const rows = {
  linkat: full(linkat),
  symlinkat: full(symlinkat),
  readlinkat: full(readlinkat),
  renameat2: partial(renameat2, 'no RENAME_WHITEOUT'),
} satisfies Rows;
