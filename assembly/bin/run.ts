// Programs that run another in some way: nohup, setsid, nice, timeout, time.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import * as signal from '../sys/signal';
import * as clock from '../sys/time';
import * as tty from '../sys/tty';
import { duration } from './sleep';
import { execOrDie, spawnvp } from '../lib/exec';
import { getenv } from '../sys/env';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { parseInteger, valid } from '../lib/number';
import { padStart } from '../lib/text';

export function nohup(args: string[]): i32 {
  const text = packed('PROG ARGS\n\nRun PROG immune to hangups, with output to a non-tty\n');
  if (args.length < 2 || args[1] == '--help') return usage(text, args.length < 2 ? 1 : 0);
  let name = 'nohup.out';
  if (tty.isatty(0)) {
    const fd = fs.open('/dev/null', linux.O_RDONLY);
    fs.dup2(fd, 0);
    fs.close(fd);
  }
  if (tty.isatty(1)) {
    let fd = fs.open(name, linux.O_CREAT | linux.O_WRONLY | linux.O_APPEND, 0o600);
    if (fd < 0) {
      const home = getenv('HOME');
      name = (home === null ? '' : home) + '/nohup.out';
      fd = fs.open(name, linux.O_CREAT | linux.O_WRONLY | linux.O_APPEND, 0o600);
      if (fd < 0) return out.cantOpen(name, fd);
    }
    out.complain('appending output to ' + name);
    fs.dup2(fd, 1);
    fs.close(fd);
  }
  if (tty.isatty(2)) fs.dup2(1, 2);
  signal.ignore(linux.SIGHUP);
  return execOrDie(args.slice(1));
}

// setsid(2) fails in a group leader, which then sends a child.
let words: string[] = [];
let control: bool = false;

function inSession(_: i32): i32 {
  proc.setsid();
  if (control) tty.setControlling(0, true);
  return out.finish(execOrDie(words));
}

export function setsid(args: string[]): i32 {
  const text = packed('[-c] PROG ARGS\n\nRun PROG in a new session. PROG will have no controlling terminal\nand will not be affected by keyboard signals (^C etc).\n\n\t-c\tSet controlling terminal to stdin\n');
  const o = getopt(args, '+cw', text);
  if (!o.ok) return o.status;
  if (!o.rest.length) return usage(text);
  words = o.rest;
  control = o.has('c');
  if (proc.getpgrp() != proc.getpid()) return inSession(0);
  out.flush();
  const pid = proc.clone(inSession, linux.SIGCHLD);
  if (pid < 0) return out.perror('fork', pid);
  return o.has('w') ? proc.exitStatus(proc.waitFor(pid)) : 0;
}

export function nice(args: string[]): i32 {
  const text = packed('[-n ADJUST] [PROG ARGS]\n\nChange scheduling priority, run PROG\n\n\t-n ADJUST\tAdjust priority by ADJUST\n');
  const o = getopt(args, '+n:', text);
  if (!o.ok) return o.status;
  // getpriority(2) answers 20 - nice.
  const old = 20 - linux.getpriority(linux.PRIO_PROCESS, 0);
  if (!o.rest.length) {
    out.line(old.toString());
    return 0;
  }
  const by = o.has('n') ? <i32>parseInteger(o.get('n')) : 10;
  if (o.has('n') && !valid) return out.complain("invalid number '" + o.get('n') + "'");
  const r = linux.setpriority(linux.PRIO_PROCESS, 0, old + by);
  if (r < 0) return out.perror('setpriority', r);
  return execOrDie(o.rest);
}

