// Signals (signal(7)): sending, actions, masks, waiting, and the timers that send them.

import { PidFile } from '../proc/pidfd.ts';
import type { ProcessGroup } from '../proc/session.ts';
import type { Task } from '../proc/task.ts';
import { type Block, block } from '../sched/block.ts';
import { NS_PER_SEC } from '../sched/clock.ts';
import { type Alarm, getAlarm, setAlarm } from '../signal/alarm.ts';
import { kill as sendTo, recalc } from '../signal/send.ts';
import { dequeue, flush, IGNORED_SIGNALS, KERNEL_ONLY, type SigInfo } from '../signal/signal.ts';
import { SysError } from '../uapi/errno.ts';
import { ITIMER } from '../uapi/sched.ts';
import {
  fullSet, has, intersect, minus, NSIG, SA, SI, SIG, SIG_BLOCK, SIG_DFL, SIG_IGN, SIG_SETMASK, SIG_UNBLOCK,
  type SigSet, setOf, union,
} from '../uapi/signal.ts';
import { decode, encode } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, norestart, partial, type Rows } from './table.ts';
import { deadlineOf } from './time.ts';

function validSignal(signo: number): void {
  if (signo < 0 || signo > NSIG) throw new SysError('EINVAL');
}

function kill(task: Task, pid: number, signo: number): number {
  if (pid > 0) return killOne(task, task.pid.ns.task(pid), signo, SI.USER);
  if (pid === -2147483648) throw new SysError('ESRCH', 'kill');
  if (pid === 0) return killGroup(task, task.pgrp, signo);
  if (pid === -1) return killAll(task, signo);
  return killGroup(task, task.pid.ns.find(-pid)?.group, signo);
}

function killOne(task: Task, target: Task | undefined, signo: number, code: number, value = 0): number {
  if (target === undefined) throw new SysError('ESRCH');
  validSignal(signo);
  sendTo(task, target, signo, code, value);
  return 0;
}

/** Success if one member got it; otherwise why the last did not. */
function killGroup(task: Task, group: ProcessGroup | undefined, signo: number): number {
  if (group === undefined) throw new SysError('ESRCH', 'kill');
  return killEach(task, [...group.members], signo);
}

/** kill(-1): everything that the caller sees but itself and the namespace's init. */
function killAll(task: Task, signo: number): number {
  const { ns } = task.pid;
  return killEach(task, ns.tasks().filter((target) => target !== task && target !== ns.init && target.alive), signo);
}

function killEach(task: Task, targets: readonly Task[], signo: number): number {
  if (targets.length === 0) throw new SysError('ESRCH', 'kill');
  validSignal(signo);
  let sent = 0;
  let refused: unknown;
  // The caller last: it may be a member, and what kills it would end the loop.
  for (const target of [...targets.filter((t) => t !== task), ...targets.filter((t) => t === task)]) {
    try {
      sendTo(task, target, signo);
      sent++;
    } catch (error) {
      refused = error;
    }
  }
  if (sent === 0) throw refused;
  return 0;
}

function tgkill(task: Task, tgid: number, tid: number, signo: number): number {
  if (tgid <= 0 || tid <= 0) throw new SysError('EINVAL', 'tgkill');
  return killOne(task, tgid === tid ? task.pid.ns.task(tid) : undefined, signo, SI.TKILL);
}

function sigqueueinfo(task: Task, tgid: number, signo: number, info: Buf): number {
  const { si_code: code, si_status: value } = decode('siginfo', info.read(0, info.length));
  const target = task.pid.ns.task(tgid);
  // Nobody may pretend to be the kernel or kill(2).
  if ((code! >= 0 || code === SI.TKILL) && target !== task) throw new SysError('EPERM', 'rt_sigqueueinfo');
  return killOne(task, target, signo, code!, value);
}

function pidfdSendSignal(task: Task, pidfd: number, signo: number, info: Buf | undefined, flags: number): number {
  if (flags !== 0) throw new SysError('EINVAL', 'pidfd_send_signal');
  const file = task.files.file(pidfd);
  if (!(file instanceof PidFile)) throw new SysError('EBADF', 'pidfd_send_signal');
  const given = info === undefined ? undefined : decode('siginfo', info.read(0, info.length));
  if (given !== undefined && given.si_signo !== signo) throw new SysError('EINVAL', 'pidfd_send_signal');
  const { task: target } = file;
  return killOne(task, target.state === 'X' ? undefined : target, signo, given?.si_code ?? SI.USER, given?.si_status);
}

export function readSet(buf: Buf): SigSet {
  const bytes = buf.read(0, 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return { lo: view.getInt32(0, true), hi: view.getInt32(4, true) };
}

function setBytes(set: SigSet): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setInt32(0, set.lo, true);
  view.setInt32(4, set.hi, true);
  return new Uint8Array(view.buffer);
}

/** Offset of sa_mask, which is 64 bits wide and so not a number. */
const MASK_AT = 8;

function sigaction(task: Task, signo: number, act: Buf | undefined, oldact: Buf | undefined): number {
  if (signo < 1 || signo > NSIG || (act !== undefined && has(KERNEL_ONLY, signo))) throw new SysError('EINVAL');
  const { actions } = task.sighand;
  const old = actions[signo]!;
  if (act !== undefined) {
    const { sa_handler: handler, sa_flags: flags } = decode('sigaction', act.read(0, act.length)) as { sa_handler: number; sa_flags: number };
    const mask = minus(readSet({ length: 8, read: (at, n) => act.read(MASK_AT + at, n), write() {} }), KERNEL_ONLY);
    const caught = handler !== SIG_DFL && handler !== SIG_IGN;
    const wasCaught = old.handler !== SIG_DFL && old.handler !== SIG_IGN;
    if (task.cpu !== undefined && (caught || wasCaught)) {
      task.kernel.hardware.handler(task, signo, caught ? handler : -1, (flags & SA.SIGINFO) !== 0);
    }
    actions[signo] = { handler, flags, mask };
    // POSIX: ignoring a signal throws away what is pending of it, also where it is blocked.
    if (handler === SIG_IGN || (handler === SIG_DFL && has(IGNORED_SIGNALS, signo))) flush(task.pending, setOf(signo));
  }
  if (oldact !== undefined) {
    oldact.write(0, encode('sigaction', { sa_handler: old.handler, sa_flags: old.flags }));
    oldact.write(MASK_AT, setBytes(old.mask));
  }
  return 0;
}

