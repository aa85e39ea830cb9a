// POSIX regular expressions, basic and extended (regex(7)), over byte strings. A pattern is parsed to a small program; a
// matcher runs it depth first with a set of visited (place, instruction) pairs, so that time is bounded by their number,
// and keeps the longest of the matches at the leftmost place. A pattern with back-references cannot prune that way and
// is bounded by steps instead.

import { isAlnum, isAlpha, isBlank, isDigit, isName, isPunct, isSpace, lowerCode, upperCode } from './text';

// Instructions: [op, a, b] side by side in one array.
const CHAR = 0; // a: the byte
const ANY = 1;
const SET = 2; // a: index into sets
const SPLIT = 3; // a: preferred, b: other
const JUMP = 4; // a
const SAVE = 5; // a: slot
const BOL = 6;
const EOL = 7;
const BACK = 8; // a: group
const WORD = 9; // \b
const NOT_WORD = 10; // \B
const WORD_START = 11; // \<
const WORD_END = 12; // \>
const MARK = 13; // a: slot; remembers the place where a loop's turn begins (back-references only)
const MOVED = 14; // a: slot; fails if the turn took nothing
const MATCH = 15;
const BUF_START = 16; // \`
const BUF_END = 17; // \'

export const EXTENDED: i32 = 1;
export const ICASE: i32 = 2;
/** ^ and $ also match at newlines inside. */
export const NEWLINE: i32 = 4;
/** awk: backslash escapes inside the pattern and its brackets. */
export const ESCAPES: i32 = 8;

const INFINITE: i32 = -1;
const DUP_MAX: i32 = 0x7fff;
const PROGRAM_MAX: i32 = 200000;
const STEPS_MAX: i64 = 50000000;

// The parsed pattern.
class Node {
  left: Node | null = null;
  right: Node | null = null;
  list: Node[] = [];
  min: i32 = 0;
  max: i32 = 0;
  constructor(
    public op: i32,
    public a: i32 = 0,
  ) {}
}
const N_EMPTY = 100;
const N_CAT = 101;
const N_ALT = 102;
const N_GROUP = 103;
const N_REPEAT = 104;

/** A compiled pattern and the place of its last match. */
export class Regex {
  /** Why it is not a regular expression; '' if it is. */
  error: string = '';
  /** Groups, without the whole. */
  groups: i32 = 0;
  /** start and end of the whole match and of every group, -1 where it took no part. */
  at: StaticArray<i32> = new StaticArray<i32>(2);
  private program: i32[] = [];
  private sets: StaticArray<bool>[] = [];
  private slots: i32 = 2;
  private backs: bool = false;
  /** Bytes that a match can begin with; null when it may be empty. */
  private first: StaticArray<bool> | null = null;
  /** The whole pattern when it has no operators. */
  private literal: string = '';
  private isLiteral: bool = false;
  // Parser.
  private src: string = '';
  private i: i32 = 0;
  private flags: i32 = 0;
  private depth: i32 = 0;
  // Matcher.
  private seen: usize = 0;
  private seenSize: i32 = 0;
  private stack: usize = 0;
  private stackSize: i32 = 0;
  private caps: StaticArray<i32> = new StaticArray<i32>(2);

  constructor(src: string, flags: i32) {
    this.src = src;
    this.flags = flags;
    if (!this.plain()) this.compile();
  }

  private compile(): void {
    const tree = this.parseAlt();
    if (this.error.length == 0 && this.i < this.src.length) this.error = 'Unmatched ) or \\)';
    if (this.error.length) return;
    this.slots = (this.groups + 1) * 2;
    this.emit(SAVE, 0, 0);
    this.gen(tree);
    this.emit(SAVE, 1, 0);
    this.emit(MATCH, 0, 0);
    if (this.error.length) return;
    this.at = new StaticArray<i32>((this.groups + 1) * 2);
    this.caps = new StaticArray<i32>(this.slots);
    this.findFirst();
  }

  get ok(): bool {
    return this.error.length == 0;
  }

  free(): void {
    if (this.seen != 0) heap.free(this.seen);
    if (this.stack != 0) heap.free(this.stack);
    this.seen = 0;
    this.seenSize = 0;
    this.stack = 0;
    this.stackSize = 0;
  }

