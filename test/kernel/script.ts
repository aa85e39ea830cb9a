// Tables of file-system calls as text: a line is `call arguments = answer`, so that a test reads like a session of the
// probe that the catalogue uses.

import * as assert from 'uvu/assert';
import type { Task } from '../../src/kernel/proc/task.ts';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import { AT, O, RENAME, S, makedev } from '../../src/kernel/uapi/fcntl.ts';
import { MNT, MS } from '../../src/kernel/uapi/mount.ts';
import { CLONE } from '../../src/kernel/uapi/sched.ts';
import { decode, encode } from '../../src/kernel/uapi/struct.ts';
import { type Answer, bytes, type Machine, scratch, text } from './machine.ts';

const octal = (s: string | undefined, or: number): number => (s === undefined ? or : Number.parseInt(s, 8));
const bits = (table: Readonly<Record<string, number>>, words: string | undefined): number =>
  (words ?? '').split('+').filter((w) => w !== '' && w !== '-').reduce((n, w) => n | (table[w.toUpperCase()] ?? fail(w)), 0);
const fail = (word: string): never => {
  throw new Error(`no such word: ${word}`);
};
const opens = { R: 0, W: O.WRONLY, RW: O.RDWR, ...O };
const empty = (word: string | undefined): string => (word === undefined || word === "''" ? '' : word);

export interface Stat {
  readonly [field: string]: number;
}

export function stat(m: Machine, task: Task, path: string, flags = 0): Stat | Answer {
  const buf = scratch(128);
  const answer = m.call(task, 'newfstatat', AT.FDCWD, path, buf, flags);
  return typeof answer === 'number' ? decode('stat', buf.bytes) : answer;
}

export function readFile(m: Machine, task: Task, path: string): string {
  const fd = m.call(task, 'openat', AT.FDCWD, path, O.RDONLY, 0);
  if (typeof fd !== 'number') return fd;
  let all = '';
  for (;;) {
    const buf = scratch(65536);
    const n = m.call(task, 'read', fd, buf);
    if (typeof n !== 'number') return n;
    if (n === 0) break;
    all += text(buf.bytes.subarray(0, n));
  }
  m.call(task, 'close', fd);
  return all;
}

export function writeFile(m: Machine, task: Task, path: string, content: string): Answer {
  const fd = m.call(task, 'openat', AT.FDCWD, path, O.WRONLY | O.CREAT | O.TRUNC, 0o644);
  if (typeof fd !== 'number') return fd;
  const n = m.call(task, 'write', fd, bytes(content));
  m.call(task, 'close', fd);
  return typeof n === 'number' ? 0 : n;
}

export function list(m: Machine, task: Task, path: string): string {
  const fd = m.call(task, 'openat', AT.FDCWD, path, O.RDONLY | O.DIRECTORY, 0);
  if (typeof fd !== 'number') return fd;
  const names: string[] = [];
  for (;;) {
    const buf = scratch(1024);
    const n = m.call(task, 'getdents64', fd, buf);
    if (typeof n !== 'number') return n;
    if (n === 0) break;
    for (let at = 0; at < n;) {
      const length = new DataView(buf.bytes.buffer).getUint16(at + 16, true);
      const name = text(buf.bytes.subarray(at + 19, at + length)).replace(/\0.*$/, '');
      if (name !== '.' && name !== '..') names.push(name);
      at += length;
    }
  }
  m.call(task, 'close', fd);
  return names.sort().join(',');
}

const type = (mode: number): string =>
  ({ [S.IFREG]: 'file', [S.IFDIR]: 'dir', [S.IFLNK]: 'link', [S.IFIFO]: 'fifo', [S.IFCHR]: 'chr', [S.IFSOCK]: 'sock' })[
    mode & S.IFMT] ?? 'other';

