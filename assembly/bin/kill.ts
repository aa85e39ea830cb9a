// kill, killall, pkill, pgrep, pidof.

import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { parseCount, parseInteger, valid } from '../lib/number';
import { Process, argsOf, processes } from '../lib/procfs';
import { EXTENDED, Regex } from '../lib/regex';
import { names, signalName, signalNumber } from '../sys/signal';
import { basename } from '../lib/path';
import { padStart } from '../lib/text';
import { userByName } from '../lib/user';

const KILL = packed('[-l] [-SIG] PID...\n\nSend a signal (default: TERM) to given PIDs\n\n\t-l\tList all signal names and numbers\n');

// -l [SIG...]: all of them, or each translated.
function listSignals(args: string[], from: i32): i32 {
  if (from >= args.length) {
    for (let i = 1; i < names.length; i++) out.line(padStart(i.toString(), 2) + ') ' + names[i]);
    out.line('32) RTMIN');
    out.line('64) RTMAX');
    return 0;
  }
  for (let i = from; i < args.length; i++) {
    const digit = args[i].charCodeAt(0) >= 48 && args[i].charCodeAt(0) <= 57;
    const n = digit ? parseCount(args[i]) : signalNumber(args[i]);
    if (n < 0) {
      out.complain("unknown signal '" + args[i] + "'");
      return 1;
    }
    // An exit status above 128 names the signal too.
    out.line(digit ? signalName(n & 0x7f) : n.toString());
  }
  return 0;
}

/** Where the operands begin after `takeSignal`, and the signal. */
let first: i32 = 1;
let sig: i32 = 0;

// -SIG, -s SIG, -n SIG; false: the message is said.
function takeSignal(args: string[]): bool {
  sig = linux.SIGTERM;
  first = 1;
  if (args.length < 2 || args[1].charCodeAt(0) != 45 || args[1].length < 2) return true;
  let name = args[1].substring(1);
  if (name == '-') {
    first = 2;
    return true;
  }
  first = 2;
  if ((name == 's' || name == 'n') && args.length > 2) {
    name = args[2];
    first = 3;
  }
  sig = signalNumber(name);
  if (sig < 0) {
    out.complain("bad signal name '" + name + "'");
    return false;
  }
  if (first < args.length && args[first] == '--') first++;
  return true;
}

export function kill(args: string[]): i32 {
  if (args.length == 2 && args[1] == '--help') return usage(KILL, 0);
  if (args.length > 1 && (args[1] == '-l' || args[1] == '-L')) return listSignals(args, 2);
  if (!takeSignal(args)) return 1;
  if (first >= args.length) return out.complain('you need to specify whom to kill');
  let status = 0;
  for (let i = first; i < args.length; i++) {
    const pid = parseInteger(args[i]);
    if (!valid) {
      status = out.complain("invalid number '" + args[i] + "'");
      continue;
    }
    out.flush();
    const r = proc.kill(<i32>pid, sig);
    if (r < 0) status = out.perror("can't kill pid " + pid.toString(), r);
  }
  return status;
}

// Does a process go by this name: its comm, or its program's name.
function called(p: Process, name: string): bool {
  if (p.comm == name.substring(0, 15)) {
    if (name.length < 15) return true;
  }
  const list = argsOf(p.pid);
  return list.length > 0 ? basename(list[0]) == name : p.comm == name;
}

export function killall(args: string[]): i32 {
  let quiet = false;
  const words = args.slice(0);
  const text = packed('[-lq] [-SIG] PROCESS_NAME...\n\nSend a signal (default: TERM) to given processes\n');
  if (words.length == 2 && words[1] == '--help') return usage(text, 0);
  if (words.length > 1 && words[1] == '-l') return listSignals(words, 2);
  for (let i = 1; i < words.length; i++) {
    if (words[i] != '-q') continue;
    quiet = true;
    words.splice(i, 1);
    break;
  }
  if (!takeSignal(words)) return 1;
  if (first >= words.length) return usage(text);
  let status = 0;
  const self = proc.getpid();
  const list = processes();
  for (let i = first; i < words.length; i++) {
    let found = false;
    for (let k = 0; k < list.length; k++) {
      if (list[k].pid == self || !called(list[k], words[i])) continue;
      found = true;
      const r = proc.kill(list[k].pid, sig);
      if (r < 0 && !quiet) status = out.perror("can't kill pid " + list[k].pid.toString(), r);
    }
    if (found) continue;
    status = 1;
    if (!quiet) out.complain(words[i] + ': no process killed');
  }
  return status;
}

