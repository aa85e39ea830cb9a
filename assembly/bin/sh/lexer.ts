// Characters into tokens, and words into their parts. A word's expansions are parsed where they stand, down to the
// commands of a command substitution, so that running a word never parses anything again.

import {
  PARITH, PCMD, PLIT, PPARAM, PPROC, Part, RAPPEND, RBOTH, RCLOBBER, RDUP, RHERE, RIN, ROUT, RRDWR, Redir, VASSIGN,
  VLENGTH, VMINUS, VNORMAL, VPLUS, VQUESTION, VREPLACE, VREPLACEALL, VSUBSTR, VTRIMLEFT, VTRIMLEFTMAX, VTRIMRIGHT,
  VTRIMRIGHTMAX, Word,
} from './ast';
import { Alias } from './alias';
import { Buf, at, isBlank, isDigit, isName, isNameStart, number } from './buf';
import { Source, TextSource } from './input';
import { tooDeep } from './state';
import { lookup } from './vars';
import { parseAll, parseSubst } from './parser';
import { escapeEnd, hexDigit, unescape } from '../../lib/text';
import { utf8 } from '../../sys/bytes';

export const TEOF = 0;
export const TNL = 1;
export const TSEMI = 2;
export const TBACK = 3; // &
export const TAND = 4; // &&
export const TOR = 5; // ||
export const TPIPE = 6;
export const TLP = 7;
export const TRP = 8;
export const TDSEMI = 9; // ;;
export const TREDIR = 10;
export const TWORD = 11;
// From here on reserved words.
export const TNOT = 12;
export const TCASE = 13;
export const TDO = 14;
export const TDONE = 15;
export const TELIF = 16;
export const TELSE = 17;
export const TESAC = 18;
export const TFI = 19;
export const TFOR = 20;
export const TFUNCTION = 21;
export const TIF = 22;
export const TIN = 23;
export const TTHEN = 24;
export const TUNTIL = 25;
export const TWHILE = 26;
export const TBEGIN = 27; // {
export const TEND = 28; // }

export const tokenText: string[] = [
  'end of file', 'newline', '";"', '"&"', '"&&"', '"||"', '"|"', '"("', '")"', '";;"', 'redirection', 'word', '"!"',
  '"case"', '"do"', '"done"', '"elif"', '"else"', '"esac"', '"fi"', '"for"', '"function"', '"if"', '"in"', '"then"',
  '"until"', '"while"', '"{"', '"}"',
];

/** How a word ends and what quotes mean in it. */
const NORMAL = 0;
const BRACE = 1; // ${x op word}: at `}`
const PATTERN = 2; // ${x/pat/...}: at `/` or `}`
const OFFSET = 3; // ${x:off:len}: at `:` or `}`
const ARITH = 4; // at `))`
const HERE = 5; // a here-document: at its end

class Frame {
  constructor(public text: string, public pos: i32, public alias: Alias | null) {}
}

const lit = new Buf();

export class Lexer {
  /** The first syntax error; the lexer then only gives TEOF. */
  error: string | null = null;
  /** The word of a TWORD, the redirection (without its target) of a TREDIR. */
  word: Word = new Word();
  redir: Redir | null = null;
  /** Line on which the token began. */
  tokenLine: i32 = 0;
  /** An alias ended in a blank, so the next word may be an alias too. */
  aliasNext: bool = false;
  /** In the middle of a command: a person is shown PS2. */
  more: bool = false;
  here: Redir[] = [];
  source: Source;

