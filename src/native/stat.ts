// A file of the host, as a plan needs to know it: what is bound, which device is meant. Links are followed.

import { statSync, type Stats } from 'node:fs';
import type { HostFile } from '../plan.ts';

export function hostStat(path: string): HostFile | undefined {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    // What cannot be reached from here the birth itself will name.
    return undefined;
  }
  if (stats === undefined) return undefined;
  const { uid, gid, rdev } = stats;
  return { type: typeOf(stats), mode: stats.mode & 0o7777, uid, gid, major: major(rdev), minor: minor(rdev) };
}

/** A socket is bound as a file is. */
function typeOf(stats: Stats): HostFile['type'] {
  if (stats.isDirectory()) return 'directory';
  if (stats.isCharacterDevice()) return 'c';
  if (stats.isBlockDevice()) return 'b';
  return stats.isFIFO() ? 'p' : 'file';
}

/** makedev(3): 12 bits of the major and 20 of the minor number, interleaved; the rest of 64 bits is not used. */
const major = (rdev: number): number => (rdev >>> 8) & 0xfff;
const minor = (rdev: number): number => (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
