// close(2), dup(2), fcntl(2), flock(2) and pipe2(2): calls about descriptors and open file descriptions.

import { flock, recordLock } from '../fs/lock.ts';
import { ownerOrCapable } from '../fs/permission.ts';
import { makePipe, PipeFile } from '../ipc/pipe.ts';
import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { SysError } from '../uapi/errno.ts';
import { F, FD_CLOEXEC, O } from '../uapi/fcntl.ts';
import { RLIMIT } from '../uapi/sched.ts';
import { encode } from '../uapi/struct.ts';
import type { Buf, Ptr } from './buf.ts';
import { full, partial, type Rows } from './table.ts';

/** What F_SETFL changes. */
const SETTABLE = O.APPEND | O.NONBLOCK | O.ASYNC | O.DIRECT | O.NOATIME;

function close(task: Task, fd: number): number {
  task.files.close(task, fd);
  return 0;
}

function dup(task: Task, fd: number): number {
  return task.files.install(task, task.files.raw(fd), false);
}

function dup2(task: Task, fd: number, newfd: number): number {
  const file = task.files.raw(fd);
  if (newfd < 0 || newfd >= task.rlimits[RLIMIT.NOFILE]!.cur) throw new SysError('EBADF');
  if (fd !== newfd) task.files.replace(task, newfd, file, false);
  return newfd;
}

function dup3(task: Task, fd: number, newfd: number, flags: number): number {
  if ((flags & ~O.CLOEXEC) !== 0 || fd === newfd) throw new SysError('EINVAL');
  if (newfd < 0 || newfd >= task.rlimits[RLIMIT.NOFILE]!.cur) throw new SysError('EBADF');
  task.files.replace(task, newfd, task.files.raw(fd), flags !== 0);
  return newfd;
}

function fcntl(task: Task, fd: number, cmd: number, arg: Ptr): number | Block {
  const { files } = task;
  const file = files.raw(fd);
  const { value } = arg;
  // A place without access knows only what is about the descriptor.
  if (file.isPath && cmd !== F.DUPFD && cmd !== F.DUPFD_CLOEXEC && cmd !== F.GETFD && cmd !== F.SETFD && cmd !== F.GETFL) {
    throw new SysError('EBADF');
  }
  switch (cmd) {
    case F.DUPFD:
    case F.DUPFD_CLOEXEC:
      if (value < 0 || value >= task.rlimits[RLIMIT.NOFILE]!.cur) throw new SysError('EINVAL');
      return files.install(task, file, cmd === F.DUPFD_CLOEXEC, value);
    case F.GETFD: return files.cloexec(fd) ? FD_CLOEXEC : 0;
    case F.SETFD: files.setCloexec(fd, (value & FD_CLOEXEC) !== 0); return 0;
    case F.GETFL: return file.flags;
    case F.SETFL:
      if ((value & O.NOATIME & ~file.flags) !== 0 && !ownerOrCapable(task, file.inode)) throw new SysError('EPERM');
      file.setFlags((file.flags & ~SETTABLE) | (value & SETTABLE));
      return 0;
    case F.GETLK: case F.SETLK: case F.SETLKW: return recordLock(task, file, cmd, arg);
    case F.SETOWN: return 0;
    case F.GETOWN: return 0;
    case F.GETPIPE_SZ:
    case F.SETPIPE_SZ: {
      if (!(file instanceof PipeFile)) throw new SysError('EBADF');
      if (cmd === F.GETPIPE_SZ) return file.pipe.capacity;
      if (value < 0 || value > 0x80000000) throw new SysError('EINVAL');
      if (value > PIPE_BYTES_MAX) throw new SysError('EPERM');
      return file.pipe.resize(value);
    }
    default: throw new SysError('EINVAL');
  }
}

/** /proc/sys/fs/pipe-max-size. */
const PIPE_BYTES_MAX = 1048576;

function pipe2(task: Task, pipefd: Buf, flags: number): number {
  if ((flags & ~(O.CLOEXEC | O.NONBLOCK | O.DIRECT)) !== 0) throw new SysError('EINVAL');
  task.files.check(task, 2);
  const cloexec = (flags & O.CLOEXEC) !== 0;
  const [reading, writing] = makePipe(task, flags);
  const read = task.files.install(task, reading, cloexec);
  const write = task.files.install(task, writing, cloexec);
  pipefd.write(0, encode('int2', { value: [read, write] }));
  return 0;
}

export const rows = {
  close: full(close),
  dup: full(dup),
  dup2: full(dup2),
  dup3: full(dup3),
  fcntl: partial(fcntl, 'no leases, no owner signals, no open-file-description locks, no seals'),
  flock: full((task: Task, fd: number, operation: number) => flock(task, task.files.file(fd), operation)),
  pipe2: full(pipe2),
} satisfies Rows;
