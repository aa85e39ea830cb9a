// devpts(5): the slaves of pseudoterminals. Every mount is an instance of its own, with its own ptmx and numbers from 0.

import type { Kernel } from '../kernel.ts';
import type { UserNamespace } from '../ns/user.ts';
import type { Task } from '../proc/task.ts';
import { Pty } from '../tty/pty.ts';
import { SysError } from '../uapi/errno.ts';
import { makedev, S } from '../uapi/fcntl.ts';
import { MAGIC } from '../uapi/mount.ts';
import { Dentry } from './dentry.ts';
import type { Opener } from './file.ts';
import { type DirEntry, Inode } from './inode.ts';
import { Path, topmost } from './path.ts';
import { type FsType, parseOptions, SuperBlock } from './super.ts';

/** Major number of slaves. */
const PTS_MAJOR = 136;
export const PTMX = makedev(5, 2);
/** Inode numbers: root 1, ptmx 2, slave N is N + 3. */
const ROOT_INO = 1;
const PTMX_INO = 2;
const FIRST_INO = 3;

/** A slave, whose opener is its pty's. */
export class PtsInode extends Inode {
  readonly index: number;
  readonly opener: Opener;

  constructor(sb: PtsSuper, index: number, opener: Opener, uid: number, gid: number) {
    super(sb, index + FIRST_INO, S.IFCHR | sb.mode, uid, gid, sb.kernel.clock.realtime());
    this.rdev = makedev(PTS_MAJOR, index);
    this.index = index;
    this.opener = opener;
  }

  override open(task: Task, path: Path, flags: number) {
    // Its name may be gone while a path to it is not.
    if (this.nlink === 0) throw new SysError('EIO');
    return this.opener(task, this, path, flags);
  }
}

class PtsRoot extends Inode {
  declare readonly sb: PtsSuper;

  override lookup(_task: Task, name: string): Inode | undefined {
    if (name === 'ptmx') return this.sb.ptmx;
    return /^(0|[1-9]\d*)$/.test(name) ? this.sb.slaves[Number(name)] : undefined;
  }

  override entries(): readonly DirEntry[] {
    const list: DirEntry[] = [{ name: 'ptmx', ino: PTMX_INO, type: S.IFCHR >> 12 }];
    for (const slave of this.sb.slaves) {
      if (slave !== undefined) list.push({ name: `${slave.index}`, ino: slave.ino, type: S.IFCHR >> 12 });
    }
    return list;
  }
}

class PtmxInode extends Inode {}

export class PtsSuper extends SuperBlock {
  readonly magic = MAGIC.DEVPTS;
  // Slaves come and go without anybody's unlink.
  override readonly cached = false;
  readonly root: Dentry;
  readonly ptmx: Inode;
  readonly slaves: (PtsInode | undefined)[] = [];
  readonly mode: number;
  readonly #max: number;
  readonly #uid: number | undefined;
  readonly #gid: number | undefined;
  readonly #shown: string;

  constructor(kernel: Kernel, flags: number, data: string, userNs: UserNamespace) {
    super(kernel, devpts, flags, userNs);
    const { mode, ptmxmode, max, uid, gid } = parse(data, userNs);
    this.mode = mode;
    this.#max = max;
    this.#uid = uid;
    this.#gid = gid;
    this.#shown = `${uid === undefined ? '' : `,uid=${uid}`}${gid === undefined ? '' : `,gid=${gid}`}` +
      `,mode=${octal(mode)},ptmxmode=${octal(ptmxmode)}`;
    const now = kernel.clock.realtime();
    const owner = { uid: userNs.uidOut(0), gid: userNs.gidOut(0) };
    this.root = new Dentry('/', undefined, new PtsRoot(this, ROOT_INO, S.IFDIR | 0o755, owner.uid, owner.gid, now));
    this.root.inode.nlink = 2;
    this.ptmx = new PtmxInode(this, PTMX_INO, S.IFCHR | ptmxmode, owner.uid, owner.gid, now);
    this.ptmx.rdev = PTMX;
  }

  /** The lowest number that is free. Throws ENOSPC. */
  lowest(): number {
    let index = 0;
    while (this.slaves[index] !== undefined) index++;
    if (index >= this.#max) throw new SysError('ENOSPC');
    return index;
  }

  /** A new pty's slave gets its node, owned by whoever opened ptmx. */
  add(task: Task, index: number, opener: Opener): PtsInode {
    const { fsuid, fsgid } = task.cred;
    const node = new PtsInode(this, index, opener, this.#uid ?? fsuid, this.#gid ?? fsgid);
    this.slaves[index] = node;
    return node;
  }

  remove(index: number): void {
    const node = this.slaves[index];
    if (node !== undefined) node.nlink = 0;
    this.slaves[index] = undefined;
  }

  override options(): string {
    return this.#shown;
  }
}

/** The instance that an opened ptmx belongs to: its own file system, or the one mounted on `pts` beside it. */
export function instanceOf(task: Task, path: Path): { sb: PtsSuper; root: Path } {
  const { mount, dentry } = path;
  if (mount.sb instanceof PtsSuper) return { sb: mount.sb, root: new Path(mount, mount.sb.root) };
  const beside = dentry.parent.lookup(task, 'pts');
  const at = beside === undefined ? undefined : topmost(mount, beside);
  if (at === undefined || !(at.mount.sb instanceof PtsSuper)) throw new SysError('ENODEV');
  return { sb: at.mount.sb, root: at };
}

interface PtsOptions {
  readonly mode: number;
  readonly ptmxmode: number;
  readonly max: number;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

function parse(data: string, user: UserNamespace): PtsOptions {
  const known = { mode: 0o600, ptmxmode: 0, max: 1048576, uid: undefined as number | undefined, gid: undefined as number | undefined };
  for (const [key, value = ''] of parseOptions(data)) {
    const bad = () => new SysError('EINVAL', 'mount', `${key}=${value}`);
    switch (key) {
      case 'newinstance': break;
      case 'mode': case 'ptmxmode': {
        if (!/^[0-7]+$/.test(value)) throw bad();
        known[key] = Number.parseInt(value, 8) & 0o777;
        break;
      }
      case 'max': case 'uid': case 'gid': {
        if (!/^\d+$/.test(value)) throw bad();
        const n = Number(value);
        known[key] = key === 'uid' ? user.uidOut(n) : key === 'gid' ? user.gidOut(n) : n;
        if (known[key] === -1) throw bad();
        break;
      }
      default: throw bad();
    }
  }
  return known;
}

const octal = (mode: number): string => mode.toString(8).padStart(3, '0');

export const devpts: FsType = {
  name: 'devpts', nodev: true, userns: true,
  mount: (task, _source, flags, data) => new PtsSuper(task.kernel, flags, data, task.nsproxy.user),
};

/** Open of ptmx: a new pair; the opener holds the master. */
export const openPtmx: Opener = (task, inode, path, flags) => {
  const { sb, root } = instanceOf(task, path);
  const index = sb.lowest();
  const pty = new Pty(task.kernel, index, () => sb.remove(index));
  const node = sb.add(task, index, (by, slave, at, how) => pty.openSlave(by, slave, at, how));
  pty.slavePath = new Path(root.mount, root.dentry.instantiate(`${index}`, node));
  return pty.openMaster(task, inode, path, flags);
};
