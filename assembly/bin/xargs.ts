// xargs: build command lines from standard input.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import { ask } from '../lib/ask';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { parseCount } from '../lib/number';
import { Reader } from '../lib/input';
import { Bytes, isSpace } from '../lib/text';
import { spawnvp } from '../lib/exec';

const TEXT = packed('[OPTIONS] [PROG ARGS]\n\nRun PROG on every item given by stdin\n\n\t-0\tNUL terminated input\n\t-a FILE\tRead from FILE instead of stdin\n\t-r\tDon\'t run command if input is empty\n\t-t\tPrint the command on stderr before execution\n\t-p\tAsk user whether to run each command\n\t-E STR,-e[STR]\tSTR stops input processing\n\t-I STR\tReplace STR within PROG ARGS with input line\n\t-n N\tPass no more than N args to PROG\n\t-s N\tPass command line of no more than N bytes\n\t-P N\tRun up to N PROGs in parallel\n\t-x\tExit if size is exceeded\n');

let input: Reader | null = null;
let stop: string = '';
let zero: bool = false;
let byLine: bool = false;
let linesEnd: bool = false;
let status: i32 = 0;
let running: i32 = 0;
let parallel: i32 = 1;
let noisy: bool = false;
let asking: bool = false;
let program: string = '';

export function xargs(args: string[]): i32 {
  const o = getopt(args, '+trn:s:xpE:e::I:i::l::L:P:a:0', TEXT, packed('no-run-if-empty=r,null=0,max-args:=n,verbose=t,max-procs:=P'));
  if (!o.ok) return o.status;
  zero = o.has('0');
  byLine = o.has('I') || o.has('i');
  const mark = o.has('I') ? o.get('I') : o.get('i').length ? o.get('i') : '{}';
  stop = o.has('E') ? o.get('E') : o.get('e');
  noisy = o.has('t') || o.has('p');
  asking = o.has('p');
  parallel = o.has('P') ? parseCount(o.get('P')) : 1;
  if (parallel <= 0) parallel = 100;
  let most = o.has('n') ? parseCount(o.get('n')) : 0x7fffffff;
  const lines = o.has('L') ? parseCount(o.get('L')) : o.has('l') ? 1 : 0;
  const size = o.has('s') ? parseCount(o.get('s')) : 32768 - 2048;
  if (most <= 0) return out.complain("invalid number '" + o.get('n') + "'");
  let fd = 0;
  if (o.has('a')) {
    fd = fs.open(o.get('a'), linux.O_RDONLY | linux.O_CLOEXEC);
    if (fd < 0) return out.cantOpen(o.get('a'), fd);
  }
  input = new Reader(fd);
  const command = o.rest.length ? o.rest : ['echo'];
  program = command[0];
  let base = 0;
  for (let i = 0; i < command.length; i++) base += command[i].length + 1;
  let held = item();
  let first = true;
  while (status != 124 && status < 125) {
    if (byLine) {
      if (held === null) break;
      const argv: string[] = [];
      for (let i = 0; i < command.length; i++) argv.push(command[i].replaceAll(mark, held as string));
      run(argv);
      held = item();
      continue;
    }
    const argv = command.slice(0);
    let used = base;
    let n = 0;
    let ended = 0;
    while (held !== null && n < most) {
      const word: string = held;
      if (used + word.length + 1 > size) {
        if (n == 0) {
          out.complain('argument line too long');
          return 1;
        }
        break;
      }
      argv.push(word);
      used += word.length + 1;
      n++;
      const lastOfLine = linesEnd;
      held = item();
      if (lines > 0 && lastOfLine && ++ended >= lines) break;
    }
    if (n == 0 && (!first || o.has('r'))) break;
    first = false;
    run(argv);
    if (held === null) break;
  }
  while (running > 0) wait();
  return status;
}

// The next item: a word with quotes, a line for -I, or text up to a NUL; null at the end.
function item(): string | null {
  const reader = input as Reader;
  if (zero) return reader.next(0);
  if (byLine) {
    for (;;) {
      const line = reader.next();
      if (line === null) return null;
      let i = 0;
      while (i < line.length && isSpace(line.charCodeAt(i))) i++;
      if (i == line.length) continue;
      const text = unquote(line.substring(i));
      return text == stop && stop.length ? null : text;
    }
  }
  let c = reader.byte();
  while (c >= 0 && isSpace(c)) c = reader.byte();
  if (c < 0) return null;
  const b = new Bytes(32);
  let quote = 0;
  linesEnd = false;
  while (c >= 0) {
    if (quote != 0) {
      if (c == quote) quote = 0;
      else if (c == 10) return unmatched(quote);
      else b.push(c);
    } else if (c == 34 || c == 39) quote = c;
    else if (c == 92) {
      c = reader.byte();
      if (c >= 0) b.push(c);
    } else if (isSpace(c)) {
      linesEnd = c == 10;
      break;
    } else b.push(c);
    c = reader.byte();
  }
  if (c < 0) linesEnd = true;
  if (quote != 0) return unmatched(quote);
  const word = b.toString();
  return word == stop && stop.length ? null : word;
}

function unmatched(quote: i32): string | null {
  out.complain('unmatched ' + (quote == 34 ? 'double' : 'single') + ' quote');
  out.exit(1);
  return null;
}

function unquote(s: string): string {
  const b = new Bytes(s.length);
  let quote = 0;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (quote != 0 ? c == quote : c == 34 || c == 39) quote = quote != 0 ? 0 : c;
    else if (c == 92 && quote == 0 && i + 1 < s.length) b.push(s.charCodeAt(++i));
    else b.push(c);
  }
  if (quote != 0) unmatched(quote);
  return b.toString();
}

function run(argv: string[]): void {
  if (noisy) out.err(argv.join(' ') + (asking ? ' ?...' : '\n'));
  if (asking && !ask('')) return;
  while (running >= parallel) wait();
  // The command must not eat what is to become its arguments.
  const actions = new proc.Actions();
  if ((input as Reader).fd == 0) actions.open(0, '/dev/null', linux.O_RDONLY, 0);
  const pid = spawnvp(argv, actions);
  if (pid < 0) {
    out.perror(argv[0], pid);
    status = pid == -linux.ENOENT ? 127 : 126;
    return;
  }
  running++;
  if (parallel == 1) wait();
}

function wait(): void {
  const pid = proc.wait4(-1);
  if (pid == -linux.EINTR) return;
  running--;
  if (pid < 0) return;
  const s = proc.status;
  if (proc.WIFSIGNALED(s)) {
    out.complain('process killed by signal ' + proc.WTERMSIG(s).toString());
    status = 125;
  } else if (proc.WEXITSTATUS(s) == 255) {
    out.complain(program + ': exited with status 255; aborting');
    status = 124;
  } else if (proc.WEXITSTATUS(s) != 0 && status == 0) status = 123;
}
