// sort: whole lines or keys; -n -g -h -M -V numbers of several kinds, -u unique, -c check, -m merge, -s stable.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader, openInput } from '../lib/input';
import { compare, isAlnum, isBlank, isDigit, isSpace, lower, upperCode } from '../lib/text';
import { versionCompare } from './ls';

const TEXT = packed('[-nrughMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...\n\nSort lines of text\n\n\t-o FILE\tOutput to FILE\n\t-c\tCheck whether input is sorted\n\t-b\tIgnore leading blanks\n\t-f\tIgnore case\n\t-i\tIgnore unprintable characters\n\t-d\tDictionary order (blank or alphanumeric only)\n\t-n\tSort numbers\n\t-g\tGeneral numerical sort\n\t-h\tSort human readable numbers (2K 1G)\n\t-M\tSort month\n\t-V\tSort version\n\t-t CHAR\tField separator\n\t-k N[,M] Sort by Nth field\n\t-r\tReverse sort order\n\t-s\tStable (don\'t sort ties alphabetically)\n\t-u\tSuppress duplicate lines\n\t-z\tNUL terminated input and output\n\t-m\tMerge (ignored)\n');

// How a key compares: letters of options as bits.
const NUMERIC = 1;
const GENERAL = 2;
const HUMAN = 4;
const MONTH = 8;
const VERSION = 16;
const REVERSE = 32;
const BLANKS = 64;
const FOLD = 128;
const DICTIONARY = 256;
const PRINTABLE = 512;
const BLANKS_END = 1024;

class Key {
  from: i32 = 0;
  fromChar: i32 = 0;
  to: i32 = 0;
  toChar: i32 = 0;
  flags: i32 = 0;
}

let keys: Key[] = [];
let global: i32 = 0;
let separator: i32 = -1;
let unique: bool = false;
let stable: bool = false;

export function sort(args: string[]): i32 {
  const o = getopt(args, 'ngMucszbrdfiho:k:t:S:T:mV', TEXT);
  if (!o.ok) return o.status;
  keys = [];
  global = 0;
  for (let i = 0; i < o.letters.length; i++) global |= flag(o.letters[i]);
  if (o.has('b')) global |= BLANKS_END;
  unique = o.has('u');
  stable = o.has('s');
  if (o.has('t')) {
    const t = o.get('t');
    separator = t == '\\0' ? 0 : t.length ? t.charCodeAt(0) : 0;
    if (t.length > 1 && t != '\\0') return out.complain('bad -t parameter');
  }
  const specs = o.all('k');
  for (let i = 0; i < specs.length; i++) if (!addKey(specs[i])) return out.complain("bad field specification '" + specs[i] + "'");
  if (!keys.length && global & ~REVERSE) {
    const whole = new Key();
    whole.from = 1;
    whole.flags = global;
    keys.push(whole);
  }
  const end = o.has('z') ? 0 : 10;
  const lines: string[] = [];
  const files = o.rest.length ? o.rest : ['-'];
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      out.perror(files[i], fd);
      return 2;
    }
    const input = new Reader(fd);
    for (;;) {
      const line = input.next(end);
      if (line === null) break;
      lines.push(line);
    }
    if (input.error != 0) {
      out.perror(files[i], input.error);
      return 2;
    }
    input.free();
  }
  if (o.has('c')) {
    for (let i = 1; i < lines.length; i++) {
      const d = order(lines[i - 1], lines[i]);
      if (d > 0 || (unique && d == 0)) {
        out.err('Check line ' + i.toString() + '\n');
        return 1;
      }
    }
    return 0;
  }
  const sorted = mergeSort(lines);
  if (o.has('o')) {
    const to = fs.open(o.get('o'), linux.O_WRONLY | linux.O_CREAT | linux.O_TRUNC, 0o666);
    if (to < 0) return out.cantOpen(o.get('o'), to);
    fs.dup2(to, 1);
    fs.close(to);
  }
  for (let i = 0; i < sorted.length; i++) {
    if (unique && i > 0 && byKeys(sorted[i - 1], sorted[i]) == 0) continue;
    out.put(sorted[i]);
    out.byte(end);
  }
  return 0;
}

