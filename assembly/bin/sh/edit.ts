// The line editor of an interactive shell: raw mode, the usual keys of Emacs and the cursor block, history, completion.
// The line is kept in bytes; the cursor moves by whole UTF-8 characters and knows how wide they are.

import * as fs from '../../sys/fs';
import * as tty from '../../sys/tty';
import * as linux from '../../sys/linux';
import { Buf, at, chr, isBlank } from './buf';
import { complete, completions } from './complete';
import { entries } from './history';
import {
  CUT_BACK, CUT_WORD, DELETE, DOWN, END, END_OF_INPUT, HOME, INTERRUPT, LEFT, RIGHT, UP, WORD_LEFT, WORD_RIGHT, byte,
  columns, key, measure,
} from './key';
import { next, previous, widthOf } from './width';

/** 0, 130 after Ctrl-C. */
export let editStatus: i32 = 0;

let line: string = '';
/** The cursor, as an index of bytes. */
let pos: i32 = 0;
let prompt: string = '';
let promptWidth: i32 = 0;
/** The row of the cursor below the prompt's last row, as it stands on the screen. */
let row: i32 = 0;
/** The prompt stands on the screen, and how wide prompt and line were when last drawn. */
let promptDrawn: bool = false;
let drawnWidth: i32 = 0;
/** Text that Ctrl-K, Ctrl-U and Ctrl-W cut, for Ctrl-Y. */
let cut: string = '';
/** The entry of the history that is shown; entries.length is the new line, kept in `fresh`. */
let shown: i32 = 0;
let fresh: string = '';

function write(s: string): void {
  fs.write(1, s);
}

/** Read a line, its newline at the end; null at the end of the input (and after Ctrl-C, with editStatus 130). */
export function editLine(text: string): string | null {
  editStatus = 0;
  const old = new tty.Termios();
  if (tty.tcgetattr(0, old) != 0) return null;
  const raw = old.copy();
  // ^C comes as a character; ^Z and ^\ stay signals, which the shell ignores.
  raw.lflag &= ~(linux.ICANON | linux.ECHO | linux.ECHONL);
  raw.cc[linux.VINTR] = 0;
  raw.cc[linux.VMIN] = 1;
  raw.cc[linux.VTIME] = 0;
  tty.tcsetattr(0, tty.TCSADRAIN, raw);
  measure();
  const result = edit(text);
  tty.tcsetattr(0, tty.TCSADRAIN, old);
  return result;
}

/** Put the prompt down without the marks around what has no width; its last row's width counts. */
function start(text: string): void {
  const b = new Buf();
  const seen = new Buf();
  let hidden = false;
  for (let i = 0; i < text.length; i++) {
    const c = at(text, i);
    if (c == 1) hidden = true;
    else if (c == 2) hidden = false;
    else {
      b.push(c);
      if (c == 27 && !hidden && i + 1 < text.length && at(text, i + 1) == 91) {
        // A colour: ESC [ ... letter.
        while (++i < text.length) {
          b.push(at(text, i));
          if (at(text, i) > 63 && at(text, i) != 91) break;
        }
        continue;
      }
      if (c == 10) seen.length = 0;
      else if (!hidden) seen.push(c);
    }
  }
  const shownPrompt = b.toString();
  const nl = shownPrompt.lastIndexOf('\n');
  if (nl >= 0) write(shownPrompt.substring(0, nl + 1));
  prompt = shownPrompt.substring(nl + 1);
  const visible = seen.toString();
  promptWidth = widthOf(visible, 0, visible.length);
  row = 0;
}

