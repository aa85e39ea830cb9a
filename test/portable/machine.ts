// A toy kernel for tests of the hardware: numbered tasks, a log, and a handful of calls of the module `linux`.

import type {Program} from '../../src/kernel/hardware.ts';
import {MARK_BLOCK, MARK_DIE, MARK_SIGNAL} from '../../src/kernel/hardware.ts';
import type {Task} from '../../src/kernel/proc/task.ts';
import type {SysError} from '../../src/kernel/uapi/errno.ts';
import {createHardware} from '../../src/portable/hardware.ts';
import type {Machine} from '../../src/portable/hardware.ts';
import type {CpuKind} from '../../src/portable/section.ts';
import {laneWorks} from '../../src/portable/lane.ts';

const DEAD = 2;
const EXEC = 4;

/** The CPU that this run of the tests is about. */
export const cpu = (process.env.TWINBOX_CPU as CpuKind | undefined) ?? (laneWorks ? 'lane' : 'worker');

interface ToyTask {
  pid: number;
  kernel: Toy;
  regs: Int32Array;
  call: {hi: number; parked: boolean};
  attention: number;
  alive: boolean;
  mm: {memory: {bytes(): Uint8Array} | undefined; program: Program};
  cpu: unknown;
  utimeNs: number;
  handling: object | undefined;
  /** Exit status, or 128 + signal. */
  status: number;
  pending: number[];
  handlers: Map<number, {siginfo: boolean}>;
  interrupted: number[];
  blockedOn: 'pause' | 'wait' | 'none';
  woken: number;
  ended: (status: number) => void;
  exited: Promise<number>;
}

const names = [
  'exit', 'log', 'getpid', 'pause', 'clone', 'kill', 'sigaction', 'exec', 'wide', 'wake', 'peek', 'wait', 'fail',
] as const;

export class Toy {
  readonly log: number[] = [];
  readonly tasks = new Map<number, ToyTask>();
  readonly hardware: Machine;
  readonly unknown: string[] = [];
  panics: unknown[] = [];
  memoryLimit = Infinity;
  programs: Program[] = [];
  #pids = 0;
  #keys = 0;

  constructor(options: {cpu?: CpuKind; workersMax?: number} = {}) {
    this.hardware = createHardware({
      cpu: options.cpu ?? cpu,
      workersMax: options.workersMax,
      panic: (error) => this.panics.push(error),
      calls: {
        number: (module, name) => module === 'linux' ? names.indexOf(name as (typeof names)[number]) : -1,
        trap: (task, nr) => this.trap(task as unknown as ToyTask, nr),
        unknown: (_, module, name) => void this.unknown.push(`${module}.${name}`),
        grow: (task, bytes) => (task.mm?.memory?.bytes().length ?? 0) + bytes <= this.memoryLimit,
      },
    });
  }

  load(bytes: Uint8Array): Program {
    const program = this.hardware.load({key: `${++this.#keys}`, name: 'test', size: bytes.length, read: () => bytes});
    this.programs.push(program);
    return program;
  }

  /** Loads what must load. */
  program(bytes: Uint8Array): Program {
    const program = this.load(bytes);
    if (program.state !== 'ready') throw program.error ?? new Error(program.state);
    return program;
  }

  start(program: Program): ToyTask {
    const task = this.task(program);
    this.hardware.start(task as unknown as Task, program);
    return task;
  }

  async run(bytes: Uint8Array): Promise<number> {
    return await this.start(this.program(bytes)).exited;
  }

  private task(program: Program): ToyTask {
    let ended!: (status: number) => void;
    const exited = new Promise<number>((resolve) => {
      ended = resolve;
    });
    const task: ToyTask = {
      pid: ++this.#pids, kernel: this, regs: new Int32Array(16), call: {hi: 0, parked: false}, attention: 0, alive: true,
      mm: {memory: undefined, program}, cpu: undefined, utimeNs: 0, handling: undefined, status: -1, pending: [],
      handlers: new Map(), interrupted: [], blockedOn: 'none', woken: 0, ended, exited,
    };
    this.tasks.set(task.pid, task);
    return task;
  }

  kill(task: ToyTask, signal = 9): void {
    if (!task.alive) return;
    if (!task.handlers.has(signal)) {
      this.#exit(task, 128 + signal);
      return;
    }
    task.pending.push(signal);
    task.attention |= 1;
    if (task.call.parked) this.hardware.ready(task as unknown as Task);
    else this.hardware.preempt(task as unknown as Task);
  }

