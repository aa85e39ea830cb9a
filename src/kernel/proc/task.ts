// A task (struct task_struct): one process of the emulated machine. There are no threads, so a task is its own thread
// group. It has no PID of its own: every PidNamespace that sees it has a number for it (ns/pid.ts).

import type { Cgroup } from '../cgroup/cgroup.ts';
import type { Cred } from '../cred/cred.ts';
import type { FdTable } from '../fs/fdtable.ts';
import type { FsContext, Path } from '../fs/path.ts';
import type { Memory, Program } from '../hardware.ts';
import type { Kernel } from '../kernel.ts';
import type { NsProxy } from '../ns/nsproxy.ts';
import type { Pid } from '../ns/pid.ts';
import { type Waiter, WaitQueue } from '../sched/block.ts';
import type { Timer } from '../sched/timer.ts';
import type { SigHand, SigInfo, SigPending } from '../signal/signal.ts';
import type { Tracer } from '../syscall/trace.ts';
import { emptySet, SIG, type SigSet } from '../uapi/signal.ts';
import { type Call, newCall } from './call.ts';
import type { ProcessGroup, Session } from './session.ts';

/** What the kernel must look at before the task runs guest code again. Bits of `Task.attention`. */
export const ATTENTION = {
  /** A deliverable signal may be pending. */
  SIGNAL: 1,
  /** The task is dead; its guest code must not go on. */
  DEAD: 2,
  /** execve succeeded; the old image must not go on. */
  EXEC: 4,
  /** Its cgroup is frozen. */
  FROZEN: 8,
  /** A stop signal acted: state is T. */
  STOPPED: 16,
} as const;

/** The memory of a task and what execve(2) put there (struct mm_struct). Absent before the first exec and after exit. */
export interface Mm {
  memory: Memory | undefined;
  program: Program;
  argv: readonly string[];
  envp: readonly string[];
  exe: Path;
  /** Bytes charged to the cgroup and the machine for this memory. */
  chargedBytes: number;
}

/** Registers of a trap: raw arguments as the guest passed them, i32 each. */
export const REGS = 16;

export class Task implements Waiter {
  readonly kernel: Kernel;
  /** Serial number in order of birth; for maps and debugging, never shown to a guest. */
  readonly serial: number;
  /** R running or runnable, S sleeping in a call, T stopped, Z zombie, X reaped. */
  state: 'R' | 'S' | 'T' | 'Z' | 'X' = 'R';
  attention = 0;
  /** Name of at most 15 bytes, byte string (PR_SET_NAME). */
  comm = '';

  /** Its number in each PID namespace that sees it; shared with the group and the session that it founded. */
  readonly pid: Pid;
  nsproxy: NsProxy;
  cred: Cred;
  fs: FsContext;
  files: FdTable;
  mm: Mm | undefined = undefined;
  cgroup: Cgroup;

  parent: Task | undefined;
  readonly children = new Set<Task>();
  /** Woken when a child exits, stops or continues: wait4(2). */
  readonly childWait = new WaitQueue();
  /** Woken when this task has exited: pidfd polls, host waits. */
  readonly exitWait = new WaitQueue();
  /** Signal sent to the parent at exit; 0 for none. */
  exitSignal: number = SIG.CHLD;
  /** Wait status as wait4 gives it; valid when state is Z. */
  exitStatus = 0;
  pgrp: ProcessGroup;
  session: Session;
  /** Children of dead descendants come here (PR_SET_CHILD_SUBREAPER). */
  subreaper = false;
  /** Has called execve since it was cloned: setpgid(2) by the parent then fails with EACCES. */
  didExec = false;

  sighand: SigHand;
  pending: SigPending;
  blocked: SigSet = emptySet;
  /** What rt_sigtimedwait waits for: such a signal is kept and wakes although it is blocked. */
  sigwait: SigSet | undefined = undefined;
  /** Mask to put back after the handler that ends rt_sigsuspend or ppoll. */
  savedMask: SigSet | undefined = undefined;
  /** The signal that the next handler call delivers, dequeued already. */
  delivering: SigInfo | undefined = undefined;
  /** The signal whose handler runs, for its siginfo. */
  handling: SigInfo | undefined = undefined;
  /** Masks to restore, one for each handler that runs. */
  readonly sigframes: SigSet[] = [];
  /** Interrupted calls, one for each level of handlers: a result to give or a call to issue anew. */
  readonly interrupted: (number | Call)[] = [];
  pdeathsig = 0;
  stopSignal = 0;
  /** Stopped or continued and not yet reported to wait4. */
  jobReport: 'stopped' | 'continued' | undefined = undefined;

  dumpable = 1;
  nice = 0;
  rlimits: { cur: number; max: number }[];
  readonly startTimeNs: number;
  /** CPU time, nanoseconds. */
  utimeNs = 0;
  stimeNs = 0;
  childUtimeNs = 0;
  childStimeNs = 0;
  alarmTimer: Timer | undefined = undefined;
  /** Of setitimer(2): after it the alarm comes again; 0 for once. */
  alarmIntervalNs = 0;
  oomScoreAdj = 0;

  /** Calls that a seccomp profile refuses: row number to errno. */
  seccomp: ReadonlyMap<number, number> | undefined = undefined;
  tracer: Tracer | undefined = undefined;

  /** Raw arguments of the call being tried or parked; hardware fills them before a trap. */
  regs: Int32Array = new Int32Array(REGS);
  call: Call = newCall();
  /** Queues and timer of the parked call. */
  waiting: readonly WaitQueue[] = [];
  timer: Timer | undefined = undefined;
  /** A task without CPU (a plan's steps): who gets the result of a call that had to wait. */
  onResult: ((result: number) => void) | undefined = undefined;
  /** The hardware's own record: the lane's instance or the worker. */
  cpu: unknown = undefined;

  constructor(kernel: Kernel, serial: number, from: TaskParts) {
    this.kernel = kernel;
    this.serial = serial;
    this.pid = from.pid;
    this.nsproxy = from.nsproxy;
    this.cred = from.cred;
    this.fs = from.fs;
    this.files = from.files;
    this.cgroup = from.cgroup;
    this.parent = from.parent;
    this.pgrp = from.pgrp;
    this.session = from.session;
    this.sighand = from.sighand;
    this.pending = from.pending;
    this.rlimits = from.rlimits;
    this.startTimeNs = kernel.clock.monotonicNs();
  }

  /** Something that the parked call waited for may have come. */
  wakeup(): void {
    if (this.state === 'S') this.state = 'R';
    this.unpark();
    this.kernel.hardware.ready(this);
  }

  /** Leave every queue and disarm the timer. */
  unpark(): void {
    for (const queue of this.waiting) queue.remove(this);
    this.waiting = nowhere;
    if (this.timer !== undefined) this.kernel.timers.cancel(this.timer);
    this.timer = undefined;
  }

  get alive(): boolean {
    return this.state !== 'Z' && this.state !== 'X';
  }
}

const nowhere: readonly WaitQueue[] = [];

/** What a new task shares with or copies from its parent. */
export interface TaskParts {
  readonly pid: Pid;
  readonly nsproxy: NsProxy;
  readonly cred: Cred;
  readonly fs: FsContext;
  readonly files: FdTable;
  readonly cgroup: Cgroup;
  readonly parent: Task | undefined;
  readonly pgrp: ProcessGroup;
  readonly session: Session;
  readonly sighand: SigHand;
  readonly pending: SigPending;
  readonly rlimits: { cur: number; max: number }[];
}
