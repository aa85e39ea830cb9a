// Who a process becomes and what it may do: capabilities, ids by number or by name, the program.

import { fromBytes, utf8 } from '../bytes.ts';
import type { Task } from '../proc/task.ts';
import { ByteBuf, type Ptr, scratch } from '../syscall/buf.ts';
import type { Tracer } from '../syscall/trace.ts';
import { CAP, CAP_LAST_CAP, type CapName, type CapSet, capsOf } from '../uapi/capability.ts';
import { type ErrnoName, SysError } from '../uapi/errno.ts';
import { AT, O } from '../uapi/fcntl.ts';
import { PR, PR_CAP_AMBIENT } from '../uapi/sched.ts';
import type { Ops, User } from '../uapi/step.ts';
import { encode } from '../uapi/struct.ts';
import { type Calls, sys, type Wanted } from './step.ts';

const word = (value: number): Ptr => ({ value, buf: () => new ByteBuf(new Uint8Array(0)) });
const set = (names: readonly string[]): CapSet => capsOf(...(names as readonly CapName[]));

export function* dropBounding(task: Task, keep: readonly string[]): Calls {
  const kept = new Set(keep.map((name) => CAP[name as CapName]));
  for (let cap = 0; cap <= CAP_LAST_CAP; cap++) {
    if (!kept.has(cap as never)) yield* sys(task, 'prctl', PR.CAPBSET_DROP, word(cap), 0, 0, 0);
  }
}

export function* keepCaps(task: Task, on: boolean): Calls {
  yield* sys(task, 'prctl', PR.SET_KEEPCAPS, word(on ? 1 : 0), 0, 0, 0);
}

export function* noNewPrivs(task: Task): Calls {
  yield* sys(task, 'prctl', PR.SET_NO_NEW_PRIVS, word(1), 0, 0, 0);
}

const CAP_VERSION_3 = 0x20080522;

export function* setCaps(task: Task, sets: Ops['capset']): Calls {
  const [effective, permitted, inheritable] = [set(sets.effective), set(sets.permitted), set(sets.inheritable)];
  yield* sys(
    task,
    'capset',
    new ByteBuf(encode('cap_user_header', { version: CAP_VERSION_3, pid: 0 })),
    new ByteBuf(
      encode('cap_user_data', {
        effective_lo: effective.lo,
        permitted_lo: permitted.lo,
        inheritable_lo: inheritable.lo,
        effective_hi: effective.hi,
        permitted_hi: permitted.hi,
        inheritable_hi: inheritable.hi,
      }),
    ),
  );
}

export function* raiseAmbient(task: Task, raise: readonly string[]): Calls {
  yield* sys(task, 'prctl', PR.CAP_AMBIENT, word(PR_CAP_AMBIENT.CLEAR_ALL), 0, 0, 0);
  for (const name of raise) {
    yield* sys(task, 'prctl', PR.CAP_AMBIENT, word(PR_CAP_AMBIENT.RAISE), CAP[name as CapName], 0, 0);
  }
}

export function* enterUser(task: Task, user: User): Calls {
  const { uid, gid, groups } = yield* lookUp(task, user);
  const list = new Uint8Array(Uint32Array.from(groups).buffer);
  yield* sys(task, 'setgroups', new ByteBuf(list));
  yield* sys(task, 'setresgid', gid, gid, gid);
  yield* sys(task, 'setresuid', uid, uid, uid);
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/**
 * `name`, `uid`, either with `:group`, looked up in the container's files as docker does; on further lines more groups.
 */
function* lookUp(task: Task, user: User): Generator<Wanted, Ids, number> {
  const more = user.additionalGids ?? [];
  if (user.username === undefined) return { uid: user.uid ?? 0, gid: user.gid ?? 0, groups: more };
  const [who = '', group, ...wrong] = user.username.split('\n', 1)[0]!.split(':');
  if (wrong.length > 0) throw new SysError('EINVAL', 'setuid', `not a user: ${user.username}`);
  const passwd = yield* table(task, '/etc/passwd');
  const entry = passwd.find((fields) => fields[0] === utf8(who) || fields[2] === who);
  const uid = number(entry?.[2] ?? who);
  if (uid === undefined)
    throw new SysError('EINVAL', 'setuid', `unable to find user ${who}: no matching entries in passwd file`);
  const groups = yield* table(task, '/etc/group');
  const find = (name: string): number => {
    const found = number(groups.find((fields) => fields[0] === utf8(name) || fields[2] === name)?.[2] ?? name);
    if (found === undefined)
      throw new SysError('EINVAL', 'setgid', `unable to find group ${name}: no matching entries in group file`);
    return found;
  };
  const added = [...more, ...user.username.split('\n').slice(1).map(find)];
  if (group !== undefined) return { uid, gid: find(group), groups: added };
  const own = groups
    .filter((fields) => fields[3]?.split(',').includes(entry?.[0] ?? '\0'))
    .map((fields) => Number(fields[2]));
  return { uid, gid: Number(entry?.[3] ?? 0), groups: [...own, ...added] };
}

/** An id, exactly: what would come out as another is none. */
function number(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) < 2 ** 32 - 1 ? Number(text) : undefined;
}

