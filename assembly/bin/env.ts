// env and printenv.

import * as out from '../lib/out';
import { env as environment, envList, environ } from '../sys/env';
import { execOrDie } from '../lib/exec';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';

const TEXT = packed('[-iu0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]\n\nPrint current environment or run PROG after setting up\n\n\t-, -i\tStart with empty environment\n\t-0\tNUL terminated output\n\t-u NAME\tUnset variable\n');

export function env(args: string[]): i32 {
  const o = getopt(args, '+iu:0', TEXT, packed('ignore-environment=i,unset:=u,null=0'));
  if (!o.ok) return o.status;
  const map = environment();
  const rest = o.rest;
  let clear = o.has('i');
  if (rest.length && rest[0] == '-') {
    clear = true;
    rest.shift();
  }
  if (clear) map.clear();
  const unset = o.all('u');
  for (let i = 0; i < unset.length; i++) map.delete(unset[i]);
  while (rest.length && rest[0].indexOf('=') > 0) {
    const word = rest.shift();
    const at = word.indexOf('=');
    map.set(word.substring(0, at), word.substring(at + 1));
  }
  if (rest.length) return execOrDie(rest);
  const list = envList();
  for (let i = 0; i < list.length; i++) {
    out.put(list[i]);
    out.byte(o.has('0') ? 0 : 10);
  }
  return 0;
}

export function printenv(args: string[]): i32 {
  const o = getopt(args, '+', packed('[VARIABLE]...\n\nPrint environment VARIABLEs. If no VARIABLE specified, print all.\n'));
  if (!o.ok) return o.status;
  if (args.length == 1) {
    const list = environ();
    for (let i = 0; i < list.length; i++) out.line(list[i]);
    return 0;
  }
  const map = environment();
  let status = 0;
  for (let i = 1; i < args.length; i++) {
    if (map.has(args[i])) out.line(map.get(args[i]));
    else status = 1;
  }
  return status;
}
