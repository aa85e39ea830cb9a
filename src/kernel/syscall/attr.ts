// chmod(2), chown(2) and utimensat(2).

import { chmod, chown, utimes } from '../fs/attr.ts';
import { type Path, pathOfFd, walkAt } from '../fs/path.ts';
import type { Task } from '../proc/task.ts';
import type { Timespec } from '../sched/clock.ts';
import { SysError } from '../uapi/errno.ts';
import { AT, UTIME_OMIT } from '../uapi/fcntl.ts';
import { decode, structs } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, type Rows } from './table.ts';

const FLAGS = AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH;

/** The place of a descriptor that is more than a place. */
function opened(task: Task, fd: number): Path {
  task.files.file(fd);
  return pathOfFd(task, fd);
}

function fchmod(task: Task, fd: number, mode: number): number {
  chmod(task, opened(task, fd), mode);
  return 0;
}

function fchmodat2(task: Task, dirfd: number, path: string, mode: number, flags: number): number {
  if ((flags & ~FLAGS) !== 0) throw new SysError('EINVAL');
  chmod(task, walkAt(task, dirfd, path, flags), mode);
  return 0;
}

function fchown(task: Task, fd: number, owner: number, group: number): number {
  chown(task, opened(task, fd), owner, group);
  return 0;
}

function fchownat(task: Task, dirfd: number, path: string, owner: number, group: number, flags: number): number {
  if ((flags & ~FLAGS) !== 0) throw new SysError('EINVAL');
  chown(task, walkAt(task, dirfd, path, flags), owner, group);
  return 0;
}

function utimensat(task: Task, dirfd: number, path: string | undefined, times: Buf | undefined, flags: number): number {
  const set = times === undefined || times.length === 0 ? undefined : readTimes(times);
  // Nothing to do: not even the path is looked at.
  if (set !== undefined && set[0].nsec === UTIME_OMIT && set[1].nsec === UTIME_OMIT) return 0;
  if ((flags & ~FLAGS) !== 0) throw new SysError('EINVAL');
  if (path === undefined) {
    if (flags !== 0) throw new SysError('EINVAL');
    utimes(task, opened(task, dirfd), set);
  } else utimes(task, walkAt(task, dirfd, path, flags), set);
  return 0;
}

function readTimes(times: Buf): readonly [Timespec, Timespec] {
  const { size } = structs.timespec;
  if (times.length !== 2 * size) throw new SysError('EINVAL');
  const one = (at: number): Timespec => {
    const t = decode('timespec', times.read(at, size));
    return { sec: t.tv_sec!, nsec: t.tv_nsec! };
  };
  return [one(0), one(size)];
}

export const rows = {
  fchmod: full(fchmod),
  fchmodat2: full(fchmodat2),
  fchown: full(fchown),
  fchownat: full(fchownat),
  utimensat: full(utimensat),
} satisfies Rows;
