// The tree of names (struct dentry). A dentry is one name of an inode in a directory; mounts hang on dentries. There are
// no negative dentries: asking a file system again costs one map access.

import { NAME_MAX } from '../limits.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import type { Inode } from './inode.ts';
import type { Mount } from './mount.ts';

export class Dentry {
  name: string;
  /** The directory's dentry; a root's is itself. */
  parent: Dentry;
  readonly inode: Inode;
  /** Names looked up below. Of an uncached file system only those that must stay: mount points and ways to them. */
  children: Map<string, Dentry> | undefined = undefined;
  /** What is mounted here, by the mount that this place is in. */
  mounts: Map<Mount, Mount> | undefined = undefined;
  /** Has lost its name by unlink, rmdir or being replaced: "(deleted)". */
  unhashed = false;

  constructor(name: string, parent: Dentry | undefined, inode: Inode) {
    this.name = name;
    this.parent = parent ?? this;
    this.inode = inode;
  }

  /** The entry `name`, or undefined if there is none (it could be created). */
  lookup(task: Task, name: string): Dentry | undefined {
    const known = this.children?.get(name);
    if (known !== undefined && known.inode.sb.cached) return known;
    if (name.length > NAME_MAX) throw new SysError('ENAMETOOLONG');
    if (this.unhashed && this.inode.nlink === 0) return undefined;
    const inode = this.inode.lookup(task, name);
    if (inode === undefined) return undefined;
    // A pinned dentry of an uncached file system is the same place as long as it is the same inode.
    if (known !== undefined && known.inode.ino === inode.ino) return known;
    const dentry = new Dentry(name, this, inode);
    if (inode.sb.cached) this.add(dentry);
    return dentry;
  }

  /** A name that a create operation has just made. */
  instantiate(name: string, inode: Inode): Dentry {
    const dentry = new Dentry(name, this, inode);
    if (inode.sb.cached) this.add(dentry);
    return dentry;
  }

  /** A file that never had a name here (O_TMPFILE). */
  anonymous(name: string, inode: Inode): Dentry {
    const dentry = new Dentry(name, this, inode);
    dentry.unhashed = true;
    return dentry;
  }

  add(dentry: Dentry): void {
    (this.children ??= new Map()).set(dentry.name, dentry);
  }

  /** Keep this dentry and the way to it, since something is mounted on it. */
  pin(): void {
    for (let d: Dentry = this; d.parent !== d && !d.unhashed; d = d.parent) {
      if (d.parent.children?.get(d.name) === d) return;
      d.parent.add(d);
    }
  }

  /** The name is gone. */
  drop(): void {
    this.unhashed = true;
    if (this.parent.children?.get(this.name) === this) this.parent.children.delete(this.name);
  }

  /** The name is now `name` in `parent`. */
  move(parent: Dentry, name: string): void {
    if (this.parent.children?.get(this.name) === this) this.parent.children.delete(this.name);
    this.parent = parent;
    this.name = name;
    if (this.inode.sb.cached || this.mounts !== undefined) parent.add(this);
  }

  /** Is this `other`, or below it? */
  within(other: Dentry): boolean {
    for (let d: Dentry = this; ; d = d.parent) {
      if (d === other) return true;
      if (d.parent === d) return false;
    }
  }
}
