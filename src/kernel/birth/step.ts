// What each step of a plan is in system calls. A step is a generator of calls: it is driven by birth.ts, gets the
// result of each, and may be parked in any of them.

import type { Birth } from '../birth.ts';
import { utf8 } from '../bytes.ts';
import { makeCgroup } from '../cgroup/cgroup.ts';
import { cloneTask } from '../proc/clone.ts';
import type { Task } from '../proc/task.ts';
import { ByteBuf, scratch } from '../syscall/buf.ts';
import type { CallName, Fn } from '../syscall/abi.ts';
import { errnoName, SysError } from '../uapi/errno.ts';
import { AT, O, S } from '../uapi/fcntl.ts';
import { MNT, MOUNT_ATTR, MOVE_MOUNT, MS, OPEN_TREE } from '../uapi/mount.ts';
import { CLONE, RLIMIT } from '../uapi/sched.ts';
import { decode, encode, structs } from '../uapi/struct.ts';
import { SIG } from '../uapi/signal.ts';
import type { OpName, Ops, Slot } from '../uapi/step.ts';
import { openConsole } from './console.ts';
import { cloneInside } from './join.ts';
import { asFile, detachedMount } from './source.ts';
import { dropBounding, enterUser, execProgram, keepCaps, noNewPrivs, raiseAmbient, setCaps } from './identity.ts';

/** A call that a step wants made, by whom. */
export interface Wanted {
  readonly task: Task;
  readonly name: CallName;
  readonly args: readonly unknown[];
}
export type Calls = Generator<Wanted, void, number>;
export type Args<N extends CallName> = Parameters<Fn<N>> extends [Task, ...infer A] ? A : never;

/** One call; its failure is thrown. */
export function* sys<N extends CallName>(task: Task, name: N, ...args: Args<N>): Generator<Wanted, number, number> {
  const result = yield { task, name, args };
  if (result >= 0) return result;
  const { error } = task.call;
  const code = errnoName(-result) ?? 'EIO';
  throw new SysError(code, name, error?.code === code ? detail(error, args) : undefined);
}

/** What the kernel said of it, or else the paths it was about. */
function detail(error: SysError, args: readonly unknown[]): string | undefined {
  const said = error.message.slice(error.code.length + 2);
  if (said !== '') return said;
  return args.filter((arg) => typeof arg === 'string' && arg !== '').join(' -> ') || undefined;
}

type Steps = { readonly [K in OpName]: (birth: Birth, args: Ops[K]) => Calls };

const init = (birth: Birth): Task => birth.kernel.init;
export function child(birth: Birth): Task {
  if (birth.child === undefined) throw new SysError('ESRCH');
  return birth.child;
}

/** Names of flags to their bits. */
function bits(table: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum | (table[name] ?? 0), 0);
}