export function pidof(args: string[]): i32 {
  const text = packed('[OPTIONS] [NAME]...\n\nList PIDs of all processes with names that match NAMEs\n\n\t-s\tShow only one PID\n\t-o PID\tOmit given pid\n');
  const o = getopt(args, 'so:', text);
  if (!o.ok) return o.status;
  const omit = o.all('o');
  for (let i = 0; i < omit.length; i++) if (omit[i] == '%PPID') omit[i] = proc.getppid().toString();
  const list = processes();
  const found: string[] = [];
  for (let i = 0; i < o.rest.length; i++) {
    // The youngest first.
    for (let k = list.length - 1; k >= 0; k--) {
      const pid = list[k].pid.toString();
      if (!called(list[k], o.rest[i]) || omit.includes(pid)) continue;
      found.push(pid);
      if (o.has('s')) break;
    }
  }
  if (found.length) out.line(found.join(' '));
  return found.length ? 0 : 1;
}

const PGREP = '[-flanovx] [-s SID|-P PPID|PATTERN]\n\nDisplay process(es) selected by regex PATTERN\n\n\t-l\tShow command name too\n\t-a\tShow command line too\n\t-f\tMatch against entire command line\n\t-n\tShow the newest process only\n\t-o\tShow the oldest process only\n\t-v\tNegate the match\n\t-x\tMatch whole name (not substring)\n\t-s\tMatch session ID (0 for current)\n\t-P\tMatch parent process ID\n';
const PKILL = '[-l|-SIGNAL] [-xfvnoe] [-s SID|-P PPID|PATTERN]\n\nSend signal to processes selected by regex PATTERN\n\n\t-l\tList all signals\n\t-x\tMatch whole name (not substring)\n\t-f\tMatch against entire command line\n\t-s SID\tMatch session ID (0 for current)\n\t-P PPID\tMatch parent process ID\n\t-v\tNegate the match\n\t-n\tSignal the newest process only\n\t-o\tSignal the oldest process only\n';

export function pgrep(args: string[]): i32 {
  return select(args, false);
}

export function pkill(args: string[]): i32 {
  const words = args.slice(0);
  sig = linux.SIGTERM;
  if (words.length == 2 && words[1] == '-l') return listSignals(words, 2);
  for (let i = 1; i < words.length; i++) {
    const w = words[i];
    if (w.charCodeAt(0) != 45 || w.length < 2) break;
    const n = signalNumber(w.substring(1));
    if (n < 0 || (w.length == 2 && w.charCodeAt(1) > 57)) continue;
    sig = n;
    words.splice(i, 1);
    break;
  }
  return select(words, true);
}

function select(args: string[], killing: bool): i32 {
  const text = killing ? PKILL : PGREP;
  const o = getopt(args, 'vlafxons:P:u:U:e', text);
  if (!o.ok) return o.status;
  if (o.rest.length > 1 || (o.rest.length == 0 && !o.has('s') && !o.has('P') && !o.has('u'))) return usage(text);
  const re = o.rest.length ? new Regex(o.rest[0], EXTENDED) : null;
  if (re && !re.ok) return out.complain("bad regex '" + o.rest[0] + "': " + re.error);
  const self = proc.getpid();
  let sid = o.has('s') ? parseCount(o.get('s')) : -1;
  if (sid == 0) sid = proc.getsid(0);
  const ppid = o.has('P') ? parseCount(o.get('P')) : -1;
  let uid = -1;
  if (o.has('u')) {
    const user = userByName(o.get('u'));
    uid = user ? user.uid : parseCount(o.get('u'));
  }
  const list = processes();
  const chosen: Process[] = [];
  for (let i = 0; i < list.length; i++) {
    const p = list[i];
    if (p.pid == self) continue;
    let match = true;
    if (sid >= 0 && p.sid != sid) match = false;
    if (ppid >= 0 && p.ppid != ppid) match = false;
    if (uid >= 0 && p.uid != uid) match = false;
    if (match && re) {
      const subject = o.has('f') && p.state != 'Z' ? argsOf(p.pid).join(' ') : p.comm;
      match = re.exec(subject) && (!o.has('x') || (re.at[0] == 0 && re.at[1] == subject.length));
    }
    if (match != o.has('v')) chosen.push(p);
  }
  let from = 0;
  let end = chosen.length;
  if (o.has('n')) from = max(end - 1, 0);
  else if (o.has('o')) end = min(end, 1);
  let status = chosen.length ? 0 : 1;
  for (let i = from; i < end; i++) {
    const p = chosen[i];
    if (killing) {
      const r = proc.kill(p.pid, sig);
      if (r < 0) status = out.perror("can't kill pid " + p.pid.toString(), r);
    } else if (o.has('a')) out.line(p.pid.toString() + ' ' + argsOf(p.pid).join(' '));
    else if (o.has('l')) out.line(p.pid.toString() + ' ' + p.comm);
    else out.line(p.pid.toString());
  }
  return status;
}