  private text: string = '';
  private pos: i32 = 0;
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
    this.here = [];
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
      if (quote == 0 && (isBlank(c) || c == 10 || c == 59 || c == 38 || c == 124 || c == 60 || c == 62 || c == 40 || c == 41)) break;
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
          const special = d == 36 || d == 96 || d == 92 || (d == 34 && mode != HERE) || (d == 125 && mode >= BRACE && mode <= OFFSET)
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
          if (c == 32 || c == 10 || c == 9 || c == 59 || c == 38 || c == 124 || c == 60 || c == 62 || c == 40 || c == 41) break;
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
      this.readBrace(w, quoted);
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
    p.node = parseSubst(this);
    p.colon = output;
    w.parts.push(p);
    w.pure = false;
  }

  private readName(p: Part): void {
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

  /** After `${`. */
  private readBrace(w: Word, quoted: bool): void {
    const p = new Part(PPARAM, quoted);
    w.parts.push(p);
    let c = this.joined();
    let length = false;
    let count = false;
    if (c == 35) {
      // ${#x} is a length, ${#} and ${#op...} are about $#.
      this.take();
      c = this.joined();
      if (isName(c) || c == 64 || c == 42 || c == 33 || c == 36) length = true;
      else if (c == 35 || c == 63 || c == 45) length = this.peek2() == 125;
      else if (c == 61) {
        this.fail('bad substitution');
        return;
      }
      count = !length;
    }
    if (count) special(p, 35);
    else if (isNameStart(c)) {
      this.readName(p);
    } else if (isDigit(c)) {
      let n = 0;
      while (isDigit(c)) {
        n = min(n * 10 + c - 48, 100000000);
        this.take();
        c = this.joined();
      }
      p.text = n.toString();
      p.special = n == 0 ? 48 : -n;
    } else if (isSpecial(c)) {
      this.take();
      special(p, c);
    } else {
      this.fail(c < 0 ? "missing '}'" : 'bad substitution');
      return;
    }
    c = this.joined();
    if (length) {
      p.op = VLENGTH;
      if (c != 125) {
        this.fail(c < 0 ? "missing '}'" : 'bad substitution');
        return;
      }
      this.take();
      return;
    }
    if (c == 125) {
      this.take();
      p.op = VNORMAL;
      return;
    }
    if (c == 58) {
      this.take();
      p.colon = true;
      c = this.joined();
    }
    switch (c) {
      case 45:
        p.op = VMINUS;
        break;
      case 43:
        p.op = VPLUS;
        break;
      case 61:
        p.op = VASSIGN;
        w.pure = false;
        break;
      case 63:
        p.op = VQUESTION;
        w.pure = false;
        break;
      case 37:
        p.op = VTRIMRIGHT;
        break;
      case 35:
        p.op = VTRIMLEFT;
        break;
      case 47:
        p.op = VREPLACE;
        break;
      default:
        if (!p.colon || c == 125 || c < 0) {
          this.fail(c < 0 || p.colon ? "missing '}'" : 'bad substitution');
          return;
        }
        p.op = VSUBSTR;
    }
    if (p.op >= VTRIMRIGHT && p.op != VSUBSTR && p.colon) {
      this.fail('bad substitution');
      return;
    }
    if (p.op != VSUBSTR) {
      this.take();
      if (p.op >= VTRIMRIGHT && this.joined() == c) {
        this.take();
        p.op++;
      }
    }
    switch (p.op) {
      case VSUBSTR:
        p.word = this.readWord(OFFSET, true);
        if (this.peek() == 58) {
          this.take();
          p.word2 = this.readWord(BRACE, true);
        }
        w.pure = false;
        break;
      case VREPLACE:
      case VREPLACEALL:
        if (this.peek() == 47) {
          // The first character is the pattern's, also if it is a slash.
          this.take();
          p.word = this.readWord(PATTERN, false);
          prefix(p.word as Word, '/');
        } else p.word = this.readWord(PATTERN, false);
        if (this.peek() == 47) {
          this.take();
          p.word2 = this.readWord(BRACE, false);
        }
        break;
      case VTRIMLEFT:
      case VTRIMLEFTMAX:
      case VTRIMRIGHT:
      case VTRIMRIGHTMAX:
        p.word = this.readWord(BRACE, false);
        break;
      default:
        p.word = this.readWord(BRACE, quoted);
    }
    if (p.word && !p.word!.pure || p.word2 && !p.word2!.pure) w.pure = false;
    if (this.error == null) this.take();
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

function isSpecial(c: i32): bool {
  return c == 64 || c == 42 || c == 35 || c == 63 || c == 45 || c == 36 || c == 33;
}

/** Name a special or positional parameter of one character. */
function special(p: Part, c: i32): void {
  p.text = String.fromCharCode(c);
  p.special = c > 48 && c < 58 ? 48 - c : c;
}

/** A word of fixed text. */
export function literalWord(s: string): Word {
  const w = new Word();
  const p = new Part(PLIT, true);
  p.text = s;
  w.parts.push(p);
  w.value = s;
  w.literal = s;
  return w;
}

/** Put quoted text before a word. */
function prefix(w: Word, s: string): void {
  const p = new Part(PLIT, true);
  p.text = s;
  w.parts.unshift(p);
  w.value = null;
  w.literal = null;
  finish(w);
}

/** May an arithmetic expression change a variable. */
function assigns(s: string): bool {
  for (let i = 0; i < s.length; i++) {
    const c = at(s, i);
    if (c == 43 || c == 45) {
      if (i + 1 < s.length && at(s, i + 1) == c) return true;
    } else if (c == 61) {
      const d = i > 0 ? at(s, i - 1) : 0;
      const e = i + 1 < s.length ? at(s, i + 1) : 0;
      if (e == 61) i++;
      else if (d != 33 && d != 60 && d != 62) return true;
      else if (i > 1 && (d == 60 || d == 62) && at(s, i - 2) == d) return true;
    } else if (isNameStart(c) || c == 47 || c == 37) {
      // A variable may hold an expression with a side effect, or bad text; a division may fail.
      return true;
    }
  }
  return false;
}

/** Fill in what can be known of a word before it is run. */
function finish(w: Word): void {
  const parts = w.parts;
  let all = true;
  let plain = true;
  let bracket = false;
  for (let i = 0; i < parts.length; i++) {
    const p = parts[i];
    if (p.kind != PLIT) {
      all = false;
      break;
    }
    if (!p.quoted) {
      const s = p.text;
      for (let j = 0; j < s.length; j++) {
        const c = at(s, j);
        if (c == 91) bracket = true;
        if (c == 42 || c == 63 || c == 126 || c == 93 && bracket) plain = false;
      }
    }
  }
  if (parts.length > 0 && parts[0].kind == PLIT && !parts[0].quoted) {
    const s = parts[0].text;
    let n = 0;
    if (isNameStart(at(s, 0))) {
      while (n < s.length && isName(at(s, n))) n++;
      if (n < s.length && at(s, n) == 61) w.assign = n;
    }
  }
  if (!all) return;
  let text = '';
  for (let i = 0; i < parts.length; i++) text = i == 0 ? parts[0].text : text + parts[i].text;
  w.literal = text;
  if (plain && parts.length > 0) w.value = text;
}

/** The word of a parsed assignment: what stands after the `=`. */
export function afterAssign(w: Word): Word {
  const v = new Word();
  const p0 = w.parts[0];
  const rest = p0.text.substring(w.assign + 1);
  if (rest.length > 0 || w.parts.length == 1) {
    const p = new Part(PLIT, false);
    p.text = rest;
    v.parts.push(p);
  }
  for (let i = 1; i < w.parts.length; i++) v.parts.push(w.parts[i]);
  v.quoted = w.quoted;
  v.pure = w.pure;
  finish(v);
  v.assign = 0;
  return v;
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
