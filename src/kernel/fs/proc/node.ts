// What procfs is made of: nodes in tables. A node is a file with a text, a directory or a link; a table lists them by
// name. Inodes are made at each lookup and have no state, so nothing of a dead process stays behind.

import type { Task } from '../../proc/task.ts';
import type { WaitQueue } from '../../sched/block.ts';
import type { Buf } from '../../syscall/buf.ts';
import { fromBytes, toBytes } from '../../bytes.ts';
import { dtype, O, S, SEEK } from '../../uapi/fcntl.ts';
import { POLL } from '../../uapi/poll.ts';
import { SysError } from '../../uapi/errno.ts';
import { OpenFile } from '../file.ts';
import { type Attrs, type DirEntry, Inode } from '../inode.ts';
import type { Path } from '../path.ts';
import type { ProcSuper } from './super.ts';

/** Where a node is: the file system, whose PID namespace gives the numbers, and the process it tells of, if any. */
export interface Context {
  readonly sb: ProcSuper;
  readonly target: Task | undefined;
}

/** A file whose content is made when it is read from its beginning. */
export interface FileNode {
  readonly kind: 'file';
  readonly mode: number;
  readonly read: (reader: Task, at: Context) => string;
  /** Takes what one write(2) brings. */
  readonly write?: (writer: Task, at: Context, text: string) => void;
  /** Woken when the content changes: poll(2) then answers POLLERR | POLLPRI. */
  readonly changed?: (at: Context) => { readonly queue: WaitQueue; readonly event: number };
  /** A sysctl: capabilities do not override its mode (sysctl_perm). */
  readonly sysctl?: true;
}

export interface LinkNode {
  readonly kind: 'link';
  readonly mode: number | ((at: Context) => number);
  readonly readlink: (reader: Task, at: Context) => string;
  /** A magic link leads to a place that no path needs to name. */
  readonly jump?: (reader: Task, at: Context) => Path;
}

export interface DirNode {
  readonly kind: 'dir';
  readonly mode: number;
  readonly table?: Table;
  /** Names that come and go; `serial` tells entries of one name apart in time. */
  readonly lookup?: (reader: Task, at: Context, name: string) => Found | undefined;
  readonly names?: (reader: Task, at: Context) => readonly string[];
  readonly sysctl?: true;
}

export interface Found {
  readonly node: Node;
  readonly context: Context;
  readonly ino: number;
}

export type Node = FileNode | LinkNode | DirNode;
export type Table = { readonly [name: string]: Node };

export const file = (read: FileNode['read'], mode = 0o444, more: Partial<FileNode> = {}): FileNode =>
  ({ kind: 'file', mode, read, ...more });
export const text = (content: string): FileNode => file(() => content);
export const link = (readlink: LinkNode['readlink'], jump?: LinkNode['jump'], mode = 0o777): LinkNode =>
  ({ kind: 'link', mode, readlink, ...(jump === undefined ? {} : { jump }) });
export const dir = (table: Table, mode = 0o555): DirNode => ({ kind: 'dir', mode, table });

const types = { file: S.IFREG, link: S.IFLNK, dir: S.IFDIR } as const;

export class ProcInode extends Inode {
  readonly node: Node;
  readonly context: Context;

  constructor(node: Node, context: Context, ino: number) {
    const owner = ownerOf(context.target);
    const mode = typeof node.mode === 'number' ? node.mode : (node as LinkNode & { mode(at: Context): number }).mode(context);
    super(context.sb, ino, types[node.kind] | mode, owner.uid, owner.gid, context.sb.kernel.clock.realtime());
    this.node = node;
    this.context = context;
    if (node.kind === 'dir') this.nlink = 2;
  }

  override lookup(task: Task, name: string): Inode | undefined {
    const { node, context } = this;
    if (node.kind !== 'dir') throw new SysError('ENOTDIR');
    const child = node.table === undefined || !Object.hasOwn(node.table, name) ? undefined : node.table[name];
    if (child !== undefined) return new ProcInode(child, context, this.ino * 64 + 1 + indexOf(node.table!, name));
    const found = node.lookup?.(task, context, name);
    if (found === undefined) throw new SysError('ENOENT');
    return new ProcInode(found.node, found.context, found.ino);
  }

  override entries(task: Task): readonly DirEntry[] {
    const { node, context } = this;
    if (node.kind !== 'dir') throw new SysError('ENOTDIR');
    const list: DirEntry[] = Object.entries(node.table ?? {}).map(([name, child], i) =>
      ({ name, ino: this.ino * 64 + 1 + i, type: dtype(types[child.kind]) }));
    for (const name of node.names?.(task, context) ?? []) {
      const found = node.lookup!(task, context, name);
      if (found !== undefined) list.push({ name, ino: found.ino, type: dtype(types[found.node.kind]) });
    }
    return list;
  }

