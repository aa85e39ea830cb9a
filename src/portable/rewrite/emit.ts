// Writes one function body anew, with its loops counting fuel.
//
// A loop without calls in it, and every loop within such a one (a nest), counts in a local: the fuel is fetched where
// the nest is entered and put back where it is left. Other loops count in the global itself. The check branches out of
// the loop to the call and comes back (a call inside a hot loop costs it its registers):
//
//     block T                  ;; the way out, with the loop's values
//       loop                   ;; again, after a check
//         block                ;; spent
//           loop T             ;; the guest's loop
//             count; br_if spent
//             ...
//           end
//           br out
//         end
//         call check           ;; and give back the turn that was counted
//         br again
//       end
//       unreachable
//     end
//
// A loop with parameters cannot be left and entered again, and has its check inside.

import {Reader} from '../wasm/binary.ts';
import type {Writer} from '../wasm/encode.ts';
import {BULK, OP, VOID} from './opcode.ts';
import {CALLS, clause, NOTE, PARAMS, VALUES} from './scan.ts';
import type {Notes, Scanned} from './scan.ts';

/** Indices of what the pass appends to a module. */
export interface Added {
  fuel: number;
  /** The table of hooks and the types of its two entries. */
  hooks: number;
  checkType: number;
  growType: number;
  /** The function that does a bulk operation in pieces, or -1 where the instruction itself cannot take long. */
  helper(op: number, first: number, second: number): number;
}

/** Slots of the table of hooks. */
export const HOOK_CHECK = 0;
export const HOOK_GROW = 1;

/** Appends a call of the check hook. */
export function callCheck(w: Writer, added: Added): void {
  w.u8(OP.i32Const, HOOK_CHECK, OP.callIndirect).u32(added.checkType).u32(added.hooks);
}

/** Appends the check at the entry of a function. */
export function entryCheck(w: Writer, added: Added): void {
  w.u8(OP.globalGet).u32(added.fuel).u8(OP.i32Const, 1, OP.i32Sub, OP.globalSet).u32(added.fuel);
  w.u8(OP.globalGet).u32(added.fuel).u8(OP.i32Const, 0, OP.i32LtS, OP.if, VOID);
  callCheck(w, added);
  w.u8(OP.end);
}

const SPLIT = 1;
const NESTED = 2;
/** The loop at which a nest begins. */
const ROOT = 4;

class Emitter {
  readonly bytes: Uint8Array;
  readonly w: Writer;
  readonly added: Added;
  /** The local that counts. */
  readonly counter: number;
  /** Labels open now: how deep each is in the new code, and what kind of loop it is. */
  depths: number[] = [0];
  kinds: number[] = [0];
  flags: number[];
  depth = 1;
  /** Index of the label of the nest's root, -1 outside of nests. */
  nest = -1;
  copied: number;

  constructor(bytes: Uint8Array, w: Writer, added: Added, counter: number, start: number, values: boolean) {
    this.bytes = bytes;
    this.w = w;
    this.added = added;
    this.counter = counter;
    this.copied = start;
    this.flags = [values ? VALUES : 0];
  }

  copy(to: number): void {
    if (to > this.copied) this.w.raw(this.bytes.subarray(this.copied, to));
    this.copied = to;
  }

  open(flags: number, kind: number): void {
    this.flags.push(flags);
    this.kinds.push(kind);
    this.depths.push(this.depth++);
  }

  /** The label's number in the new code. A label of the function's end or beyond cannot occur in a valid module. */
  label(number: number): number {
    return this.depth - 1 - this.depths[this.target(number)]!;
  }

  target(number: number): number {
    return Math.max(0, this.depths.length - 1 - number);
  }

  /** Does a branch to the label leave the nest? */
  leaves(number: number): boolean {
    return this.nest >= 0 && this.target(number) < this.nest;
  }

  fetch(): void { this.w.u8(OP.globalGet).u32(this.added.fuel).u8(OP.localSet).u32(this.counter); }
  store(): void { this.w.u8(OP.localGet).u32(this.counter).u8(OP.globalSet).u32(this.added.fuel); }

  /** Counts one and leaves on the stack whether the fuel is spent. */
  count(nested: boolean): void {
    const {w, counter} = this;
    const {fuel} = this.added;
    if (nested) w.u8(OP.localGet).u32(counter);
    else w.u8(OP.globalGet).u32(fuel);
    w.u8(OP.i32Const, 1, OP.i32Sub, OP.localTee).u32(counter);
    if (!nested) w.u8(OP.globalSet).u32(fuel).u8(OP.localGet).u32(counter);
    w.u8(OP.i32Const, 0, OP.i32LtS);
  }

  loop(at: number, end: number, flags: number): void {
    const {w} = this;
    this.copy(at);
    const root = this.nest < 0 && !(flags & CALLS);
    if (root) {
      this.nest = this.depths.length;
      this.fetch();
    }
    const nested = this.nest >= 0;
    const kind = (nested ? NESTED : 0) | (root ? ROOT : 0);
    if (flags & PARAMS) {
      this.copy(end);
      this.open(flags, kind);
      this.count(nested);
      w.u8(OP.if, VOID);
      if (nested) this.store();
      callCheck(w, this.added);
      if (nested) this.fetch();
      w.u8(OP.end);
      return;
    }
    const type = this.bytes.subarray(at + 1, end);
    w.u8(OP.block).raw(type).u8(OP.loop, VOID, OP.block, VOID, OP.loop).raw(type);
    this.copied = end;
    this.depth += 3;
    this.open(flags, kind | SPLIT);
    this.count(nested);
    w.u8(OP.brIf, 1);
  }

