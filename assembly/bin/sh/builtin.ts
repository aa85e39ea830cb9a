// The table of builtins: commands that cost no process.

import * as out from '../../lib/out';
import { echo } from '../echo';
import { printf } from '../printf';
import { test } from '../test';
import * as control from './control';
import * as dir from './dir';
import { getopts } from './getopts';
import * as jobcmd from './jobcmd';
import * as name from './name';
import { read } from './read';
import { DECLARES, SPECIAL } from './state';
import * as variable from './variable';
import { history } from './history';

export class Builtin {
  constructor(public name: string, public flags: i32, public fn: (args: string[]) => i32) {}
}

const table = new Map<string, Builtin>();

function add(name: string, flags: i32, fn: (args: string[]) => i32): void {
  table.set(name, new Builtin(name, flags, fn));
}

/** Filled at the first use: a table made while the modules load would be compiled before what it points to. */
function fill(): void {
  add('.', SPECIAL, control.dot);
  add(':', SPECIAL, control.succeed);
  add('[', 0, test);
  add('[[', 0, test);
  add('alias', 0, name.alias);
  add('bg', 0, jobcmd.bg);
  add('break', SPECIAL, control.break_);
  add('cd', 0, dir.cd);
  add('chdir', 0, dir.cd);
  add('command', 0, name.command);
  add('continue', SPECIAL, control.break_);
  add('echo', 0, echo);
  add('eval', SPECIAL, control.eval_);
  add('exec', SPECIAL, control.exec);
  add('exit', SPECIAL, control.exit);
  add('export', SPECIAL | DECLARES, variable.export_);
  add('false', 0, control.fail);
  add('fg', 0, jobcmd.fg);
  add('getopts', 0, getopts);
  add('hash', 0, name.hash);
  add('help', 0, help);
  add('history', 0, history);
  add('jobs', 0, jobcmd.jobs);
  add('kill', 0, jobcmd.kill);
  add('let', 0, variable.let_);
  add('local', DECLARES | SPECIAL, variable.local);
  add('printf', 0, printf);
  add('pwd', 0, dir.pwd);
  add('read', 0, read);
  add('readonly', SPECIAL | DECLARES, variable.readonly);
  add('return', SPECIAL, control.return_);
  add('set', SPECIAL, variable.set);
  add('shift', SPECIAL, variable.shift);
  add('source', SPECIAL, control.dot);
  add('test', 0, test);
  add('times', SPECIAL, dir.times);
  add('trap', SPECIAL, control.trap_);
  add('true', 0, control.succeed);
  add('type', 0, name.type);
  add('ulimit', 0, dir.ulimit);
  add('umask', 0, dir.umask);
  add('unalias', 0, name.unalias);
  add('unset', SPECIAL, variable.unset);
  add('wait', 0, jobcmd.wait);
}

export function findBuiltin(name: string): Builtin | null {
  if (table.size == 0) fill();
  return table.has(name) ? table.get(name) : null;
}

export function isSpecialBuiltin(name: string): bool {
  const b = findBuiltin(name);
  return b != null && (b.flags & SPECIAL) != 0 && name != 'local';
}

export function builtinNames(): string[] {
  if (table.size == 0) fill();
  return table.keys();
}

function help(args: string[]): i32 {
  out.put('Built-in commands:\n------------------\n');
  const names = builtinNames();
  let line = '\t';
  for (let i = 0; i < names.length; i++) {
    if (line.length + names[i].length > 64) {
      out.line(line);
      line = '\t';
    }
    line += (line.length > 1 ? ' ' : '') + names[i];
  }
  out.line(line);
  return 0;
}
