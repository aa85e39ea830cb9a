// Places and how to get there (path_resolution(7); Linux's fs/namei.c). A walk goes component by component from the
// task's root or directory through dentries, mounts and symbolic links. It never sleeps.

import { PATH_MAX, SYMLINKS_MAX } from '../limits.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { AT } from '../uapi/fcntl.ts';
import { MS } from '../uapi/mount.ts';
import type { Dentry } from './dentry.ts';
import type { Inode } from './inode.ts';
import type { Mount } from './mount.ts';
import { MAY_EXEC, requireAccess } from './permission.ts';

/** A place in the tree of mounts (struct path). Immutable. */
export class Path {
  readonly mount: Mount;
  readonly dentry: Dentry;

  constructor(mount: Mount, dentry: Dentry) {
    this.mount = mount;
    this.dentry = dentry;
  }

  get inode(): Inode {
    return this.dentry.inode;
  }

  /** Whoever keeps a path for longer than a call holds its mount. */
  get(): this {
    this.mount.count++;
    return this;
  }

  put(): void {
    this.mount.put();
  }

  same(other: Path): boolean {
    return this.mount === other.mount && this.dentry === other.dentry;
  }
}

/** Where a task is (struct fs_struct): shared by CLONE_FS. */
export class FsContext {
  #root: Path;
  #cwd: Path;
  umask: number;
  /** Tasks that share it. */
  users = 1;

  constructor(root: Path, cwd: Path, umask = 0o022) {
    this.#root = root.get();
    this.#cwd = cwd.get();
    this.umask = umask;
  }

  get root(): Path {
    return this.#root;
  }

  get cwd(): Path {
    return this.#cwd;
  }

  setRoot(path: Path): void {
    path.get();
    this.#root.put();
    this.#root = path;
  }

  setCwd(path: Path): void {
    path.get();
    this.#cwd.put();
    this.#cwd = path;
  }

  copy(): FsContext {
    return new FsContext(this.#root, this.#cwd, this.umask);
  }

  /** Another task shares it. */
  get(): this {
    this.users++;
    return this;
  }

  put(): void {
    if (--this.users > 0) return;
    this.#root.put();
    this.#cwd.put();
  }
}

/** What the last component of a path is. */
export const LAST = { NORM: 0, ROOT: 1, DOT: 2, DOTDOT: 3 } as const;

const SLASH = 47;
const PERIOD = 46;

/** A walk in progress (struct nameidata): where it is, and the component it has not taken yet. */
export class Walk {
  readonly task: Task;
  mount: Mount;
  dentry: Dentry;
  /** The last component, not yet taken; valid with type NORM. */
  name = '';
  type: number = LAST.ROOT;
  /** Slashes follow the last component: it must be a directory, and a link there is followed. */
  slash = false;
  #links = 0;

  constructor(task: Task, start: Path) {
    this.task = task;
    this.mount = start.mount;
    this.dentry = start.dentry;
  }

  get inode(): Inode {
    return this.dentry.inode;
  }

  path(): Path {
    return new Path(this.mount, this.dentry);
  }

  /** Walk `s` up to its last component. */
  toParent(s: string): void {
    const n = s.length;
    let i = 0;
    if (n > 0 && s.charCodeAt(0) === SLASH) {
      const { root } = this.task.fs;
      this.mount = root.mount;
      this.dentry = root.dentry;
      while (i < n && s.charCodeAt(i) === SLASH) i++;
      if (i === n) {
        this.type = LAST.ROOT;
        this.slash = true;
        return;
      }
    }
    for (;;) {
      const dir = this.dentry.inode;
      if (!dir.isDir) throw new SysError('ENOTDIR');
      requireAccess(this.task, dir, MAY_EXEC);
      let j = s.indexOf('/', i);
      if (j < 0) j = n;
      let k = j;
      while (k < n && s.charCodeAt(k) === SLASH) k++;
      let type: number = LAST.NORM;
      if (s.charCodeAt(i) === PERIOD) {
        if (j - i === 1) type = LAST.DOT;
        else if (j - i === 2 && s.charCodeAt(i + 1) === PERIOD) type = LAST.DOTDOT;
      }
      this.type = type;
      if (type === LAST.NORM) this.name = s.substring(i, j);
      if (k === n) {
        this.slash = k > j;
        return;
      }
      this.#take(true);
      if (!this.dentry.inode.isDir) throw new SysError('ENOTDIR');
      i = k;
    }
  }

  /** Take the last component; it must exist. */
  finish(follow: boolean): void {
    const { slash } = this;
    this.#take(follow || slash);
    if (slash && !this.dentry.inode.isDir) throw new SysError('ENOTDIR');
  }

  /** The last component's dentry where it is, without crossing mounts or following links; undefined if missing. */
  last(): Dentry | undefined {
    return this.dentry.lookup(this.task, this.name);
  }

  #take(follow: boolean): void {
    switch (this.type) {
      case LAST.NORM: {
        const child = this.dentry.lookup(this.task, this.name);
        if (child === undefined) throw new SysError('ENOENT');
        this.step(child, follow);
        return;
      }
      case LAST.DOTDOT:
        this.#up();
        return;
    }
  }

