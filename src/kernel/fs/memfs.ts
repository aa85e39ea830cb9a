// memfs as a store: the only file that knows it. Of its core we take Node, the bytes of a file, and Link, an entry of a
// directory; its Superblock is a path walk, and ours is path.ts. Inside all is 0777 and owned by nobody in particular:
// permissions, ids, times, special files and limits are the kernel's.

import { Link } from '@jsonjoy.com/fs-core/lib/Link.js';
import { Node } from '@jsonjoy.com/fs-core/lib/Node.js';
import { S } from '../uapi/fcntl.ts';
import type { Inode } from './inode.ts';
import type { Data, Entries, Store } from './store.ts';

/** A file's bytes. memfs stamps and announces every change; nobody listens, and times are the inode's. */
class FileNode extends Node {
  constructor(bytes?: Uint8Array) {
    super(0, S.IFREG | 0o777, 0, 0);
    if (bytes === undefined) return;
    const buf = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this['_setBuf'](Object.assign(buf, { copy: copyTo }) as never);
  }

  override touch(): void {}
}

const nothing: Uint8Array = new Uint8Array(0);

/** What Node.write asks of a Buffer: its length and `copy`. One is enough, since nothing is kept. */
const source = {
  bytes: nothing,
  length: 0,
  copy(target: Uint8Array, at: number): void {
    target.set(this.bytes, at);
  },
};

/** Buffer.copy, for bytes that came from outside. */
function copyTo(this: Uint8Array, target: Uint8Array, at: number, from: number, to: number): void {
  target.set(this.subarray(from, to), at);
}

class FileData implements Data {
  #node: FileNode;
  /** The node holds somebody else's bytes: a change copies them first. */
  #borrowed: boolean;

  constructor(bytes?: Uint8Array) {
    this.#node = new FileNode(bytes);
    this.#borrowed = bytes !== undefined;
  }

  #own(): void {
    if (!this.#borrowed) return;
    const bytes = this.view(0, this.size);
    this.#node = new FileNode();
    this.#borrowed = false;
    if (bytes.length > 0) this.write(0, bytes);
  }

  get size(): number {
    return this.#node.getSize();
  }

  view(pos: number, n: number): Uint8Array {
    const { buf } = this.#node;
    return new Uint8Array(buf.buffer, buf.byteOffset + pos, n);
  }

  write(pos: number, bytes: Uint8Array): void {
    this.#own();
    source.bytes = bytes;
    source.length = bytes.length;
    this.#node.write(source as never, 0, bytes.length, pos);
    source.bytes = nothing;
  }

  truncate(size: number): void {
    this.#own();
    this.#node.truncate(size);
  }
}

/** An inode as Link knows it: who it is for. */
interface EntryNode {
  readonly ino: number;
  readonly owner: Inode;
  mtime: unknown;
  isDirectory(): boolean;
}

/** An entry keeps its own name only: paths are built from dentries, so a rename never walks a subtree. */
class EntryLink extends Link {
  override syncSteps(): void {}

  override getName(): string {
    return this.name!;
  }
}

class DirEntries implements Entries {
  readonly #link: EntryLink;

  constructor() {
    this.#link = new EntryLink(undefined as never, undefined as never, '');
    this.#link.setNode(nodeFor(undefined as never) as never);
  }

  get size(): number {
    return this.#link.length;
  }

  get(name: string): Inode | undefined {
    const link = this.#link.children.get(name);
    return link === undefined ? undefined : (link.getNode() as unknown as EntryNode).owner;
  }

  set(name: string, inode: Inode): void {
    const old = this.#link.children.get(name);
    if (old !== undefined) {
      old.setNode(nodeFor(inode) as never);
      return;
    }
    const link = new EntryLink(undefined as never, this.#link, name);
    link.setNode(nodeFor(inode) as never);
    this.#link.setChild(name, link);
  }

  delete(name: string): void {
    const link = this.#link.children.get(name);
    if (link !== undefined) this.#link.deleteChild(link);
  }

  *[Symbol.iterator](): Generator<readonly [string, Inode]> {
    for (const [name, link] of this.#link.children) {
      yield [name, (link!.getNode() as unknown as EntryNode).owner];
    }
  }
}

/** Link counts of directories are the kernel's, so no entry is one to memfs: it would add `.` and `..`. */
function nodeFor(owner: Inode): EntryNode {
  return { ino: owner?.ino ?? 0, owner, mtime: undefined, isDirectory: no };
}

const no = (): boolean => false;

export const memfs: Store = {
  data: (bytes) => new FileData(bytes),
  entries: () => new DirEntries(),
};
