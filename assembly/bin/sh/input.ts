// Where a parser's text comes from: a string, a file, or a person. A source hands out whole lines, so that the lexer
// may look one character past a backslash.

import * as fs from '../../sys/fs';
import { readInto } from '../../sys/fs';
import { SEEK_CUR } from '../../sys/linux';
import { text } from '../../sys/bytes';
import { tell } from './message';
import { sh } from './state';

export class Source {
  /** Line of the next character. */
  line: i32 = 1;
  /** Reads from a terminal with a prompt. */
  prompting: bool = false;
  /** The next piece of input, ending after a newline or at the end of the input; null at the end. */
  next(more: bool): string | null {
    return null;
  }
  /** Nothing is left (known without reading). */
  get ended(): bool {
    return false;
  }
  close(): void {}
}

export class TextSource extends Source {
  private given: bool = false;
  constructor(private body: string) {
    super();
  }

  next(more: bool): string | null {
    if (this.given) return null;
    this.given = true;
    const s = this.body;
    this.body = '';
    if (sh.vflag && s.length > 0) tell(s);
    return s.length > 0 ? s : null;
  }

  get ended(): bool {
    return this.given;
  }
}

const BLOCK = 4096;

/** The scripts that are being read: their descriptors are the shell's own. */
export const files: FileSource[] = [];

/** A script that has its descriptor to itself is read in blocks. */
export class FileSource extends Source {
  private rest: string = '';
  private from: i32 = 0;
  private done: bool = false;
  constructor(public fd: i32) {
    super();
    files.push(this);
  }

  next(more: bool): string | null {
    while (true) {
      const n = this.rest.indexOf('\n', this.from);
      if (n >= 0) return this.cut(n + 1);
      if (this.done) return this.from < this.rest.length ? this.cut(this.rest.length) : null;
      const at = heap.alloc(BLOCK);
      const got = readInto(this.fd, at, BLOCK);
      if (got <= 0) this.done = true;
      else this.rest = this.rest.substring(this.from) + text(at, got);
      if (got > 0) this.from = 0;
      heap.free(at);
    }
  }

  private cut(to: i32): string {
    const s = this.rest.substring(this.from, to);
    this.from = to;
    if (sh.vflag) tell(s);
    return s;
  }

  close(): void {
    const i = files.indexOf(this);
    if (i >= 0) files.splice(i, 1);
    fs.close(this.fd);
  }
}

/** Standard input is shared with the commands: not a byte beyond the line is taken. */
export class StdinSource extends Source {
  private done: bool = false;

  next(more: bool): string | null {
    if (this.done) return null;
    const size = 1024;
    const at = heap.alloc(size);
    let line = '';
    // A file is read in blocks and the offset put back; a pipe or a terminal byte by byte.
    const seekable = fs.lseek(0, 0, SEEK_CUR) >= 0;
    while (true) {
      let n = 0;
      if (seekable) {
        const got = readInto(0, at, size);
        while (n < got && load<u8>(at + n) != 10) n++;
        if (n < got) n++;
        if (got > n) fs.lseek(0, n - got, SEEK_CUR);
        if (got <= 0) this.done = true;
      } else {
        for (; n < size; n++) {
          const got = readInto(0, at + n, 1);
          if (got <= 0) {
            this.done = true;
            break;
          }
          if (load<u8>(at + n) == 10) {
            n++;
            break;
          }
        }
      }
      line += text(at, n);
      if (this.done || n > 0 && load<u8>(at + n - 1) == 10) break;
    }
    heap.free(at);
    if (sh.vflag && line.length > 0) tell(line);
    return line.length > 0 ? line : null;
  }
}
