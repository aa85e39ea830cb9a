// What the eight kinds of namespaces have in common (namespaces(7)): a kind, an owner and an inode number of nsfs.

import type { UserNamespace } from './user.ts';

export type KindName = 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'time' | 'user' | 'uts';

/** Inode numbers of the initial namespaces, as Linux fixes them. */
export const INITIAL_INUM: Readonly<Record<KindName, number>> = {
  time: 4026531834, cgroup: 4026531835, pid: 4026531836, user: 4026531837, uts: 4026531838, ipc: 4026531839,
  net: 4026531840, mnt: 4026531841,
};

/** Who gives inode numbers to namespaces: the kernel. */
export interface InumSource {
  nextNsInode(): number;
}

export abstract class Namespace {
  readonly kind: KindName;
  readonly inum: number;
  /** The user namespace whose capabilities govern this one; of a user namespace, its parent. */
  readonly owner: UserNamespace | undefined;
  readonly inums: InumSource;
  /** Uses: records of namespaces, open files, mounts of namespace files. */
  #count = 1;

  constructor(kind: KindName, owner: UserNamespace | undefined, inums: InumSource, inum: number = inums.nextNsInode()) {
    this.kind = kind;
    this.owner = owner;
    this.inums = inums;
    this.inum = inum;
  }

  get count(): number {
    return this.#count;
  }

  get(): this {
    this.#count++;
    return this;
  }

  put(): void {
    if (--this.#count === 0) this.free();
  }

  /** The last user is gone. */
  protected free(): void {}

  /** The text of the magic link in /proc/PID/ns. */
  get link(): string {
    return `${this.kind}:[${this.inum}]`;
  }
}
