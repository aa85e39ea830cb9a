// Tokens into commands: the grammar of the shell (POSIX XCU 2.10) by recursive descent. An error is kept in the lexer,
// whose tokens then end, so that every function below simply returns.

import {
  Assign, CaseItem, NAND, NASYNC, NCASE, NFOR, NFUNC, NGROUP, NIF, NLIST, NNOT, NOR, NPIPE, NSIMPLE, NSUBSHELL, NUNTIL,
  NWHILE, Node, RDUP, RHERE, RIN, Redir, Word,
} from './ast';
import * as aliases from './alias';
import { at, goodName, isDigit } from './buf';
import { Source } from './input';
import { Lexer } from './lexer';
import { afterAssign, literalWord } from './literal';
import {
  TAND, TBACK, TBEGIN, TCASE, TDO, TDONE, TDSEMI, TELIF, TELSE, TEND, TEOF, TESAC, TFI, TFOR, TFUNCTION, TIF, TIN, TLP,
  TNL, TNOT, TOR, TPIPE, TREDIR, TRP, TSEMI, TTHEN, TUNTIL, TWHILE, TWORD, keyword, tokenText,
} from './token';
import { isSpecialBuiltin } from './builtin';
import { tooDeep } from './state';
import { lookup } from './vars';

/** What a token may be where it is looked at. */
const PLAIN = 0;
const KEYWORD = 1;
const ALIAS = 2;
const COMMAND = 3;

export class Parser {
  lexer: Lexer;
  /** The token that was looked at, -1 if none. */
  private tok: i32 = -1;
  private word: Word = new Word();
  private line: i32 = 0;
  /** The input is at its end. */
  eof: bool = false;

  constructor(lexer: Lexer) {
    this.lexer = lexer;
  }

  get error(): string | null {
    return this.lexer.error;
  }

  /** One complete command: null for an empty line, at the end (`eof`) and on an error. */
  command(): Node | null {
    const lx = this.lexer;
    lx.more = false;
    const t = this.look(COMMAND);
    if (t == TEOF) {
      this.eof = true;
      return null;
    }
    if (t == TNL) {
      this.tok = -1;
      return null;
    }
    lx.more = true;
    const n = this.list(false);
    if (lx.error != null) return null;
    const end = this.look(KEYWORD);
    if (end == TNL) this.tok = -1;
    else if (end != TEOF) this.unexpected(-1);
    if (end == TEOF && lx.here.length > 0) lx.next();
    lx.more = false;
    return lx.error == null ? n : null;
  }

  reset(): void {
    this.tok = -1;
    this.eof = false;
    this.lexer.reset();
  }

  /** A list that `)` ends, for `$(`. */
  substitution(): Node | null {
    const n = this.list(true);
    if (this.lexer.error == null && this.lookPast(COMMAND) != TRP) this.unexpected(TRP);
    return n;
  }

  /** A list that the end of the input ends. */
  whole(): Node | null {
    const n = this.list(true);
    if (this.lexer.error == null && this.lookPast(COMMAND) != TEOF) this.unexpected(-1);
    return n;
  }

  /** The next token, seen as `mode` allows. */
  private look(mode: i32): i32 {
    const lx = this.lexer;
    while (true) {
      if (this.tok < 0) {
        this.tok = lx.next();
        this.line = lx.tokenLine;
        if (this.tok == TWORD) this.word = lx.word;
      }
      const t = this.tok;
      if (t != TWORD) {
        if (t != TNL || lx.aliasNext) lx.aliasNext = false;
        return t;
      }
      const w = this.word;
      const s = w.literal;
      if (s == null || w.quoted) {
        lx.aliasNext = false;
        return t;
      }
      if (mode & KEYWORD) {
        const k = keyword(s as string);
        if (k >= 0) {
          lx.aliasNext = false;
          return k;
        }
      }
      if (mode & ALIAS || lx.aliasNext) {
        lx.aliasNext = false;
        const a = aliases.find(s as string);
        if (a && !a.busy) {
          // What an alias says may be an alias again, also where only a blank before made it one.
          lx.aliasNext = (mode & ALIAS) == 0;
          lx.pushAlias(a);
          this.tok = -1;
          continue;
        }
      }
      return t;
    }
  }

  private skip(): void {
    this.tok = -1;
  }

  /** Skip newlines, then look. */
  private lookPast(mode: i32): i32 {
    while (true) {
      const t = this.look(mode);
      if (t != TNL) return t;
      this.tok = -1;
    }
  }

