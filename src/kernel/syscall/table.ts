// The table of system calls. A row is written once; the dispatcher, --strace, seccomp profiles and docs/syscalls.md all
// read it. A call of abi.ts without a row answers ENOSYS, and shows in the trace.

import { type CallName, calls, type Arg, type Fn } from './abi.ts';
import { type Invoke, marshal } from './marshal.ts';
import { pieces } from './pieces.ts';
import { SysError } from '../uapi/errno.ts';

/** How much of Linux's call is there. */
export type Support = 'full' | 'partial' | 'none';

/** What a syscall file writes for a call. */
export interface Entry<N extends CallName> {
  readonly fn: Fn<N>;
  readonly support: Support;
  /** Where we differ from Linux; users read it in docs/syscalls.md. */
  readonly note?: string;
  /** Never restarted after a handler, whatever SA_RESTART says (signal(7)). */
  readonly norestart?: boolean;
}

/** A piece of the table: `export const uidRows = { getuid: full(getuid) } satisfies Rows`. */
export type Rows = { readonly [N in CallName]?: Entry<N> };

// Declared functions, since the pieces call them while this module is still being loaded.
export function full<F>(fn: F): { fn: F; support: 'full' } {
  return { fn, support: 'full' };
}

export function partial<F>(fn: F, note: string): { fn: F; support: 'partial'; note: string } {
  return { fn, support: 'partial', note };
}

/** A row that a signal handler always ends with EINTR. */
export function norestart<E extends object>(entry: E): E & { norestart: true } {
  return { ...entry, norestart: true };
}

/** A row as the dispatcher has it. */
export interface Row {
  readonly nr: number;
  readonly name: CallName;
  readonly module: 'linux' | 'twinbox';
  readonly args: readonly Arg[];
  readonly result: 'i32' | 'i64';
  readonly support: Support;
  readonly note: string | undefined;
  readonly restart: boolean;
  /** With plain arguments. */
  readonly fn: (task: never, ...args: never[]) => unknown;
  /** With the registers of the task. */
  readonly invoke: Invoke;
}

const none = (): never => {
  throw new SysError('ENOSYS');
};

function row(name: CallName, nr: number): Row {
  const call = calls[name];
  const entry = (pieces as Rows)[name] as Entry<CallName> | undefined;
  const fn = entry?.fn ?? none;
  return {
    nr, name, module: call.module, args: call.args, result: call.result, support: entry?.support ?? 'none',
    note: entry?.note, restart: entry?.norestart !== true, fn: fn as unknown as Row['fn'],
    invoke: marshal(fn as never, entry === undefined ? [] : call.args),
  };
}

/** Every call by number: its place in abi.ts. */
export const table: readonly Row[] = (Object.keys(calls) as CallName[]).map(row);

/** Every call by name. */
export const byName = Object.fromEntries(table.map((r) => [r.name, r])) as Readonly<Record<CallName, Row>>;
