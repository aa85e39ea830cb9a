// Running the tree. Every function answers the status and leaves it in `sh.status`; a command that leaves a construct
// sets `sh.flow`, which all constructs look at.

import * as fs from '../../sys/fs';
import * as out from '../../lib/out';
import * as signal from '../../sys/signal';
import { strerror } from '../../sys/errno';
import { O_CLOEXEC } from '../../sys/linux';
import {
  NAND, NASYNC, NCASE, NFOR, NFUNC, NGROUP, NIF, NLIST, NNOT, NOR, NPIPE, NSIMPLE, NSUBSHELL, NUNTIL, NWHILE, Node, Word,
} from './ast';
import { Builtin, findBuiltin } from './builtin';
import { defineFunction, findFunction } from './command';
import { at } from './buf';
import { expandFields, expandPattern, expandString } from './expand';
import { match } from './glob';
import * as jobs from './job';
import { Place, assignAll, execCommand, launch, spawnForeground } from './launch';
import { afterAssign, promptWord } from './lexer';
import { raise, tell, warn } from './message';
import { apply, mark, oldFd, restore } from './redir';
import {
  DECLARES, FLOW_BREAK, FLOW_CONTINUE, FLOW_ERROR, FLOW_EXIT, FLOW_NONE, FLOW_RETURN, SPECIAL, leave, pipeEnds, sh, tooDeep,
} from './state';
import { closeFiles, fileMark } from './subst';
import * as trap from './trap';
import * as vars from './vars';
import { quoteForTrace } from './text';

/** Run a command. `last`: nothing follows in this process, so that it may become the command. */
export function run(n: Node | null, last: bool): i32 {
  if (n == null) {
    sh.status = 0;
    return 0;
  }
  if (sh.nflag && !sh.interactive) return 0;
  if (signal.anyCaught) {
    trap.run();
    if (sh.flow != FLOW_NONE) return sh.status;
  }
  let status: i32;
  switch (n.kind) {
    case NSIMPLE:
      status = simple(n, last);
      break;
    case NLIST: {
      const list = n.list!;
      const end = list.length - 1;
      for (let i = 0; i < end; i++) {
        run(unchecked(list[i]), false);
        if (sh.flow != FLOW_NONE) return sh.status;
      }
      return run(unchecked(list[end]), last);
    }
    case NAND:
    case NOR:
      sh.tested++;
      status = run(n.a, false);
      sh.tested--;
      if (sh.flow != FLOW_NONE) return sh.status;
      if ((status == 0) == (n.kind == NAND)) return run(n.b, last);
      return status;
    case NNOT:
      sh.tested++;
      status = run(n.a, false);
      sh.tested--;
      if (sh.flow != FLOW_NONE) return sh.status;
      sh.status = status == 0 ? 1 : 0;
      return sh.status;
    case NPIPE:
      status = pipeline(n);
      break;
    case NASYNC:
      return background(n);
    case NFUNC:
      defineFunction(n.name, n.a!);
      sh.status = 0;
      return 0;
    default:
      return compound(n, last);
  }
  if (status != 0 && sh.eflag && sh.tested == 0 && sh.flow == FLOW_NONE) leave(FLOW_EXIT, status);
  return sh.status;
}

/** Constructs that may carry redirections. */
function compound(n: Node, last: bool): i32 {
  if (n.kind == NSUBSHELL) {
    const status = subshell(n, last);
    if (status != 0 && sh.eflag && sh.tested == 0 && sh.flow == FLOW_NONE) leave(FLOW_EXIT, status);
    return sh.status;
  }
  if (tooDeep()) return raise('nested too deeply');
  const from = mark();
  if (n.redirs) {
    sh.line = n.line;
    if (!apply(n.redirs, false)) {
      restore(from);
      if (sh.flow == FLOW_NONE) sh.status = 1;
      if (sh.eflag && sh.tested == 0 && sh.flow == FLOW_NONE) leave(FLOW_EXIT, 1);
      return sh.status;
    }
    last = false;
  }
  switch (n.kind) {
    case NGROUP:
      run(n.a, last);
      break;
    case NIF:
      ifElse(n, last);
      break;
    case NWHILE:
    case NUNTIL:
      loop(n);
      break;
    case NFOR:
      forEach(n);
      break;
    case NCASE:
      select(n, last);
      break;
  }
  if (n.redirs) {
    out.flush();
    restore(from);
  }
  return sh.status;
}

function ifElse(n: Node, last: bool): void {
  sh.tested++;
  const status = run(n.a, false);
  sh.tested--;
  if (sh.flow != FLOW_NONE) return;
  if (status == 0) run(n.b, last);
  else if (n.c) run(n.c, last);
  else sh.status = 0;
}