  private unexpected(expected: i32): Node | null {
    const lx = this.lexer;
    if (lx.error != null) return null;
    let t = this.tok;
    if (t == TWORD && this.word.literal != null && !this.word.quoted) {
      const k = keyword(this.word.literal as string);
      if (k >= 0) t = k;
    }
    if (t < 0) t = TEOF;
    let s = 'unexpected ' + tokenText[t];
    if (expected >= 0) s += ' (expecting ' + tokenText[expected] + ')';
    lx.fail(s);
    return null;
  }

  private expect(t: i32): bool {
    if (this.lookPast(COMMAND) != t) {
      this.unexpected(t);
      return false;
    }
    this.skip();
    return true;
  }

  /** and-or lists with ; and &. `inner`: newlines separate too, and the list ends where a construct does. */
  private list(inner: bool): Node | null {
    const lx = this.lexer;
    let first: Node | null = null;
    let all: Node | null = null;
    while (true) {
      const t = inner ? this.lookPast(COMMAND) : this.look(COMMAND);
      if (ends(t)) break;
      const line = this.line;
      let n = this.andOr();
      if (lx.error != null || n == null) return null;
      const sep = this.look(PLAIN);
      if (sep == TBACK) {
        const a = new Node(NASYNC, line);
        a.a = n;
        n = a;
      }
      if (first == null) first = n;
      else {
        if (all == null) {
          all = new Node(NLIST, first.line);
          all.list = [first];
        }
        all.list!.push(n);
      }
      if (sep == TSEMI || sep == TBACK) {
        this.skip();
        if (!inner && this.look(COMMAND) == TNL) break;
        continue;
      }
      if (sep == TNL && inner) {
        this.skip();
        continue;
      }
      break;
    }
    return all != null ? all : first;
  }

  /** The body of a construct; it may not be empty. */
  private body(): Node | null {
    const n = this.list(true);
    if (n == null) this.unexpected(-1);
    return n;
  }

  private andOr(): Node | null {
    let n = this.pipeline();
    while (true) {
      if (n == null || this.lexer.error != null) return null;
      const t = this.look(PLAIN);
      if (t != TAND && t != TOR) return n;
      this.skip();
      const both = new Node(t == TAND ? NAND : NOR, n.line);
      both.a = n;
      this.lookPast(COMMAND);
      both.b = this.pipeline();
      if (both.b == null) return null;
      n = both;
    }
  }

  private pipeline(): Node | null {
    let negate = false;
    while (this.look(COMMAND) == TNOT) {
      this.skip();
      negate = !negate;
    }
    const line = this.line;
    let n = this.single();
    if (n == null || this.lexer.error != null) return null;
    if (this.look(PLAIN) == TPIPE) {
      const p = new Node(NPIPE, line);
      p.list = [n];
      while (this.look(PLAIN) == TPIPE) {
        this.skip();
        this.lookPast(COMMAND);
        const e = this.single();
        if (e == null || this.lexer.error != null) return null;
        p.list!.push(e);
      }
      n = p;
    }
    if (negate) {
      const not = new Node(NNOT, line);
      not.a = n;
      n = not;
    }
    return n;
  }

  private single(): Node | null {
    const lx = this.lexer;
    if (tooDeep()) {
      lx.fail('nested too deeply');
      return null;
    }
    const n = this.one();
    return lx.error == null ? n : null;
  }

  private one(): Node | null {
    const t = this.look(COMMAND);
    const line = this.line;
    let n: Node | null = null;
    switch (t) {
      case TIF:
        this.skip();
        n = this.ifClause(line);
        break;
      case TWHILE:
      case TUNTIL:
        this.skip();
        n = new Node(t == TWHILE ? NWHILE : NUNTIL, line);
        n.a = this.body();
        if (n.a == null || !this.expect(TDO)) return null;
        n.b = this.body();
        if (n.b == null || !this.expect(TDONE)) return null;
        break;
      case TFOR:
        this.skip();
        n = this.forClause(line);
        break;
      case TCASE:
        this.skip();
        n = this.caseClause(line);
        break;
      case TLP:
        this.skip();
        n = new Node(NSUBSHELL, line);
        n.a = this.body();
        if (n.a == null || !this.expect(TRP)) return null;
        break;
      case TBEGIN:
        this.skip();
        n = new Node(NGROUP, line);
        n.a = this.body();
        if (n.a == null || !this.expect(TEND)) return null;
        break;
      case TFUNCTION: {
        this.skip();
        if (this.look(PLAIN) != TWORD) return this.unexpected(-1);
        const name = this.word.literal;
        this.skip();
        if (name == null) {
          this.lexer.fail('bad function name');
          return null;
        }
        if (this.look(PLAIN) == TLP) {
          this.skip();
          if (!this.expect(TRP)) return null;
        }
        return this.functionBody(name as string, line);
      }
      case TWORD:
      case TREDIR:
        return this.simple(line);
      default:
        return this.unexpected(-1);
    }
    if (n == null) return null;
    let redirs: Redir[] | null = null;
    while (this.look(PLAIN) == TREDIR) {
      if (redirs == null) redirs = [];
      if (!this.redirection(redirs)) return null;
    }
    n.redirs = redirs;
    return n;
  }

