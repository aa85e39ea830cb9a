// ioctl_tty(2): the commands of a terminal.

import { capable } from '../cred/cred.ts';
import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import type { Ptr } from '../syscall/buf.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { SIG } from '../uapi/signal.ts';
import { decode, encode, structs } from '../uapi/struct.ts';
import { IOCTL } from '../uapi/termios.ts';
import { checkForeground, foregroundOf, giveUpControl, setForeground, takeControl } from './job.ts';
import { decodeTermios, decodeWinsize, encodeTermios, encodeWinsize } from './termios.ts';
import type { Tty } from './tty.ts';

/** What TCFLSH takes: input, output, both. */
const TCIFLUSH = 0;
const TCOFLUSH = 1;
const TCIOFLUSH = 2;

/** `file` is the open file it comes through; a pty's master acts on its slave's terminal. */
export function control(
  task: Task, tty: Tty, file: { readonly readable: boolean; readonly master?: boolean }, request: number, arg: Ptr,
): number | Block {
  const mine = file.master === true || task.session.tty === tty;
  switch (request) {
    case IOCTL.TCGETS: return put(arg, encodeTermios(tty.termios));
    case IOCTL.TCSETS: case IOCTL.TCSETSW: case IOCTL.TCSETSF: {
      const background = checkForeground(task, tty, SIG.TTOU);
      if (background !== undefined) return background;
      const { size } = structs.termios;
      const next = decodeTermios(arg.buf(size).read(0, size));
      if (request === IOCTL.TCSETSF) tty.input.flush();
      tty.setTermios(next);
      return 0;
    }
    case IOCTL.TIOCGWINSZ: return put(arg, encodeWinsize(tty.winsize));
    case IOCTL.TIOCSWINSZ: tty.resize(decodeWinsize(arg.buf(8).read(0, 8))); return 0;
    case IOCTL.TIOCSCTTY: takeControl(task, tty, file.readable, arg.value === 1); return 0;
    case IOCTL.TIOCNOTTY: giveUpControl(task, tty); return 0;
    case IOCTL.TIOCGPGRP:
      if (!mine) throw new SysError('ENOTTY', 'ioctl');
      return putInt(arg, foregroundOf(task, tty));
    case IOCTL.TIOCSPGRP: return setForeground(task, tty, getInt(arg)) ?? 0;
    case IOCTL.TIOCGSID:
      if (!mine || tty.session === undefined) throw new SysError('ENOTTY', 'ioctl');
      return putInt(arg, tty.session.pid.in(task.pid.ns));
    case IOCTL.TCFLSH: return flush(task, tty, arg.value);
    case IOCTL.TCXONC: return flow(task, tty, arg.value);
    case IOCTL.TCSBRK: return checkForeground(task, tty, SIG.TTOU) ?? 0;
    case IOCTL.FIONREAD: return putInt(arg, tty.input.available);
    case IOCTL.TIOCOUTQ: return putInt(arg, tty.driver.queued);
    case IOCTL.TIOCSTI:
      if (!mine && !capable(task, CAP.SYS_ADMIN)) throw new SysError('EPERM', 'ioctl');
      tty.receive(arg.buf(1).read(0, 1).slice());
      return 0;
    case IOCTL.TIOCEXCL: tty.exclusive = true; return 0;
    case IOCTL.TIOCNXCL: tty.exclusive = false; return 0;
    default: throw new SysError('ENOTTY', 'ioctl');
  }
}

function flush(task: Task, tty: Tty, what: number): number | Block {
  const background = checkForeground(task, tty, SIG.TTOU);
  if (background !== undefined) return background;
  if (what !== TCIFLUSH && what !== TCOFLUSH && what !== TCIOFLUSH) throw new SysError('EINVAL', 'ioctl');
  if (what !== TCOFLUSH) {
    tty.input.flush();
    tty.driver.unthrottle();
  }
  if (what !== TCIFLUSH) {
    tty.driver.flush();
    tty.writable.wake();
  }
  return 0;
}

/** TCOOFF and TCOON hold and release output; TCIOFF and TCION are for the other side of a line. */
function flow(task: Task, tty: Tty, what: number): number | Block {
  const background = checkForeground(task, tty, SIG.TTOU);
  if (background !== undefined) return background;
  switch (what) {
    case 0: tty.stop(); return 0;
    case 1: tty.start(); return 0;
    case 2: case 3: return 0;
    default: throw new SysError('EINVAL', 'ioctl');
  }
}

function put(arg: Ptr, bytes: Uint8Array): number {
  arg.buf(bytes.length).write(0, bytes);
  return 0;
}

export const putInt = (arg: Ptr, value: number): number => put(arg, encode('int', { value }));
export const getInt = (arg: Ptr): number => decode('int', arg.buf(4).read(0, 4)).value!;
