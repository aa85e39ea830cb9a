// Builtins on what a process has: its directory (cd, pwd), mask (umask), limits (ulimit) and times.

import * as fs from '../../sys/fs';
import * as out from '../../lib/out';
import * as proc from '../../sys/proc';
import * as linux from '../../sys/linux';
import { applyMode } from '../../lib/mode';
import { strerror } from '../../sys/errno';
import { at, number } from './buf';
import { failed, raise } from './message';
import { sh } from './state';
import * as vars from './vars';

/** The directory as the user walked there, links and all; '' if it is not known. */
let logical: string = '';

/** At the start: PWD of the environment if it names where we are. */
export function initDirectory(): void {
  const s = vars.pwd.value;
  if (s != null && at(s as string, 0) == 47) {
    const a = new fs.Stat();
    const b = new fs.Stat();
    if (fs.stat(s as string, a) == 0 && fs.stat('.', b) == 0 && a.ino == b.ino && a.dev == b.dev) {
      logical = s as string;
      return;
    }
  }
  const real = fs.getcwd();
  logical = real == null ? '' : real as string;
  if (logical.length > 0) vars.assign(vars.pwd, logical, sh.subshell ? 0 : vars.VEXPORT);
}

export function directory(): string {
  return logical;
}

export function cd(args: string[]): i32 {
  let physical = false;
  let i = 1;
  for (; i < args.length; i++) {
    const s = args[i];
    if (s == '--') {
      i++;
      break;
    }
    if (s.length < 2 || at(s, 0) != 45) break;
    for (let k = 1; k < s.length; k++) {
      const c = at(s, k);
      if (c == 80) physical = true;
      else if (c == 76) physical = false;
      else return failed('illegal option -' + String.fromCharCode(c), 2);
    }
  }
  let dest: string;
  let show = false;
  if (i >= args.length) {
    const home = vars.valueOf(vars.home);
    dest = home == null ? '' : home as string;
    if (dest.length == 0) return 0;
  } else if (args[i] == '-') {
    const old = vars.get('OLDPWD');
    dest = old == null ? '' : old as string;
    if (dest.length == 0) dest = logical;
    show = true;
  } else dest = args[i];
  if (dest.length == 0) dest = '.';
  const first = at(dest, 0);
  const dotted = dest == '.' || dest == '..' || dest.startsWith('./') || dest.startsWith('../');
  let error = -linux.ENOENT;
  let list: string | null = null;
  if (first != 47 && !dotted) list = vars.get('CDPATH');
  if (list != null) {
    const dirs = (list as string).split(':');
    const st = new fs.Stat();
    for (let k = 0; k < dirs.length; k++) {
      const d = dirs[k];
      const path = d.length == 0 ? dest : d.endsWith('/') ? d + dest : d + '/' + dest;
      if (fs.stat(path, st) != 0 || !st.isDir) continue;
      error = change(path, physical);
      if (error == 0) {
        if (show || d.length > 0) out.line(logical);
        return 0;
      }
    }
  }
  error = change(dest, physical);
  if (error != 0) return failed("can't cd to " + dest + ': ' + strerror(error), 2);
  if (show) out.line(logical);
  return 0;
}

function change(dest: string, physical: bool): i32 {
  let target = '';
  if (!physical) {
    target = at(dest, 0) == 47 ? dest : logical.length == 0 ? '' : logical + '/' + dest;
    if (target.length > 0) target = normal(target);
  }
  let r = fs.chdir(target.length > 0 ? target : dest);
  if (r != 0 && target.length > 0 && target.length > 4000) r = fs.chdir(dest);
  if (r != 0) return r;
  if (target.length == 0) {
    const real = fs.getcwd();
    target = real == null ? '' : real as string;
  }
  vars.set('OLDPWD', logical, vars.VEXPORT);
  logical = target;
  if (!vars.assign(vars.pwd, target, vars.VEXPORT)) return 0;
  return 0;
}

/** Take . and .. out of an absolute path by its text; '' if a .. follows something that is no directory. */
function normal(path: string): string {
  const parts = path.split('/');
  const kept: string[] = [];
  const st = new fs.Stat();
  for (let i = 0; i < parts.length; i++) {
    const p = parts[i];
    if (p.length == 0 || p == '.') continue;
    if (p == '..') {
      if (kept.length == 0) continue;
      if (fs.stat('/' + kept.join('/'), st) != 0 || !st.isDir) return '';
      kept.pop();
    } else kept.push(p);
  }
  return '/' + kept.join('/');
}

export function pwd(args: string[]): i32 {
  let physical = false;
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-P') physical = true;
    else if (args[i] == '-L') physical = false;
    else if (at(args[i], 0) == 45 && args[i].length > 1) return failed('illegal option ' + args[i], 2);
  }
  if (!physical && logical.length > 0) {
    out.line(logical);
    return 0;
  }
  const real = fs.getcwd();
  if (real == null) return failed("getcwd: " + strerror(linux.ENOENT));
  out.line(real as string);
  return 0;
}

function octal(n: i32): string {
  let s = '';
  for (let shift = 9; shift >= 0; shift -= 3) s += String.fromCharCode(48 + ((n >> shift) & 7));
  return s;
}

function classes(n: i32): string {
  let s = '';
  for (let k = 0; k < 3; k++) {
    const bits = ~(n >> (6 - 3 * k)) & 7;
    s += k == 0 ? 'u=' : k == 1 ? ',g=' : ',o=';
    s += (bits & 4 ? 'r' : '') + (bits & 2 ? 'w' : '') + (bits & 1 ? 'x' : '');
  }
  return s;
}

