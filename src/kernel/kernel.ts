// The kernel: one machine, its tables, and the doors through which hardware and runtime come in. Plain and
// single-threaded; clock, randomness, consoles and hardware are passed in.

import { boot } from './boot.ts';
import type { Cgroup } from './cgroup/cgroup.ts';
import type { HostDriver } from './fs/hostfs.ts';
import { uuid } from './fs/proc/sysctl.ts';
import type { TmpSuper } from './fs/tmpfs.ts';
import { Vfs } from './fs/vfs.ts';
import type { MountNamespace } from './ns/mnt.ts';
import type { NsProxy } from './ns/nsproxy.ts';
import type { Hardware, Program } from './hardware.ts';
import { defaultMachine, type Machine } from './limits.ts';
import { exitTask } from './proc/exit.ts';
import { ATTENTION, type Task } from './proc/task.ts';
import type { Clock, Timespec } from './sched/clock.ts';
import { Timers } from './sched/timer.ts';
import { forceSignal } from './signal/send.ts';
import { afterSignals, check, issue, resume, resumeBare, signalNext, sigreturn, trap } from './syscall/dispatch.ts';
import { statusExited } from './uapi/sched.ts';

export interface KernelOptions {
  readonly hardware: Hardware;
  readonly clock: Clock;
  /** Fill with random bytes. */
  readonly random: (bytes: Uint8Array) => void;
  readonly machine?: Partial<Machine>;
  /** Number of the first task in the initial PID namespace. */
  readonly firstPid?: number;
  readonly hostname?: string;
  /** Opens directories of the host; without it there is no `hostfs`. */
  readonly hostDriver?: HostDriver;
}

export class Kernel {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly random: (bytes: Uint8Array) => void;
  readonly hardware: Hardware;
  readonly timers: Timers;
  readonly vfs: Vfs;
  readonly hostDriver: HostDriver | undefined;
  readonly firstPid: number;
  readonly bootTime: Timespec;
  readonly bootNs: number;
  /** Every task that is not reaped, in order of birth. */
  readonly tasks = new Set<Task>();
  /** Task 1 of the initial PID namespace: makes the runtime's steps and reaps. */
  init!: Task;
  /** The initial namespaces. */
  initial!: NsProxy;
  rootCgroup!: Cgroup;
  /** Prepared trees that a tmpfs can begin as, by name. */
  readonly templates = new Map<string, TmpSuper>();
  /** Every mount namespace that lives, for propagation and umount of what dies. */
  readonly mountNamespaces = new Set<MountNamespace>();
  #bootId: string | undefined = undefined;
  #serial = 0;
  #nsInode = 4026532176;

  constructor(options: KernelOptions) {
    this.machine = { ...defaultMachine, ...options.machine };
    this.clock = options.clock;
    this.random = options.random;
    this.hardware = options.hardware;
    this.timers = new Timers(options.clock);
    this.firstPid = options.firstPid ?? 100;
    this.bootTime = options.clock.realtime();
    this.bootNs = options.clock.monotonicNs();
    this.hostDriver = options.hostDriver;
    this.vfs = new Vfs(this);
    boot(this, options.hostname ?? 'twinbox');
  }

  /** /proc/sys/kernel/random/boot_id, made when it is first asked for: a host's random source takes ms to come up. */
  get bootId(): string {
    return (this.#bootId ??= uuid(this));
  }

  nextSerial(): number {
    return ++this.#serial;
  }

  /** Tasks made since boot. */
  get born(): number {
    return this.#serial;
  }

  /** Inode numbers of namespaces made after boot; the initial ones are fixed (ns/namespace.ts). */
  nextNsInode(): number {
    return ++this.#nsInode;
  }

  // The doors for hardware; see syscall/dispatch.ts.
  readonly trap = trap;
  readonly issue = issue;
  readonly resume = resume;
  readonly resumeBare = resumeBare;
  readonly check = check;
  readonly signalNext = signalNext;
  readonly sigreturn = sigreturn;
  readonly afterSignals = afterSignals;

  /** The guest trapped: SIGILL, SIGSEGV, SIGFPE or SIGABRT, which kill even PID 1 where they are not caught. */
  fault(task: Task, signal: number): void {
    forceSignal(task, signal);
  }

  /** The entry function returned `status`. */
  returned(task: Task, status: number): void {
    if (task.alive) exitTask(task, statusExited(status));
  }

  /** After a trap or return: the image that exec gave, or undefined when the task is gone. */
  next(task: Task): Program | undefined {
    if ((task.attention & ATTENTION.DEAD) !== 0 || task.mm === undefined) return undefined;
    task.attention &= ~ATTENTION.EXEC;
    return task.mm.program;
  }
}
