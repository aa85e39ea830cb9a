// Simple commands: words, redirections and assignments, then a function, a builtin or a program (POSIX XCU 2.9.1).

import * as fs from '../../sys/fs';
import * as out from '../../lib/out';
import { Node, Word } from './ast';
import { at } from './buf';
import { Builtin, findBuiltin } from './builtin';
import { findFunction } from './command';
import { run } from './exec';
import { expandFields, expandPattern, expandString } from './expand';
import * as jobs from './job';
import { Place, assignAll, execCommand, spawnForeground } from './launch';
import { afterAssign } from './literal';
import { raise, tell } from './message';
import { apply, mark, oldFd, restore } from './redir';
import { DECLARES, FLOW_ERROR, FLOW_EXIT, FLOW_NONE, FLOW_RETURN, SPECIAL, leave, sh, tooDeepToRun } from './state';
import { closeFiles, fileMark } from './subst';
import { quoteForTrace } from './text';
import * as trap from './trap';
import * as vars from './vars';
import { promptWord } from './word';

/** Words into arguments; `export a=$b` and its like do not split. */
function expandArgs(words: Word[], args: string[]): bool {
  let declares = false;
  for (let i = 0; i < words.length; i++) {
    const w = unchecked(words[i]);
    if (declares && w.assign > 0) {
      const value = expandString(afterAssign(w), true);
      if (sh.flow != FLOW_NONE) return false;
      args.push(w.parts[0].text.substring(0, w.assign + 1) + value);
      continue;
    }
    if (!expandFields(w, args)) return false;
    if (i == 0 || !declares && args.length > 0 && args[0] == 'command') {
      const b = args.length > 0 ? findBuiltin(args[args.length - 1]) : null;
      declares = b != null && (b.flags & DECLARES) != 0;
    }
  }
  return true;
}

/** The words of [[ ]]: each is one argument, and what is compared with is a pattern. */
function expandCondition(words: Word[], args: string[]): bool {
  for (let i = 0; i < words.length; i++) {
    const before = i > 0 ? args[i - 1] : '';
    const pattern = before == '=' || before == '==' || before == '!=';
    args.push(pattern ? expandPattern(words[i]) : expandString(words[i]));
    if (sh.flow != FLOW_NONE) return false;
  }
  return true;
}

export function simple(n: Node, last: bool): i32 {
  const files = fileMark();
  const status = command(n, last);
  closeFiles(files);
  return status;
}

function command(n: Node, last: bool): i32 {
  sh.line = n.line;
  sh.substStatus = -1;
  const words = n.words!;
  let args: string[] = [];
  if (!(n.condition ? expandCondition(words, args) : expandArgs(words, args))) return sh.status;
  if (args.length == 0) return bare(n);
  let name = args[0];
  let plain = false; // after `command`: no functions, and special builtins are ordinary
  let b = findBuiltin(name);
  let f: Node | null = null;
  if (b == null || (b.flags & SPECIAL) == 0) f = findFunction(name);
  if (f == null && b != null && name == 'command') {
    const skip = commandPrefix(args);
    if (skip > 0) {
      args = args.slice(skip);
      name = args[0];
      plain = true;
      b = findBuiltin(name);
    }
  }
  if (f) {
    const frame = vars.frame();
    const from = mark();
    if (!apply(n.redirs, false)) {
      restore(from);
      return failedRedirection(false);
    }
    if (assignAll(n)) {
      if (sh.xflag) trace(n, args, from);
      callFunction(f, args);
    }
    vars.restore(frame);
    if (n.redirs) out.flush();
    restore(from);
    return sh.status;
  }
  if (b) return builtin(n, b, args, plain);
  return external(n, args, last);
}

function failedRedirection(special: bool): i32 {
  if (sh.flow != FLOW_NONE) return sh.status;
  sh.status = 1;
  if (special) leave(FLOW_ERROR, 1);
  return 1;
}

/** No command word: assignments that stay, and redirections for their errors and side effects. */
function bare(n: Node): i32 {
  const from = mark();
  if (!apply(n.redirs, false)) {
    restore(from);
    return failedRedirection(false);
  }
  const assigns = n.assigns;
  if (assigns) {
    for (let i = 0; i < assigns.length; i++) {
      const a = unchecked(assigns[i]);
      const value = expandString(a.value, true);
      if (sh.flow != FLOW_NONE || !vars.assign(a.v, value)) {
        restore(from);
        return sh.status;
      }
      if (sh.xflag) traceAssign(a.name, value, i == 0, i + 1 == assigns.length);
    }
  }
  restore(from);
  sh.status = sh.substStatus >= 0 ? sh.substStatus : 0;
  return sh.status;
}