  // Without operators a search for text does.
  private plain(): bool {
    const s = this.src;
    if (this.flags & ICASE || s.length == 0) return false;
    const special = this.flags & EXTENDED ? '\\^$.[]|()?*+{}' : '\\^$.[]*';
    for (let i = 0; i < s.length; i++) if (special.indexOf(s.charAt(i)) >= 0) return false;
    this.isLiteral = true;
    this.literal = s;
    return true;
  }

  // --- parser

  private get ere(): bool {
    return (this.flags & EXTENDED) != 0;
  }

  private peek(ahead: i32 = 0): i32 {
    return this.i + ahead < this.src.length ? this.src.charCodeAt(this.i + ahead) : -1;
  }

  // At `|` (or `\|`), at a closing bracket of a group?
  private atBar(): bool {
    return this.ere ? this.peek() == 124 : this.peek() == 92 && this.peek(1) == 124;
  }

  private atClose(): bool {
    if (this.ere) return this.peek() == 41 && this.depth > 0;
    return this.peek() == 92 && this.peek(1) == 41;
  }

  private parseAlt(): Node {
    let left = this.parseCat();
    while (this.error.length == 0 && this.atBar()) {
      this.i += this.ere ? 1 : 2;
      const alt = new Node(N_ALT);
      alt.left = left;
      alt.right = this.parseCat();
      left = alt;
    }
    return left;
  }

  private parseCat(): Node {
    const cat = new Node(N_CAT);
    let begin = true;
    while (this.error.length == 0 && this.i < this.src.length && !this.atBar() && !this.atClose()) {
      const c = this.peek();
      // A BRE's star at the beginning is itself.
      if (!this.ere && c == 42 && begin) {
        this.i++;
        cat.list.push(this.repeats(new Node(CHAR, 42)));
        begin = false;
        continue;
      }
      if (c == 94 && (this.ere || begin)) {
        this.i++;
        cat.list.push(new Node(BOL));
        if (this.ere && this.peek() == 42) this.i++;
        continue;
      }
      if (c == 36 && (this.ere || this.dollarEnds())) {
        this.i++;
        cat.list.push(new Node(EOL));
        begin = false;
        continue;
      }
      const atom = this.parseAtom();
      if (this.error.length) break;
      cat.list.push(this.repeats(atom));
      begin = false;
    }
    return cat;
  }

  private dollarEnds(): bool {
    if (this.i + 1 == this.src.length) return true;
    return this.peek(1) == 92 && (this.peek(2) == 41 || this.peek(2) == 124);
  }

  private parseAtom(): Node {
    const c = this.peek();
    this.i++;
    if (c == 46) return new Node(ANY);
    if (c == 91) return this.parseBracket();
    if (this.ere) {
      if (c == 40) return this.parseGroup();
      if (c == 42 || c == 43 || c == 63) {
        // At the beginning: GNU takes them as themselves.
        return new Node(CHAR, c);
      }
      if (c == 123 && !this.boundsAhead()) return new Node(CHAR, c);
      if (c == 123) {
        this.error = 'Invalid preceding regular expression';
        return new Node(N_EMPTY);
      }
    }
    if (c != 92) return new Node(CHAR, c);
    if (this.i == this.src.length) {
      this.error = 'Trailing backslash';
      return new Node(N_EMPTY);
    }
    const e = this.peek();
    this.i++;
    if (!this.ere && e == 40) return this.parseGroup();
    if (!this.ere && e == 123) {
      this.error = 'Invalid preceding regular expression';
      return new Node(N_EMPTY);
    }
    if (e >= 49 && e <= 57 && (this.flags & ESCAPES) == 0) {
      if (e - 48 > this.groups) {
        this.error = 'Invalid back reference';
        return new Node(N_EMPTY);
      }
      this.backs = true;
      return new Node(BACK, e - 48);
    }
    if (this.flags & ESCAPES) {
      const made = this.escaped(e);
      if (made >= 0) return new Node(CHAR, made);
    }
    switch (e) {
      case 98: return new Node(WORD);
      case 66: return new Node(NOT_WORD);
      case 60: return new Node(WORD_START);
      case 62: return new Node(WORD_END);
      case 96: return new Node(BUF_START);
      case 39: return new Node(BUF_END);
      case 119: return this.setNode(classSet('w'), false);
      case 87: return this.setNode(classSet('w'), true);
      case 115: return this.setNode(classSet('space'), false);
      case 83: return this.setNode(classSet('space'), true);
    }
    return new Node(CHAR, e);
  }