/** What a line's call answers, as text. */
function perform(m: Machine, task: Task, op: string, a: readonly string[]): string {
  const at = AT.FDCWD;
  const say = (answer: Answer): string => (answer === 0 ? 'ok' : `${answer}`);
  const field = (of: Stat | Answer, name: string): string =>
    typeof of !== 'object' ? `${of}` : name === 'type' ? type(of.st_mode!) : name === 'perm'
      ? (of.st_mode! & 0o7777).toString(8) : name === 'owner' ? `${of.st_uid}:${of.st_gid}` : `${of[`st_${name}`]}`;
  const [p = '', q = ''] = a;
  switch (op) {
    case 'mkdir': return say(m.call(task, 'mkdirat', at, empty(p), octal(a[1], 0o755)));
    case 'rmdir': return say(m.call(task, 'unlinkat', at, p, AT.REMOVEDIR));
    case 'unlink': return say(m.call(task, 'unlinkat', at, p, 0));
    case 'link': return say(m.call(task, 'linkat', at, p, at, q, 0));
    case 'symlink': return say(m.call(task, 'symlinkat', empty(p), at, q));
    case 'rename': return say(m.call(task, 'renameat2', at, p, at, q, bits(RENAME, a[2])));
    case 'mkfifo': return say(m.call(task, 'mknodat', at, p, S.IFIFO | octal(a[1], 0o644), 0));
    case 'mknod': return say(m.call(task, 'mknodat', at, p, S.IFCHR | 0o666, makedev(Number(a[1] ?? 1), Number(a[2] ?? 3))));
    case 'open': {
      const fd = m.call(task, 'openat', at, empty(p), bits(opens, a[1]), octal(a[2], 0o644));
      if (typeof fd !== 'number') return fd;
      m.ok(task, 'close', fd);
      return 'ok';
    }
    case 'fd': return `${m.call(task, 'openat', at, p, bits(opens, a[1]), octal(a[2], 0o644))}`;
    case 'close': return say(m.call(task, 'close', Number(p)));
    case 'write': return `${m.call(task, 'write', Number(p), bytes(q))}`;
    case 'pwrite': return `${m.call(task, 'pwrite64', Number(p), bytes(q), Number(a[2]))}`;
    case 'read': {
      const buf = scratch(Number(a[1] ?? 100));
      const n = m.call(task, 'read', Number(p), buf);
      return typeof n === 'number' ? `'${text(buf.bytes.subarray(0, n)).replaceAll('\0', '.')}'` : n;
    }
    case 'seek': return `${m.call(task, 'lseek', Number(p), Number(a[1]), Number(a[2] ?? 0))}`;
    case 'touch': return say(writeFile(m, task, p, ''));
    case 'put': return say(writeFile(m, task, p, q));
    case 'cat': return `'${readFile(m, task, p).trimEnd()}'`;
    case 'ls': return list(m, task, p);
    case 'stat': return a[1] === undefined ? say(typeof stat(m, task, empty(p)) === 'object' ? 0 : stat(m, task, empty(p)) as Answer) : field(stat(m, task, p), q);
    case 'lstat': return field(stat(m, task, p, AT.SYMLINK_NOFOLLOW), q || 'type');
    case 'readlink': {
      const buf = scratch(4096);
      const n = m.call(task, 'readlinkat', at, p, buf);
      return typeof n === 'number' ? text(buf.bytes.subarray(0, n)) : n;
    }
    case 'chmod': return say(m.call(task, 'fchmodat2', at, p, octal(q, 0), 0));
    case 'chown': return say(m.call(task, 'fchownat', at, p, Number(a[1]), Number(a[2]), 0));
    case 'truncate': return say(m.call(task, 'truncate', p, Number(q)));
    case 'ftruncate': return say(m.call(task, 'ftruncate', Number(p), Number(q)));
    case 'access': return say(m.call(task, 'faccessat2', at, p, Number(q), 0));
    case 'chdir': return say(m.call(task, 'chdir', p));
    case 'chroot': return say(m.call(task, 'chroot', p));
    case 'cwd': {
      const buf = scratch(4096);
      const n = m.call(task, 'getcwd', buf);
      return typeof n === 'number' ? text(buf.bytes.subarray(0, n - 1)) : n;
    }
    case 'umask': return say(m.call(task, 'umask', octal(p, 0)));
    case 'setuid': m.ok(task, 'setgid', Number(p)); return say(m.call(task, 'setuid', Number(p)));
    case 'mount': return say(m.call(task, 'mount', p, q, a[2] === 'none' ? undefined : a[2], bits(MS, a[3]), a[4]));
    case 'umount': return say(m.call(task, 'umount2', p, bits(MNT, a[1])));
    case 'pivot': return say(m.call(task, 'pivot_root', p, q));
    case 'unshare': return say(m.call(task, 'unshare', bits(CLONE, p)));
    case 'utimes': {
      const times = new Uint8Array(32);
      times.set(encode('timespec', { tv_sec: Number(a[1]), tv_nsec: 0 }));
      times.set(encode('timespec', { tv_sec: Number(a[2]), tv_nsec: 5 }), 16);
      return say(m.call(task, 'utimensat', at, p, new ByteBuf(times), 0));
    }
    case 'now': return say(m.call(task, 'utimensat', at, p, undefined, 0));
    case 'optional': {
      const line = readFile(m, task, '/proc/self/mountinfo').split('\n').find((l) => l.split(' ')[4] === p);
      if (line === undefined) return 'none';
      const words = line.split(' ');
      return words.slice(6, words.indexOf('-')).join(' ').replace(/\d+/g, 'n') || 'private';
    }
    default: throw new Error(`no such call: ${op}`);
  }
}

/** Run the lines as `task`. A line without `=` must succeed. `$` stands for the words of `vars`. */
export function script(m: Machine, task: Task, lines: string): void {
  for (const raw of lines.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [call, expected = 'ok'] = line.split(/ =(?: |$)/);
    const [op, ...args] = call!.split(/\s+/);
    assert.is(perform(m, task, op!, args), expected, line);
  }
}
