// The state of native mode on disk: a base directory with one entry per runtime. An entry's file `lock` is held by the
// runtime's supervisor while it lives, and `journal` says which groups are its containers'. Entries are made under a
// temporary name, locked, then renamed, so that whoever finds one finds it locked unless its supervisor is dead.

import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { TwinboxError } from '../errno.ts';

/** The name of an entry, and of one that is being made. */
export const entryName = /^[0-9a-f]{16}$/;
export const unfinishedName = /^\.new-[0-9a-f]{16}$/;

/** The base directory of a root option, made and checked: /run/twinbox for root, a place of the user's own for others. */
export function baseDirectory(root?: string): string {
  const base = root === undefined ? ownDirectory() : isAbsolute(root) ? root : resolve(root);
  makeDirectory(base);
  return base;
}

function ownDirectory(): string {
  const uid = process.geteuid!();
  if (uid === 0) return '/run/twinbox';
  const runtime = process.env.XDG_RUNTIME_DIR;
  if (runtime && isAbsolute(runtime) && lstatSync(runtime, { throwIfNoEntry: false })?.uid === uid) return join(runtime, 'twinbox');
  return `/tmp/twinbox-${uid}`;
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700, recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, (error as Error).message);
  }
  checkDirectory(path);
}

/** Ours, no link, and nobody else may write to it: what lies in it decides what is killed and removed. */
function checkDirectory(path: string): void {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) throw unusable(path, stat.isSymbolicLink() ? 'it is a symbolic link' : 'it is not a directory');
  if (stat.uid !== process.geteuid!()) throw unusable(path, `it belongs to user ${stat.uid}`);
  if ((stat.mode & 0o022) !== 0) throw unusable(path, `others may write to it (mode ${(stat.mode & 0o777).toString(8)})`);
  for (let above = dirname(path); ; above = dirname(above)) {
    checkAbove(above);
    if (above === dirname(above)) return;
  }
}

/** Nobody else may exchange what is on the way, unless they may in a sticky directory alone, as in /tmp. */
function checkAbove(path: string): void {
  const { uid, mode } = statSync(path);
  if (uid !== 0 && uid !== process.geteuid!()) throw unusable(path, `it belongs to user ${uid}, who could exchange what is below it`);
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) throw unusable(path, `others may write to it (mode ${(mode & 0o777).toString(8)})`);
}

function unusable(path: string, why: string): TwinboxError {
  return new TwinboxError({ code: 'EACCES', message: `the state directory ${path} cannot be used: ${why}`, hint: 'name another one as root' });
}

/** A runtime's own directory below the base; what `hold` answers goes with it. */
export function makeEntry<T>(base: string, hold: (dir: string) => T): { readonly path: string; readonly held: T } {
  const name = randomBytes(8).toString('hex');
  const aside = join(base, `.new-${name}`);
  const path = join(base, name);
  mkdirSync(aside, { mode: 0o700 });
  try {
    const held = hold(aside);
    renameSync(aside, path);
    return { path, held };
  } catch (error) {
    removeEntry(aside);
    throw error;
  }
}

export function removeEntry(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
