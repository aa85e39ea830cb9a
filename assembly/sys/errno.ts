// Errors of system calls: the last one (for wrappers that answer text), and strerror(3)'s texts.

import { Errno as E } from './errors';

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
  for (let i = 0; i < E.length; i++) if (E[i].n == n) return E[i].text;
  return 'Unknown error ' + n.toString();
}

/** `ENOENT`; `E999` if Linux has none. */
export function errnoName(n: i32): string {
  if (n < 0) n = -n;
  for (let i = 0; i < E.length; i++) if (E[i].n == n) return E[i].name;
  return 'E' + n.toString();
}
