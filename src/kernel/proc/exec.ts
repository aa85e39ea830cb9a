// execve(2): find the program, wait for the loader while nothing has changed yet, then, past the point of no return,
// give the task its new image and take away what exec takes (fs/exec.c).

import { fromBytes } from '../bytes.ts';
import { charge, uncharge } from '../cgroup/cgroup.ts';
import { commitCred } from '../cred/cred.ts';
import { execCred } from '../cred/exec.ts';
import { type Path, walkAt } from '../fs/path.ts';
import { MAY_EXEC, permitted } from '../fs/permission.ts';
import type { Program } from '../hardware.ts';
import { COMM_LEN } from '../limits.ts';
import { enterTimeForChildren } from '../ns/kind.ts';
import { type Block, block } from '../sched/block.ts';
import { defaultAction } from '../signal/signal.ts';
import type { Buf } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { AT } from '../uapi/fcntl.ts';
import { MS } from '../uapi/mount.ts';
import { emptySet, SIG, SIG_DFL, SIG_IGN } from '../uapi/signal.ts';
import { holdProgram, releaseMm } from './exit.ts';
import { ATTENTION, type Task } from './task.ts';

/** What execve asks for. */
export interface ExecArgs {
  readonly dirfd: number;
  readonly path: string;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW. */
  readonly flags: number;
}

/** A program that is ready to run. */
export interface Image {
  readonly program: Program;
  readonly exe: Path;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** Base name of the file that was asked for: a script's own, not its interpreter's. */
  readonly comm: string;
}

const ARG_STRLEN_MAX = 131072;
const ARG_TOTAL_MAX = 2097152;
/** BINPRM_BUF_SIZE: how much of a file is looked at for its format. */
const HEAD = 256;
/** How often a script's interpreter may be a script. */
const SCRIPTS_MAX = 5;

/** Find and load the program; changes nothing. A Block while the loader is at work. */
export function findImage(task: Task, args: ExecArgs): Image | Block {
  checkSize(args);
  let file = openProgram(task, args.dirfd, args.path, args.flags);
  let argv: readonly string[] = args.argv.length === 0 ? [''] : args.argv;
  const name = args.path === '' ? file.dentry.name : args.path;
  for (let depth = 0; ; depth++) {
    const head = readHead(task, file);
    const script = parseScript(head);
    if (script === undefined) {
      if (head.startsWith('\x7fELF')) {
        throw new SysError('ENOEXEC', 'execve', `${name}: an ELF program needs --mode native`);
      }
      break;
    }
    if (depth >= SCRIPTS_MAX) throw new SysError('ELOOP', 'execve', name);
    const first = depth === 0 ? args.path : argv[0]!;
    argv = [script.interpreter, ...(script.argument === undefined ? [] : [script.argument]), first, ...argv.slice(1)];
    file = openProgram(task, AT.FDCWD, script.interpreter, 0);
  }
  const { inode } = file;
  const program = task.kernel.hardware.load({
    key: inode.contentKey(), name, size: inode.size, read: () => readAll(task, file),
  });
  if (program.state === 'loading') return block(program.queue);
  if (program.state === 'failed') throw program.error ?? new SysError('ENOEXEC', 'execve', name);
  return { program, exe: file, argv, envp: args.envp, comm: name.slice(name.lastIndexOf('/') + 1).slice(0, COMM_LEN - 1) };
}

