// Signals: dispositions, masks, waiting, names. A handler of ours only sets a flag, since it may run between any two
// system calls; the program looks at the flags where it is ready to act.

import * as linux from './linux';
import { scratch } from './bytes';

export const SIG_DFL: i32 = linux.SIG_DFL;
export const SIG_IGN: i32 = linux.SIG_IGN;

/** caught[n]: signal n came since it was last cleared. `anyCaught`: some flag may be set. */
export const caught: StaticArray<bool> = new StaticArray<bool>(65);
export let anyCaught: bool = false;

export function clearCaught(): void {
  anyCaught = false;
}

function note(sig: i32): void {
  caught[sig] = true;
  anyCaught = true;
}

/** Is it set, and clear it. */
export function takeCaught(sig: i32): bool {
  const was = caught[sig];
  caught[sig] = false;
  return was;
}

export function bit(sig: i32): u64 {
  return (<u64>1) << (sig - 1);
}

/** sigaction(2) with a function of our own, which must only set flags. */
export function handle(sig: i32, handler: (sig: i32) => void, flags: i32 = 0, mask: u64 = 0): i32 {
  return action(sig, handler.index, flags, mask);
}

/** Let `caught` note the signal; without SA_RESTART, so that a blocked call ends in EINTR. */
export function watch(sig: i32, flags: i32 = 0): i32 {
  return action(sig, note.index, flags, 0);
}

export function ignore(sig: i32): i32 {
  return action(sig, SIG_IGN, 0, 0);
}

export function reset(sig: i32): i32 {
  return action(sig, SIG_DFL, 0, 0);
}

function action(sig: i32, index: i32, flags: i32, mask: u64): i32 {
  store<i32>(scratch, index, linux.sigaction_sa_handler);
  store<i32>(scratch, flags, linux.sigaction_sa_flags);
  store<u64>(scratch, mask, linux.sigaction_sa_mask);
  return linux.rt_sigaction(sig, scratch, 0);
}

/** Is the signal ignored now (as a shell asks of what it inherited). */
export function isIgnored(sig: i32): bool {
  return linux.rt_sigaction(sig, 0, scratch) == 0 && load<i32>(scratch, linux.sigaction_sa_handler) == SIG_IGN;
}

/** sigprocmask(2); answers the mask before it. */
export function mask(how: i32, set: u64): u64 {
  store<u64>(scratch, set);
  linux.rt_sigprocmask(how, scratch, scratch + 8);
  return load<u64>(scratch, 8);
}

export function getMask(): u64 {
  linux.rt_sigprocmask(0, 0, scratch + 8);
  return load<u64>(scratch, 8);
}

/** sigsuspend(2): sleep under another mask until a handler ran. */
export function suspend(set: u64): i32 {
  store<u64>(scratch, set);
  return linux.rt_sigsuspend(scratch);
}

/** sigwait: take a blocked signal of the set; its number or the error. */
export function wait(set: u64): i32 {
  store<u64>(scratch, set);
  return linux.rt_sigtimedwait(scratch, 0, 0);
}

export function pending(): u64 {
  linux.rt_sigpending(scratch);
  return load<u64>(scratch);
}

/** Names by number, without SIG, as `kill -l` lists them. */
export const names: string[] = [
  'EXIT', 'HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM',
  'TERM', 'STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH',
  'POLL', 'PWR', 'SYS',
];

/** `TERM` for 15; RTMIN, RTMIN+n for the real-time ones; else the number itself. */
export function signalName(n: i32): string {
  if (n >= 0 && n < names.length) return names[n];
  if (n == 32) return 'RTMIN';
  if (n == 64) return 'RTMAX';
  return n.toString();
}

/** The number of a signal by name (with or without SIG, any case) or number; -1 if there is none. */
export function signalNumber(s: string): i32 {
  if (s.length == 0) return -1;
  let n = 0;
  let digits = true;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c < 48 || c > 57) digits = false;
    else n = n * 10 + c - 48;
  }
  if (digits) return s.length < 4 && n <= 64 ? n : -1;
  let name = '';
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    name += String.fromCharCode(c >= 97 && c <= 122 ? c - 32 : c);
  }
  if (name.startsWith('SIG')) name = name.substring(3);
  for (let i = 0; i < names.length; i++) if (names[i] == name) return i;
  if (name == 'IOT') return linux.SIGABRT;
  if (name == 'CLD') return linux.SIGCHLD;
  if (name == 'IO') return linux.SIGIO;
  if (name == 'UNUSED') return linux.SIGSYS;
  if (name == 'RTMIN') return 32;
  if (name == 'RTMAX') return 64;
  return -1;
}

/** What strsignal(3) says, as shells print it for a job that died. */
export function signalText(n: i32): string {
  return n > 0 && n < texts.length ? texts[n] : n >= 32 && n <= 64 ? 'Real-time signal ' + (n - 34).toString() : 'Unknown signal ' + n.toString();
}

const texts: string[] = [
  '', 'Hangup', 'Interrupt', 'Quit', 'Illegal instruction', 'Trace/breakpoint trap', 'Aborted', 'Bus error',
  'Floating point exception', 'Killed', 'User defined signal 1', 'Segmentation fault', 'User defined signal 2',
  'Broken pipe', 'Alarm clock', 'Terminated', 'Stack fault', 'Child exited', 'Continued', 'Stopped (signal)', 'Stopped',
  'Stopped (tty input)', 'Stopped (tty output)', 'Urgent I/O condition', 'CPU time limit exceeded',
  'File size limit exceeded', 'Virtual timer expired', 'Profiling timer expired', 'Window changed', 'I/O possible',
  'Power failure', 'Bad system call',
];

/** sigtimedwait with a limit in nanoseconds: the signal, or -EAGAIN. */
export function waitFor(set: u64, ns: i64): i32 {
  store<u64>(scratch, set);
  store<i64>(scratch, ns / 1000000000, 16);
  store<i64>(scratch, ns % 1000000000, 24);
  return linux.rt_sigtimedwait(scratch, 0, scratch + 16);
}
