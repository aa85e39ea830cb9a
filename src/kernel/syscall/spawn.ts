// spawn: posix_spawn(3) done by the kernel, since two tasks cannot share a memory between vfork and exec. The child is
// made, changed as the attributes and actions say, and given its program, in steps that may wait (a FIFO to open, the
// loader); a step that fails takes the child back.

import { fromBytes } from '../bytes.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import { abandonCall } from '../proc/call.ts';
import { cloneTask } from '../proc/clone.ts';
import { becomeImage, findImage } from '../proc/exec.ts';
import { discardTask } from '../proc/exit.ts';
import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { defaultAction } from '../signal/signal.ts';
import { SysError } from '../uapi/errno.ts';
import { AT } from '../uapi/fcntl.ts';
import { CLONE } from '../uapi/sched.ts';
import { has, NSIG, SIG } from '../uapi/signal.ts';
import { SPAWN, SPAWN_ACTION } from '../uapi/spawn.ts';
import { decode, encode, structs } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { rows as cwd } from './cwd.ts';
import { rows as descriptors } from './fd.ts';
import { guest } from './marshal.ts';
import { rows as open } from './open.ts';
import { rows as process } from './process.ts';
import { readSet, setMask } from './signal.ts';
import { partial, type Rows } from './table.ts';

/** What one spawn keeps between its tries. */
interface Spawning {
  readonly child: Task;
  /** The next action; the number of actions when only the exec is left. */
  next: number;
}

interface Attr {
  readonly flags: number;
  readonly pgid: number;
  readonly clone_flags: number;
  readonly tty_fd: number;
  readonly cgroup_fd: number;
}

const noAttr: Attr = { flags: 0, pgid: 0, clone_flags: 0, tty_fd: -1, cgroup_fd: -1 };

function spawn(
  task: Task, path: string, argv: readonly string[], envp: readonly string[], actions: Buf, attrs: Buf | undefined,
  failed: Buf | undefined,
): number | Block {
  const { size } = structs.spawn_action;
  const count = actions.length / size;
  let state = task.call.state as Spawning | undefined;
  try {
    if (state === undefined) {
      // A program that is not loaded yet is waited for without a child, where its path is the same for both.
      const early = tryImage(task, path, argv, envp);
      if (early !== undefined) return early;
      state = { child: begin(task, attrs), next: 0 };
      task.call.state = state;
    }
    const { child } = state;
    if (!child.alive) return finish(task, child);
    for (; state.next < count; state.next++) {
      const waits = act(task, child, decode('spawn_action', actions.read(state.next * size, size)));
      if (waits !== undefined) return waits;
    }
    const image = findImage(child, { dirfd: AT.FDCWD, path, argv, envp, flags: 0 });
    if ('queues' in image) return image;
    becomeImage(child, image);
    return finish(task, child);
  } catch (error) {
    failed?.write(0, encode('int', { value: state?.next ?? count }));
    abandonCall(task.call);
    throw error;
  }
}

function finish(task: Task, child: Task): number {
  task.call.abandon = undefined;
  return child.pid.in(task.pid.ns);
}

/** A Block if the loader is at work on the program; errors wait until the actions have been made. */
function tryImage(task: Task, path: string, argv: readonly string[], envp: readonly string[]): Block | undefined {
  try {
    const image = findImage(task, { dirfd: AT.FDCWD, path, argv, envp, flags: 0 });
    return 'queues' in image ? image : undefined;
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

/** The child, with its attributes. */
function begin(task: Task, attrs: Buf | undefined): Task {
  const bytes = attrs?.read(0, attrs.length);
  const attr = bytes === undefined ? noAttr : decode('spawn_attr', bytes) as unknown as Attr;
  const on = (flag: number) => (attr.flags & flag) !== 0;
  const cgroup = on(SPAWN.CGROUP) ? cgroupOf(task, attr.cgroup_fd) : task.cgroup;
  const flags = (attr.clone_flags & ~(CLONE.CSIGNAL | CLONE.VM | CLONE.VFORK)) | SIG.CHLD;
  const child = cloneTask(task, flags, cgroup, true);
  task.call.abandon = () => discardTask(child);
  child.comm = task.comm;
  if (on(SPAWN.SETSIGDEF)) {
    const defaults = readSet(field(bytes!, 'sigdefault'));
    for (let signo = 1; signo <= NSIG; signo++) {
      if (has(defaults, signo)) child.sighand.actions[signo] = defaultAction;
    }
  }
  if (on(SPAWN.SETSID)) process.setsid.fn(child);
  if (on(SPAWN.SETPGID)) process.setpgid.fn(child, 0, attr.pgid);
  if (on(SPAWN.SETFG)) {
    const { tty } = child.files.file(attr.tty_fd) as { tty?: { setForeground(session: Task['session'], group: Task['pgrp']): void } };
    if (tty === undefined) throw new SysError('ENOTTY', 'spawn');
    tty.setForeground(child.session, child.pgrp);
  }
  if (on(SPAWN.SETSIGMASK)) setMask(child, readSet(field(bytes!, 'sigmask')));
  return child;
}

function field(attr: Uint8Array, name: string): Buf {
  const { offset } = structs.spawn_attr.fields.find((f) => f.name === name)!;
  return { length: 8, read: (at, n) => attr.subarray(offset + at, offset + at + n), write() {} };
}

function cgroupOf(task: Task, fd: number): Cgroup {
  const { cgroup } = task.files.file(fd) as { cgroup?: Cgroup };
  if (cgroup === undefined) throw new SysError('EBADF', 'spawn');
  return cgroup;
}

/** One file action, as a call of the child. */
function act(task: Task, child: Task, action: Record<string, number>): Block | undefined {
  const path = () => fromBytes(guest(task, action.path!, action.path_len!));
  switch (action.op) {
    case SPAWN_ACTION.OPEN: {
      const fd = open.openat.fn(child, AT.FDCWD, path(), action.flags!, action.mode!);
      if (typeof fd !== 'number') return fd;
      if (fd !== action.fd) {
        descriptors.dup2.fn(child, fd, action.fd!);
        child.files.close(child, fd);
      }
      return undefined;
    }
    case SPAWN_ACTION.DUP2:
      // posix_spawn: a descriptor duplicated onto itself stays open across the exec.
      if (action.fd === action.newfd) child.files.setCloexec(action.fd!, false);
      else descriptors.dup2.fn(child, action.fd!, action.newfd!);
      return undefined;
    case SPAWN_ACTION.CLOSE:
      // As in glibc, closing what is not open is no failure.
      if (child.files.peek(action.fd!) !== undefined) child.files.close(child, action.fd!);
      return undefined;
    case SPAWN_ACTION.CHDIR: cwd.chdir.fn(child, path()); return undefined;
    case SPAWN_ACTION.FCHDIR: cwd.fchdir.fn(child, action.fd!); return undefined;
    default: throw new SysError('EINVAL', 'spawn');
  }
}

export const rows = {
  spawn: partial(spawn, 'twinbox\'s own: posix_spawn(3) as a system call'),
} satisfies Rows;
