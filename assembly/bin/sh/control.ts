// Builtins that steer: break, continue, return, exit, eval, `.`, exec, trap, true and false.

import * as fs from '../../sys/fs';
import * as jobs from './job';
import * as out from '../../lib/out';
import * as signal from '../../sys/signal';
import { strerror } from '../../sys/errno';
import { ENOENT, O_CLOEXEC, O_RDONLY, R_OK } from '../../sys/linux';
import { at, number, quote } from './buf';
import { evalSource, evalText } from './eval';
import { FileSource } from './input';
import { execCommand } from './launch';
import { failed, raise } from './message';
import { OWN_FD } from './redir';
import { FLOW_BREAK, FLOW_CONTINUE, FLOW_ERROR, FLOW_EXIT, FLOW_NONE, FLOW_RETURN, leave, sh } from './state';
import * as trap from './trap';
import * as vars from './vars';

export function succeed(args: string[]): i32 {
  return 0;
}

export function fail(args: string[]): i32 {
  return 1;
}

/** A count or status argument; -1 after a message. */
function count(s: string): i32 {
  const n = number(s);
  if (n < 0) raise('Illegal number: ' + s);
  return n;
}

export function break_(args: string[]): i32 {
  let n = 1;
  if (args.length > 1) {
    n = number(args[1]);
    if (n <= 0) return raise('Illegal number: ' + args[1]);
  }
  if (sh.loops == 0) return 0;
  sh.levels = min(n, sh.loops);
  return leave(args[0] == 'break' ? FLOW_BREAK : FLOW_CONTINUE, 0);
}

export function return_(args: string[]): i32 {
  let status = sh.trapStatus >= 0 ? sh.trapStatus : sh.status;
  if (args.length > 1) {
    status = count(args[1]);
    if (status < 0) return 2;
  }
  return leave(FLOW_RETURN, status & 255);
}

/** The user was told of stopped jobs by the command before. */
let warned: bool = false;

export function exit(args: string[]): i32 {
  if (sh.interactive && !sh.subshell && jobs.anyStopped() && !warned) {
    warned = true;
    out.err('You have stopped jobs.\n');
    return 0;
  }
  let status = sh.trapStatus >= 0 ? sh.trapStatus : sh.status;
  if (args.length > 1) {
    status = count(args[1]);
    if (status < 0) return 2;
  }
  return leave(FLOW_EXIT, status & 255);
}

/** Was the user just told? */
export function stoppedWarning(): bool {
  return warned;
}

/** Any other command takes the warning back. */
export function forgetWarning(): void {
  warned = false;
}

export function eval_(args: string[]): i32 {
  if (args.length < 2) return 0;
  const text = args.length == 2 ? args[1] : args.slice(1).join(' ');
  return evalText(text);
}

/** The file of `. name`: as given, or on the PATH. */
function find(name: string): string | null {
  if (name.includes('/')) return name;
  const list = vars.path.value;
  if (list != null) {
    const dirs = (list as string).split(':');
    const st = new fs.Stat();
    for (let i = 0; i < dirs.length; i++) {
      const file = dirs[i].length == 0 ? name : dirs[i] + '/' + name;
      if (fs.stat(file, st) == 0 && st.isReg && fs.access(file, R_OK) == 0) return file;
    }
  }
  return null;
}

export function dot(args: string[]): i32 {
  if (args.length < 2) return raise('filename argument required');
  const name = args[1];
  const file = find(name);
  let fd = file == null ? -ENOENT : fs.open(file as string, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return raise("can't open '" + name + "': " + strerror(fd));
  const own = fs.dupAbove(fd, OWN_FD);
  fs.close(fd);
  fd = own;
  const params = sh.params;
  if (args.length > 2) sh.params = args.slice(2);
  const line = sh.line;
  const builtin = sh.builtin;
  const loops = sh.loops;
  const sourced = sh.sourced;
  sh.builtin = '';
  sh.sourced = name;
  sh.status = 0;
  sh.dots++;
  const source = new FileSource(fd);
  const status = evalSource(source, false);
  source.close();
  sh.dots--;
  sh.loops = loops;
  sh.sourced = sourced;
  sh.builtin = builtin;
  sh.line = line;
  if (args.length > 2) sh.params = params;
  if (sh.flow == FLOW_RETURN) {
    sh.flow = FLOW_NONE;
    return sh.status;
  }
  return status;
}

export function exec(args: string[]): i32 {
  let i = 1;
  let name = '';
  if (i < args.length && args[i] == '-a' && i + 2 < args.length) {
    name = args[i + 1];
    i += 2;
  }
  if (i < args.length && args[i] == '--') i++;
  if (i >= args.length) return 0;
  if (sh.jobControl) {
    jobs.stop();
    sh.jobControl = false;
    trap.settleAll();
    sh.jobControl = true;
  }
  execCommand(args.slice(i), name);
  return leave(sh.interactive ? FLOW_ERROR : FLOW_EXIT, sh.status);
}

export function trap_(args: string[]): i32 {
  let i = 1;
  if (i < args.length && args[i] == '--') i++;
  else if (i < args.length && args[i].length > 1 && at(args[i], 0) == 45) {
    if (args[i] != '-p') return raise('illegal option ' + args[i]);
    i = args.length;
  }
  if (i >= args.length) {
    const list = trap.listed();
    for (let n = 0; n < list.length; n++) {
      const a = list[n];
      if (a != null) out.line('trap -- ' + quote(a as string) + ' ' + signal.signalName(n));
    }
    return 0;
  }
  let action: string | null = null;
  // A lone or numeric first word resets.
  if (i + 1 < args.length && number(args[i]) < 0) {
    const s = args[i++];
    action = s == '-' ? null : s;
  } else if (args[i] == '-') i++;
  let status = 0;
  for (; i < args.length; i++) {
    const sig = signal.signalNumber(args[i]);
    if (sig < 0 || sig > 64) {
      status = failed(args[i] + ': invalid signal specification');
      continue;
    }
    trap.set(sig, action);
  }
  return status;
}