export function umask(args: string[]): i32 {
  let symbolic = false;
  let i = 1;
  for (; i < args.length && args[i] == '-S'; i++) symbolic = true;
  if (i < args.length && args[i] == '--') i++;
  const mask = fs.umask(0);
  fs.umask(mask);
  if (i >= args.length) {
    out.line(symbolic ? classes(mask) : octal(mask));
    return 0;
  }
  const s = args[i];
  const numeric = s.length > 0 && at(s, 0) >= 48 && at(s, 0) <= 57;
  // A symbolic mask says what to allow; a numeric one what to deny.
  const mode = numeric ? applyMode(s, 0, 0, false) : applyMode(s, ~mask & 0o777, 0, true);
  if (mode < 0 || mode > 0o777) return failed('illegal mode: ' + s, 2);
  fs.umask(numeric ? mode : ~mode & 0o777);
  return 0;
}

class Limit {
  constructor(public letter: string, public resource: i32, public unit: u64, public name: string) {}
}

const limits: Limit[] = [
  new Limit('c', linux.RLIMIT_CORE, 512, 'core file size (blocks)'),
  new Limit('d', linux.RLIMIT_DATA, 1024, 'data seg size (kb)'),
  new Limit('e', linux.RLIMIT_NICE, 1, 'scheduling priority'),
  new Limit('f', linux.RLIMIT_FSIZE, 512, 'file size (blocks)'),
  new Limit('i', linux.RLIMIT_SIGPENDING, 1, 'pending signals'),
  new Limit('l', linux.RLIMIT_MEMLOCK, 1024, 'max locked memory (kb)'),
  new Limit('m', linux.RLIMIT_RSS, 1024, 'max memory size (kb)'),
  new Limit('n', linux.RLIMIT_NOFILE, 1, 'open files'),
  new Limit('q', linux.RLIMIT_MSGQUEUE, 1, 'POSIX message queues (bytes)'),
  new Limit('r', linux.RLIMIT_RTPRIO, 1, 'real-time priority'),
  new Limit('s', linux.RLIMIT_STACK, 1024, 'stack size (kb)'),
  new Limit('t', linux.RLIMIT_CPU, 1, 'cpu time (seconds)'),
  new Limit('u', linux.RLIMIT_NPROC, 1, 'max user processes'),
  new Limit('v', linux.RLIMIT_AS, 1024, 'virtual memory (kb)'),
  new Limit('x', linux.RLIMIT_LOCKS, 1, 'file locks'),
];

const UNLIMITED: u64 = u64.MAX_VALUE;

function limitText(v: u64, unit: u64): string {
  return v == UNLIMITED ? 'unlimited' : (v / unit).toString();
}

export function ulimit(args: string[]): i32 {
  let hard = false;
  let soft = false;
  let all = false;
  let which = 'f';
  let i = 1;
  for (; i < args.length; i++) {
    const s = args[i];
    if (s.length < 2 || at(s, 0) != 45) break;
    for (let k = 1; k < s.length; k++) {
      const c = s.charAt(k);
      if (c == 'H') hard = true;
      else if (c == 'S') soft = true;
      else if (c == 'a') all = true;
      else if (c == 'p') which = c;
      else {
        which = c;
        if (find(c) == null) return failed('illegal option -' + c, 2);
      }
    }
  }
  const values = new StaticArray<u64>(2);
  if (all) {
    for (let k = 0; k < limits.length; k++) {
      const l = limits[k];
      if (proc.getrlimit(l.resource, values) != 0) continue;
      out.line(l.name.padEnd(32, ' ') + '(-' + l.letter + ') ' + limitText(values[hard ? 1 : 0], l.unit));
    }
    return 0;
  }
  const l = find(which);
  if (l == null) return failed('illegal option -' + which, 2);
  const r = proc.getrlimit(l.resource, values);
  if (r != 0) return failed('error getting limit (' + strerror(r) + ')');
  if (i >= args.length) {
    out.line(limitText(values[hard && !soft ? 1 : 0], l.unit));
    return 0;
  }
  const s = args[i];
  let v = UNLIMITED;
  if (s != 'unlimited') {
    const n = number(s);
    if (n < 0) return failed("invalid number '" + s + "'");
    v = <u64>n * l.unit;
  }
  if (!hard && !soft) hard = soft = true;
  if (soft) values[0] = v;
  if (hard) values[1] = v;
  const w = proc.setrlimit(l.resource, values[0], values[1]);
  if (w != 0) return failed('error setting limit (' + strerror(w) + ')');
  return 0;
}

function find(letter: string): Limit | null {
  for (let i = 0; i < limits.length; i++) if (limits[i].letter == letter) return limits[i];
  return null;
}

function minutes(ticks: i64): string {
  const s = ticks / 100;
  const ms = (ticks % 100) * 10;
  return (s / 60).toString() + 'm' + (s % 60).toString() + '.' + ms.toString().padStart(3, '0') + 's';
}

export function times(args: string[]): i32 {
  const t = new proc.Tms();
  const r = proc.times(t);
  if (r < 0) return raise('times: ' + strerror(<i32>r));
  out.line(minutes(t.user) + ' ' + minutes(t.system));
  out.line(minutes(t.childUser) + ' ' + minutes(t.childSystem));
  return 0;
}
