// A process as the runtime keeps it: its streams, its times, its end. The first process of a container and an exec are
// the same thing here.

import type { Plan, StdioKind } from '../kernel/uapi/step.ts';
import type { Exit, Message, ProcessState } from '../wire.ts';
import type { Child, Ends, Host, Input, Maybe } from './driver.ts';
import { Output } from './output.ts';
import { Ring } from './ring.ts';

export interface ProcessHost {
  readonly post: (message: Message) => void;
  /** The process has ended. */
  readonly ended: (process: ProcessRecord) => void;
  readonly oom: () => void;
  readonly trace: ((line: string) => void) | undefined;
}

export interface ProcessOptions {
  readonly id: string;
  readonly container: string;
  readonly args: readonly string[];
  readonly plan: Plan;
  readonly logBytesMax: number;
}

export class ProcessRecord<C extends Child = Child> implements Host {
  readonly id: string;
  readonly container: string;
  readonly args: readonly string[];
  readonly tty: boolean;
  readonly ring: Ring;
  readonly child: C;
  readonly trace?: (line: string) => void;
  readonly #host: ProcessHost;
  readonly #kinds: readonly StdioKind[];
  #stdin: Input | undefined;
  #outputs: readonly (Output | undefined)[] = [];
  /** On its way to its program: its end is told after its start. */
  #launching = false;
  #over = false;
  #timedOut = false;
  started: string | undefined;
  finished: string | undefined;
  exit: Exit | undefined;

  constructor(host: ProcessHost, options: ProcessOptions, make: (host: Host) => C) {
    this.#host = host;
    this.id = options.id;
    this.container = options.container;
    this.args = options.args;
    this.tty = options.plan.steps.some((step) => step.op === 'console');
    this.ring = new Ring(options.logBytesMax);
    this.#kinds = options.plan.steps.find((step) => step.op === 'stdio')?.args.fds ?? ['tty', 'log', 'null'];
    if (host.trace !== undefined) this.trace = host.trace;
    this.child = make(this);
  }

  /** As far as `park`. */
  async bear(): Promise<void> {
    try {
      await this.child.bear(false);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** From there on to its program; `told` before anybody hears of its end. */
  launch(told: () => void): Promise<void> {
    return this.#to(() => this.child.launch(), told);
  }

  /** Both in one go. */
  run(told: () => void): Promise<void> {
    return this.#to(() => this.child.bear(true), told);
  }

  async #to(program: () => Promise<void>, told: () => void): Promise<void> {
    this.#launching = true;
    try {
      await program();
      this.started = new Date().toISOString();
      told();
    } catch (error) {
      this.#release();
      throw error;
    } finally {
      this.#launching = false;
      if (this.#over) this.#host.ended(this);
    }
  }

  state(): ProcessState {
    return {
      id: this.id, container: this.container, args: this.args,
      pid: this.child.pid, hostPid: this.child.hostPid, tty: this.tty,
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

  /** Its time is over. */
  expire(): Maybe<void> {
    if (this.exit !== undefined) return;
    this.#timedOut = true;
    return this.child.signal(9);
  }

  /** The record goes: streams end, what the birth made is unmade. */
  remove(): Maybe<void> {
    this.child.kill();
    this.#release();
    return this.child.remove();
  }

  connect({ stdin, stdout, stderr }: Ends): void {
    const make = (fd: 1 | 2, source: Ends['stdout']): Output | undefined =>
      source && new Output(fd, source, this.#kinds[fd] === 'log' ? 'log' : 'pipe', this.ring, this.#host.post);
    this.#stdin = stdin;
    this.#outputs = [undefined, make(1, stdout), make(2, stderr)];
  }

  exited(exit: Exit): void {
    if (this.exit !== undefined) return;
    this.exit = this.#timedOut ? { ...exit, timedOut: true } : exit;
    this.finished = new Date().toISOString();
    // Others of the same death are still to come.
    queueMicrotask(() => {
      for (const output of this.#outputs) output?.finish();
      this.#stdin?.end();
      this.#over = true;
      if (!this.#launching) this.#host.ended(this);
    });
  }

  oom(): void {
    this.#host.oom();
  }

  #release(): void {
    this.#stdin?.end();
    for (const output of this.#outputs) output?.end();
  }
}