  private ifClause(line: i32): Node | null {
    const n = new Node(NIF, line);
    n.a = this.body();
    if (n.a == null || !this.expect(TTHEN)) return null;
    n.b = this.body();
    if (n.b == null) return null;
    const t = this.lookPast(COMMAND);
    if (t == TELIF) {
      const at = this.line;
      this.skip();
      n.c = this.ifClause(at);
      return n.c == null ? null : n;
    }
    if (t == TELSE) {
      this.skip();
      n.c = this.body();
      if (n.c == null) return null;
    }
    return this.expect(TFI) ? n : null;
  }

  private forClause(line: i32): Node | null {
    const lx = this.lexer;
    const n = new Node(NFOR, line);
    const w = this.look(PLAIN) == TWORD && !this.word.quoted ? this.word.literal : null;
    if (w == null || !goodName(w as string)) {
      lx.fail('bad for loop variable');
      return null;
    }
    n.name = w as string;
    this.skip();
    let t = this.lookPast(KEYWORD);
    if (t == TIN) {
      this.skip();
      const words: Word[] = [];
      while (this.look(PLAIN) == TWORD) {
        words.push(this.word);
        if (!this.word.pure) n.pure = false;
        this.skip();
      }
      n.words = words;
      t = this.look(PLAIN);
      if (t != TSEMI && t != TNL) return this.unexpected(-1);
      this.skip();
    } else if (t == TSEMI) this.skip();
    t = this.lookPast(COMMAND);
    if (t == TBEGIN) {
      this.skip();
      n.b = this.body();
      return n.b != null && this.expect(TEND) ? n : null;
    }
    if (t != TDO) return this.unexpected(TDO);
    this.skip();
    n.b = this.body();
    return n.b != null && this.expect(TDONE) ? n : null;
  }

  private caseClause(line: i32): Node | null {
    const n = new Node(NCASE, line);
    if (this.look(PLAIN) != TWORD) return this.unexpected(TWORD);
    n.words = [this.word];
    this.skip();
    if (this.lookPast(KEYWORD) != TIN) return this.unexpected(TIN);
    this.skip();
    const items: CaseItem[] = [];
    n.items = items;
    while (true) {
      let t = this.lookPast(KEYWORD);
      if (t == TESAC) break;
      if (t == TLP) {
        this.skip();
        this.look(PLAIN);
      }
      const item = new CaseItem();
      while (true) {
        if (this.look(PLAIN) != TWORD) return this.unexpected(-1);
        item.patterns.push(this.word);
        this.skip();
        if (this.look(PLAIN) != TPIPE) break;
        this.skip();
      }
      if (this.tok != TRP) return this.unexpected(TRP);
      this.skip();
      item.body = this.list(true);
      if (this.lexer.error != null) return null;
      items.push(item);
      t = this.lookPast(COMMAND);
      if (t == TESAC) break;
      if (t != TDSEMI) return this.unexpected(TDSEMI);
      this.skip();
    }
    this.skip();
    return n;
  }

  private functionBody(name: string, line: i32): Node | null {
    const n = new Node(NFUNC, line);
    n.name = name;
    this.lookPast(COMMAND);
    n.a = this.single();
    return n.a == null ? null : n;
  }

