// Message digests of 64-byte blocks: MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4). One walk over blocks, three rounds.

import * as fs from '../sys/fs';

export const MD5 = 0;
export const SHA1 = 1;
export const SHA256 = 2;

const state = new StaticArray<u32>(8);
const words = new StaticArray<u32>(80);
/** The sines of MD5 and the roots of SHA-256, made at first use. */
const table = new StaticArray<u32>(64);

const shifts: StaticArray<u8> = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const start: StaticArray<u32> = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

/** The digest of what a descriptor still has, in hexadecimal; null when it cannot be read. */
export function digestOf(fd: i32, kind: i32): string | null {
  prepare(kind);
  const size = 65536;
  const at = heap.alloc(size + 128);
  let total: u64 = 0;
  let held = 0;
  for (;;) {
    const n = fs.readInto(fd, at + held, size - held);
    if (n < 0) {
      heap.free(at);
      return null;
    }
    if (n == 0) break;
    total += n;
    held += n;
    const whole = held & ~63;
    for (let i = 0; i < whole; i += 64) block(at + i, kind);
    held -= whole;
    memory.copy(at, at + whole, held);
  }
  store<u8>(at + held++, 0x80);
  const end = held > 56 ? 128 : 64;
  memory.fill(at + held, 0, end - held);
  const bits = total << 3;
  store<u64>(at + end - 8, kind == MD5 ? bits : bswap<u64>(bits));
  for (let i = 0; i < end; i += 64) block(at + i, kind);
  heap.free(at);
  return text(kind);
}

function text(kind: i32): string {
  const n = kind == MD5 ? 4 : kind == SHA1 ? 5 : 8;
  let s = '';
  for (let i = 0; i < n; i++) {
    const word = kind == MD5 ? bswap<u32>(state[i]) : state[i];
    for (let k = 28; k >= 0; k -= 4) s += '0123456789abcdef'.charAt(<i32>((word >> k) & 15));
  }
  return s;
}

function prepare(kind: i32): void {
  if (kind == SHA256) {
    // The first 32 bits of the fractions of square and cube roots of primes.
    let n = 0;
    for (let p = 2; n < 64; p++) {
      let prime = true;
      for (let d = 2; d * d <= p; d++) if (p % d == 0) prime = false;
      if (!prime) continue;
      if (n < 8) state[n] = fraction(Math.sqrt(<f64>p));
      table[n++] = fraction(Math.cbrt(<f64>p));
    }
    return;
  }
  for (let i = 0; i < 5; i++) state[i] = start[i];
  if (kind == MD5) for (let i = 0; i < 64; i++) table[i] = <u32>Math.floor(Math.abs(Math.sin(<f64>(i + 1))) * 4294967296.0);
}

function fraction(x: f64): u32 {
  return <u32>Math.floor((x - Math.floor(x)) * 4294967296.0);
}

function block(at: usize, kind: i32): void {
  for (let i = 0; i < 16; i++) {
    const word = load<u32>(at + (i << 2));
    words[i] = kind == MD5 ? word : bswap<u32>(word);
  }
  if (kind == MD5) md5();
  else if (kind == SHA1) sha1();
  else sha256();
}

function md5(): void {
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const f = round == 0 ? (b & c) | (~b & d) : round == 1 ? (d & b) | (~d & c) : round == 2 ? b ^ c ^ d : c ^ (b | ~d);
    const k = round == 0 ? i : round == 1 ? 5 * i + 1 : round == 2 ? 3 * i + 5 : 7 * i;
    const sum = a + f + table[i] + words[k & 15];
    a = d;
    d = c;
    c = b;
    b += rotl<u32>(sum, <u32>shifts[(round << 2) | (i & 3)]);
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

function sha1(): void {
  for (let i = 16; i < 80; i++) words[i] = rotl<u32>(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  for (let i = 0; i < 80; i++) {
    let f: u32;
    let k: u32;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (i < 40) {
      f = b ^ c ^ d;
      k = 0x6ed9eba1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    } else {
      f = b ^ c ^ d;
      k = 0xca62c1d6;
    }
    const sum = rotl<u32>(a, 5) + f + e + k + words[i];
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = sum;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

function sha256(): void {
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    words[i] = words[i - 16] + (rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >> 3)) + words[i - 7]
      + (rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ (y >> 10));
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const one = h + (rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)) + ((e & f) ^ (~e & g)) + table[i] + words[i];
    const two = (rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + one;
    d = c;
    c = b;
    b = a;
    a = one + two;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}
