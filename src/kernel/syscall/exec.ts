// execve(2) and execveat(2).

import { becomeImage, findImage } from '../proc/exec.ts';
import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { SysError } from '../uapi/errno.ts';
import { AT } from '../uapi/fcntl.ts';
import { partial, type Rows } from './table.ts';

function execve(task: Task, path: string, argv: readonly string[], envp: readonly string[]): number | Block {
  return execveat(task, AT.FDCWD, path, argv, envp, 0);
}

function execveat(
  task: Task, dirfd: number, path: string, argv: readonly string[], envp: readonly string[], flags: number,
): number | Block {
  if ((flags & ~(AT.EMPTY_PATH | AT.SYMLINK_NOFOLLOW)) !== 0) throw new SysError('EINVAL', 'execveat');
  const image = findImage(task, { dirfd, path, argv, envp, flags });
  if ('queues' in image) return image;
  becomeImage(task, image);
  return 0;
}

const note = 'programs are WebAssembly modules and #! scripts; anything else is ENOEXEC';

export const rows = {
  execve: partial(execve, note),
  execveat: partial(execveat, note),
} satisfies Rows;