export function timeout(args: string[]): i32 {
  const text = packed('[-s SIG] [-k KILL_SECS] SECS PROG ARGS\n\nRun PROG. Send SIG to it if it is not gone in SECS seconds.\nDefault SIG: TERM. If it still exists in KILL_SECS seconds, send KILL.\n');
  const o = getopt(args, '+s:k:', text, packed('signal:=s,kill-after:=k,foreground=f,preserve-status=p'));
  if (!o.ok) return o.status;
  if (o.rest.length < 2) return usage(text);
  const sig = o.has('s') ? signal.signalNumber(o.get('s')) : linux.SIGTERM;
  if (sig < 0) return out.complain("unknown signal '" + o.get('s') + "'");
  const limit = duration(o.rest[0]);
  const grace = o.has('k') ? duration(o.get('k')) : 0;
  if (limit < 0 || grace < 0) return out.complain("invalid number '" + (limit < 0 ? o.rest[0] : o.get('k')) + "'");
  // A child's end must wake us from the sleep, wherever it falls: the signal waits for its own call.
  const old = signal.mask(linux.SIG_BLOCK, signal.bit(linux.SIGCHLD));
  signal.reset(linux.SIGCHLD);
  const attr = new proc.Attr();
  attr.flags = linux.SPAWN_SETSIGMASK;
  attr.sigmask = old;
  const pid = spawnvp(o.rest.slice(1), null, attr);
  if (pid < 0) {
    out.perror("can't execute '" + o.rest[1] + "'", pid);
    return pid == -linux.ENOENT ? 127 : 126;
  }
  if (limit == 0 || gone(pid, limit)) return ended(pid);
  proc.kill(pid, sig);
  proc.kill(pid, linux.SIGCONT);
  if (grace > 0 && !gone(pid, grace)) {
    proc.kill(pid, linux.SIGKILL);
    proc.waitFor(pid);
    return 137;
  }
  return ended(pid);
}

let reaped: bool = false;

// Does the child end within so many nanoseconds.
function gone(pid: i32, ns: i64): bool {
  const end = clock.monotonicNs() + ns;
  for (;;) {
    if (proc.wait4(pid, linux.WNOHANG) == pid) {
      reaped = true;
      break;
    }
    const left = end - clock.monotonicNs();
    if (left <= 0) break;
    signal.waitFor(signal.bit(linux.SIGCHLD), left);
  }
  return reaped;
}

function ended(pid: i32): i32 {
  return proc.exitStatus(reaped ? proc.status : proc.waitFor(pid));
}

function seconds(us: i64, minutes: bool): string {
  const hundredths = (us + 5000) / 10000;
  const rest = padStart((hundredths % 100).toString(), 2).replaceAll(' ', '0');
  const whole = hundredths / 100;
  if (!minutes) return whole.toString() + '.' + rest;
  return (whole / 60).toString() + 'm ' + (whole % 60).toString() + '.' + rest + 's';
}

export function time(args: string[]): i32 {
  const text = packed('[-vpa] [-o FILE] PROG ARGS\n\nRun PROG, display resource usage when it exits\n\n\t-p\tPOSIX output format\n\t-o FILE\tWrite result to FILE\n\t-a\tAppend (else overwrite)\n');
  const o = getopt(args, '+vpao:', text);
  if (!o.ok) return o.status;
  if (!o.rest.length) return usage(text);
  const begin = clock.monotonicNs();
  const pid = spawnvp(o.rest);
  let status = 127;
  const use = new proc.Rusage();
  if (pid < 0) {
    out.perror("can't execute '" + o.rest[0] + "'", pid);
    if (pid != -linux.ENOENT) status = 126;
  } else {
    while (proc.waitUsage(pid, 0, use) == -linux.EINTR);
    status = proc.exitStatus(proc.status);
    if (proc.WIFSIGNALED(proc.status)) out.err('Command terminated by signal ' + proc.WTERMSIG(proc.status).toString() + '\n');
  }
  const us = (clock.monotonicNs() - begin) / 1000;
  const posix = o.has('p');
  const report = posix ? 'real ' + seconds(us, false) + '\nuser ' + seconds(use.userUs, false) + '\nsys ' + seconds(use.systemUs, false) + '\n'
    : 'real\t' + seconds(us, true) + '\nuser\t' + seconds(use.userUs, true) + '\nsys\t' + seconds(use.systemUs, true) + '\n';
  if (o.has('o')) {
    const r = fs.writeFile(o.get('o'), report, linux.O_CREAT | (o.has('a') ? linux.O_APPEND : linux.O_TRUNC));
    if (r < 0) return out.cantOpen(o.get('o'), r);
  } else out.err(report);
  return status;
}
