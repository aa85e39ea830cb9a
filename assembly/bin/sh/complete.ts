// Completion: commands where a command stands, variables after `$`, paths elsewhere.

import * as fs from '../../sys/fs';
import { names as applets } from '../../names';
import * as aliases from './alias';
import { Buf, at, chr, compare, isName } from './buf';
import { builtinNames } from './builtin';
import { functionNames } from './command';
import { homeOf } from './tilde';
import * as vars from './vars';

/** What the last `complete` had to choose from, as it is shown. */
export let completions: string[] = [];

/** The text to put in at `pos`; '' if there is nothing certain. */
export function complete(line: string, pos: i32): string {
  let from = pos;
  let quote = 0;
  // The word's beginning: the last separator that nothing quotes.
  let start = 0;
  for (let i = 0; i < pos; i++) {
    const c = at(line, i);
    if (quote != 0) {
      if (c == quote) quote = 0;
      else if (c == 92 && quote == 34) i++;
      continue;
    }
    if (c == 92) i++;
    else if (c == 39 || c == 34) {
      quote = c;
      start = i + 1;
    } else if (isSeparator(c)) start = i + 1;
  }
  from = start;
  const word = plain(line.substring(from, pos));
  const found: string[] = [];
  completions = found;
  const dollar = word.lastIndexOf('$');
  if (quote != 39 && dollar >= 0 && isAllName(word, dollar + 1)) {
    const prefix = word.substring(dollar + 1);
    const names = vars.startingWith(prefix);
    for (let i = 0; i < names.length; i++) found.push(names[i]);
    return finish(found, prefix, '');
  }
  let prefix = word;
  if (!word.includes('/') && isCommand(line, quote != 0 ? from - 1 : from)) commands(word, found);
  else prefix = paths(word, found);
  const text = finish(found, prefix, ' ');
  return quote != 0 ? text : escape(text);
}

function isSeparator(c: i32): bool {
  return c > 0 && ' \t\n;|&()<>`='.includes(chr(c));
}

/** Without its backslashes. */
function plain(s: string): string {
  if (s.indexOf('\\') < 0) return s;
  const b = new Buf();
  for (let i = 0; i < s.length; i++) {
    if (at(s, i) == 92 && i + 1 < s.length) i++;
    b.push(at(s, i));
  }
  return b.toString();
}

function isAllName(s: string, from: i32): bool {
  for (let i = from; i < s.length; i++) if (!isName(at(s, i))) return false;
  return true;
}

/** Does a command's first word begin at `from`? */
function isCommand(line: string, from: i32): bool {
  let i = from;
  while (i > 0 && (at(line, i - 1) == 32 || at(line, i - 1) == 9)) i--;
  if (i == 0) return true;
  const c = at(line, i - 1);
  if (c == 59 || c == 124 || c == 38 || c == 40 || c == 96) return true;
  let w = i;
  while (w > 0 && !isSeparator(at(line, w - 1))) w--;
  const before = line.substring(w, i);
  return before == 'then' || before == 'do' || before == 'else' || before == 'if' || before == 'while' || before == '!'
    || before == 'sudo' || before == 'exec' || before == 'command';
}

function offer(list: string[], prefix: string, found: string[]): void {
  for (let i = 0; i < list.length; i++) if (list[i].startsWith(prefix)) found.push(list[i]);
}

function commands(prefix: string, found: string[]): void {
  offer(builtinNames(), prefix, found);
  offer(functionNames(), prefix, found);
  const all = aliases.all();
  for (let i = 0; i < all.length; i++) if (all[i].name.startsWith(prefix)) found.push(all[i].name);
  for (let i = 0; i < applets.length; i++) if (applets[i].startsWith(prefix)) found.push(applets[i]);
  const list = vars.path.value;
  if (list == null) return;
  const dirs = (list as string).split(':');
  for (let i = 0; i < dirs.length; i++) {
    const entries: fs.Entry[] = [];
    if (fs.readdir(dirs[i].length == 0 ? '.' : dirs[i], entries) < 0) continue;
    for (let k = 0; k < entries.length; k++) {
      const name = entries[k].name;
      if (name.startsWith(prefix) && entries[k].type != 4) found.push(name);
    }
  }
}

/** Paths that begin with `word`; answers the part of it that is the name. */
function paths(word: string, found: string[]): string {
  const slash = word.lastIndexOf('/');
  const prefix = word.substring(slash + 1);
  let dir = slash < 0 ? '.' : slash == 0 ? '/' : word.substring(0, slash);
  if (at(dir, 0) == 126 && slash > 0) {
    const end = dir.indexOf('/');
    const name = dir.substring(1, end < 0 ? dir.length : end);
    const home = name.length == 0 ? vars.valueOf(vars.home) : homeOf(name);
    if (home != null) dir = (home as string) + (end < 0 ? '' : dir.substring(end));
  }
  const entries: fs.Entry[] = [];
  if (fs.readdir(dir, entries) < 0) return prefix;
  const st = new fs.Stat();
  for (let k = 0; k < entries.length; k++) {
    const name = entries[k].name;
    if (!name.startsWith(prefix) || name == '.' || name == '..') continue;
    if (prefix.length == 0 && at(name, 0) == 46) continue;
    let isDir = entries[k].type == 4;
    if (entries[k].type == 0 || entries[k].type == 10) isDir = fs.stat(dir + '/' + name, st) == 0 && st.isDir;
    found.push(isDir ? name + '/' : name);
  }
  return prefix;
}

/** What all choices have in common beyond `prefix`; the only one gets `end`, unless it is a directory. */
function finish(found: string[], prefix: string, end: string): string {
  if (found.length == 0) return '';
  found.sort((a, b) => compare(a, b));
  let n = 1;
  for (let i = 1; i < found.length; i++) if (found[i] != found[n - 1]) found[n++] = found[i];
  found.length = n;
  const first = found[0];
  let common = first.length;
  for (let i = 1; i < n; i++) {
    let k = 0;
    while (k < common && k < found[i].length && at(found[i], k) == at(first, k)) k++;
    common = k;
  }
  const text = first.substring(prefix.length, common);
  return n == 1 && !first.endsWith('/') ? text + end : text;
}

/** Quote what the shell would take for its own; a blank at the end is ours. */
function escape(s: string): string {
  const b = new Buf();
  for (let i = 0; i < s.length; i++) {
    const c = at(s, i);
    const own = c == 32 && i + 1 == s.length;
    if (!own && c > 0 && ' \t\n;|&()<>`$"\'*?[\\#!{~'.includes(chr(c))) b.push(92);
    b.push(c);
  }
  return b.toString();
}