  // awk's escapes: the byte, or -1.
  private escaped(e: i32): i32 {
    switch (e) {
      case 110: return 10;
      case 116: return 9;
      case 114: return 13;
      case 102: return 12;
      case 118: return 11;
      case 97: return 7;
      case 98: return 8;
    }
    if (e >= 48 && e <= 55) {
      let v = e - 48;
      let n = 1;
      while (n < 3 && this.peek() >= 48 && this.peek() <= 55) {
        v = v * 8 + this.peek() - 48;
        this.i++;
        n++;
      }
      return v & 255;
    }
    return -1;
  }

  private parseGroup(): Node {
    const group = new Node(N_GROUP, ++this.groups);
    if (++this.depth > 200) {
      this.error = 'Regular expression too big';
      return group;
    }
    group.left = this.parseAlt();
    if (this.error.length) return group;
    if (!this.atClose()) {
      this.error = 'Unmatched ( or \\(';
      return group;
    }
    this.i += this.ere ? 1 : 2;
    this.depth--;
    return group;
  }

  // Is `{` here followed by bounds?
  private boundsAhead(): bool {
    let k = this.i;
    const s = this.src;
    if (k < s.length && s.charCodeAt(k) == 44) return true;
    if (k >= s.length || !isDigit(s.charCodeAt(k))) return false;
    while (k < s.length && (isDigit(s.charCodeAt(k)) || s.charCodeAt(k) == 44)) k++;
    return k < s.length && s.charCodeAt(k) == 125;
  }

  private repeats(atom: Node): Node {
    while (this.error.length == 0) {
      const c = this.peek();
      let lo = 0;
      let hi = INFINITE;
      if (c == 42) this.i++;
      else if (this.ere && c == 43) {
        lo = 1;
        this.i++;
      } else if (this.ere && c == 63) {
        hi = 1;
        this.i++;
      } else if (!this.ere && c == 92 && this.peek(1) == 43) {
        lo = 1;
        this.i += 2;
      } else if (!this.ere && c == 92 && this.peek(1) == 63) {
        hi = 1;
        this.i += 2;
      } else if (this.ere ? c == 123 : c == 92 && this.peek(1) == 123) {
        this.i += this.ere ? 1 : 2;
        if (this.ere && !this.boundsAhead()) {
          this.i--;
          break;
        }
        lo = this.count();
        hi = lo;
        if (this.peek() == 44) {
          this.i++;
          hi = this.count();
          if (lo < 0) lo = 0;
        }
        if (!this.ere && this.peek() == 92) this.i++;
        if (this.peek() != 125) this.error = this.i >= this.src.length ? 'Unmatched { or \\{' : 'Invalid content of \\{\\}';
        else if (lo < 0 || lo > DUP_MAX || hi > DUP_MAX || (hi >= 0 && lo > hi)) this.error = 'Invalid content of \\{\\}';
        this.i++;
        if (this.error.length) break;
      } else break;
      const repeat = new Node(N_REPEAT);
      repeat.left = atom;
      repeat.min = lo;
      repeat.max = hi;
      atom = repeat;
    }
    return atom;
  }

  private count(): i32 {
    if (!isDigit(this.peek())) return INFINITE;
    let v = 0;
    while (isDigit(this.peek())) {
      v = min(v * 10 + this.peek() - 48, 100000);
      this.i++;
    }
    return v;
  }

  private setNode(set: StaticArray<bool>, negate: bool): Node {
    if (negate) for (let c = 0; c < 256; c++) set[c] = !set[c];
    this.sets.push(set);
    return new Node(SET, this.sets.length - 1);
  }

  private parseBracket(): Node {
    const set = new StaticArray<bool>(256);
    let negate = false;
    if (this.peek() == 94) {
      negate = true;
      this.i++;
    }
    let begin = true;
    for (;;) {
      let c = this.peek();
      if (c < 0) {
        this.error = 'Unmatched [, [^, [:, [., or [=';
        return new Node(N_EMPTY);
      }
      if (c == 93 && !begin) {
        this.i++;
        break;
      }
      begin = false;
      if (c == 91 && this.peek(1) == 58) {
        const end = this.src.indexOf(':]', this.i + 2);
        const name = end < 0 ? '' : this.src.substring(this.i + 2, end);
        const members = classSet(name);
        if (end < 0 || !classKnown) {
          this.error = end < 0 ? 'Unmatched [, [^, [:, [., or [=' : 'Invalid character class name';
          return new Node(N_EMPTY);
        }
        for (let k = 0; k < 256; k++) if (members[k]) set[k] = true;
        this.i = end + 2;
        continue;
      }
      c = this.bracketByte();
      if (this.error.length) return new Node(N_EMPTY);
      let to = c;
      if (this.peek() == 45 && this.peek(1) != 93 && this.peek(1) >= 0) {
        this.i++;
        to = this.bracketByte();
        if (this.error.length) return new Node(N_EMPTY);
        if (to < c) {
          this.error = 'Invalid range end';
          return new Node(N_EMPTY);
        }
      }
      for (let k = c; k <= to; k++) set[k] = true;
    }
    if (this.flags & ICASE) {
      for (let k = 65; k <= 90; k++) if (set[k] || set[k + 32]) set[k] = set[k + 32] = true;
    }
    if (negate && this.flags & NEWLINE) set[10] = true;
    return this.setNode(set, negate);
  }

