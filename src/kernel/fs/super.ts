// Superblocks (struct super_block): one mounted file system, which may be attached at many places, and the types that
// make them (/proc/filesystems).

import type { Kernel } from '../kernel.ts';
import type { UserNamespace } from '../ns/user.ts';
import type { Task } from '../proc/task.ts';
import { MS } from '../uapi/mount.ts';
import { SysError } from '../uapi/errno.ts';
import type { Dentry } from './dentry.ts';

/** Figures of statfs(2). */
export interface StatFs {
  readonly blocks: number;
  readonly bfree: number;
  readonly files: number;
  readonly ffree: number;
}

export interface FsType {
  readonly name: string;
  /** Needs no block device. */
  readonly nodev: boolean;
  /** May be mounted by the root of a user namespace (FS_USERNS_MOUNT). */
  readonly userns: boolean;
  /** The superblock for a mount: a fresh one, or one that exists. */
  mount(task: Task, source: string, flags: number, data: string): SuperBlock;
}

/** Flags that belong to the superblock; the rest of mount(2)'s belong to the mount. */
export const SB_FLAGS = MS.RDONLY | MS.SYNCHRONOUS | MS.MANDLOCK | MS.DIRSYNC | MS.LAZYTIME | MS.SILENT;

export abstract class SuperBlock {
  readonly kernel: Kernel;
  readonly type: FsType;
  /** st_dev: an anonymous device number. */
  readonly dev: number;
  abstract readonly root: Dentry;
  /** f_type of statfs(2). */
  abstract readonly magic: number;
  flags: number;
  /** Who owns it: capabilities over its files are looked for there. */
  readonly userNs: UserNamespace | undefined;
  /** Dentries stay in the tree: false where names come and go by themselves (proc, hostfs). */
  readonly cached: boolean = true;
  /** Mounts of it that live. */
  active = 0;
  /** Files open for writing, for remount read-only. */
  writers = 0;

  constructor(kernel: Kernel, type: FsType, flags = 0, userNs?: UserNamespace) {
    this.kernel = kernel;
    this.type = type;
    this.dev = kernel.vfs.nextDev();
    this.flags = flags & SB_FLAGS;
    this.userNs = userNs;
  }

  get readonly(): boolean {
    return (this.flags & MS.RDONLY) !== 0;
  }

  /** Options for /proc/mounts, after rw or ro: `,size=64k`. */
  options(): string {
    return '';
  }

  statfs(): StatFs {
    return { blocks: 0, bfree: 0, files: 0, ffree: 0 };
  }

  remount(_task: Task, flags: number, _data: string): void {
    this.flags = flags & SB_FLAGS;
  }

  /** The last mount is gone. */
  kill(): void {}
}

/** `a=1,b` as a map; an option without value maps to undefined. */
export function parseOptions(data: string): Map<string, string | undefined> {
  const options = new Map<string, string | undefined>();
  for (const part of data.split(',')) {
    if (part === '') continue;
    const eq = part.indexOf('=');
    if (eq < 0) options.set(part, undefined);
    else options.set(part.slice(0, eq), part.slice(eq + 1));
  }
  return options;
}

/** A number with an optional suffix k, m, g, t or %, the latter of `whole` (tmpfs(5)). */
export function parseSize(text: string | undefined, whole: number): number {
  const m = /^(\d+)([kmgtKMGT%]?)$/.exec(text ?? '');
  if (m === null) throw new SysError('EINVAL', 'mount', `bad size ${text ?? ''}`);
  const n = Number(m[1]);
  switch (m[2]!.toLowerCase()) {
    case 'k': return n * 1024;
    case 'm': return n * 1024 ** 2;
    case 'g': return n * 1024 ** 3;
    case 't': return n * 1024 ** 4;
    case '%': return Math.floor((whole * n) / 100);
    default: return n;
  }
}
