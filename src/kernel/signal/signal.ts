// Signals (signal(7)): what a task keeps about them, and what the default action of each is.

import { add, emptySet, has, intersect, lowest, minus, NSIG, remove, SIG, SIG_DFL, SIGRTMIN, type SigSet, setOf } from '../uapi/signal.ts';

/** sigaction(2): `handler` is SIG_DFL, SIG_IGN or an index into the guest's function table. */
export interface SigAction {
  readonly handler: number;
  readonly flags: number;
  readonly mask: SigSet;
}

/** Why a signal was sent (siginfo_t). `pid` and `uid` are as the receiver sees them. */
export interface SigInfo {
  readonly signo: number;
  /** SI or CLD. */
  readonly code: number;
  readonly pid: number;
  readonly uid: number;
  /** Of SIGCHLD: exit code or signal; of rt_sigqueueinfo: the value. */
  readonly status: number;
  readonly utimeNs: number;
  readonly stimeNs: number;
}

/** Actions by signal number (struct sighand_struct); index 0 is not used. Entries are replaced, never changed. */
export interface SigHand {
  readonly actions: SigAction[];
}

/** Signals sent and not yet delivered: at most one of each standard signal, any number of the real-time ones. */
export interface SigPending {
  set: SigSet;
  queue: SigInfo[];
}

export const defaultAction: SigAction = { handler: SIG_DFL, flags: 0, mask: emptySet };
export const newSigHand = (): SigHand => ({ actions: new Array<SigAction>(NSIG + 1).fill(defaultAction) });
export const copySigHand = (from: SigHand): SigHand => ({ actions: [...from.actions] });
export const newPending = (): SigPending => ({ set: emptySet, queue: [] });

/** Signals that stop a task by default, and those whose default action is nothing. */
export const STOP_SIGNALS = setOf(SIG.STOP, SIG.TSTP, SIG.TTIN, SIG.TTOU);
export const IGNORED_SIGNALS = setOf(SIG.CONT, SIG.CHLD, SIG.WINCH, SIG.URG);
/** Neither caught, blocked nor ignored. */
export const KERNEL_ONLY = setOf(SIG.KILL, SIG.STOP);
/** Made by the task's own instructions: delivered before the others. */
const SYNCHRONOUS = setOf(SIG.SEGV, SIG.BUS, SIG.ILL, SIG.TRAP, SIG.FPE, SIG.SYS);

/** Put a signal on the queue. False for a standard signal that is there already. */
export function enqueue(pending: SigPending, info: SigInfo): boolean {
  if (info.signo < SIGRTMIN && has(pending.set, info.signo)) return false;
  pending.set = add(pending.set, info.signo);
  pending.queue.push(info);
  return true;
}

/** Take the next signal that is not in `blocked` off the queue. */
export function dequeue(pending: SigPending, blocked: SigSet): SigInfo | undefined {
  const ready = minus(pending.set, blocked);
  const urgent = intersect(ready, SYNCHRONOUS);
  const signo = lowest(urgent) || lowest(ready);
  return signo === 0 ? undefined : take(pending, signo);
}

/** Forget every pending signal of `set`. */
export function flush(pending: SigPending, set: SigSet): void {
  if ((pending.set.lo & set.lo) === 0 && (pending.set.hi & set.hi) === 0) return;
  pending.set = minus(pending.set, set);
  pending.queue = pending.queue.filter((info) => !has(set, info.signo));
}

function take(pending: SigPending, signo: number): SigInfo {
  const { queue } = pending;
  const at = queue.findIndex((info) => info.signo === signo);
  const [info] = queue.splice(at, 1);
  if (!queue.some((other) => other.signo === signo)) pending.set = remove(pending.set, signo);
  return info!;
}
