// The glue: a small module generated for each program from its imports, instantiated once for each process. It is the
// trap instruction of this machine. A call first tries (a plain import); only if it must wait does it call `wait`, and
// signal handlers are called from here, on the guest's own stack, never from a frame of JavaScript, so that they may
// block as well. What must never go on ends in an `unreachable`, which no catch_all of a guest can catch.
//
// Imports, of module `k`; their answers are results or the marks of src/kernel/hardware.ts:
//   t0(nr) .. t12(nr, a, ..., l)  the try          hi()       high word of an i64 result
//   wait()                        the parked call  sig()      number of the next handler, 0 none, MARK_DIE
//   resume()                      after handlers   siginfo()  address of the siginfo for SA_SIGINFO
//   check()                       fuel is spent    sigreturn()
//   grow(pages)                   memory.grow      unknown(i), abort()
// Exports: f0, f1, ... one for each function import, of its type; check and grow for the hooks of the code pass; t, the
// table of handlers by signal number.

import {MARK_BLOCK, MARK_DIE, MARK_SIGNAL} from '../kernel/hardware.ts';
import {Errno} from '../kernel/uapi/errno.ts';
import type {Calls} from './calls.ts';
import type {Imported} from './section.ts';
import {EXTERNREF, F32, F64, FUNCREF, I32, I64, KIND, SECTION, V128} from './wasm/binary.ts';
import {payload, Writer} from './wasm/encode.ts';

/** The most words of arguments that a call has. */
export const WORDS_MAX = 12;
/** Number of an import that is not a call of ours, and of AssemblyScript's abort. */
export const UNKNOWN = -1;
export const ABORT = -2;

export const SIGNALS = 64;

/** What each import is: the number of a call, UNKNOWN or ABORT. */
export function callNumbers(imports: readonly Imported[], calls: Calls): number[] {
  return imports.map(({module, name}) => {
    if (module === 'env' && name === 'abort') return ABORT;
    return Math.max(calls.number(module, name), UNKNOWN);
  });
}

/** Writes the glue for `imports`, whose call numbers are `numbers`. */
export function glue(imports: readonly Imported[], numbers: readonly number[]): Uint8Array {
  const calls = imports.map((entry, i) => isCall(entry) ? numbers[i]! : numbers[i] === ABORT ? ABORT : UNKNOWN);
  const arities = new Set(calls.flatMap((nr, i) => nr >= 0 ? [words(imports[i]!)] : []));
  const m = new Builder();
  for (const n of [...arities].sort((a, b) => a - b)) m.import(`t${n}`, new Array(n + 1).fill(I32), [I32]);
  for (const name of ['wait', 'hi', 'sig', 'resume', 'siginfo', 'check']) m.import(name, [], [I32]);
  for (const name of ['sigreturn', 'abort']) m.import(name, [], []);
  m.import('unknown', [I32], []);
  m.import('grow', [I32], [I32]);
  m.function('slow', [I32], [I32], slow(m));
  const settled = (w: Writer, name: string) => w.u8(CALL).u32(m.at(name)).u8(CALL).u32(m.at('slow'));
  m.function('check', [], [], payload((w) => settled(w.u8(0), 'k.check').u8(DROP, END)));
  m.function('grow', [I32], [I32], payload((w) => settled(w.u8(0, GET, 0), 'k.grow').u8(END)));
  imports.forEach((entry, i) => {
    const nr = calls[i]!;
    const body = nr >= 0 ? call(m, entry, nr) : nr === ABORT ? abort(m) : unknown(m, entry, i);
    m.function(`f${i}`, entry.params, entry.results, body);
  });
  return m.done();
}

/** Words of arguments: an i64 takes two. */
function words(entry: Imported): number {
  return entry.params.reduce((sum, type) => sum + (type === I64 ? 2 : 1), 0);
}

/** Integers only, few enough, and one result at most. */
function isCall(entry: Imported): boolean {
  const integer = (type: number) => type === I32 || type === I64;
  return entry.params.every(integer) && entry.results.every(integer) && entry.results.length <= 1 &&
    words(entry) <= WORDS_MAX;
}

const UNREACHABLE = 0x00;
const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const RETURN = 0x0f;
const CALL = 0x10;
const CALL_INDIRECT = 0x11;
const DROP = 0x1a;
const GET = 0x20;
const SET = 0x21;
const TEE = 0x22;
const CONST = 0x41;
const CONST64 = 0x42;
const EQZ = 0x45;
const EQ = 0x46;
const LT_S = 0x48;
const GT_S = 0x4a;
const LE_S = 0x4c;
const SUB = 0x6b;
const VOID = 0x40;

function call(m: Builder, entry: Imported, nr: number): Uint8Array {
  const r = entry.params.length;
  return payload((w) => {
    w.u8(1, 1, I32, CONST).s32(nr);
    entry.params.forEach((type, i) => {
      w.u8(GET).u32(i);
      // wrap; then shift the high word down and wrap.
      if (type === I64) w.u8(0xa7, GET).u32(i).u8(CONST64, 32, 0x88, 0xa7);
    });
    w.u8(CALL).u32(m.at(`k.t${words(entry)}`)).u8(TEE).u32(r).u8(CONST).s32(MARK_SIGNAL).u8(LE_S, IF, VOID);
    w.u8(GET).u32(r).u8(CALL).u32(m.at('slow')).u8(SET).u32(r).u8(END);
    if (entry.results[0] === I32) w.u8(GET).u32(r);
    if (entry.results[0] === I64) {
      // (i64)low unsigned | (i64)high << 32
      w.u8(GET).u32(r).u8(0xad, CALL).u32(m.at('k.hi')).u8(0xad, CONST64, 32, 0x86, 0x84);
    }
    w.u8(END);
  });
}

