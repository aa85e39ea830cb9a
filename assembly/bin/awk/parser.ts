// The grammar of awk, by recursive descent. Names become slots: of globals, or of a function's frame.

import * as ast from './ast';
import * as lexer from './lexer';
import { Node } from './ast';
import { ESCAPES, EXTENDED, Regex } from '../../lib/regex';
import { num, str } from './value';

/** What is wrong, '' if nothing; the first problem stays. */
export let error: string = '';
/** The program's file as messages name it. */
export let file: string = '';

let program: ast.Program = new ast.Program();
let globals: Map<string, i32> = new Map<string, i32>();
let locals: Map<string, i32> | null = null;
let functions: Map<string, i32> = new Map<string, i32>();
/** Inside print's expressions `>` redirects; inside for's head `in` may belong to it. */
let noGreater: i32 = 0;
let noIn: i32 = 0;
let depth: i32 = 0;
let loops: i32 = 0;

export function globalSlot(name: string): i32 {
  if (globals.has(name)) return globals.get(name);
  const slot = globals.size;
  globals.set(name, slot);
  return slot;
}

export function globalCount(): i32 {
  return globals.size;
}

export function start(): void {
  for (let i = 0; i < ast.SPECIAL.length; i++) globalSlot(ast.SPECIAL[i]);
}

/** A line of the program as messages begin with it. */
export function where(line: i32): string {
  return file + ':' + line.toString() + ': ';
}

function fail(text: string): void {
  if (error.length) return;
  error = where(lexer.line) + (lexer.problem.length ? lexer.problem : text);
}

function unexpected(): void {
  fail('Unexpected token');
}

function expect(op: string): void {
  if (lexer.is(op)) lexer.next();
  else unexpected();
}

function newlines(): void {
  while (lexer.kind == lexer.T_NEWLINE) lexer.next();
}

/** Add one source to the program. */
export function parse(source: string, name: string): ast.Program {
  file = name;
  lexer.open(source);
  while (!error.length) {
    while (lexer.kind == lexer.T_NEWLINE || lexer.is(';')) lexer.next();
    if (lexer.kind == lexer.T_EOF) break;
    item();
  }
  if (lexer.problem.length) fail(lexer.problem);
  return program;
}

function item(): void {
  if (lexer.is('function')) return function_();
  if (lexer.is('BEGIN') || lexer.is('END')) {
    const begin = lexer.is('BEGIN');
    lexer.next();
    if (!lexer.is('{')) return unexpected();
    const body = block();
    if (begin) program.begin.push(body);
    else program.end.push(body);
    return;
  }
  const rule = new ast.Rule();
  if (!lexer.is('{')) {
    rule.from = expression();
    if (lexer.is(',')) {
      lexer.next();
      newlines();
      rule.to = expression();
    }
  }
  if (lexer.is('{')) rule.body = block();
  else if (lexer.kind != lexer.T_NEWLINE && lexer.kind != lexer.T_EOF && !lexer.is(';')) return unexpected();
  program.rules.push(rule);
}

function functionSlot(name: string): i32 {
  if (functions.has(name)) return functions.get(name);
  const slot = program.functions.length;
  program.functions.push(new ast.Fn(name));
  functions.set(name, slot);
  return slot;
}

function function_(): void {
  lexer.next();
  if (lexer.kind != lexer.T_NAME && lexer.kind != lexer.T_FUNC) return unexpected();
  const fn = program.functions[functionSlot(lexer.text)];
  lexer.next();
  expect('(');
  const names = new Map<string, i32>();
  while (!error.length && !lexer.is(')')) {
    if (lexer.kind != lexer.T_NAME) return unexpected();
    names.set(lexer.text, names.size);
    lexer.next();
    if (lexer.is(',')) {
      lexer.next();
      newlines();
      if (lexer.is(')')) unexpected();
    } else if (!lexer.is(')')) return unexpected();
  }
  expect(')');
  newlines();
  fn.params = names.size;
  fn.defined = true;
  locals = names;
  if (!lexer.is('{')) return unexpected();
  fn.body = block();
  locals = null;
}

