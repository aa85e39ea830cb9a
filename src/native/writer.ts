// The kinds of fields of an encoded plan, written into one buffer that grows and is used again for every plan.

const utf8 = new TextEncoder();
/** Up to this length a loop is quicker than TextEncoder. */
const shortText = 64;
const noSurrogate = /^\P{Surrogate}*$/u;

/** A value that has no exact form in bytes. */
export class Unwritable extends Error {}

export class Writer {
  #bytes = new Uint8Array(32 * 1024);
  #view = new DataView(this.#bytes.buffer);
  at = 0;

  /** What was written so far, in a buffer of its own. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.at);
  }

  /** From here on, without what was there before. */
  reset(at: number): void {
    this.at = at;
    this.#bytes.fill(0, 0, at);
  }

  /** Room for so many bytes, all 0, for the `put`s. */
  skip(bytes: number): void {
    this.#room(bytes);
    this.#bytes.fill(0, this.at, this.at + bytes);
    this.at += bytes;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
  }

  /** Two's complement of any whole number up to 53 bits. */
  int(value: number): void {
    if (!Number.isSafeInteger(value)) throw new Unwritable(`${value} is not a whole number`);
    this.words(value >>> 0, Math.floor(value / 0x100000000));
  }

  /** Low half, high half. */
  words(low: number, high: number): void {
    this.#room(8);
    this.#view.setUint32(this.at, low, true);
    this.#view.setInt32(this.at + 4, high, true);
    this.at += 8;
  }

  putU16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  putU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  putU64(at: number, value: bigint): void {
    this.#view.setBigUint64(at, value, true);
  }

  str(value: string): void {
    const length = this.at;
    this.u32(0);
    this.putU32(length, this.#text(value));
    this.#pad();
  }

  bytes(value: Uint8Array): void {
    this.u32(value.length);
    this.u32(0);
    this.#room(value.length);
    this.#bytes.set(value, this.at);
    this.at += value.length;
    this.#pad();
  }

  strs(values: readonly string[]): void {
    this.u32(values.length);
    this.u32(0);
    const start = this.at;
    for (const value of values) this.#text(value);
    this.putU32(start - 4, this.at - start);
    this.#pad();
  }

  ints(values: readonly number[]): void {
    this.u32(values.length);
    this.u32(0);
    for (const value of values) this.int(value);
  }

  /** Places count from the start of the plan; `spare` entries beyond the strings stay free, and a last one is 0. */
  vec(values: readonly string[], spare: number): void {
    this.u32(values.length);
    this.u32(spare);
    let place = this.at;
    this.skip((values.length + spare + 1) * 8);
    for (const value of values) {
      this.putU32(place, this.at);
      place += 8;
      this.#text(value);
    }
    this.#pad();
  }

  /** The bytes and a NUL; answers how many bytes without it. */
  #text(value: string): number {
    const { length } = value;
    this.#room(length * 3 + 1);
    const bytes = this.#bytes;
    const start = this.at;
    if (length <= shortText) {
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code === 0 || code > 0x7f) break;
        bytes[start + i] = code;
      }
      if (i === length) {
        bytes[start + length] = 0;
        this.at = start + length + 1;
        return length;
      }
    }
    if (value.includes('\0')) throw new Unwritable(`${JSON.stringify(value)} holds a NUL byte`);
    const { written } = utf8.encodeInto(value, bytes.subarray(start));
    if (written !== length && !noSurrogate.test(value)) throw new Unwritable(`${JSON.stringify(value)} is not Unicode text`);
    bytes[start + written] = 0;
    this.at = start + written + 1;
    return written;
  }

  #pad(): void {
    this.#room(8);
    while ((this.at & 7) !== 0) this.#bytes[this.at++] = 0;
  }

  #room(more: number): void {
    const { length } = this.#bytes;
    if (this.at + more <= length) return;
    const larger = new Uint8Array(Math.max(length * 2, this.at + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
