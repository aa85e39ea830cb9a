// tmpfs(5): files in memory, limited by size= and nr_inodes=. A superblock may be made from a template: it then has the
// template's whole tree at once, and its own copies of what it changes, inode by inode; container roots start so.

import { charge, type Cgroup, fits, uncharge } from '../cgroup/cgroup.ts';
import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE } from '../limits.ts';
import type { UserNamespace } from '../ns/user.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { S } from '../uapi/fcntl.ts';
import { MAGIC } from '../uapi/mount.ts';
import { Dentry } from './dentry.ts';
import { type FsType, parseOptions, parseSize, type StatFs, SuperBlock } from './super.ts';
import { TmpInode } from './tmpinode.ts';

export { TmpInode };

/** What an inode costs beside its content. */
const INODE_BYTES = 1024;
/** s_maxbytes. */
export const FILE_BYTES_MAX = Number.MAX_SAFE_INTEGER;

export interface TmpOptions {
  readonly sizeBytes: number;
  readonly inodesMax: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** What it begins as; the tree's own mode and ids then hold. */
  readonly template?: TmpSuper;
  /** The options as /proc/mounts shows them. */
  readonly shown: string;
}

export class TmpSuper extends SuperBlock {
  readonly root: Dentry;
  readonly magic = MAGIC.TMPFS;
  /** Pays for what is stored; a template is paid for by nobody. */
  readonly payer: Cgroup | undefined;
  sizePages: number;
  inodesMax: number;
  usedPages = 0;
  usedInodes = 0;
  #shown: string;
  #ino: number;
  /** Inodes of the template that this superblock has its own record of, by number. */
  readonly #adopted: Map<number, TmpInode> | undefined;
  #chargedBytes = 0;

  constructor(
    kernel: Kernel, type: FsType, options: TmpOptions, flags: number, userNs?: UserNamespace, payer?: Cgroup,
    template?: TmpSuper,
  ) {
    super(kernel, type, flags, userNs);
    this.payer = payer;
    this.sizePages = Math.ceil(options.sizeBytes / PAGE_SIZE);
    this.inodesMax = options.inodesMax;
    this.#shown = options.shown;
    this.#ino = template?.lastIno ?? 0;
    this.#adopted = template === undefined ? undefined : new Map();
    const root = template === undefined
      ? this.create(S.IFDIR | options.mode, options.uid, options.gid, 0)
      : this.adopt(template.root.inode as TmpInode);
    this.root = new Dentry('/', undefined, root);
  }

  get lastIno(): number {
    return this.#ino;
  }

