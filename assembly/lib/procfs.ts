// Processes as /proc tells of them.

import * as fs from '../sys/fs';
import { Bytes, isDigit } from './text';
import { parseCount } from './number';

export class Process {
  pid: i32 = 0;
  ppid: i32 = 0;
  pgid: i32 = 0;
  sid: i32 = 0;
  tty: i32 = 0;
  state: string = '?';
  comm: string = '';
  uid: i32 = 0;
  gid: i32 = 0;
  /** Clock ticks, 100 a second. */
  utime: i64 = 0;
  stime: i64 = 0;
  start: i64 = 0;
  nice: i32 = 0;
  threads: i32 = 1;
  /** KiB. */
  vsz: i64 = 0;
  rss: i64 = 0;

  /** The command line; `{comm} ` in front when it goes by another name, [comm] when there is none. */
  command(): string {
    const list = argsOf(this.pid);
    if (list.length == 0) return '[' + this.comm + ']';
    const first = list[0];
    let base = first.substring(first.lastIndexOf('/') + 1);
    if (base.startsWith('-')) base = base.substring(1);
    const b = new Bytes(64);
    if (!base.startsWith(this.comm)) {
      b.push(123);
      b.add(this.comm);
      b.push(125);
      b.push(32);
    }
    for (let i = 0; i < list.length; i++) {
      if (i) b.push(32);
      const s = list[i];
      for (let k = 0; k < s.length; k++) b.push(s.charCodeAt(k) < 32 ? 32 : s.charCodeAt(k));
    }
    return b.toString();
  }
}

/** argv of a process; empty for a zombie. */
export function argsOf(pid: i32): string[] {
  const text = fs.readFile('/proc/' + pid.toString() + '/cmdline');
  if (text === null || text.length == 0) return [];
  const list = text.split('\0');
  while (list.length > 0 && list[list.length - 1].length == 0) list.pop();
  return list;
}

/** What /proc/PID/stat says; null if there is no such process. */
export function processOf(pid: i32): Process | null {
  const dir = '/proc/' + pid.toString();
  const text = fs.readFile(dir + '/stat');
  if (text === null) return null;
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const p = new Process();
  p.pid = pid;
  p.comm = text.substring(open + 1, close);
  const f = text.substring(close + 2).split(' ');
  if (f.length < 22) return null;
  p.state = f[0];
  p.ppid = <i32>I64.parseInt(f[1]);
  p.pgid = <i32>I64.parseInt(f[2]);
  p.sid = <i32>I64.parseInt(f[3]);
  p.tty = <i32>I64.parseInt(f[4]);
  p.utime = I64.parseInt(f[11]);
  p.stime = I64.parseInt(f[12]);
  p.nice = <i32>I64.parseInt(f[16]);
  p.threads = <i32>I64.parseInt(f[17]);
  p.start = I64.parseInt(f[19]);
  p.vsz = I64.parseInt(f[20]) / 1024;
  p.rss = I64.parseInt(f[21]) * 4;
  const st = new fs.Stat();
  if (fs.stat(dir, st) == 0) {
    p.uid = st.uid;
    p.gid = st.gid;
  }
  return p;
}

/** The numbers of all processes, rising. */
export function pids(): i32[] {
  const list: fs.Entry[] = [];
  fs.readdir('/proc', list);
  const found: i32[] = [];
  for (let i = 0; i < list.length; i++) {
    const name = list[i].name;
    if (isDigit(name.charCodeAt(0))) found.push(parseCount(name));
  }
  found.sort((a, b) => a - b);
  return found;
}

export function processes(): Process[] {
  const numbers = pids();
  const list: Process[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const p = processOf(numbers[i]);
    if (p) list.push(p);
  }
  return list;
}

/** The value of a `Name:\tvalue` line, as status and meminfo have them; '' if there is none. */
export function fieldOf(text: string, name: string): string {
  let at = text.startsWith(name + ':') ? 0 : text.indexOf('\n' + name + ':') + 1;
  if (at == 0 && !text.startsWith(name + ':')) return '';
  at += name.length + 1;
  while (at < text.length && (text.charCodeAt(at) == 32 || text.charCodeAt(at) == 9)) at++;
  let end = text.indexOf('\n', at);
  if (end < 0) end = text.length;
  return text.substring(at, end);
}
