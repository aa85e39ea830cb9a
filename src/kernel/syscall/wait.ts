// exit_group(2), wait4(2) and waitid(2).

import { exitTask } from '../proc/exit.ts';
import { PidFile } from '../proc/pidfd.ts';
import { childUsage, encodeUsage } from '../proc/usage.ts';
import type { Task } from '../proc/task.ts';
import { type ChildState, type Wanted, waitForChild } from '../proc/wait.ts';
import type { Block } from '../sched/block.ts';
import { SysError } from '../uapi/errno.ts';
import { P, statusExited, W } from '../uapi/sched.ts';
import { CLD, SIG } from '../uapi/signal.ts';
import { encode } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, type Rows } from './table.ts';

function exitGroup(task: Task, status: number): number {
  exitTask(task, statusExited(status));
  return 0;
}

const KINDS = W.CLONE | W.ALL | W.NOTHREAD;

function wait4(task: Task, pid: number, wstatus: Buf | undefined, options: number, rusage: Buf | undefined): number | Block {
  if ((options & ~(W.NOHANG | W.UNTRACED | W.CONTINUED | KINDS)) !== 0) throw new SysError('EINVAL', 'wait4');
  if (pid === -2147483648) throw new SysError('ESRCH', 'wait4');
  const state = waitForChild(task, wantedBy(task, pid), options | W.EXITED);
  if (state === undefined) return 0;
  if ('queues' in state) return state;
  wstatus?.write(0, encode('int', { value: state.status }));
  rusage?.write(0, encodeUsage(childUsage(state.child)));
  return state.pid;
}

function wantedBy(task: Task, pid: number): Wanted {
  const { ns } = task.pid;
  if (pid === -1) return { kind: 'any' };
  if (pid === 0) return { kind: 'group', pid: task.pgrp.pid };
  return pid > 0 ? { kind: 'pid', pid: ns.find(pid) } : { kind: 'group', pid: ns.find(-pid) };
}

function waitid(
  task: Task, idtype: number, id: number, infop: Buf | undefined, options: number, rusage: Buf | undefined,
): number | Block {
  if ((options & ~(W.NOHANG | W.NOWAIT | W.EXITED | W.STOPPED | W.CONTINUED | KINDS)) !== 0) throw new SysError('EINVAL');
  if ((options & (W.EXITED | W.STOPPED | W.CONTINUED)) === 0) throw new SysError('EINVAL', 'waitid');
  const { wanted, nonblock } = wantedById(task, idtype, id);
  const state = waitForChild(task, wanted, options);
  if (state === undefined) {
    infop?.write(0, encode('siginfo', {}));
    return 0;
  }
  if ('queues' in state) {
    if (nonblock) throw new SysError('EAGAIN', 'waitid');
    return state;
  }
  infop?.write(0, encode('siginfo', infoOf(task, state)));
  rusage?.write(0, encodeUsage(childUsage(state.child)));
  return 0;
}

function wantedById(task: Task, idtype: number, id: number): { wanted: Wanted; nonblock: boolean } {
  const { ns } = task.pid;
  switch (idtype) {
    case P.ALL: return { wanted: { kind: 'any' }, nonblock: false };
    case P.PID:
      if (id <= 0) throw new SysError('EINVAL', 'waitid');
      return { wanted: { kind: 'pid', pid: ns.find(id) }, nonblock: false };
    case P.PGID:
      if (id < 0) throw new SysError('EINVAL', 'waitid');
      return { wanted: { kind: 'group', pid: id === 0 ? task.pgrp.pid : ns.find(id) }, nonblock: false };
    case P.PIDFD: {
      if (id < 0) throw new SysError('EINVAL', 'waitid');
      const file = task.files.file(id);
      if (!(file instanceof PidFile)) throw new SysError('EBADF', 'waitid');
      return { wanted: { kind: 'pid', pid: file.task.pid }, nonblock: file.nonblock };
    }
    default: throw new SysError('EINVAL', 'waitid');
  }
}

function infoOf(task: Task, { child, pid, status, how }: ChildState): Record<string, number> {
  const signal = status & 0x7f;
  const [code, value] = how === 'stopped' ? [CLD.STOPPED, status >> 8]
    : how === 'continued' ? [CLD.CONTINUED, SIG.CONT]
      : signal === 0 ? [CLD.EXITED, (status >> 8) & 0xff] : [CLD.KILLED, signal];
  return { si_signo: SIG.CHLD, si_code: code, si_pid: pid, si_uid: task.nsproxy.user.uidShown(child.cred.uid), si_status: value };
}

export const rows = {
  exit_group: full(exitGroup),
  wait4: full(wait4),
  waitid: full(waitid),
} satisfies Rows;