/** The point of no return: the task becomes `image`. A task that had no CPU gets its first. */
export function becomeImage(task: Task, image: Image): void {
  const { program, exe } = image;
  const first = task.mm === undefined;
  const held = task.mm?.chargedBytes ?? 0;
  // The old memory goes before the new one comes.
  uncharge(task.cgroup, held);
  try {
    charge(task.cgroup, program.memoryBytes);
  } catch (error) {
    charge(task.cgroup, held);
    throw error;
  }
  if (task.mm !== undefined) task.mm.chargedBytes = 0;
  const { inode, mount } = exe;
  const user = task.nsproxy.user;
  const nosuid = (mount.flags & MS.NOSUID) !== 0 || user.uidIn(inode.uid) === -1 || user.gidIn(inode.gid) === -1;
  const { cred, secure } = execCred(task, { mode: inode.mode, uid: inode.uid, gid: inode.gid, nosuid });
  holdProgram(exe);
  if (task.mm !== undefined) releaseMm(task);
  task.mm = { memory: undefined, program, argv: image.argv, envp: image.envp, exe, chargedBytes: program.memoryBytes };
  if (task.files.users > 1) {
    const copy = task.files.copy();
    task.files.put(task);
    task.files = copy;
  }
  task.files.closeOnExec(task);
  if (program.preopens) task.files.reserve(2);
  resetSignals(task);
  commitCred(task, cred);
  task.dumpable = secure || cred.uid !== cred.euid || cred.gid !== cred.egid ? 0 : 1;
  if (secure) task.pdeathsig = 0;
  task.comm = image.comm;
  task.didExec = true;
  task.exitSignal = SIG.CHLD;
  enterTimeForChildren(task);
  if (first) task.kernel.hardware.start(task, program);
  else task.attention |= ATTENTION.EXEC;
}

/** Handlers are functions of the old image; ignored signals stay ignored, the mask and pending signals stay. */
function resetSignals(task: Task): void {
  const { actions } = task.sighand;
  for (let signo = 1; signo < actions.length; signo++) {
    const { handler } = actions[signo]!;
    actions[signo] = handler === SIG_IGN ? { handler: SIG_IGN, flags: 0, mask: emptySet } : defaultAction;
    if (handler !== SIG_IGN && handler !== SIG_DFL) task.delivering = undefined;
  }
  task.sigframes.length = 0;
  task.interrupted.length = 0;
  task.handling = undefined;
  task.savedMask = undefined;
}

function openProgram(task: Task, dirfd: number, path: string, flags: number): Path {
  const file = walkAt(task, dirfd, path, flags);
  const { inode, mount } = file;
  if (inode.isSymlink) throw new SysError('ELOOP', 'execve', path);
  if (!inode.isRegular || (mount.flags & MS.NOEXEC) !== 0 || !permitted(task, inode, MAY_EXEC)) {
    throw new SysError('EACCES', 'execve', path);
  }
  if (inode.writers > 0) throw new SysError('ETXTBSY', 'execve', path);
  inode.getattr(task);
  return file;
}

function checkSize(args: ExecArgs): void {
  let total = 0;
  for (const list of [args.argv, args.envp]) {
    for (const s of list) {
      if (s.length >= ARG_STRLEN_MAX) throw new SysError('E2BIG', 'execve');
      total += s.length + 9;
    }
  }
  if (total > ARG_TOTAL_MAX) throw new SysError('E2BIG', 'execve');
}

function readHead(task: Task, file: Path): string {
  const bytes = new Uint8Array(Math.min(HEAD, file.inode.size));
  return fromBytes(bytes.subarray(0, readInto(task, file, bytes)));
}

function readAll(task: Task, file: Path): Uint8Array {
  const bytes = new Uint8Array(file.inode.size);
  return bytes.subarray(0, readInto(task, file, bytes));
}

function readInto(task: Task, file: Path, bytes: Uint8Array): number {
  const buf: Buf = {
    length: bytes.length,
    read: (at, n) => bytes.subarray(at, at + n),
    write: (at, part) => bytes.set(part, at),
  };
  let done = 0;
  while (done < bytes.length) {
    const n = file.inode.readAt(task, buf, done, bytes.length - done, done);
    if (n === 0) break;
    done += n;
  }
  return done;
}

/** `#!interpreter [argument]`: all after the first blanks is one argument (execve(2), "Interpreter scripts"). */
function parseScript(head: string): { interpreter: string; argument: string | undefined } | undefined {
  if (!head.startsWith('#!')) return undefined;
  const end = head.indexOf('\n');
  const line = end < 0 ? head.slice(2) : head.slice(2, end);
  const match = /^[ \t]*([^ \t\0]+)(?:[ \t]+([^\0]*?))?[ \t]*(?:\0.*)?$/s.exec(line);
  // Without an end of line in what was read, the interpreter's name may have been cut off.
  if (match === null || (end < 0 && head.length === HEAD && match[2] === undefined)) {
    throw new SysError('ENOEXEC', 'execve');
  }
  return { interpreter: match[1]!, argument: match[2] === '' ? undefined : match[2] };
}