export const births: Steps = {
  *cgroup(birth, { path }) {
    birth.cgroup = makeCgroup(birth.kernel.rootCgroup, utf8(path));
  },

  *rmdir(birth) {
    birth.cgroup?.remove();
  },

  *fsmount(birth, { type, source, flags, template }) {
    const what = { type, source, attributes: bits(MOUNT_ATTR, flags), template };
    keep(birth, slotOf(birth), yield* detachedMount(init(birth), what));
  },

  *open_tree(birth, { path, flags }) {
    const fd = yield* sys(
      init(birth),
      'open_tree',
      AT.FDCWD,
      utf8(path),
      bits({ ...OPEN_TREE, REC: AT.RECURSIVE }, flags) | OPEN_TREE.CLOEXEC,
    );
    keep(birth, slotOf(birth), fd);
  },

  *stdio(birth, { fds }) {
    const task = init(birth);
    const inside: number[] = [];
    const outside: (number | undefined)[] = [];
    for (const [i, kind] of fds.entries()) {
      if (kind === 'null') {
        inside.push(yield* sys(task, 'openat', AT.FDCWD, '/dev/null', O.RDWR | O.CLOEXEC, 0));
        outside.push(undefined);
        continue;
      }
      const ends = scratch(8);
      yield* sys(task, 'pipe2', ends, O.CLOEXEC);
      const [read, write] = new Int32Array(ends.bytes.buffer) as unknown as [number, number];
      inside.push(i === 0 ? read : write);
      outside.push(i === 0 ? write : read);
    }
    birth.stdio = inside.map((fd) => take(task, fd));
    birth.host.stdio(outside.map((fd) => (fd === undefined ? undefined : take(task, fd))));
  },

  *clone(birth, { flags, join }) {
    const bitsOf = bits(CLONE, flags) | (flags.includes('SIGCHLD') ? SIG.CHLD : 0);
    birth.child = join === undefined
      ? cloneTask(init(birth), bitsOf, birth.cgroup)
      : cloneInside(birth, bitsOf, join);
    const { files } = birth.child;
    birth.stdio.forEach((file, fd) => files.replace(child(birth), fd, file, false));
    closeStdio(birth);
  },

  *maps(birth, { pid: _pid, uid, gid, setgroups }) {
    const pid = child(birth).pid.in(init(birth).pid.ns);
    yield* writeFile(init(birth), `/proc/${pid}/uid_map`, uid.join('\n'));
    if (setgroups !== '') yield* writeFile(init(birth), `/proc/${pid}/setgroups`, setgroups);
    yield* writeFile(init(birth), `/proc/${pid}/gid_map`, gid.join('\n'));
  },

  *kill(birth) {
    birth.kill();
  },

  *reap(birth) {
    birth.discard();
  },

  *close(birth, { fd }) {
    if (fd === '$stdio') return closeStdio(birth);
    birth.files.get(fd)?.put();
    birth.files.delete(fd);
  },

  *program(birth, { source, target }) {
    const bytes = birth.host.program(source);
    const task = child(birth);
    const fd = yield* sys(task, 'openat', AT.FDCWD, utf8(target), O.WRONLY | O.CREAT | O.TRUNC | O.CLOEXEC, 0o755);
    for (let at = 0; at < bytes.length; )
      at += yield* sys(task, 'write', fd, new ByteBuf(bytes.subarray(at, at + 2 ** 20)));
    yield* sys(task, 'fchmod', fd, 0o755);
    yield* sys(task, 'close', fd);
  },

  *open(birth, { path }) {
    keep(birth, slotOf(birth), yield* sys(init(birth), 'openat', AT.FDCWD, utf8(path), O.RDONLY | O.CLOEXEC, 0));
  },

  delegate: notHere, limit: notHere, device_program: notHere, seccomp: notHere, keyring: notHere, loopback: notHere,
  close_fds: notHere, dumpable: notHere, pdeathsig: notHere, enter_root: notHere, init: notHere,

  // One after the other is what a single list of steps already is.
  *sync() {},
  *park() {},

  *mount(birth, { source, target, type, flags, data }) {
    yield* sys(child(birth), 'mount', utf8(source), utf8(target), type, bits(MS, flags), data);
  },

  *move_mount(birth, { from, target }) {
    const task = child(birth);
    const file = birth.files.get(from);
    if (file === undefined) throw new SysError('EBADF', 'move_mount', from);
    const fd = task.files.install(task, file, true);
    const to = utf8(target);
    try {
      const failed = yield* trying(task, 'move_mount', fd, '', AT.FDCWD, to, MOVE_MOUNT.F_EMPTY_PATH);
      if (failed === 'ENOTDIR' && !file.inode.isDir) yield* asFile(task, to);
      if (failed !== undefined) yield* sys(task, 'move_mount', fd, '', AT.FDCWD, to, MOVE_MOUNT.F_EMPTY_PATH);
    } finally {
      task.files.close(task, fd);
    }
    // It hangs in the child's tree now. For a directory the place of the container keeps it, not the runtime.
    file.put();
    birth.files.delete(from);
  },

  *mask(birth, { path }) {
    const task = child(birth);
    const to = utf8(path);
    const failed = yield* trying(task, 'mount', '/dev/null', to, '', MS.BIND, undefined);
    if (failed === 'ENOTDIR') yield* sys(task, 'mount', 'tmpfs', to, 'tmpfs', MS.RDONLY, 'size=0k');
    else if (failed !== undefined && failed !== 'ENOENT') throw new SysError(failed, 'mount', path);
  },

  *readonly(birth, { path }) {
    const task = child(birth);
    const to = utf8(path);
    const failed = yield* trying(task, 'mount', to, to, '', MS.BIND | MS.REC, undefined);
    if (failed === 'ENOENT') return;
    if (failed !== undefined) throw new SysError(failed, 'mount', path);
    // A remount sets all flags: those that the bind has from the mount below it are said again.
    const buf = scratch(structs.statfs.size);
    yield* sys(task, 'statfs', to, buf);
    const kept = decode('statfs', buf.bytes).f_flags! & (MS.NOSUID | MS.NODEV | MS.NOEXEC);
    yield* sys(task, 'mount', '', to, '', MS.BIND | MS.REMOUNT | MS.RDONLY | kept, undefined);
  },

  *mkdirs(birth, { path, mode, file }) {
    const task = child(birth);
    const names = utf8(path).split('/').filter((name) => name !== '');
    const last = file ? names.pop() : undefined;
    const whole = `/${names.join('/')}`;
    // Mostly it is there, or its parent is.
    const failed = names.length === 0 ? undefined : yield* trying(task, 'mkdirat', AT.FDCWD, whole, mode);
    if (failed === 'ENOENT') {
      for (let n = 1; n <= names.length; n++) {
        const error = yield* trying(task, 'mkdirat', AT.FDCWD, `/${names.slice(0, n).join('/')}`, mode);
        if (error !== undefined && error !== 'EEXIST') throw new SysError(error, 'mkdir', path);
      }
    } else if (failed !== undefined && failed !== 'EEXIST') {
      throw new SysError(failed, 'mkdir', path);
    }
    if (last === undefined) return;
    const fd = yield* sys(
      task,
      'openat',
      AT.FDCWD,
      `${whole === '/' ? '' : whole}/${last}`,
      O.WRONLY | O.CREAT | O.CLOEXEC,
      mode,
    );
    yield* sys(task, 'close', fd);
  },

  *mknod(birth, { path, type, major, minor, mode, uid, gid }) {
    const task = child(birth);
    const kind = { c: S.IFCHR, b: S.IFBLK, p: S.IFIFO }[type];
    const to = utf8(path);
    const umask = task.fs.umask;
    task.fs.umask = 0;
    try {
      yield* sys(task, 'mknodat', AT.FDCWD, to, kind | mode, (major << 8) | minor);
    } finally {
      task.fs.umask = umask;
    }
    if (uid !== 0 || gid !== 0) yield* sys(task, 'fchownat', AT.FDCWD, to, uid, gid, AT.SYMLINK_NOFOLLOW);
  },

  *symlink(birth, { target, path }) {
    yield* sys(child(birth), 'symlinkat', utf8(target), AT.FDCWD, utf8(path));
  },

  *chdir(birth, { path }) {
    yield* sys(child(birth), 'chdir', utf8(path));
  },

  *pivot_root(birth) {
    yield* sys(child(birth), 'pivot_root', '.', '.');
  },

  *umount(birth, { path, flags }) {
    yield* sys(child(birth), 'umount2', utf8(path), bits(MNT, flags));
  },

  *unshare(birth, { flags }) {
    yield* sys(child(birth), 'unshare', bits(CLONE, flags));
  },

  *setns(birth, { path, flags }) {
    const task = child(birth);
    const fd = yield* sys(task, 'openat', AT.FDCWD, utf8(path), O.RDONLY | O.CLOEXEC, 0);
    yield* sys(task, 'setns', fd, bits(CLONE, flags));
    yield* sys(task, 'close', fd);
  },

  *sethostname(birth, { name }) {
    yield* sys(child(birth), 'sethostname', textBuf(name));
  },

  *setdomainname(birth, { name }) {
    yield* sys(child(birth), 'setdomainname', textBuf(name));
  },

  *write(birth, { path, text }) {
    yield* writeFile(child(birth), utf8(path), text);
  },

  *setsid(birth) {
    yield* sys(child(birth), 'setsid');
  },

  *console(birth, args) {
    const master = yield* openConsole(child(birth), args);
    birth.host.console(master);
  },

  *prlimit(birth, { type, soft, hard }) {
    if (soft === -2 || hard === -2) throw new SysError('ENOSYS', 'prlimit64', 'a limit that stays as it is');
    const limit = (n: number): number => (n === -1 ? Infinity : n);
    const value = new ByteBuf(encode('rlimit64', { rlim_cur: limit(soft), rlim_max: limit(hard) }));
    yield* sys(child(birth), 'prlimit64', 0, RLIMIT[type as keyof typeof RLIMIT], value, undefined);
  },

  *bounding(birth, { keep: names }) {
    yield* dropBounding(child(birth), names);
  },

  *keepcaps(birth, { on }) {
    yield* keepCaps(child(birth), on);
  },

  *credentials(birth, { user }) {
    yield* enterUser(child(birth), user);
  },

  *capset(birth, sets) {
    yield* setCaps(child(birth), sets);
  },

  *ambient(birth, { raise }) {
    yield* raiseAmbient(child(birth), raise);
  },

  *no_new_privs(birth) {
    yield* noNewPrivs(child(birth));
  },

  *umask(birth, { mask }) {
    yield* sys(child(birth), 'umask', mask);
  },

  *exec(birth, { args, env }) {
    yield* execProgram(child(birth), args, env, birth.host.tracer);
  },
};