/** How many words of `command [-p] [--] name` to skip; 0 if it is -v, -V or has no name. */
function commandPrefix(args: string[]): i32 {
  let i = 1;
  for (; i < args.length; i++) {
    const s = args[i];
    if (s == '--') {
      i++;
      break;
    }
    if (s != '-p') break;
  }
  if (i >= args.length || at(args[i], 0) == 45 && args[i].length > 1 && args[i - 1] != '--') return 0;
  return i;
}

function builtin(n: Node, b: Builtin, args: string[], plain: bool): i32 {
  const special = !plain && (b.flags & SPECIAL) != 0;
  const frame = vars.frame();
  const from = mark();
  const isExec = b.name == 'exec';
  if (!apply(n.redirs, isExec)) {
    restore(from);
    return failedRedirection(special);
  }
  const assigns = n.assigns;
  if (assigns) {
    if (special) {
      for (let i = 0; i < assigns.length; i++) {
        const value = expandString(assigns[i].value, true);
        if (sh.flow != FLOW_NONE || !vars.assign(assigns[i].v, value)) {
          restore(from);
          return sh.status;
        }
      }
    } else if (!assignAll(n)) {
      vars.restore(frame);
      restore(from);
      return sh.status;
    }
  }
  if (sh.xflag) trace(n, args, from);
  const outer = sh.builtin;
  sh.builtin = b.name;
  const status = b.fn(args);
  sh.builtin = outer;
  if (sh.flow == FLOW_NONE) sh.status = out.finish(status);
  else {
    out.flush();
    // An error in an ordinary builtin is its failure, not the end of the script.
    if (sh.flow == FLOW_ERROR && !special) sh.flow = FLOW_NONE;
  }
  if (!special) vars.restore(frame);
  restore(from);
  return sh.status;
}

export function callFunction(f: Node, args: string[]): void {
  if (tooDeepToRun()) {
    raise('nested too deeply');
    return;
  }
  const params = sh.params;
  const loops = sh.loops;
  const line = sh.line;
  const builtin = sh.builtin;
  sh.params = args.slice(1);
  sh.loops = 0;
  sh.functions++;
  sh.builtin = '';
  vars.enterFunction();
  run(f, false);
  vars.leaveFunction();
  sh.functions--;
  sh.loops = loops;
  sh.params = params;
  sh.line = line;
  sh.builtin = builtin;
  if (sh.flow == FLOW_RETURN) sh.flow = FLOW_NONE;
}

function external(n: Node, args: string[], last: bool): i32 {
  const frame = vars.frame();
  if (!assignAll(n)) {
    vars.restore(frame);
    return sh.status;
  }
  if (sh.xflag) trace(n, args, mark());
  if (last && !trap.anyTrap() && (!sh.interactive || sh.subshell)) {
    if (!apply(n.redirs, true)) return failedRedirection(false);
    execCommand(args);
    return leave(FLOW_EXIT, sh.status);
  }
  const j = jobs.create();
  const p = new Place();
  p.foreground = true;
  out.flush();
  const pid = spawnForeground(args, n, j, p);
  vars.restore(frame);
  if (pid == 0) {
    jobs.remove(j);
    return sh.status;
  }
  j.procs.push(new jobs.Proc(pid, sh.jobControl ? args.join(' ') : ''));
  sh.status = jobs.waitForeground(j);
  return sh.status;
}

/** -x: the command as it is run, on the standard error from before its redirections. */
function trace(n: Node, args: string[], from: i32): void {
  let s = ps4();
  const assigns = n.assigns;
  if (assigns) {
    for (let i = 0; i < assigns.length; i++) {
      const value = assigns[i].v.value;
      s += assigns[i].name + '=' + (value == null ? '' : quoteForTrace(value as string)) + ' ';
    }
  }
  for (let i = 0; i < args.length; i++) s += (i == 0 ? '' : ' ') + quoteForTrace(args[i]);
  out.flush();
  fs.write(oldFd(2, from), s + '\n');
}

function traceAssign(name: string, value: string, first: bool, last: bool): void {
  tell((first ? ps4() : ' ') + name + '=' + quoteForTrace(value) + (last ? '\n' : ''));
}

function ps4(): string {
  const s = vars.valueOf(vars.ps4);
  return s == null ? '' : expandPrompt(s as string);
}

/** A prompt's parameters expanded. */
export function expandPrompt(s: string): string {
  if (s.indexOf('$') < 0 && s.indexOf('`') < 0) return s;
  const x = sh.xflag;
  const status = sh.status;
  sh.xflag = false;
  const text = expandString(promptWord(s));
  sh.xflag = x;
  sh.status = status;
  return text;
}
