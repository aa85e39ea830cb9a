// The calls that a guest can import, with the shape of each argument: the one table behind the marshaller, strace's
// output, include/linux.h, assembly/sys and docs/abi.md. Names and order of arguments are Linux's (syscalls(2));
// where libc and kernel differ, the kernel's.

import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import type { StructName } from '../uapi/struct.ts';
import type { Buf, Ptr } from './buf.ts';

/**
 * How an argument crosses the boundary.
 * - int: i32. uint: u32. i64: two words. fd: a descriptor (dirfd prints AT_FDCWD).
 * - path: (pointer, length), a byte string. cstrings: (pointer, count) to an array of {pointer, length} pairs.
 * - in, out, inout: (pointer, length), a Buf. iovec: (pointer, count) to iovec pairs, a Buf over all (direction in `dir`).
 * - struct: pointer to `struct`, a Buf of its size; `count: true` takes (pointer, count), an array of it.
 * - sigset: pointer to 8 bytes, a Buf. fn: an index into the function table.
 * - ptr: a pointer or an integer, as an argument before it (ioctl's request, prctl's option) decides: a Ptr.
 */
export type Kind = 'int' | 'uint' | 'i64' | 'fd' | 'flags' | 'mode' | 'path' | 'cstrings' | 'in' | 'out' | 'inout'
  | 'iovec' | 'struct' | 'sigset' | 'fn' | 'ptr';

export interface Arg {
  readonly name: string;
  readonly kind: Kind;
  /** Of buffers: which way bytes go. */
  readonly dir?: 'in' | 'out' | 'inout';
  readonly struct?: StructName;
  /** An array: the next raw argument is its count. */
  readonly array?: boolean;
  /** NULL is allowed and arrives as undefined. */
  readonly opt?: boolean;
  /** Table of names that strace prints the value with (uapi). */
  readonly names?: string;
}

type Made<K extends Kind, M> = { readonly name: string; readonly kind: K } & Readonly<M>;
function arg<K extends Kind>(kind: K): (name: string) => Made<K, object>;
function arg<K extends Kind, const M extends Partial<Arg>>(kind: K, more: M): (name: string) => Made<K, M>;
function arg(kind: Kind, more: Partial<Arg> = {}) {
  return (name: string): Arg => ({ name, kind, ...more });
}
const int = arg('int');
const uint = arg('uint');
const i64 = arg('i64');
const fd = arg('fd');
const dirfd = arg('fd', { names: 'AT_FDCWD' });
const mode = arg('mode');
const path = arg('path');
const optPath = arg('path', { opt: true });
const flags = (names: string) => arg('flags', { names });
const bufIn = arg('in', { dir: 'in' });
const bufOut = arg('out', { dir: 'out' });
const iovIn = arg('iovec', { dir: 'in' });
const iovOut = arg('iovec', { dir: 'out' });
const cstrings = arg('cstrings');
const optOut = (struct: StructName) => arg('struct', { struct, dir: 'out', opt: true });
const out = (struct: StructName) => arg('struct', { struct, dir: 'out' });
const into = (struct: StructName) => arg('struct', { struct, dir: 'in' });
const optIn = (struct: StructName) => arg('struct', { struct, dir: 'in', opt: true });
const array = (struct: StructName, dir: 'in' | 'inout') => arg('struct', { struct, dir, array: true });
const optArray = (struct: StructName) => arg('struct', { struct, dir: 'in', opt: true, array: true });
const setIn = arg('sigset', { dir: 'in' });
const setOut = arg('sigset', { dir: 'out' });
const optSet = (dir: 'in' | 'out') => arg('sigset', { dir, opt: true });
const ptr = arg('ptr');
const sig = arg('int', { names: 'SIG' });

/** What a call answers: an i32 (value or negative errno), or an i64 where it is an offset. */
export interface Call {
  /** The import module: `linux`, or `twinbox` for what Linux does not have. */
  readonly module: 'linux' | 'twinbox';
  readonly args: readonly Arg[];
  readonly result: 'i32' | 'i64';
}

const call = <const A extends readonly Arg[]>(...args: A) => ({ module: 'linux', args, result: 'i32' }) as const;
const call64 = <const A extends readonly Arg[]>(...args: A) => ({ module: 'linux', args, result: 'i64' }) as const;
const own = <const A extends readonly Arg[]>(...args: A) => ({ module: 'twinbox', args, result: 'i32' }) as const;

