// Messages on standard error, worded and placed as busybox's ash does: `sh: cd: line 3: can't cd to /x: ...`.

import * as fs from '../../sys/fs';
import * as out from '../../lib/out';
import { strerror } from '../../sys/errno';
import { FLOW_ERROR, leave, sh } from './state';

function where(): string {
  let s = sh.arg0 + ': ';
  if (sh.sourced.length > 0) s += sh.sourced + ': ';
  if (sh.builtin.length > 0) s += sh.builtin + ': ';
  if (sh.script || (sh.builtin.length > 0 || sh.sourced.length > 0) && !sh.interactive) {
    s += 'line ' + (sh.line - (sh.dots == 0 ? sh.lineBase : 0)).toString() + ': ';
  }
  return s;
}

/** Say what went wrong and go on. */
export function warn(text: string): void {
  out.flush();
  fs.write(2, where() + text + '\n');
}

/** Say so and answer `status`: how a builtin fails. */
export function failed(text: string, status: i32 = 1): i32 {
  warn(text);
  return status;
}

/** An error that ends a non-interactive shell, unless a regular builtin made it. */
export function raise(text: string, status: i32 = 2): i32 {
  warn(text);
  return leave(FLOW_ERROR, status);
}

/** Plain text on standard error. */
export function tell(text: string): void {
  out.flush();
  fs.write(2, text);
}

/** ash's words for the two errors of open(2) that it renames. */
export function openError(error: i32, creating: bool): string {
  if (error == -2 || error == -20) return creating ? 'nonexistent directory' : 'no such file';
  return strerror(error);
}
