// nsfs: the files that namespaces are (namespaces(7)). What a link in /proc/PID/ns leads to can be opened, given to
// setns(2), asked by ioctl_ns(2) and bind-mounted, and keeps the namespace alive.

import type { Kernel } from '../kernel.ts';
import { kinds } from '../ns/kind.ts';
import type { Namespace } from '../ns/namespace.ts';
import type { PidNamespace } from '../ns/pid.ts';
import type { UserNamespace } from '../ns/user.ts';
import type { Task } from '../proc/task.ts';
import type { Ptr } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { O, S } from '../uapi/fcntl.ts';
import { MAGIC } from '../uapi/mount.ts';
import { encode } from '../uapi/struct.ts';
import { IOCTL } from '../uapi/termios.ts';
import { Dentry } from './dentry.ts';
import { OpenFile } from './file.ts';
import { Inode } from './inode.ts';
import { Mount } from './mount.ts';
import { Path } from './path.ts';
import { type FsType, SuperBlock } from './super.ts';

const nsfs: FsType = {
  name: 'nsfs', nodev: true, userns: false,
  mount() {
    throw new SysError('EINVAL', 'mount');
  },
};

class NsSuper extends SuperBlock {
  readonly magic = MAGIC.NSFS;
  readonly root: Dentry;
  readonly mount: Mount;

  constructor(kernel: Kernel) {
    super(kernel, nsfs);
    this.root = new Dentry('/', undefined, new NsRoot(this, 1, S.IFDIR | 0o500, 0, 0, kernel.clock.realtime()));
    this.mount = new Mount(this, this.root, 'nsfs', 0);
    this.mount.count++;
  }
}

class NsRoot extends Inode {}

class NsInode extends Inode {
  readonly namespace: Namespace;

  constructor(sb: NsSuper, namespace: Namespace) {
    super(sb, namespace.inum, S.IFREG | 0o444, 0, 0, sb.kernel.clock.realtime());
    this.namespace = namespace;
  }

  override open(_task: Task, path: Path, flags: number): OpenFile {
    if ((flags & O.ACCMODE) !== O.RDONLY) throw new SysError('EPERM', 'open');
    return new NsFile(this, path, flags);
  }

  /** A bind mount of the file keeps the namespace alive. */
  override busy(): void {
    this.namespace.get();
  }

  override idle(): void {
    this.namespace.put();
  }

  override setattr(): void {
    throw new SysError('EPERM');
  }
}

/** An open namespace. */
export class NsFile extends OpenFile {
  readonly namespace: Namespace;

  constructor(inode: NsInode, path: Path, flags: number) {
    super(inode, path, flags);
    this.namespace = inode.namespace.get();
  }

  override ioctl(task: Task, request: number, arg: Ptr): number {
    const { namespace } = this;
    switch (request) {
      case IOCTL.NS_GET_USERNS: return openNamespace(task, visible(task, namespace.owner));
      case IOCTL.NS_GET_PARENT: return openNamespace(task, parentOf(task, namespace));
      case IOCTL.NS_GET_NSTYPE: return kinds.find((kind) => kind.name === namespace.kind)!.flag;
      case IOCTL.NS_GET_OWNER_UID: {
        if (namespace.kind !== 'user') throw new SysError('EINVAL', 'ioctl');
        const uid = task.nsproxy.user.uidShown((namespace as UserNamespace).ownerUid);
        arg.buf(4).write(0, encode('int', { value: uid }));
        return 0;
      }
      default: throw new SysError('ENOTTY', 'ioctl');
    }
  }

  override release(): void {
    this.namespace.put();
  }
}

const supers = new WeakMap<Kernel, NsSuper>();

/** The place of a namespace's file: every kernel has one nsfs, mounted nowhere. */
export function namespacePath(kernel: Kernel, namespace: Namespace): Path {
  let sb = supers.get(kernel);
  if (sb === undefined) {
    sb = new NsSuper(kernel);
    supers.set(kernel, sb);
  }
  return new Path(sb.mount, new Dentry(namespace.link, undefined, new NsInode(sb, namespace)));
}

function openNamespace(task: Task, namespace: Namespace): number {
  const path = namespacePath(task.kernel, namespace);
  return task.files.install(task, new NsFile(path.inode as NsInode, path, O.RDONLY), true);
}

/** Only what the caller's own user namespace contains may be learnt. */
function visible(task: Task, owner: UserNamespace | undefined): UserNamespace {
  if (owner === undefined || !task.nsproxy.user.contains(owner)) throw new SysError('EPERM', 'ioctl');
  return owner;
}

function parentOf(task: Task, namespace: Namespace): Namespace {
  if (namespace.kind === 'user') return visible(task, (namespace as UserNamespace).parent);
  if (namespace.kind !== 'pid') throw new SysError('EINVAL', 'ioctl');
  const { parent } = namespace as PidNamespace;
  if (parent === undefined || !task.nsproxy.pid.contains(parent)) throw new SysError('EPERM', 'ioctl');
  return parent;
}
