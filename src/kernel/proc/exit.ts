// Death (exit(2), kernel/exit.c). Nothing of a task is suspended inside the kernel, so whoever kills can do all of it at
// once: what the task held is released, its children get a new parent, its parent is told.

import { leaveCgroup, uncharge } from '../cgroup/cgroup.ts';
import type { Path } from '../fs/path.ts';
import { putNamespaces } from '../ns/nsproxy.ts';
import { notifyParent, sendGroup, sendKernel } from '../signal/send.ts';
import { exitCode, statusSignaled } from '../uapi/sched.ts';
import { CLD, SA, SIG, SIG_IGN } from '../uapi/signal.ts';
import { abandonCall } from './call.ts';
import { hasStopped, leaveGroup, orphaned } from './session.ts';
import { ATTENTION, type Task } from './task.ts';

/** End `task` with a wait status. It becomes a zombie, or is reaped at once if its parent does not want to know. */
export function exitTask(task: Task, status: number): void {
  if (!task.alive) return;
  task.unpark();
  task.state = 'Z';
  task.attention |= ATTENTION.DEAD;
  task.exitStatus = status;
  task.tracer?.exited(task, status);
  if (task.pid.ns.init === task) killNamespace(task);
  if (task.session.leader === task) loseTerminal(task);
  release(task);
  leaveChildren(task);
  const reap = tellParent(task);
  task.exitWait.wake();
  if (reap) reapTask(task);
  task.kernel.hardware.release(task);
}

/** A zombie has been waited for: its number can be used again. */
export function reapTask(task: Task): void {
  task.state = 'X';
  task.kernel.tasks.delete(task);
  task.parent?.children.delete(task);
  leaveCgroup(task);
  leaveGroup(task);
  task.pid.task = undefined;
  task.pid.drop();
}

/** A task that never ran, because the spawn that made it failed, disappears without a word. */
export function discardTask(task: Task): void {
  task.unpark();
  task.state = 'Z';
  task.attention |= ATTENTION.DEAD;
  release(task);
  if (task.session.leader === task) task.session.leader = undefined;
  reapTask(task);
}

/** What a dead task must not hold. */
function release(task: Task): void {
  const { kernel } = task;
  if (task.alarmTimer !== undefined) kernel.timers.cancel(task.alarmTimer);
  task.alarmTimer = undefined;
  abandonCall(task.call);
  for (const frame of task.interrupted) if (typeof frame !== 'number') abandonCall(frame);
  task.files.put(task);
  task.fs.put();
  if (task.mm !== undefined) releaseMm(task);
  putNamespaces(task.nsproxy);
  task.pending.queue.length = 0;
}

/** The memory of a task goes back: at exit, and at exec when the new image is certain. */
export function releaseMm(task: Task): void {
  const mm = task.mm!;
  uncharge(task.cgroup, mm.chargedBytes);
  mm.exe.inode.runners--;
  mm.exe.put();
  task.mm = undefined;
}

/** A task runs from this file: it cannot be written (ETXTBSY), and its mount is busy. */
export function holdProgram(exe: Path): Path {
  exe.inode.runners++;
  return exe.get();
}

/** The first task of a PID namespace takes all others with it; nobody can be born there any more. */
function killNamespace(init: Task): void {
  const { ns } = init.pid;
  ns.dead = true;
  for (const task of ns.tasks()) if (task !== init) exitTask(task, statusSignaled(SIG.KILL));
  // What a living parent outside wants to wait for stays a zombie of its own.
  for (const task of ns.tasks()) if (task.state === 'Z' && task.parent?.alive === false && task !== init) reapTask(task);
  ns.init = undefined;
}

/** The leader of a session ends: its terminal hangs up. */
function loseTerminal(task: Task): void {
  const { session } = task;
  session.leader = undefined;
  session.tty?.hangupSession(session);
}

/** Orphans go to the nearest subreaper of the namespace, or to its init. */
function leaveChildren(father: Task): void {
  if (father.children.size === 0) return;
  const reaper = findReaper(father);
  for (const child of [...father.children]) {
    father.children.delete(child);
    child.parent = reaper;
    reaper?.children.add(child);
    if (child.alive) {
      if (child.pdeathsig !== 0) sendKernel(child, child.pdeathsig);
      child.exitSignal = SIG.CHLD;
      hangupOrphans(child, father, undefined);
      continue;
    }
    child.exitSignal = SIG.CHLD;
    if (reaper === undefined || !reaper.alive || tellParent(child)) reapTask(child);
    else hangupOrphans(child, father, undefined);
  }
}

function findReaper(father: Task): Task | undefined {
  const { ns } = father.pid;
  for (let task = father.parent; task !== undefined && task.pid.ns === ns && task !== ns.init; task = task.parent) {
    if (task.subreaper && task.alive) return task;
  }
  if (ns.init !== undefined && ns.init !== father) return ns.init;
  // The namespace has lost its init: what remains was entered from outside and dies with it.
  return father.kernel.init === father ? undefined : father.kernel.init;
}

/** SIGCHLD and a wake; true if the parent does not wait for its children. */
function tellParent(task: Task): boolean {
  const { parent } = task;
  hangupOrphans(task, parent, task);
  if (parent === undefined || !parent.alive) return true;
  const action = parent.sighand.actions[SIG.CHLD]!;
  const isChild = task.exitSignal === SIG.CHLD;
  const reap = isChild && (action.handler === SIG_IGN || (action.flags & SA.NOCLDWAIT) !== 0);
  const killed = (task.exitStatus & 0x7f) !== 0;
  const signo = isChild && action.handler === SIG_IGN ? 0 : task.exitSignal;
  notifyParent(task, signo, killed ? CLD.KILLED : CLD.EXITED,
    killed ? task.exitStatus & 0x7f : exitCode(task.exitStatus));
  return reap;
}

/** A group that becomes orphaned while a member is stopped gets SIGHUP and SIGCONT: nobody else could continue it. */
function hangupOrphans(task: Task, parent: Task | undefined, gone: Task | undefined): void {
  const { pgrp } = task;
  if (parent === undefined || parent.pgrp === pgrp || parent.session !== task.session) return;
  if (!hasStopped(pgrp) || !orphaned(pgrp, gone)) return;
  sendGroup(pgrp, SIG.HUP);
  sendGroup(pgrp, SIG.CONT);
}
