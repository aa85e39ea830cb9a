// Control groups (cgroups(7)): a tree with one group per container. Tasks and memory are charged to a group and all its
// ancestors; the root's charge is the machine's. Limits of a group are fields here, and get files with the controllers.

import { exitTask } from '../proc/exit.ts';
import { ATTENTION, type Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { RLIMIT, statusSignaled } from '../uapi/sched.ts';
import { SIG } from '../uapi/signal.ts';

export class Cgroup {
  readonly name: string;
  readonly parent: Cgroup | undefined;
  readonly children = new Map<string, Cgroup>();
  /** Members of this group itself, zombies among them. */
  readonly tasks = new Set<Task>();
  /** Charged here and below. */
  memoryBytes = 0;
  memoryBytesMax: number;
  memoryPeakBytes = 0;
  taskCount = 0;
  taskCountMax: number;
  oomKills = 0;
  /** Frozen by itself; a task is frozen if any of its ancestors is. */
  frozen = false;

  constructor(name: string, parent: Cgroup | undefined, memoryBytesMax = Infinity, taskCountMax = Infinity) {
    this.name = name;
    this.parent = parent;
    this.memoryBytesMax = memoryBytesMax;
    this.taskCountMax = taskCountMax;
  }

  /** Path from `root`, as /proc/PID/cgroup shows it: `/` for `root` itself, `/..` for what lies outside it. */
  pathFrom(root: Cgroup): string {
    let up = '';
    for (let base: Cgroup | undefined = root; base !== undefined; base = base.parent) {
      const down = this.#below(base);
      if (down !== undefined) return `${up}${down}` || '/';
      up += '/..';
    }
    return '/';
  }

  #below(base: Cgroup): string | undefined {
    let path = '';
    for (let group: Cgroup | undefined = this; group !== undefined; group = group.parent) {
      if (group === base) return path;
      path = `/${group.name}${path}`;
    }
    return undefined;
  }

  get isFrozen(): boolean {
    for (let group: Cgroup | undefined = this; group !== undefined; group = group.parent) if (group.frozen) return true;
    return false;
  }

  /** Members here and below. */
  all(): Task[] {
    const tasks = [...this.tasks];
    for (const child of this.children.values()) tasks.push(...child.all());
    return tasks;
  }

  /** mkdir of a group; ENOENT where the parent is missing is for the caller's walk. */
  make(name: string): Cgroup {
    if (this.children.has(name)) throw new SysError('EEXIST', 'mkdir', name);
    const group = new Cgroup(name, this);
    this.children.set(name, group);
    return group;
  }

  /** rmdir: EBUSY while it has members or children. */
  remove(): void {
    if (this.tasks.size > 0 || this.children.size > 0) throw new SysError('EBUSY', 'rmdir', this.name);
    this.parent?.children.delete(this.name);
  }
}

/** The group at `path` below `root`, made as far as it is missing. */
export function makeCgroup(root: Cgroup, path: string): Cgroup {
  let group = root;
  for (const name of path.split('/')) if (name !== '') group = group.children.get(name) ?? group.make(name);
  return group;
}

/** A new task is charged: EAGAIN over a limit. */
export function chargeTask(group: Cgroup): void {
  for (let at: Cgroup | undefined = group; at !== undefined; at = at.parent) {
    if (at.taskCount >= at.taskCountMax) throw new SysError('EAGAIN', 'clone', 'too many tasks');
  }
}

export function enterCgroup(task: Task, group: Cgroup): void {
  task.cgroup = group;
  group.tasks.add(task);
  for (let at: Cgroup | undefined = group; at !== undefined; at = at.parent) at.taskCount++;
  if (group.isFrozen) task.attention |= ATTENTION.FROZEN;
}

export function leaveCgroup(task: Task): void {
  const group = task.cgroup;
  if (!group.tasks.delete(task)) return;
  for (let at: Cgroup | undefined = group; at !== undefined; at = at.parent) at.taskCount--;
}

