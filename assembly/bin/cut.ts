// cut: bytes, characters or fields of every line.

import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { Reader, openInput } from '../lib/input';
import { parseCount } from '../lib/number';

const TEXT = '[OPTIONS] [FILE]...\n\nPrint selected fields from FILEs to stdout\n\n\t-b LIST\tOutput only bytes from LIST\n\t-c LIST\tOutput only characters from LIST\n\t-d SEP\tInput field delimiter (default -f TAB)\n\t-f LIST\tOutput only these fields (-d is single char)\n\t-s\tOutput only lines containing delimiter\n\t-D\tDon\'t sort ranges; line without delimiters has one field\n\t-n\tIgnored\n';

class Range {
  constructor(
    public from: i32,
    public to: i32,
  ) {}
}

export function cut(args: string[]): i32 {
  const o = getopt(args, 'b:c:f:d:sDnO:', TEXT, 'bytes:=b,characters:=c,fields:=f,delimiter:=d,only-delimited=s,output-delimiter:=O');
  if (!o.ok) return o.status;
  const kinds = (o.has('b') ? 1 : 0) + (o.has('c') ? 1 : 0) + (o.has('f') ? 1 : 0);
  if (kinds != 1) return out.complain('expected a list of bytes, characters, or fields');
  const byFields = o.has('f');
  if (!byFields && (o.has('s') || o.has('d'))) {
    return out.complain((o.has('s') ? 'suppressing non-delimited lines' : 'a delimiter may be specified') + ' makes sense only when operating on fields');
  }
  const delimiter = o.get('d', '\t').substring(0, 1);
  const spec = byFields ? o.get('f') : o.has('b') ? o.get('b') : o.get('c');
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
      if (byFields) fields(line, ranges, delimiter, o.get('O', delimiter), o.has('s'), o.has('D'));
      else if (o.has('c')) characters(line, ranges);
      else bytes(line, ranges);
    }
    input.free();
  }
  return status;
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