// --- statements

function block(): Node {
  const node = new Node(ast.BLOCK);
  expect('{');
  while (!error.length) {
    while (lexer.kind == lexer.T_NEWLINE || lexer.is(';')) lexer.next();
    if (lexer.is('}')) break;
    if (lexer.kind == lexer.T_EOF) {
      unexpected();
      break;
    }
    node.list.push(statement());
  }
  expect('}');
  return node;
}

// The end of a simple statement: ; newline, or a closing brace that stays.
function ending(): void {
  if (lexer.is(';') || lexer.kind == lexer.T_NEWLINE) lexer.next();
  else if (!lexer.is('}') && lexer.kind != lexer.T_EOF) unexpected();
}

// A body behind ) or else: newlines may stand before it; `;` alone is empty.
function body(): Node {
  newlines();
  if (lexer.is(';')) {
    lexer.next();
    return new Node(ast.BLOCK);
  }
  return statement();
}

function statement(): Node {
  if (++depth > 400) {
    fail('Program too deep');
    return new Node(ast.BLOCK);
  }
  const node = statementInside();
  depth--;
  return node;
}

function statementInside(): Node {
  if (lexer.is('{')) return block();
  if (lexer.is('if')) {
    const node = new Node(ast.IF);
    lexer.next();
    expect('(');
    node.a = expression();
    expect(')');
    node.b = body();
    // `; else` and newlines before else.
    while (lexer.kind == lexer.T_NEWLINE || lexer.is(';')) lexer.next();
    if (lexer.is('else')) {
      lexer.next();
      node.c = body();
    }
    return node;
  }
  if (lexer.is('while')) {
    const node = new Node(ast.WHILE);
    lexer.next();
    expect('(');
    node.a = expression();
    expect(')');
    loops++;
    node.b = body();
    loops--;
    return node;
  }
  if (lexer.is('do')) {
    const node = new Node(ast.DO);
    lexer.next();
    loops++;
    node.b = body();
    loops--;
    while (lexer.kind == lexer.T_NEWLINE || lexer.is(';')) lexer.next();
    expect('while');
    expect('(');
    node.a = expression();
    expect(')');
    ending();
    return node;
  }
  if (lexer.is('for')) return for_();
  const node = simple();
  ending();
  return node;
}

function for_(): Node {
  const node = new Node(ast.FOR);
  lexer.next();
  expect('(');
  if (!lexer.is(';')) {
    noIn++;
    const first = simple();
    noIn--;
    if (lexer.is('in') && first.op == ast.EXPR) {
      lexer.next();
      node.op = ast.FORIN;
      node.a = first.a;
      node.b = variable();
      expect(')');
      loops++;
      node.d = body();
      loops--;
      return node;
    }
    node.a = first;
    // for ((i, j) in a) is not awk; for (x in a) with parentheses around is.
    if (first.op == ast.EXPR && (first.a as Node).op == ast.IN && lexer.is(')')) {
      const inside = first.a as Node;
      lexer.next();
      node.op = ast.FORIN;
      node.a = inside.list[0];
      node.b = inside.b;
      loops++;
      node.d = body();
      loops--;
      return node;
    }
  }
  expect(';');
  newlines();
  if (!lexer.is(';')) node.b = expression();
  expect(';');
  newlines();
  if (!lexer.is(')')) node.c = simple();
  expect(')');
  loops++;
  node.d = body();
  loops--;
  return node;
}

function atEnd(): bool {
  return lexer.kind == lexer.T_NEWLINE || lexer.kind == lexer.T_EOF || lexer.is(';') || lexer.is('}');
}

