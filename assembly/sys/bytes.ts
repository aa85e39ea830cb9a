// The system-call boundary of text. Inside, text is a byte string: a String with one char code 0-255 per byte, so that
// nothing is lost and Map and indexOf work; here it becomes bytes in memory, and back.

/** Two areas for the paths of one call; longer text than an area gets memory of its own, kept for the next. */
const AREA = 4352;
const areas: StaticArray<usize> = [0, 0];
const sizes: StaticArray<i32> = [0, 0];

/** The bytes of `s` at an address that is good until the next `pack` to the same slot (0 or 1). */
export function pack(s: string, slot: i32 = 0): usize {
  let at = areas[slot];
  if (sizes[slot] < s.length || at == 0) {
    if (at != 0) heap.free(at);
    const size = max(AREA, s.length);
    at = heap.alloc(size);
    areas[slot] = at;
    sizes[slot] = size;
  }
  copyOut(s, at);
  return at;
}

/** Write the bytes of `s` at `to`. */
export function copyOut(s: string, to: usize): void {
  copyRange(s, 0, s.length, to);
}

/** Write the bytes [from, end) of `s` at `to`. */
export function copyRange(s: string, from: i32, end: i32, to: usize): void {
  let p = changetype<usize>(s) + ((<usize>from) << 1);
  const n = end - from;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const four = load<u64>(p);
    store<u32>(to, <u32>((four & 0xff) | ((four >> 8) & 0xff00) | ((four >> 16) & 0xff0000) | ((four >> 24) & 0xff000000)));
    p += 8;
    to += 4;
  }
  for (; i < n; i++) {
    store<u8>(to, <u8>load<u16>(p));
    p += 2;
    to++;
  }
}

/** A byte string of the `n` bytes at `at`. */
export function text(at: usize, n: i32): string {
  if (n <= 0) return '';
  const to = __new((<usize>n) << 1, idof<String>());
  let p = to;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const four = <u64>load<u32>(at);
    store<u64>(p, (four & 0xff) | ((four & 0xff00) << 8) | ((four & 0xff0000) << 16) | ((four & 0xff000000) << 24));
    p += 8;
    at += 4;
  }
  for (; i < n; i++) {
    store<u16>(p, load<u8>(at));
    p += 2;
    at++;
  }
  return changetype<string>(to);
}

/** A byte string up to the NUL at or after `at`, of at most `n` bytes. */
export function textz(at: usize, n: i32): string {
  let len = 0;
  while (len < n && load<u8>(at + len) != 0) len++;
  return text(at, len);
}

/** A counted array of strings, as argv and envp are passed; the caller frees it. */
export function packList(list: string[]): usize {
  let size = list.length * 8;
  for (let i = 0; i < list.length; i++) size += list[i].length;
  const at = heap.alloc(max(size, 8));
  let bytes = at + ((<usize>list.length) << 3);
  for (let i = 0; i < list.length; i++) {
    const s = list[i];
    store<u32>(at + ((<usize>i) << 3), <u32>bytes);
    store<u32>(at + ((<usize>i) << 3), s.length, 4);
    copyOut(s, bytes);
    bytes += s.length;
  }
  return at;
}

/** The NUL-terminated strings that fill [at, at+n). */
export function unpackList(at: usize, n: i32): string[] {
  const list: string[] = [];
  let i = 0;
  while (i < n) {
    const s = textz(at + i, n - i);
    list.push(s);
    i += s.length + 1;
  }
  return list;
}

/** UTF-8 bytes (a byte string) of one code point. */
export function utf8(code: i32): string {
  if (code < 0x80) return String.fromCharCode(code);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6)) + String.fromCharCode(0x80 | (code & 63));
  const tail = String.fromCharCode(0x80 | ((code >> 6) & 63)) + String.fromCharCode(0x80 | (code & 63));
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12)) + tail;
  return String.fromCharCode(0xf0 | (code >> 18)) + String.fromCharCode(0x80 | ((code >> 12) & 63)) + tail;
}

/** Scratch memory for the structures of one call; nested calls take different offsets. */
export const scratch: usize = memory.data(1024, 16);