/** Draw prompt and line anew and put the cursor in its place. */
function redraw(): void {
  const total = promptWidth + widthOf(line, 0, line.length);
  const want = promptWidth + widthOf(line, 0, pos);
  if (row == 0 && promptDrawn && total < columns && drawnWidth < columns) {
    // All of it is on one row: the prompt can stay.
    write('\r' + forward(promptWidth) + line + '\x1b[K' + (want < total ? '\r' + forward(want) : ''));
    drawnWidth = total;
    return;
  }
  let s = row > 0 ? '\x1b[' + row.toString() + 'A' : '';
  s += '\r' + prompt + line + '\x1b[J';
  promptDrawn = true;
  drawnWidth = total;
  // A line that fills its row exactly leaves the cursor on it until something follows.
  if (total > 0 && total % columns == 0) s += '\n';
  const endRow = total / columns;
  row = want / columns;
  if (endRow > row) s += '\x1b[' + (endRow - row).toString() + 'A';
  write(s + '\r' + forward(want % columns));
}

function forward(n: i32): string {
  return n > 0 ? '\x1b[' + n.toString() + 'C' : '';
}

function insert(s: string): void {
  const atEnd = pos == line.length;
  line = line.substring(0, pos) + s + line.substring(pos);
  pos += s.length;
  const total = promptWidth + widthOf(line, 0, line.length);
  if (atEnd && total % columns != 0 && total / columns == row) {
    write(s);
    drawnWidth = total;
  } else redraw();
}

function remove(from: i32, to: i32): void {
  if (from >= to) return;
  line = line.substring(0, from) + line.substring(to);
  pos = from;
  redraw();
}

function cutOut(from: i32, to: i32): void {
  if (from < to) cut = line.substring(from, to);
  remove(from, to);
}

function moveTo(to: i32): void {
  if (to == pos) return;
  const from = promptWidth + widthOf(line, 0, pos);
  const want = promptWidth + widthOf(line, 0, to);
  pos = to;
  if (from / columns == want / columns && from / columns == row) write('\r' + forward(want % columns));
  else redraw();
}

function wordLeft(): i32 {
  let i = pos;
  while (i > 0 && isBlank(at(line, i - 1))) i--;
  while (i > 0 && !isBlank(at(line, i - 1))) i--;
  return i;
}

function wordRight(): i32 {
  let i = pos;
  while (i < line.length && isBlank(at(line, i))) i++;
  while (i < line.length && !isBlank(at(line, i))) i++;
  return i;
}

function showEntry(n: i32): void {
  if (n < 0 || n > entries.length) return;
  if (shown == entries.length) fresh = line;
  shown = n;
  line = n == entries.length ? fresh : entries[n];
  pos = line.length;
  redraw();
}

/** Leave the cursor below the line. */
function finish(): void {
  const total = promptWidth + widthOf(line, 0, line.length);
  const endRow = total / columns;
  write((endRow > row ? '\x1b[' + (endRow - row).toString() + 'B' : '') + '\n');
}

function edit(text: string): string | null {
  line = '';
  pos = 0;
  shown = entries.length;
  fresh = '';
  start(text);
  write(prompt);
  promptDrawn = true;
  drawnWidth = promptWidth;
  let tabs = 0;
  while (true) {
    const c = key();
    if (c != 9) tabs = 0;
    switch (c) {
      case END_OF_INPUT:
        return line.length > 0 ? line + '\n' : null;
      case 13:
      case 10:
        finish();
        return line + '\n';
      case INTERRUPT:
      case 3:
        finish();
        editStatus = 130;
        return null;
      case 4:
        if (line.length == 0) return null;
        remove(pos, next(line, pos));
        break;
      case DELETE:
        remove(pos, next(line, pos));
        break;
      case 8:
      case 127:
        remove(previous(line, pos), pos);
        break;
      case 1:
      case HOME:
        moveTo(0);
        break;
      case 5:
      case END:
        moveTo(line.length);
        break;
      case 2:
      case LEFT:
        moveTo(previous(line, pos));
        break;
      case 6:
      case RIGHT:
        moveTo(next(line, pos));
        break;
      case WORD_LEFT:
        moveTo(wordLeft());
        break;
      case WORD_RIGHT:
        moveTo(wordRight());
        break;
      case 11: {
        const from = pos;
        cutOut(from, line.length);
        break;
      }
      case 21:
        cutOut(0, pos);
        break;
      case 23:
      case CUT_BACK:
        cutOut(wordLeft(), pos);
        break;
      case CUT_WORD:
        cutOut(pos, wordRight());
        break;
      case 25:
        if (cut.length > 0) insert(cut);
        break;
      case 20: {
        if (pos == 0 || line.length < 2) break;
        const b = pos == line.length ? previous(line, pos) : pos;
        const a = previous(line, b);
        const end = next(line, b);
        line = line.substring(0, a) + line.substring(b, end) + line.substring(a, b) + line.substring(end);
        pos = end;
        redraw();
        break;
      }
      case 12:
        write('\x1b[H\x1b[J');
        row = 0;
        promptDrawn = false;
        redraw();
        break;
      case 16:
      case UP:
        showEntry(shown - 1);
        break;
      case 14:
      case DOWN:
        showEntry(shown + 1);
        break;
      case 18:
        if (search()) return line + '\n';
        break;
      case 9:
        tab(tabs++);
        break;
      case 22: {
        const v = byte();
        if (v >= 0 && v < 256) insert(chr(v));
        break;
      }
      default:
        if (c < 32 || c > 255) break;
        insert(character(c));
    }
  }
}

