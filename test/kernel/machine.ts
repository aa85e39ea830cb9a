// A machine for unit tests: the whole kernel over fake hardware and a clock that only a test moves. Its tasks have no
// CPU: a test makes their system calls, and runs their signal handlers by writing the signal down.

import { type Hardware, MARK_BLOCK, MARK_DIE, MARK_SIGNAL, type Program, type ProgramSource } from '../../src/kernel/hardware.ts';
import { Kernel, type KernelOptions } from '../../src/kernel/kernel.ts';
import type { Task } from '../../src/kernel/proc/task.ts';
import { WaitQueue } from '../../src/kernel/sched/block.ts';
import type { Clock, Timespec } from '../../src/kernel/sched/clock.ts';
import type { CallName, Fn } from '../../src/kernel/syscall/abi.ts';
import { ByteBuf, type Ptr, scratch } from '../../src/kernel/syscall/buf.ts';
import { errnoName } from '../../src/kernel/uapi/errno.ts';
import { SIG } from '../../src/kernel/uapi/signal.ts';

export class FakeClock implements Clock {
  nowNs = 1e9;
  #alarmNs = Infinity;
  #wake: () => void = () => {};

  monotonicNs(): number {
    return this.nowNs;
  }

  realtime(): Timespec {
    return { sec: 1_700_000_000 + Math.floor(this.nowNs / 1e9), nsec: this.nowNs % 1e9 };
  }

  alarm(deadlineNs: number, wake: () => void): void {
    this.#alarmNs = deadlineNs;
    this.#wake = wake;
  }

  /** Let time pass, alarm by alarm. */
  advance(ms: number): void {
    const end = this.nowNs + ms * 1e6;
    while (this.#alarmNs <= end) {
      this.nowNs = Math.max(this.nowNs, this.#alarmNs);
      this.#alarmNs = Infinity;
      this.#wake();
    }
    this.nowNs = end;
  }
}

export class FakeHardware implements Hardware {
  readonly queue: Task[] = [];
  readonly released: Task[] = [];
  readonly started: Task[] = [];
  /** What load answers: a module is whatever begins with "prog". */
  load(source: ProgramSource): Program {
    const ready = String.fromCharCode(...source.read().subarray(0, 4)) === 'prog';
    return {
      state: ready ? 'ready' : 'failed', error: undefined, queue: new WaitQueue(), memoryBytes: 65536, preopens: false,
    } as Program;
  }

  start(task: Task): void {
    this.started.push(task);
  }

  clone(): void {}

  ready(task: Task): void {
    if (!this.queue.includes(task)) this.queue.push(task);
  }

  release(task: Task): void {
    this.released.push(task);
  }

  handler(): void {}
  preempt(): void {}
}

export type Args<N extends CallName> = Parameters<Fn<N>> extends [Task, ...infer A] ? A : never;
/** A number, or the name of an errno, or that the call has parked, or that its task has died. */
export type Answer = number | string;

export class Machine {
  readonly clock = new FakeClock();
  readonly hardware = new FakeHardware();
  readonly kernel: Kernel;
  /** Answers of parked calls, and the signals that handlers have got, by task. */
  readonly #answers = new Map<Task, number>();
  readonly #handled = new Map<Task, number[]>();

  constructor(options: Partial<KernelOptions> = {}) {
    let seed = 1;
    this.kernel = new Kernel({
      hardware: this.hardware, clock: this.clock, random: (bytes) => bytes.forEach((_, i) => { bytes[i] = seed++ & 255; }),
      ...options,
    });
  }

  get init(): Task {
    return this.kernel.init;
  }

  /** Make a call. `parked` if it waits: see answer. */
  call<N extends CallName>(task: Task, name: N, ...args: Args<N>): Answer {
    task.onResult = (result) => this.#answers.set(task, result);
    const result = this.#signals(task, this.kernel.issue(task, name, args as never));
    return result === MARK_BLOCK ? this.#pumped(task) : said(result);
  }

  /** Like call, for what must succeed. */
  ok<N extends CallName>(task: Task, name: N, ...args: Args<N>): number {
    const answer = this.call(task, name, ...args);
    if (typeof answer !== 'number') throw new Error(`${name}: ${answer}`);
    return answer;
  }

  /** What a parked call has answered since. */
  answer(task: Task): Answer {
    this.run();
    const result = this.#answers.get(task);
    this.#answers.delete(task);
    return result === undefined ? 'parked' : said(result);
  }

  /** Signals whose handlers have run, by number, in order; forgotten when asked. */
  handled(task: Task): number[] {
    this.run();
    const list = this.#handled.get(task) ?? [];
    this.#handled.delete(task);
    return list;
  }

  /** A child of `parent`; flags are clone(2)'s. */
  fork(parent: Task, flags = 0, signal: number = SIG.CHLD): Task {
    const pid = this.ok(parent, 'clone', 0, 0, flags | signal, 0);
    return parent.pid.ns.task(pid)!;
  }

  /** The first task of a container: every namespace of its own. */
  container(flags = 0x20000000): Task {
    return this.fork(this.init, flags);
  }

  /** Let every ready task have its turn. */
  run(): void {
    for (let task = this.hardware.queue.shift(); task !== undefined; task = this.hardware.queue.shift()) {
      if (!task.alive) continue;
      const result = this.#signals(task, this.kernel.resume(task));
      if (result !== MARK_BLOCK) this.#answers.set(task, result);
    }
  }

  /** Time passes. */
  advance(ms: number): void {
    this.run();
    this.clock.advance(ms);
    this.run();
  }

  #pumped(task: Task): Answer {
    this.run();
    return this.answer(task);
  }

  /** Run handlers as the glue does. */
  #signals(task: Task, mark: number): number {
    let result = mark;
    while (result === MARK_SIGNAL) {
      let code = this.kernel.signalNext(task);
      while (code > 0) {
        const list = this.#handled.get(task) ?? [];
        list.push(code > 64 ? code - 64 : code);
        this.#handled.set(task, list);
        this.kernel.sigreturn(task);
        code = this.kernel.signalNext(task);
      }
      result = code < 0 ? MARK_DIE : this.kernel.afterSignals(task);
    }
    return result;
  }
}

function said(result: number): Answer {
  if (result === MARK_DIE) return 'dead';
  if (result === MARK_BLOCK) return 'parked';
  return result < 0 && result > -4096 ? errnoName(-result) ?? result : result;
}

/** A pointer to bytes, and one that is an integer. */
export const pointer = (bytes: Uint8Array): Ptr => ({ value: 1, buf: (n) => new ByteBuf(bytes.subarray(0, n)) });
export const integer = (value: number): Ptr => ({ value, buf: () => new ByteBuf(new Uint8Array(0)) });
export const bytes = (text: string): ByteBuf => new ByteBuf(new TextEncoder().encode(text));
/** The int that a call has written. */
export const int = (buf: { readonly bytes: Uint8Array }, at = 0): number =>
  new DataView(buf.bytes.buffer, buf.bytes.byteOffset).getInt32(at, true);
export const text = (raw: Uint8Array): string => new TextDecoder().decode(raw);
export { scratch };
