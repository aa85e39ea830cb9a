// hexdump: bytes of files in hexadecimal, or by a format of the user's.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { dot, dump, Format, Input, named, number, range, rows, Unit, zeros } from '../lib/dump';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { isDigit, padEnd, padStart } from '../lib/text';

const HEXDUMP = packed('[-bcdoxCv] [-e FMT] [-f FMT_FILE] [-n LEN] [-s OFS] [FILE]...\n\nDisplay FILEs (or stdin) in a user specified format\n\n\t-b\t\t1-byte octal display\n\t-c\t\t1-byte character display\n\t-d\t\t2-byte decimal display\n\t-o\t\t2-byte octal display\n\t-x\t\t2-byte hex display\n\t-C\t\thex+ASCII 16 bytes per line\n\t-v\t\tShow all (no dup folding)\n\t-e FORMAT_STR\tExample: \'16/1 "%02x|""\\n"\'\n\t-f FORMAT_FILE\n\t-n LENGTH\tShow only first LENGTH bytes\n\t-s OFFSET\tSkip OFFSET bytes\n');


export function hexdump(args: string[]): i32 {
  const o = getopt(args, 'bcdoxCve:f:n:s:', HEXDUMP);
  if (!o.ok) return o.status;
  dump.radix = 16;
  dump.digits = 7;
  if (!range(o, 'n', 's')) return 1;
  dump.all = o.has('v');
  const formats: Format[] = [];
  let own = false;
  for (let i = 0; i < o.letters.length; i++) {
    const c = o.letters[i];
    if (c == 98) formats.push(new Format(111, 1, 4, 3));
    else if (c == 99) formats.push(new Format(99, 1, 4));
    else if (c == 100) formats.push(new Format(117, 2, 8, 5));
    else if (c == 111) formats.push(new Format(111, 2, 8, 6));
    else if (c == 120) formats.push(new Format(120, 2, 8, 4));
    else if (c == 67) {
      formats.push(new Format(67, 1, 0));
      dump.digits = 8;
    } else if (c == 101 || c == 102) {
      const text = c == 101 ? o.texts[i] : fs.readFile(o.texts[i]);
      if (text === null) return out.complain("can't open '" + o.texts[i] + "'");
      const lines = text.split('\n');
      for (let k = 0; k < lines.length; k++) if (lines[k].length && !custom(lines[k], formats)) return 1;
      own = true;
    }
  }
  if (formats.length == 0) formats.push(new Format(120, 2, 5, 4));
  const input = new Input(o.rest.length ? o.rest : ['-']);
  let width = 16;
  for (let i = 0; i < formats.length; i++) {
    let bytes = 0;
    for (let k = 0; k < formats[i].units.length; k++) bytes += formats[i].units[k].count * formats[i].units[k].size;
    if (bytes > 0) width = bytes;
  }
  if (own) dump.radix = 0;
  return rows(input, formats, width, !own);
}

/** `16/1 "%02x " "\n"`: counts, sizes and texts. */
function custom(text: string, formats: Format[]): bool {
  const units: Unit[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c == 32 || c == 9) {
      i++;
      continue;
    }
    let count = 1;
    let size = 0;
    if (isDigit(c)) {
      count = 0;
      while (i < text.length && isDigit(text.charCodeAt(i))) count = count * 10 + text.charCodeAt(i++) - 48;
    }
    if (i < text.length && text.charCodeAt(i) == 47) {
      i++;
      while (i < text.length && isDigit(text.charCodeAt(i))) size = size * 10 + text.charCodeAt(i++) - 48;
    }
    while (i < text.length && text.charCodeAt(i) == 32) i++;
    if (i == text.length || text.charCodeAt(i) != 34) {
      out.complain("bad format {" + text + '}');
      return false;
    }
    const end = text.indexOf('"', i + 1);
    if (end < 0) {
      out.complain("bad format {" + text + '}');
      return false;
    }
    const body = text.substring(i + 1, end);
    i = end + 1;
    if (size == 0) size = body.indexOf('%') < 0 || body.startsWith('%_a') ? 0 : body.indexOf('%_') >= 0 ? 1 : 4;
    units.push(new Unit(count, size, body));
  }
  formats.push(new Format(101, 1, 0, 0, false, units, customRow));
  return true;
}

/** One row by a format of hexdump -e; what lies past the end is blank. */
function customRow(f: Format, at: usize, n: i32, offset: i64): void {
  let place = 0;
  for (let u = 0; u < f.units.length; u++) {
    const unit = f.units[u];
    for (let k = 0; k < unit.count; k++) {
      const gone = unit.size > 0 && place >= n;
      piece(unit, at + place, gone, offset + place, k == unit.count - 1);
      place += unit.size;
    }
  }
}

function piece(unit: Unit, at: usize, gone: bool, offset: i64, last: bool): void {
  const text = unit.text;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c == 92 && i + 1 < text.length) {
      const e = text.charCodeAt(++i);
      out.byte(e == 110 ? 10 : e == 116 ? 9 : e == 48 ? 0 : e);
    } else if (c == 37) {
      let end = i + 1;
      while (end < text.length && '-+ #0123456789.'.indexOf(text.charAt(end)) >= 0) end++;
      const spec = text.substring(i + 1, end);
      let kind = text.charCodeAt(end);
      let width = 0;
      for (let k = 0; k < spec.length; k++) if (isDigit(spec.charCodeAt(k))) width = width * 10 + spec.charCodeAt(k) - 48;
      let s = '';
      if (kind == 95) {
        kind = text.charCodeAt(++end);
        if (kind == 97) {
          const base = text.charCodeAt(++end);
          s = offset.toString(base == 100 ? 10 : base == 111 ? 8 : 16);
        } else if (!gone) s = kind == 99 ? named(load<u8>(at), false) : kind == 117 ? named(load<u8>(at), true) : dot(load<u8>(at));
      } else if (!gone) {
        const value = number(at, unit.size, kind == 100 || kind == 105);
        s = kind == 99 ? String.fromCharCode(<i32>value) : kind == 100 || kind == 105 ? value.toString()
          : (<u64>value).toString(kind == 111 ? 8 : kind == 117 ? 10 : 16);
      }
      if (gone && kind != 97) s = '';
      out.put(spec.startsWith('0') && s.length ? zeros(s, width) : spec.startsWith('-') ? padEnd(s, width) : padStart(s, width));
      i = end;
    } else if (!(last && unit.count > 1 && i == text.length - 1 && (c == 32 || c == 9))) {
      // The blank behind the last of several is left out, as in hexdump(1).
      out.byte(c);
    }
  }
}