  override create(): Inode {
    throw new SysError('ENOENT');
  }

  override readlink(task: Task): string {
    if (this.node.kind !== 'link') throw new SysError('EINVAL');
    return this.node.readlink(task, this.context);
  }

  override jump(task: Task): Path | undefined {
    return this.node.kind === 'link' ? this.node.jump?.(task, this.context) : undefined;
  }

  override permission(task: Task, mask: number): boolean | undefined {
    if (this.node.kind === 'link' || this.node.sysctl !== true) return undefined;
    const bits = task.cred.euid === 0 ? this.mode >> 6 : task.cred.egid === 0 ? this.mode >> 3 : this.mode;
    return (bits & mask) === mask;
  }

  /** Times may be set and are not kept; modes and owners are the kernel's. */
  override setattr(_task: Task, attrs: Attrs): void {
    if (attrs.mode !== undefined || attrs.uid !== undefined || attrs.gid !== undefined) throw new SysError('EPERM');
  }

  /** Writing a file of procfs may cut it, which changes nothing. */
  override truncate(): void {}

  override open(_task: Task, path: Path, flags: number): OpenFile | undefined {
    return this.node.kind === 'file' ? new ProcFile(this, this.node, path, flags) : undefined;
  }
}

/** An open file of procfs: its content as it was when it was read from the beginning (seq_file). */
class ProcFile extends OpenFile {
  readonly #node: FileNode;
  readonly #context: Context;
  #content: Uint8Array | undefined = undefined;
  #event: number;

  constructor(inode: ProcInode, node: FileNode, path: Path, flags: number) {
    if ((flags & O.ACCMODE) !== O.RDONLY && node.write === undefined) throw new SysError('EACCES');
    super(inode, path, flags);
    this.#node = node;
    this.#context = inode.context;
    this.#event = node.changed?.(inode.context).event ?? 0;
  }

  override read(task: Task, buf: Buf): number {
    const n = this.pread(task, buf, this.pos);
    this.pos += n;
    return n;
  }

  override pread(task: Task, buf: Buf, pos: number): number {
    if (pos === 0 || this.#content === undefined) {
      alive(this.#context);
      this.#content = toBytes(this.#node.read(task, this.#context));
    }
    const part = this.#content.subarray(pos, pos + buf.length);
    buf.write(0, part);
    return part.length;
  }

  override write(task: Task, buf: Buf): number {
    return this.pwrite(task, buf);
  }

  override pwrite(task: Task, buf: Buf): number {
    if (this.#node.write === undefined) throw new SysError('EIO');
    alive(this.#context);
    this.#node.write(task, this.#context, fromBytes(buf.read(0, Math.min(buf.length, 4096))));
    this.#content = undefined;
    return buf.length;
  }

  override seek(_task: Task, offset: number, whence: number): number {
    const base = whence === SEEK.SET ? 0 : whence === SEEK.CUR ? this.pos : NaN;
    const to = base + offset;
    if (!(to >= 0)) throw new SysError('EINVAL');
    this.pos = to;
    return to;
  }

  override truncate(): void {}

  override poll(): number {
    const now = this.#node.changed?.(this.#context).event ?? this.#event;
    const changed = now !== this.#event;
    this.#event = now;
    return POLL.IN | POLL.RDNORM | POLL.OUT | POLL.WRNORM | (changed ? POLL.ERR | POLL.PRI : 0);
  }

  override get queues(): readonly WaitQueue[] {
    const watched = this.#node.changed?.(this.#context);
    return watched === undefined ? [] : [watched.queue];
  }
}

/** The process that the context tells of; ESRCH when it is gone. */
export function targetOf(at: Context): Task {
  alive(at);
  return at.target!;
}

function alive(at: Context): void {
  if (at.target?.state === 'X') throw new SysError('ESRCH');
}

/** Files of a process belong to its effective ids, or to root where it may not be dumped. */
function ownerOf(target: Task | undefined): { uid: number; gid: number } {
  return target === undefined || target.dumpable !== 1
    ? { uid: 0, gid: 0 }
    : { uid: target.cred.euid, gid: target.cred.egid };
}

const indices = new WeakMap<Table, Map<string, number>>();

function indexOf(table: Table, name: string): number {
  let map = indices.get(table);
  if (map === undefined) {
    map = new Map(Object.keys(table).map((key, i) => [key, i]));
    indices.set(table, map);
  }
  return map.get(name)!;
}
