// ioctl(2): a few commands are every file's; the others belong to the open file.

import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { O } from '../uapi/fcntl.ts';
import { decode } from '../uapi/struct.ts';
import { IOCTL } from '../uapi/termios.ts';
import type { Ptr } from './buf.ts';
import { partial, type Rows } from './table.ts';

function ioctl(task: Task, fd: number, request: number, argp: Ptr): number | Block {
  const file = task.files.file(fd);
  switch (request) {
    case IOCTL.FIOCLEX: task.files.setCloexec(fd, true); return 0;
    case IOCTL.FIONCLEX: task.files.setCloexec(fd, false); return 0;
    case IOCTL.FIONBIO: {
      const on = decode('int', argp.buf(4).read(0, 4)).value !== 0;
      file.setFlags(on ? file.flags | O.NONBLOCK : file.flags & ~O.NONBLOCK);
      return 0;
    }
    default: return file.ioctl(task, request, argp);
  }
}

export const rows = {
  ioctl: partial(ioctl, 'commands of ioctl_tty(2), ioctl_ns(2) and FIONREAD, FIONBIO, FIOCLEX'),
} satisfies Rows;
