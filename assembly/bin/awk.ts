// awk: the pattern scanning language. Here: its command line; the language is in awk/.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import * as parser from './awk/parser';
import { ARGC, ARGV, CONVFMT, ENVIRON, ERRNO, FS, Program, NF, NR, FNR, OFMT, OFS, ORS, RS, RLENGTH, RSTART, SUBSEP } from './awk/ast';
import { Cell, Value, input, num, str } from './awk/value';
import { env } from '../sys/env';
import { errno } from '../sys/errno';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { globals } from './awk/record';
import { isDigit, isName, unescapeAll } from '../lib/text';
import { run } from './awk/run';

const TEXT = packed('[OPTIONS] [AWK_PROGRAM] [FILE]...\n\n\t-v VAR=VAL\tSet variable\n\t-F SEP\t\tUse SEP as field separator\n\t-f FILE\t\tRead program from FILE\n\t-e AWK_PROGRAM\n');

function set(slot: i32, v: Value): void {
  while (globals.length <= slot) globals.push(new Cell());
  globals[slot].value = v;
}

/** name=value: assign it; false if the word is no assignment. */
function assign(word: string): bool {
  const at = word.indexOf('=');
  if (at < 1 || isDigit(word.charCodeAt(0))) return false;
  for (let i = 0; i < at; i++) if (!isName(word.charCodeAt(i))) return false;
  set(parser.globalSlot(word.substring(0, at)), input(unescapeAll(word.substring(at + 1))));
  return true;
}

export function awk(args: string[]): i32 {
  const o = getopt(args, '+F:v:f:e:W:', TEXT, packed('field-separator:=F,assign:=v,file:=f'));
  if (!o.ok) return o.status;
  parser.start();
  for (let i = 0; i <= ERRNO; i++) set(i, str(''));
  set(NF, num(0));
  set(NR, num(0));
  set(FNR, num(0));
  set(RSTART, num(0));
  set(RLENGTH, num(0));
  set(FS, str(' '));
  set(OFS, str(' '));
  set(ORS, str('\n'));
  set(RS, str('\n'));
  set(SUBSEP, str('\x1c'));
  set(CONVFMT, str('%.6g'));
  set(OFMT, str('%.6g'));
  if (o.has('F')) set(FS, str(unescapeAll(o.get('F'))));
  const given = o.all('v');
  for (let i = 0; i < given.length; i++) if (!assign(given[i])) return usage(TEXT);
  let program: Program | null = null;
  for (let i = 0; i < o.letters.length; i++) {
    if (o.letters[i] == 102) {
      const text = o.texts[i] == '-' ? fs.readAll(0) : fs.readFile(o.texts[i]);
      if (text === null) return out.cantOpen(o.texts[i], errno);
      program = parser.parse(text, o.texts[i]);
    } else if (o.letters[i] == 101) program = parser.parse(o.texts[i], 'cmd. line');
  }
  const rest = o.rest;
  if (!program) {
    if (rest.length == 0) return usage(TEXT);
    program = parser.parse(rest.shift(), 'cmd. line');
  }
  if (parser.error.length) return out.complain(parser.error);
  while (globals.length < parser.globalCount()) globals.push(new Cell());
  const argv = globals[ARGV].elements();
  argv.set('0', str('awk'));
  for (let i = 0; i < rest.length; i++) argv.set((i + 1).toString(), input(rest[i]));
  set(ARGC, num(rest.length + 1));
  const environment = globals[ENVIRON].elements();
  const map = env();
  const names = map.keys();
  for (let i = 0; i < names.length; i++) environment.set(names[i], input(map.get(names[i])));
  return run(program, rest, assign);
}
