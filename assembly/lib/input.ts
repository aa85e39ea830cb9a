// Input by lines over a descriptor, with the bytes kept as they are.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import { text } from '../sys/bytes';
import { Bytes } from './text';

/** Reads ahead into a buffer of its own. */
export class Reader {
  private at: usize;
  private from: i32 = 0;
  private end: i32 = 0;
  private eof: bool = false;
  /** The error that ended the input, 0 if it simply ended. */
  error: i32 = 0;
  /** Did the last line of `next` end with its terminator. */
  ended: bool = false;
  private size: i32;

  constructor(public fd: i32, size: i32 = 16384) {
    this.size = size;
    this.at = heap.alloc(size);
  }

  private fill(): bool {
    if (this.eof) return false;
    const got = fs.readInto(this.fd, this.at, this.size);
    this.from = 0;
    this.end = max(got, 0);
    if (got <= 0) {
      this.eof = true;
      if (got < 0) this.error = got;
      return false;
    }
    return true;
  }

  /** The next line without its terminator; null at the end. */
  next(delimiter: i32 = 10): string | null {
    let long: Bytes | null = null;
    this.ended = false;
    while (this.from < this.end || this.fill()) {
      const start = this.from;
      let i = start;
      const end = this.end;
      const at = this.at;
      while (i < end && load<u8>(at + i) != <u8>delimiter) i++;
      const part = text(at + start, i - start);
      if (i < end) {
        this.from = i + 1;
        this.ended = true;
        if (!long) return part;
        long.add(part);
        return long.toString();
      }
      this.from = end;
      if (!long) long = new Bytes(part.length * 2);
      long.add(part);
    }
    return long ? long.toString() : null;
  }

  /** The next byte; -1 at the end. */
  byte(): i32 {
    if (this.from == this.end && !this.fill()) return -1;
    return load<u8>(this.at + this.from++);
  }

  /** The byte that `byte` would give. */
  peek(): i32 {
    if (this.from == this.end && !this.fill()) return -1;
    return load<u8>(this.at + this.from);
  }

  /** Is there nothing more (looks ahead). */
  atEnd(): bool {
    return this.from == this.end && !this.fill();
  }

  /** At most `n` bytes as text; '' at the end. */
  take(n: i32): string {
    const b = new Bytes(n < 65536 ? n : 65536);
    while (b.length < n) {
      if (this.from == this.end && !this.fill()) break;
      const m = min(n - b.length, this.end - this.from);
      b.add(text(this.at + this.from, m));
      this.from += m;
    }
    return b.toString();
  }

  free(): void {
    heap.free(this.at);
    if (this.fd > 2) fs.close(this.fd);
  }
}

/** Open a file for reading; `-` is standard input. The descriptor or the error. */
export function openInput(path: string): i32 {
  return path == '-' ? 0 : fs.open(path, linux.O_RDONLY | linux.O_CLOEXEC);
}
