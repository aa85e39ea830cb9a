// Builtins on jobs: jobs, fg, bg, wait, kill.

import * as out from '../../lib/out';
import * as proc from '../../sys/proc';
import * as signal from '../../sys/signal';
import { strerror } from '../../sys/errno';
import { SIGCONT, SIGTERM } from '../../sys/linux';
import { at, number } from './buf';
import * as table from './job';
import { LONG, PGIDS, describe, text } from './jobtext';
import { failed, raise } from './message';
import { sh } from './state';

export function jobs(args: string[]): i32 {
  let mode = 0;
  let i = 1;
  for (; i < args.length; i++) {
    const s = args[i];
    if (s.length < 2 || at(s, 0) != 45) break;
    for (let k = 1; k < s.length; k++) {
      if (at(s, k) == 108) mode = LONG;
      else if (at(s, k) == 112) mode = PGIDS;
      else return failed('illegal option -' + s.charAt(k), 2);
    }
  }
  table.poll();
  if (i < args.length) {
    for (; i < args.length; i++) {
      const j = table.find(args[i]);
      if (j == null) return raise(table.trouble);
      show(j, mode);
    }
    return 0;
  }
  const list = table.all().slice(0);
  list.sort((a, b) => a.id - b.id);
  for (let k = 0; k < list.length; k++) show(list[k], mode);
  return 0;
}

function show(j: table.Job, mode: i32): void {
  if (j.procs.length == 0) return;
  out.put(describe(j, mode));
  j.changed = false;
  if (j.state == table.DONE) table.remove(j);
}

export function fg(args: string[]): i32 {
  return resume(args, true);
}

export function bg(args: string[]): i32 {
  return resume(args, false);
}

function resume(args: string[], foreground: bool): i32 {
  let i = 1;
  while (true) {
    const j = i < args.length ? table.find(args[i]) : table.findCurrent();
    if (j == null) return raise(table.trouble);
    if (!j.group) return raise('job ' + (i < args.length ? args[i] : '(null)') + ' not created under job control');
    out.line((foreground ? '' : '[' + j.id.toString() + '] ') + text(j));
    const status = table.resume(j, foreground);
    if (++i >= args.length) return status;
  }
}

export function wait(args: string[]): i32 {
  let i = 1;
  let any = false;
  if (i < args.length && args[i] == '-n') {
    any = true;
    i++;
  }
  if (i < args.length && args[i] == '--') i++;
  if (i >= args.length) {
    const status = table.waitBuiltin(null, any);
    if (status == 0 && !any && !sh.interactive) {
      const list = table.all();
      for (let k = 0; k < list.length; k++) list[k].waited = true;
    }
    return status;
  }
  let status = 0;
  for (; i < args.length; i++) {
    const s = args[i];
    if (at(s, 0) != 37 && number(s) < 0) return raise('Illegal number: ' + s);
    const j = table.find(s);
    if (j == null) {
      if (at(s, 0) == 37) return raise(table.trouble);
      status = 127;
      continue;
    }
    status = table.waitBuiltin(j, false);
    if (j.state == table.DONE) {
      j.waited = true;
      j.changed = false;
    } else if (j.state == table.RUNNING) return status;
  }
  return status;
}

export function kill(args: string[]): i32 {
  let sig = SIGTERM;
  let i = 1;
  if (i < args.length && at(args[i], 0) == 45 && args[i].length > 1) {
    const s = args[i];
    if (s == '-l' || s == '-L') return list(args);
    if (s != '--') {
      let name = s.substring(1);
      if (name == 's') {
        if (i + 1 >= args.length) return out.complain("bad signal name 's'");
        name = args[++i];
      }
      sig = signal.signalNumber(name);
      if (sig < 0) return out.complain("bad signal name '" + name + "'");
    }
    i++;
  }
  if (i < args.length && args[i] == '--') i++;
  if (i >= args.length) return out.complain('you need to specify whom to kill');
  let status = 0;
  for (; i < args.length; i++) {
    const s = args[i];
    let pid = 0;
    if (at(s, 0) == 37) {
      const j = table.find(s);
      if (j == null) {
        failed(table.trouble);
        status = 1;
        continue;
      }
      pid = j.group ? -j.pgid : j.procs[j.procs.length - 1].pid;
      if (j.state == table.STOPPED && sig != SIGCONT && j.group) {
        proc.kill(pid, sig);
        proc.kill(pid, SIGCONT);
        continue;
      }
    } else {
      const minus = at(s, 0) == 45;
      pid = number(minus ? s.substring(1) : s);
      if (pid < 0) {
        status = out.complain("invalid number '" + s + "'");
        continue;
      }
      if (minus) pid = -pid;
    }
    const r = proc.kill(pid, sig);
    if (r != 0) {
      status = out.complain("can't kill pid " + pid.toString() + ': ' + strerror(r));
    }
  }
  return status;
}

function list(args: string[]): i32 {
  if (args.length < 3) {
    for (let i = 1; i < 32; i++) out.line(i.toString().padStart(2, ' ') + ') ' + signal.signalName(i));
    return 0;
  }
  for (let i = 2; i < args.length; i++) {
    const n = number(args[i]);
    if (n >= 0) {
      const sig = n > 128 ? n - 128 : n;
      if (sig > 64) return out.complain("unknown signal '" + args[i] + "'");
      out.line(signal.signalName(sig));
      continue;
    }
    const sig = signal.signalNumber(args[i]);
    if (sig < 0) return out.complain("unknown signal '" + args[i] + "'");
    out.line(sig.toString());
  }
  return 0;
}