export function setMask(task: Task, mask: SigSet): void {
  task.blocked = minus(mask, KERNEL_ONLY);
  recalc(task);
}

function sigprocmask(task: Task, how: number, set: Buf | undefined, oldset: Buf | undefined): number {
  const old = task.blocked;
  if (set !== undefined) {
    const given = readSet(set);
    switch (how) {
      case SIG_BLOCK: setMask(task, union(old, given)); break;
      case SIG_UNBLOCK: setMask(task, minus(old, given)); break;
      case SIG_SETMASK: setMask(task, given); break;
      default: throw new SysError('EINVAL', 'rt_sigprocmask');
    }
  }
  oldset?.write(0, setBytes(old));
  return 0;
}

function sigpending(task: Task, set: Buf): number {
  set.write(0, setBytes(intersect(task.pending.set, task.blocked)));
  return 0;
}

/** The mask is put back by the handler that ends the call (dispatch.ts). */
function sigsuspend(task: Task, mask: Buf): Block {
  if (task.call.state === undefined) {
    task.call.state = 'suspended';
    task.savedMask = task.blocked;
    setMask(task, readSet(mask));
  }
  return block();
}

function sigtimedwait(task: Task, set: Buf, info: Buf | undefined, timeout: Buf | undefined): number | Block {
  const wanted = minus(readSet(set), KERNEL_ONLY);
  const deadlineNs = deadlineOf(task, timeout);
  const got = dequeue(task.pending, minus(fullSet, wanted));
  task.sigwait = undefined;
  if (got !== undefined) {
    recalc(task);
    info?.write(0, encodeInfo(got));
    return got.signo;
  }
  if (task.kernel.clock.monotonicNs() >= deadlineNs) throw new SysError('EAGAIN', 'rt_sigtimedwait');
  task.sigwait = wanted;
  return block([], deadlineNs);
}

/** siginfo_t for a guest. */
export function encodeInfo(info: SigInfo): Uint8Array {
  const ticks = (ns: number) => Math.floor(ns / 1e7);
  return encode('siginfo', {
    si_signo: info.signo, si_code: info.code, si_pid: info.pid, si_uid: info.uid, si_status: info.status,
    si_utime: info.signo === SIG.CHLD ? ticks(info.utimeNs) : 0, si_stime: info.signo === SIG.CHLD ? ticks(info.stimeNs) : 0,
  });
}

function alarm(task: Task, seconds: number): number {
  const old = setAlarm(task, { valueNs: seconds * NS_PER_SEC, intervalNs: 0 });
  // Rounded, but an alarm that is set never reads as none.
  return old.valueNs === 0 ? 0 : Math.max(1, Math.round(old.valueNs / NS_PER_SEC));
}

function realTimer(which: number): void {
  if (which !== ITIMER.REAL) throw new SysError('EINVAL', 'setitimer');
}

function encodeAlarm({ valueNs, intervalNs }: Alarm): Uint8Array {
  const sec = (ns: number) => Math.floor(ns / NS_PER_SEC);
  const usec = (ns: number) => Math.floor((ns % NS_PER_SEC) / 1000);
  return encode('itimerval', {
    it_value_sec: sec(valueNs), it_value_usec: usec(valueNs), it_interval_sec: sec(intervalNs), it_interval_usec: usec(intervalNs),
  });
}

function setitimer(task: Task, which: number, value: Buf | undefined, old: Buf | undefined): number {
  realTimer(which);
  const v = value === undefined ? {} : decode('itimerval', value.read(0, value.length));
  const ns = (sec = 0, usec = 0): number => {
    if (sec < 0 || usec < 0 || usec >= 1e6) throw new SysError('EINVAL', 'setitimer');
    return sec * NS_PER_SEC + usec * 1000;
  };
  const was = setAlarm(task, {
    valueNs: ns(v.it_value_sec, v.it_value_usec), intervalNs: ns(v.it_interval_sec, v.it_interval_usec),
  });
  old?.write(0, encodeAlarm(was));
  return 0;
}

function getitimer(task: Task, which: number, value: Buf): number {
  realTimer(which);
  value.write(0, encodeAlarm(getAlarm(task)));
  return 0;
}

const onlyReal = 'ITIMER_REAL; the others are EINVAL';

export const rows = {
  kill: full(kill),
  tgkill: full(tgkill),
  rt_sigqueueinfo: full(sigqueueinfo),
  pidfd_send_signal: full(pidfdSendSignal),
  rt_sigaction: partial(sigaction, 'SA_ONSTACK is accepted: handlers run on the guest\'s own stack'),
  rt_sigprocmask: full(sigprocmask),
  rt_sigpending: full(sigpending),
  rt_sigsuspend: norestart(full(sigsuspend)),
  rt_sigtimedwait: norestart(full(sigtimedwait)),
  pause: norestart(full((_task: Task): Block => block())),
  alarm: full(alarm),
  setitimer: partial(setitimer, onlyReal),
  getitimer: partial(getitimer, onlyReal),
} satisfies Rows;
