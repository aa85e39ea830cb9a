// tr: translate, squeeze or delete bytes.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { classIndex, isKind } from '../lib/regex';
import { escapeEnd, isDigit, unescape } from '../lib/text';

const TEXT = packed('[-cds] STRING1 [STRING2]\n\nTranslate, squeeze, or delete characters from stdin, writing to stdout\n\n\t-c\tTake complement of STRING1\n\t-d\tDelete input characters coded STRING1\n\t-s\tSqueeze multiple output characters of STRING2 into one character\n');

export function tr(args: string[]): i32 {
  const o = getopt(args, '+cCds', TEXT);
  if (!o.ok) return o.status;
  const n = o.rest.length;
  const del = o.has('d');
  const squeeze = o.has('s');
  if (n == 0 || n > 2) return usage(TEXT);
  if (n == 1 && !del && !squeeze) return usage(TEXT);
  let first = expand(o.rest[0], 0);
  const second = n > 1 ? expand(o.rest[1], first.length) : [];
  if (o.has('c') || o.has('C')) first = complement(first);
  const map = new StaticArray<u8>(256);
  const drop = new StaticArray<bool>(256);
  const squash = new StaticArray<bool>(256);
  for (let i = 0; i < 256; i++) map[i] = <u8>i;
  if (del) for (let i = 0; i < first.length; i++) drop[first[i]] = true;
  else if (n > 1) {
    if (second.length == 0) return out.complain('STRING2 cannot be empty');
    for (let i = 0; i < first.length; i++) map[first[i]] = <u8>(i < second.length ? second[i] : second[second.length - 1]);
  }
  if (squeeze) {
    const set = n > 1 ? second : first;
    for (let i = 0; i < set.length; i++) squash[set[i]] = true;
  }
  const size = 65536;
  const at = heap.alloc(size);
  let last = -1;
  let got: i32;
  while ((got = fs.readInto(0, at, size)) > 0) {
    let to = 0;
    for (let i = 0; i < got; i++) {
      const c = load<u8>(at + i);
      if (drop[c]) continue;
      const m = map[c];
      if (squash[m] && m == last) continue;
      last = m;
      store<u8>(at + to, m);
      to++;
    }
    out.raw(at, to);
    if (out.failure() != 0) break;
  }
  if (got < 0) return out.perror('read error', got);
  return 0;
}

// The bytes of a string with ranges, classes, [x*n] and escapes; `fill` is how long [x*] makes it.
function expand(s: string, fill: i32): i32[] {
  const list: i32[] = [];
  let i = 0;
  while (i < s.length) {
    let c = s.charCodeAt(i);
    if (c == 91 && i + 1 < s.length) {
      if (s.charCodeAt(i + 1) == 58) {
        const end = s.indexOf(':]', i + 2);
        const kind = end < 0 ? -1 : classIndex(s.substring(i + 2, end));
        if (kind >= 0) {
          for (let k = 0; k < 256; k++) if (isKind(kind, k)) list.push(k);
          i = end + 2;
          continue;
        }
      }
      if (s.charCodeAt(i + 1) == 61 && i + 4 < s.length && s.charCodeAt(i + 3) == 61 && s.charCodeAt(i + 4) == 93) {
        list.push(s.charCodeAt(i + 2));
        i += 5;
        continue;
      }
      const star = s.indexOf('*', i + 2);
      if (star == i + 2) {
        let k = star + 1;
        while (k < s.length && isDigit(s.charCodeAt(k))) k++;
        if (k < s.length && s.charCodeAt(k) == 93) {
          const count = s.substring(star + 1, k);
          let times = count.length == 0 ? fill - list.length : <i32>parseInt(count, count.startsWith('0') ? 8 : 10);
          while (times-- > 0) list.push(s.charCodeAt(i + 1));
          i = k + 1;
          continue;
        }
      }
    }
    c = member(s, i);
    i = next;
    if (i + 1 < s.length && s.charCodeAt(i) == 45) {
      const to = member(s, i + 1);
      if (to < c) {
        list.push(c);
        continue;
      }
      i = next;
      for (let k = c; k <= to; k++) list.push(k);
      continue;
    }
    list.push(c);
  }
  return list;
}

let next: i32 = 0;

function member(s: string, i: i32): i32 {
  const c = s.charCodeAt(i);
  next = i + 1;
  if (c != 92 || i + 1 == s.length) return c;
  const v = unescape(s, i + 1);
  if (v == 92 && escapeEnd == i + 1) {
    // Any other character stands for itself.
    next = i + 2;
    return s.charCodeAt(i + 1);
  }
  next = escapeEnd;
  return v;
}

function complement(list: i32[]): i32[] {
  const has = new StaticArray<bool>(256);
  for (let i = 0; i < list.length; i++) has[list[i]] = true;
  const rest: i32[] = [];
  for (let i = 0; i < 256; i++) if (!has[i]) rest.push(i);
  return rest;
}
