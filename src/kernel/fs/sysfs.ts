// sysfs(5): the directories that programs look for, and nothing in them yet but what is mounted there.

import type { Kernel } from '../kernel.ts';
import type { UserNamespace } from '../ns/user.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { S } from '../uapi/fcntl.ts';
import { MAGIC } from '../uapi/mount.ts';
import { Dentry } from './dentry.ts';
import { type DirEntry, Inode } from './inode.ts';
import { type FsType, SuperBlock } from './super.ts';

interface Tree {
  readonly [name: string]: Tree;
}

const tree: Tree = {
  block: {}, bus: {}, class: { net: {}, tty: {} }, dev: { block: {}, char: {} }, devices: { system: { cpu: {} }, virtual: {} },
  firmware: {}, fs: { cgroup: {} }, kernel: { mm: {} }, module: {}, power: {},
};

class SysInode extends Inode {
  readonly #tree: Tree;
  readonly #children = new Map<string, SysInode>();

  constructor(sb: SysSuper, at: Tree) {
    super(sb, sb.nextIno(), S.IFDIR | 0o755, 0, 0, sb.kernel.clock.realtime());
    this.#tree = at;
    this.nlink = 2 + Object.keys(at).length;
  }

  override lookup(_task: Task, name: string): Inode | undefined {
    if (!Object.hasOwn(this.#tree, name)) return undefined;
    let child = this.#children.get(name);
    if (child === undefined) {
      child = new SysInode(this.sb as SysSuper, this.#tree[name]!);
      this.#children.set(name, child);
    }
    return child;
  }

  override entries(task: Task): readonly DirEntry[] {
    return Object.keys(this.#tree).map((name) => ({ name, ino: this.lookup(task, name)!.ino, type: 4 }));
  }

  override create(): Inode {
    throw new SysError('EPERM');
  }
}

export class SysSuper extends SuperBlock {
  readonly magic = MAGIC.SYSFS;
  readonly root: Dentry;
  #ino = 0;

  constructor(kernel: Kernel, flags: number, userNs: UserNamespace) {
    super(kernel, sysfs, flags, userNs);
    this.root = new Dentry('/', undefined, new SysInode(this, tree));
  }

  nextIno(): number {
    return ++this.#ino;
  }
}

export const sysfs: FsType = {
  name: 'sysfs', nodev: true, userns: true,
  mount: (task, _source, flags) => new SysSuper(task.kernel, flags, task.nsproxy.user),
};