function flag(c: i32): i32 {
  switch (c) {
    case 110: return NUMERIC;
    case 103: return GENERAL;
    case 104: return HUMAN;
    case 77: return MONTH;
    case 86: return VERSION;
    case 114: return REVERSE;
    case 98: return BLANKS;
    case 102: return FOLD;
    case 100: return DICTIONARY;
    case 105: return PRINTABLE;
  }
  return 0;
}

let place: i32 = 0;

function digits(s: string): i32 {
  let v = 0;
  const start = place;
  while (place < s.length && isDigit(s.charCodeAt(place))) v = v * 10 + s.charCodeAt(place++) - 48;
  return place == start ? -1 : v;
}

// START[.OFS][OPTS][,END[.OFS][OPTS]]
function addKey(spec: string): bool {
  const key = new Key();
  place = 0;
  key.from = digits(spec);
  if (key.from < 1) return false;
  if (place < spec.length && spec.charCodeAt(place) == 46) {
    place++;
    key.fromChar = digits(spec);
    if (key.fromChar < 0) return false;
  }
  if (!options(spec, key, false)) return false;
  if (place < spec.length && spec.charCodeAt(place) == 44) {
    place++;
    key.to = digits(spec);
    if (key.to < 0) return false;
    if (place < spec.length && spec.charCodeAt(place) == 46) {
      place++;
      key.toChar = digits(spec);
      if (key.toChar < 0) return false;
    }
    if (!options(spec, key, true)) return false;
  }
  if (place < spec.length) return false;
  keys.push(key);
  return true;
}

function options(spec: string, key: Key, ending: bool): bool {
  while (place < spec.length && spec.charCodeAt(place) != 44) {
    const f = flag(spec.charCodeAt(place));
    if (f == 0) return false;
    key.flags |= f == BLANKS && ending ? BLANKS_END : f;
    place++;
  }
  return true;
}

// Where field n (from 1) begins; `ending`: where it ends.
function field(s: string, n: i32, ending: bool): i32 {
  let i = 0;
  if (separator >= 0) {
    for (let k = 1; k < n; k++) {
      while (i < s.length && s.charCodeAt(i) != separator) i++;
      if (i < s.length) i++;
      else return s.length;
    }
    if (ending) while (i < s.length && s.charCodeAt(i) != separator) i++;
    return i;
  }
  // Blanks belong to the field behind them.
  const last = ending ? n : n - 1;
  for (let k = 1; k <= last; k++) {
    while (i < s.length && isSpace(s.charCodeAt(i))) i++;
    while (i < s.length && !isSpace(s.charCodeAt(i))) i++;
  }
  return i;
}

function keyText(s: string, key: Key, flags: i32): string {
  let from = field(s, key.from, false);
  let end = s.length;
  if (key.to > 0) {
    if (key.toChar > 0) {
      end = field(s, key.to, false);
      if ((flags & BLANKS_END) || (separator < 0 && flags & BLANKS)) while (end < s.length && isSpace(s.charCodeAt(end))) end++;
      end = min(end + key.toChar, s.length);
    } else end = field(s, key.to, true);
  }
  if (flags & BLANKS) while (from < s.length && isSpace(s.charCodeAt(from))) from++;
  if (key.fromChar > 0) from = min(from + key.fromChar - 1, s.length);
  let text = from < end ? s.substring(from, end) : '';
  if (flags & DICTIONARY) text = only(text, true);
  if (flags & PRINTABLE) text = only(text, false);
  if (flags & FOLD) text = folded(text);
  return text;
}

function only(s: string, dictionary: bool): string {
  let t = '';
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (dictionary ? isAlnum(c) || isBlank(c) : c >= 32 && c < 127) t += s.charAt(i);
  }
  return t;
}

