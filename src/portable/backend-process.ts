// A process of the emulated kernel as the server drives it: a birth, and the task that comes of it.

import { at } from '../kernel/birth/console.ts';
import { Birth, type BirthError, type BirthHost } from '../kernel/birth.ts';
import { freeze, killCgroup, thaw } from '../kernel/cgroup/cgroup.ts';
import type { OpenFile } from '../kernel/fs/file.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Task } from '../kernel/proc/task.ts';
import type { Waiter } from '../kernel/sched/block.ts';
import { issue } from '../kernel/syscall/dispatch.ts';
import { Tracer } from '../kernel/syscall/trace.ts';
import { text } from '../kernel/bytes.ts';
import { type ErrnoName, SysError } from '../kernel/uapi/errno.ts';
import { exitCode } from '../kernel/uapi/sched.ts';
import { SIG, SIG_DFL, SIG_IGN, signalName } from '../kernel/uapi/signal.ts';
import { encode } from '../kernel/uapi/struct.ts';
import { IOCTL } from '../kernel/uapi/termios.ts';
import type { Plan } from '../kernel/uapi/step.ts';
import type { Child, Host, Init } from '../backend/driver.ts';
import { explain } from '../backend/failure.ts';
import type { FsAnswer, FsCall, Stats } from '../wire.ts';
import { visit } from './backend-files.ts';
import { FileInput, FileSource } from './backend-stdio.ts';

export interface Machine {
  readonly kernel: Kernel;
  /** Reads a program outside. */
  readonly program: (source: string) => Uint8Array;
}

export class TaskChild implements Child, Waiter {
  readonly birth: Birth;
  protected readonly kernel: Kernel;
  readonly #host: Host;
  #master: OpenFile | undefined;
  #ended = false;
  pid = 0;
  hostPid = 0;

  constructor(machine: Machine, plan: Plan, host: Host, join?: ConstructorParameters<typeof Birth>[3]) {
    const { kernel, program } = machine;
    this.kernel = kernel;
    this.#host = host;
    const { trace } = host;
    const birthHost: BirthHost = {
      program,
      stdio: (ends) => this.#connect(ends, false),
      console: (master) => {
        this.#master = master;
        // Input and output are one file, and each holds it.
        this.#connect([master, master.get(), undefined], true);
      },
      ...(trace === undefined ? {} : { tracer: new Tracer((line) => trace(text(line))) }),
    };
    this.birth = new Birth(kernel, plan, birthHost, join);
  }

  get task(): Task | undefined {
    return this.birth.child;
  }

  get alive(): boolean {
    return this.task?.alive ?? false;
  }

  async bear(go: boolean): Promise<void> {
    await this.launch();
    if (go) await this.launch();
  }

  /** As far as the next `park`, or to the end. */
  launch(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.birth.run((error) => {
        if (error !== undefined) return reject(explained(error));
        const { task } = this;
        if (task !== undefined && this.pid === 0) this.#born(task);
        resolve();
      });
    });
  }

  kill(): void {
    this.birth.kill();
  }

  hears(signal: number): boolean {
    const { task } = this;
    if (task === undefined || task.pid.ns.init !== task) return true;
    if (signal === 0 || signal === SIG.KILL || signal === SIG.STOP) return true;
    const { handler } = task.sighand.actions[signal]!;
    return handler !== SIG_DFL && handler !== SIG_IGN;
  }

  signal(signal: number): void {
    if (this.task !== undefined) this.send(this.task, signal);
  }

  resize(columns: number, rows: number): void {
    this.#master?.ioctl(this.kernel.init, IOCTL.TIOCSWINSZ, at(encode('winsize', { ws_row: rows, ws_col: columns })));
  }

  remove(): void {
    this.birth.undo();
  }

  /** A Waiter on the task's exit. */
  wakeup(): void {
    const { task } = this;
    if (task === undefined || task.alive || this.#ended) return;
    this.#ended = true;
    task.exitWait.remove(this);
    const status = task.exitStatus;
    const signal = status & 0x7f;
    // Others of the same death are still to come.
    queueMicrotask(() => this.birth.abandoned());
    this.#host.exited({ exitCode: exitCode(status), ...(signal === 0 ? {} : { signal: signalName(signal) }) });
  }

  protected send(task: Task, signal: number): void {
    const { init } = this.kernel;
    const result = issue(init, 'kill', [task.pid.in(init.pid.ns), signal] as never);
    if (result < 0) throw init.call.error ?? new SysError('ESRCH' satisfies ErrnoName, 'kill');
  }

  #born(task: Task): void {
    this.pid = task.pid.own;
    this.hostPid = task.pid.in(this.kernel.init.pid.ns);
    task.exitWait.add(this);
  }

  #connect([stdin, stdout, stderr]: readonly (OpenFile | undefined)[], tty: boolean): void {
    const { init } = this.kernel;
    this.#host.connect({
      stdin: new FileInput(init, stdin, tty),
      ...(stdout === undefined ? {} : { stdout: new FileSource(init, stdout) }),
      ...(stderr === undefined ? {} : { stderr: new FileSource(init, stderr) }),
    });
  }
}

/** The first process of a container, with the group that holds all of it. */
export class TaskInit extends TaskChild implements Init {
  signalAll(signal: number): void {
    for (const task of this.birth.cgroup?.all() ?? []) this.send(task, signal);
  }

  freeze(): void {
    if (this.birth.cgroup !== undefined) freeze(this.birth.cgroup);
  }

  thaw(): void {
    if (this.birth.cgroup !== undefined) thaw(this.birth.cgroup);
  }

  update(_plan: Plan): void {
    // No controller has a limit yet: a plan with one was refused when it was compiled.
  }

  stats(): Stats {
    const { cgroup } = this.birth;
    const tasks = cgroup?.all() ?? [];
    const ns = tasks.reduce((sum, task) => sum + task.utimeNs + task.stimeNs, 0);
    return {
      read: new Date().toISOString(), processes: tasks.length, memoryBytes: cgroup?.memoryBytes ?? 0,
      memoryBytesMax: Math.min(cgroup?.memoryBytesMax ?? Infinity, this.kernel.machine.memoryBytes), cpuMs: ns / 1e6,
    };
  }

  visit(call: FsCall): FsAnswer {
    if (this.task === undefined) throw new SysError('ESRCH', 'setns');
    return visit(this.kernel, this.task, call);
  }

  endGroup(): void {
    if (this.birth.cgroup !== undefined) killCgroup(this.birth.cgroup);
  }
}

function explained({ cause, step }: BirthError): Error {
  const said = cause.message === cause.code ? '' : cause.message.slice(cause.code.length + 2);
  const { code, syscall } = cause;
  return explain({ step, code, kernel: 'portable', said, ...(syscall === undefined ? {} : { syscall }) });
}
