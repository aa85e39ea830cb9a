// factor: the prime factors of numbers.

import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader } from '../lib/input';
import { isDigit, isSpace, trim } from '../lib/text';

const TEXT = packed('[NUMBER]...\n\nPrint prime factors\n');

export function factor(args: string[]): i32 {
  const o = getopt(args, '', TEXT);
  if (!o.ok) return o.status;
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) status |= one(o.rest[i]);
  if (o.rest.length) return status;
  const input = new Reader(0);
  for (;;) {
    const line = input.next();
    if (line === null) break;
    const words = line.split(' ');
    for (let i = 0; i < words.length; i++) if (trim(words[i]).length) status |= one(trim(words[i]));
  }
  return status;
}

function one(word: string): i32 {
  let n: u64 = 0;
  // As strtoull(3) begins: blanks, a plus.
  let from = 0;
  while (from < word.length && isSpace(word.charCodeAt(from))) from++;
  if (from < word.length && word.charCodeAt(from) == 43) from++;
  let good = word.length > from;
  for (let i = from; i < word.length && good; i++) {
    const digit = <u64>(word.charCodeAt(i) - 48);
    if (!isDigit(word.charCodeAt(i)) || n > (u64.MAX_VALUE - digit) / 10) good = false;
    else n = n * 10 + digit;
  }
  if (!good) return usage(TEXT);
  out.put(n.toString() + ':');
  for (let d: u64 = 2; d <= n / d; d += d == 2 ? 1 : 2) {
    while (n % d == 0 && n > 1) {
      out.put(' ' + d.toString());
      n /= d;
    }
  }
  out.line(n > 1 ? ' ' + n.toString() : '');
  return 0;
}