  // One member: a byte, [.x.] or [=x=]; in awk an escape.
  private bracketByte(): i32 {
    const c = this.peek();
    this.i++;
    if (c == 92 && this.flags & ESCAPES && this.i < this.src.length) {
      const e = this.peek();
      this.i++;
      const made = this.escaped(e);
      return made >= 0 ? made : e;
    }
    const mark = this.peek();
    if (c == 91 && (mark == 46 || mark == 61)) {
      const close = String.fromCharCode(mark) + ']';
      const end = this.src.indexOf(close, this.i + 2);
      if (end != this.i + 2) {
        this.error = 'Invalid collation character';
        return 0;
      }
      const one = this.src.charCodeAt(this.i + 1);
      this.i = end + 2;
      return one;
    }
    return c;
  }

  // --- code

  private emit(op: i32, a: i32, b: i32): i32 {
    const at = this.program.length / 3;
    if (at > PROGRAM_MAX) {
      this.error = 'Regular expression too big';
      return at;
    }
    this.program.push(op);
    this.program.push(a);
    this.program.push(b);
    return at;
  }

  private here(): i32 {
    return this.program.length / 3;
  }

  private patch(at: i32, a: i32, b: i32): void {
    this.program[at * 3 + 1] = a;
    this.program[at * 3 + 2] = b;
  }

  private gen(node: Node): void {
    if (this.error.length) return;
    switch (node.op) {
      case N_EMPTY: return;
      case N_CAT:
        for (let i = 0; i < node.list.length; i++) this.gen(node.list[i]);
        return;
      case N_ALT: {
        const split = this.emit(SPLIT, 0, 0);
        this.gen(node.left as Node);
        const jump = this.emit(JUMP, 0, 0);
        this.patch(split, split + 1, this.here());
        this.gen(node.right as Node);
        this.patch(jump, this.here(), 0);
        return;
      }
      case N_GROUP:
        this.emit(SAVE, node.a * 2, 0);
        this.gen(node.left as Node);
        this.emit(SAVE, node.a * 2 + 1, 0);
        return;
      case N_REPEAT: return this.genRepeat(node);
      case CHAR: {
        const c = node.a;
        if (this.flags & ICASE && isAlpha(c)) {
          const set = new StaticArray<bool>(256);
          set[lowerCode(c)] = true;
          set[upperCode(c)] = true;
          this.sets.push(set);
          this.emit(SET, this.sets.length - 1, 0);
        } else this.emit(CHAR, c, 0);
        return;
      }
      default:
        this.emit(node.op, node.a, 0);
    }
  }

  private genRepeat(node: Node): void {
    const body = node.left as Node;
    for (let i = 0; i < node.min; i++) {
      this.gen(body);
      if (this.error.length) return;
    }
    if (node.max == INFINITE) {
      const split = this.emit(SPLIT, 0, 0);
      const mark = this.backs ? this.slots++ : 0;
      if (this.backs) this.emit(MARK, mark, 0);
      this.gen(body);
      if (this.backs) this.emit(MOVED, mark, 0);
      this.emit(JUMP, split, 0);
      this.patch(split, split + 1, this.here());
      return;
    }
    const splits: i32[] = [];
    for (let i = node.min; i < node.max; i++) {
      splits.push(this.emit(SPLIT, 0, 0));
      this.gen(body);
      if (this.error.length) return;
    }
    for (let i = 0; i < splits.length; i++) this.patch(splits[i], splits[i] + 1, this.here());
  }

