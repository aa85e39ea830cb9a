// Records and fields: $0, $1..$NF, and the inputs they come from.

import * as ast from './ast';
import { Cell, Value, input, num, str, toNum, toStr, NOTHING } from './value';
import { ESCAPES, EXTENDED, Regex } from '../../lib/regex';
import { Reader } from '../../lib/input';
import { Bytes, isSpace } from '../../lib/text';

/** The global variables by slot. */
export let globals: Cell[] = [];

let record: Value = NOTHING;
let fields: Value[] = [];
/** Are `fields` and NF those of $0; is $0 still the join of changed fields to be made. */
let split_: bool = true;
let stale: bool = false;

export function text(slot: i32): string {
  return toStr(globals[slot].value, slot == ast.CONVFMT ? '%.6g' : convfmt());
}

/** CONVFMT, which turns numbers to text. */
export function convfmt(): string {
  return globals[ast.CONVFMT].value.s;
}

export function setRecord(s: string): void {
  record = input(s);
  split_ = false;
  stale = false;
}

function join(): void {
  stale = false;
  const b = new Bytes(64);
  const between = text(ast.OFS);
  for (let i = 0; i < fields.length; i++) {
    if (i) b.add(between);
    b.add(toStr(fields[i], convfmt()));
  }
  record = input(b.toString());
}

export function wholeRecord(): string {
  if (stale) join();
  return record.s;
}

/** Split $0 if that was not done yet. */
export function ready(): void {
  if (split_) return;
  split_ = true;
  const list: string[] = [];
  splitBy(record.s, text(ast.FS), list, text(ast.RS).length == 0);
  fields = [];
  for (let i = 0; i < list.length; i++) fields.push(input(list[i]));
  globals[ast.NF].value = num(fields.length);
}

export function field(n: i32): Value {
  if (n == 0) {
    if (stale) join();
    return record;
  }
  ready();
  return n <= fields.length ? fields[n - 1] : NOTHING;
}

export function setField(n: i32, v: Value): void {
  if (n == 0) return setRecord(toStr(v, convfmt()));
  ready();
  while (fields.length < n) fields.push(input(''));
  fields[n - 1] = v;
  globals[ast.NF].value = num(fields.length);
  stale = true;
}

/** NF was assigned: fields come or go. False if it is negative. */
export function resize(): bool {
  ready_();
  const n = <i32>toNum(globals[ast.NF].value);
  if (n < 0) return false;
  if (n < fields.length) fields.length = n;
  while (fields.length < n) fields.push(input(''));
  stale = true;
  return true;
}

// NF's own value must survive the splitting that its assignment found undone.
function ready_(): void {
  const wanted = globals[ast.NF].value;
  ready();
  globals[ast.NF].value = wanted;
}

const expressions: Map<string, Regex> = new Map<string, Regex>();

/** A string as a regular expression; compiled once. */
export function regexOf(source: string): Regex {
  if (expressions.has(source)) return expressions.get(source);
  const re = new Regex(source, EXTENDED | ESCAPES);
  if (expressions.size > 200) expressions.clear();
  expressions.set(source, re);
  return re;
}

/** Split by FS's rules: blank, one byte, or an expression; `paragraph`: newlines separate too. */
export function splitBy(s: string, separator: string, list: string[], paragraph: bool = false): void {
  if (s.length == 0) return;
  if (separator == ' ') {
    let i = 0;
    while (i < s.length) {
      while (i < s.length && isSpace(s.charCodeAt(i))) i++;
      const from = i;
      while (i < s.length && !isSpace(s.charCodeAt(i))) i++;
      if (i > from) list.push(s.substring(from, i));
    }
    return;
  }
  if (separator.length == 0) {
    for (let i = 0; i < s.length; i++) list.push(s.charAt(i));
    return;
  }
  if (separator.length == 1 && separator != '\\' && !paragraph) {
    let from = 0;
    for (;;) {
      const at = s.indexOf(separator, from);
      if (at < 0) break;
      list.push(s.substring(from, at));
      from = at + 1;
    }
    list.push(s.substring(from));
    return;
  }
  let source = separator.length == 1 ? (isName_(separator) ? separator : '[' + separator + ']') : separator;
  if (paragraph) source = '(' + source + ')|\n';
  splitRegex(s, regexOf(source), list);
}

function isName_(s: string): bool {
  const c = s.charCodeAt(0) | 32;
  return (c >= 97 && c <= 122) || (s.charCodeAt(0) >= 48 && s.charCodeAt(0) <= 57) || s == '\\' || s == '^';
}

export function splitRegex(s: string, re: Regex, list: string[]): void {
  if (s.length == 0) return;
  let from = 0;
  let at = 0;
  while (at <= s.length && re.exec(s, at, at > 0)) {
    if (re.at[1] == re.at[0]) {
      at = re.at[0] + 1;
      continue;
    }
    list.push(s.substring(from, re.at[0]));
    from = at = re.at[1];
  }
  list.push(s.substring(from));
}

/** An input with its place; `next` gives records by RS. */
export class Source {
  private reader: Reader;
  private held: string = '';
  private at: i32 = 0;
  private whole: bool = false;
  constructor(public fd: i32) {
    this.reader = new Reader(fd);
  }

  get error(): i32 {
    return this.reader.error;
  }

  close(): void {
    this.reader.free();
  }

  next(): string | null {
    const rs = text(ast.RS);
    if (this.whole || rs.length > 1) return this.byRegex(rs);
    if (rs.length == 1) return this.reader.next(rs.charCodeAt(0));
    // Paragraphs: blank lines separate.
    let line = this.reader.next();
    while (line !== null && line.length == 0) line = this.reader.next();
    if (line === null) return null;
    const b = new Bytes(256);
    b.add(line);
    for (;;) {
      line = this.reader.next();
      if (line === null || line.length == 0) break;
      b.push(10);
      b.add(line);
    }
    return b.toString();
  }

  // An expression may match across reads, so the rest is read whole.
  private byRegex(rs: string): string | null {
    if (!this.whole) {
      this.whole = true;
      const b = new Bytes(4096);
      for (;;) {
        const part = this.reader.take(16384);
        if (part.length == 0) break;
        b.add(part);
      }
      this.held = b.toString();
      // The newline at the very end is no record of its own.
      if (this.held.endsWith('\n') && rs.length > 1) this.trailing = true;
    }
    if (this.at >= this.held.length) return null;
    const re = regexOf(rs.length > 1 ? rs : rs.length == 0 ? '\n\n+' : '[' + rs + ']');
    if (re.exec(this.held, this.at, this.at > 0) && re.at[1] > re.at[0]) {
      const s = this.held.substring(this.at, re.at[0]);
      this.at = re.at[1];
      return s;
    }
    const s = this.held.substring(this.at, this.trailing ? this.held.length - 1 : this.held.length);
    this.at = this.held.length;
    return s;
  }

  private trailing: bool = false;
}

export function setNumber(slot: i32, n: f64): void {
  globals[slot].value = num(n);
}

export function setText(slot: i32, s: string): void {
  globals[slot].value = str(s);
}
