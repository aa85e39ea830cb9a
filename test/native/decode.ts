// Reads an encoded plan back, as strictly as the helper does: the encoder is measured by it.

import { strict as assert } from 'node:assert';
import { errnoName } from '../../src/kernel/uapi/errno.ts';
import { type Kind, ops } from '../../src/native/ops.ts';

export interface Decoded {
  readonly kind: number;
  readonly slots: number;
  readonly poolKey: bigint;
  readonly prepaid: number;
  readonly steps: readonly DecodedStep[];
}

export interface DecodedStep {
  readonly op: string;
  readonly by: 'runtime' | 'child';
  readonly undo: boolean;
  readonly slot: number | undefined;
  readonly optional: readonly string[];
  readonly fields: readonly unknown[];
}

const byNumber = new Map(Object.entries(ops).map(([name, row]) => [row.number, { name, row }]));

export function decode(bytes: Uint8Array): Decoded {
  const from = new Reader(bytes);
  assert.equal(from.u32(), 0x58425754);
  assert.equal(from.u16(), 1);
  const kind = from.u16();
  assert.equal(from.u32(), bytes.length);
  const count = from.u32();
  const slots = from.u32();
  assert.equal(from.u32(), 0);
  const poolKey = from.u64();
  const prepaid = from.u32();
  while (from.at < 64) assert.equal(from.u32(), 0);
  const steps = Array.from({ length: count }, () => step(from));
  assert.equal(from.at, bytes.length);
  return { kind, slots, poolKey, prepaid, steps };
}

function step(from: Reader): DecodedStep {
  const start = from.at;
  const { name, row } = byNumber.get(from.u16())!;
  const by = from.u8() === 0 ? 'runtime' : 'child';
  const undo = from.u8() === 1;
  const length = from.u32();
  const slot = from.u16();
  const errors = from.u8();
  assert.equal(from.u8(), 0);
  const optional = Array.from({ length: 4 }, () => from.u16());
  assert.equal(from.u32(), 0);
  const fields = row.fields.map((kind) => from[kind]());
  assert.equal(from.at, start + length, name);
  assert.equal(length % 8, 0);
  assert.ok(optional.slice(errors).every((one) => one === 0));
  return {
    op: name, by, undo, slot: slot === 0xffff ? undefined : slot, fields,
    optional: optional.slice(0, errors).map((one) => errnoName(one)!),
  };
}

class Reader implements Record<Kind, () => unknown> {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(): number {
    return this.#view.getUint8(this.at++);
  }

  u16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2, true);
  }

  u32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }

  u64(): bigint {
    this.at += 8;
    return this.#view.getBigUint64(this.at - 8, true);
  }

  int(): number {
    return Number(BigInt.asIntN(64, this.u64()));
  }

  flags(): string {
    return `0x${this.u64().toString(16)}`;
  }

  slot(): number {
    return this.int();
  }

  str(): string {
    const end = this.u32() + this.at;
    const text = this.#text();
    assert.equal(this.at, end + 1);
    this.#pad();
    return text;
  }

  bytes(): Uint8Array {
    const length = this.u32();
    assert.equal(this.u32(), 0);
    this.at += length;
    const found = this.#bytes.slice(this.at - length, this.at);
    this.#pad();
    return found;
  }

  strs(): string[] {
    const count = this.u32();
    const end = this.u32() + this.at;
    const found = Array.from({ length: count }, () => this.#text());
    assert.equal(this.at, end);
    this.#pad();
    return found;
  }

  ints(): number[] {
    const count = this.u32();
    assert.equal(this.u32(), 0);
    return Array.from({ length: count }, () => this.int());
  }

  vec(): { readonly strings: readonly string[]; readonly spare: number } {
    const count = this.u32();
    const spare = this.u32();
    const places = Array.from({ length: count }, () => this.int());
    for (let i = 0; i <= spare; i++) assert.equal(this.int(), 0);
    const strings = places.map((place) => {
      assert.equal(place, this.at);
      return this.#text();
    });
    this.#pad();
    return { strings, spare };
  }

  #text(): string {
    const end = this.#bytes.indexOf(0, this.at);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(this.#bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  #pad(): void {
    while (this.at % 8 !== 0) assert.equal(this.u8(), 0);
  }
}
