// An assembler of classic BPF (linux/filter.h) that works backwards, from the last instruction to the first. BPF only
// jumps ahead, so every target exists before the jump to it, and its distance is known: where the 8 bits of a
// conditional jump do not reach, a returning instruction is repeated nearby and any other gets a long jump (JA).

import { SpecError } from '../../errno.ts';

/** An instruction's place: how many there are from it to the end, itself included. */
export type Label = number;

interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_JMP|JA, BPF_RET|K; the kernel's filter allows no bytes or halves. */
const LD = 0x20;
const AND = 0x54;
const JA = 0x05;
const RET = 0x06;
export const JEQ = 0x15;
export const JGT = 0x25;
export const JGE = 0x35;
export type Jump = typeof JEQ | typeof JGT | typeof JGE;

/** BPF_MAXINSNS. */
const instructionsMax = 4096;
const reach = 255;

export class Assembler {
  /** The last instruction first. */
  readonly #code: Instruction[] = [];
  /** The nearest `return` of each answer. */
  readonly #returns = new Map<number, Label>();

  get length(): number {
    return this.#code.length;
  }

  return(k: number): Label {
    return this.#returns.get(k) ?? this.#emitReturn(k);
  }

  /** A word of struct seccomp_data into the accumulator. */
  load(offset: number, next: Label): Label {
    this.#fallInto(next);
    return this.#emit(LD, 0, 0, offset);
  }

  and(k: number, next: Label): Label {
    this.#fallInto(next);
    return this.#emit(AND, 0, 0, k);
  }

  jump(code: Jump, k: number, yes: Label, no: Label): Label {
    if (yes === no) return yes;
    // Bringing `no` nearer may push `yes` away by one.
    const jt = this.#near(yes, reach - 1);
    const jf = this.#near(no, reach);
    const [toYes, toNo] = [this.length - jt, this.length - jf];
    if (toYes > reach || toNo > reach) throw new Error('a jump that is out of reach');
    return this.#emit(code, toYes, toNo, k);
  }

  /** struct sock_filter[], little endian; `entry` must be the first instruction. */
  bytes(entry: Label): Uint8Array {
    this.#fallInto(entry);
    const count = this.length;
    if (count > instructionsMax) {
      throw new SpecError('linux.seccomp', `needs ${count} instructions, and a filter has at most ${instructionsMax}`);
    }
    const bytes = new Uint8Array(8 * count);
    const view = new DataView(bytes.buffer);
    this.#code.forEach(({ code, jt, jf, k }, i) => {
      const at = 8 * (count - 1 - i);
      view.setUint16(at, code, true);
      view.setUint8(at + 2, jt);
      view.setUint8(at + 3, jf);
      view.setUint32(at + 4, k, true);
    });
    return bytes;
  }

  /** A label for the same that is at most `distance` away. */
  #near(label: Label, distance: number): Label {
    if (this.length - label <= distance) return label;
    const target = this.#code[label - 1];
    if (target.code !== RET) return this.#emit(JA, 0, 0, this.length - label);
    const known = this.#returns.get(target.k);
    return known !== undefined && this.length - known <= distance ? known : this.#emitReturn(target.k);
  }

  /** What comes next is the instruction that was made last. */
  #fallInto(label: Label): void {
    this.#near(label, 0);
  }

  #emitReturn(k: number): Label {
    const label = this.#emit(RET, 0, 0, k);
    this.#returns.set(k, label);
    return label;
  }

  #emit(code: number, jt: number, jf: number, k: number): Label {
    return this.#code.push({ code, jt, jf, k: k >>> 0 });
  }
}
