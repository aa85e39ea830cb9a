// A process's terminal (pty(7)): opened in the container's own devpts by the child, so that its name is right inside.

import type { OpenFile } from '../fs/file.ts';
import type { Task } from '../proc/task.ts';
import { ByteBuf, type Ptr, scratch } from '../syscall/buf.ts';
import { AT, O } from '../uapi/fcntl.ts';
import { MS } from '../uapi/mount.ts';
import { encode } from '../uapi/struct.ts';
import { IOCTL } from '../uapi/termios.ts';
import type { Ops } from '../uapi/step.ts';
import { sys, type Wanted } from './step.ts';

/** The slave becomes 0 to 2 and the controlling terminal; the answer is the master, with a reference for its keeper. */
export function* openConsole(task: Task, { columns, rows, bind }: Ops['console']): Generator<Wanted, OpenFile, number> {
  const master = yield* sys(task, 'openat', AT.FDCWD, '/dev/ptmx', O.RDWR | O.NOCTTY | O.CLOEXEC, 0);
  yield* sys(task, 'ioctl', master, IOCTL.TIOCSPTLCK, at(new Uint8Array(4)));
  const number = scratch(4);
  yield* sys(task, 'ioctl', master, IOCTL.TIOCGPTN, at(number.bytes));
  const name = `/dev/pts/${new DataView(number.bytes.buffer).getUint32(0, true)}`;
  const slave = yield* sys(task, 'openat', AT.FDCWD, name, O.RDWR | O.NOCTTY | O.CLOEXEC, 0);
  yield* sys(task, 'ioctl', slave, IOCTL.TIOCSCTTY, { value: 0, buf: () => new ByteBuf(new Uint8Array(0)) });
  yield* sys(task, 'ioctl', slave, IOCTL.TIOCSWINSZ, at(encode('winsize', { ws_row: rows, ws_col: columns })));
  for (const fd of [0, 1, 2]) yield* sys(task, 'dup3', slave, fd, 0);
  if (bind) {
    const file = yield* sys(task, 'openat', AT.FDCWD, '/dev/console', O.WRONLY | O.CREAT | O.NOCTTY | O.CLOEXEC, 0o600);
    yield* sys(task, 'close', file);
    yield* sys(task, 'mount', name, '/dev/console', '', MS.BIND, undefined);
  }
  return task.files.raw(master).get();
}

/** A pointer to bytes of ours. */
export function at(bytes: Uint8Array): Ptr {
  return { value: 1, buf: (length) => new ByteBuf(bytes.subarray(0, length)) };
}