/** A call whose failure is an answer: its errno's name. */
function* trying<N extends CallName>(
  task: Task,
  name: N,
  ...args: Args<N>
): Generator<Wanted, SysError['code'] | undefined, number> {
  try {
    yield* sys(task, name, ...args);
    return undefined;
  } catch (error) {
    if (error instanceof SysError) return error.code;
    throw error;
  }
}

export const textBuf = (text: string): ByteBuf => new ByteBuf(new TextEncoder().encode(text));

function* writeFile(task: Task, path: string, text: string): Calls {
  const fd = yield* sys(task, 'openat', AT.FDCWD, path, O.WRONLY | O.CREAT | O.TRUNC | O.CLOEXEC, 0o644);
  yield* sys(task, 'write', fd, textBuf(text));
  yield* sys(task, 'close', fd);
}

/** The open file of a descriptor of task 1, out of its table. */
function take(task: Task, fd: number) {
  const file = task.files.raw(fd).get();
  task.files.close(task, fd);
  return file;
}

function keep(birth: Birth, slot: Slot, fd: number): void {
  birth.files.set(slot, take(init(birth), fd));
}

const slotOf = (birth: Birth): Slot => birth.step.slot ?? '$none';

function closeStdio(birth: Birth): void {
  for (const file of birth.stdio) file.put();
  birth.stdio = [];
}

/** What this kernel has no counterpart of; a plan that can do without says `skip`. */
function* notHere(birth: Birth): Calls {
  throw new SysError('ENOSYS', birth.step.op, 'not in portable mode');
}
