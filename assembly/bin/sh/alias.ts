// Aliases: text that the lexer reads in place of a command's first word.

import { compare } from './buf';

export class Alias {
  /** Its text is being read, so that its own name in it is not expanded again. */
  busy: bool = false;
  constructor(public name: string, public value: string) {}
}

const table = new Map<string, Alias>();

export function find(name: string): Alias | null {
  if (table.size == 0 || !table.has(name)) return null;
  return table.get(name);
}

export function define(name: string, value: string): void {
  table.set(name, new Alias(name, value));
}

export function remove(name: string): bool {
  return table.delete(name);
}

export function clear(): void {
  table.clear();
}

export function all(): Alias[] {
  const list = table.values();
  list.sort((a, b) => compare(a.name, b.name));
  return list;
}
