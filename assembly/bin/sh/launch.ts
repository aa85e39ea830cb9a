// New processes. One external command is spawned: the kernel makes it without a copy of this memory. Whatever needs the
// shell itself (a subshell, a pipeline's element with shell code) is a clone, entered through the function table.

import * as fs from '../../sys/fs';
import * as out from '../../lib/out';
import * as proc from '../../sys/proc';
import * as signal from '../../sys/signal';
import * as tty from '../../sys/tty';
import { strerror } from '../../sys/errno';
import {
  EACCES, ENOENT, ENOEXEC, ENOTDIR, O_RDONLY, SIGCHLD, SIGINT, SIGQUIT, SPAWN_SETFG, SPAWN_SETPGID, SPAWN_SETSIGDEF,
} from '../../sys/linux';
import { NSIMPLE, Node, Redir } from './ast';
import { findBuiltin } from './builtin';
import { findFunction, isApplet, resolve, resolveError, self, unhash } from './command';
import { run } from './exec';
import { expandFields, expandString, resetExpansion } from './expand';
import { Job, Proc, forget, ttyFd } from './job';
import { warn } from './message';
import { Plan, apply, blame, dropSaved, mark, mayBlock, pure, restore } from './redir';
import { FLOW_NONE, sh } from './state';
import { textOf } from './text';
import * as trap from './trap';
import * as vars from './vars';

/** How a new process is placed. */
export class Place {
  /** Descriptors to become 0 and 1; -1 as they are. */
  input: i32 = -1;
  output: i32 = -1;
  /** Of the pipes around it: an end that only the parent or a neighbour uses. */
  spare: i32 = -1;
  /** In the background: no job control means no terminal input and no keyboard signals. */
  background: bool = false;
  /** A command substitution, in which a lone `trap` shows the parent's. */
  substitution: bool = false;
  /** Takes the terminal, with job control. */
  foreground: bool = false;
}

/** What a clone is to do; read by it from its copy of the memory. */
let node: Node | null = null;
let place: Place = new Place();
let job: Job | null = null;

/** Start `n` as the next process of `j`. False (after a message) if the kernel gives no process. */
export function launch(n: Node, j: Job | null, p: Place): bool {
  const text = j && j.group ? textOf(n) : '';
  let pid = n.kind == NSIMPLE && n.pure ? trySpawn(n, j, p) : 0;
  if (pid == 0) {
    out.flush();
    node = n;
    place = p;
    job = j;
    pid = proc.clone(child, SIGCHLD);
    node = null;
    job = null;
    if (pid < 0) {
      warn("can't fork: " + strerror(pid));
      sh.status = 2;
      return false;
    }
    if (j && j.group) setGroup(j, pid, p);
  }
  if (j) j.procs.push(new Proc(pid, text));
  if (p.background) {
    sh.lastBackground = pid;
    trap.mindChildren();
  }
  return true;
}

function setGroup(j: Job, pid: i32, p: Place): void {
  const group = j.procs.length > 0 ? j.pgid : pid;
  proc.setpgid(pid, group);
  if (p.foreground) tty.tcsetpgrp(ttyFd, group);
}

/** The clone's main function. */
function child(arg: i32): i32 {
  const n = node as Node;
  const p = place;
  const j = job;
  const own = trap.ownSignals();
  sh.subshell = true;
  if (j && j.group) {
    // Before the signals are let in: SIGTTOU would stop a process that is not in the foreground yet.
    const pid = proc.getpid();
    setGroup(j, pid, p);
  } else if (p.background) {
    signal.ignore(SIGINT);
    signal.ignore(SIGQUIT);
  }
  const group = j != null && j.group;
  forget();
  trap.enterSubshell(p.background && !group ? own & ~(signal.bit(SIGINT) | signal.bit(SIGQUIT)) : own);
  if (!p.substitution) trap.dropInherited();
  resetExpansion();
  dropSaved();
  if (p.spare >= 0) fs.close(p.spare);
  if (p.input >= 0 && p.input != 0) {
    fs.dup2(p.input, 0);
    fs.close(p.input);
  } else if (p.background && !group) {
    fs.close(0);
    fs.open('/dev/null', O_RDONLY);
  }
  if (p.output >= 0 && p.output != 1) {
    fs.dup2(p.output, 1);
    fs.close(p.output);
  }
  run(n, true);
  endSubshell();
  return 0;
}

/** End a subshell: its EXIT trap, its output, its status. */
export function endSubshell(): void {
  if (signal.anyCaught && sh.flow == FLOW_NONE) trap.run();
  const status = trap.runExit(sh.status);
  proc._exit(out.finish(status));
}

/** Is `name` run by the shell itself? */
function internal(name: string): bool {
  return findFunction(name) != null || findBuiltin(name) != null;
}

/** Spawn a simple command that is one external program; 0 if it needs the shell. */
function trySpawn(n: Node, j: Job | null, p: Place): i32 {
  const words = n.words!;
  if (words.length == 0 || sh.uflag || sh.xflag || !pure(n.redirs)) return 0;
  const args: string[] = [];
  for (let i = 0; i < words.length; i++) if (!expandFields(words[i], args)) return 0;
  if (args.length == 0 || internal(args[0])) return 0;
  const path = resolve(args[0]);
  if (path == null || mayBlock(n.redirs)) return 0;
  const assigns = n.assigns;
  const frame = vars.frame();
  if (assigns) {
    for (let i = 0; i < assigns.length; i++) if (assigns[i].v.flags & vars.VREADONLY) return 0;
    assignAll(n);
  }
  const plan = new Plan();
  if (p.input >= 0) plan.dup2(p.input, 0);
  if (p.output >= 0) plan.dup2(p.output, 1);
  const quiet = p.background && !(j && j.group);
  if (quiet && p.input < 0) {
    plan.actions.open(0, '/dev/null', O_RDONLY, 0);
    plan.redirs.push(null);
    plan.paths.push('');
  }
  let pid = 0;
  if (!anyClobber(n) && plan.add(n.redirs)) {
    if (quiet) {
      signal.ignore(SIGINT);
      signal.ignore(SIGQUIT);
    }
    pid = proc.spawn(path as string, args, vars.environment(), plan.actions, attributes(j, p));
    if (quiet) {
      trap.settle(SIGINT);
      trap.settle(SIGQUIT);
    }
  }
  plan.close();
  vars.restore(frame);
  // Any failure is the child's: let a clone meet it again and say so.
  return pid < 0 ? 0 : pid;
}

