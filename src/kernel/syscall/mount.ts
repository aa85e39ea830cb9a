// mount(2), umount2(2), pivot_root(2), and the mounts in parts: fsopen(2), fsconfig(2), fsmount(2), open_tree(2),
// move_mount(2).

import { capable } from '../cred/cred.ts';
import { AnonInode } from '../fs/anon.ts';
import { OpenFile } from '../fs/file.ts';
import { Mount } from '../fs/mount.ts';
import {
  attach, bind, changePropagation, cloneOf, move, mountFlags, newMount, pivotRoot, PROPAGATION, remount, remountBind,
  requireMount, umount,
} from '../fs/namespace.ts';
import { Path, walkAt, walkPath } from '../fs/path.ts';
import { detachTree } from '../fs/propagate.ts';
import { PathFile } from '../fs/regular.ts';
import type { FsType, SuperBlock } from '../fs/super.ts';
import { TmpSuper } from '../fs/tmpfs.ts';
import type { Task } from '../proc/task.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { AT, O, S } from '../uapi/fcntl.ts';
import {
  FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, MNT, MOUNT_ATTR, MOVE_MOUNT, MS, OPEN_TREE, UMOUNT_NOFOLLOW,
} from '../uapi/mount.ts';
import { full, partial, type Rows } from './table.ts';

function mount(
  task: Task, source: string | undefined, target: string, type: string | undefined, flags: number, data: string | undefined,
): number {
  const at = walkPath(task, AT.FDCWD, target);
  requireMount(task);
  if ((flags & (MS.REMOUNT | MS.BIND)) === (MS.REMOUNT | MS.BIND)) remountBind(task, at, flags);
  else if ((flags & MS.REMOUNT) !== 0) remount(task, at, flags, data ?? '');
  else if ((flags & MS.BIND) !== 0) bind(task, place(task, source), at, (flags & MS.REC) !== 0);
  else if ((flags & PROPAGATION) !== 0) changePropagation(task, at, flags);
  else if ((flags & MS.MOVE) !== 0) move(task, place(task, source), at);
  else {
    if (type === undefined || type === '') throw new SysError('EINVAL', 'mount', 'no file system type');
    const name = source ?? 'none';
    const sb = superblock(task, task.kernel.vfs.type(type), name, flags, data ?? '');
    newMount(task, sb, at, name, mountFlags(flags));
  }
  return 0;
}

function place(task: Task, source: string | undefined): Path {
  if (source === undefined || source === '') throw new SysError('EINVAL', 'mount', 'no source');
  return walkPath(task, AT.FDCWD, source);
}

function superblock(task: Task, type: FsType, source: string, flags: number, data: string): SuperBlock {
  if (!capable(task, CAP.SYS_ADMIN, type.userns ? task.nsproxy.user : undefined)) throw new SysError('EPERM', 'mount');
  return type.mount(task, source, flags, data);
}

function umount2(task: Task, target: string, flags: number): number {
  if ((flags & ~(MNT.FORCE | MNT.DETACH | MNT.EXPIRE | UMOUNT_NOFOLLOW)) !== 0) throw new SysError('EINVAL', 'umount');
  umount(task, walkPath(task, AT.FDCWD, target, (flags & UMOUNT_NOFOLLOW) === 0), flags);
  return 0;
}

function pivot(task: Task, newRoot: string, putOld: string): number {
  pivotRoot(task, newRoot, putOld);
  return 0;
}

/** A file system being configured: what fsopen(2) gives. */
class FsContextFile extends OpenFile {
  readonly type: FsType;
  source = 'none';
  template = '';
  readonly options: string[] = [];
  sbFlags = 0;
  sb: SuperBlock | undefined = undefined;
  /** Has been mounted: from then on its mounts decide how long it lives. */
  used = false;

  constructor(task: Task, type: FsType) {
    const { anon } = task.kernel.vfs;
    super(new AnonInode(anon, anon.nextIno(), S.IFREG | 0o600, task.cred), undefined, O.RDWR);
    this.type = type;
  }

  override describe(): string {
    return 'anon_inode:[fscontext]';
  }

  override release(): void {
    if (!this.used) this.sb?.kill();
  }
}

/** A mount that is attached nowhere: what fsmount(2) and open_tree(2) give. It ends with the file. */
class MountFile extends PathFile {
  constructor(mount: Mount) {
    super(mount.root.inode, new Path(mount, mount.root), O.PATH);
  }

  override release(): void {
    const { mount } = this.path!;
    if (mount.ns === undefined && mount.parent === undefined) detachTree(mount);
  }
}

function fsopen(task: Task, name: string, flags: number): number {
  requireMount(task);
  if ((flags & ~FSOPEN_CLOEXEC) !== 0) throw new SysError('EINVAL', 'fsopen');
  const type = task.kernel.vfs.type(name);
  return task.files.install(task, new FsContextFile(task, type), (flags & FSOPEN_CLOEXEC) !== 0);
}

function context(task: Task, fd: number): FsContextFile {
  const file = task.files.file(fd);
  if (!(file instanceof FsContextFile)) throw new SysError('EINVAL');
  return file;
}

