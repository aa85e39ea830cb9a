// Birth (clone(2), kernel/fork.c): a new task that shares or copies what its parent has. Memory and CPU are the
// hardware's business and come after; a task without them can still make system calls, as the steps of a plan do.

import { charge, chargeTask, type Cgroup, enterCgroup, uncharge } from '../cgroup/cgroup.ts';
import { capable, rootCred } from '../cred/cred.ts';
import type { FdTable } from '../fs/fdtable.ts';
import type { FsContext } from '../fs/path.ts';
import type { Kernel } from '../kernel.ts';
import { cloneNamespaces, type Made } from '../ns/kind.ts';
import { type NsProxy, putNamespaces } from '../ns/nsproxy.ts';
import type { Pid } from '../ns/pid.ts';
import { unkillable } from '../signal/send.ts';
import { copySigHand, newPending, newSigHand } from '../signal/signal.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { CLONE, RLIMIT } from '../uapi/sched.ts';
import { holdProgram } from './exit.ts';
import { initialLimits } from './rlimit.ts';
import { joinGroup, ProcessGroup, Session } from './session.ts';
import { Task } from './task.ts';

/**
 * A child of `parent` without memory and CPU; `flags` are clone(2)'s with the exit signal in the low byte, `cgroup` is
 * where it is charged (CLONE_INTO_CGROUP). A `bare` child will exec before it runs and needs no copy of the memory.
 * Throws before anything has changed.
 */
export function cloneTask(parent: Task, flags: number, cgroup: Cgroup = parent.cgroup, bare = false): Task {
  checkFlags(parent, flags);
  const { kernel } = parent;
  if (kernel.tasks.size >= kernel.machine.tasksMax) throw new SysError('EAGAIN', 'clone', 'too many tasks');
  checkProcesses(parent);
  chargeTask(cgroup);
  const mm = bare ? undefined : parent.mm;
  const bytes = mm?.memory?.bytes().length ?? 0;
  charge(cgroup, bytes);
  const fs = (flags & CLONE.FS) !== 0 ? parent.fs.get() : parent.fs.copy();
  let made: Made | undefined;
  let pid: Pid;
  try {
    made = cloneNamespaces(parent, flags, fs);
    pid = made.proxy.pid.allocate();
  } catch (error) {
    uncharge(cgroup, bytes);
    fs.put();
    if (made !== undefined) putNamespaces(made.proxy);
    throw error;
  }
  const real = (flags & CLONE.PARENT) !== 0 ? parent.parent : parent;
  const child = new Task(kernel, kernel.nextSerial(), {
    pid, nsproxy: made.proxy, cred: made.cred, fs, cgroup, parent: real,
    files: (flags & CLONE.FILES) !== 0 ? parent.files.get() : parent.files.copy(),
    pgrp: parent.pgrp, session: parent.session, sighand: copySigHand(parent.sighand), pending: newPending(),
    rlimits: [...parent.rlimits],
  });
  child.exitSignal = (flags & CLONE.PARENT) !== 0 ? parent.exitSignal : flags & CLONE.CSIGNAL;
  child.comm = parent.comm;
  child.blocked = parent.blocked;
  child.dumpable = parent.dumpable;
  child.nice = parent.nice;
  child.oomScoreAdj = parent.oomScoreAdj;
  child.seccomp = parent.seccomp;
  child.tracer = parent.tracer;
  if (mm !== undefined) {
    const { program, argv, envp, exe } = mm;
    child.mm = { memory: undefined, program, argv, envp, exe: holdProgram(exe), chargedBytes: bytes };
  }
  publish(child);
  return child;
}

/** Task 1 of a machine: `twinbox`, all-powerful and without CPU, its own group and session. */
export function firstTask(kernel: Kernel, nsproxy: NsProxy, fs: FsContext, files: FdTable, comm: string): Task {
  const pid = nsproxy.pid.allocate();
  // The constructor wants a group and a session, which want a task: the session is led from the start.
  const session = new Session(pid, undefined as never);
  const task = new Task(kernel, kernel.nextSerial(), {
    pid, nsproxy, cred: rootCred, fs, files, cgroup: kernel.rootCgroup, parent: undefined,
    pgrp: new ProcessGroup(pid, session), session, sighand: newSigHand(), pending: newPending(),
    rlimits: initialLimits(kernel.machine),
  });
  session.leader = task;
  task.comm = comm;
  publish(task);
  nsproxy.pid.last = kernel.firstPid - 1;
  return task;
}

function publish(task: Task): void {
  task.pid.task = task;
  const { ns } = task.pid;
  if (ns.init === undefined && !ns.dead) ns.init = task;
  task.kernel.tasks.add(task);
  task.parent?.children.add(task);
  joinGroup(task, task.pgrp);
  enterCgroup(task, task.cgroup);
}

/** Linux's order: what contradicts itself is EINVAL before what is missing here is ENOSYS. */
function checkFlags(parent: Task, flags: number): void {
  const on = (flag: number) => (flags & flag) !== 0;
  const contradiction = (on(CLONE.FS) && (on(CLONE.NEWNS) || on(CLONE.NEWUSER)))
    || (on(CLONE.THREAD) && !on(CLONE.SIGHAND))
    || (on(CLONE.SIGHAND) && !on(CLONE.VM))
    || (on(CLONE.PARENT) && unkillable(parent))
    || (on(CLONE.THREAD) && (on(CLONE.NEWUSER) || on(CLONE.NEWPID) || parent.nsproxy.pid !== parent.nsproxy.pidForChildren))
    || (on(CLONE.PIDFD) && (on(CLONE.DETACHED) || on(CLONE.THREAD)))
    || (on(CLONE.NEWIPC) && on(CLONE.SYSVSEM));
  if (contradiction) throw new SysError('EINVAL', 'clone');
  if (on(CLONE.VM) || on(CLONE.VFORK) || on(CLONE.THREAD)) {
    throw new SysError('ENOSYS', 'clone', 'two tasks cannot share a memory');
  }
  // clone(2) stores a pidfd through its parent_tid argument, which this form of the call does not have.
  if (on(CLONE.PIDFD)) throw new SysError('EINVAL', 'clone');
}

/** RLIMIT_NPROC counts the tasks of a real uid; root is exempt. */
function checkProcesses(parent: Task): void {
  const limit = parent.rlimits[RLIMIT.NPROC]!.cur;
  const { uid } = parent.cred;
  if (limit >= parent.kernel.machine.tasksMax || uid === 0) return;
  let count = 0;
  for (const task of parent.kernel.tasks) if (task.cred.uid === uid) count++;
  if (count < limit) return;
  if (!capable(parent, CAP.SYS_RESOURCE) && !capable(parent, CAP.SYS_ADMIN)) throw new SysError('EAGAIN', 'clone');
}
