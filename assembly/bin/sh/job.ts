// Jobs: the children of this shell, by pipeline, with their states; waiting for them; telling the user about them. With
// job control each job is a process group of its own, and the terminal belongs to the one in the foreground.

import * as out from '../../lib/out';
import * as proc from '../../sys/proc';
import * as signal from '../../sys/signal';
import * as tty from '../../sys/tty';
import {
  ECHILD, EINTR, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGTTIN, SIG_BLOCK, SIG_SETMASK, WNOHANG, WUNTRACED,
} from '../../sys/linux';
import { at, isDigit, number } from './buf';
import { describe, sigText, stopStatus } from './jobtext';
import { tell } from './message';
import { FLOW_INTERRUPT, leave, sh } from './state';
import { settle, trapped } from './trap';

export const RUNNING = 0;
export const STOPPED = 1;
export const DONE = 2;

export class Proc {
  /** Wait status; -1 while it runs. */
  status: i32 = -1;
  constructor(public pid: i32, public text: string) {}
}

export class Job {
  procs: Proc[] = [];
  state: i32 = RUNNING;
  /** The user was not told of its state yet. */
  changed: bool = false;
  /** It is a process group of its own. */
  group: bool = false;
  /** Somebody asked for its status, so it can go. */
  waited: bool = false;
  foreground: bool = false;
  constructor(public id: i32) {}

  get pgid(): i32 {
    return this.procs[0].pid;
  }

  /** The wait status that counts: the last element's, or with pipefail the last that failed. */
  get status(): i32 {
    const n = this.procs.length;
    let s = n == 0 ? 0 : this.procs[n - 1].status;
    if (sh.pipefail) for (let i = n - 1; i >= 0 && s == 0; i--) s = this.procs[i].status;
    return s;
  }
}

/** All jobs, the current one last: in the order in which they were started or last stopped. */
let jobs: Job[] = [];
/** The terminal of job control, on a descriptor of its own; -1 without. */
export let ttyFd: i32 = -1;
/** The shell's own process group, and the one that it gives the terminal back to when it ends. */
let shellPgid: i32 = 0;
let initialPgid: i32 = 0;

export function create(): Job {
  prune();
  let id = 1;
  for (let i = 0; i < jobs.length; i++) {
    if (jobs[i].id == id) {
      id++;
      i = -1;
    }
  }
  const j = new Job(id);
  j.group = sh.jobControl;
  jobs.push(j);
  return j;
}

export function remove(j: Job): void {
  const i = jobs.indexOf(j);
  if (i >= 0) jobs.splice(i, 1);
}

/** In a subshell: the jobs were the parent's. */
export function forget(): void {
  jobs = [];
  sh.jobControl = false;
}

function makeCurrent(j: Job): void {
  remove(j);
  jobs.push(j);
}

/** The current job: the last that stopped, else the last started. */
export function current(): Job | null {
  for (let i = jobs.length - 1; i >= 0; i--) if (jobs[i].state == STOPPED) return jobs[i];
  return jobs.length > 0 ? jobs[jobs.length - 1] : null;
}

export function previous(): Job | null {
  const c = current();
  for (let i = jobs.length - 1; i >= 0; i--) if (jobs[i] != c && jobs[i].state == STOPPED) return jobs[i];
  for (let i = jobs.length - 1; i >= 0; i--) if (jobs[i] != c) return jobs[i];
  return null;
}

/** The words of the last `find` that failed. */
export let trouble: string = '';

