// Errors of system calls: the last one (for wrappers that answer text), and strerror(3)'s texts.

import { errorName, errorText } from './errors';

/** The error (positive) of the last wrapper that answered null; as errno in C. */
export let errno: i32 = 0;

/** Remember `result`'s error and answer null; for wrappers that answer text. */
export function fail(result: i32): string | null {
  errno = -result;
  return null;
}

export function setErrno(n: i32): void {
  errno = n;
}

/** What strerror(3) prints; takes the error as a call answers it (negative) or as errno (positive). */
export function strerror(n: i32): string {
  if (n < 0) n = -n;
  const s = errorText(n);
  return s.length ? s : 'Unknown error ' + n.toString();
}

/** `ENOENT`; `E999` if Linux has none. */
export function errnoName(n: i32): string {
  if (n < 0) n = -n;
  const s = errorName(n);
  return s.length ? s : 'E' + n.toString();
}
