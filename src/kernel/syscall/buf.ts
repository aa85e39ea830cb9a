// Guest memory as a system call sees it: a length and two copies. A Buf is made anew for every try and dies with it.

export interface Buf {
  /** Bytes. */
  readonly length: number;
  /** The bytes [at, at+n): may be a view of guest memory, valid until the call returns; copy what you keep. */
  read(at: number, n: number): Uint8Array;
  write(at: number, bytes: Uint8Array): void;
}

/** An argument that is an integer or a pointer. `buf` checks the range (EFAULT). */
export interface Ptr {
  readonly value: number;
  buf(length: number): Buf;
}

/** A Buf over one array: guest memory, the argument of a plan step or of a unit test. */
export class ByteBuf implements Buf {
  readonly length: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  read(at: number, n: number): Uint8Array {
    return this.#bytes.subarray(at, at + n);
  }

  write(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at);
  }
}

/** A Buf over several arrays, in order: readv(2) and writev(2). */
export class VecBuf implements Buf {
  readonly length: number;
  readonly #parts: readonly Uint8Array[];

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
  }

  read(at: number, n: number): Uint8Array {
    const out = new Uint8Array(n);
    this.#each(at, n, (part, done) => out.set(part, done));
    return out;
  }

  write(at: number, bytes: Uint8Array): void {
    this.#each(at, bytes.length, (part, done) => part.set(bytes.subarray(done, done + part.length)));
  }

  #each(at: number, n: number, visit: (part: Uint8Array, done: number) => void): void {
    let skip = at;
    let done = 0;
    for (const part of this.#parts) {
      if (done === n) return;
      if (skip >= part.length) {
        skip -= part.length;
        continue;
      }
      const take = Math.min(part.length - skip, n - done);
      visit(part.subarray(skip, skip + take), done);
      done += take;
      skip = 0;
    }
  }
}

/** A Buf over fresh memory of `n` bytes; `bytes` is what a call wrote. */
export function scratch(n: number): ByteBuf & { readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(n);
  return Object.assign(new ByteBuf(bytes), { bytes });
}
