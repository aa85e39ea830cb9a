// How strace(1) prints one argument: numbers, names of flags, strings cut at 32 bytes, structures by their layout.

import { CLONE, CLOCK, P, PR, PRIO, RLIMIT, W } from '../uapi/sched.ts';
import { AT, CLOSE_RANGE, F, O, RENAME, S, SEEK } from '../uapi/fcntl.ts';
import { MNT, MS } from '../uapi/mount.ts';
import { POLL } from '../uapi/poll.ts';
import { has, NSIG, SA, signalName } from '../uapi/signal.ts';
import { bytesOf, decode, type StructName, structs } from '../uapi/struct.ts';
import { IOCTL } from '../uapi/termios.ts';
import type { Arg } from './abi.ts';
import type { Buf, Ptr } from './buf.ts';

/** Bytes of a string that are shown (strace -s). */
const STRING_MAX = 32;

type Names = Readonly<Record<string, number>>;

const flagTables: Readonly<Record<string, { readonly names: Names; readonly prefix: string }>> = {
  O: { names: O, prefix: 'O_' },
  AT: { names: AT, prefix: 'AT_' },
  CLOSE_RANGE: { names: CLOSE_RANGE, prefix: 'CLOSE_RANGE_' },
  RENAME: { names: RENAME, prefix: 'RENAME_' },
  MS: { names: MS, prefix: 'MS_' },
  MNT: { names: MNT, prefix: 'MNT_' },
  CLONE: { names: CLONE, prefix: 'CLONE_' },
  W: { names: W, prefix: 'W' },
};

/** Plain integers that have names, by the argument's own name. */
const enums: Readonly<Record<string, readonly [Names, string]>> = {
  whence: [SEEK, 'SEEK_'], clockid: [CLOCK, 'CLOCK_'], resource: [RLIMIT, 'RLIMIT_'], option: [PR, 'PR_'],
  idtype: [P, 'P_'], cmd: [F, 'F_'], request: [IOCTL, ''], which: [PRIO, 'PRIO_'],
  how: [{ BLOCK: 0, UNBLOCK: 1, SETMASK: 2 }, 'SIG_'],
};

/** An argument that goes in. `call` is the call's name, for the few whose flags overlap. */
export function formatIn(arg: Arg, value: unknown, call: string): string {
  if (value === undefined) return 'NULL';
  switch (arg.kind) {
    case 'path': return quote(value as string, 4096);
    case 'cstrings':
      return arg.name === 'envp' ? `/* ${(value as string[]).length} vars */`
        : `[${(value as string[]).map((s) => quote(s, STRING_MAX)).join(', ')}]`;
    case 'in': return `${quoteBytes(value as Buf, (value as Buf).length)}, ${(value as Buf).length}`;
    case 'iovec': return vector(value as Buf, (value as Buf).length);
    case 'struct':
      if (arg.array !== true) return formatStruct(arg, value as Buf);
      return `${formatStruct(arg, value as Buf)}, ${(value as Buf).length / structs[arg.struct!].size}`;
    case 'sigset': return formatSet(value as Buf);
    case 'flags': return formatFlags(arg.names ?? '', value as number, call);
    case 'mode': return `0${(value as number).toString(8)}`;
    case 'fd': return value === AT.FDCWD && arg.names === 'AT_FDCWD' ? 'AT_FDCWD' : `${value as number}`;
    case 'ptr': return formatPtr(value as Ptr);
    default: {
      if (arg.names === 'SIG') return signalName(value as number);
      const table = enums[arg.name];
      const name = table === undefined ? undefined : nameOf(table[0], value as number);
      return name === undefined ? `${value as number}` : `${table![1]}${name}`;
    }
  }
}

