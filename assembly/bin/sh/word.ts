// Words into their parts. A word's expansions are parsed where they stand, down to the commands of a command
// substitution, so that running a word never parses anything again.

import { PARITH, PCMD, PLIT, PPARAM, PPROC, Part, Word } from './ast';
import { readBrace } from './brace';
import { Buf, isDelimiter, isDigit, isName, isNameStart } from './buf';
import { Chars } from './chars';
import { TextSource } from './input';
import { Lexer } from './lexer';
import { assigns, finish } from './literal';
import { parseAll, parseSubst } from './parser';
import { tooDeep } from './state';
import { lookup } from './vars';
import { escapeEnd, hexDigit, unescape } from '../../lib/text';
import { utf8 } from '../../sys/bytes';

/** How a word ends and what quotes mean in it. */
export const NORMAL = 0;
export const BRACE = 1; // ${x op word}: at `}`
export const PATTERN = 2; // ${x/pat/...}: at `/` or `}`
export const OFFSET = 3; // ${x:off:len}: at `:` or `}`
export const ARITH = 4; // at `))`
export const HERE = 5; // a here-document: at its end

/** Unfinished text, as a stack: each reader works above what it found. */
export const lit = new Buf();

export class Words extends Chars {
  /** Line on which the token began. */
  tokenLine: i32 = 0;

  /** Put the literal text gathered since `from` into the word. */
  private flush(w: Word, from: i32, quoted: bool): void {
    if (lit.length == from) return;
    const p = new Part(PLIT, quoted);
    p.text = lit.take(from);
    w.parts.push(p);
  }

  /** Read a word up to where `mode` ends it. `outer`: it stands in double quotes (or a here-document). */
  readWord(mode: i32, outer: bool): Word {
    const w = new Word();
    const from = lit.length;
    const opened = this.line;
    /** Is the text at `from` quoted. */
    let quoted = outer;
    let inner = false; // within double quotes that opened in this word
    let innerParts = 0; // and what there was before them
    let parens = 0;
    while (true) {
      let c = this.peek();
      if (c < 0) {
        if (inner) this.fail('unterminated quoted string');
        else if (mode == ARITH) this.fail("missing '))'");
        else if (mode != NORMAL && mode != HERE) this.fail(outer ? 'unterminated quoted string' : "missing '}'");
        break;
      }
      if (this.error != null) break;
      if (c == 92) {
        this.take();
        const d = this.peek();
        if (d == 10) {
          this.take();
          this.more = true;
          continue;
        }
        if (inner || outer) {
          const special = d == 36 || d == 96 || d == 92 || (d == 34 && mode != HERE)
            || (d == 125 && mode >= BRACE && mode <= OFFSET)
            || (d == 47 && mode == PATTERN);
          if (!quoted) this.flush(w, from, false);
          quoted = true;
          if (!special) {
            lit.push(92);
            continue;
          }
          lit.push(d);
          this.take();
          continue;
        }
        if (d < 0) {
          lit.push(92);
          continue;
        }
        w.quoted = true;
        if (!quoted) this.flush(w, from, false);
        quoted = true;
        lit.push(d);
        this.take();
        continue;
      }
      if (c == 36) {
        this.flush(w, from, quoted);
        quoted = inner || outer;
        this.take();
        this.readDollar(w, quoted);
        continue;
      }
      if (c == 96) {
        this.flush(w, from, quoted);
        quoted = inner || outer;
        this.take();
        this.readBackquote(w, quoted);
        continue;
      }
      if (c == 34 && mode != HERE) {
        this.take();
        if (mode == ARITH) continue;
        if (outer) {
          inner = !inner;
          continue;
        }
        w.quoted = true;
        this.flush(w, from, quoted);
        inner = !inner;
        this.quoting += inner ? 1 : -1;
        quoted = inner;
        if (inner) innerParts = w.parts.length;
        else if (w.parts.length == innerParts) w.parts.push(new Part(PLIT, true));
        continue;
      }
      if (!inner) {
        if (mode == NORMAL) {
          if ((c == 60 || c == 62) && this.peek2() == 40) {
            this.flush(w, from, quoted);
            quoted = false;
            this.take();
            this.take();
            this.readCommand(w, new Part(PPROC, false), c == 62);
            continue;
          }
          if (isDelimiter(c)) break;
        } else if (mode == ARITH) {
          if (c == 40) parens++;
          else if (c == 41) {
            if (parens > 0) parens--;
            else {
              this.take();
              if (this.joined() != 41) this.fail("missing '))'");
              else this.take();
              break;
            }
          }
        } else if (mode != HERE) {
          if (c == 125 || (c == 47 && mode == PATTERN) || (c == 58 && mode == OFFSET && parens == 0)) break;
          if (mode == OFFSET) {
            if (c == 40) parens++;
            else if (c == 41) parens--;
          }
        }
        if (c == 39 && !outer) {
          this.take();
          w.quoted = true;
          if (!quoted) this.flush(w, from, false);
          quoted = true;
          const start = lit.length;
          const parts = w.parts.length;
          this.quoting++;
          while (true) {
            c = this.take();
            if (c == 39) break;
            if (c < 0) {
              this.fail('unterminated quoted string');
              break;
            }
            if (c == 10) this.more = true;
            lit.push(c);
          }
          this.quoting--;
          if (lit.length == start && start == from && parts == w.parts.length) w.parts.push(new Part(PLIT, true));
          continue;
        }
      }
      const isQuoted = inner || outer;
      if (quoted != isQuoted) {
        this.flush(w, from, quoted);
        quoted = isQuoted;
      }
      this.take();
      if (c == 10) this.more = true;
      lit.push(c);
    }
    this.flush(w, from, quoted);
    if (opened != this.line && mode == NORMAL) this.tokenLine = opened;
    finish(w);
    return w;
  }

