// The interpreter: walks the tree. `flow` says what is to be left: a loop, a record, the program.

import * as ast from './ast';
import * as out from '../../lib/out';
import * as stream from './stream';
import * as time from '../../sys/time';
import { Node } from './ast';
import { Bytes, compare, lower, upper } from '../../lib/text';
import { Cell, NOTHING, STR, UNSET, Value, bool_, input, num, str, toBool, toNum, toStr, typeOf } from './value';
import { convfmt, field, globals, ready, regexOf, resize, setField, setNumber, setRecord, setText, Source, splitBy, splitRegex, text,
  wholeRecord } from './record';
import { Regex } from '../../lib/regex';
import { fromLocal, local, strftime, Tm, utc } from '../../lib/date';
import { openInput } from '../../lib/input';
import { replaced, sprintf, substitute } from './format';
import { where } from './parser';

const GO: i32 = 0;
const BREAK: i32 = 1;
const CONTINUE: i32 = 2;
const NEXT: i32 = 3;
const NEXTFILE: i32 = 4;
const RETURN: i32 = 5;
const EXIT: i32 = 6;

let flow: i32 = GO;
let result: Value = NOTHING;
let status: i32 = 0;
let program: ast.Program = new ast.Program();
/** The frames' cells, one function's after another's. */
let frame: Cell[] = [];
let calls: i32 = 0;

function fatal(message: string, node: Node | null = null): void {
  stream.flushAll();
  if (flow != EXIT) out.complain(node ? where(node.line) + message : message);
  flow = EXIT;
  status = 1;
  dead = true;
}

/** After a fatal error END does not run. */
let dead: bool = false;

export function run(p: ast.Program, args: string[], assign: (word: string) => bool): i32 {
  program = p;
  operands = args;
  assignment = assign;
  for (let i = 0; i < p.begin.length && flow == GO; i++) execute(p.begin[i]);
  if (flow != EXIT && (p.rules.length || p.end.length)) {
    flow = GO;
    for (;;) {
      const line = nextRecord();
      if (line === null) break;
      setRecord(line);
      record();
      if (flow == EXIT) break;
      if (flow == NEXTFILE && current) {
        (current as Source).close();
        current = null;
      }
      flow = GO;
      if (out.failure() != 0) break;
    }
  }
  if (!dead) {
    if (flow == EXIT) flow = GO;
    for (let i = 0; i < p.end.length && flow == GO; i++) execute(p.end[i]);
  }
  stream.closeAll();
  return status;
}

function record(): void {
  for (let i = 0; i < program.rules.length; i++) {
    const rule = program.rules[i];
    const from = rule.from;
    if (from) {
      if (rule.to) {
        if (!rule.active) {
          if (!toBool(eval_(from))) continue;
          rule.active = true;
        }
        if (toBool(eval_(rule.to as Node))) rule.active = false;
      } else if (!toBool(eval_(from))) continue;
      if (flow != GO) return;
    }
    const body = rule.body;
    if (body) execute(body);
    else {
      out.put(wholeRecord());
      out.put(text(ast.ORS));
    }
    if (flow != GO) return;
  }
}

// --- the main input: ARGV's files, one after another

let operands: string[] = [];
let assignment: (word: string) => bool = (word: string): bool => false;
let argument: i32 = 1;
let opened: bool = false;
let current: Source | null = null;

function openNext(): bool {
  for (;;) {
    const argc = <i32>toNum(globals[ast.ARGC].value);
    if (argument >= argc) {
      if (opened) return false;
      opened = true;
      current = new Source(0);
      return true;
    }
    const list = globals[ast.ARGV].elements();
    const key = argument.toString();
    argument++;
    if (!list.has(key)) continue;
    const name = toStr(list.get(key));
    if (name.length == 0 || assignment(name)) continue;
    opened = true;
    const fd = openInput(name);
    setText(ast.FILENAME, name);
    if (fd < 0) {
      out.perror(name, fd);
      status = 1;
      flow = EXIT;
      dead = true;
      return false;
    }
    setNumber(ast.FNR, 0);
    current = new Source(fd);
    return true;
  }
  return false;
}