  end(end: number): void {
    const {w} = this;
    const kind = this.kinds.pop()!;
    this.flags.pop();
    this.depths.pop();
    this.depth--;
    if (!kind) return;
    this.copy(end);
    if (kind & ROOT) {
      this.store();
      this.nest = -1;
    }
    if (!(kind & SPLIT)) return;
    this.depth -= 3;
    w.u8(OP.br, 2, OP.end);
    if (kind & NESTED) this.store();
    callCheck(w, this.added);
    // The turn is counted again when the loop is entered anew.
    w.u8(OP.globalGet).u32(this.added.fuel).u8(OP.i32Const, 1, OP.i32Add);
    if (kind & NESTED) w.u8(OP.localSet).u32(this.counter);
    else w.u8(OP.globalSet).u32(this.added.fuel);
    w.u8(OP.br, 0, OP.end, OP.unreachable, OP.end);
  }

  branch(op: number, at: number, end: number, number: number): void {
    const {w} = this;
    if (op === OP.delegate) {
      // Its label is counted from outside of the try that it ends.
      this.end(at);
    } else if (this.leaves(number)) {
      this.copy(at);
      this.copied = end;
      if (op === OP.brIf && !(this.flags[this.target(number)]! & VALUES)) {
        w.u8(OP.if, VOID);
        this.store();
        w.u8(OP.br).u32(this.label(number) + 1).u8(OP.end);
        return;
      }
      this.store();
      w.u8(op).u32(this.label(number));
      return;
    }
    if (this.label(number) === number) return;
    this.copy(at);
    w.u8(op).u32(this.label(number));
    this.copied = end;
  }

  branchTable(at: number, end: number): void {
    const r = new Reader(this.bytes, at + 1, end);
    const labels = [];
    for (let n = r.u32(); n >= 0; n--) labels.push(r.u32());
    this.copy(at);
    if (labels.some((label) => this.leaves(label))) this.store();
    this.w.u8(OP.brTable).u32(labels.length - 1);
    for (const label of labels) this.w.u32(this.label(label));
    this.copied = end;
  }

  /** The labels of try_table's clauses are counted from outside of it. */
  tryTable(at: number, end: number, flags: number): void {
    const r = new Reader(this.bytes, at + 1, end);
    if ((this.bytes[r.at]! & 0xc0) === 0x40) r.valueType();
    else r.leb();
    let n = r.u32();
    this.copy(r.at);
    for (let i = r.at; n > 0; n--) {
      const next = clause(this.bytes, i);
      const c = new Reader(this.bytes, i, next);
      const kind = c.u8();
      this.w.u8(kind);
      if (kind < 2) this.w.u32(c.u32());
      this.w.u32(this.label(c.u32()));
      i = next;
    }
    this.copied = end;
    this.open(flags, 0);
  }

  grow(at: number, end: number): void {
    this.copy(at);
    this.w.u8(OP.i32Const, HOOK_GROW, OP.callIndirect).u32(this.added.growType).u32(this.added.hooks);
    this.copied = end;
  }

  bulk(op: number, at: number, end: number): void {
    const r = new Reader(this.bytes, at + 1, end);
    r.leb();
    const first = r.u32();
    const second = r.done ? 0 : r.u32();
    const helper = this.added.helper(op & 0xff, first, second);
    if (helper < 0) return;
    this.copy(at);
    this.w.u8(OP.call).u32(helper);
    this.copied = end;
  }
}

/**
 * Appends the body's code, without the declarations of its locals. `counter` is the local to count in; `values`: the
 * function has results.
 */
export function emit(
  bytes: Uint8Array, body: Scanned, notes: Notes, w: Writer, added: Added, counter: number, values: boolean,
): void {
  const e = new Emitter(bytes, w, added, counter, body.code, values);
  const {list} = notes;
  for (let n = 0; n < notes.length; n += NOTE) {
    const op = list[n]!;
    const at = list[n + 1]!;
    const end = list[n + 2]!;
    const argument = list[n + 3]!;
    switch (op) {
      case OP.block: case OP.if: case OP.try: e.open(argument, 0); break;
      case OP.loop: e.loop(at, end, argument); break;
      case OP.tryTable: e.tryTable(at, end, argument); break;
      case OP.end: e.end(end); break;
      case OP.brTable: e.branchTable(at, end); break;
      case OP.return:
        if (e.nest >= 0) {
          e.copy(at);
          e.store();
        }
        break;
      case OP.memoryGrow: e.grow(at, end); break;
      default:
        if (op >> 8 === OP.bulk) {
          if ((op & 0xff) in REPLACED) e.bulk(op, at, end);
        } else {
          e.branch(op, at, end, argument);
        }
    }
  }
  e.copy(body.end);
}

const REPLACED: Readonly<Record<number, true>> = {
  [BULK.memoryInit]: true, [BULK.memoryCopy]: true, [BULK.memoryFill]: true, [BULK.tableInit]: true,
  [BULK.tableCopy]: true, [BULK.tableGrow]: true, [BULK.tableFill]: true,
};