  #exit(task: ToyTask, status: number): void {
    task.alive = false;
    task.attention |= DEAD;
    task.status = status;
    this.hardware.release(task as unknown as Task);
    for (const other of this.tasks.values()) {
      if (other.blockedOn === 'wait') this.hardware.ready(other as unknown as Task);
    }
    task.ended(status);
  }

  trap(task: ToyTask, nr: number): number {
    const [a, b, c, d] = task.regs as unknown as [number, number, number, number];
    switch (names[nr]) {
      case 'exit': this.#exit(task, a); return MARK_DIE;
      case 'log': this.log.push(a); return this.#attend(task, 0);
      case 'getpid': return task.pid;
      case 'pause': task.blockedOn = 'pause'; return this.#park(task);
      case 'wait': task.blockedOn = 'wait'; return this.#park(task);
      case 'clone': {
        const child = this.task(task.mm.program);
        try {
          this.hardware.clone(task as unknown as Task, child as unknown as Task, a, b, d);
        } catch (error) {
          this.tasks.delete(child.pid);
          return -(error as SysError).errno;
        }
        for (const [signal, handler] of task.handlers) child.handlers.set(signal, handler);
        return child.pid;
      }
      case 'kill': {
        const target = this.tasks.get(a);
        if (target === undefined) return -3;
        this.kill(target, b);
        return this.#attend(task, 0);
      }
      case 'sigaction':
        try {
          this.hardware.handler(task as unknown as Task, a, b, c !== 0);
        } catch (error) {
          return -(error as SysError).errno;
        }
        task.handlers.set(a, {siginfo: c !== 0});
        return 0;
      case 'exec':
        task.mm = {memory: undefined, program: this.programs[a]!};
        task.handlers.clear();
        task.attention |= EXEC;
        return MARK_DIE;
      case 'wide': {
        const n = (BigInt(b) << 32n | BigInt(a >>> 0)) + 1n;
        task.call.hi = Number(n >> 32n);
        return Number(n & 0xffffffffn) | 0;
      }
      case 'wake': {
        const target = this.tasks.get(a)!;
        target.woken++;
        this.hardware.ready(target as unknown as Task);
        return 0;
      }
      case 'peek': return task.mm.memory!.bytes()[a >>> 0] ?? -14;
      case 'fail': throw new Error('a bug in the kernel');
      default: return -38;
    }
  }

  #attend(task: ToyTask, result: number): number {
    if ((task.attention & (DEAD | EXEC)) !== 0) return MARK_DIE;
    if (task.pending.length === 0) return result;
    task.interrupted.push(result);
    return MARK_SIGNAL;
  }

  #park(task: ToyTask): number {
    task.call.parked = true;
    return this.resume(task);
  }

  // The doors.

  resume(task: ToyTask): number {
    if ((task.attention & DEAD) !== 0) return MARK_DIE;
    if (task.pending.length > 0) {
      task.call.parked = false;
      return this.#attend(task, -4);
    }
    if (task.blockedOn === 'wait') {
      const zombie = [...this.tasks.values()].find((t) => !t.alive);
      if (zombie === undefined) return MARK_BLOCK;
      this.tasks.delete(zombie.pid);
      task.call.parked = false;
      task.blockedOn = 'none';
      return zombie.status;
    }
    if (task.woken === 0) return MARK_BLOCK;
    task.woken--;
    task.call.parked = false;
    task.blockedOn = 'none';
    return 77;
  }

  resumeBare(): void {}

  check(task: ToyTask): number { return this.#attend(task, 0); }

  signalNext(task: ToyTask): number {
    if ((task.attention & DEAD) !== 0) return MARK_DIE;
    const signal = task.pending.shift();
    if (signal === undefined) {
      task.attention &= ~1;
      return 0;
    }
    task.handling = {signo: signal, code: 0, pid: 42, uid: 7, status: 0, utimeNs: 0, stimeNs: 0};
    return task.handlers.get(signal)!.siginfo ? signal + 64 : signal;
  }

  sigreturn(): void {}

  afterSignals(task: ToyTask): number { return task.interrupted.pop()!; }

  fault(task: ToyTask, signal: number): void { if (task.alive) this.#exit(task, 128 + signal); }

  returned(task: ToyTask, status: number): void { if (task.alive) this.#exit(task, status); }

  next(task: ToyTask): Program | undefined {
    if (!task.alive) return undefined;
    task.attention &= ~EXEC;
    return task.mm.program;
  }
}