function abort(m: Builder): Uint8Array {
  return payload((w) => w.u8(0, CALL).u32(m.at('k.abort')).u8(UNREACHABLE, END));
}

/** Tells of the call, then answers ENOSYS: WASI's number for WASI's modules, else Linux's. */
function unknown(m: Builder, entry: Imported, index: number): Uint8Array {
  const errno = /^wasi_/.test(entry.module) ? 52 : -Errno.ENOSYS;
  return payload((w) => {
    w.u8(0, CONST).s32(index).u8(CALL).u32(m.at('k.unknown'));
    for (const type of entry.results) {
      switch (type) {
        case I32: w.u8(CONST).s32(errno); break;
        case I64: w.u8(CONST64).s32(errno); break;
        case F32: w.u8(0x43, 0, 0, 0, 0); break;
        case F64: w.u8(0x44, 0, 0, 0, 0, 0, 0, 0, 0); break;
        case V128: w.u8(0xfd, 12, ...new Array(16).fill(0)); break;
        case FUNCREF: case EXTERNREF: w.u8(0xd0, type); break;
        default: w.u8(UNREACHABLE);
      }
    }
    w.u8(END);
  });
}

/** From an answer to a result: waits, runs handlers, dies. */
function slow(m: Builder): Uint8Array {
  const handler = m.type([I32], []);
  const handler3 = m.type([I32, I32, I32], []);
  return payload((w) => {
    const to = (name: string) => w.u8(CALL).u32(m.at(name));
    w.u8(1, 1, I32, LOOP, VOID);
    w.u8(GET, 0, CONST).s32(MARK_SIGNAL).u8(GT_S, IF, VOID, GET, 0, RETURN, END);
    w.u8(GET, 0, CONST).s32(MARK_DIE).u8(EQ, IF, VOID, UNREACHABLE, END);
    w.u8(GET, 0, CONST).s32(MARK_BLOCK).u8(EQ, IF, VOID);
    to('k.wait').u8(SET, 0, BR, 1, END);
    to('k.sig').u8(TEE, 1, EQZ, IF, VOID);
    to('k.resume').u8(SET, 0, BR, 1, END);
    w.u8(GET, 1, CONST, 0, LT_S, IF, VOID, UNREACHABLE, END);
    w.u8(BLOCK, VOID, BLOCK, VOID, GET, 1, CONST).s32(SIGNALS).u8(GT_S, BR_IF, 0);
    w.u8(GET, 1, GET, 1, CALL_INDIRECT).u32(handler).u8(0, BR, 1, END);
    w.u8(GET, 1, CONST).s32(SIGNALS).u8(SUB, TEE, 1);
    to('k.siginfo').u8(CONST, 0, GET, 1, CALL_INDIRECT).u32(handler3).u8(0, END);
    to('k.sigreturn').u8(BR, 0, END, UNREACHABLE, END);
  });
}

/** A module with functions and one table: just what the glue is made of. */
class Builder {
  types = new Writer();
  imports = new Writer();
  functions = new Writer();
  code = new Writer();
  exports = new Writer();
  index = new Map<string, number>();
  typeNumbers = new Map<string, number>();
  imported = 0;
  defined = 0;

  type(params: readonly number[], results: readonly number[]): number {
    const key = `${params}:${results}`;
    let number = this.typeNumbers.get(key);
    if (number === undefined) {
      number = this.typeNumbers.size;
      this.typeNumbers.set(key, number);
      this.types.funcType({params, results});
    }
    return number;
  }

  import(name: string, params: readonly number[], results: readonly number[]): void {
    this.imports.name('k').name(name).u8(KIND.func).u32(this.type(params, results));
    this.index.set(`k.${name}`, this.imported++);
  }

  function(name: string, params: readonly number[], results: readonly number[], body: Uint8Array): void {
    this.functions.u32(this.type(params, results));
    this.code.sized(body);
    const index = this.imported + this.defined++;
    this.exports.name(name).u8(KIND.func).u32(index);
    this.index.set(name, index);
  }

  at(name: string): number {
    return this.index.get(name)!;
  }

  done(): Uint8Array {
    const w = new Writer(1024).u8(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    const vector = (id: number, count: number, entries: Writer) =>
      w.section(id, payload((p) => p.u32(count).raw(entries.done())));
    vector(SECTION.type, this.typeNumbers.size, this.types);
    vector(SECTION.import, this.imported, this.imports);
    vector(SECTION.function, this.defined, this.functions);
    w.section(SECTION.table, payload((p) => p.u8(1, FUNCREF, 1).u32(SIGNALS + 1).u32(SIGNALS + 1)));
    this.exports.name('t').u8(KIND.table).u32(0);
    vector(SECTION.export, this.defined + 1, this.exports);
    vector(SECTION.code, this.defined, this.code);
    return w.done();
  }
}
