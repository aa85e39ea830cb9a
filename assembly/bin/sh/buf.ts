// A growing byte string. Text in the shell is a byte string: a JS string with one char code 0-255 per byte, so that a
// file name or a variable that is not UTF-8 passes through unharmed. Buf is where such strings are put together.

/** Char code of `s` at `i`, without the bounds check: the caller has looked at the length. */
// @ts-ignore: decorator
@inline
export function at(s: string, i: i32): i32 {
  return load<u16>(changetype<usize>(s) + (<usize>i << 1));
}

const singles: string[] = new Array<string>(256);
for (let i = 0; i < 256; i++) singles[i] = String.fromCharCode(i);

/** The string of one byte, made once. */
export function chr(c: i32): string {
  return unchecked(singles[c & 255]);
}

export class Buf {
  private data: StaticArray<u16> = new StaticArray<u16>(64);
  length: i32 = 0;

  private grow(need: i32): void {
    const old = this.data;
    let size = old.length * 2;
    while (size < need) size *= 2;
    const data = new StaticArray<u16>(size);
    memory.copy(changetype<usize>(data), changetype<usize>(old), <usize>this.length << 1);
    this.data = data;
  }

  push(c: i32): void {
    const n = this.length;
    if (n >= this.data.length) this.grow(n + 1);
    store<u16>(changetype<usize>(this.data) + (<usize>n << 1), <u16>c);
    this.length = n + 1;
  }

  add(s: string): void {
    this.addSlice(s, 0, s.length);
  }

  addSlice(s: string, from: i32, to: i32): void {
    const n = to - from;
    if (n <= 0) return;
    if (this.length + n > this.data.length) this.grow(this.length + n);
    memory.copy(changetype<usize>(this.data) + (<usize>this.length << 1),
      changetype<usize>(s) + (<usize>from << 1), <usize>n << 1);
    this.length += n;
  }

  at(i: i32): i32 {
    return load<u16>(changetype<usize>(this.data) + (<usize>i << 1));
  }

  set(i: i32, c: i32): void {
    store<u16>(changetype<usize>(this.data) + (<usize>i << 1), <u16>c);
  }

  slice(from: i32, to: i32): string {
    const n = to - from;
    if (n <= 0) return '';
    if (n == 1) return chr(this.at(from));
    return String.UTF16.decodeUnsafe(changetype<usize>(this.data) + (<usize>from << 1), <usize>n << 1);
  }

  /** Cut off and return what stands from `from` on: bufs are used as stacks of unfinished strings. */
  take(from: i32): string {
    const s = this.slice(from, this.length);
    this.length = from;
    return s;
  }

  toString(): string {
    return this.slice(0, this.length);
  }
}

export function isDigit(c: i32): bool {
  return <u32>(c - 48) < 10;
}

export function isNameStart(c: i32): bool {
  return <u32>((c | 32) - 97) < 26 || c == 95;
}

export function isName(c: i32): bool {
  return <u32>((c | 32) - 97) < 26 || <u32>(c - 48) < 10 || c == 95;
}

export function isBlank(c: i32): bool {
  return c == 32 || c == 9;
}

/** Does it end an unquoted word: blanks, newlines and the characters of operators. */
export function isDelimiter(c: i32): bool {
  return c == 32 || c == 10 || c == 9 || c == 59 || c == 38 || c == 124 || c == 60 || c == 62 || c == 40 || c == 41;
}

export function isSpace(c: i32): bool {
  return c == 32 || (c >= 9 && c <= 13);
}

/** Is `s` a name as the shell has them, up to `end`? */
export function goodName(s: string, end: i32 = -1): bool {
  const n = end < 0 ? s.length : end;
  if (n == 0 || !isNameStart(at(s, 0))) return false;
  for (let i = 1; i < n; i++) if (!isName(at(s, i))) return false;
  return true;
}

/** A decimal number without sign, or -1. Larger than i32 is -1 as well. */
export function number(s: string): i32 {
  const n = s.length;
  if (n == 0 || n > 10) return -1;
  let v: i64 = 0;
  for (let i = 0; i < n; i++) {
    const c = at(s, i);
    if (!isDigit(c)) return -1;
    v = v * 10 + (c - 48);
  }
  return v > 0x7fffffff ? -1 : <i32>v;
}

/** Order of byte strings, as sort(1) has it in the C locale. */
export function compare(a: string, b: string): i32 {
  const n = min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = at(a, i) - at(b, i);
    if (d != 0) return d;
  }
  return a.length - b.length;
}

/** `s` in single quotes, so that a shell reads it back as it was. */
export function quote(s: string): string {
  const b = new Buf();
  let i = 0;
  do {
    let n = i;
    while (n < s.length && at(s, n) != 39) n++;
    if (n > i || i == 0 && n == s.length) {
      b.push(39);
      b.addSlice(s, i, n);
      b.push(39);
    }
    i = n;
    while (n < s.length && at(s, n) == 39) n++;
    if (n > i) {
      b.push(34);
      b.addSlice(s, i, n);
      b.push(34);
    }
    i = n;
  } while (i < s.length);
  return b.toString();
}