/** The job of %n, %%, %+, %-, %text, %?text or a pid; null with `trouble` set. */
export function find(name: string): Job | null {
  trouble = name + ': no such job';
  const n = name.length;
  if (n > 0 && at(name, 0) == 37) {
    const c = n > 1 ? at(name, 1) : 37;
    if (n <= 2 && (c == 37 || c == 43)) {
      const j = current();
      if (j == null) trouble = 'No current job';
      return j;
    }
    if (n == 2 && c == 45) {
      const j = previous();
      if (j == null) trouble = 'No previous job';
      return j;
    }
    if (isDigit(c)) {
      const id = number(name.substring(1));
      for (let i = 0; i < jobs.length; i++) if (jobs[i].id == id) return jobs[i];
      return null;
    }
    const inside = c == 63;
    const text = name.substring(inside ? 2 : 1);
    let found: Job | null = null;
    for (let i = 0; i < jobs.length; i++) {
      const s = jobs[i].procs.length > 0 ? jobs[i].procs[0].text : '';
      if (inside ? s.includes(text) : s.startsWith(text)) {
        if (found) {
          trouble = name + ': ambiguous';
          return null;
        }
        found = jobs[i];
      }
    }
    return found;
  }
  const pid = number(name);
  if (pid >= 0) {
    for (let i = 0; i < jobs.length; i++) {
      const p = jobs[i].procs;
      if (p.length > 0 && p[p.length - 1].pid == pid) return jobs[i];
    }
  }
  return null;
}

/** The current job, for fg and bg without an argument. */
export function findCurrent(): Job | null {
  trouble = 'No current job';
  return current();
}

export function all(): Job[] {
  return jobs;
}

/** Take one child's change of state; what wait4 answered. */
function reap(options: i32): i32 {
  if (options & WNOHANG && jobs.length == 0) return -ECHILD;
  const r = proc.wait4(-1, options | (sh.jobControl ? WUNTRACED : 0));
  if (r > 0) note(r, proc.status);
  return r;
}

function note(pid: i32, status: i32): void {
  for (let i = 0; i < jobs.length; i++) {
    const j = jobs[i];
    if (j.state == DONE) continue;
    let hit = false;
    let running = false;
    let stopped = false;
    for (let k = 0; k < j.procs.length; k++) {
      const p = j.procs[k];
      if (p.pid == pid) {
        p.status = status;
        hit = true;
      }
      if (p.status == -1) running = true;
      else if (proc.WIFSTOPPED(p.status)) stopped = true;
    }
    if (!hit) continue;
    if (running) return;
    const state = stopped ? STOPPED : DONE;
    if (j.state != state) {
      j.state = state;
      j.changed = true;
      if (state == STOPPED) makeCurrent(j);
    }
    if (j.foreground && state == DONE) {
      const s = sigText(status);
      if (s.length > 0) tell(s + '\n');
    }
    return;
  }
}

/** Collect children that have changed already, without waiting. */
export function poll(): void {
  while (reap(WNOHANG) > 0) {}
}

/** Wait for a foreground job to end or stop; the exit status. */
export function waitForeground(j: Job): i32 {
  out.flush();
  j.foreground = true;
  while (j.state == RUNNING) {
    const r = reap(0);
    if (r < 0 && r != -EINTR) lost(j);
  }
  j.foreground = false;
  const status = j.status;
  if (sh.jobControl) tty.tcsetpgrp(ttyFd, shellPgid);
  if (j.state == STOPPED) return 128 + proc.WSTOPSIG(stopStatus(j));
  remove(j);
  // A job that the terminal interrupted interrupts the whole line: the shell itself saw no signal.
  if (j.group && sh.interactive && proc.WIFSIGNALED(status) && proc.WTERMSIG(status) == SIGINT) {
    leave(FLOW_INTERRUPT, 130);
    return 130;
  }
  return proc.exitStatus(status);
}

/** Somebody else reaped its children: nothing is known of them. */
function lost(j: Job): void {
  for (let k = 0; k < j.procs.length; k++) if (j.procs[k].status == -1) j.procs[k].status = 127 << 8;
  j.state = DONE;
}