  create(mode: number, uid: number, gid: number, rdev: number): TmpInode {
    this.takeInode();
    const inode = new TmpInode(this, ++this.#ino, mode, uid, gid, this.kernel.clock.realtime(), undefined);
    inode.rdev = rdev;
    return inode;
  }

  /** An inode or one more name for one: both count against nr_inodes. Throws ENOSPC. */
  takeInode(): void {
    if (this.usedInodes >= this.inodesMax || !this.#charge(INODE_BYTES)) throw new SysError('ENOSPC');
    this.usedInodes++;
  }

  giveInode(): void {
    this.usedInodes--;
    this.#uncharge(INODE_BYTES);
  }

  /** The record of a template's inode in this superblock. */
  adopt(lower: TmpInode): TmpInode {
    const known = this.#adopted!.get(lower.ino);
    if (known !== undefined) return known;
    const inode = new TmpInode(this, lower.ino, lower.mode, lower.uid, lower.gid, lower.ctime, lower);
    inode.nlink = lower.nlink;
    inode.rdev = lower.rdev;
    inode.size = lower.size;
    inode.mtime = lower.mtime;
    inode.atime = lower.atime;
    this.#adopted!.set(lower.ino, inode);
    return inode;
  }

  /** An inode is no more. */
  forget(inode: TmpInode): void {
    if (inode.lower === undefined) this.giveInode();
    else this.#adopted!.delete(inode.ino);
  }

  /** Take pages from size= and from the payer. Throws ENOSPC, with nothing taken. */
  takePages(pages: number): void {
    if (this.usedPages + pages > this.sizePages || !this.#charge(pages * PAGE_SIZE)) throw new SysError('ENOSPC');
    this.usedPages += pages;
  }

  givePages(pages: number): void {
    this.usedPages -= pages;
    this.#uncharge(pages * PAGE_SIZE);
  }

  #charge(bytes: number): boolean {
    if (this.payer !== undefined) {
      if (!fits(this.payer, bytes)) return false;
      charge(this.payer, bytes);
    }
    this.#chargedBytes += bytes;
    return true;
  }

  #uncharge(bytes: number): void {
    this.#chargedBytes -= bytes;
    if (this.payer !== undefined) uncharge(this.payer, bytes);
  }

  override options(): string {
    return this.#shown;
  }

  override statfs(): StatFs {
    const bfree = this.sizePages - this.usedPages;
    return { blocks: this.sizePages, bfree, files: this.inodesMax, ffree: this.inodesMax - this.usedInodes };
  }

  override remount(task: Task, flags: number, data: string): void {
    const options = parseTmp(task.kernel, task, data, this);
    if (Math.ceil(options.sizeBytes / PAGE_SIZE) < this.usedPages || options.inodesMax < this.usedInodes) {
      throw new SysError('EINVAL', 'mount', 'smaller than what is in use');
    }
    this.sizePages = Math.ceil(options.sizeBytes / PAGE_SIZE);
    this.inodesMax = options.inodesMax;
    if (data !== '') this.#shown = options.shown;
    super.remount(task, flags, data);
  }

  override kill(): void {
    if (this.payer !== undefined) uncharge(this.payer, this.#chargedBytes);
    this.#chargedBytes = 0;
  }
}

function parseTmp(kernel: Kernel, task: Task | undefined, data: string, now?: TmpSuper): TmpOptions {
  const memory = kernel.machine.memoryBytes;
  let sizeBytes = now === undefined ? memory / 2 : now.sizePages * PAGE_SIZE;
  let inodesMax = now === undefined ? Math.min(kernel.machine.inodesMax, memory / PAGE_SIZE / 2) : now.inodesMax;
  let mode = 0o1777;
  let uid = task?.cred.fsuid ?? 0;
  let gid = task?.cred.fsgid ?? 0;
  const shown = { size: '', nr_inodes: '', mode: '', uid: '', gid: '' };
  let template: TmpSuper | undefined;
  const user = task?.nsproxy.user;
  for (const [key, value] of parseOptions(data)) {
    switch (key) {
      case 'size': {
        sizeBytes = parseSize(value, memory);
        if (sizeBytes === 0) sizeBytes = memory;
        shown.size = `,size=${Math.ceil(sizeBytes / 1024)}k`;
        break;
      }
      case 'nr_blocks': sizeBytes = parseSize(value, 0) * PAGE_SIZE; break;
      case 'nr_inodes': {
        inodesMax = parseSize(value, 0) || kernel.machine.inodesMax;
        shown.nr_inodes = `,nr_inodes=${inodesMax}`;
        break;
      }
      case 'mode': {
        if (value === undefined || !/^[0-7]+$/.test(value)) throw new SysError('EINVAL', 'mount', `bad mode ${value ?? ''}`);
        mode = Number.parseInt(value, 8) & 0o7777;
        if (mode !== 0o1777) shown.mode = `,mode=${mode.toString(8).padStart(3, '0')}`;
        break;
      }
      case 'uid': {
        uid = idOption(value, (id) => user === undefined ? id : user.uidOut(id));
        if (uid !== 0) shown.uid = `,uid=${uid}`;
        break;
      }
      case 'gid': {
        gid = idOption(value, (id) => user === undefined ? id : user.gidOut(id));
        if (gid !== 0) shown.gid = `,gid=${gid}`;
        break;
      }
      case 'template': {
        // Not Linux's: how the runtime makes a container's root without copying an image.
        template = kernel.templates.get(value ?? '');
        if (template === undefined || task !== kernel.init) throw new SysError('EINVAL', 'mount', `no template ${value ?? ''}`);
        break;
      }
      case 'huge': case 'mpol': case 'inode32': case 'inode64': case 'noswap': case 'usrquota': case 'grpquota': break;
      default: throw new SysError('EINVAL', 'mount', `unknown option ${key}`);
    }
  }
  const text = `${Object.values(shown).join('')},inode64`;
  return { sizeBytes, inodesMax, mode, uid, gid, shown: text, ...(template === undefined ? {} : { template }) };
}

function idOption(value: string | undefined, out: (id: number) => number): number {
  const id = /^\d+$/.test(value ?? '') ? out(Number(value)) : -1;
  if (id === -1) throw new SysError('EINVAL', 'mount', `bad id ${value ?? ''}`);
  return id;
}

export const tmpfs: FsType = {
  name: 'tmpfs', nodev: true, userns: true,
  mount(task, _source, flags, data) {
    const { kernel } = task;
    const options = parseTmp(kernel, task, data);
    return new TmpSuper(kernel, tmpfs, options, flags, task.nsproxy.user, task.cgroup, options.template);
  },
};

/** A tmpfs outside any mount: an image to be filled, or a copy of one for a container's root. */
export function makeTmpfs(kernel: Kernel, data: string, template?: TmpSuper, payer?: Cgroup): TmpSuper {
  return new TmpSuper(kernel, tmpfs, parseTmp(kernel, undefined, data), 0, undefined, payer, template);
}