function nextRecord(): string | null {
  for (;;) {
    if (!current && !openNext()) break;
    const source = current as Source;
    const line = source.next();
    if (line !== null) {
      setNumber(ast.NR, toNum(globals[ast.NR].value) + 1);
      setNumber(ast.FNR, toNum(globals[ast.FNR].value) + 1);
      return line;
    }
    if (source.error != 0) {
      out.perror(text(ast.FILENAME), source.error);
      status = 1;
    }
    source.close();
    current = null;
  }
  return null;
}

// --- statements

function execute(node: Node): void {
  switch (node.op) {
    case ast.BLOCK:
      for (let i = 0; i < node.list.length && flow == GO; i++) execute(unchecked(node.list[i]));
      return;
    case ast.EXPR:
      eval_(node.a as Node);
      return;
    case ast.PRINT: return print_(node);
    case ast.PRINTF: return printf_(node);
    case ast.IF:
      if (toBool(eval_(node.a as Node))) {
        if (flow == GO) execute(node.b as Node);
      } else if (node.c && flow == GO) execute(node.c as Node);
      return;
    case ast.WHILE:
      while (flow == GO && toBool(eval_(node.a as Node))) {
        if (flow == GO) execute(node.b as Node);
        if (leaves()) break;
      }
      return;
    case ast.DO:
      do {
        execute(node.b as Node);
        if (leaves()) break;
      } while (flow == GO && toBool(eval_(node.a as Node)));
      return;
    case ast.FOR:
      if (node.a) execute(node.a as Node);
      while (flow == GO && (!node.b || toBool(eval_(node.b as Node)))) {
        execute(node.d as Node);
        if (leaves()) break;
        if (node.c) execute(node.c as Node);
      }
      return;
    case ast.FORIN: {
      const array = cell(node.b as Node).elements();
      const keys = array.keys();
      for (let i = 0; i < keys.length && flow == GO; i++) {
        store_(node.a as Node, input(keys[i]));
        execute(node.d as Node);
        if (leaves()) break;
      }
      return;
    }
    case ast.BREAK:
      flow = BREAK;
      return;
    case ast.CONTINUE:
      flow = CONTINUE;
      return;
    case ast.NEXT:
      flow = NEXT;
      return;
    case ast.NEXTFILE:
      flow = NEXTFILE;
      return;
    case ast.EXIT:
      if (node.a) status = <i32>toNum(eval_(node.a as Node)) & 255;
      flow = EXIT;
      return;
    case ast.RETURN:
      result = node.a ? eval_(node.a as Node) : NOTHING;
      if (flow == GO) flow = RETURN;
      return;
    case ast.DELETE: {
      const array = cell(node.a as Node).elements();
      if (node.list.length) array.delete(index(node.list));
      else array.clear();
      return;
    }
  }
}

// After a loop's turn: true if the loop ends.
function leaves(): bool {
  if (flow == GO) return false;
  if (flow == CONTINUE) {
    flow = GO;
    return false;
  }
  if (flow == BREAK) flow = GO;
  return true;
}

function emit(node: Node, s: string): void {
  if (flow != GO) return;
  if (node.slot == 0) return out.put(s);
  const name = toStr(eval_(node.b as Node), convfmt());
  if (!stream.writing(name, node.slot, s)) {
    flow = EXIT;
    status = 1;
    dead = true;
  }
}

