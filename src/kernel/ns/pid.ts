// PID namespaces (pid_namespaces(7)). A namespace is a two-way map between numbers and what bears them. A Pid (struct
// pid) is one bearer: it has a number in the namespace it was made in and in every ancestor, and is shared by a task,
// the process group and the session that it founded, so that none of the numbers is used again while one of them lives.

import { NS_LEVEL_MAX, PID_MAX } from '../limits.ts';
import type { ProcessGroup, Session } from '../proc/session.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { INITIAL_INUM, type InumSource, Namespace } from './namespace.ts';
import type { UserNamespace } from './user.ts';

/** After a wrap numbers start here (RESERVED_PIDS). */
const RESERVED = 300;

export class Pid {
  /** The innermost namespace: where the bearer was born. */
  readonly ns: PidNamespace;
  /** The number at each level: index 0 the initial namespace, the last one `ns`. */
  readonly numbers: readonly number[];
  task: Task | undefined = undefined;
  group: ProcessGroup | undefined = undefined;
  session: Session | undefined = undefined;

  constructor(ns: PidNamespace, numbers: readonly number[]) {
    this.ns = ns;
    this.numbers = numbers;
  }

  /** The number in the bearer's own namespace. */
  get own(): number {
    return this.numbers[this.ns.level]!;
  }

  /** The number that `ns` sees; 0 if it does not see the bearer. */
  in(ns: PidNamespace): number {
    if (ns === this.ns) return this.numbers[ns.level]!;
    return ns.level < this.ns.level && this.ns.ancestor(ns.level) === ns ? this.numbers[ns.level]! : 0;
  }

  /** Give the numbers back when nobody bears them. */
  drop(): void {
    if (this.task !== undefined || this.group !== undefined || this.session !== undefined) return;
    for (let ns: PidNamespace | undefined = this.ns; ns !== undefined; ns = ns.parent) {
      ns.pids.delete(this.numbers[ns.level]!);
    }
    this.ns.put();
  }
}

export class PidNamespace extends Namespace {
  readonly parent: PidNamespace | undefined;
  readonly level: number;
  /** Every bearer that this namespace sees, by its number here. */
  readonly pids = new Map<number, Pid>();
  /** The first task: adopts orphans, and its death is the namespace's. */
  init: Task | undefined = undefined;
  /** The first task has died: no further task can be born here (ENOMEM). */
  dead = false;
  /** The number given last (/proc/sys/kernel/ns_last_pid). */
  last = 0;
  pidMax = PID_MAX;

  constructor(parent: PidNamespace | undefined, owner: UserNamespace, inums: InumSource) {
    super('pid', owner, inums, parent === undefined ? INITIAL_INUM.pid : undefined);
    this.parent = parent;
    this.level = parent === undefined ? 0 : parent.level + 1;
    parent?.get();
    owner.get();
  }

  protected override free(): void {
    this.parent?.put();
    this.owner!.put();
  }

  /** CLONE_NEWPID. */
  child(owner: UserNamespace): PidNamespace {
    if (this.level >= NS_LEVEL_MAX) throw new SysError('ENOSPC', 'unshare', 'PID namespaces nest too deep');
    return new PidNamespace(this, owner, this.inums);
  }

  /** The ancestor at a level, itself at its own. */
  ancestor(level: number): PidNamespace {
    let ns: PidNamespace = this;
    while (ns.level > level) ns = ns.parent!;
    return ns;
  }

  /** Whether this namespace is `other` or one of its ancestors. */
  contains(other: PidNamespace): boolean {
    return other.level >= this.level && other.ancestor(this.level) === this;
  }

  /** A number here and in every ancestor. */
  allocate(): Pid {
    if (this.dead) throw new SysError('ENOMEM', 'clone', 'the init of the PID namespace has died');
    const numbers: number[] = new Array(this.level + 1);
    for (let ns: PidNamespace | undefined = this; ns !== undefined; ns = ns.parent) numbers[ns.level] = ns.#free();
    const pid = new Pid(this, numbers);
    for (let ns: PidNamespace | undefined = this; ns !== undefined; ns = ns.parent) {
      ns.last = numbers[ns.level]!;
      ns.pids.set(ns.last, pid);
    }
    this.get();
    return pid;
  }

  find(number: number): Pid | undefined {
    return this.pids.get(number);
  }

  /** The task that has `number` here. */
  task(number: number): Task | undefined {
    return this.pids.get(number)?.task;
  }

  /** All tasks that this namespace sees, in order of their numbers. */
  tasks(): Task[] {
    const numbers = [...this.pids.keys()].sort((a, b) => a - b);
    const tasks: Task[] = [];
    for (const number of numbers) {
      const task = this.pids.get(number)!.task;
      if (task !== undefined) tasks.push(task);
    }
    return tasks;
  }

  #free(): number {
    let number = this.last;
    for (let tried = 0; tried < this.pidMax; tried++) {
      number++;
      if (number >= this.pidMax) number = this.pidMax > RESERVED ? RESERVED : 1;
      if (!this.pids.has(number)) return number;
    }
    throw new SysError('EAGAIN', 'clone', 'no PID is free');
  }
}

/** The number of `task` as `viewer` sees it; 0 if it does not. */
export function pidOf(task: Task, viewer: Task): number {
  return task.pid.in(viewer.pid.ns);
}