  // The bytes that can come first, unless the pattern can match nothing or looks around.
  private findFirst(): void {
    const set = new StaticArray<bool>(256);
    const n = this.here();
    const seen = new StaticArray<bool>(n);
    const todo: i32[] = [0];
    while (todo.length > 0) {
      const pc = todo.pop();
      if (seen[pc]) continue;
      seen[pc] = true;
      const op = this.program[pc * 3];
      const a = this.program[pc * 3 + 1];
      switch (op) {
        case CHAR:
          set[a] = true;
          break;
        case SET:
          for (let c = 0; c < 256; c++) if (this.sets[a][c]) set[c] = true;
          break;
        case SPLIT:
          todo.push(a);
          todo.push(this.program[pc * 3 + 2]);
          break;
        case JUMP:
          todo.push(a);
          break;
        case SAVE: case MARK: case MOVED: case BOL: case WORD: case NOT_WORD: case WORD_START: case BUF_START:
          todo.push(pc + 1);
          break;
        default:
          return;
      }
    }
    this.first = set;
  }

  // --- matcher

  /** Find the leftmost longest match at or after `from`; `notBol`: the text before `from` is not its beginning. */
  exec(s: string, from: i32 = 0, notBol: bool = false): bool {
    if (this.isLiteral) {
      const at = s.indexOf(this.literal, from);
      if (at < 0) return false;
      this.at[0] = at;
      this.at[1] = at + this.literal.length;
      return true;
    }
    const n = s.length;
    const width = (this.here() + 7) >> 3;
    const first = this.first;
    const once = this.program[3] == BUF_START || (this.program[3] == BOL && (this.flags & NEWLINE) == 0);
    // Rows of `seen` beyond this place were not touched yet.
    this.fresh = from;
    this.base = from;
    for (let start = from; start <= n; start++) {
      if (once && start > 0 && start > from) return false;
      if (first) {
        while (start < n && !unchecked(first[s.charCodeAt(start) & 255])) start++;
        if (start == n) return false;
      }
      if (this.run(s, start, width, notBol)) return true;
    }
    return false;
  }

  test(s: string): bool {
    return this.exec(s, 0);
  }

  /** The text of a group of the last match; '' if it took no part. */
  group(s: string, k: i32): string {
    return k <= this.groups && this.at[k * 2] >= 0 ? s.substring(this.at[k * 2], this.at[k * 2 + 1]) : '';
  }

  private fresh: i32 = 0;
  private base: i32 = 0;

  // Every visited pair of one row per place; a row is cleared when it is reached first.
  private visit(pos: i32, pc: i32, width: i32): bool {
    const row = pos - this.base;
    const need = (row + 1) * width;
    if (need > this.seenSize) {
      const size = max(need * 2, 4096);
      this.seen = this.seen == 0 ? heap.alloc(size) : heap.realloc(this.seen, size);
      this.seenSize = size;
    }
    while (this.fresh <= pos) {
      memory.fill(this.seen + (this.fresh - this.base) * width, 0, width);
      this.fresh++;
    }
    const at = this.seen + row * width + (pc >> 3);
    const bit: u8 = (<u8>1) << (<u8>(pc & 7));
    const old = load<u8>(at);
    if (old & bit) return false;
    store<u8>(at, old | bit);
    return true;
  }

  private push(depth: i32, a: i32, b: i32): void {
    if ((depth + 1) * 8 > this.stackSize) {
      const size = max(this.stackSize * 2, 2048);
      this.stack = this.stack == 0 ? heap.alloc(size) : heap.realloc(this.stack, size);
      this.stackSize = size;
    }
    store<i32>(this.stack + depth * 8, a);
    store<i32>(this.stack + depth * 8, b, 4);
  }

