// Byte strings: ASCII classes and case, padding, splitting, escapes. String's own toUpperCase and trim follow Unicode and
// would change bytes over 0x7f, so they are not used on data.

export function isDigit(c: i32): bool {
  return c >= 48 && c <= 57;
}

export function isAlpha(c: i32): bool {
  return (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

export function isAlnum(c: i32): bool {
  return isDigit(c) || isAlpha(c);
}

/** isspace(3): blank, \t \n \v \f \r. */
export function isSpace(c: i32): bool {
  return c == 32 || (c >= 9 && c <= 13);
}

export function isBlank(c: i32): bool {
  return c == 32 || c == 9;
}

export function isPunct(c: i32): bool {
  return c > 32 && c < 127 && !isAlnum(c);
}

export function isName(c: i32): bool {
  return isAlnum(c) || c == 95;
}

export function lowerCode(c: i32): i32 {
  return c >= 65 && c <= 90 ? c + 32 : c;
}

export function upperCode(c: i32): i32 {
  return c >= 97 && c <= 122 ? c - 32 : c;
}

export function lower(s: string): string {
  const b = new Bytes(s.length);
  for (let i = 0; i < s.length; i++) b.push(lowerCode(s.charCodeAt(i)));
  return b.toString();
}

export function upper(s: string): string {
  const b = new Bytes(s.length);
  for (let i = 0; i < s.length; i++) b.push(upperCode(s.charCodeAt(i)));
  return b.toString();
}

/** A growing byte string, for loops that would otherwise copy their text at every step. */
export class Bytes {
  private at: StaticArray<u16>;
  length: i32 = 0;

  constructor(room: i32 = 64) {
    this.at = new StaticArray<u16>(max(room, 16));
  }

  private grow(n: i32): void {
    let size = this.at.length * 2;
    while (size < n) size *= 2;
    const more = new StaticArray<u16>(size);
    memory.copy(changetype<usize>(more), changetype<usize>(this.at), (<usize>this.length) << 1);
    this.at = more;
  }

  push(c: i32): void {
    if (this.length == this.at.length) this.grow(this.length + 1);
    unchecked((this.at[this.length] = <u16>c));
    this.length++;
  }

  add(s: string): void {
    this.addRange(s, 0, s.length);
  }

  addRange(s: string, from: i32, end: i32): void {
    const n = end - from;
    if (n <= 0) return;
    if (this.length + n > this.at.length) this.grow(this.length + n);
    memory.copy(changetype<usize>(this.at) + ((<usize>this.length) << 1), changetype<usize>(s) + ((<usize>from) << 1),
      (<usize>n) << 1);
    this.length += n;
  }

  get(i: i32): i32 {
    return unchecked(this.at[i]);
  }

  clear(): void {
    this.length = 0;
  }

  toString(): string {
    if (this.length == 0) return '';
    const to = changetype<string>(__new((<usize>this.length) << 1, idof<String>()));
    memory.copy(changetype<usize>(to), changetype<usize>(this.at), (<usize>this.length) << 1);
    return to;
  }
}

export function padStart(s: string, n: i32): string {
  return s.length >= n ? s : ' '.repeat(n - s.length) + s;
}

export function padEnd(s: string, n: i32): string {
  return s.length >= n ? s : s + ' '.repeat(n - s.length);
}

/** Without blanks, tabs and newlines at both ends. */
export function trim(s: string): string {
  let from = 0;
  let end = s.length;
  while (from < end && isSpace(s.charCodeAt(from))) from++;
  while (end > from && isSpace(s.charCodeAt(end - 1))) end--;
  return s.substring(from, end);
}

/** The words between white space. */
export function words(s: string): string[] {
  const list: string[] = [];
  let i = 0;
  while (i < s.length) {
    while (i < s.length && isSpace(s.charCodeAt(i))) i++;
    const from = i;
    while (i < s.length && !isSpace(s.charCodeAt(i))) i++;
    if (i > from) list.push(s.substring(from, i));
  }
  return list;
}

/** The lines of a text; a last one without a newline counts. */
export function lines(s: string): string[] {
  const list: string[] = [];
  let from = 0;
  while (from < s.length) {
    let at = s.indexOf('\n', from);
    if (at < 0) at = s.length;
    list.push(s.substring(from, at));
    from = at + 1;
  }
  return list;
}

/** Compare by bytes: -1, 0, 1. */
export function compare(a: string, b: string): i32 {
  const n = min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = a.charCodeAt(i) - b.charCodeAt(i);
    if (d != 0) return d < 0 ? -1 : 1;
  }
  return a.length == b.length ? 0 : a.length < b.length ? -1 : 1;
}

/** Where the last `unescape` stopped (behind the sequence). */
export let escapeEnd: i32 = 0;

/**
 * The byte of the escape that begins behind a backslash at s[i]: \a \b \e \f \n \r \t \v \\ \NNN \xHH. An unknown one
 * answers the backslash itself and takes nothing.
 */
export function unescape(s: string, i: i32): i32 {
  escapeEnd = i + 1;
  if (i >= s.length) {
    escapeEnd = i;
    return 92;
  }
  const c = s.charCodeAt(i);
  switch (c) {
    case 97: return 7;
    case 98: return 8;
    case 101: return 27;
    case 102: return 12;
    case 110: return 10;
    case 114: return 13;
    case 116: return 9;
    case 118: return 11;
    case 92: return 92;
  }
  if (c >= 48 && c <= 55) {
    let v = 0;
    let k = i;
    while (k < s.length && k < i + 3 && s.charCodeAt(k) >= 48 && s.charCodeAt(k) <= 55) {
      if (v * 8 + s.charCodeAt(k) - 48 > 255) break;
      v = v * 8 + s.charCodeAt(k++) - 48;
    }
    escapeEnd = k;
    return v;
  }
  if (c == 120) {
    let v = 0;
    let k = i + 1;
    while (k < s.length && k < i + 3 && hexDigit(s.charCodeAt(k)) >= 0) v = v * 16 + hexDigit(s.charCodeAt(k++));
    if (k > i + 1) {
      escapeEnd = k;
      return v;
    }
  }
  escapeEnd = i;
  return 92;
}

export function hexDigit(c: i32): i32 {
  if (isDigit(c)) return c - 48;
  const l = lowerCode(c);
  return l >= 97 && l <= 102 ? l - 87 : -1;
}

/** Text with its backslash escapes made bytes. */
export function unescapeAll(s: string): string {
  if (s.indexOf('\\') < 0) return s;
  const b = new Bytes(s.length);
  let i = 0;
  while (i < s.length) {
    const c = s.charCodeAt(i++);
    if (c != 92) {
      b.push(c);
      continue;
    }
    b.push(unescape(s, i));
    i = escapeEnd;
  }
  return b.toString();
}

/** Hexadecimal digits of a number, lower case. */
export function hex(v: u64, digits: i32 = 1): string {
  let s = '';
  do {
    const d = <i32>(v & 15);
    s = String.fromCharCode(d < 10 ? 48 + d : 87 + d) + s;
    v >>= 4;
  } while (v != 0 || s.length < digits);
  return s;
}

export function octal(v: u64, digits: i32 = 1): string {
  let s = '';
  do {
    s = String.fromCharCode(48 + <i32>(v & 7)) + s;
    v >>= 3;
  } while (v != 0 || s.length < digits);
  return s;
}
