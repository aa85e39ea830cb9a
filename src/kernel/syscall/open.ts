// openat(2) and close_range(2).

import { openAt } from '../fs/open.ts';
import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { SysError } from '../uapi/errno.ts';
import { CLOSE_RANGE, O } from '../uapi/fcntl.ts';
import { full, partial, type Rows } from './table.ts';

function openat(task: Task, dirfd: number, pathname: string, flags: number, mode: number): number | Block {
  // A full table is found before anything is created.
  task.files.check(task);
  const file = openAt(task, dirfd, pathname, flags, mode);
  if ('queues' in file && 'deadlineNs' in file) return file;
  if (!file.isPath) file.flags |= O.LARGEFILE;
  return task.files.install(task, file, (flags & O.CLOEXEC) !== 0);
}

function closeRange(task: Task, first: number, last: number, flags: number): number {
  if ((flags & ~(CLOSE_RANGE.UNSHARE | CLOSE_RANGE.CLOEXEC)) !== 0 || first > last) throw new SysError('EINVAL');
  if ((flags & CLOSE_RANGE.UNSHARE) !== 0 && task.files.users > 1) {
    const { files } = task;
    task.files = files.copy();
    files.put(task);
  }
  for (let fd = Math.min(last, task.files.length - 1); fd >= first; fd--) {
    if (task.files.peek(fd) === undefined) continue;
    if ((flags & CLOSE_RANGE.CLOEXEC) !== 0) task.files.setCloexec(fd, true);
    else task.files.close(task, fd);
  }
  return 0;
}

export const rows = {
  openat: partial(openat, 'O_DIRECT, O_SYNC and O_ASYNC are accepted and change nothing'),
  close_range: full(closeRange),
} satisfies Rows;