function print_(node: Node): void {
  const ofmt = text(ast.OFMT);
  if (node.list.length == 0) return emit(node, wholeRecord() + text(ast.ORS));
  if (node.list.length == 1) return emit(node, toStr(eval_(node.list[0]), ofmt) + text(ast.ORS));
  const b = new Bytes(64);
  const between = text(ast.OFS);
  for (let i = 0; i < node.list.length; i++) {
    if (i) b.add(between);
    b.add(toStr(eval_(node.list[i]), ofmt));
  }
  b.add(text(ast.ORS));
  emit(node, b.toString());
}

function values(list: Node[]): Value[] {
  const found: Value[] = [];
  for (let i = 0; i < list.length; i++) found.push(eval_(list[i]));
  return found;
}

function printf_(node: Node): void {
  const list = values(node.list);
  if (list.length == 0) return;
  emit(node, sprintf(toStr(list[0], convfmt()), list, convfmt()));
}

// --- places

function cell(node: Node): Cell {
  return node.op == ast.LOCAL ? frame[node.slot] : globals[node.slot];
}

function index(list: Node[]): string {
  let key = toStr(eval_(list[0]), convfmt());
  for (let i = 1; i < list.length; i++) key += text(ast.SUBSEP) + toStr(eval_(list[i]), convfmt());
  return key;
}

function fieldNumber(node: Node): i32 {
  const n = toNum(eval_(node.a as Node));
  if (n < 0) {
    fatal('Access to negative field', node);
    return 0;
  }
  return <i32>n;
}

function store_(node: Node, v: Value): void {
  switch (node.op) {
    case ast.LOCAL:
      frame[node.slot].value = v;
      return;
    case ast.GLOBAL:
      // Another FS is for the next record.
      if (node.slot == ast.NF || node.slot == ast.FS) ready();
      globals[node.slot].value = v;
      if (node.slot == ast.NF && !resize()) fatal('NF set to negative value', node);
      return;
    case ast.FIELD: return setField(fieldNumber(node), v);
    case ast.INDEX:
      cell(node.a as Node).elements().set(index(node.list), v);
      return;
    case ast.GROUP:
      if (node.list.length == 1) store_(node.list[0], v);
  }
}

// --- expressions

function eval_(node: Node): Value {
  switch (node.op) {
    case ast.CONST: return node.value as Value;
    case ast.REGEX: return bool_((node.regex as Regex).exec(wholeRecord(), 0));
    case ast.GLOBAL:
      if (node.slot == ast.NF) ready();
      return unchecked(globals[node.slot]).value;
    case ast.LOCAL: return frame[node.slot].value;
    case ast.FIELD: return field(fieldNumber(node));
    case ast.INDEX: {
      const array = cell(node.a as Node).elements();
      const key = index(node.list);
      if (array.has(key)) return array.get(key);
      // A mere mention makes the element.
      array.set(key, NOTHING);
      return NOTHING;
    }
    case ast.ASSIGN: {
      let v = eval_(node.b as Node);
      store_(node.a as Node, v);
      return v;
    }
    case ast.UPDATE: {
      const place = node.a as Node;
      const right = toNum(eval_(node.b as Node));
      const v = num(arithmetic(node.slot, toNum(eval_(place)), right, node));
      store_(place, v);
      return v;
    }
    case ast.COND: return toBool(eval_(node.a as Node)) ? eval_(node.b as Node) : eval_(node.c as Node);
    case ast.OR: return bool_(toBool(eval_(node.a as Node)) || toBool(eval_(node.b as Node)));
    case ast.AND: return bool_(toBool(eval_(node.a as Node)) && toBool(eval_(node.b as Node)));
    case ast.IN: {
      const key = index(node.list);
      return bool_(cell(node.b as Node).elements().has(key));
    }
    case ast.MATCH: case ast.NOMATCH: {
      const s = toStr(eval_(node.a as Node), convfmt());
      return bool_(regexp(node.b as Node).exec(s, 0) == (node.op == ast.MATCH));
    }
    case ast.LT: case ast.LE: case ast.EQ: case ast.NE: case ast.GT: case ast.GE: {
      const a = eval_(node.a as Node);
      const b = eval_(node.b as Node);
      return bool_(relation(node.op, a, b));
    }
    case ast.CONCAT: {
      const a = toStr(eval_(node.a as Node), convfmt());
      return str(a + toStr(eval_(node.b as Node), convfmt()));
    }
    case ast.ADD: case ast.SUB: case ast.MUL: case ast.DIV: case ast.MOD: case ast.POW: {
      const a = toNum(eval_(node.a as Node));
      return num(arithmetic(node.op, a, toNum(eval_(node.b as Node)), node));
    }
    case ast.NEG: return num(-toNum(eval_(node.a as Node)));
    case ast.PLUS: return num(toNum(eval_(node.a as Node)));
    case ast.NOT: return bool_(!toBool(eval_(node.a as Node)));
    case ast.PREINC: case ast.PREDEC: {
      const v = num(toNum(eval_(node.a as Node)) + (node.op == ast.PREINC ? 1 : -1));
      store_(node.a as Node, v);
      return v;
    }
    case ast.POSTINC: case ast.POSTDEC: {
      const old = toNum(eval_(node.a as Node));
      store_(node.a as Node, num(old + (node.op == ast.POSTINC ? 1 : -1)));
      return num(old);
    }
    case ast.CALL: return call(node);
    case ast.BUILTIN: return builtin(node);
    case ast.GETLINE: return getline(node);
    case ast.GROUP: {
      if (node.list.length == 1) return eval_(node.list[0]);
      return node.list.length ? str(index(node.list)) : NOTHING;
    }
  }
  return NOTHING;
}

