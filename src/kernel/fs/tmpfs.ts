// tmpfs(5): files in memory, limited by size= and nr_inodes=. A superblock may be made from a template: it then has the
// template's whole tree at once, and its own copies of what it changes, inode by inode; container roots start so.

import { charge, type Cgroup, fits, uncharge } from '../cgroup/cgroup.ts';
import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE } from '../limits.ts';
import type { UserNamespace } from '../ns/user.ts';
import type { Task } from '../proc/task.ts';
import type { Buf } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { dtype, S } from '../uapi/fcntl.ts';
import { MAGIC } from '../uapi/mount.ts';
import { Dentry } from './dentry.ts';
import { type DirEntry, Inode } from './inode.ts';
import { memfs } from './memfs.ts';
import type { Data, Entries } from './store.ts';
import { type FsType, parseOptions, parseSize, type StatFs, SuperBlock } from './super.ts';

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
    if (this.usedInodes >= this.inodesMax || !this.#charge(INODE_BYTES)) throw new SysError('ENOSPC');
    this.usedInodes++;
    const inode = new TmpInode(this, ++this.#ino, mode, uid, gid, this.kernel.clock.realtime(), undefined);
    inode.rdev = rdev;
    return inode;
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
    if (inode.lower !== undefined) {
      this.#adopted!.delete(inode.ino);
      return;
    }
    this.usedInodes--;
    this.#uncharge(INODE_BYTES);
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

export class TmpInode extends Inode {
  declare readonly sb: TmpSuper;
  /** The template's inode whose content this one still shows. */
  readonly lower: TmpInode | undefined;
  #data: Data | undefined = undefined;
  #entries: Entries | undefined = undefined;
  #target: string | undefined = undefined;

  constructor(
    sb: TmpSuper, ino: number, mode: number, uid: number, gid: number, now: { sec: number; nsec: number },
    lower: TmpInode | undefined,
  ) {
    super(sb, ino, mode, uid, gid, now);
    this.lower = lower;
    if (this.isDir && lower === undefined) this.nlink = 2;
  }

  // Directories.

  override lookup(_task: Task | undefined, name: string): TmpInode | undefined {
    if (this.#entries !== undefined) return this.#entries.get(name) as TmpInode | undefined;
    const below = this.lower?.lookup(undefined, name);
    return below === undefined ? undefined : this.sb.adopt(below);
  }

  override entries(_task?: Task): readonly DirEntry[] {
    const list: DirEntry[] = [];
    if (this.#entries === undefined) return this.lower?.entries() ?? list;
    for (const [name, inode] of this.#entries) list.push({ name, ino: inode.ino, type: dtype(inode.mode) });
    return list;
  }

  /** The entries as this superblock's own, to be changed. */
  #own(): Entries {
    if (this.#entries !== undefined) return this.#entries;
    const entries = memfs.entries();
    if (this.lower !== undefined) {
      for (const { name } of this.lower.entries()) entries.set(name, this.lookup(undefined, name)!);
    }
    this.#entries = entries;
    return entries;
  }

  override create(task: Task, name: string, mode: number, rdev: number): Inode {
    return this.add(name, mode, task.cred.fsuid, this.#groupFor(task), rdev);
  }

  /** A new entry with ids given: also how images are filled. */
  add(name: string, mode: number, uid: number, gid: number, rdev = 0): TmpInode {
    // A new directory inherits the group rule; a file only the group.
    const type = mode & S.IFMT;
    const bits = type === S.IFDIR && (this.mode & S.ISGID) !== 0 ? mode | S.ISGID : mode;
    const inode = this.sb.create(bits, uid, gid, rdev);
    this.#own().set(name, inode);
    if (type === S.IFDIR) this.nlink++;
    this.#changed();
    return inode;
  }

  #groupFor(task: Task): number {
    return (this.mode & S.ISGID) !== 0 ? this.gid : task.cred.fsgid;
  }

  override tmpfile(task: Task, mode: number): Inode {
    const inode = this.sb.create(mode, task.cred.fsuid, this.#groupFor(task), 0);
    inode.nlink = 0;
    return inode;
  }

  override symlink(task: Task, name: string, target: string): Inode {
    return this.addLink(name, target, task.cred.fsuid, this.#groupFor(task));
  }

  addLink(name: string, target: string, uid: number, gid: number): TmpInode {
    const inode = this.add(name, S.IFLNK | 0o777, uid, gid);
    inode.#target = target;
    inode.size = target.length;
    return inode;
  }

  override link(_task: Task | undefined, name: string, inode: Inode): void {
    this.#own().set(name, inode);
    inode.nlink++;
    inode.ctime = this.#changed();
  }

  override unlink(_task: Task, name: string, inode: Inode): void {
    this.#own().delete(name);
    inode.nlink--;
    inode.ctime = this.#changed();
    if (inode.nlink === 0 && inode.opens === 0) inode.evict();
  }

  override rmdir(_task: Task, name: string, inode: Inode): void {
    if ((inode as TmpInode).entryCount > 0) throw new SysError('ENOTEMPTY');
    this.#own().delete(name);
    this.nlink--;
    inode.nlink = 0;
    inode.ctime = this.#changed();
    if (inode.opens === 0) inode.evict();
  }

  /** Entries of a directory. */
  get entryCount(): number {
    return this.#entries?.size ?? this.lower?.entryCount ?? 0;
  }

  override rename(
    _task: Task, name: string, inode: Inode, dir: Inode, newName: string, target: Inode | undefined, exchange: boolean,
  ): void {
    const to = dir as TmpInode;
    if (exchange) {
      this.#own().set(name, target!);
      to.#own().set(newName, inode);
      if (inode.isDir !== target!.isDir) {
        this.nlink += target!.isDir ? 1 : -1;
        to.nlink += inode.isDir ? 1 : -1;
      }
      target!.ctime = to.#changed();
    } else {
      if (target?.isDir === true && (target as TmpInode).entryCount > 0) throw new SysError('ENOTEMPTY');
      const entries = to.#own();
      this.#own().delete(name);
      // Replacing keeps the place in the order of the directory: a reader sees the name once.
      entries.set(newName, inode);
      if (inode.isDir) {
        this.nlink--;
        to.nlink++;
      }
      if (target !== undefined) {
        if (target.isDir) {
          to.nlink--;
          target.nlink = 0;
        } else target.nlink--;
        target.ctime = to.#changed();
        if (target.nlink === 0 && target.opens === 0) target.evict();
      } else to.#changed();
    }
    inode.ctime = this.#changed();
  }

  #changed() {
    const now = this.sb.kernel.clock.realtime();
    this.mtime = now;
    this.ctime = now;
    this.version++;
    return now;
  }

  override readlink(): string {
    return this.#target ?? this.lower!.readlink();
  }

  // Content. `size` may be beyond what is stored: the rest reads as zeros.

  get #content(): Data | undefined {
    return this.#data ?? (this.lower === undefined ? undefined : this.lower.#content);
  }

  override readAt(_task: Task, buf: Buf, at: number, n: number, pos: number): number {
    const count = Math.min(n, this.size - pos);
    if (count <= 0) return 0;
    const data = this.#content;
    const stored = Math.min(count, Math.max(0, (data?.size ?? 0) - pos));
    if (stored > 0) buf.write(at, data!.view(pos, stored));
    for (let done = stored; done < count; done += zeros.length) {
      buf.write(at + done, count - done >= zeros.length ? zeros : zeros.subarray(0, count - done));
    }
    return count;
  }

  override writeAt(_task: Task, buf: Buf, at: number, n: number, pos: number): number {
    let count = n;
    const data = this.#ownData();
    const end = pos + count;
    if (end > data.size) {
      const have = pages(data.size);
      const { sb } = this;
      const free = sb.sizePages - sb.usedPages;
      // As much as fits: a write that crosses the limit is cut short, one that begins behind it fails.
      const want = Math.min(pages(end), have + free);
      count = Math.min(count, want * PAGE_SIZE - pos);
      if (count <= 0) throw new SysError('ENOSPC');
      if (want > have) sb.takePages(want - have);
    }
    data.write(pos, buf.read(at, count));
    if (pos + count > this.size) this.size = pos + count;
    this.#modified();
    return count;
  }

  override truncate(_task: Task | undefined, length: number): void {
    const data = this.#ownData();
    if (length < data.size) {
      const freed = pages(data.size) - pages(length);
      data.truncate(length);
      if (freed > 0) this.sb.givePages(freed);
    }
    this.size = length;
    this.#modified();
  }

  override allocate(_task: Task, at: number, n: number, keepSize: boolean): void {
    const end = at + n;
    const data = this.#ownData();
    const more = pages(end) - pages(data.size);
    if (more > 0) this.sb.takePages(more);
    if (end > data.size) data.truncate(end);
    if (!keepSize && end > this.size) this.size = end;
    this.#modified();
  }

  override punch(_task: Task, at: number, n: number): void {
    const data = this.#ownData();
    const end = Math.min(at + n, data.size);
    for (let pos = at; pos < end; pos += zeros.length) data.write(pos, zeros.subarray(0, Math.min(zeros.length, end - pos)));
    this.#modified();
  }

  /** Fill a file of an image: `bytes` is kept, and copied only when somebody writes. */
  fill(bytes: Uint8Array): void {
    this.sb.takePages(pages(bytes.length));
    this.#data = memfs.data(bytes);
    this.size = bytes.length;
    this.version++;
  }

  override contentKey(): string {
    return this.#data === undefined && this.lower !== undefined ? this.lower.contentKey() : super.contentKey();
  }

  override get storedBytes(): number {
    return this.isRegular ? pages(this.#content?.size ?? 0) * PAGE_SIZE : 0;
  }

  #ownData(): Data {
    if (this.#data !== undefined) return this.#data;
    const data = memfs.data();
    const below = this.#content;
    if (below !== undefined && below.size > 0) {
      this.sb.takePages(pages(below.size));
      data.write(0, below.view(0, below.size));
    }
    this.#data = data;
    return data;
  }

  #modified(): void {
    const now = this.sb.kernel.clock.realtime();
    this.mtime = now;
    this.ctime = now;
    this.version++;
  }

  override evict(): void {
    if (this.#data !== undefined) this.sb.givePages(pages(this.#data.size));
    this.#data = undefined;
    this.#entries = undefined;
    this.sb.forget(this);
  }
}

const zeros = new Uint8Array(65536);
const pages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);

function parseTmp(kernel: Kernel, task: Task | undefined, data: string, now?: TmpSuper): TmpOptions {
  const memory = kernel.machine.memoryBytes;
  let sizeBytes = now === undefined ? memory / 2 : now.sizePages * PAGE_SIZE;
  let inodesMax = now === undefined ? Math.min(kernel.machine.inodesMax, memory / PAGE_SIZE / 2) : now.inodesMax;
  let mode = 0o1777;
  let uid = task?.cred.fsuid ?? 0;
  let gid = task?.cred.fsgid ?? 0;
  let shown = '';
  let template: TmpSuper | undefined;
  const user = task?.nsproxy.user;
  for (const [key, value] of parseOptions(data)) {
    switch (key) {
      case 'size': {
        sizeBytes = parseSize(value, memory);
        if (sizeBytes === 0) sizeBytes = memory;
        shown += `,size=${Math.ceil(sizeBytes / 1024)}k`;
        break;
      }
      case 'nr_blocks': sizeBytes = parseSize(value, 0) * PAGE_SIZE; break;
      case 'nr_inodes': {
        inodesMax = parseSize(value, 0) || kernel.machine.inodesMax;
        shown += `,nr_inodes=${inodesMax}`;
        break;
      }
      case 'mode': {
        if (value === undefined || !/^[0-7]+$/.test(value)) throw new SysError('EINVAL', 'mount', `bad mode ${value ?? ''}`);
        mode = Number.parseInt(value, 8) & 0o7777;
        shown += `,mode=${mode.toString(8).padStart(3, '0')}`;
        break;
      }
      case 'uid': uid = idOption(value, (id) => user === undefined ? id : user.uidOut(id)); shown += `,uid=${uid}`; break;
      case 'gid': gid = idOption(value, (id) => user === undefined ? id : user.gidOut(id)); shown += `,gid=${gid}`; break;
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
  return { sizeBytes, inodesMax, mode, uid, gid, shown, ...(template === undefined ? {} : { template }) };
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