function folded(s: string): string {
  let t = '';
  for (let i = 0; i < s.length; i++) t += String.fromCharCode(upperCode(s.charCodeAt(i)));
  return t;
}

function number(s: string, suffix: bool): f64 {
  let i = 0;
  while (i < s.length && isSpace(s.charCodeAt(i))) i++;
  const start = i;
  if (i < s.length && s.charCodeAt(i) == 45) i++;
  let v: f64 = 0;
  while (i < s.length && isDigit(s.charCodeAt(i))) v = v * 10 + (s.charCodeAt(i++) - 48);
  if (i < s.length && s.charCodeAt(i) == 46) {
    i++;
    let unit = 0.1;
    while (i < s.length && isDigit(s.charCodeAt(i))) {
      v += (s.charCodeAt(i++) - 48) * unit;
      unit /= 10;
    }
  }
  if (suffix && i < s.length) {
    const at = 'kMGTPEZY'.indexOf(s.charAt(i) == 'K' ? 'k' : s.charAt(i));
    for (let k = 0; k <= at; k++) v *= 1024;
  }
  return start < s.length && s.charCodeAt(start) == 45 ? -v : v;
}

function general(s: string): f64 {
  let i = 0;
  while (i < s.length && isSpace(s.charCodeAt(i))) i++;
  return parseFloat(s.substring(i));
}

function month(s: string): i32 {
  let i = 0;
  while (i < s.length && isSpace(s.charCodeAt(i))) i++;
  const at = 'janfebmaraprmayjunjulaugsepoctnovdec'.indexOf(lower(s.substring(i, i + 3)));
  return at < 0 || at % 3 != 0 || s.length - i < 3 ? -1 : at / 3;
}

function byKeys(a: string, b: string): i32 {
  if (!keys.length) return compare(a, b) * (global & REVERSE ? -1 : 1);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const flags = key.flags & ~BLANKS_END ? key.flags : global | key.flags;
    const x = keyText(a, key, flags);
    const y = keyText(b, key, flags);
    let d = 0;
    if (flags & (NUMERIC | HUMAN)) {
      const v = number(x, (flags & HUMAN) != 0);
      const w = number(y, (flags & HUMAN) != 0);
      d = v < w ? -1 : v > w ? 1 : 0;
    } else if (flags & GENERAL) {
      const v = general(x);
      const w = general(y);
      // Not numbers first, then NaN.
      if (isNaN(v)) d = isNaN(w) ? 0 : -1;
      else if (isNaN(w)) d = 1;
      else d = v < w ? -1 : v > w ? 1 : 0;
    } else if (flags & MONTH) d = month(x) - month(y);
    else if (flags & VERSION) d = versionCompare(x, y);
    else d = compare(x, y);
    if (d != 0) return flags & REVERSE ? -d : d;
  }
  return 0;
}

function order(a: string, b: string): i32 {
  const d = byKeys(a, b);
  if (d != 0 || !keys.length) return d;
  // A stable order is turned by a global -r too.
  if (stable) return global & REVERSE ? 1 : 0;
  // Ties go by the whole line, turned by a global -r.
  return compare(a, b) * (global & REVERSE ? -1 : 1);
}

function mergeSort(list: string[]): string[] {
  const n = list.length;
  let from = list;
  let to = new Array<string>(n);
  for (let i = 0; i < n; i++) to[i] = list[i];
  for (let width = 1; width < n; width *= 2) {
    for (let lo = 0; lo < n; lo += width * 2) {
      const mid = min(lo + width, n);
      const hi = min(lo + width * 2, n);
      let i = lo;
      let k = mid;
      for (let at = lo; at < hi; at++) {
        if (i < mid && (k >= hi || order(from[i], from[k]) <= 0)) to[at] = from[i++];
        else to[at] = from[k++];
      }
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}
