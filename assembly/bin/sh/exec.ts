// Running the tree. Every function answers the status and leaves it in `sh.status`; a command that leaves a construct
// sets `sh.flow`, which all constructs look at.

import * as fs from '../../sys/fs';
import * as out from '../../lib/out';
import * as signal from '../../sys/signal';
import { strerror } from '../../sys/errno';
import { O_CLOEXEC } from '../../sys/linux';
import {
  NAND, NASYNC, NCASE, NFOR, NFUNC, NGROUP, NIF, NLIST, NNOT, NOR, NPIPE, NSIMPLE, NSUBSHELL, NUNTIL, NWHILE, Node,
} from './ast';
import { defineFunction } from './command';
import { expandFields, expandPattern, expandString } from './expand';
import { match } from './glob';
import * as jobs from './job';
import { Place, launch } from './launch';
import { raise, warn } from './message';
import { apply, mark, restore } from './redir';
import { simple } from './simple';
import {
  FLOW_BREAK, FLOW_CONTINUE, FLOW_ERROR, FLOW_EXIT, FLOW_NONE, FLOW_RETURN, leave, pipeEnds, sh, tooDeepToRun,
} from './state';
import * as trap from './trap';
import * as vars from './vars';

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
  if (tooDeepToRun()) return raise('nested too deeply');
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
