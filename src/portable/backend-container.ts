// A container as the runtime keeps it: its record outlives its processes, until it is removed.

import type { Cgroup } from '../kernel/cgroup/cgroup.ts';
import { killCgroup } from '../kernel/cgroup/cgroup.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Plan } from '../kernel/uapi/step.ts';
import { TwinboxError } from '../errno.ts';
import type { ContainerState, CreateOptions, ExecOptions, Stats, Status } from '../wire.ts';
import { type ProcessHost, ProcessRecord } from './backend-process.ts';

/** Ended execs that are remembered for inspect. */
const execsMax = 64;

export class ContainerRecord {
  readonly id: string;
  readonly autoRemove: boolean;
  readonly process: ProcessRecord;
  readonly execs = new Map<string, ProcessRecord>();
  name: string;
  status: Status = 'creating';
  readonly #options: CreateOptions;
  readonly #created = new Date().toISOString();

  constructor(host: ProcessHost, plan: Plan, options: CreateOptions) {
    this.#options = options;
    this.id = options.id;
    this.name = options.name;
    this.autoRemove = options.autoRemove;
    this.process = new ProcessRecord(host, {
      id: options.id, container: options.id, args: options.spec.process.args, plan, logBytesMax: options.logBytesMax,
    });
  }

  get cgroup(): Cgroup | undefined {
    return this.process.birth.cgroup;
  }

  exec(host: ProcessHost, plan: Plan, options: ExecOptions): ProcessRecord {
    const target = this.process.task;
    const { cgroup } = this;
    if (target === undefined || cgroup === undefined) throw new TwinboxError({ code: 'ERR_STATE', message: 'not running' });
    if (this.execs.has(options.id)) throw new TwinboxError({ code: 'EEXIST', message: `the exec ${options.id} exists` });
    const process = new ProcessRecord(host, {
      id: options.id, container: this.id, args: options.args, plan, logBytesMax: options.logBytesMax, join: { target, cgroup },
    });
    this.execs.set(process.id, process);
    this.#forget();
    return process;
  }

  require(status: Status): void {
    if (this.status === status) return;
    throw new TwinboxError({ code: 'ERR_STATE', message: `container ${this.name} is ${this.status}, not ${status}` });
  }

  /** Its first process has ended: nothing of it may go on, also where it had no PID namespace of its own. */
  ended(): void {
    this.status = 'stopped';
    if (this.cgroup !== undefined) killCgroup(this.cgroup);
  }

  remove(): void {
    if (this.cgroup !== undefined) killCgroup(this.cgroup);
    for (const exec of this.execs.values()) exec.remove();
    this.process.remove();
    this.status = 'stopped';
  }

  state(): ContainerState {
    const { image, labels, lifetime, spec } = this.#options;
    return {
      id: this.id, name: this.name, image, labels, mode: 'portable', lifetime, status: this.status,
      created: this.#created, spec, process: this.process.state(),
      execs: [...this.execs.values()].map((exec) => exec.state()),
    };
  }

  stats(kernel: Kernel): Stats {
    const { cgroup } = this;
    const tasks = cgroup?.all() ?? [];
    const ns = tasks.reduce((sum, task) => sum + task.utimeNs + task.stimeNs, 0);
    return {
      read: new Date().toISOString(), processes: tasks.length, memoryBytes: cgroup?.memoryBytes ?? 0,
      memoryBytesMax: Math.min(cgroup?.memoryBytesMax ?? Infinity, kernel.machine.memoryBytes), cpuMs: ns / 1e6,
    };
  }

  #forget(): void {
    const ended = [...this.execs.values()].filter((exec) => exec.exit !== undefined);
    for (const exec of ended.slice(0, Math.max(0, ended.length - execsMax))) {
      exec.remove();
      this.execs.delete(exec.id);
    }
  }
}
