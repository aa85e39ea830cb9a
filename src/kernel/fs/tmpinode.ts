// Inodes of tmpfs: entries of directories and bytes of files in a store, or, until they change, those of a template.

import { PAGE_SIZE } from '../limits.ts';
import type { Task } from '../proc/task.ts';
import type { Timespec } from '../sched/clock.ts';
import type { Buf } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { dtype, S } from '../uapi/fcntl.ts';
import { type DirEntry, Inode } from './inode.ts';
import { memfs } from './memfs.ts';
import type { Data, Entries } from './store.ts';
import type { TmpSuper } from './tmpfs.ts';

/** What a name adds to the size of a directory that stat(2) shows. */
const DIRENT_BYTES = 20;

export class TmpInode extends Inode {
  declare readonly sb: TmpSuper;
  /** The template's inode whose content this one still shows. */
  readonly lower: TmpInode | undefined;
  #data: Data | undefined = undefined;
  #entries: Entries | undefined = undefined;
  #target: string | undefined = undefined;
  /** Names beyond the first that this superblock has paid for. */
  #extraNames = 0;

  constructor(
    sb: TmpSuper, ino: number, mode: number, uid: number, gid: number, now: Timespec,
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
    if (inode.nlink > 0) {
      this.sb.takeInode();
      (inode as TmpInode).#extraNames++;
    }
    this.#own().set(name, inode);
    inode.nlink++;
    inode.ctime = this.#changed();
  }

  override unlink(_task: Task, name: string, inode: Inode): void {
    this.#own().delete(name);
    (inode as TmpInode).#loseName();
    inode.ctime = this.#changed();
    if (inode.nlink === 0 && inode.opens === 0) inode.evict();
  }

  #loseName(): void {
    this.nlink--;
    if (this.#extraNames === 0) return;
    this.#extraNames--;
    this.sb.giveInode();
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
        } else (target as TmpInode).#loseName();
        target.ctime = to.#changed();
        if (target.nlink === 0 && target.opens === 0) target.evict();
      } else to.#changed();
    }
    inode.ctime = this.#changed();
  }

  override getattr(): void {
    if (this.isDir) this.size = DIRENT_BYTES * (2 + this.entryCount);
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
