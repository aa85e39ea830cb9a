// The arguments and the environment that exec gave. The environment is a map in the order of arrival; the shell may
// keep its own and hand over a list.

import * as linux from './linux';
import { unpackList } from './bytes';

export function args(): string[] {
  return fetch(true);
}

/** NAME=VALUE strings as they came. */
export function environ(): string[] {
  return fetch(false);
}

function fetch(argv: bool): string[] {
  let size = 4096;
  let at = heap.alloc(size);
  let need = ask(argv, at, size);
  while (need > size) {
    size = need;
    at = heap.realloc(at, size);
    need = ask(argv, at, size);
  }
  const list = unpackList(at, max(need, 0));
  heap.free(at);
  return list;
}

function ask(argv: bool, at: usize, size: i32): i32 {
  return argv ? linux.args(at, size) : linux.environ(at, size);
}

/** This process's environment, read at the first use. */
let known: Map<string, string> | null = null;

export function env(): Map<string, string> {
  if (known) return known as Map<string, string>;
  const map = new Map<string, string>();
  const list = environ();
  for (let i = 0; i < list.length; i++) {
    const at = list[i].indexOf('=');
    if (at > 0) map.set(list[i].substring(0, at), list[i].substring(at + 1));
  }
  known = map;
  return map;
}

/** A variable's value; null when it is not set. */
export function getenv(name: string): string | null {
  const map = env();
  return map.has(name) ? map.get(name) : null;
}

/** The environment as exec takes it. */
export function envList(): string[] {
  const map = env();
  const names = map.keys();
  const list: string[] = [];
  for (let i = 0; i < names.length; i++) list.push(names[i] + '=' + map.get(names[i]));
  return list;
}