function arithmetic(op: i32, a: f64, b: f64, node: Node): f64 {
  switch (op) {
    case ast.ADD: return a + b;
    case ast.SUB: return a - b;
    case ast.MUL: return a * b;
    case ast.POW: return b == 2 ? a * a : Math.pow(a, b);
  }
  if (b == 0) {
    fatal('Division by zero', node);
    return 0;
  }
  return op == ast.DIV ? a / b : a % b;
}

function relation(op: i32, a: Value, b: Value): bool {
  const x = typeOf(a);
  const y = typeOf(b);
  // Strings compare as strings; what looks like numbers, and the unset, as numbers.
  if (x != STR && y != STR && !(x == UNSET && y == UNSET)) {
    const m = a.n;
    const n = b.n;
    switch (op) {
      case ast.LT: return m < n;
      case ast.LE: return m <= n;
      case ast.EQ: return m == n;
      case ast.NE: return m != n;
      case ast.GT: return m > n;
      default: return m >= n;
    }
  }
  const s = toStr(a, convfmt());
  const t = toStr(b, convfmt());
  if (op == ast.EQ) return s == t;
  if (op == ast.NE) return s != t;
  const d = compare(s, t);
  switch (op) {
    case ast.LT: return d < 0;
    case ast.LE: return d <= 0;
    case ast.GT: return d > 0;
    default: return d >= 0;
  }
}

/** An expression used as a pattern: a literal, or the text of its value. */
function regexp(node: Node): Regex {
  if (node.op == ast.REGEX) return node.regex as Regex;
  if (node.op == ast.GROUP && node.list.length == 1) return regexp(node.list[0]);
  const source = toStr(eval_(node), convfmt());
  const re = regexOf(source);
  if (re.ok) return re;
  fatal("bad regex '" + source + "': " + re.error);
  return regexOf('');
}

