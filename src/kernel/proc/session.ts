// Process groups and sessions (credentials(7), setsid(2)): job control's units. Both bear the Pid of the task that
// founded them, also when that task is gone.

import type { Pid } from '../ns/pid.ts';
import type { Tty } from '../tty/tty.ts';
import type { Task } from './task.ts';

export class ProcessGroup {
  readonly pid: Pid;
  readonly session: Session;
  /** Zombies are members until they are reaped. */
  readonly members = new Set<Task>();

  constructor(pid: Pid, session: Session) {
    this.pid = pid;
    this.session = session;
    pid.group = this;
    session.groups.add(this);
  }
}

export class Session {
  readonly pid: Pid;
  /** Who called setsid; undefined when it has exited. */
  leader: Task | undefined;
  readonly groups = new Set<ProcessGroup>();
  /** The controlling terminal. */
  tty: Tty | undefined = undefined;

  constructor(pid: Pid, leader: Task) {
    this.pid = pid;
    this.leader = leader;
    pid.session = this;
  }
}

/** Move a task into a group; the one it leaves dies with its last member. */
export function joinGroup(task: Task, group: ProcessGroup): void {
  const old = task.pgrp as ProcessGroup | undefined;
  if (old === group) {
    group.members.add(task);
    return;
  }
  if (old !== undefined) leaveGroup(task);
  task.pgrp = group;
  task.session = group.session;
  group.members.add(task);
}

export function leaveGroup(task: Task): void {
  const group = task.pgrp;
  group.members.delete(task);
  if (group.members.size > 0 || group.pid.group !== group) return;
  const { session, pid } = group;
  pid.group = undefined;
  pid.drop();
  session.groups.delete(group);
  if (session.groups.size > 0) return;
  session.pid.session = undefined;
  session.pid.drop();
}

/** setsid(2): `task` leads a new session and a new group. */
export function newSession(task: Task): Session {
  const session = new Session(task.pid, task);
  joinGroup(task, new ProcessGroup(task.pid, session));
  return session;
}

/**
 * Whether no member has a parent in another group of the same session, who could continue it. `gone` is a task that is
 * exiting: it does not count.
 */
export function orphaned(group: ProcessGroup, gone?: Task): boolean {
  for (const task of group.members) {
    if (task === gone || !task.alive) continue;
    const { parent } = task;
    if (parent === undefined || parent === task.kernel.init) continue;
    if (parent.pgrp !== group && parent.session === task.session) return false;
  }
  return true;
}

/** Whether a member is stopped. */
export function hasStopped(group: ProcessGroup): boolean {
  for (const task of group.members) if (task.state === 'T') return true;
  return false;
}
