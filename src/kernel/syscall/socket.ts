// socket(2).

import { SocketFile } from '../ipc/socket.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { O } from '../uapi/fcntl.ts';
import { AF, SOCK } from '../uapi/net.ts';
import { partial, type Rows } from './table.ts';

function socket(task: Task, domain: number, type: number, _protocol: number): number {
  const kind = type & ~(SOCK.NONBLOCK | SOCK.CLOEXEC);
  if (domain !== AF.INET) throw new SysError('EAFNOSUPPORT', 'socket');
  if (kind !== SOCK.DGRAM) throw new SysError('ESOCKTNOSUPPORT', 'socket');
  return task.files.install(task, new SocketFile(task, (type & SOCK.NONBLOCK) !== 0 ? O.NONBLOCK : 0), (type & SOCK.CLOEXEC) !== 0);
}

export const rows = {
  socket: partial(socket, 'AF_INET with SOCK_DGRAM, for the commands of netdevice(7) alone: there is no network yet'),
} satisfies Rows;
