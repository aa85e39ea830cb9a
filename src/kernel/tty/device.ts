// Device nodes of terminals: /dev/tty is the caller's own controlling terminal, /dev/console the host's.

import type { Opener } from '../fs/file.ts';
import { SysError } from '../uapi/errno.ts';
import { makedev, O } from '../uapi/fcntl.ts';
import type { Kernel } from '../kernel.ts';
import { openTty } from './file.ts';

export const TTY_DEV = makedev(5, 0);
export const CONSOLE_DEV = makedev(5, 1);

/** /dev/tty: ENXIO for a session without terminal. */
export const openTtyDevice: Opener = (task, inode, path, flags) => {
  const { tty } = task.session;
  if (tty === undefined) throw new SysError('ENXIO', 'open', '/dev/tty');
  return openTty(task, tty, inode, path, flags | O.NOCTTY);
};

export function registerTtys(kernel: Kernel): void {
  kernel.vfs.chrdevs.set(TTY_DEV, openTtyDevice);
}
