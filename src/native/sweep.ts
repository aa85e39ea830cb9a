// What a dead runtime left behind, taken away: for each entry whose lock is free its recorded groups are thawed, killed
// and removed, then the entry itself. Synchronous, before a runtime's own supervisor starts.

import { lstatSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closeFd, lockFile } from './call.ts';
import { cgroupMounts, groupParent } from './cgroup.ts';
import { entryName, removeEntry, unfinishedName } from './state.ts';

/** A record of the journal: in use, how many directories, their names each with a NUL. */
const recordBytes = 4096;
/** One that is still being made is younger. */
const unfinishedMs = 60_000;
/** How long the processes of a group may take to die. */
const dyingMs = 2000;

/** Answers how many entries were swept. */
export function sweep(base: string): number {
  let swept = 0;
  for (const name of readdirSync(base)) {
    const path = join(base, name);
    if (!stale(name, path)) continue;
    if (sweepEntry(path)) swept++;
  }
  return swept;
}

/** One entry, if nobody holds it: true when it is gone. While a group stays, so does the record of it. */
export function sweepEntry(path: string): boolean {
  const lock = held(path);
  if (lock === undefined) return false;
  try {
    const groups = journal(path);
    if (!groups.map(removeGroup).every((gone) => gone)) return false;
    for (const dir of new Set(groups.map(dirname))) if (dir.endsWith(groupParent)) rmdir(dir);
    removeEntry(path);
    return true;
  } finally {
    closeFd(lock);
  }
}

/** The lock of an entry that nobody else has: another sweep, or its own end, may have taken the entry away by now. */
function held(path: string): number | undefined {
  try {
    return lockFile(join(path, 'lock'));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A directory of ours with the name of an entry; a link or another's is left alone. */
function stale(name: string, path: string): boolean {
  const unfinished = unfinishedName.test(name);
  if (!unfinished && !entryName.test(name)) return false;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory() || stat.uid !== process.geteuid!()) return false;
  return !unfinished || Date.now() - stat.mtimeMs > unfinishedMs;
}

/** The groups that an entry's supervisor had made. */
export function journal(entry: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(entry, 'journal'));
  } catch {
    return [];
  }
  const found: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += recordBytes) {
    if (bytes.readUInt32LE(at) !== 1) continue;
    const names = bytes.subarray(at + 8, at + recordBytes).toString().split('\0');
    found.push(...names.slice(0, bytes.readUInt32LE(at + 4)).filter(isGroup));
  }
  return found;
}

/** Below the mount of a hierarchy, and not its root: nothing else is ever removed, whatever a file says. */
function isGroup(dir: string): boolean {
  if (!dir.startsWith('/') || /\/(\.\.?)?(\/|$)/.test(dir)) return false;
  return cgroupMounts().some(({ mount }) => dir.startsWith(`${mount}/`));
}

/** A group with all below it; false if it would not go. A frozen process hears SIGKILL only when it is thawed (v1). */
export function removeGroup(dir: string): boolean {
  for (const until = Date.now() + dyingMs; exists(dir); sleep(2)) {
    for (const one of tree(dir)) {
      write(`${one}/freezer.state`, 'THAWED');
      write(`${one}/cgroup.freeze`, '0');
      if (!write(`${one}/cgroup.kill`, '1')) for (const pid of pids(one)) kill(pid);
      rmdir(one);
    }
    if (Date.now() > until) return !exists(dir);
  }
  return true;
}

/** Innermost first. */
function tree(dir: string): string[] {
  try {
    const below = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...below.flatMap((entry) => tree(join(dir, entry.name))), dir];
  } catch {
    return [];
  }
}

function pids(dir: string): number[] {
  try {
    return readFileSync(`${dir}/cgroup.procs`, 'utf8').split('\n').map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  if (pid === process.pid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}

function rmdir(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Somebody still dies in it, or it is another's parent too.
  }
}

/** False for a file that this version of the hierarchy has not. */
function write(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
