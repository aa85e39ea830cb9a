// A process as the runtime keeps it: how it is born, its streams, its end. The first process of a container and an exec
// are the same thing here.

import { Birth, BirthError, type BirthHost } from '../kernel/birth.ts';
import type { Cgroup } from '../kernel/cgroup/cgroup.ts';
import type { OpenFile } from '../kernel/fs/file.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Task } from '../kernel/proc/task.ts';
import type { Tracer } from '../kernel/syscall/trace.ts';
import type { Waiter } from '../kernel/sched/block.ts';
import { errnoName, type ErrnoName, SysError } from '../kernel/uapi/errno.ts';
import { strerror } from '../kernel/uapi/strerror.ts';
import { exitCode } from '../kernel/uapi/sched.ts';
import { signalName } from '../kernel/uapi/signal.ts';
import type { Plan, StdioKind, Step } from '../kernel/uapi/step.ts';
import { TwinboxError } from '../errno.ts';
import { printStep } from '../plan/print.ts';
import type { Exit, Message, ProcessState } from '../wire.ts';
import { Input, Output, Ring } from './backend-stdio.ts';

export interface ProcessHost {
  readonly kernel: Kernel;
  readonly post: (message: Message) => void;
  readonly program: (source: string) => Uint8Array;
  readonly tracer: Tracer | undefined;
  /** The process has ended. */
  readonly ended: (process: ProcessRecord) => void;
}

export interface ProcessOptions {
  readonly id: string;
  readonly container: string;
  readonly args: readonly string[];
  readonly plan: Plan;
  readonly logBytesMax: number;
  readonly join?: { readonly target: Task; readonly cgroup: Cgroup };
}

export class ProcessRecord implements Waiter {
  readonly id: string;
  readonly container: string;
  readonly args: readonly string[];
  readonly tty: boolean;
  readonly ring: Ring;
  readonly birth: Birth;
  readonly #host: ProcessHost;
  #stdin: Input | undefined;
  #outputs: readonly (Output | undefined)[] = [];
  #master: OpenFile | undefined;
  #pid = 0;
  #hostPid = 0;
  started: string | undefined;
  finished: string | undefined;
  exit: Exit | undefined;

  constructor(host: ProcessHost, options: ProcessOptions) {
    this.#host = host;
    this.id = options.id;
    this.container = options.container;
    this.args = options.args;
    this.tty = options.plan.steps.some((step) => step.op === 'console');
    this.ring = new Ring(options.logBytesMax);
    const kinds = options.plan.steps.find((step) => step.op === 'stdio')?.args.fds ?? ['tty', 'log', 'null'];
    const birthHost: BirthHost = {
      stdio: (ends) => this.#connect(ends, kinds),
      console: (master) => {
        this.#master = master;
        // Input and output are one file, and each holds it.
        this.#connect([master, master.get(), undefined], kinds);
      },
      program: host.program,
      ...(host.tracer === undefined ? {} : { tracer: host.tracer }),
    };
    this.birth = new Birth(host.kernel, options.plan, birthHost, options.join);
  }

  get task(): Task | undefined {
    return this.birth.child;
  }

  /** As far as the next park. */
  bear(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.birth.run((error) => {
        if (error !== undefined) {
          this.#release();
          return reject(explain(error));
        }
        const { task } = this;
        if (task !== undefined && this.#pid === 0) this.#born(task);
        resolve();
      });
    });
  }

  /** On to its program. */
  async launch(): Promise<void> {
    await this.bear();
    this.started = new Date().toISOString();
  }

  state(): ProcessState {
    return {
      id: this.id, container: this.container, args: this.args, pid: this.#pid, hostPid: this.#hostPid, tty: this.tty,
      ...(this.started === undefined ? {} : { started: this.started }),
      ...(this.finished === undefined ? {} : { finished: this.finished }),
      ...(this.exit === undefined ? {} : { exit: this.exit }),
    };
  }

  output(fd: number): Output | undefined {
    return this.#outputs[fd];
  }

  get stdin(): Input | undefined {
    return this.#stdin;
  }

  get outputs(): readonly (Output | undefined)[] {
    return this.#outputs;
  }

  get master(): OpenFile | undefined {
    return this.#master;
  }

  /** A Waiter on the task's exit. */
  wakeup(): void {
    const { task } = this;
    if (task === undefined || task.alive || this.exit !== undefined) return;
    task.exitWait.remove(this);
    const status = task.exitStatus;
    const signal = status & 0x7f;
    this.exit = { exitCode: exitCode(status), ...(signal === 0 ? {} : { signal: signalName(signal) }) };
    this.finished = new Date().toISOString();
    // Others of the same death are still to come.
    queueMicrotask(() => {
      this.birth.abandoned();
      for (const output of this.#outputs) output?.finish();
      this.#stdin?.end();
      this.#host.ended(this);
    });
  }

  /** The record goes: streams end, what the birth made is unmade. */
  remove(): void {
    this.birth.kill();
    this.#release();
    this.birth.undo();
  }

  #release(): void {
    this.#stdin?.end();
    for (const output of this.#outputs) output?.end();
  }

  #born(task: Task): void {
    this.#pid = task.pid.own;
    this.#hostPid = task.pid.in(this.#host.kernel.init.pid.ns);
    task.exitWait.add(this);
  }

  #connect(ends: readonly (OpenFile | undefined)[], kinds: readonly StdioKind[]): void {
    const { kernel, post } = this.#host;
    const make = (fd: 1 | 2): Output | undefined => {
      const file = ends[fd];
      if (file === undefined) return undefined;
      return new Output(kernel.init, fd, file, kinds[fd] === 'log' ? 'log' : 'pipe', this.ring, post);
    };
    this.#stdin = new Input(kernel.init, ends[0], this.tty);
    this.#outputs = [undefined, make(1), make(2)];
  }
}

/** A failed step in the interface's words: what could not be done, with what, and Linux's reason. */
export function explain(error: BirthError): TwinboxError {
  const { cause, step } = error;
  const said = cause.message === cause.code ? '' : cause.message.slice(cause.code.length + 2);
  const hint = hints[`${step.op}:${cause.code}`];
  return new TwinboxError({
    code: cause.code, message: describe(step, cause.code, said), step: printStep(step),
    ...(cause.syscall === undefined ? {} : { syscall: cause.syscall }), ...(hint === undefined ? {} : { hint }),
  });
}

function describe(step: Step, code: ErrnoName, said: string): string {
  const why = strerror[code].toLowerCase();
  switch (step.op) {
    // Their words are whole sentences already.
    case 'exec': return said || why;
    case 'credentials': return said.startsWith('unable') ? said : `credentials: ${said || why}`;
    case 'fsmount': case 'open_tree': {
      const path = step.op === 'fsmount' ? step.args.source : step.args.path;
      if (code === 'ENOENT') return step.slot === '$root' ? `no such directory: ${path}` : `bind source path does not exist: ${path}`;
      return `mount ${path}: ${why}`;
    }
    case 'program': return `${step.args.source}: ${why}`;
    default: return `${step.op}${said === '' ? '' : ` ${said}`}: ${why}`;
  }
}

const hints: Readonly<Record<string, string>> = {
  'exec:ENOEXEC': 'portable mode runs WebAssembly (WASI preview1); programs of Linux need native mode',
};

/** An error that is not a step's. */
export const sysError = (error: SysError): TwinboxError =>
  new TwinboxError({ code: errnoName(error.errno) ?? 'EIO', message: error.message, ...(error.syscall ? { syscall: error.syscall } : {}) });