/** noclobber's complaint must come from the child, once. */
function anyClobber(n: Node): bool {
  return sh.Cflag && n.redirs != null;
}

const attr = new proc.Attr();

function attributes(j: Job | null, p: Place): proc.Attr {
  attr.flags = 0;
  let own = trap.ownSignals();
  if (p.background && !(j && j.group)) own &= ~(signal.bit(SIGINT) | signal.bit(SIGQUIT));
  if (own != 0) {
    attr.flags |= SPAWN_SETSIGDEF;
    attr.sigdefault = own;
  }
  if (j && j.group) {
    attr.flags |= SPAWN_SETPGID;
    attr.pgid = j.procs.length > 0 ? j.pgid : 0;
    if (p.foreground) {
      attr.flags |= SPAWN_SETFG;
      attr.ttyFd = ttyFd;
    }
  }
  return attr;
}

/** Make a command's assignments, exported, in a frame that the caller restores. */
export function assignAll(n: Node): bool {
  const assigns = n.assigns;
  if (assigns == null) return true;
  for (let i = 0; i < assigns.length; i++) {
    const a = assigns[i];
    const value = expandString(a.value, true);
    if (sh.flow != FLOW_NONE) return false;
    vars.save(a.v);
    if (!vars.assign(a.v, value, vars.VEXPORT)) return false;
  }
  return true;
}

/** Run an external program in the foreground: its pid, or 0 after a message with `sh.status` set. */
export function spawnForeground(args: string[], n: Node, j: Job, p: Place, again: bool = false): i32 {
  const plan = new Plan();
  if (!plan.add(n.redirs)) {
    plan.close();
    if (sh.flow == FLOW_NONE) sh.status = 1;
    return 0;
  }
  const env = vars.environment();
  const path = resolve(args[0]);
  if (path == null) {
    plan.close();
    // Its redirections still happen: a file is made, a bad one is what the user hears of.
    const from = mark();
    if (apply(n.redirs, false)) notFound(args[0]);
    else sh.status = 1;
    restore(from);
    return 0;
  }
  const count = plan.actions.count;
  const pid = proc.spawn(path as string, args, env, plan.actions, attributes(j, p));
  plan.close();
  if (pid >= 0) return pid;
  const failed = proc.spawnFailed;
  if (failed < count && plan.redirs[failed] != null) {
    blame(plan.redirs[failed] as Redir, plan.paths[failed], pid);
    sh.status = 1;
    return 0;
  }
  if ((pid == -ENOENT || pid == -ENOTDIR) && !again && !args[0].includes('/')) {
    // The remembered place is out of date.
    unhash(args[0]);
    return spawnForeground(args, n, j, p, true);
  }
  if (pid == -ENOEXEC) {
    // A file without a format is a script of ours.
    const script: string[] = ['sh', path as string];
    for (let i = 1; i < args.length; i++) script.push(args[i]);
    return spawnScript(script, n, j, p);
  }
  execError(args[0], pid);
  return 0;
}

function spawnScript(args: string[], n: Node, j: Job, p: Place): i32 {
  const plan = new Plan();
  if (!plan.add(n.redirs)) {
    plan.close();
    sh.status = 1;
    return 0;
  }
  const pid = proc.spawn(self(), args, vars.environment(), plan.actions, attributes(j, p));
  plan.close();
  if (pid >= 0) return pid;
  execError(args[1], pid);
  return 0;
}

/** Become a program, with argv[0] `name` if that is given; comes back only after a failure, with `sh.status` set. */
export function execCommand(args: string[], name: string = ''): void {
  out.flush();
  const path = resolve(args[0]);
  if (path == null) {
    notFound(args[0]);
    return;
  }
  const own = trap.ownSignals();
  for (let i = 1; i < 32; i++) if (own & signal.bit(i)) signal.reset(i);
  const file = args[0];
  if (name.length > 0) args[0] = name;
  let r = proc.execve(path as string, args, vars.environment());
  if (r == -ENOEXEC) {
    const script: string[] = ['sh', path as string];
    for (let i = 1; i < args.length; i++) script.push(args[i]);
    r = proc.execve(self(), script, vars.environment());
  } else if (r == -ENOENT && isApplet(file)) r = proc.execve(self(), args, vars.environment());
  trap.settleAll();
  execError(file, r);
}

function notFound(name: string): void {
  if (resolveError == -EACCES) {
    warn(name + ': Permission denied');
    sh.status = name.length == 0 ? 127 : 126;
    return;
  }
  warn(name + ': not found');
  sh.status = 127;
}

function execError(name: string, error: i32): void {
  if (error == -ENOENT || error == -ENOTDIR) {
    warn(name + ': not found');
    sh.status = 127;
    return;
  }
  warn(name + ': ' + strerror(error));
  sh.status = 126;
}
