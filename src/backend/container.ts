// A container as the runtime keeps it: its record outlives its processes, until it is removed.

import { TwinboxError } from '../errno.ts';
import type { Plan } from '../kernel/uapi/step.ts';
import type { Resources, Spec } from '../spec.ts';
import type { ContainerState, CreateOptions, ExecOptions, Status } from '../wire.ts';
import { type Child, type Driver, type Init, type Maybe, then } from './driver.ts';
import { type ProcessHost, ProcessRecord } from './process.ts';

/** Ended execs that are remembered for inspect. */
const execsMax = 64;

export class ContainerRecord {
  readonly id: string;
  readonly autoRemove: boolean;
  readonly process: ProcessRecord<Init>;
  readonly execs = new Map<string, ProcessRecord<Child>>();
  name: string;
  status: Status = 'creating';
  readonly #driver: Driver;
  readonly #options: CreateOptions;
  #spec: Spec;
  readonly #created = new Date().toISOString();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(driver: Driver, host: ProcessHost, plan: Plan, options: CreateOptions) {
    this.#driver = driver;
    this.#options = options;
    this.#spec = options.spec;
    this.id = options.id;
    this.name = options.name;
    this.autoRemove = options.autoRemove;
    this.process = new ProcessRecord(host, {
      id: options.id, container: options.id, args: options.spec.process.args, plan, logBytesMax: options.logBytesMax,
    }, (told) => driver.create(plan, options, told));
  }

  get init(): Init {
    return this.process.child;
  }

  exec(host: ProcessHost, plan: Plan, options: ExecOptions): ProcessRecord {
    if (this.execs.has(options.id)) {
      throw new TwinboxError({ code: 'EEXIST', message: `the exec ${options.id} exists` });
    }
    const process = new ProcessRecord<Child>(host, {
      id: options.id, container: this.id, args: options.args, plan, logBytesMax: options.logBytesMax,
    }, (told) => this.#driver.exec(this.init, plan, options, told));
    this.execs.set(process.id, process);
    this.#forget();
    return process;
  }

  require(status: Status): void {
    if (this.status === status) return;
    throw new TwinboxError({ code: 'ERR_STATE', message: `container ${this.name} is ${this.status}, not ${status}` });
  }

  /** It has other limits now. */
  limit(resources: Resources): void {
    this.#spec = { ...this.#spec, linux: { ...this.#spec.linux, resources } };
  }

  /** Its first process has ended: nothing of it may go on, also where it had no PID namespace of its own. */
  ended(): void {
    clearTimeout(this.#timer);
    this.status = 'stopped';
    this.init.endGroup?.();
  }

  /** Its time begins to run. */
  limitTime(): void {
    const { timeoutMs } = this.#options;
    // More than a timer can hold, 24 days, is no limit.
    if (timeoutMs === undefined || timeoutMs >= 2 ** 31 || this.process.exit !== undefined) return;
    this.#timer = setTimeout(() => void this.#expire(), timeoutMs);
    // It keeps no host alive; a browser's timer never does.
    (this.#timer as { unref?(): void }).unref?.();
  }

  remove(): Maybe<void> {
    clearTimeout(this.#timer);
    this.init.endGroup?.();
    const execs = [...this.execs.values()].map((exec) => exec.remove()).filter((done) => done instanceof Promise);
    const own = this.process.remove();
    const all = execs.length === 0 ? own : Promise.all([...execs, own]);
    return then<unknown, void>(all, () => { this.status = 'stopped'; });
  }

  state(): ContainerState {
    const { image, labels, lifetime, stopSignal, stopTimeoutMs } = this.#options;
    return {
      id: this.id, name: this.name, image, labels, mode: this.#driver.mode, lifetime, status: this.status,
      ...(stopSignal === undefined ? {} : { stopSignal }), ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
      created: this.#created, spec: this.#spec, process: this.process.state(),
      execs: [...this.execs.values()].map((exec) => exec.state()),
    };
  }

  async #expire(): Promise<void> {
    try {
      await this.process.expire();
    } catch {
      // It has just ended by itself.
    }
  }

  #forget(): void {
    const ended = [...this.execs.values()].filter((exec) => exec.exit !== undefined);
    for (const exec of ended.slice(0, Math.max(0, ended.length - execsMax))) {
      void exec.remove();
      this.execs.delete(exec.id);
    }
  }
}