  /** $ was taken: the expansion that follows, or a dollar sign. */
  private readDollar(w: Word, quoted: bool): void {
    const c = this.joined();
    if (c == 40) {
      this.take();
      if (this.joined() == 40) {
        this.take();
        const p = new Part(PARITH, quoted);
        p.word = this.readWord(ARITH, true);
        if (!p.word!.pure || p.word!.literal == null || assigns(p.word!.literal as string)) w.pure = false;
        w.parts.push(p);
        return;
      }
      this.readCommand(w, new Part(PCMD, quoted), false);
      return;
    }
    if (c == 123) {
      this.take();
      if (tooDeep()) {
        this.fail('nested too deeply');
        return;
      }
      readBrace(this, w, quoted);
      return;
    }
    if (isNameStart(c)) {
      const p = new Part(PPARAM, quoted);
      this.readName(p);
      w.parts.push(p);
      return;
    }
    if (isDigit(c) || isSpecial(c)) {
      const p = new Part(PPARAM, quoted);
      this.take();
      special(p, c);
      w.parts.push(p);
      return;
    }
    if (c == 39 && !quoted) {
      this.take();
      this.readAnsi(w);
      return;
    }
    const p = new Part(PLIT, quoted);
    p.text = '$';
    w.parts.push(p);
  }

  /** The command of $( or <(, its parenthesis taken. */
  private readCommand(w: Word, p: Part, output: bool): void {
    if (tooDeep()) {
      this.fail('nested too deeply');
      return;
    }
    p.node = parseSubst(changetype<Lexer>(this));
    p.colon = output;
    w.parts.push(p);
    w.pure = false;
  }

  readName(p: Part): void {
    const from = lit.length;
    let c = this.joined();
    while (c >= 0 && isName(c)) {
      lit.push(c);
      this.take();
      c = this.joined();
    }
    p.text = lit.take(from);
    p.v = lookup(p.text);
  }

  /** A backquote was taken: the command up to the next one. */
  private readBackquote(w: Word, quoted: bool): void {
    const from = lit.length;
    const line = this.line;
    while (true) {
      let c = this.take();
      if (c == 96) break;
      if (c < 0) {
        this.fail('EOF in backquote substitution');
        lit.length = from;
        return;
      }
      if (c == 10) this.more = true;
      if (c == 92) {
        const d = this.peek();
        if (d == 10) {
          this.take();
          continue;
        }
        if (d == 92 || d == 96 || d == 36 || d == 34 && quoted) c = this.take();
      }
      lit.push(c);
    }
    const inner = new Lexer(new TextSource(lit.take(from)));
    inner.source.line = line;
    const p = new Part(PCMD, quoted);
    if (tooDeep()) inner.fail('nested too deeply');
    p.node = parseAll(inner);
    if (inner.error) this.fail(inner.error as string);
    w.parts.push(p);
    w.pure = false;
  }

  /** $' was taken: text with C's escapes. */
  private readAnsi(w: Word): void {
    const p = new Part(PLIT, true);
    const from = lit.length;
    w.quoted = true;
    while (true) {
      let c = this.take();
      if (c == 39) break;
      if (c < 0) {
        this.fail('unterminated quoted string');
        break;
      }
      if (c == 92) {
        c = this.peek();
        if (c == 39 || c == 34 || c == 63) {
          lit.push(this.take());
          continue;
        }
        if (c == 117 || c == 85) {
          this.take();
          let code = 0;
          let n = c == 117 ? 4 : 8;
          while (n-- > 0 && hexDigit(this.peek()) >= 0) code = code * 16 + hexDigit(this.take());
          lit.add(utf8(code));
          continue;
        }
        const s = this.text.substring(this.pos, min(this.pos + 3, this.text.length));
        c = unescape(s, 0);
        for (let n = escapeEnd; n > 0; n--) this.take();
        if (c == 0) continue;
      }
      lit.push(c);
    }
    p.text = lit.take(from);
    w.parts.push(p);
  }
}

export function isSpecial(c: i32): bool {
  return c == 64 || c == 42 || c == 35 || c == 63 || c == 45 || c == 36 || c == 33;
}

/** Name a special or positional parameter of one character. */
export function special(p: Part, c: i32): void {
  p.text = String.fromCharCode(c);
  p.special = c > 48 && c < 58 ? 48 - c : c;
}

/** A prompt or a trace prefix: text that is expanded as a here-document is, but whose backslashes stay. */
export function promptWord(s: string): Word {
  const lx = new Lexer(new TextSource(s.replaceAll('\\', '\\\\')));
  const w = lx.readWord(HERE, true);
  if (lx.error == null) return w;
  const plain = new Word();
  plain.value = s;
  plain.literal = s;
  return plain;
}
