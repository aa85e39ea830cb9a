// Job control at the terminal (credentials(7), ioctl_tty(2)): who may read, write and change it, and how a session
// gets it.

import { capable } from '../cred/cred.ts';
import { orphaned } from '../proc/session.ts';
import type { Task } from '../proc/task.ts';
import { type Block, block } from '../sched/block.ts';
import { sendGroup } from '../signal/send.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { has, SIG, SIG_IGN } from '../uapi/signal.ts';
import type { Tty } from './tty.ts';

/**
 * A background group that touches its terminal is stopped: the answer is a Block, after which the call is tried again.
 * Undefined: go on. A member that ignores or blocks SIGTTOU may write; SIGTTIN then makes a read fail.
 */
export function checkForeground(task: Task, tty: Tty, signo: typeof SIG.TTIN | typeof SIG.TTOU): Block | undefined {
  if (task.session.tty !== tty || tty.foreground === undefined || tty.foreground === task.pgrp) return undefined;
  const deaf = has(task.blocked, signo) || task.sighand.actions[signo]!.handler === SIG_IGN;
  if (signo === SIG.TTOU && deaf) return undefined;
  if (deaf || orphaned(task.pgrp)) throw new SysError('EIO');
  sendGroup(task.pgrp, signo);
  return block();
}

/** TIOCSCTTY: the leader of a session without terminal takes this one. */
export function takeControl(task: Task, tty: Tty, readable: boolean, steal: boolean): void {
  const { session } = task;
  if (session.leader === task && session.tty === tty) return;
  if (session.leader !== task || session.tty !== undefined) throw new SysError('EPERM', 'ioctl');
  const admin = capable(task, CAP.SYS_ADMIN);
  if (tty.session !== undefined) {
    if (!steal || !admin) throw new SysError('EPERM', 'ioctl');
    tty.release();
  }
  if (!readable && !admin) throw new SysError('EPERM', 'ioctl');
  tty.control(session, task.pgrp);
}

/** TIOCNOTTY: the leader gives the terminal up for its session. */
export function giveUpControl(task: Task, tty: Tty): void {
  const { session } = task;
  if (session.tty !== tty) throw new SysError('ENOTTY', 'ioctl');
  if (session.leader !== task) return;
  const { foreground } = tty;
  tty.release();
  if (foreground === undefined) return;
  sendGroup(foreground, SIG.HUP);
  sendGroup(foreground, SIG.CONT);
}

/** TIOCGPGRP: the foreground group's number, as the caller sees it. */
export function foregroundOf(task: Task, tty: Tty): number {
  return tty.foreground?.pid.in(task.pid.ns) ?? 0;
}

/** TIOCSPGRP. */
export function setForeground(task: Task, tty: Tty, pgid: number): Block | undefined {
  const { session } = task;
  const stopped = checkForeground(task, tty, SIG.TTOU);
  if (stopped !== undefined) return stopped;
  if (session.tty !== tty || tty.session !== session) throw new SysError('ENOTTY', 'ioctl');
  if (pgid < 0) throw new SysError('EINVAL', 'ioctl');
  const pid = task.pid.ns.find(pgid);
  if (pid === undefined) throw new SysError('ESRCH', 'ioctl');
  if (pid.group === undefined || pid.group.session !== session) throw new SysError('EPERM', 'ioctl');
  tty.foreground = pid.group;
  return undefined;
}
