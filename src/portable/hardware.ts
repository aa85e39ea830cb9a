// The machine under the kernel: a lane and a set of workers behind the kernel's one interface. Which CPU runs a program
// is a property of its image.

import type {Hardware, Program, ProgramSource} from '../kernel/hardware.ts';
import type {Task} from '../kernel/proc/task.ts';
import {SysError} from '../kernel/uapi/errno.ts';
import {SIG} from '../kernel/uapi/signal.ts';
import type {Calls} from './calls.ts';
import type {Image} from './image.ts';
import {Loader} from './image.ts';
import {Lane, laneWorks} from './lane.ts';
import {LaneCpu} from './lanecpu.ts';
import type {CpuKind} from './section.ts';
import {WorkerCpu, Workers} from './worker.ts';

export interface HardwareOptions {
  readonly calls: Calls;
  /** Forces one CPU for all programs. Otherwise lanes where the engine has JSPI, and workers for large programs. */
  readonly cpu?: CpuKind;
  /** Workers at most: beyond it clone(2) and spawn fail with EAGAIN. */
  readonly workersMax?: number;
  /** Workers kept ready for the next process. */
  readonly workersWarm?: number;
  /** What to do when the kernel itself throws; the default ends the program. */
  readonly panic?: (error: unknown) => void;
}

export interface Machine extends Hardware {
  /** The CPU that programs get here by default. */
  readonly cpu: CpuKind;
  /** Believe a module that the build has prepared: bytes of busybox.<cpu>.wasm. */
  trust(bytes: Uint8Array): void;
  /** Begin to start workers, where the first process will need one. */
  warm(): void;
  /** Ends what is pooled. Tasks that live are the kernel's to kill before. */
  close(): Promise<void>;
}

export function createHardware(options: HardwareOptions): Machine {
  const cpu = options.cpu ?? (laneWorks ? 'lane' : 'worker');
  if (cpu === 'lane' && !laneWorks) throw new SysError('ENOSYS', 'lane', 'this engine has no JSPI (Node 24 has)');
  const {calls} = options;
  const panic = options.panic ?? stop;
  const alive = new KeepAlive();
  const count = (delta: number) => alive.count(delta);
  const workers = new Workers({
    calls, count, panic, elsewhere: handOver,
    max: options.workersMax ?? 128, warm: options.workersWarm ?? 1,
  });
  const lane = laneWorks ? new Lane({calls, count, panic, elsewhere: handOver, macrotask}) : undefined;
  const loader = new Loader({calls, cpu, forced: options.cpu !== undefined, workers: true, count});

  function start(task: Task, program: Program): void {
    const image = program as Image;
    if (image.cpu === 'lane') lane!.start(task, image);
    else workers.start(task, image);
  }

  /** execve(2) into a program of the other CPU: past the point of no return, so what cannot be started is killed. */
  function handOver(task: Task, image: Image): void {
    try {
      start(task, image);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      task.cpu = undefined;
      task.kernel.fault(task, SIG.KILL);
    }
  }

  // Without a lane there is no run queue for tasks that have no CPU.
  const bare = new Set<Task>();
  function readyBare(task: Task): void {
    if (bare.has(task)) return;
    bare.add(task);
    queueMicrotask(() => {
      bare.delete(task);
      task.kernel.resumeBare(task);
    });
  }

  return {
    cpu,
    trust: (bytes) => loader.trust(bytes),
    warm: () => cpu === 'worker' ? workers.warm() : undefined,
    load: (source: ProgramSource) => loader.load(source),
    start,
    clone(parent, child, fn, stack, arg) {
      if (parent.cpu instanceof LaneCpu) lane!.clone(parent.cpu, child, fn, stack, arg);
      else if (parent.cpu instanceof WorkerCpu) workers.clone(parent.cpu, child, fn, stack, arg);
      else throw new SysError('EINVAL', 'clone', 'the caller has no memory');
    },
    ready(task) {
      if (task.cpu instanceof WorkerCpu) workers.ready(task.cpu);
      else if (lane !== undefined) lane.ready(task);
      else readyBare(task);
    },
    release(task) {
      if (task.cpu instanceof LaneCpu) lane!.release(task.cpu);
      else if (task.cpu instanceof WorkerCpu) workers.release(task.cpu);
    },
    handler(task, signal, fn, siginfo) {
      if (task.cpu instanceof LaneCpu) lane!.handler(task.cpu, signal, fn, siginfo);
      else if (task.cpu instanceof WorkerCpu) workers.handler(task.cpu, signal, fn, siginfo);
    },
    preempt(task) {
      if (task.cpu instanceof LaneCpu) lane!.preempt(task.cpu);
      else if (task.cpu instanceof WorkerCpu) workers.preempt(task.cpu);
    },
    close() {
      // What ends now reports to nobody.
      alive.stop();
      return workers.close();
    },
  };
}

/** Holds the host's event loop while processes live: pending promises alone do not. */
class KeepAlive {
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined = undefined;

  stop(): void {
    this.count(-this.#count);
    this.#count = -Infinity;
  }

  count(delta: number): void {
    this.#count += delta;
    if (this.#count > 0) this.#timer ??= setInterval(() => {}, 0x7fffffff);
    else if (this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}

/** After one turn of the event loop. MessageChannel would starve Node's timers; browsers have nothing else. */
const macrotask: (fn: () => void) => void = typeof setImmediate === 'function' ? setImmediate : channel();

function channel(): (fn: () => void) => void {
  const {port1, port2} = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (fn) => {
    waiting.push(fn);
    port2.postMessage(0);
  };
}

/** A broken invariant: nothing may go on as if all were well. */
function stop(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