/** Write of cgroup.procs: the task moves, with its memory. */
export function moveTask(task: Task, group: Cgroup): void {
  if (task.cgroup === group) return;
  const bytes = task.mm?.chargedBytes ?? 0;
  charge(group, bytes);
  uncharge(task.cgroup, bytes);
  leaveCgroup(task);
  enterCgroup(task, group);
  if (!group.isFrozen) thawTask(task);
}

/** Whether `bytes` more fit, here and in every ancestor. */
export function fits(group: Cgroup, bytes: number): boolean {
  return overLimit(group, bytes) === undefined;
}

/** Charge memory: ENOMEM if it does not fit. */
export function charge(group: Cgroup, bytes: number): void {
  if (bytes === 0) return;
  if (overLimit(group, bytes) !== undefined) throw new SysError('ENOMEM');
  for (let at: Cgroup | undefined = group; at !== undefined; at = at.parent) {
    at.memoryBytes += bytes;
    if (at.memoryBytes > at.memoryPeakBytes) at.memoryPeakBytes = at.memoryBytes;
  }
}

export function uncharge(group: Cgroup, bytes: number): void {
  for (let at: Cgroup | undefined = group; at !== undefined; at = at.parent) at.memoryBytes -= bytes;
}

/**
 * A task's memory grows. Over a limit the OOM killer takes the largest task of the group that is full, as Linux does
 * when a page is touched; false if that was the task itself.
 */
export function growMemory(task: Task, bytes: number): boolean {
  if (task.mm!.chargedBytes + bytes > task.rlimits[RLIMIT.AS]!.cur) return false;
  for (;;) {
    const full = overLimit(task.cgroup, bytes);
    if (full === undefined) break;
    const victim = pickVictim(full);
    if (victim === undefined) return false;
    full.oomKills++;
    exitTask(victim, statusSignaled(SIG.KILL));
    if (!task.alive) return false;
  }
  charge(task.cgroup, bytes);
  task.mm!.chargedBytes += bytes;
  return true;
}

function overLimit(group: Cgroup, bytes: number): Cgroup | undefined {
  for (let at: Cgroup | undefined = group; at !== undefined; at = at.parent) {
    if (at.memoryBytes + bytes > at.memoryBytesMax) return at;
  }
  return undefined;
}

/** The badness of oom_badness(): memory, shifted by oom_score_adj in thousandths of the limit; -1000 is exempt. */
function pickVictim(group: Cgroup): Task | undefined {
  let victim: Task | undefined;
  let worst = -Infinity;
  for (const task of group.all()) {
    if (!task.alive || task.mm === undefined || task.oomScoreAdj <= -1000) continue;
    const limit = Number.isFinite(group.memoryBytesMax) ? group.memoryBytesMax : 0;
    const badness = task.mm.chargedBytes + (task.oomScoreAdj * limit) / 1000;
    if (badness > worst) {
      worst = badness;
      victim = task;
    }
  }
  return victim;
}

/** cgroup.freeze: members stop before their next guest instruction; a pending SIGKILL still ends them. */
export function freeze(group: Cgroup): void {
  group.frozen = true;
  for (const task of group.all()) {
    if (!task.alive) continue;
    task.attention |= ATTENTION.FROZEN;
    if (task.state === 'R') task.kernel.hardware.preempt(task);
  }
}

export function thaw(group: Cgroup): void {
  group.frozen = false;
  if (group.isFrozen) return;
  for (const task of group.all()) if (!task.cgroup.isFrozen) thawTask(task);
}

function thawTask(task: Task): void {
  if ((task.attention & ATTENTION.FROZEN) === 0) return;
  task.attention &= ~ATTENTION.FROZEN;
  if (task.alive && task.state !== 'T') task.wakeup();
}

/** cgroup.kill. */
export function killCgroup(group: Cgroup): void {
  for (const task of group.all()) if (task.alive) exitTask(task, statusSignaled(SIG.KILL));
}
