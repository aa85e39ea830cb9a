// less: text one screen at a time, with searching. Where standard output is no terminal it is cat.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as screen from '../lib/screen';
import * as tty from '../sys/tty';
import { Options, getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';
import { EXTENDED, ICASE, Regex } from '../lib/regex';
import { Bytes, padStart } from '../lib/text';

const TEXT = packed('[-EFIMmNSRh~] [FILE]...\n\nView FILE (or stdin) one screenful at a time\n\n\t-E\tQuit once the end of a file is reached\n\t-F\tQuit if entire file fits on first screen\n\t-I\tIgnore case in all searches\n\t-M,-m\tDisplay status line with line numbers\n\t\tand percentage through the file\n\t-N\tPrefix line number to each line\n\t-S\tTruncate long lines\n\t-R\tRemove color escape codes in input\n\t-~\tSuppress ~s displayed past EOF\n');

/** A row of the screen: part of a line of the file. */
class Row {
  constructor(public text: string, public line: i32, public first: bool) {}
}

let o: Options = new Options();
let files: string[] = [];
let at: i32 = 0;
let lines: string[] = [];
let rows: Row[] = [];
let top: i32 = 0;
/** Columns that are scrolled away at the left, with -S. */
let left: i32 = 0;
let pattern: Regex | null = null;
let message: string = '';
let newFile: bool = true;

export function less(args: string[]): i32 {
  o = getopt(args, 'EFIMmNSRh~X', TEXT);
  if (!o.ok) return o.status;
  files = o.rest.length ? o.rest : ['-'];
  if (o.rest.length == 0 && tty.isatty(0)) {
    out.complain('missing filename ("less --help" for help)');
    return 1;
  }
  if (!tty.isatty(1)) return plain();
  const keys = tty.isatty(0) ? 0 : fs.open('/dev/tty', linux.O_RDWR | linux.O_CLOEXEC);
  if (!load(0)) return 1;
  if (keys < 0 || !screen.begin(keys)) return plain();
  layout();
  if (o.has('F') && files.length == 1 && rows.length < screen.rows) {
    screen.end();
    for (let i = 0; i < rows.length; i++) out.line(rows[i].text);
    return 0;
  }
  draw();
  while (act(screen.key(-1)));
  out.put('\r\x1b[K');
  screen.end();
  return 0;
}

function plain(): i32 {
  let status = 0;
  for (let i = 0; i < files.length; i++) {
    const fd = openInput(files[i]);
    if (fd < 0) {
      status = out.cantOpen(files[i], fd);
      continue;
    }
    out.flush();
    const r = out.copy(fd, 1);
    if (fd > 0) fs.close(fd);
    if (r < 0 && !out.writing) status = out.perror(files[i], r);
  }
  return status;
}

function load(which: i32): bool {
  const fd = openInput(files[which]);
  if (fd < 0) {
    out.cantOpen(files[which], fd);
    return false;
  }
  at = which;
  lines = [];
  const input = new Reader(fd);
  for (;;) {
    const line = input.next();
    if (line === null) break;
    lines.push(clean(line));
  }
  input.free();
  top = left = 0;
  newFile = true;
  return true;
}

/** Control characters made visible: a tab blanks, others ^X; with -R escape sequences are dropped. */
function clean(line: string): string {
  let plain = true;
  for (let i = 0; plain && i < line.length; i++) if (line.charCodeAt(i) < 32 || line.charCodeAt(i) == 127) plain = false;
  if (plain) return line;
  const b = new Bytes(line.length + 16);
  let column = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c == 9) {
      do b.push(32); while (++column & 7);
    } else if (c == 27 && o.has('R') && line.charCodeAt(i + 1) == 91) {
      i += 2;
      while (i < line.length && line.charCodeAt(i) < 64) i++;
    } else if (c < 32 || c == 127) {
      b.push(94);
      b.push(c ^ 64);
      column += 2;
    } else {
      b.push(c);
      if ((c & 0xc0) != 0x80) column++;
    }
  }
  return b.toString();
}

/** Where a part of a line that is `width` columns wide ends, from a place in it. */
function cut(line: string, from: i32, width: i32): i32 {
  let column = 0;
  let i = from;
  for (; i < line.length; i++) {
    if ((line.charCodeAt(i) & 0xc0) != 0x80 && ++column > width) break;
  }
  return i;
}

/** Lines to rows, as wide as the screen is now. */
function layout(): void {
  const line = top < rows.length ? rows[top].line : 0;
  const margin = o.has('N') ? 8 : 0;
  const width = max(screen.columns - margin, 1);
  rows = [];
  top = 0;
  for (let i = 0; i < lines.length; i++) {
    if (i == line) top = rows.length;
    const text = lines[i];
    if (o.has('S')) {
      const from = cut(text, 0, left);
      rows.push(new Row(text.substring(from, cut(text, from, width)), i, true));
      continue;
    }
    let from = 0;
    do {
      const end = cut(text, from, width);
      rows.push(new Row(text.substring(from, end), i, from == 0));
      from = end;
    } while (from < text.length);
  }
}

const page = (): i32 => max(screen.rows - 1, 1);

function draw(): void {
  out.put('\x1b[H\x1b[J');
  const height = page();
  for (let i = 0; i < height; i++) {
    const row = top + i;
    if (row < rows.length) {
      const r = rows[row];
      if (o.has('N')) out.put(r.first ? padStart((r.line + 1).toString(), 7) + ' ' : '        ');
      mark(r.text);
    } else if (!o.has('~')) out.byte(126);
    out.put('\r\n');
  }
  status();
}

