// Characters into tokens: operators, redirections, words, and the here-documents that follow a line.

import { PLIT, Part, RAPPEND, RBOTH, RCLOBBER, RDUP, RHERE, RIN, ROUT, RRDWR, Redir, Word } from './ast';
import { isBlank, isDelimiter, number } from './buf';
import { TextSource } from './input';
import { TAND, TBACK, TDSEMI, TEOF, TLP, TNL, TOR, TPIPE, TREDIR, TRP, TSEMI, TWORD } from './token';
import { HERE, NORMAL, Words, lit } from './word';

export class Lexer extends Words {
  /** The word of a TWORD, the redirection (without its target) of a TREDIR. */
  word: Word = new Word();
  redir: Redir | null = null;
  /** Here-documents whose bodies begin after this line. */
  here: Redir[] = [];

  reset(): void {
    super.reset();
    this.here = [];
  }

  /** Read one token. */
  next(): i32 {
    if (this.error != null) return TEOF;
    let c: i32;
    while (true) {
      c = this.joined();
      if (c == 32 || c == 9) {
        this.take();
      } else if (c == 35) {
        while (c != 10 && c >= 0) {
          this.take();
          c = this.peek();
        }
      } else break;
    }
    this.tokenLine = this.line;
    switch (c) {
      case -1:
        if (this.here.length > 0) this.readHere();
        return TEOF;
      case 10:
        this.take();
        if (this.here.length > 0) this.readHere();
        return TNL;
      case 59:
        this.take();
        if (this.joined() != 59) return TSEMI;
        this.take();
        return TDSEMI;
      case 38:
        this.take();
        c = this.joined();
        if (c == 38) {
          this.take();
          return TAND;
        }
        if (c == 62) {
          this.take();
          this.redir = new Redir(RBOTH, 1, new Word());
          return TREDIR;
        }
        return TBACK;
      case 124:
        this.take();
        if (this.joined() != 124) return TPIPE;
        this.take();
        return TOR;
      case 40:
        this.take();
        return TLP;
      case 41:
        this.take();
        return TRP;
      case 60:
      case 62:
        if (this.peek2() != 40) return this.readRedir(-1);
    }
    const w = this.readWord(NORMAL, false);
    if (this.error != null) return TEOF;
    const s = w.literal;
    if (s && !w.quoted) {
      c = this.peek();
      if ((c == 60 || c == 62) && s.length < 9 && this.peek2() != 40) {
        const fd = number(s);
        if (fd >= 0) return this.readRedir(fd);
      }
    }
    this.word = w;
    return TWORD;
  }

  private readRedir(fd: i32): i32 {
    let kind: i32;
    if (this.take() == 60) {
      if (fd < 0) fd = 0;
      kind = RIN;
      switch (this.joined()) {
        case 60:
          this.take();
          kind = RHERE;
          break;
        case 38:
          this.take();
          kind = RDUP;
          break;
        case 62:
          this.take();
          kind = RRDWR;
          break;
      }
    } else {
      if (fd < 0) fd = 1;
      kind = ROUT;
      switch (this.joined()) {
        case 62:
          this.take();
          kind = RAPPEND;
          break;
        case 38:
          this.take();
          kind = RDUP;
          break;
        case 124:
          this.take();
          kind = RCLOBBER;
          break;
      }
    }
    const r = new Redir(kind, fd, new Word());
    if (kind == RHERE && this.joined() == 45) {
      this.take();
      r.strip = true;
    }
    this.redir = r;
    return TREDIR;
  }

  /** The delimiter of a here-document, as it is written but for its quotes; false if there is none. */
  readDelimiter(r: Redir): bool {
    let c = this.joined();
    while (isBlank(c)) {
      this.take();
      c = this.joined();
    }
    const from = lit.length;
    let any = false;
    let quote = 0;
    while (c >= 0) {
      if (quote == 0 && isDelimiter(c)) break;
      any = true;
      this.take();
      if (c == quote) quote = 0;
      else if (quote == 0 && (c == 39 || c == 34)) {
        quote = c;
        r.quoted = true;
      } else if (c == 92 && quote != 39) {
        r.quoted = true;
        const d = this.take();
        if (d == 10) {
          c = this.peek();
          continue;
        }
        if (quote == 34 && d != 92 && d != 34 && d != 36 && d != 96) lit.push(92);
        if (d >= 0) lit.push(d);
      } else {
        lit.push(c);
        // A command in backquotes may hold blanks; ash takes it for a quotation.
        if (c == 96 && quote == 0) {
          quote = 96;
          r.quoted = true;
        }
      }
      c = this.peek();
      if (quote == 96 && c == 96) {
        lit.push(this.take());
        quote = 0;
        c = this.peek();
      }
    }
    if (quote == 39 || quote == 34) this.fail('unterminated quoted string');
    r.delim = lit.take(from);
    return any && this.error == null;
  }

  /** Read the bodies of the here-documents that the line asked for. */
  private readHere(): void {
    const list = this.here;
    this.here = [];
    const more = this.more;
    this.more = true;
    for (let i = 0; i < list.length; i++) {
      const r = list[i];
      const from = lit.length;
      const line = this.line;
      while (true) {
        const start = lit.length;
        if (r.strip) while (this.peek() == 9) this.take();
        // A line, with those that backslashes join to it where the document is expanded.
        let c = this.take();
        while (c != 10 && c >= 0) {
          if (c == 92 && !r.quoted) {
            const d = this.take();
            if (d == 10) {
              c = this.take();
              continue;
            }
            lit.push(92);
            if (d < 0) break;
            c = d;
          }
          lit.push(c);
          c = this.take();
        }
        if (c < 0 && lit.length == start) break;
        const s = lit.slice(start, lit.length);
        if (s == r.delim) {
          lit.length = start;
          break;
        }
        if (c < 0) break;
        lit.push(10);
      }
      const body = lit.take(from);
      if (r.quoted) {
        const w = new Word();
        const p = new Part(PLIT, true);
        p.text = body;
        w.parts.push(p);
        w.value = body;
        w.literal = body;
        r.word = w;
      } else {
        const inner = new Lexer(new TextSource(body));
        inner.source.line = line;
        r.word = inner.readWord(HERE, true);
        if (inner.error) this.fail(inner.error as string);
      }
    }
    this.more = more;
  }
}