function simple(): Node {
  if (lexer.is('print') || lexer.is('printf')) return print_();
  const word = lexer.kind == lexer.T_WORD ? lexer.text : '';
  const op = word == 'break' ? ast.BREAK : word == 'continue' ? ast.CONTINUE : word == 'next' ? ast.NEXT : word == 'nextfile'
    ? ast.NEXTFILE : word == 'exit' ? ast.EXIT : word == 'return' ? ast.RETURN : word == 'delete' ? ast.DELETE : 0;
  const node = new Node(op == 0 ? ast.EXPR : op);
  if (op == 0) {
    node.a = expression();
    return node;
  }
  lexer.next();
  if (op == ast.EXIT || op == ast.RETURN) {
    if (!atEnd()) node.a = expression();
  } else if (loops == 0 && (op == ast.BREAK || op == ast.CONTINUE)) fail("'" + word + "' not in a loop");
  else if (op == ast.DELETE) {
    if (atEnd()) fail('Too few arguments');
    node.a = variable();
    if (lexer.is('[')) {
      lexer.next();
      node.list = list();
      expect(']');
    }
  }
  return node;
}

function print_(): Node {
  const node = new Node(lexer.is('print') ? ast.PRINT : ast.PRINTF);
  lexer.next();
  noGreater++;
  if (!atEnd() && !lexer.is('>') && !lexer.is('>>') && !lexer.is('|')) {
    node.list = list();
    // print (a, b): the parentheses hold the list.
    if (node.list.length == 1 && node.list[0].op == ast.GROUP) node.list = node.list[0].list;
  }
  noGreater--;
  if (lexer.is('>') || lexer.is('>>') || lexer.is('|')) {
    node.slot = lexer.is('>') ? 1 : lexer.is('>>') ? 2 : 3;
    lexer.next();
    noGreater++;
    node.b = concatenation();
    noGreater--;
  }
  return node;
}

// --- expressions

function list(): Node[] {
  const found: Node[] = [expression()];
  while (!error.length && lexer.is(',')) {
    lexer.next();
    newlines();
    found.push(expression());
  }
  return found;
}

function expression(): Node {
  if (++depth > 400) fail('Program too deep');
  const node = error.length ? new Node(ast.GROUP) : ternary();
  depth--;
  return node;
}

function isPlace(node: Node): bool {
  return node.op == ast.GLOBAL || node.op == ast.LOCAL || node.op == ast.FIELD || node.op == ast.INDEX;
}

function binary(op: i32, a: Node, b: Node): Node {
  const node = new Node(op);
  node.a = a;
  node.b = b;
  return node;
}

function assignment(left: Node): Node | null {
  if (lexer.kind != lexer.T_OP || !isPlace(left)) return null;
  const t = lexer.text;
  let op = 0;
  if (t == '=') op = ast.ASSIGN;
  else if (t == '+=') op = ast.ADD;
  else if (t == '-=') op = ast.SUB;
  else if (t == '*=') op = ast.MUL;
  else if (t == '/=') op = ast.DIV;
  else if (t == '%=') op = ast.MOD;
  else if (t == '^=') op = ast.POW;
  else return null;
  lexer.next();
  newlines();
  const node = binary(op == ast.ASSIGN ? op : ast.UPDATE, left, expression());
  node.slot = op;
  return node;
}

function ternary(): Node {
  const test = or();
  const assigned = assignment(test);
  if (assigned) return assigned;
  if (!lexer.is('?')) return test;
  lexer.next();
  newlines();
  const node = new Node(ast.COND);
  node.a = test;
  node.b = expression();
  newlines();
  expect(':');
  newlines();
  node.c = expression();
  return node;
}

function or(): Node {
  let left = and();
  while (lexer.is('||')) {
    lexer.next();
    newlines();
    left = binary(ast.OR, left, and());
  }
  return left;
}

function and(): Node {
  let left = membership();
  while (lexer.is('&&')) {
    lexer.next();
    newlines();
    left = binary(ast.AND, left, membership());
  }
  return left;
}

function membership(): Node {
  let left = matching();
  while (noIn == 0 && lexer.is('in')) {
    lexer.next();
    const node = new Node(ast.IN);
    if (left.op == ast.GROUP) node.list = left.list;
    else node.list.push(left);
    node.b = variable();
    left = node;
  }
  return left;
}

