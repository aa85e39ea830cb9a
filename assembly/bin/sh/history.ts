// The lines that were typed, kept in memory and in the file HISTFILE names.

import * as fs from '../../sys/fs';
import * as out from '../../lib/out';
import { lines } from '../../lib/text';
import { O_APPEND, O_CREAT, O_TRUNC } from '../../sys/linux';
import * as vars from './vars';

const MAX = 256;

export const entries: string[] = [];

function file(): string {
  const named = vars.get('HISTFILE');
  if (named != null) return named as string;
  const home = vars.valueOf(vars.home);
  return home == null ? '' : (home as string) + '/.ash_history';
}

export function load(): void {
  const path = file();
  if (path.length == 0) return;
  const text = fs.readFile(path);
  if (text == null) return;
  const all = lines(text as string);
  for (let i = max(0, all.length - MAX); i < all.length; i++) if (all[i].length > 0) entries.push(all[i]);
}

/** Remember a line, unless it is the one before again. */
export function add(line: string): void {
  if (line.length == 0 || entries.length > 0 && entries[entries.length - 1] == line) return;
  entries.push(line);
  if (entries.length > MAX) entries.shift();
  const path = file();
  if (path.length > 0) fs.writeFile(path, line + '\n', O_CREAT | O_APPEND, 0o600);
}

/** Write the file anew with what is remembered, so that it does not grow for ever. */
export function save(): void {
  const path = file();
  if (path.length == 0 || entries.length < MAX) return;
  fs.writeFile(path, entries.join('\n') + '\n', O_CREAT | O_TRUNC, 0o600);
}

export function history(args: string[]): i32 {
  for (let i = 0; i < entries.length; i++) out.line(i.toString().padStart(4, ' ') + ' ' + entries[i]);
  return 0;
}
