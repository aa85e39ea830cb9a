// Sending signals (kill(2), kernel/signal.c): permission, what the receiver sees of the sender, what ignoring does, and
// the protection of a namespace's first task.

import { capable } from '../cred/cred.ts';
import { exitTask } from '../proc/exit.ts';
import type { ProcessGroup } from '../proc/session.ts';
import { ATTENTION, type Task } from '../proc/task.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { RLIMIT, statusSignaled } from '../uapi/sched.ts';
import { CLD, has, minus, isEmpty, SA, setOf, SI, SIG, SIG_DFL, SIG_IGN, SIGRTMIN } from '../uapi/signal.ts';
import { enqueue, flush, IGNORED_SIGNALS, KERNEL_ONLY, type SigInfo, STOP_SIGNALS } from './signal.ts';

/** Whether `from` may send `signo` to `to` (kill(2)). */
export function mayKill(from: Task, to: Task, signo: number): boolean {
  const { uid, euid } = from.cred;
  const target = to.cred;
  if (from === to || euid === target.suid || euid === target.uid || uid === target.suid || uid === target.uid) return true;
  if (capable(from, CAP.KILL, to.nsproxy.user)) return true;
  return signo === SIG.CONT && from.session === to.session;
}

/** A signal from one task to another: checks permission, translates the sender into the receiver's namespaces. */
export function kill(from: Task, to: Task, signo: number, code: number = SI.USER, value = 0): void {
  if (!mayKill(from, to, signo)) throw new SysError('EPERM');
  if (signo === 0 || !to.alive) return;
  // A sender that the receiver cannot see is above it, and even the first task of a namespace obeys those.
  const pid = from.pid.in(to.pid.ns);
  const force = pid === 0;
  if (signo === SIG.KILL && from !== to && !ignored(to, signo, force)) {
    exitTask(to, statusSignaled(signo));
    return;
  }
  const uid = to.nsproxy.user.uidShown(from.cred.uid);
  send(to, { signo, code, pid, uid, status: value, utimeNs: 0, stimeNs: 0 }, force);
}

/** A signal from the kernel itself: terminals, timers, broken pipes. */
export function sendKernel(to: Task, signo: number): void {
  send(to, { signo, code: SI.KERNEL, pid: 0, uid: 0, status: 0, utimeNs: 0, stimeNs: 0 }, true);
}

/** Every member of a process group. */
export function sendGroup(group: ProcessGroup, signo: number): void {
  for (const task of [...group.members]) sendKernel(task, signo);
}

/** A fault of the guest. There is no instruction to come back to, so a handler cannot run: it dies, PID 1 too. */
export function forceSignal(task: Task, signo: number): void {
  if (task.alive) exitTask(task, statusSignaled(signo));
}

/** Tell the parent that a child has exited, stopped or continued: SIGCHLD and a wake of wait4. */
export function notifyParent(child: Task, signo: number, code: number, status: number): void {
  const { parent } = child;
  if (parent === undefined) return;
  const pid = child.pid.in(parent.pid.ns);
  const uid = parent.nsproxy.user.uidShown(child.cred.uid);
  const stopped = code === CLD.STOPPED || code === CLD.CONTINUED;
  if (signo !== 0 && !(stopped && (parent.sighand.actions[SIG.CHLD]!.flags & SA.NOCLDSTOP) !== 0)) {
    send(parent, { signo, code, pid, uid, status, utimeNs: child.utimeNs, stimeNs: child.stimeNs }, false);
  }
  parent.childWait.wake();
}

/** Whether a signal sent now would have no effect. A blocked one is kept: its action may change before it is unblocked. */
export function ignored(task: Task, signo: number, force: boolean): boolean {
  if (has(task.blocked, signo) || (task.sigwait !== undefined && has(task.sigwait, signo))) return false;
  const { handler } = task.sighand.actions[signo]!;
  if (handler === SIG_IGN) return true;
  if (handler !== SIG_DFL) return false;
  if (unkillable(task) && !(force && has(KERNEL_ONLY, signo))) return true;
  return has(IGNORED_SIGNALS, signo);
}

/** SIGNAL_UNKILLABLE: the first task of a PID namespace ignores what it has no handler for. */
export function unkillable(task: Task): boolean {
  return task.pid.ns.init === task;
}

/** Queue a signal and see to it that the receiver looks at it. */
function send(task: Task, info: SigInfo, force: boolean): void {
  if (!task.alive) return;
  const { signo } = info;
  if (has(STOP_SIGNALS, signo)) flush(task.pending, continueSet);
  else if (signo === SIG.CONT) resumeStopped(task);
  if (ignored(task, signo, force)) return;
  if (signo >= SIGRTMIN && info.code !== SI.KERNEL && task.pending.queue.length >= task.rlimits[RLIMIT.SIGPENDING]!.cur) {
    throw new SysError('EAGAIN');
  }
  if (!enqueue(task.pending, info)) return;
  if (signo === SIG.KILL) undoStop(task);
  if (!has(task.blocked, signo)) attend(task);
  else if (task.sigwait !== undefined && has(task.sigwait, signo)) task.wakeup();
}

/** Pending signals or the mask have changed: does the task have something to look at? */
export function recalc(task: Task): void {
  if (isEmpty(minus(task.pending.set, task.blocked))) task.attention &= ~ATTENTION.SIGNAL;
  else task.attention |= ATTENTION.SIGNAL;
}

const continueSet = setOf(SIG.CONT);

function attend(task: Task): void {
  task.attention |= ATTENTION.SIGNAL;
  if (task.state === 'S') task.wakeup();
  else if (task.state === 'R') task.kernel.hardware.preempt(task);
}

/** SIGCONT continues a stopped task even if it blocks or ignores the signal. */
function resumeStopped(task: Task): void {
  flush(task.pending, STOP_SIGNALS);
  if (!undoStop(task)) return;
  task.jobReport = 'continued';
  notifyParent(task, SIG.CHLD, CLD.CONTINUED, SIG.CONT);
}

function undoStop(task: Task): boolean {
  if ((task.attention & ATTENTION.STOPPED) === 0) return false;
  task.attention &= ~ATTENTION.STOPPED;
  task.state = 'R';
  task.stopSignal = 0;
  task.wakeup();
  return true;
}
