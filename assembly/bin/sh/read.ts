// read: a line of standard input into variables. It takes no byte beyond its line, since commands share the descriptor.

import * as fs from '../../sys/fs';
import * as linux from '../../sys/linux';
import * as tty from '../../sys/tty';
import { monotonicNs } from '../../sys/time';
import { scratch } from '../../sys/bytes';
import { parseSeconds } from './seconds';
import { Buf, at, goodName, number } from './buf';
import { failed, tell } from './message';
import { trapPending } from './job';
import * as vars from './vars';

/** The line, and for each character whether a backslash quoted it. */
const text = new Buf();
const marks = new Buf();

export function read(args: string[]): i32 {
  let raw = false;
  let silent = false;
  let prompt = '';
  let limit = -1;
  let delim = 10;
  let fd = 0;
  let deadline: i64 = -1;
  let i = 1;
  for (; i < args.length; i++) {
    const s = args[i];
    if (s.length < 2 || at(s, 0) != 45) break;
    if (s == '--') {
      i++;
      break;
    }
    for (let k = 1; k < s.length; k++) {
      const c = at(s, k);
      if (c == 114) raw = true;
      else if (c == 115) silent = true;
      else if (c == 112 || c == 110 || c == 116 || c == 100 || c == 117) {
        let value: string;
        if (k + 1 < s.length) value = s.substring(k + 1);
        else if (i + 1 < args.length) value = args[++i];
        else return failed('No arg for -' + String.fromCharCode(c) + ' option', 2);
        if (c == 112) prompt = value;
        else if (c == 100) delim = value.length > 0 ? at(value, 0) : 0;
        else if (c == 116) {
          const ns = parseSeconds(value);
          if (ns < 0) return failed('invalid timeout');
          deadline = ns;
        } else {
          const n = number(value);
          if (n < 0) return failed(c == 110 ? 'invalid count' : 'invalid file descriptor');
          if (c == 110) limit = n;
          else fd = n;
        }
        break;
      } else return failed('illegal option -' + String.fromCharCode(c), 2);
    }
  }
  for (let k = i; k < args.length; k++) {
    if (!goodName(args[k])) return failed("'" + args[k] + "': bad variable name");
  }
  const terminal = tty.isatty(fd);
  if (prompt.length > 0 && terminal) tell(prompt);
  if (deadline >= 0) {
    if (deadline == 0) return fs.poll(fd, linux.POLLIN, 0) > 0 ? 0 : 1;
    deadline += monotonicNs();
  }
  const old = new tty.Termios();
  const changed = terminal && (silent || limit >= 0) && tty.tcgetattr(fd, old) == 0;
  if (changed) {
    const t = old.copy();
    if (silent) t.lflag &= ~(linux.ECHO | linux.ECHOK | linux.ECHONL);
    if (limit >= 0) {
      t.lflag &= ~linux.ICANON;
      t.cc[linux.VMIN] = 1;
      t.cc[linux.VTIME] = 0;
    }
    tty.tcsetattr(fd, tty.TCSADRAIN, t);
  }
  const status = readLine(fd, raw, limit, delim, deadline);
  if (changed) tty.tcsetattr(fd, tty.TCSADRAIN, old);
  if (status > 128) return status;
  return assignFields(args, i) ? status : 1;
}

/** Read into `text`; 0, 1 at the end of the input, 128+n when a trap came. */
function readLine(fd: i32, raw: bool, limit: i32, delim: i32, deadline: i64): i32 {
  text.length = 0;
  marks.length = 0;
  const mem = scratch;
  let escaped = false;
  while (true) {
    if (limit >= 0 && text.length >= limit) return 0;
    if (deadline >= 0) {
      const left = deadline - monotonicNs();
      const ready = left <= 0 ? 0 : fs.poll(fd, linux.POLLIN, <i32>((left + 999999) / 1000000));
      if (ready == 0) return 128 + linux.SIGALRM;
    }
    const got = linux.read(fd, mem, 1);
    if (got == -linux.EINTR) {
      const sig = trapPending();
      if (sig > 0) return 128 + sig;
      continue;
    }
    if (got <= 0) return 1;
    const c = <i32>load<u8>(mem);
    if (escaped) {
      escaped = false;
      if (c == 10) continue;
      text.push(c);
      marks.push(1);
      continue;
    }
    if (c == 92 && !raw) {
      escaped = true;
      continue;
    }
    if (c == delim) return 0;
    if (c == 0) continue;
    text.push(c);
    marks.push(0);
  }
}

let separators: string = '';

/** 0 no separator, 1 white space, 2 another. */
function kind(i: i32): i32 {
  if (marks.at(i)) return 0;
  const c = text.at(i);
  for (let k = 0; k < separators.length; k++) {
    if (at(separators, k) == c) return c == 32 || c == 9 || c == 10 ? 1 : 2;
  }
  return 0;
}

function assignFields(args: string[], from: i32): bool {
  if (from >= args.length) return vars.set('REPLY', text.toString());
  const value = vars.ifs.value;
  separators = value == null ? ' \t\n' : value as string;
  const n = text.length;
  let i = 0;
  while (i < n && kind(i) == 1) i++;
  for (let k = from; k < args.length; k++) {
    if (k + 1 == args.length) {
      // The rest, without white space at its end; one delimiter that only ends the last field goes too.
      let end = n;
      while (end > i && kind(end - 1) == 1) end--;
      if (end > i && kind(end - 1) == 2) {
        let other = false;
        let last = end - 1;
        while (last > i && kind(last - 1) == 1) last--;
        for (let j = i; j < last; j++) if (kind(j) != 0) other = true;
        if (!other) end = last;
      }
      return vars.set(args[k], text.slice(i, end));
    }
    let end = i;
    while (end < n && kind(end) == 0) end++;
    if (!vars.set(args[k], text.slice(i, end))) return false;
    i = end;
    while (i < n && kind(i) == 1) i++;
    if (i < n && kind(i) == 2) {
      i++;
      while (i < n && kind(i) == 1) i++;
    }
  }
  return true;
}