function fsconfig(task: Task, fd: number, cmd: number, key: string | undefined, value: string | undefined, aux: number): number {
  const file = context(task, fd);
  if (aux !== 0) throw new SysError('EINVAL', 'fsconfig');
  switch (cmd) {
    case FSCONFIG.SET_FLAG: {
      if (key === undefined || value !== undefined) throw new SysError('EINVAL', 'fsconfig');
      if (key === 'ro') file.sbFlags |= MS.RDONLY;
      else if (key === 'rw') file.sbFlags &= ~MS.RDONLY;
      else file.options.push(key);
      return 0;
    }
    case FSCONFIG.SET_STRING: {
      if (key === undefined || value === undefined) throw new SysError('EINVAL', 'fsconfig');
      if (key === 'source') file.source = value;
      else if (key === 'template') file.template = value;
      else file.options.push(`${key}=${value}`);
      return 0;
    }
    case FSCONFIG.CMD_CREATE: {
      if (key !== undefined || value !== undefined) throw new SysError('EINVAL', 'fsconfig');
      if (file.sb !== undefined) throw new SysError('EBUSY', 'fsconfig');
      const data = file.template === '' ? file.options : [...file.options, `template=${file.template}`];
      file.sb = superblock(task, file.type, file.source, file.sbFlags, data.join(','));
      return 0;
    }
    case FSCONFIG.CMD_RECONFIGURE: {
      if (file.sb === undefined) throw new SysError('EINVAL', 'fsconfig');
      file.sb.remount(task, file.sbFlags, file.options.join(','));
      return 0;
    }
    default: throw new SysError('EOPNOTSUPP', 'fsconfig');
  }
}

function fsmount(task: Task, fd: number, flags: number, attrs: number): number {
  requireMount(task);
  if ((flags & ~FSMOUNT_CLOEXEC) !== 0) throw new SysError('EINVAL', 'fsmount');
  const file = context(task, fd);
  const { sb, source } = file;
  if (sb === undefined) throw new SysError('EINVAL', 'fsmount', 'not created yet');
  file.used = true;
  const detached = new Mount(sb, sb.root, source, attributes(attrs));
  return task.files.install(task, new MountFile(detached), (flags & FSMOUNT_CLOEXEC) !== 0);
}

/** MOUNT_ATTR bits as those of mount(2). */
function attributes(attrs: number): number {
  let flags = attrs & (MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC);
  if ((attrs & MOUNT_ATTR.NODIRATIME) !== 0) flags |= MS.NODIRATIME;
  if ((attrs & MOUNT_ATTR.NOATIME) !== 0) flags |= MS.NOATIME;
  else if ((attrs & MOUNT_ATTR.STRICTATIME) === 0) flags |= MS.RELATIME;
  return flags;
}

function openTree(task: Task, dirfd: number, path: string, flags: number): number {
  const known = AT.EMPTY_PATH | AT.NO_AUTOMOUNT | AT.RECURSIVE | AT.SYMLINK_NOFOLLOW | OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC;
  const clone = (flags & OPEN_TREE.CLONE) !== 0;
  const recursive = (flags & AT.RECURSIVE) !== 0;
  if ((flags & ~known) !== 0 || (recursive && !clone)) throw new SysError('EINVAL', 'open_tree');
  if (clone) requireMount(task);
  const at = walkAt(task, dirfd, path, flags & (AT.EMPTY_PATH | AT.SYMLINK_NOFOLLOW));
  const file = clone ? new MountFile(cloneOf(task, at, recursive)) : new PathFile(at.inode, at, O.PATH);
  return task.files.install(task, file, (flags & OPEN_TREE.CLOEXEC) !== 0);
}

function moveMount(task: Task, fromFd: number, fromPath: string, toFd: number, toPath: string, flags: number): number {
  requireMount(task);
  const known = MOVE_MOUNT.F_SYMLINKS | MOVE_MOUNT.F_EMPTY_PATH | MOVE_MOUNT.T_SYMLINKS | MOVE_MOUNT.T_EMPTY_PATH;
  if ((flags & ~known) !== 0) throw new SysError('EINVAL', 'move_mount');
  const from = walkAt(task, fromFd, fromPath, walkFlags(flags));
  const to = walkAt(task, toFd, toPath, walkFlags(flags >> 4));
  const { mount: tree } = from;
  if (tree.ns !== undefined || tree.parent !== undefined) {
    move(task, from, to);
    return 0;
  }
  if (from.dentry !== tree.root) throw new SysError('EINVAL', 'move_mount');
  attach(task, tree, to);
  return 0;
}

/** MOVE_MOUNT flags of one side as those of the *at calls. */
function walkFlags(flags: number): number {
  return ((flags & MOVE_MOUNT.F_EMPTY_PATH) !== 0 ? AT.EMPTY_PATH : 0) |
    ((flags & MOVE_MOUNT.F_SYMLINKS) !== 0 ? 0 : AT.SYMLINK_NOFOLLOW);
}

export const rows = {
  mount: partial(mount, 'types as /proc/filesystems lists them; options a file system does not know are EINVAL'),
  umount2: full(umount2),
  pivot_root: full(pivot),
  fsopen: partial(fsopen, 'no log of messages'),
  fsconfig: partial(fsconfig, 'FSCONFIG_SET_FLAG, SET_STRING, CMD_CREATE and CMD_RECONFIGURE'),
  fsmount: full(fsmount),
  open_tree: full(openTree),
  move_mount: partial(moveMount, 'no MOVE_MOUNT_SET_GROUP, no MOVE_MOUNT_BENEATH'),
} satisfies Rows;