/** Wait until a job is done (null: all of them; `any`: one of them). 128+n when a trapped signal came first. */
export function waitBuiltin(j: Job | null, any: bool): i32 {
  out.flush();
  // SIGCHLD must wake the suspend below, so it needs a handler, and all signals stay blocked in between.
  const watching = !trapped(SIGCHLD);
  if (watching) signal.watch(SIGCHLD);
  const old = signal.mask(SIG_BLOCK, ~(<u64>0));
  let result = -1;
  while (result < 0) {
    const sig = trapPending();
    if (sig > 0) {
      result = 128 + sig;
      break;
    }
    if (j) {
      if (j.state != RUNNING) {
        result = j.state == STOPPED ? 128 + proc.WSTOPSIG(stopStatus(j)) : proc.exitStatus(j.status);
        break;
      }
    } else {
      let left = false;
      let finished: Job | null = null;
      for (let i = 0; i < jobs.length; i++) {
        if (jobs[i].state == RUNNING) left = true;
        else if (jobs[i].state == DONE && !jobs[i].waited) finished = jobs[i];
      }
      if (any && finished) {
        finished.waited = true;
        result = proc.exitStatus(finished.status);
        if (!sh.interactive) remove(finished);
        break;
      }
      if (!left) {
        result = any ? 127 : 0;
        break;
      }
    }
    const r = reap(WNOHANG);
    if (r > 0) continue;
    if (r == -ECHILD) {
      for (let i = 0; i < jobs.length; i++) if (jobs[i].state == RUNNING) lost(jobs[i]);
      continue;
    }
    signal.suspend(old);
  }
  signal.mask(SIG_SETMASK, old);
  if (watching) settle(SIGCHLD);
  return result;
}

/** A signal that was caught and has an action (or interrupts), 0 if there is none. */
export function trapPending(): i32 {
  if (!signal.anyCaught) return 0;
  for (let i = 1; i < 65; i++) {
    if (!unchecked(signal.caught[i])) continue;
    if (trapped(i) || i == SIGINT && sh.interactive) return i;
  }
  return 0;
}

/** Tell of the jobs that changed since the last time, and drop those that are done. */
export function report(): void {
  poll();
  for (let i = 0; i < jobs.length; i++) {
    const j = jobs[i];
    if (j.changed) {
      j.changed = false;
      tell(describe(j, 0));
    }
    if (j.state == DONE) {
      jobs.splice(i, 1);
      i--;
    }
  }
}

/** Drop the finished jobs whose status somebody has asked for. */
function prune(): void {
  for (let i = 0; i < jobs.length; i++) {
    const j = jobs[i];
    if (j.state == DONE && j.waited) {
      jobs.splice(i, 1);
      i--;
    }
  }
}

/** Let a stopped job go on, in the foreground (the status) or behind (0). */
export function resume(j: Job, foreground: bool): i32 {
  j.state = RUNNING;
  j.changed = false;
  for (let i = 0; i < j.procs.length; i++) if (proc.WIFSTOPPED(j.procs[i].status)) j.procs[i].status = -1;
  out.flush();
  if (foreground) tty.tcsetpgrp(ttyFd, j.pgid);
  proc.kill(-j.pgid, SIGCONT);
  makeCurrent(j);
  return foreground ? waitForeground(j) : 0;
}

export function anyStopped(): bool {
  for (let i = 0; i < jobs.length; i++) if (jobs[i].state == STOPPED) return true;
  return false;
}

/** Turn job control on: a process group of the shell's own, in the foreground of `fd`'s terminal. False without one. */
export function start(fd: i32): bool {
  // Started in the background, wait to be brought forward.
  while (true) {
    const front = tty.tcgetpgrp(fd);
    if (front < 0) return false;
    const own = proc.getpgrp();
    if (front == own) break;
    proc.kill(0, SIGTTIN);
  }
  ttyFd = fd;
  initialPgid = proc.getpgrp();
  shellPgid = proc.getpid();
  if (initialPgid != shellPgid) {
    proc.setpgid(0, shellPgid);
    tty.tcsetpgrp(fd, shellPgid);
  }
  return true;
}

/** Give the terminal back. */
export function stop(): void {
  if (ttyFd < 0) return;
  tty.tcsetpgrp(ttyFd, initialPgid);
  if (initialPgid != shellPgid) proc.setpgid(0, initialPgid);
}

/** A login shell that ends takes its stopped jobs along, as the kernel would by SIGHUP. */
export function hangUp(): void {
  for (let i = 0; i < jobs.length; i++) {
    if (jobs[i].state == STOPPED && jobs[i].group) {
      proc.kill(-jobs[i].pgid, SIGHUP);
      proc.kill(-jobs[i].pgid, SIGCONT);
    }
  }
}

