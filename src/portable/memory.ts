// Guest memories: made, copied for clone(2), and kept for the next process, since an engine allows only so many of them
// and collects dead ones late.

import type {Memory} from '../kernel/hardware.ts';
import {PAGE_BYTES} from './section.ts';

const POOL_BYTES_MAX = 64 << 20;
const POOL_EACH_MAX = 16 << 20;
const POOL_COUNT_MAX = 64;

/** A task's memory as the kernel sees it. */
export class GuestMemory implements Memory {
  readonly memory: WebAssembly.Memory;
  /** What its maximum was set to; a memory can serve again only under the same. */
  readonly max: number;
  /** Nothing was written yet. */
  fresh = true;
  #view: Uint8Array;

  constructor(memory: WebAssembly.Memory, max: number) {
    this.memory = memory;
    this.max = max;
    this.#view = new Uint8Array(memory.buffer);
  }

  bytes(): Uint8Array {
    // Growing detaches the old buffer; that of a shared memory only becomes too short.
    if (this.#view.length === 0 || this.#view.buffer !== this.memory.buffer) {
      this.#view = new Uint8Array(this.memory.buffer);
    }
    return this.#view;
  }

  get pages(): number {
    return this.memory.buffer.byteLength / PAGE_BYTES;
  }
}

/** Memories that wait for their next process; their content is whatever the last one left. */
export class MemoryPool {
  readonly #shared: boolean;
  readonly #free: GuestMemory[] = [];
  #bytes = 0;

  constructor(shared: boolean) {
    this.#shared = shared;
  }

  /** A memory of just `pages`; of zeros unless the caller will write every page. Throws RangeError. */
  take(pages: number, max: number, zero: boolean): GuestMemory {
    const free = this.#free;
    let best = -1;
    for (let i = free.length - 1; i >= 0; i--) {
      const n = free[i]!.pages;
      if (free[i]!.max === max && n <= pages && (best < 0 || n > free[best]!.pages)) best = i;
      if (best >= 0 && free[best]!.pages === pages) break;
    }
    if (best < 0) {
      return new GuestMemory(new WebAssembly.Memory({initial: pages, maximum: max, shared: this.#shared}), max);
    }
    const found = free[best]!;
    free[best] = free[free.length - 1]!;
    free.pop();
    this.#bytes -= found.pages * PAGE_BYTES;
    found.fresh = false;
    if (zero) found.bytes().fill(0);
    if (found.pages < pages) found.memory.grow(pages - found.pages);
    return found;
  }

  give(memory: GuestMemory): void {
    const size = memory.pages * PAGE_BYTES;
    if (size > POOL_EACH_MAX || this.#bytes + size > POOL_BYTES_MAX || this.#free.length >= POOL_COUNT_MAX) return;
    this.#free.push(memory);
    this.#bytes += size;
  }
}

const STEP_WORDS = 1024;

/**
 * Makes `to` equal to `from`, of the same length, without touching what is zero on both sides: untouched pages cost
 * the host nothing, and most pages of a large memory are untouched.
 */
export function copyMemory(from: Uint8Array, to: GuestMemory): void {
  const {fresh} = to;
  const source = new Int32Array(from.buffer, from.byteOffset, from.length >> 2);
  const target = new Int32Array(to.memory.buffer);
  let run = -1;
  for (let at = 0; at < source.length; at += STEP_WORDS) {
    if (!isZero(source, at)) {
      if (run < 0) run = at;
      continue;
    }
    if (run >= 0) target.set(source.subarray(run, at), run);
    run = -1;
    if (!fresh && !isZero(target, at)) target.fill(0, at, at + STEP_WORDS);
  }
  if (run >= 0) target.set(source.subarray(run), run);
}

function isZero(words: Int32Array, at: number): boolean {
  for (let i = at; i < at + STEP_WORDS; i += 8) {
    if ((words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]! |
         words[i + 4]! | words[i + 5]! | words[i + 6]! | words[i + 7]!) !== 0) return false;
  }
  return true;
}