/** The bytes of the UTF-8 character that `c` begins. */
function character(c: i32): string {
  let more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
  let s = chr(c);
  while (more-- > 0) {
    const d = byte();
    if (d < 0 || d > 255) break;
    s += chr(d);
  }
  return s;
}

/** Tab: finish what can be finished; a second one shows the choices. */
function tab(times: i32): void {
  const text = complete(line, pos);
  if (text.length > 0) {
    insert(text);
    return;
  }
  if (completions.length < 2) {
    write('\x07');
    return;
  }
  if (times == 0) return;
  let widest = 0;
  for (let i = 0; i < completions.length; i++) widest = max(widest, widthOf(completions[i], 0, completions[i].length));
  widest += 2;
  const across = max(columns / widest, 1);
  const down = (completions.length + across - 1) / across;
  const keep = pos;
  pos = line.length;
  redraw();
  let s = '\n';
  for (let r = 0; r < down; r++) {
    for (let k = 0; k < across; k++) {
      const i = k * down + r;
      if (i >= completions.length) continue;
      const name = completions[i];
      s += name;
      if ((k + 1) * down + r < completions.length) {
        let pad = widest - widthOf(name, 0, name.length);
        while (pad-- > 0) s += ' ';
      }
    }
    s += '\n';
  }
  write(s);
  pos = keep;
  row = 0;
  promptDrawn = false;
  redraw();
}

/** Ctrl-R: the newest entry that holds what is typed. True if Enter ended it. */
function search(): bool {
  const savedPrompt = prompt;
  const savedWidth = promptWidth;
  const savedLine = line;
  const savedPos = pos;
  let query = '';
  let found = entries.length;
  let hit = '';
  let entered = false;
  let cancelled = false;
  while (true) {
    prompt = "(reverse-i-search)'" + query + "': ";
    promptWidth = widthOf(prompt, 0, prompt.length);
    line = hit;
    pos = 0;
    promptDrawn = false;
    redraw();
    const c = key();
    let from = found;
    if (c == 18) from = found - 1;
    else if (c == 8 || c == 127) {
      query = query.substring(0, previous(query, query.length));
      from = entries.length - 1;
    } else if (c >= 32 && c < 256) {
      query += character(c);
      from = min(found, entries.length - 1);
    } else {
      entered = c == 13 || c == 10;
      cancelled = c == 3 || c == 7 || c < 0 || c == INTERRUPT;
      break;
    }
    for (let i = from; i >= 0; i--) {
      if (i >= entries.length || !entries[i].includes(query)) continue;
      found = i;
      hit = entries[i];
      break;
    }
  }
  prompt = savedPrompt;
  promptWidth = savedWidth;
  line = cancelled || hit.length == 0 ? savedLine : hit;
  pos = cancelled ? savedPos : line.length;
  promptDrawn = false;
  redraw();
  if (entered) finish();
  return entered;
}