function matching(): Node {
  let left = comparison();
  while (lexer.is('~') || lexer.is('!~')) {
    const op = lexer.is('~') ? ast.MATCH : ast.NOMATCH;
    lexer.next();
    left = binary(op, left, comparison());
  }
  return left;
}

function comparison(): Node {
  let left = concatenation();
  for (;;) {
    if (lexer.is('|')) {
      if (noGreater > 0 && !pipeReads()) return left;
      lexer.next();
      if (!lexer.is('getline')) {
        unexpected();
        return left;
      }
      left = getline(2, left);
      continue;
    }
    if (lexer.kind != lexer.T_OP) break;
    const t = lexer.text;
    let op = 0;
    if (t == '<') op = ast.LT;
    else if (t == '<=') op = ast.LE;
    else if (t == '==') op = ast.EQ;
    else if (t == '!=') op = ast.NE;
    else if (t == '>' && noGreater == 0) op = ast.GT;
    else if (t == '>=') op = ast.GE;
    else break;
    lexer.next();
    left = binary(op, left, concatenation());
  }
  return left;
}

// In print's list `|` before getline reads, any other writes.
function pipeReads(): bool {
  return lexer.aheadIs('getline');
}

// Can the word at hand begin an operand of a concatenation.
function begins(): bool {
  switch (lexer.kind) {
    case lexer.T_NUMBER: case lexer.T_STRING: case lexer.T_NAME: case lexer.T_FUNC:
      return true;
    case lexer.T_OP: {
      const t = lexer.text;
      return t == '$' || t == '!' || t == '(' || t == '-' || t == '+' || t == '++' || t == '--';
    }
  }
  return false;
}

function concatenation(): Node {
  let left = additive();
  while (!error.length && begins() && !(noIn > 0 && lexer.is('in'))) {
    // A sign here would have been taken as addition.
    left = binary(ast.CONCAT, left, additive());
  }
  return left;
}

function additive(): Node {
  let left = multiplicative();
  while (lexer.is('+') || lexer.is('-')) {
    const op = lexer.is('+') ? ast.ADD : ast.SUB;
    lexer.next();
    left = binary(op, left, multiplicative());
  }
  return left;
}

function multiplicative(): Node {
  let left = unary();
  while (lexer.is('*') || lexer.is('/') || lexer.is('%')) {
    const op = lexer.is('*') ? ast.MUL : lexer.is('/') ? ast.DIV : ast.MOD;
    lexer.next();
    left = binary(op, left, unary());
  }
  return left;
}

function unary(): Node {
  if (lexer.is('!') || lexer.is('-') || lexer.is('+')) {
    const node = new Node(lexer.is('!') ? ast.NOT : lexer.is('-') ? ast.NEG : ast.PLUS);
    lexer.next();
    if (++depth > 400) fail('Program too deep');
    node.a = error.length ? new Node(ast.GROUP) : unary();
    depth--;
    return node;
  }
  return power();
}

function power(): Node {
  const left = postfix();
  if (!lexer.is('^')) return left;
  lexer.next();
  // Right to left; a sign may stand before the exponent.
  const right = lexer.is('-') || lexer.is('+') || lexer.is('!') ? unary() : power();
  return binary(ast.POW, left, right);
}

function postfix(): Node {
  const node = primary();
  if (!isPlace(node)) return node;
  if (lexer.is('++') || lexer.is('--')) {
    const post = new Node(lexer.is('++') ? ast.POSTINC : ast.POSTDEC);
    lexer.next();
    post.a = node;
    return post;
  }
  return node;
}

function constant(text: string): Node {
  const node = new Node(ast.CONST);
  node.value = str(text);
  return node;
}