/** A row with what is searched for in reverse. */
function mark(text: string): void {
  const re = pattern;
  if (re === null) return out.put(text);
  let from = 0;
  while (from <= text.length && re.exec(text, from)) {
    const begin = re.at[0];
    const end = re.at[1];
    out.put(text.substring(from, begin) + '\x1b[7m' + text.substring(begin, end) + '\x1b[0m');
    if (end == begin) {
      out.put(text.substring(begin, begin + 1));
      from = begin + 1;
    } else from = end;
  }
  if (from < text.length) out.put(text.substring(from));
}

function bottom(): i32 {
  return max(rows.length - page(), 0);
}

function status(): void {
  const name = files[at] == '-' ? '' : files[at];
  const ended = top >= bottom();
  let text = ':';
  if (message.length) text = message;
  else if (o.has('M') || o.has('m')) {
    const last = min(top + page(), rows.length);
    const line = last > 0 ? rows[last - 1].line + 1 : 0;
    const first = top < rows.length ? rows[top].line + 1 : 0;
    text = (name.length ? name + ' ' : '') + 'lines ' + first.toString() + '-' + line.toString() + '/' + lines.length.toString()
      + (ended ? ' (END)' : ' ' + (lines.length ? line * 100 / lines.length : 100).toString() + '%');
  } else if (newFile && name.length) text = name + (files.length > 1 ? ' (file ' + (at + 1).toString() + ' of ' + files.length.toString() + ')' : '') + (ended ? ' (END)' : '');
  else if (ended) text = '(END)';
  newFile = false;
  message = '';
  out.put('\r\x1b[7m' + text.substring(0, cut(text, 0, screen.columns - 1)) + '\x1b[0m\x1b[K');
}

function move(to: i32): bool {
  const old = top;
  if (to > top && top >= bottom() && o.has('E')) return false;
  top = min(max(to, 0), bottom());
  if (top != old) draw();
  else status();
  return true;
}

/** One key; false to end. */
function act(key: i32): bool {
  const half = page() / 2;
  switch (key) {
    case screen.GONE: case 3: case 113: case 81: return false;
    case screen.RESIZED: layout(); draw(); return true;
    case screen.DOWN: case 10: case 13: case 106: case 101: return move(top + 1);
    case screen.UP: case 107: case 121: return move(top - 1);
    case screen.PAGE_DOWN: case 32: case 102: case 6: case 22: return move(top + page());
    case screen.PAGE_UP: case 98: case 2: return move(top - page());
    case 100: case 4: return move(top + half);
    case 117: case 21: return move(top - half);
    case screen.HOME: case 103: case 60: return move(0);
    case screen.END: case 71: case 62: return move(bottom());
    case screen.RIGHT: case screen.LEFT:
      if (o.has('S')) {
        left = max(left + (key == screen.RIGHT ? half : -half), 0);
        layout();
      }
      draw();
      return true;
    case 114: case 82: case 12: draw(); return true;
    case 47: case 63: return ask(key == 47);
    case 110: return search(true);
    case 78: return search(false);
    case 58: return command();
    case 45:
      toggle(screen.key(-1));
      return true;
    default: status(); return true;
  }
}

function toggle(key: i32): void {
  const letter = String.fromCharCode(max(key, 0));
  if ('NSMmIE~'.indexOf(letter) >= 0 && letter.length) o.flip(letter);
  layout();
  draw();
}

/** :n and :p, the next and the previous file; :q. */
function command(): bool {
  out.put('\r:\x1b[K');
  const key = screen.key(-1);
  if (key == 113 || key == 81 || key == screen.GONE) return false;
  const to = key == 110 ? at + 1 : key == 112 ? at - 1 : at;
  if (key == 110 || key == 112) {
    if (to < 0 || to >= files.length) message = 'No ' + (key == 110 ? 'next' : 'previous') + ' file';
    else if (load(to)) layout();
  }
  draw();
  return true;
}

/** Reads a pattern behind / or ?, and goes to its first place. */
function ask(forward: bool): bool {
  const b = new Bytes();
  for (;;) {
    out.put('\r' + (forward ? '/' : '?') + b.toString() + '\x1b[K');
    const key = screen.key(-1);
    if (key == screen.GONE) return false;
    if (key == 27 || key == 3 || ((key == 127 || key == 8) && b.length == 0)) {
      status();
      return true;
    }
    if (key == 10 || key == 13) break;
    if (key == 127 || key == 8) {
      const text = b.toString();
      let end = text.length - 1;
      while (end > 0 && (text.charCodeAt(end) & 0xc0) == 0x80) end--;
      b.clear();
      b.add(text.substring(0, end));
    } else if (key >= 32 && key < 256) b.push(key);
  }
  if (b.length) {
    const re = new Regex(b.toString(), EXTENDED | (o.has('I') ? ICASE : 0));
    if (!re.ok) {
      message = re.error;
      draw();
      return true;
    }
    pattern = re;
  }
  return search(forward);
}

function search(forward: bool): bool {
  const re = pattern;
  if (re === null) {
    message = 'No previous regular expression';
    status();
    return true;
  }
  const step = forward ? 1 : -1;
  for (let row = top + step; row >= 0 && row < rows.length; row += step) {
    if (!rows[row].first || !re.test(lines[rows[row].line])) continue;
    top = min(row, max(bottom(), 0));
    draw();
    return true;
  }
  message = 'Pattern not found';
  draw();
  return true;
}