  /** Go to an entry of the present directory: what is mounted there, or where its link leads. */
  step(child: Dentry, follow: boolean): void {
    if (child.mounts !== undefined) {
      const { mount } = this;
      this.dentry = child;
      this.#cross();
      if (this.mount !== mount) return;
    }
    if (follow && child.inode.isSymlink) {
      this.follow(child);
      this.finish(true);
    } else this.dentry = child;
  }

  /** Start walking the target of a link found in the present directory; leaves its last component to take. */
  follow(link: Dentry): void {
    if (++this.#links > SYMLINKS_MAX) throw new SysError('ELOOP');
    if ((this.mount.flags & MS.NOSYMFOLLOW) !== 0) throw new SysError('ELOOP');
    const { inode } = link;
    const to = inode.jump(this.task);
    if (to !== undefined) {
      this.mount = to.mount;
      this.dentry = to.dentry;
      this.type = LAST.DOT;
      this.slash = false;
      return;
    }
    const target = inode.readlink(this.task);
    if (target === '') throw new SysError('ENOENT');
    this.toParent(target);
  }

  /** `..`: not above the task's root; from a mount's root to the directory that it covers. */
  #up(): void {
    const { root } = this.task.fs;
    for (;;) {
      if (this.dentry === root.dentry && this.mount === root.mount) break;
      if (this.dentry !== this.mount.root) {
        this.dentry = this.dentry.parent;
        break;
      }
      const { parent, mountpoint } = this.mount;
      if (parent === undefined) break;
      this.mount = parent;
      this.dentry = mountpoint!;
    }
    this.#cross();
  }

  /** Go to the root of what is mounted here, and of what is mounted on that. */
  #cross(): void {
    while (this.dentry.mounts !== undefined) {
      const mounted = this.dentry.mounts.get(this.mount);
      if (mounted === undefined) return;
      this.mount = mounted;
      this.dentry = mounted.root;
    }
  }
}

/** Where a relative path starts. */
export function baseOf(task: Task, dirfd: number): Path {
  if (dirfd === AT.FDCWD) return task.fs.cwd;
  const file = task.files.raw(dirfd);
  if (file.path === undefined) throw new SysError('ENOTDIR');
  return file.path;
}

/** Begin to walk `path`; stops before its last component. */
export function walkParent(task: Task, dirfd: number, path: string): Walk {
  if (path === '') throw new SysError('ENOENT');
  if (path.length >= PATH_MAX) throw new SysError('ENAMETOOLONG');
  const absolute = path.charCodeAt(0) === SLASH;
  const start = absolute ? task.fs.root : baseOf(task, dirfd);
  if (!absolute && dirfd !== AT.FDCWD && !start.inode.isDir) throw new SysError('ENOTDIR');
  const walk = new Walk(task, start);
  walk.toParent(path);
  return walk;
}

/** The place that an existing path names. */
export function walkPath(task: Task, dirfd: number, path: string, follow = true): Path {
  const walk = walkParent(task, dirfd, path);
  walk.finish(follow);
  return walk.path();
}

/** The same for the *at calls: AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH. */
export function walkAt(task: Task, dirfd: number, path: string, flags: number): Path {
  if (path === '' && (flags & AT.EMPTY_PATH) !== 0) {
    return dirfd === AT.FDCWD ? task.fs.cwd : pathOfFd(task, dirfd);
  }
  return walkPath(task, dirfd, path, (flags & AT.SYMLINK_NOFOLLOW) === 0);
}

/** The place of an open file; files without one (pipes) get a detached place of their own. */
export function pathOfFd(task: Task, fd: number): Path {
  const file = task.files.raw(fd);
  return file.path ?? task.kernel.vfs.anonymousPath(file);
}

/** The topmost of what is mounted at a place. */
export function topmost(mount: Mount, dentry: Dentry): Path {
  let m = mount;
  let d = dentry;
  for (;;) {
    const mounted = d.mounts?.get(m);
    if (mounted === undefined) return new Path(m, d);
    m = mounted;
    d = mounted.root;
  }
}

/** d_path: the name of a place as seen from `root`; what is not below it starts with "(unreachable)". */
export function pathName(path: Path, root: Path): string {
  const { text, reached } = nameUpTo(path, root);
  return reached ? text : `(unreachable)${text}`;
}

/** The same, without the mark, and whether `root` was met on the way up. */
export function nameUpTo(path: Path, root: Path): { text: string; reached: boolean } {
  let { mount, dentry } = path;
  const deleted = dentry.unhashed ? ' (deleted)' : '';
  let text = '';
  for (;;) {
    if (mount === root.mount && dentry === root.dentry) return { text: (text || '/') + deleted, reached: true };
    if (dentry === mount.root) {
      if (mount.parent === undefined) return { text: (text || '/') + deleted, reached: false };
      dentry = mount.mountpoint!;
      mount = mount.parent;
    } else if (dentry.parent === dentry) {
      return { text: (text || '/') + deleted, reached: false };
    } else {
      text = `/${dentry.name}${text}`;
      dentry = dentry.parent;
    }
  }
}