/** An argument that the call has filled, when it has ended with `result`. */
export function formatOut(arg: Arg, value: unknown, result: number, call: string): string {
  if (value === undefined) return 'NULL';
  const buf = value as Buf;
  const size = arg.kind === 'out' ? `, ${buf.length}` : '';
  if (result < 0) return `0x?${size}`;
  switch (arg.kind) {
    case 'iovec': return vector(buf, Math.min(result, buf.length));
    case 'struct':
      if (arg.struct === 'int' && arg.name === 'wstatus') return result === 0 ? 'NULL' : `[${waitStatus(buf)}]`;
      return formatStruct(arg, buf);
    case 'sigset': return formatSet(buf);
    default:
      if (call === 'getdents64') return `/* entries */${size}`;
      return quoteBytes(buf, Math.min(result, buf.length)) + size;
  }
}

/** A byte string in C's notation. */
export function quote(s: string, max: number): string {
  let out = '"';
  const shown = Math.min(s.length, max);
  for (let i = 0; i < shown; i++) {
    const c = s.charCodeAt(i);
    if (c === 34 || c === 92) out += `\\${s[i]!}`;
    else if (c >= 32 && c < 127) out += s[i]!;
    else if (c in escapes) out += escapes[c]!;
    else {
      // The shortest octal form that the next character does not lengthen.
      const next = i + 1 < shown ? s.charCodeAt(i + 1) : 0;
      out += `\\${c.toString(8).padStart(next >= 48 && next <= 57 ? 3 : 1, '0')}`;
    }
  }
  return s.length > max ? `${out}"...` : `${out}"`;
}

const escapes: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' };

function quoteBytes(buf: Buf, length: number): string {
  const bytes = buf.read(0, Math.min(length, STRING_MAX));
  let s = '';
  for (const byte of bytes) s += String.fromCharCode(byte);
  return length > STRING_MAX ? `${quote(s, STRING_MAX)}...` : quote(s, STRING_MAX);
}

function vector(buf: Buf, length: number): string {
  return `[{iov_base=${quoteBytes(buf, length)}, iov_len=${buf.length}}], 1`;
}

function nameOf(names: Names, value: number): string | undefined {
  for (const name in names) if (names[name] === value) return name;
  return undefined;
}

export function formatFlags(table: string, value: number, call: string): string {
  const found = flagTables[table];
  if (found === undefined) return `0x${(value >>> 0).toString(16)}`;
  const parts: string[] = [];
  let rest = value >>> 0;
  if (table === 'O' && call === 'openat') {
    parts.push(['O_RDONLY', 'O_WRONLY', 'O_RDWR'][rest & O.ACCMODE] ?? 'O_ACCMODE');
    rest &= ~O.ACCMODE;
  }
  const signal = table === 'CLONE' && call === 'clone' ? rest & CLONE.CSIGNAL : 0;
  rest = (rest & ~signal) >>> 0;
  for (const [name, bits] of sorted(found.names)) {
    const unsigned = bits >>> 0;
    if (bits <= 0 || name === 'CSIGNAL' || (rest & unsigned) >>> 0 !== unsigned) continue;
    if (name === 'EACCESS' ? call !== 'faccessat2' : name === 'REMOVEDIR' && call !== 'unlinkat') continue;
    parts.push(`${wide(table, name) ?? found.prefix}${name}`);
    rest = (rest & ~unsigned) >>> 0;
  }
  if (signal !== 0) parts.push(signalName(signal));
  if (rest !== 0) parts.push(`0x${rest.toString(16)}`);
  return parts.length === 0 ? '0' : parts.join('|');
}

/** Combined flags (O_SYNC, O_TMPFILE) before their parts. */
function sorted(names: Names): [string, number][] {
  const bits = (n: number) => { let count = 0; for (let v = n >>> 0; v !== 0; v &= v - 1) count++; return count; };
  return Object.entries(names).sort((a, b) => bits(b[1]) - bits(a[1]) || (a[1] >>> 0) - (b[1] >>> 0));
}

const wide = (table: string, name: string): string | undefined =>
  table === 'W' && (name === 'ALL' || name === 'CLONE' || name === 'NOTHREAD') ? '__W' : undefined;