function call(node: Node): Value {
  const fn = program.functions[node.slot];
  if (!fn.defined) {
    fatal('Call to undefined function', node);
    return NOTHING;
  }
  if (++calls > 1000) {
    fatal('function call nesting too deep');
    calls--;
    return NOTHING;
  }
  const cells: Cell[] = [];
  const n = max(fn.params, node.list.length);
  for (let i = 0; i < n; i++) {
    const fresh = new Cell();
    if (i < node.list.length) {
      let arg = node.list[i];
      while (arg.op == ast.GROUP && arg.list.length == 1) arg = arg.list[0];
      if (arg.op == ast.GLOBAL || arg.op == ast.LOCAL) {
        const from = cell(arg);
        if (arg.op == ast.GLOBAL && arg.slot == ast.NF) ready();
        fresh.value = from.value;
        if (from.array) fresh.array = from.array;
        else if (from.value.type == UNSET) fresh.origin = from;
      } else fresh.value = eval_(arg);
    }
    cells.push(fresh);
  }
  if (flow != GO) {
    calls--;
    return NOTHING;
  }
  const held = frame;
  frame = cells;
  result = NOTHING;
  execute(fn.body as Node);
  frame = held;
  calls--;
  if (flow == RETURN) flow = GO;
  const v = result;
  result = NOTHING;
  return v;
}

function getline(node: Node): Value {
  let line: string | null;
  if (node.slot == 0) {
    line = nextRecord();
    if (line === null) return num(0);
  } else {
    const name = toStr(eval_(node.b as Node), convfmt());
    if (node.slot == 2) stream.flushAll();
    const source = stream.reading(name, node.slot == 2);
    if (!source) {
      setNumber(ast.ERRNO, stream.error);
      return num(-1);
    }
    line = source.next();
    if (line === null) return num(source.error != 0 ? -1 : 0);
    if (node.slot == 2) setNumber(ast.NR, toNum(globals[ast.NR].value) + 1);
  }
  if (node.a) store_(node.a as Node, input(line as string));
  else setRecord(line as string);
  return num(1);
}

// --- built-in functions

let seed: u64 = 1;
let random: u64 = 1;

function builtin(node: Node): Value {
  const list = node.list;
  const n = list.length;
  const first = n > 0 ? list[0] : null;
  switch (node.slot) {
    case 0: { // length
      if (!first) return num(wholeRecord().length);
      if (first.op == ast.GLOBAL || first.op == ast.LOCAL) {
        const c = cell(first);
        if (c.array) return num((c.array as Map<string, Value>).size);
        if (c.value.type == UNSET && c.origin && (c.origin as Cell).array) return num(c.elements().size);
      }
      return num(toStr(eval_(first), convfmt()).length);
    }
    case 3: return split(list);
    case 4: case 5: return sub(list, node.slot == 5);
    case 6: { // match
      if (n < 2) return NOTHING;
      const s = toStr(eval_(list[0]), convfmt());
      const re = regexp(list[1]);
      const found = re.exec(s, 0);
      setNumber(ast.RSTART, found ? re.at[0] + 1 : 0);
      setNumber(ast.RLENGTH, found ? re.at[1] - re.at[0] : -1);
      return globals[ast.RSTART].value;
    }
  }
  const v = values(list);
  const a = n > 0 ? v[0] : NOTHING;
  const b = n > 1 ? v[1] : NOTHING;
  if (flow != GO) return NOTHING;
  switch (node.slot) {
    case 1: return str(substr(toStr(a, convfmt()), toNum(b), n > 2 ? toNum(v[2]) : Infinity));
    case 2: {
      const part = toStr(b, convfmt());
      return num(part.length ? toStr(a, convfmt()).indexOf(part) + 1 : 0);
    }
    case 7: return str(n > 0 ? sprintf(toStr(a, convfmt()), v, convfmt()) : '');
    case 8: return num(Math.sin(toNum(a)));
    case 9: return num(Math.cos(toNum(a)));
    case 10: return num(Math.atan2(toNum(a), toNum(b)));
    case 11: return num(Math.exp(toNum(a)));
    case 12: return num(Math.log(toNum(a)));
    case 13: return num(Math.sqrt(toNum(a)));
    case 14: return num(Math.trunc(toNum(a)));
    case 15: { // rand: xorshift
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      return num(<f64>(random >> 11) / 9007199254740992.0);
    }
    case 16: { // srand
      const old = seed;
      seed = n > 0 ? <u64>toNum(a) : <u64>time.now();
      random = (seed + 1) * 0x9e3779b97f4a7c15;
      if (random == 0) random = 1;
      return num(<f64>old);
    }
    case 17: return str(lower(toStr(a, convfmt())));
    case 18: return str(upper(toStr(a, convfmt())));
    case 19: return num(stream.system(toStr(a, convfmt())));
    case 20: return num(stream.closing(toStr(a, convfmt())));
    case 21:
      stream.flushAll();
      return num(0);
    case 22: return num(<f64>time.now());
    case 23: {
      const at = n > 1 ? <i64>toNum(b) : time.now();
      const format = n > 0 ? toStr(a, convfmt()) : '%a %b %e %H:%M:%S %Z %Y';
      return str(strftime(format, n > 2 && toBool(v[2]) ? utc(at) : local(at), at));
    }
    case 24: return mktime(toStr(a, convfmt()));
    case 25: return num(<f64>(<u64>toNum(a) & <u64>toNum(b)));
    case 26: return num(<f64>(<u64>toNum(a) | <u64>toNum(b)));
    case 27: return num(<f64>(<u64>toNum(a) ^ <u64>toNum(b)));
    case 28: return num(<f64>(~<u64>toNum(a)));
    case 29: return num(<f64>(<u64>toNum(a) << <u64>toNum(b)));
    case 30: return num(<f64>(<u64>toNum(a) >> <u64>toNum(b)));
  }
  return NOTHING;
}

