// Builtins on variables and parameters: export, readonly, local, unset, set, shift, let.

import * as out from '../../lib/out';
import { compile, evalFailed, evaluate } from './evaluate';
import { at, goodName, number } from './buf';
import { removeFunction } from './command';
import { failed, raise } from './message';
import * as option from './option';
import { FLOW_ERROR, leave, sh } from './state';
import * as vars from './vars';

export function export_(args: string[]): i32 {
  return declare(args, vars.VEXPORT);
}

export function readonly(args: string[]): i32 {
  return declare(args, vars.VREADONLY);
}

function declare(args: string[], flag: i32): i32 {
  let print = false;
  let off = false;
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
      if (c == 112) print = true;
      else if (c == 110 && flag == vars.VEXPORT) off = true;
      else return raise('illegal option -' + String.fromCharCode(c));
    }
  }
  if (i >= args.length) {
    const list = vars.sorted(flag);
    for (let k = 0; k < list.length; k++) out.line(args[0] + ' ' + vars.assignment(list[k]));
    return 0;
  }
  for (; i < args.length; i++) {
    const s = args[i];
    const eq = s.indexOf('=');
    const name = eq < 0 ? s : s.substring(0, eq);
    if (!goodName(name)) return raise(name + ': bad variable name');
    const v = vars.lookup(name);
    if (eq >= 0 && !vars.assign(v, s.substring(eq + 1))) return 2;
    if (off) vars.unmark(v, flag);
    else vars.mark(v, flag);
  }
  return 0;
}

export function local(args: string[]): i32 {
  if (sh.functions == 0) return raise('not in a function');
  for (let i = 1; i < args.length; i++) {
    const s = args[i];
    const eq = s.indexOf('=');
    const name = eq < 0 ? s : s.substring(0, eq);
    if (name == '-') {
      continue;
    }
    if (!goodName(name)) return raise(name + ': bad variable name');
    const v = vars.lookup(name);
    const value = s.substring(eq + 1);
    vars.makeLocal(v);
    if (eq >= 0 && !vars.assign(v, value)) return 2;
  }
  return 0;
}

export function unset(args: string[]): i32 {
  let what = 0;
  let i = 1;
  for (; i < args.length; i++) {
    const s = args[i];
    if (s == '--') {
      i++;
      break;
    }
    if (s.length < 2 || at(s, 0) != 45) break;
    for (let k = 1; k < s.length; k++) {
      what = at(s, k);
      if (what != 118 && what != 102) return raise('illegal option -' + String.fromCharCode(what));
    }
  }
  for (; i < args.length; i++) {
    if (what == 102) {
      removeFunction(args[i]);
      continue;
    }
    if (!goodName(args[i])) return raise(args[i] + ': bad variable name');
    if (!vars.unset(args[i])) return 2;
  }
  return 0;
}

export function set(args: string[]): i32 {
  if (args.length == 1) {
    const list = vars.sorted(0);
    for (let i = 0; i < list.length; i++) out.line(vars.assignment(list[i]));
    return 0;
  }
  const i = option.parse(args, 1, false);
  if (option.parseStatus == -2) return leave(FLOW_ERROR, 2);
  if (option.parseStatus >= 0) return option.parseStatus;
  if (i < args.length || option.parseEnded) {
    sh.params = args.slice(i);
    resetGetopts();
  }
  return 0;
}

/** Where getopts stands within a word of joined options; any reset of OPTIND or the parameters starts over. */
export let optionOffset: i32 = -1;
/** The value that getopts itself gave OPTIND, by reference. */
let optindOurs: string | null = null;

export function resetGetopts(): void {
  optionOffset = -1;
}

export function setOptionOffset(n: i32): void {
  optionOffset = n;
}

/** Has somebody else assigned OPTIND since? */
export function optindTouched(): bool {
  return changetype<usize>(vars.optind.value) != changetype<usize>(optindOurs);
}

export function keepOptind(value: string): void {
  optindOurs = value;
}

export function shift(args: string[]): i32 {
  let n = 1;
  if (args.length > 1) {
    n = number(args[1]);
    if (n < 0) return raise('Illegal number: ' + args[1]);
  }
  if (n > sh.params.length) return 1;
  if (n > 0) {
    sh.params = sh.params.slice(n);
    resetGetopts();
  }
  return 0;
}

export function let_(args: string[]): i32 {
  if (args.length < 2) return failed('expression expected');
  let v: i64 = 0;
  for (let i = 1; i < args.length; i++) {
    const tree = compile(args[i]);
    if (tree == null) return 2;
    v = evaluate(tree);
    if (evalFailed) return 2;
  }
  return v == 0 ? 1 : 0;
}