function formatPtr(ptr: Ptr): string {
  return ptr.value === 0 ? '0' : `0x${(ptr.value >>> 0).toString(16)}`;
}

function formatSet(buf: Buf): string {
  const bytes = buf.read(0, 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  let set = { lo: view.getInt32(0, true), hi: view.getInt32(4, true) };
  const count = (s: typeof set) => Array.from({ length: NSIG }, (_, i) => i + 1).filter((n) => has(s, n));
  const inverse = count(set).length > 40;
  if (inverse) set = { lo: ~set.lo, hi: ~set.hi };
  return `${inverse ? '~' : ''}[${count(set).map((n) => signalName(n).replace('SIG', '')).join(' ')}]`;
}

function formatStruct(arg: Arg, buf: Buf): string {
  const name = arg.struct!;
  const { size } = structs[name];
  if (name === 'int') return `[${decode('int', buf.read(0, 4)).value!}]`;
  if (name === 'int2') return `[${decode('int', buf.read(0, 4)).value!}, ${decode('int', buf.read(4, 4)).value!}]`;
  if (arg.array !== true) return formatOne(name, buf.read(0, size));
  const parts: string[] = [];
  for (let at = 0; at < buf.length && parts.length < 32; at += size) parts.push(formatOne(name, buf.read(at, size)));
  return `[${parts.join(', ')}]`;
}

function formatOne(name: StructName, bytes: Uint8Array): string {
  const values = decode(name, bytes);
  // strace shows two of the fields of struct stat.
  if (name === 'stat') return `{st_mode=${formatMode(values.st_mode!)}, st_size=${values.st_size!}, ...}`;
  const parts = structs[name].fields.filter((field) => !field.name.startsWith('__')).map((field) => {
    const value = values[field.name]!;
    return `${field.name}=${formatField(name, field.name, value, field.count > 1 ? bytesOf(name, field.name, bytes) : undefined)}`;
  });
  return `{${parts.join(', ')}}`;
}

function formatField(struct: StructName, field: string, value: number, bytes: Uint8Array | undefined): string {
  if (bytes !== undefined) {
    const end = bytes.indexOf(0);
    return quote(String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end)), STRING_MAX);
  }
  if (field === 'st_mode') return formatMode(value);
  if (field === 'events' || field === 'revents') return pollEvents(value);
  if (field === 'sa_handler') return ['SIG_DFL', 'SIG_IGN'][value] ?? `0x${value.toString(16)}`;
  if (field === 'sa_mask' || field === 'sigmask' || field === 'sigdefault') return value === 0 ? '[]' : `[0x${value.toString(16)}]`;
  if (field === 'sa_flags') return bitNames(SA, 'SA_', value);
  if (field === 'si_signo') return signalName(value);
  if (value === Infinity) return struct === 'rlimit64' ? 'RLIM64_INFINITY' : '-1';
  return `${value}`;
}

function formatMode(mode: number): string {
  const type = Object.entries(S).find(([name, bits]) => name.startsWith('IF') && name !== 'IFMT' && (mode & S.IFMT) === bits);
  return `${type === undefined ? '' : `S_${type[0]}|`}0${(mode & 0o7777).toString(8)}`;
}

const pollEvents = (value: number): string => bitNames(POLL, 'POLL', value & 0xffff);

function bitNames(names: Names, prefix: string, value: number): string {
  const parts = Object.entries(names).filter(([, bit]) => (value & bit) !== 0).map(([name]) => `${prefix}${name}`);
  return parts.length === 0 ? '0' : parts.join('|');
}

function waitStatus(buf: Buf): string {
  const status = decode('int', buf.read(0, 4)).value!;
  if (status === 0xffff) return '{WIFCONTINUED(s)}';
  if ((status & 0xff) === 0x7f) return `{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName(status >> 8)}}`;
  if ((status & 0x7f) !== 0) return `{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(status & 0x7f)}}`;
  return `{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}`;
}
