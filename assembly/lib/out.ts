// Standard output, buffered as stdio does it (line by line on a terminal), messages on standard error, and the way out
// of a program. What is buffered must be flushed before the process waits, spawns, clones or execs.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import { copyRange } from '../sys/bytes';
import { strerror } from '../sys/errno';
import { _exit } from '../sys/proc';
import { isatty } from '../sys/tty';

const SIZE = 16384;
let buffer: usize = 0;
let used: i32 = 0;
/** Is standard output a terminal: -1 not asked yet. */
let terminal: i32 = -1;
/** The error of a write that failed, shown once at the end. */
let failed: i32 = 0;

/** The name that messages begin with: the applet's. */
export let applet: string = 'busybox';

export function setApplet(name: string): void {
  applet = name;
}

function start(): void {
  buffer = heap.alloc(SIZE);
}

function settle(): void {
  if (terminal < 0) terminal = isatty(1) ? 1 : 0;
  if (terminal == 1) flush();
}

/** Write text to standard output. */
export function put(s: string): void {
  if (buffer == 0) start();
  const n = s.length;
  let from = 0;
  while (from < n) {
    if (used == SIZE) flush();
    const end = min(n, from + SIZE - used);
    copyRange(s, from, end, buffer + used);
    used += end - from;
    from = end;
  }
  if (terminal != 0 && n > 0 && s.charCodeAt(n - 1) == 10) settle();
}

/** Write a line to standard output. */
export function line(s: string): void {
  put(s);
  byte(10);
}

export function byte(c: i32): void {
  if (buffer == 0) start();
  if (used == SIZE) flush();
  store<u8>(buffer + used, <u8>c);
  used++;
  if (terminal != 0 && c == 10) settle();
}

/** Write bytes of memory to standard output. */
export function raw(at: usize, n: i32): void {
  if (buffer == 0) start();
  if (n > SIZE - used) flush();
  if (n > SIZE) {
    const r = fs.writeAll(1, at, n);
    if (r < 0) broken(r);
    return;
  }
  memory.copy(buffer + used, at, n);
  used += n;
}

/** Hand over what is buffered; the error of this write, else 0. */
export function flush(): i32 {
  if (used == 0) return 0;
  const n = used;
  used = 0;
  const r = fs.writeAll(1, buffer, n);
  if (r < 0) broken(r);
  return r < 0 ? r : 0;
}

function broken(r: i32): void {
  if (failed == 0) failed = r;
}

/** Has a write to standard output failed (and with what); a program that writes without end looks here. */
export function failure(): i32 {
  return failed;
}

/** Forget the buffer: in a clone that must not write its parent's text. */
export function discard(): void {
  used = 0;
}

/** Flush, and report a write that failed, as a program does when it ends; the status to exit with. */
export function finish(status: i32): i32 {
  flush();
  if (failed != 0) {
    const text = applet + ': write error: ' + strerror(failed) + '\n';
    failed = 0;
    fs.write(2, text);
    return status == 0 ? 1 : status;
  }
  return status;
}

/** End the process. */
export function exit(status: i32): void {
  _exit(finish(status));
}

/** Text on standard error, after what standard output still holds. */
export function err(s: string): void {
  flush();
  fs.write(2, s);
}

/** `APPLET: TEXT` on standard error; answers 1. */
export function complain(text: string): i32 {
  err(applet + ': ' + text + '\n');
  return 1;
}

/** `APPLET: TEXT: ERROR` on standard error; answers 1. */
export function perror(text: string, error: i32): i32 {
  return complain(text + ': ' + strerror(error));
}

/** `APPLET: can't open 'PATH': ERROR`; answers 1. */
export function cantOpen(path: string, error: i32): i32 {
  return perror("can't open '" + path + "'", error);
}

/** Complain and end the process; never from code that the shell runs as a builtin. */
export function die(text: string, status: i32 = 1): void {
  complain(text);
  exit(status);
}

/** Unbuffered copy of a whole descriptor to another; 0 or the error, `copyError` says of which. */
export let writing: bool = false;

export function copy(from: i32, to: i32, limit: i64 = -1): i32 {
  const size = 65536;
  const at = heap.alloc(size);
  let left = limit;
  let r = 0;
  writing = false;
  while (left != 0) {
    const want = left < 0 || left > size ? size : <i32>left;
    r = fs.readInto(from, at, want);
    if (r <= 0) break;
    if (left > 0) left -= r;
    r = fs.writeAll(to, at, r);
    if (r < 0) {
      writing = true;
      break;
    }
  }
  heap.free(at);
  return r > 0 ? 0 : r;
}

/** SIGPIPE's way out for a program that sees EPIPE because the signal is ignored. */
export function isPipeGone(): bool {
  return failed == -linux.EPIPE;
}