  private simple(line: i32): Node | null {
    const lx = this.lexer;
    const n = new Node(NSIMPLE, line);
    let words: Word[] = [];
    let assigns: Assign[] | null = null;
    let redirs: Redir[] | null = null;
    let mode = ALIAS;
    while (true) {
      const t = this.look(mode);
      if (t == TWORD) {
        const w = this.word;
        this.skip();
        if (!w.pure) n.pure = false;
        if (words.length == 0 && w.assign > 0) {
          if (assigns == null) assigns = [];
          const name = w.parts[0].text.substring(0, w.assign);
          assigns.push(new Assign(name, afterAssign(w), lookup(name)));
          continue;
        }
        words.push(w);
        mode = PLAIN;
        if (words.length == 1 && w.literal != null && !w.quoted && w.literal as string == '[[') {
          if (!this.condition(words)) return null;
          n.condition = true;
        }
        continue;
      }
      if (t == TREDIR) {
        if (redirs == null) redirs = [];
        if (!this.redirection(redirs)) return null;
        continue;
      }
      if (t == TLP && words.length == 1 && assigns == null && redirs == null) {
        const w = words[0];
        this.skip();
        if (this.look(PLAIN) != TRP) return this.unexpected(TRP);
        this.skip();
        const name = w.literal;
        if (name == null || w.quoted || !goodName(name as string) || isSpecialBuiltin(name as string)) {
          lx.fail('bad function name');
          return null;
        }
        return this.functionBody(name as string, line);
      }
      break;
    }
    if (lx.error != null) return null;
    n.words = words;
    n.assigns = assigns;
    n.redirs = redirs;
    return n;
  }

  /** The words after `[[` up to `]]`, in which operators are words. */
  private condition(words: Word[]): bool {
    while (true) {
      const t = this.look(PLAIN);
      let s = '';
      switch (t) {
        case TWORD: {
          words.push(this.word);
          const literal = this.word.literal;
          this.skip();
          if (literal != null && literal as string == ']]') return true;
          continue;
        }
        case TAND: s = '-a'; break;
        case TOR: s = '-o'; break;
        case TLP: s = '('; break;
        case TRP: s = ')'; break;
        case TREDIR: s = this.lexer.redir!.kind == RIN ? '<' : '>'; break;
        case TNL:
          this.skip();
          continue;
        default:
          this.unexpected(-1);
          return false;
      }
      words.push(literalWord(s));
      this.skip();
    }
  }

  /** The redirection that the lexer has begun, with its target. */
  private redirection(list: Redir[]): bool {
    const lx = this.lexer;
    const r = lx.redir as Redir;
    this.skip();
    if (r.kind == RHERE) {
      if (lx.readDelimiter(r)) {
        lx.here.push(r);
        list.push(r);
        return true;
      }
      this.look(PLAIN);
      this.unexpected(-1);
      return false;
    }
    if (this.look(PLAIN) != TWORD) {
      this.unexpected(-1);
      return false;
    }
    r.word = this.word;
    if (r.kind == RDUP) {
      const s = this.word.literal;
      if (s && s != '-' && !digits(s as string)) {
        lx.fail('bad fd number');
        return false;
      }
    }
    list.push(r);
    this.skip();
    return true;
  }
}

/** Where a list stops. */
function ends(t: i32): bool {
  switch (t) {
    case TEOF: case TNL: case TRP: case TDSEMI: case TTHEN: case TELSE: case TELIF: case TFI: case TDO: case TDONE:
    case TESAC: case TEND:
      return true;
  }
  return false;
}

function digits(s: string): bool {
  for (let i = 0; i < s.length; i++) if (!isDigit(at(s, i))) return false;
  return s.length > 0;
}

/** The command of `$(`, up to its `)`, on the lexer that met it. */
export function parseSubst(lexer: Lexer): Node | null {
  const here = lexer.here;
  const more = lexer.more;
  const word = lexer.word;
  const redir = lexer.redir;
  const line = lexer.tokenLine;
  const aliasNext = lexer.aliasNext;
  const quoting = lexer.quoting;
  lexer.here = [];
  lexer.more = true;
  lexer.aliasNext = false;
  lexer.quoting = 0;
  const p = new Parser(lexer);
  const n = p.substitution();
  for (let i = 0; i < lexer.here.length; i++) here.push(lexer.here[i]);
  lexer.here = here;
  lexer.more = more;
  lexer.word = word;
  lexer.redir = redir;
  lexer.tokenLine = line;
  lexer.aliasNext = aliasNext;
  lexer.quoting = quoting;
  return n;
}

/** All commands of a source as one list, for a backquote. */
export function parseAll(lexer: Lexer): Node | null {
  return new Parser(lexer).whole();
}

/** A parser on a source of its own. */
export function parserOf(source: Source): Parser {
  return new Parser(new Lexer(source));
}
