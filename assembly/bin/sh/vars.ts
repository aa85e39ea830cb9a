// Shell variables. A Var lives for ever once its name was seen, so that parsed words may point at it; unset only takes
// its value. Locals and the assignments before a command save the old value on a stack of frames.

import * as time from '../../sys/time';
import { compare, goodName, quote } from './buf';
import { raise } from './message';
import { sh } from './state';

export const VEXPORT = 1;
export const VREADONLY = 2;
/** Its value is computed when asked for, until it is set or unset. */
export const VLINENO = 4;
export const VRANDOM = 8;
export const VEPOCH = 16;
const VDYNAMIC = VLINENO | VRANDOM | VEPOCH;

export class Var {
  value: string | null = null;
  flags: i32 = 0;
  constructor(public name: string) {}
}

class Saved {
  constructor(public v: Var, public value: string | null, public flags: i32) {}
}

const table = new Map<string, Var>();
const saved: Saved[] = [];
let env: string[] | null = null;
let seed: u32 = 0;

export function lookup(name: string): Var {
  if (table.has(name)) return table.get(name);
  const v = new Var(name);
  table.set(name, v);
  return v;
}

export const ifs = lookup('IFS');
export const path = lookup('PATH');
export const home = lookup('HOME');
export const optind = lookup('OPTIND');
export const pwd = lookup('PWD');
export const ps4 = lookup('PS4');

/** The value, or null when it is not set. */
export function valueOf(v: Var): string | null {
  if (v.flags & VDYNAMIC) return dynamic(v);
  return v.value;
}

function dynamic(v: Var): string | null {
  if (v.flags & VLINENO) return sh.line.toString();
  if (v.flags & VEPOCH) return time.now().toString();
  if (seed == 0) seed = <u32>(time.monotonicNs() ^ (<i64>sh.rootPid << 16)) | 1;
  seed = seed * 1103515245 + 12345;
  return ((seed >> 16) & 0x7fff).toString();
}

export function get(name: string): string | null {
  return table.has(name) ? valueOf(table.get(name)) : null;
}

/** Set a variable; false (after a message) if it is read only. */
export function assign(v: Var, value: string, flags: i32 = 0): bool {
  if (v.flags & VREADONLY) {
    raise(v.name + ': is read only');
    return false;
  }
  if (v.flags & VDYNAMIC) {
    if (v.flags & VRANDOM) {
      seed = <u32>I32.parseInt(value) | 1;
      return true;
    }
    v.flags &= ~VDYNAMIC;
  }
  v.value = value;
  v.flags |= flags;
  if (sh.aflag) v.flags |= VEXPORT;
  if (v.flags & VEXPORT) env = null;
  return true;
}

export function set(name: string, value: string, flags: i32 = 0): bool {
  return assign(lookup(name), value, flags);
}

/** Give a variable attributes, without touching its value. */
export function mark(v: Var, flags: i32): void {
  v.flags |= flags;
  env = null;
}

export function unmark(v: Var, flags: i32): void {
  v.flags &= ~flags;
  env = null;
}

export function unset(name: string): bool {
  if (!table.has(name)) return true;
  const v = table.get(name);
  if (v.flags & VREADONLY) {
    raise(name + ': is read only');
    return false;
  }
  if (v.flags & VEXPORT) env = null;
  v.value = null;
  v.flags = 0;
  return true;
}

/** The environment of a command: NAME=VALUE of all that is exported and set. */
export function environment(): string[] {
  if (env) return env as string[];
  const list: string[] = [];
  const all = table.values();
  for (let i = 0; i < all.length; i++) {
    const v = all[i];
    if ((v.flags & VEXPORT) == 0) continue;
    const value = v.value;
    if (value) list.push(v.name + '=' + value);
  }
  env = list;
  return list;
}

/** Take over the environment; names that no shell variable can have are dropped, as ash does. */
export function inherit(list: string[]): void {
  for (let i = 0; i < list.length; i++) {
    const s = list[i];
    const eq = s.indexOf('=');
    if (eq > 0 && goodName(s, eq)) set(s.substring(0, eq), s.substring(eq + 1), VEXPORT);
  }
}

/** Where a new frame of locals begins; hand it to `restore`. */
export function frame(): i32 {
  return saved.length;
}

/** Remember a variable as it is, until `restore`. */
export function save(v: Var): void {
  saved.push(new Saved(v, v.value, v.flags));
}

/** Is it saved in the frame that began at `from` already? */
export function isSaved(v: Var, from: i32): bool {
  for (let i = from; i < saved.length; i++) if (saved[i].v == v) return true;
  return false;
}

export function restore(from: i32): void {
  if (saved.length == from) return;
  while (saved.length > from) {
    const s = saved.pop();
    s.v.value = s.value;
    s.v.flags = s.flags;
  }
  env = null;
}

/** Where the locals of the running functions begin. */
const frames: i32[] = [];

export function enterFunction(): void {
  frames.push(saved.length);
}

export function leaveFunction(): void {
  restore(frames.pop());
}

/** At the prompt no function runs. */
export function dropFrames(): void {
  while (frames.length > 0) frames.pop();
}

/** Make a variable local to the running function: unset, unless it was local before. */
export function makeLocal(v: Var): void {
  if (isSaved(v, frames[frames.length - 1])) return;
  save(v);
  v.value = null;
  if (v.flags & VEXPORT) env = null;
}

/** All variables with these flags (0: that have a value), sorted by name. */
export function sorted(flags: i32): Var[] {
  const found: Var[] = [];
  const all = table.values();
  for (let i = 0; i < all.length; i++) {
    const v = all[i];
    if (flags == 0 ? v.value != null || (v.flags & VDYNAMIC) != 0 : (v.flags & flags) != 0) found.push(v);
  }
  found.sort((a, b) => compare(a.name, b.name));
  return found;
}

/** NAME='value', as `set` and `export -p` print it. */
export function assignment(v: Var): string {
  const value = valueOf(v);
  return value == null ? v.name : v.name + '=' + quote(value as string);
}

/** Names that begin with `prefix`, for completion. */
export function startingWith(prefix: string): string[] {
  const found: string[] = [];
  const all = sorted(0);
  for (let i = 0; i < all.length; i++) if (all[i].name.startsWith(prefix)) found.push(all[i].name);
  return found;
}
