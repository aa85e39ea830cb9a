// Values as strace(1) spells them: quoted strings, flags by name, structures by field.

import { AT, CLOSE_RANGE, O, RENAME, S } from '../uapi/fcntl.ts';
import { MNT, MOUNT_ATTR, MOVE_MOUNT, MS, OPEN_TREE } from '../uapi/mount.ts';
import { CLONE, W } from '../uapi/sched.ts';
import { has, NSIG, signalName } from '../uapi/signal.ts';
import { decode, structs } from '../uapi/struct.ts';
import type { Arg } from './abi.ts';
import type { Buf } from './buf.ts';

const STRING_MAX = 32;
const ARRAY_MAX = 8;
/** Fields of a structure that are shown before `...`. */
const FIELDS_MAX = 6;

const tables: Readonly<Record<string, readonly [prefix: string, names: Readonly<Record<string, number>>]>> = {
  AT: ['AT_', AT], CLOSE_RANGE: ['CLOSE_RANGE_', CLOSE_RANGE], CLONE: ['CLONE_', CLONE], MNT: ['MNT_', MNT],
  MOUNT_ATTR: ['MOUNT_ATTR_', MOUNT_ATTR], MOVE_MOUNT: ['MOVE_MOUNT_', MOVE_MOUNT], MS: ['MS_', MS], O: ['O_', O],
  OPEN_TREE: ['OPEN_TREE_', OPEN_TREE], RENAME: ['RENAME_', RENAME], W: ['W', W],
};
const accessModes = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];

export const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;

/** A string in C's notation, cut after 32 bytes. */
export function quote(bytes: string, max = STRING_MAX): string {
  const cut = bytes.length > max;
  const text = (cut ? bytes.slice(0, max) : bytes).replace(/[\\"\x00-\x1f\x7f-\xff]/g, (c) => {
    const named = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t', '\r': '\\r' }[c];
    return named ?? `\\${c.charCodeAt(0).toString(8)}`;
  });
  return `"${text}"${cut ? '...' : ''}`;
}

/** `O_WRONLY|O_CREAT`, `CLONE_NEWPID|SIGCHLD`; what has no name in hexadecimal. */
export function flagNames(table: string, value: number): string {
  const words: string[] = [];
  let rest = value >>> 0;
  if (table === 'O') {
    words.push(accessModes[rest & 3]!);
    rest &= ~3;
  }
  const signal = table === 'CLONE' ? rest & 0xff : 0;
  if (table === 'CLONE') rest = (rest & ~0xff) >>> 0;
  const [prefix, names] = tables[table] ?? ['', {}];
  // The widest first, so that O_SYNC is not O_DSYNC and a rest.
  const known = Object.entries(names).map(([name, bits]) => [name, bits >>> 0] as const)
    .filter(([, bits]) => bits > 3 || (table !== 'O' && bits > 0)).sort((a, b) => ones(b[1]) - ones(a[1]));
  for (const [name, bits] of known) {
    if (name === 'CSIGNAL' || name === 'FDCWD' || ((rest & bits) >>> 0) !== bits) continue;
    words.push(prefix + name);
    rest = (rest & ~bits) >>> 0;
  }
  if (rest !== 0) words.push(hex(rest));
  if (signal !== 0) words.push(signalName(signal));
  return words.length === 0 ? '0' : words.join('|');
}

const ones = (n: number): number => n.toString(2).replaceAll('0', '').length;

export function number(arg: Arg, value: number): string {
  if (arg.names === 'AT_FDCWD' && value === AT.FDCWD) return 'AT_FDCWD';
  if (arg.names === 'SIG') return value === 0 ? '0' : signalName(value);
  return `${value}`;
}

const types: Readonly<Record<number, string>> = {
  [S.IFREG]: 'S_IFREG', [S.IFDIR]: 'S_IFDIR', [S.IFLNK]: 'S_IFLNK', [S.IFCHR]: 'S_IFCHR', [S.IFBLK]: 'S_IFBLK',
  [S.IFIFO]: 'S_IFIFO', [S.IFSOCK]: 'S_IFSOCK',
};

/** A structure, an array of it, or a signal set. */
export function structure(arg: Arg, buf: Buf): string {
  if (arg.kind === 'sigset') return signalSet(buf.read(0, 8));
  const { size } = structs[arg.struct!];
  if (arg.array !== true) return one(arg, buf.read(0, size));
  const count = buf.length / size;
  const items = Array.from({ length: Math.min(count, ARRAY_MAX) }, (_, i) => one(arg, buf.read(i * size, size)));
  return `[${items.join(', ')}${count > ARRAY_MAX ? ', ...' : ''}], ${count}`;
}

function one(arg: Arg, bytes: Uint8Array): string {
  const value = decode(arg.struct!, bytes);
  switch (arg.struct) {
    case 'int': return arg.name === 'wstatus' ? `[${waitStatus(value.value!)}]` : `[${value.value}]`;
    case 'int2': return `[${value.value}, ${new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true)}]`;
    case 'stat': {
      const mode = value.st_mode!;
      return `{st_mode=${types[mode & S.IFMT] ?? hex(mode & S.IFMT)}|0${(mode & 0o7777).toString(8)}, st_size=${value.st_size}, ...}`;
    }
    case 'sigaction': {
      const handler = value.sa_handler === 0 ? 'SIG_DFL' : value.sa_handler === 1 ? 'SIG_IGN' : hex(value.sa_handler!);
      return `{sa_handler=${handler}, sa_mask=${signalSet(bytes.subarray(8, 16))}, sa_flags=${hex(value.sa_flags!)}}`;
    }
    default: {
      const fields = structs[arg.struct!].fields.filter((field) => !field.name.startsWith('__') && field.count === 1);
      const shown = fields.slice(0, FIELDS_MAX).map((field) => `${field.name}=${value[field.name]}`);
      return `{${shown.join(', ')}${fields.length > FIELDS_MAX ? ', ...' : ''}}`;
    }
  }
}

function waitStatus(status: number): string {
  const signal = status & 0x7f;
  if (status === 0xffff) return 'WIFCONTINUED(s)';
  if (signal === 0x7f) return `{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName((status >> 8) & 0xff)}}`;
  return signal === 0 ? `{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}`
    : `{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(signal)}}`;
}

function signalSet(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const set = { lo: view.getInt32(0, true), hi: view.getInt32(4, true) };
  const names: string[] = [];
  for (let n = 1; n <= NSIG; n++) if (has(set, n)) names.push(signalName(n).replace(/^SIG/, ''));
  return names.length > 32 ? '~[...]' : `[${names.join(' ')}]`;
}