/** Lines of colon-separated fields; a file that is not there has none. */
function* table(task: Task, path: string): Generator<Wanted, readonly string[][], number> {
  const text = yield* readFile(task, path);
  return text.split('\n').filter((line) => line !== '').map((line) => line.split(':'));
}

function* readFile(task: Task, path: string): Generator<Wanted, string, number> {
  let fd: number;
  try {
    fd = yield* sys(task, 'openat', AT.FDCWD, path, O.RDONLY | O.CLOEXEC, 0);
  } catch (error) {
    if (error instanceof SysError) return '';
    throw error;
  }
  let text = '';
  const page = scratch(4096);
  for (;;) {
    const n = yield* sys(task, 'read', fd, page);
    if (n === 0) break;
    text += fromBytes(page.bytes.subarray(0, n));
  }
  yield* sys(task, 'close', fd);
  return text;
}

/**
 * execvp(3): along PATH; of the errors on the way EACCES is worth more than ENOENT. What is looked up before is the
 * runtime's own doing: a trace begins with the execve of a file that is there.
 */
export function* execProgram(
  task: Task,
  args: readonly string[],
  env: readonly string[],
  tracer: Tracer | undefined,
): Calls {
  const argv = args.map(utf8);
  const name = argv[0]!;
  const envp = env.map(utf8);
  if (!envp.some((entry) => entry.startsWith('HOME='))) envp.push(`HOME=${yield* home(task)}`);
  const path = envp.find((entry) => entry.startsWith('PATH='))?.slice(5) ?? '/bin:/usr/bin';
  const places =
    name.includes('/') || name === '' ? [name] : path.split(':').map((dir) => (dir === '' ? name : `${dir}/${name}`));
  let worst: ErrnoName = 'ENOENT';
  for (const place of places) {
    if (places.length > 1 && !(yield* exists(task, place))) continue;
    task.tracer = tracer;
    try {
      yield* sys(task, 'execve', place, argv, envp);
      return;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      if (error.code === 'EACCES' && !name.includes('/')) worst = 'EACCES';
      else if ((error.code !== 'ENOENT' && error.code !== 'ENOTDIR') || name.includes('/'))
        throw failed(error.code, args[0]!, error);
    }
    task.tracer = undefined;
  }
  throw failed(worst, args[0]!);
}

function* exists(task: Task, path: string): Generator<Wanted, boolean, number> {
  return (yield { task, name: 'faccessat2', args: [AT.FDCWD, path, 0, 0] }) === 0;
}

/** docker's words for why a program does not run. */
function failed(code: ErrnoName, name: string, cause?: SysError): SysError {
  const said = cause?.message.slice(code.length + 2);
  const why: Partial<Record<ErrnoName, string>> = {
    ENOENT: name.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH',
    EACCES: 'permission denied', ENOEXEC: 'exec format error', ENOTDIR: 'not a directory', EISDIR: 'is a directory',
    E2BIG: 'argument list too long', ENAMETOOLONG: 'file name too long', ELOOP: 'too many levels of symbolic links',
    ENOMEM: 'cannot allocate memory', ETXTBSY: 'text file busy', ESRCH: 'killed before it ran',
  };
  const words = why[code] ?? code;
  return new SysError(
    code,
    'execve',
    `exec: "${name}": ${words}${said && code === 'ENOEXEC' && said !== name ? ` (${said})` : ''}`,
  );
}

function* home(task: Task): Generator<Wanted, string, number> {
  const uid = String(task.cred.uid);
  const entry = (yield* table(task, '/etc/passwd')).find((fields) => fields[2] === uid);
  return entry?.[5] || '/';
}
