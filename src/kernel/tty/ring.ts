// A bounded queue of bytes.

export class ByteRing {
  readonly capacity: number;
  #bytes: Uint8Array | undefined;
  #from = 0;
  #length = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  get room(): number {
    return this.capacity - this.#length;
  }

  clear(): void {
    this.#from = 0;
    this.#length = 0;
  }

  push(byte: number): void {
    const bytes = (this.#bytes ??= new Uint8Array(this.capacity));
    let to = this.#from + this.#length++;
    if (to >= this.capacity) to -= this.capacity;
    bytes[to] = byte;
  }

  /** Put in what fits; answers how much. */
  write(from: Uint8Array): number {
    const bytes = (this.#bytes ??= new Uint8Array(this.capacity));
    const count = Math.min(from.length, this.room);
    const to = (this.#from + this.#length) % this.capacity;
    const first = Math.min(count, this.capacity - to);
    bytes.set(first === from.length ? from : from.subarray(0, first), to);
    if (count > first) bytes.set(from.subarray(first, count), 0);
    this.#length += count;
    return count;
  }

  /** Take up to `n` bytes out, in at most two pieces. */
  read(n: number, take: (piece: Uint8Array, at: number) => void): number {
    const count = Math.min(n, this.#length);
    if (count === 0) return 0;
    const first = Math.min(count, this.capacity - this.#from);
    take(this.#bytes!.subarray(this.#from, this.#from + first), 0);
    if (count > first) take(this.#bytes!.subarray(0, count - first), first);
    this.#from = (this.#from + count) % this.capacity;
    this.#length -= count;
    return count;
  }
}