/** After a loop's body: true if the loop is to end. */
function leaving(): bool {
  if (sh.flow == FLOW_NONE) return false;
  if (sh.flow == FLOW_BREAK || sh.flow == FLOW_CONTINUE) {
    if (--sh.levels > 0) return true;
    const go = sh.flow == FLOW_CONTINUE;
    sh.flow = FLOW_NONE;
    return !go;
  }
  return true;
}

function loop(n: Node): void {
  let status = 0;
  sh.loops++;
  while (true) {
    sh.tested++;
    const s = run(n.a, false);
    sh.tested--;
    if (sh.flow != FLOW_NONE) {
      if (leaving()) {
        if (sh.flow == FLOW_EXIT || sh.flow == FLOW_ERROR || sh.flow == FLOW_RETURN) status = sh.status;
        break;
      }
      continue;
    }
    if ((s == 0) != (n.kind == NWHILE)) break;
    run(n.b, false);
    status = sh.status;
    if (leaving()) break;
  }
  sh.loops--;
  sh.status = status;
}

function forEach(n: Node): void {
  let list: string[];
  if (n.words == null) list = sh.params.slice(0);
  else {
    list = [];
    const words = n.words!;
    sh.line = n.line;
    for (let i = 0; i < words.length; i++) if (!expandFields(words[i], list)) return;
  }
  const v = vars.lookup(n.name);
  let status = 0;
  sh.loops++;
  for (let i = 0; i < list.length; i++) {
    if (!vars.assign(v, list[i])) {
      status = sh.status;
      break;
    }
    run(n.b, false);
    status = sh.status;
    if (leaving()) break;
  }
  sh.loops--;
  sh.status = status;
}

function select(n: Node, last: bool): void {
  sh.line = n.line;
  sh.substStatus = -1;
  const s = expandString(n.words![0]);
  if (sh.flow != FLOW_NONE) return;
  const items = n.items!;
  for (let i = 0; i < items.length; i++) {
    const patterns = items[i].patterns;
    for (let k = 0; k < patterns.length; k++) {
      const p = patterns[k];
      const hit = p.value != null ? p.value as string == s : match(expandPattern(p), s);
      if (sh.flow != FLOW_NONE) return;
      if (hit) {
        run(items[i].body, last);
        return;
      }
    }
  }
  sh.status = 0;
}

function subshell(n: Node, last: bool): i32 {
  if (last && !trap.anyTrap() && !sh.interactive) {
    // Nothing is left for this process to do but to be the subshell.
    sh.subshell = true;
    if (!apply(n.redirs, true)) {
      if (sh.flow == FLOW_NONE) sh.status = 1;
      return sh.status;
    }
    return run(n.a, true);
  }
  const j = jobs.create();
  const p = new Place();
  p.foreground = true;
  if (!launch(inner(n), j, p)) {
    jobs.remove(j);
    return sh.status;
  }
  sh.status = jobs.waitForeground(j);
  return sh.status;
}

/** The node that a clone runs for a subshell: the group inside, so that it is not cloned twice. */
function inner(n: Node): Node {
  if (n.kind != NSUBSHELL) return n;
  const g = new Node(NGROUP, n.line);
  g.a = n.a;
  g.redirs = n.redirs;
  return g;
}

function pipeline(n: Node): i32 {
  const list = n.list!;
  const j = jobs.create();
  if (!startPipe(list, j, false)) {
    if (j.procs.length == 0) jobs.remove(j);
    else jobs.waitForeground(j);
    if (sh.status == 0) sh.status = 2;
    return sh.status;
  }
  sh.status = jobs.waitForeground(j);
  return sh.status;
}

/** Start a pipeline's processes. */
function startPipe(list: Node[], j: jobs.Job, behind: bool): bool {
  let input = -1;
  let ok = true;
  for (let i = 0; i < list.length && ok; i++) {
    const p = new Place();
    p.input = input;
    p.background = behind;
    p.foreground = !behind;
    if (i + 1 < list.length) {
      const r = fs.pipe(pipeEnds, O_CLOEXEC);
      if (r < 0) {
        warn("can't create pipe: " + strerror(r));
        sh.status = 2;
        ok = false;
        break;
      }
      p.output = pipeEnds[1];
      p.spare = pipeEnds[0];
    }
    const next = p.spare;
    ok = launch(inner(list[i]), j, p);
    if (input >= 0) fs.close(input);
    if (p.output >= 0) fs.close(p.output);
    input = next;
  }
  if (input >= 0) fs.close(input);
  return ok;
}

function background(n: Node): i32 {
  const j = jobs.create();
  const a = n.a!;
  let ok: bool;
  if (a.kind == NPIPE) ok = startPipe(a.list!, j, true);
  else {
    const p = new Place();
    p.background = true;
    ok = launch(inner(a), j, p);
  }
  if (!ok) {
    if (j.procs.length == 0) jobs.remove(j);
    return sh.status;
  }
  sh.status = 0;
  return 0;
}

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

function simple(n: Node, last: bool): i32 {
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
  if (tooDeep()) {
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
