// cut: bytes, characters or fields of every line.

import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Reader, openInput } from '../lib/input';
import { parseCount } from '../lib/number';
import { Regex } from '../lib/regex';

const TEXT = packed('[OPTIONS] [FILE]...\n\nPrint selected fields from FILEs to stdout\n\n\t-b LIST\tOutput only bytes from LIST\n\t-c LIST\tOutput only characters from LIST\n\t-d SEP\tInput field delimiter (default -f TAB)\n\t-f LIST\tOutput only these fields (-d is single char)\n\t-s\tOutput only lines containing delimiter\n\t-F LIST\tOutput only these fields (-d is a regex)\n\t-D\tDon\'t sort ranges; line without delimiters has one field\n\t-n\tIgnored\n');

class Range {
  constructor(
    public from: i32,
    public to: i32,
  ) {}
}

export function cut(args: string[]): i32 {
  const o = getopt(args, 'b:c:f:d:sDnO:F:', TEXT, packed('bytes:=b,characters:=c,fields:=f,delimiter:=d,only-delimited=s,output-delimiter:=O'));
  if (!o.ok) return o.status;
  const kinds = (o.has('b') ? 1 : 0) + (o.has('c') ? 1 : 0) + (o.has('f') ? 1 : 0) + (o.has('F') ? 1 : 0);
  if (kinds != 1) return out.complain('expected a list of bytes, characters, or fields');
  const byPattern = o.has('F');
  const byFields = o.has('f') || byPattern;
  if (!byFields && (o.has('s') || o.has('d'))) {
    return out.complain((o.has('s') ? 'suppressing non-delimited lines' : 'a delimiter may be specified') + ' makes sense only when operating on fields');
  }
  const delimiter = o.get('d', '\t').substring(0, 1);
  const spec = byPattern ? o.get('F') : byFields ? o.get('f') : o.has('b') ? o.get('b') : o.get('c');
  const ranges: Range[] = [];
  const parts = spec.split(',');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part.length == 0) continue;
    const dash = part.indexOf('-');
    const left = dash < 0 ? part : part.substring(0, dash);
    const right = dash < 0 ? '' : part.substring(dash + 1);
    const from = dash == 0 ? 1 : parseCount(left);
    const to = dash < 0 ? from : right.length == 0 ? 0x7fffffff : parseCount(right);
    if (from < 0 || to < 0) return out.complain("invalid number '" + (from < 0 ? left : right) + "'");
    ranges.push(new Range(max(from, 1), max(to, max(from, 1))));
  }
  if (ranges.length == 0) return out.complain('missing list of positions');
  if (!o.has('D')) ranges.sort((a, b) => a.from - b.from);
  const pattern = byPattern ? new Regex(o.get('d', '[ \t][ \t]*'), 0) : null;
  if (pattern !== null && !pattern.ok) return out.complain('bad regex: ' + pattern.error);
  const files = o.rest.length ? o.rest : ['-'];
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.perror(files[i], fd);
      continue;
    }
    const input = new Reader(fd);
    for (;;) {
      const line = input.next();
      if (line === null) break;
      if (pattern !== null) pieces(line, ranges, pattern, o.get('O', ' '), o.has('s'), o.has('D'));
      else if (byFields) fields(line, ranges, delimiter, o.get('O', delimiter), o.has('s'), o.has('D'));
      else if (o.has('c')) characters(line, ranges);
      else bytes(line, ranges);
    }
    input.free();
  }
  return status;
}

/** -F: fields between matches of a pattern; a run of them keeps what stood between. */
function pieces(line: string, ranges: Range[], pattern: Regex, between: string, only: bool, keep: bool): void {
  const starts: i32[] = [0];
  const ends: i32[] = [];
  let from = 0;
  while (from <= line.length && pattern.exec(line, from) && pattern.at[1] > pattern.at[0]) {
    ends.push(pattern.at[0]);
    starts.push(pattern.at[1]);
    from = pattern.at[1];
  }
  ends.push(line.length);
  if (ends.length == 1) {
    if (!only) out.line(keep ? fieldOf(line, ranges) : line);
    return;
  }
  let first = true;
  for (let i = 0; i < ranges.length; i++) {
    const begin = ranges[i].from - 1;
    const end = min(ranges[i].to, ends.length);
    if (begin >= end) continue;
    if (!first) out.put(between);
    first = false;
    out.put(line.substring(starts[begin], ends[end - 1]));
  }
  out.byte(10);
}

/** A line without delimiters is its first field. */
function fieldOf(line: string, ranges: Range[]): string {
  for (let i = 0; i < ranges.length; i++) if (ranges[i].from == 1) return line;
  return '';
}

function bytes(line: string, ranges: Range[]): void {
  let done = 0;
  for (let i = 0; i < ranges.length; i++) {
    const from = max(ranges[i].from - 1, done);
    const to = min(ranges[i].to, line.length);
    if (from < to) out.put(line.substring(from, to));
    done = max(done, to);
  }
  out.byte(10);
}

// Characters are UTF-8 sequences.
function characters(line: string, ranges: Range[]): void {
  const starts: i32[] = [];
  for (let i = 0; i < line.length; i++) if ((line.charCodeAt(i) & 0xc0) != 0x80) starts.push(i);
  starts.push(line.length);
  const n = starts.length - 1;
  let done = 0;
  for (let i = 0; i < ranges.length; i++) {
    const from = max(ranges[i].from - 1, done);
    const to = min(ranges[i].to, n);
    if (from < to) out.put(line.substring(starts[from], starts[to]));
    done = max(done, to);
  }
  out.byte(10);
}

function fields(line: string, ranges: Range[], delimiter: string, joint: string, only: bool, unsorted: bool): void {
  if (delimiter.length == 0 || line.indexOf(delimiter) < 0) {
    if (!only) out.line(line);
    return;
  }
  const list = line.split(delimiter);
  let first = true;
  let done = 0;
  for (let i = 0; i < ranges.length; i++) {
    const from = unsorted ? ranges[i].from : max(ranges[i].from, done + 1);
    const to = min(ranges[i].to, list.length);
    for (let k = from; k <= to; k++) {
      if (!first) out.put(joint);
      first = false;
      out.put(list[k - 1]);
    }
    done = max(done, to);
  }
  out.byte(10);
}
