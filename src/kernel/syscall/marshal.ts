// From guest registers to plain arguments and back: one marshaller per row, made from the row's argument shapes.
// It checks each range once (EFAULT) and is the only place that turns a guest pointer into bytes.

import { fromBytes } from '../bytes.ts';
import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { SysError } from '../uapi/errno.ts';
import { structs } from '../uapi/struct.ts';
import type { Arg } from './abi.ts';
import { type Buf, ByteBuf, type Ptr, VecBuf } from './buf.ts';

/** A row's function after marshalling: reads the task's registers (or the call's plain arguments). */
export type Invoke = (task: Task) => number | Block;

export type Decoder = (task: Task) => unknown;
type AnyFn = (task: Task, ...args: never[]) => number | Block;

/** PATH_MAX: a path with its terminating NUL, bytes. */
const PATH_MAX = 4096;
/** MAX_ARG_STRLEN and the total of argv and envp (execve(2)). */
const ARG_STRLEN_MAX = 131072;
const ARG_TOTAL_MAX = 2097152;
const IOV_MAX = 1024;

export function marshal(fn: AnyFn, args: readonly Arg[]): Invoke {
  const decoders = decodersOf(args);
  const call = fn as (task: Task, ...args: unknown[]) => number | Block;
  const [a, b, c, d, e] = decoders;
  switch (decoders.length) {
    case 0: return call;
    case 1: return (t) => call(t, a!(t));
    case 2: return (t) => call(t, a!(t), b!(t));
    case 3: return (t) => call(t, a!(t), b!(t), c!(t));
    case 4: return (t) => call(t, a!(t), b!(t), c!(t), d!(t));
    case 5: return (t) => call(t, a!(t), b!(t), c!(t), d!(t), e!(t));
    default: return (t) => call(t, ...decoders.map((decoder) => decoder(t)));
  }
}

/** One decoder for each argument: from the registers to its plain value. Throws EFAULT and the like. */
export function decodersOf(args: readonly Arg[]): Decoder[] {
  let reg = 0;
  return args.map((arg) => {
    const decoder = decode(arg, reg);
    reg += words(arg);
    return decoder;
  });
}

/** How many registers an argument takes. */
export function words(arg: Arg): number {
  switch (arg.kind) {
    case 'i64': case 'path': case 'cstrings': case 'in': case 'out': case 'inout': case 'iovec': return 2;
    case 'struct': return arg.array === true ? 2 : 1;
    default: return 1;
  }
}

/** The bytes [ptr, ptr+length) of a task's memory. */
export function guest(task: Task, ptr: number, length: number): Uint8Array {
  const bytes = task.mm!.memory!.bytes();
  const from = ptr >>> 0;
  const n = length >>> 0;
  if (from + n > bytes.length) throw new SysError('EFAULT');
  return bytes.subarray(from, from + n);
}

/** How a row's argument is read from the registers, from `reg` on. */
export function decode(arg: Arg, reg: number): Decoder {
  const opt = arg.opt === true;
  switch (arg.kind) {
    case 'int': case 'fd': case 'flags': case 'fn': return (t) => t.regs[reg];
    case 'uint': case 'mode': return (t) => t.regs[reg]! >>> 0;
    case 'i64': return (t) => t.regs[reg + 1]! * 4294967296 + (t.regs[reg]! >>> 0);
    case 'path': return (t) => opt && t.regs[reg] === 0 ? undefined : path(t, t.regs[reg]!, t.regs[reg + 1]!);
    case 'cstrings': return (t) => strings(t, t.regs[reg]!, t.regs[reg + 1]!);
    case 'iovec': return (t) => vector(t, t.regs[reg]!, t.regs[reg + 1]!);
    case 'ptr': return (t) => new GuestPtr(t, t.regs[reg]!);
    case 'in': case 'out': case 'inout':
      return (t) => opt && t.regs[reg] === 0 ? undefined : new ByteBuf(guest(t, t.regs[reg]!, t.regs[reg + 1]!));
    case 'sigset': return (t) => opt && t.regs[reg] === 0 ? undefined : new ByteBuf(guest(t, t.regs[reg]!, 8));
    case 'struct': {
      const { size } = structs[arg.struct!];
      const array = arg.array === true;
      return (t) => {
        const ptr = t.regs[reg]!;
        if (opt && ptr === 0) return undefined;
        const count = array ? t.regs[reg + 1]! >>> 0 : 1;
        if (count > 65536) throw new SysError('EINVAL');
        return new ByteBuf(guest(t, ptr, size * count));
      };
    }
  }
}

function path(task: Task, ptr: number, length: number): string {
  if (length >>> 0 >= PATH_MAX) throw new SysError('ENAMETOOLONG');
  const bytes = guest(task, ptr, length);
  let s = '';
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0) break;
    s += String.fromCharCode(bytes[i]!);
  }
  return s;
}

function strings(task: Task, ptr: number, count: number): string[] {
  if (count >>> 0 > ARG_TOTAL_MAX / 8) throw new SysError('E2BIG');
  const pairs = guest(task, ptr, (count >>> 0) * 8);
  const view = new DataView(pairs.buffer, pairs.byteOffset, pairs.length);
  const list: string[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(i * 8 + 4, true);
    total += length + 1;
    if (length >= ARG_STRLEN_MAX || total > ARG_TOTAL_MAX) throw new SysError('E2BIG');
    list.push(fromBytes(guest(task, view.getUint32(i * 8, true), length)));
  }
  return list;
}

function vector(task: Task, ptr: number, count: number): Buf {
  if (count >>> 0 > IOV_MAX) throw new SysError('EINVAL');
  const pairs = guest(task, ptr, count * 8);
  const view = new DataView(pairs.buffer, pairs.byteOffset, pairs.length);
  if (count === 1) return new ByteBuf(guest(task, view.getUint32(0, true), view.getUint32(4, true)));
  const parts: Uint8Array[] = [];
  for (let i = 0; i < count; i++) parts.push(guest(task, view.getUint32(i * 8, true), view.getUint32(i * 8 + 4, true)));
  return new VecBuf(parts);
}

class GuestPtr implements Ptr {
  readonly value: number;
  readonly #task: Task;

  constructor(task: Task, value: number) {
    this.#task = task;
    this.value = value;
  }

  buf(length: number): Buf {
    return new ByteBuf(guest(this.#task, this.value, length));
  }
}
