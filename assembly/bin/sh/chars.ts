// The characters that a parser reads: lines of a source, and the text of aliases in between.

import { Alias } from './alias';
import { at, isBlank } from './buf';
import { Source } from './input';

class Frame {
  constructor(public text: string, public pos: i32, public alias: Alias | null) {}
}

export class Chars {
  /** The first syntax error; the lexer then only gives TEOF. */
  error: string | null = null;
  /** An alias ended in a blank, so the next word may be an alias too. */
  aliasNext: bool = false;
  /** In the middle of a command: a person is shown PS2. */
  more: bool = false;
  source: Source;

  protected text: string = '';
  protected pos: i32 = 0;
  private alias: Alias | null = null;
  private frames: Frame[] = [];
  /** A character that stands between an alias's text and what follows. */
  private space: bool = false;
  /** Inside quotes, where such a character would be text. */
  quoting: i32 = 0;
  private atEnd: bool = false;

  constructor(source: Source) {
    this.source = source;
  }

  fail(text: string): void {
    if (this.error == null) this.error = text;
  }

  get line(): i32 {
    return this.source.line;
  }

  /** Nothing is left to read: what was parsed last was the end of the script. */
  get ended(): bool {
    return this.source.ended && this.frames.length == 0 && this.pos >= this.text.length;
  }

  /** Forget the rest of the line, after an error or an interrupt at a terminal. */
  reset(): void {
    this.error = null;
    this.text = '';
    this.pos = 0;
    this.atEnd = false;
    while (this.frames.length > 0) this.popFrame();
    this.text = '';
    this.pos = 0;
    this.aliasNext = false;
    this.more = false;
    this.quoting = 0;
  }

  /** Read the text of an alias before the rest. */
  pushAlias(alias: Alias): void {
    this.frames.push(new Frame(this.text, this.pos, this.alias));
    alias.busy = true;
    this.alias = alias;
    this.text = alias.value;
    this.pos = 0;
    this.space = false;
  }

  private popFrame(): void {
    const alias = this.alias;
    if (alias) {
      alias.busy = false;
      const n = alias.value.length;
      if (n > 0 && isBlank(at(alias.value, n - 1))) this.aliasNext = true;
    }
    const f = this.frames.pop();
    this.text = f.text;
    this.pos = f.pos;
    this.alias = f.alias;
  }

  /** The next character without taking it, -1 at the end. */
  // @ts-ignore: decorator
  @inline
  peek(): i32 {
    return this.pos < this.text.length ? at(this.text, this.pos) : this.refill();
  }

  private refill(): i32 {
    while (true) {
      if (this.pos < this.text.length) return at(this.text, this.pos);
      if (this.frames.length > 0) {
        // One virtual blank ends the alias's last word; the alias stays busy until it was read.
        const n = this.text.length;
        if (!this.space && this.quoting == 0 && n > 0 && !isBlank(at(this.text, n - 1)) && at(this.text, n - 1) != 10) {
          this.space = true;
          this.text = ' ';
          this.pos = 0;
          return 32;
        }
        this.space = false;
        this.popFrame();
        continue;
      }
      if (this.atEnd) return -1;
      const s = this.source.next(this.more);
      if (s == null) {
        this.atEnd = true;
        return -1;
      }
      this.text = s as string;
      this.pos = 0;
    }
  }

  take(): i32 {
    const c = this.peek();
    if (c < 0) return c;
    this.pos++;
    if (c == 10 && this.frames.length == 0) this.source.line++;
    return c;
  }

  /** The character after the next one. */
  peek2(): i32 {
    this.peek();
    return this.pos + 1 < this.text.length ? at(this.text, this.pos + 1) : -1;
  }

  /** The next character, past any backslash-newline. */
  joined(): i32 {
    let c = this.peek();
    while (c == 92 && this.peek2() == 10) {
      this.take();
      this.take();
      this.more = true;
      c = this.peek();
    }
    return c;
  }
}