export const calls = {
  // Files and descriptors.
  openat: call(dirfd('dirfd'), path('pathname'), flags('O')('flags'), mode('mode')),
  close: call(fd('fd')),
  close_range: call(uint('first'), uint('last'), flags('CLOSE_RANGE')('flags')),
  read: call(fd('fd'), bufOut('buf')),
  write: call(fd('fd'), bufIn('buf')),
  readv: call(fd('fd'), iovOut('iov')),
  writev: call(fd('fd'), iovIn('iov')),
  pread64: call(fd('fd'), bufOut('buf'), i64('offset')),
  pwrite64: call(fd('fd'), bufIn('buf'), i64('offset')),
  preadv: call(fd('fd'), iovOut('iov'), i64('offset')),
  pwritev: call(fd('fd'), iovIn('iov'), i64('offset')),
  sendfile: call(fd('out_fd'), fd('in_fd'), uint('count')),
  lseek: call64(fd('fd'), i64('offset'), int('whence')),
  fstat: call(fd('fd'), out('stat')('statbuf')),
  newfstatat: call(dirfd('dirfd'), path('pathname'), out('stat')('statbuf'), flags('AT')('flags')),
  statfs: call(path('path'), out('statfs')('buf')),
  fstatfs: call(fd('fd'), out('statfs')('buf')),
  getdents64: call(fd('fd'), bufOut('dirp')),
  mkdirat: call(dirfd('dirfd'), path('pathname'), mode('mode')),
  mknodat: call(dirfd('dirfd'), path('pathname'), mode('mode'), uint('dev')),
  unlinkat: call(dirfd('dirfd'), path('pathname'), flags('AT')('flags')),
  renameat2: call(dirfd('olddirfd'), path('oldpath'), dirfd('newdirfd'), path('newpath'), flags('RENAME')('flags')),
  linkat: call(dirfd('olddirfd'), path('oldpath'), dirfd('newdirfd'), path('newpath'), flags('AT')('flags')),
  symlinkat: call(path('target'), dirfd('newdirfd'), path('linkpath')),
  readlinkat: call(dirfd('dirfd'), path('pathname'), bufOut('buf')),
  faccessat2: call(dirfd('dirfd'), path('pathname'), int('mode'), flags('AT')('flags')),
  fchmod: call(fd('fd'), mode('mode')),
  fchmodat2: call(dirfd('dirfd'), path('pathname'), mode('mode'), flags('AT')('flags')),
  fchown: call(fd('fd'), int('owner'), int('group')),
  fchownat: call(dirfd('dirfd'), path('pathname'), int('owner'), int('group'), flags('AT')('flags')),
  utimensat: call(dirfd('dirfd'), optPath('pathname'), optArray('timespec')('times'), flags('AT')('flags')),
  truncate: call(path('path'), i64('length')),
  ftruncate: call(fd('fd'), i64('length')),
  fallocate: call(fd('fd'), int('mode'), i64('offset'), i64('len')),
  fsync: call(fd('fd')),
  fdatasync: call(fd('fd')),
  sync: call(),
  flock: call(fd('fd'), int('operation')),
  fcntl: call(fd('fd'), int('cmd'), ptr('arg')),
  ioctl: call(fd('fd'), uint('request'), ptr('argp')),
  dup: call(fd('oldfd')),
  dup2: call(fd('oldfd'), fd('newfd')),
  dup3: call(fd('oldfd'), fd('newfd'), flags('O')('flags')),
  socket: call(int('domain'), int('type'), int('protocol')),
  pipe2: call(out('int2')('pipefd'), flags('O')('flags')),
  ppoll: call(array('pollfd', 'inout')('fds'), optIn('timespec')('tmo'), optSet('in')('sigmask')),
  chdir: call(path('path')),
  fchdir: call(fd('fd')),
  chroot: call(path('path')),
  getcwd: call(bufOut('buf')),
  umask: call(mode('mask')),

  // Mounts and namespaces.
  mount: call(optPath('source'), path('target'), optPath('filesystemtype'), flags('MS')('mountflags'), optPath('data')),
  umount2: call(path('target'), flags('MNT')('flags')),
  fsopen: call(path('fsname'), flags('FSOPEN')('flags')),
  fsconfig: call(fd('fd'), uint('cmd'), optPath('key'), optPath('value'), int('aux')),
  fsmount: call(fd('fs_fd'), flags('FSMOUNT')('flags'), flags('MOUNT_ATTR')('attr_flags')),
  open_tree: call(dirfd('dirfd'), path('filename'), flags('OPEN_TREE')('flags')),
  move_mount: call(dirfd('from_dirfd'), path('from_pathname'), dirfd('to_dirfd'), path('to_pathname'),
    flags('MOVE_MOUNT')('flags')),
  pivot_root: call(path('new_root'), path('put_old')),
  unshare: call(flags('CLONE')('flags')),
  setns: call(fd('fd'), flags('CLONE')('nstype')),
  sethostname: call(bufIn('name')),
  setdomainname: call(bufIn('name')),
  uname: call(out('utsname')('buf')),

  // Processes.
  clone: call(arg('fn')('fn'), uint('stack'), flags('CLONE')('flags'), uint('arg')),
  execve: call(path('pathname'), cstrings('argv'), cstrings('envp')),
  execveat: call(dirfd('dirfd'), path('pathname'), cstrings('argv'), cstrings('envp'), flags('AT')('flags')),
  exit_group: call(int('status')),
  wait4: call(int('pid'), optOut('int')('wstatus'), flags('W')('options'), optOut('rusage')('rusage')),
  waitid: call(int('idtype'), int('id'), optOut('siginfo')('infop'), flags('W')('options'), optOut('rusage')('rusage')),
  getpid: call(),
  getppid: call(),
  gettid: call(),
  getpgid: call(int('pid')),
  setpgid: call(int('pid'), int('pgid')),
  getsid: call(int('pid')),
  setsid: call(),
  prctl: call(int('option'), ptr('arg2'), uint('arg3'), uint('arg4'), uint('arg5')),
  getpriority: call(int('which'), int('who')),
  setpriority: call(int('which'), int('who'), int('prio')),
  sched_yield: call(),
  sched_getaffinity: call(int('pid'), bufOut('mask')),
  getrusage: call(int('who'), out('rusage')('usage')),
  times: call64(optOut('tms')('buf')),
  prlimit64: call(int('pid'), int('resource'), optIn('rlimit64')('new_limit'), optOut('rlimit64')('old_limit')),
  sysinfo: call(out('sysinfo')('info')),
  pidfd_open: call(int('pid'), flags('O')('flags')),
  pidfd_send_signal: call(fd('pidfd'), sig('sig'), optIn('siginfo')('info'), uint('flags')),

  // Signals and timers.
  kill: call(int('pid'), sig('sig')),
  tgkill: call(int('tgid'), int('tid'), sig('sig')),
  rt_sigaction: call(sig('signum'), optIn('sigaction')('act'), optOut('sigaction')('oldact')),
  rt_sigprocmask: call(int('how'), optSet('in')('set'), optSet('out')('oldset')),
  rt_sigpending: call(setOut('set')),
  rt_sigsuspend: call(setIn('mask')),
  rt_sigtimedwait: call(setIn('set'), optOut('siginfo')('info'), optIn('timespec')('timeout')),
  rt_sigqueueinfo: call(int('tgid'), sig('sig'), into('siginfo')('info')),
  pause: call(),
  alarm: call(uint('seconds')),
  setitimer: call(int('which'), optIn('itimerval')('new_value'), optOut('itimerval')('old_value')),
  getitimer: call(int('which'), out('itimerval')('curr_value')),

  // Credentials.
  getuid: call(),
  geteuid: call(),
  getgid: call(),
  getegid: call(),
  getresuid: call(optOut('int')('ruid'), optOut('int')('euid'), optOut('int')('suid')),
  getresgid: call(optOut('int')('rgid'), optOut('int')('egid'), optOut('int')('sgid')),
  setuid: call(int('uid')),
  setgid: call(int('gid')),
  setreuid: call(int('ruid'), int('euid')),
  setregid: call(int('rgid'), int('egid')),
  setresuid: call(int('ruid'), int('euid'), int('suid')),
  setresgid: call(int('rgid'), int('egid'), int('sgid')),
  getgroups: call(bufOut('list')),
  setgroups: call(bufIn('list')),
  capget: call(into('cap_user_header')('hdrp'), out('cap_user_data')('datap')),
  capset: call(into('cap_user_header')('hdrp'), into('cap_user_data')('datap')),

  // Time and randomness.
  clock_gettime: call(int('clockid'), out('timespec')('tp')),
  clock_settime: call(int('clockid'), into('timespec')('tp')),
  clock_getres: call(int('clockid'), optOut('timespec')('res')),
  nanosleep: call(into('timespec')('req'), optOut('timespec')('rem')),
  clock_nanosleep: call(int('clockid'), int('flags'), into('timespec')('req'), optOut('timespec')('rem')),
  getrandom: call(bufOut('buf'), uint('flags')),

  // twinbox's own. spawn is posix_spawn(3) done by the kernel: it answers a pid, or the errno of the failing action and
  // its index in `failed` (the number of actions for the exec itself). args and environ answer the bytes needed and
  // copy NUL-terminated strings if the buffer holds them all.
  spawn: own(path('path'), cstrings('argv'), cstrings('envp'), array('spawn_action', 'in')('actions'),
    optIn('spawn_attr')('attr'), optOut('int')('failed')),
  args: own(bufOut('argv')),
  environ: own(bufOut('envp')),
} as const satisfies Record<string, Call>;

export type CallName = keyof typeof calls;

/** What a row's function receives for an argument. Paths are byte strings: one char code 0-255 per byte. */
type Plain<A extends Arg> = A['kind'] extends 'path' ? Opt<A, string>
  : A['kind'] extends 'cstrings' ? readonly string[]
    : A['kind'] extends 'in' | 'out' | 'inout' | 'iovec' | 'struct' | 'sigset' ? Opt<A, Buf>
      : A['kind'] extends 'ptr' ? Ptr : number;
type Opt<A extends Arg, T> = A extends { readonly opt: true } ? T | undefined : T;

/** The function of a row: it is a try, may be run again after a block, and answers a value, a Block, or throws. */
export type Fn<N extends CallName> = (
  task: Task, ...args: PlainArgs<(typeof calls)[N]['args']>
) => number | Block;
type PlainArgs<A extends readonly Arg[]> = { -readonly [I in keyof A]: Plain<A[I]> };