function primary(): Node {
  if (lexer.regex()) {
    const node = new Node(ast.REGEX);
    const re = new Regex(lexer.text, EXTENDED | ESCAPES);
    if (!re.ok) fail("bad regex '" + lexer.text + "': " + re.error);
    node.regex = re;
    lexer.next();
    return node;
  }
  switch (lexer.kind) {
    case lexer.T_NUMBER: {
      const node = new Node(ast.CONST);
      node.value = num(lexer.number);
      lexer.next();
      return node;
    }
    case lexer.T_STRING: {
      const node = constant(lexer.text);
      lexer.next();
      return node;
    }
    case lexer.T_FUNC: return call();
    case lexer.T_NAME: {
      // length without parentheses.
      if (lexer.text == 'length') {
        lexer.next();
        return new Node(ast.BUILTIN);
      }
      const node = variable();
      if (!lexer.is('[')) return node;
      lexer.next();
      const index = new Node(ast.INDEX);
      index.a = node;
      const held = noIn;
      const heldGreater = noGreater;
      noIn = 0;
      noGreater = 0;
      index.list = list();
      noIn = held;
      noGreater = heldGreater;
      expect(']');
      return index;
    }
  }
  if (lexer.is('(')) return parentheses();
  if (lexer.is('$')) {
    lexer.next();
    const node = new Node(ast.FIELD);
    if (lexer.is('++') || lexer.is('--')) node.a = increment();
    else if (lexer.is('-') || lexer.is('+') || lexer.is('!')) node.a = unary();
    else node.a = primary();
    return node;
  }
  if (lexer.is('++') || lexer.is('--')) return increment();
  if (lexer.is('getline')) return getline(0, null);
  unexpected();
  lexer.next();
  return new Node(ast.GROUP);
}

function increment(): Node {
  const node = new Node(lexer.is('++') ? ast.PREINC : ast.PREDEC);
  lexer.next();
  const place = primary();
  if (!isPlace(place)) unexpected();
  node.a = place;
  return node;
}

function parentheses(): Node {
  lexer.next();
  const held = noGreater;
  const heldIn = noIn;
  noGreater = 0;
  noIn = 0;
  newlines();
  if (lexer.is(')')) fail('Empty sequence');
  const found = list();
  newlines();
  noGreater = held;
  noIn = heldIn;
  expect(')');
  const node = new Node(ast.GROUP);
  node.list = found;
  if (found.length == 1) {
    // Grouping protects: (a) = b is still a place only for the simple ones, and (a b) binds as one.
    const one = found[0];
    return one.op == ast.GROUP ? one : node;
  }
  return node;
}

function variable(): Node {
  if (lexer.kind != lexer.T_NAME) {
    unexpected();
    return new Node(ast.GLOBAL);
  }
  const name = lexer.text;
  lexer.next();
  const known = locals;
  if (known && known.has(name)) {
    const node = new Node(ast.LOCAL);
    node.slot = known.get(name);
    return node;
  }
  const node = new Node(ast.GLOBAL);
  node.slot = globalSlot(name);
  return node;
}

function call(): Node {
  const name = lexer.text;
  lexer.next();
  lexer.next();
  const node = new Node(ast.CALL);
  const held = noGreater;
  const heldIn = noIn;
  noGreater = 0;
  noIn = 0;
  newlines();
  if (!lexer.is(')')) node.list = list();
  newlines();
  noGreater = held;
  noIn = heldIn;
  expect(')');
  for (let i = 0; i < ast.BUILTINS.length; i++) {
    if (ast.BUILTINS[i] != name) continue;
    node.op = ast.BUILTIN;
    node.slot = i;
    if (node.list.length < ast.LEAST.charCodeAt(i) - 48) fail('Too few arguments');
    return node;
  }
  node.slot = functionSlot(name);
  return node;
}

// getline [var] [< file], or behind a command's pipe.
function getline(how: i32, from: Node | null): Node {
  const node = new Node(ast.GETLINE);
  lexer.next();
  node.slot = how;
  node.b = from;
  if (lexer.kind == lexer.T_NAME || lexer.is('$')) {
    const place = primary();
    if (!isPlace(place)) unexpected();
    node.a = place;
  }
  if (how == 0 && lexer.is('<')) {
    lexer.next();
    node.slot = 1;
    node.b = postfix();
  }
  return node;
}
