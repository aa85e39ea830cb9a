// What a command's name means: a function, or a program on the PATH, whose place is remembered until PATH changes.

import * as fs from '../../sys/fs';
import { EACCES, ENOENT, X_OK } from '../../sys/linux';
import { names as applets } from '../../names';
import { Node } from './ast';
import { compare } from './buf';
import { path } from './vars';

const functions = new Map<string, Node>();

export function findFunction(name: string): Node | null {
  if (functions.size == 0 || !functions.has(name)) return null;
  return functions.get(name);
}

export function defineFunction(name: string, body: Node): void {
  functions.set(name, body);
}

export function removeFunction(name: string): bool {
  return functions.delete(name);
}

export function functionNames(): string[] {
  return functions.keys();
}

const hash = new Map<string, string>();
let hashedFor: string | null = null;

/** Does this image itself have a program of that name. */
export function isApplet(name: string): bool {
  for (let i = 0; i < applets.length; i++) if (applets[i] == name) return true;
  return false;
}

/** The last `resolve` found no file, but an applet of this image. */
export let selfFound: bool = false;

/** Why the last `resolve` found nothing (negative). */
export let resolveError: i32 = 0;

/** The image of this very program, which runs an applet that PATH does not have; by its real name, since a child that
 *  is being spawned has no image yet. */
export function self(): string {
  const real = fs.readlink('/proc/self/exe');
  return real == null ? '/bin/busybox' : real as string;
}

const st = new fs.Stat();

/** Is it a file that this process may execute; 0 or the error. */
export function executable(file: string): i32 {
  const r = fs.stat(file, st);
  if (r != 0) return r;
  if (!st.isReg) return -EACCES;
  return fs.access(file, X_OK);
}

function fresh(): void {
  if (changetype<usize>(hashedFor) == changetype<usize>(path.value)) return;
  hashedFor = path.value;
  hash.clear();
}

/** The path of a program; null if there is none. */
export function resolve(name: string): string | null {
  if (name.includes('/')) return name;
  selfFound = false;
  fresh();
  if (hash.has(name)) return hash.get(name);
  const found = search(name, path.value);
  if (found != null) {
    hash.set(name, found as string);
    return found;
  }
  if (isApplet(name)) {
    selfFound = true;
    return self();
  }
  return null;
}

/** Look a name up in a list of directories. */
export function search(name: string, list: string | null): string | null {
  resolveError = -ENOENT;
  if (name.length == 0) {
    resolveError = -EACCES;
    return null;
  }
  if (list == null) return null;
  const dirs = (list as string).split(':');
  for (let i = 0; i < dirs.length; i++) {
    const file = dirs[i].length == 0 ? name : dirs[i].endsWith('/') ? dirs[i] + name : dirs[i] + '/' + name;
    const r = executable(file);
    if (r == 0) return file;
    if (r == -EACCES) resolveError = r;
  }
  return null;
}

/** Forget where a command was (all: ''). */
export function unhash(name: string): void {
  if (name.length == 0) hash.clear();
  else hash.delete(name);
}

export function hashed(): string[] {
  fresh();
  const list: string[] = [];
  const names = hash.keys();
  for (let i = 0; i < names.length; i++) list.push(hash.get(names[i]));
  list.sort((a, b) => compare(a, b));
  return list;
}
