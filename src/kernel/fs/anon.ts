// Superblocks without names (pipefs, anon_inodefs, nsfs; alloc_file_pseudo): inodes that exist only through open files.

import type { Kernel } from '../kernel.ts';
import type { Cred } from '../cred/cred.ts';
import { SysError } from '../uapi/errno.ts';
import { S } from '../uapi/fcntl.ts';
import { MAGIC } from '../uapi/mount.ts';
import { Dentry } from './dentry.ts';
import { Inode } from './inode.ts';
import { type FsType, SuperBlock } from './super.ts';

export class AnonSuper extends SuperBlock {
  readonly root: Dentry;
  readonly magic = MAGIC.PIPEFS;
  #ino = 1;

  constructor(kernel: Kernel, name: string) {
    super(kernel, typeOf(name));
    this.root = new Dentry('/', undefined, new AnonInode(this, 1, S.IFDIR | 0o500));
  }

  nextIno(): number {
    return ++this.#ino;
  }
}

/** An inode without a name: of a pipe, a pidfd, a namespace. */
export class AnonInode extends Inode {
  constructor(sb: AnonSuper, ino: number, mode: number, cred?: Cred) {
    super(sb, ino, mode, cred?.fsuid ?? 0, cred?.fsgid ?? 0, sb.kernel.clock.realtime());
  }
}

function typeOf(name: string): FsType {
  return { name, nodev: true, userns: false, mount: () => { throw new SysError('EINVAL'); } };
}
