// Builtins on names: type, command, hash, alias, unalias.

import * as out from '../../lib/out';
import * as aliases from './alias';
import { at, quote } from './buf';
import { findBuiltin } from './builtin';
import * as commands from './command';
import { failed, tell } from './message';
import { keyword } from './token';
import { FLOW_ERROR, SPECIAL, leave } from './state';

/** Say what a name is. `terse`: as `command -v` does; `standard`: on the standard path. */
function describe(name: string, terse: bool, standard: bool): i32 {
  if (keyword(name) >= 0) {
    out.line(terse ? name : name + ' is a shell keyword');
    return 0;
  }
  const a = aliases.find(name);
  if (a) {
    out.line(terse ? 'alias ' + name + '=' + quote(a.value) : name + ' is an alias for ' + a.value);
    return 0;
  }
  const b = findBuiltin(name);
  const special = b != null && (b.flags & SPECIAL) != 0;
  if (!special && commands.findFunction(name)) {
    out.line(terse ? name : name + ' is a function');
    return 0;
  }
  if (b) {
    out.line(terse ? name : name + (special ? ' is a special shell builtin' : ' is a shell builtin'));
    return 0;
  }
  let file: string | null = null;
  if (name.includes('/')) {
    if (commands.executable(name) == 0) file = name;
  } else {
    file = standard ? commands.search(name, '/sbin:/usr/sbin:/bin:/usr/bin') : commands.resolve(name);
    if (commands.selfFound) file = name;
  }
  if (file == null) {
    if (!terse) out.line(name + ': not found');
    return 127;
  }
  out.line(terse ? file as string : name + ' is ' + (file as string));
  return 0;
}

export function type(args: string[]): i32 {
  let status = 0;
  let i = 1;
  let terse = false;
  if (i < args.length && args[i] == '-p') {
    terse = true;
    i++;
  }
  for (; i < args.length; i++) {
    const r = describe(args[i], terse, false);
    if (r != 0) status = r;
  }
  return status;
}

/** `command -v` and `-V`; a command to run was taken care of before. */
export function command(args: string[]): i32 {
  let mode = 0;
  let standard = false;
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
      if (c == 112) standard = true;
      else if (c == 118 || c == 86) mode = c;
      else return failed('illegal option -' + s.charAt(k), 2);
    }
  }
  if (mode == 0 || i >= args.length) return 0;
  return describe(args[i], mode == 118, standard);
}

export function hash(args: string[]): i32 {
  if (args.length == 1) {
    const list = commands.hashed();
    for (let i = 0; i < list.length; i++) out.line(list[i]);
    return 0;
  }
  let status = 0;
  for (let i = 1; i < args.length; i++) {
    const s = args[i];
    if (s == '-r') {
      commands.unhash('');
      continue;
    }
    if (at(s, 0) == 45) {
      failed('illegal option ' + s, 2);
      return leave(FLOW_ERROR, 2);
    }
    if (s.includes('/') || findBuiltin(s) || commands.findFunction(s)) continue;
    commands.unhash(s);
    if (commands.resolve(s) == null) status = failed(s + ': not found');
  }
  return status;
}

export function alias(args: string[]): i32 {
  if (args.length == 1) {
    const list = aliases.all();
    for (let i = 0; i < list.length; i++) out.line(list[i].name + '=' + quote(list[i].value));
    return 0;
  }
  let status = 0;
  for (let i = 1; i < args.length; i++) {
    const s = args[i];
    const eq = s.indexOf('=', 1);
    if (eq > 0) {
      aliases.define(s.substring(0, eq), s.substring(eq + 1));
      continue;
    }
    const a = aliases.find(s);
    if (a) out.line(a.name + '=' + quote(a.value));
    else {
      tell('alias: ' + s + ' not found\n');
      status = 1;
    }
  }
  return status;
}

export function unalias(args: string[]): i32 {
  let status = 0;
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-a') {
      aliases.clear();
      return 0;
    }
    if (!aliases.remove(args[i])) {
      tell('unalias: ' + args[i] + ' not found\n');
      status = 1;
    }
  }
  return status;
}