  // All ways from one start: the stack holds (pc, place) to try, or (-1-slot, old value) to put back.
  private run(s: string, start: i32, width: i32, notBol: bool): bool {
    const program = this.program;
    const caps = this.caps;
    const text = changetype<usize>(s);
    const n = s.length;
    let best = -1;
    let steps: i64 = 0;
    for (let i = 0; i < caps.length; i++) caps[i] = -1;
    let depth = 0;
    this.push(depth++, 0, start);
    while (depth > 0) {
      depth--;
      let pc = load<i32>(this.stack + depth * 8);
      let pos = load<i32>(this.stack + depth * 8, 4);
      if (pc < 0) {
        caps[-1 - pc] = pos;
        continue;
      }
      for (;;) {
        const op = unchecked(program[pc * 3]);
        const a = unchecked(program[pc * 3 + 1]);
        if (op == CHAR) {
          if (pos >= n || load<u16>(text + ((<usize>pos) << 1)) != <u16>a) break;
          pos++;
          pc++;
          continue;
        }
        if (this.backs) {
          if (++steps > STEPS_MAX) return best >= 0;
        } else if (op == SPLIT || op == MATCH || op == JUMP) {
          if (!this.visit(pos, pc, width)) break;
        }
        let go = true;
        switch (op) {
          case ANY:
            go = pos < n && !(this.flags & NEWLINE && s.charCodeAt(pos) == 10);
            pos++;
            pc++;
            break;
          case SET:
            go = pos < n && unchecked(this.sets[a][load<u16>(text + ((<usize>pos) << 1)) & 255]);
            pos++;
            pc++;
            break;
          case SPLIT:
            this.push(depth++, unchecked(program[pc * 3 + 2]), pos);
            pc = a;
            break;
          case JUMP:
            pc = a;
            break;
          case SAVE: case MARK:
            this.push(depth++, -1 - a, caps[a]);
            caps[a] = pos;
            pc++;
            break;
          case MOVED:
            go = caps[a] != pos;
            pc++;
            break;
          case BOL:
            go = (pos == 0 && !notBol) || (this.flags & NEWLINE && pos > 0 && s.charCodeAt(pos - 1) == 10) != 0;
            pc++;
            break;
          case EOL:
            go = pos == n || (this.flags & NEWLINE && s.charCodeAt(pos) == 10) != 0;
            pc++;
            break;
          case BUF_START:
            go = pos == 0 && !notBol;
            pc++;
            break;
          case BUF_END:
            go = pos == n;
            pc++;
            break;
          case BACK: {
            const b = caps[a * 2];
            const e = caps[a * 2 + 1];
            go = b >= 0 && e >= 0 && this.same(s, b, e, pos);
            if (go) pos += e - b;
            pc++;
            break;
          }
          case MATCH:
            if (pos > best) {
              best = pos;
              for (let i = 0; i < this.at.length; i++) this.at[i] = caps[i];
            }
            go = false;
            break;
          default: {
            const before = pos > 0 && isName(s.charCodeAt(pos - 1));
            const after = pos < n && isName(s.charCodeAt(pos));
            if (op == WORD) go = before != after;
            else if (op == NOT_WORD) go = before == after;
            else if (op == WORD_START) go = !before && after;
            else go = before && !after;
            pc++;
          }
        }
        if (!go) break;
      }
      // Nothing can be longer than the whole text.
      if (best == n) return true;
    }
    return best >= 0;
  }

  private same(s: string, b: i32, e: i32, pos: i32): bool {
    if (pos + e - b > s.length) return false;
    for (let i = b; i < e; i++) {
      const x = s.charCodeAt(i);
      const y = s.charCodeAt(pos + i - b);
      if (x != y && !(this.flags & ICASE && lowerCode(x) == lowerCode(y))) return false;
    }
    return true;
  }
}

/** Was the name of the last `classSet` a class. */
let classKnown: bool = false;

function classSet(name: string): StaticArray<bool> {
  const set = new StaticArray<bool>(256);
  classKnown = true;
  const kind = classIndex(name);
  if (kind < 0) {
    classKnown = false;
    return set;
  }
  for (let c = 0; c < 256; c++) set[c] = isKind(kind, c);
  return set;
}

/** The number of a class of isalpha(3)'s kind, -1 if there is none. */
export function classIndex(name: string): i32 {
  const list: StaticArray<string> = ['alpha', 'digit', 'alnum', 'upper', 'lower', 'space', 'blank', 'punct', 'print',
    'graph', 'cntrl', 'xdigit', 'w'];
  for (let i = 0; i < list.length; i++) if (list[i] == name) return i;
  return -1;
}

export function isKind(kind: i32, c: i32): bool {
  switch (kind) {
    case 0: return isAlpha(c);
    case 1: return isDigit(c);
    case 2: return isAlnum(c);
    case 3: return c >= 65 && c <= 90;
    case 4: return c >= 97 && c <= 122;
    case 5: return isSpace(c);
    case 6: return isBlank(c);
    case 7: return isPunct(c);
    case 8: return c >= 32 && c < 127;
    case 9: return c > 32 && c < 127;
    case 10: return c < 32 || c == 127;
    case 11: return isDigit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102);
    default: return isName(c);
  }
}