// Places are cut to integers. A place before the text is its beginning, and the length counts from there, as in busybox.
function substr(s: string, from: f64, length: f64): string {
  const start = Math.max(Math.trunc(from), 1);
  if (isNaN(from) || isNaN(length) || start > s.length) return '';
  const end = Math.min(isFinite(length) ? start + Math.trunc(length) : Infinity, s.length + 1);
  return end > start ? s.substring(<i32>start - 1, <i32>end - 1) : '';
}

function split(list: Node[]): Value {
  if (list.length < 2) return NOTHING;
  const s = toStr(eval_(list[0]), convfmt());
  const parts: string[] = [];
  if (list.length > 2) {
    let by = list[2];
    while (by.op == ast.GROUP && by.list.length == 1) by = by.list[0];
    if (by.op == ast.REGEX) splitRegex(s, by.regex as Regex, parts);
    else splitBy(s, toStr(eval_(by), convfmt()), parts);
  } else splitBy(s, text(ast.FS), parts);
  const array = cell(list[1]).elements();
  array.clear();
  for (let i = 0; i < parts.length; i++) array.set((i + 1).toString(), input(parts[i]));
  return num(parts.length);
}

function sub(list: Node[], all: bool): Value {
  if (list.length < 2) return NOTHING;
  const re = regexp(list[0]);
  const by = toStr(eval_(list[1]), convfmt());
  const place = list.length > 2 ? list[2] : null;
  const s = place ? toStr(eval_(place), convfmt()) : wholeRecord();
  if (flow != GO) return NOTHING;
  const made = substitute(re, by, s, all);
  if (replaced == 0) return num(0);
  const count = replaced;
  if (place) store_(place, str(made));
  else setRecord(made);
  return num(count);
}

// YYYY MM DD HH MM SS
function mktime(s: string): Value {
  const f: string[] = [];
  splitBy(s, ' ', f);
  if (f.length < 6) return num(-1);
  const t = new Tm();
  t.year = <i32>parseInt(f[0]);
  t.mon = <i32>parseInt(f[1]) - 1;
  t.mday = <i32>parseInt(f[2]);
  t.hour = <i32>parseInt(f[3]);
  t.min = <i32>parseInt(f[4]);
  t.sec = <i32>parseInt(f[5]);
  return num(<f64>fromLocal(t));
}
