// What a file system in memory needs of a store: bytes of files and entries of directories. memfs gives it (memfs.ts).
// A store keeps no names' rules, ids, times or limits: those are the file system's.

import type { Inode } from './inode.ts';

/** The bytes of one file. Bounds and charges are checked before they grow. */
export interface Data {
  /** Bytes that are there; behind them a file reads as zeros. */
  readonly size: number;
  /** The bytes [pos, pos+n), which must be there: a view, good until the next write. */
  view(pos: number, n: number): Uint8Array;
  /** Write at `pos`; a gap is filled with zeros. */
  write(pos: number, bytes: Uint8Array): void;
  truncate(size: number): void;
}

/** The entries of one directory, in the order they were made. */
export interface Entries {
  readonly size: number;
  get(name: string): Inode | undefined;
  set(name: string, inode: Inode): void;
  delete(name: string): void;
  [Symbol.iterator](): Iterator<readonly [name: string, inode: Inode]>;
}

export interface Store {
  /** An empty file, or one over `bytes`, which the store may keep but never writes to. */
  data(bytes?: Uint8Array): Data;
  entries(): Entries;
}
