// The worker CPU: a thread for each process. The kernel stays on its own thread; a guest's call is a message to it and
// a sleep until it is answered (control.ts). Guest memory is shared, so that the kernel copies in and out directly.
//
// A program with the code pass looks at its flags when its fuel is spent; one without can be stopped at its calls only,
// and is killed by ending its thread.

import {MARK_BLOCK, MARK_DIE} from '../kernel/hardware.ts';
import type {Task} from '../kernel/proc/task.ts';
import {SysError} from '../kernel/uapi/errno.ts';
import {SIG} from '../kernel/uapi/signal.ts';
import type {Calls} from './calls.ts';
import * as C from './control.ts';
import type {End, Handler, Job} from './control.ts';
import {goesOn} from './outcome.ts';
import type {Image} from './image.ts';
import {copyMemory, MemoryPool} from './memory.ts';
import type {GuestMemory} from './memory.ts';
import {ThreadPool} from './pool.ts';
import type {Listener, Thread} from './pool.ts';
import {EXPORT, PAGE_BYTES} from './section.ts';
import {siginfoBytes} from './siginfo.ts';

/** How long a thread may take to see the flag that ends it, before it is ended from outside. */
const DIE_MS = 200;
/** How long the kernel waits for a thread's answer to a question; threads answer at once. */
const ASK_MS = 2000;

/** What a process is to its thread's other end. */
export class WorkerCpu implements Listener {
  readonly task: Task;
  readonly image: Image;
  readonly workers: Workers;
  /** run: guest code runs, or is about to. serve: its call is being tried. wait: its call is parked. gone: ended. */
  state: 'run' | 'serve' | 'wait' | 'gone' = 'run';
  queued = false;
  /** Made ready while its call was tried. */
  readied = false;
  dead = false;
  thread: Thread | undefined = undefined;
  memory: GuestMemory | undefined = undefined;
  /** Where the values of its globals come when it clones. */
  values: SharedArrayBuffer | undefined = undefined;
  readonly handlers = new Map<number, Handler>();
  /** When it last went back to its own code. */
  resumedMs = 0;
  killer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(workers: Workers, task: Task, image: Image) {
    this.workers = workers;
    this.task = task;
    this.image = image;
  }

  requested(): void { this.workers.serve(this); }
  ended(end: End): void { this.workers.ended(this, end); }
  lost(): void { this.workers.ended(this, {signal: SIG.KILL, message: 'the thread was lost'}); }
}

export interface WorkerOptions {
  readonly calls: Calls;
  readonly max: number;
  /** Threads kept ready. */
  readonly warm: number;
  /** Starts a program that is not for a worker. */
  readonly elsewhere: (task: Task, image: Image) => void;
  /** A process has its first or has lost its last instance here: `delta` is 1 or -1. */
  readonly count: (delta: number) => void;
  readonly panic: (error: unknown) => void;
}

export class Workers {
  readonly #options: WorkerOptions;
  readonly #threads: ThreadPool;
  readonly #pool = new MemoryPool(true);
  readonly #ready: WorkerCpu[] = [];

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#threads = new ThreadPool(options.max);
  }

  warm(): void {
    this.#threads.warm(this.#options.warm);
  }

  close(): Promise<void> {
    return this.#threads.close();
  }

  // What the kernel asks.

  /** Throws EAGAIN when there are too many processes: waiting for one to end could wait for ever. */
  start(task: Task, image: Image, thread = this.#threads.take()): void {
    if (thread === undefined) throw new SysError('EAGAIN', 'execve', 'all workers are busy');
    const {facts} = image;
    const cpu = new WorkerCpu(this, task, image);
    try {
      cpu.memory = this.#pool.take(facts.memory.min, image.pagesMax, true);
    } catch (error) {
      this.#threads.give(thread);
      throw new SysError('ENOMEM', 'execve', String(error));
    }
    const entries: string[] = [];
    if (facts.data) entries.push(EXPORT.data);
    if (facts.start) entries.push(EXPORT.start);
    if (facts.entry !== undefined) entries.push(facts.entry);
    this.#run(cpu, thread, entries, undefined);
  }

  clone(parent: WorkerCpu, child: Task, fn: number, stack: number, arg: number): void {
    const {image} = parent;
    if (!this.#threads.available) throw new SysError('EAGAIN', 'clone', 'all workers are busy');
    if (this.#ask(parent, C.ASK_CLONE, 0, fn, 0) < 0) {
      throw new SysError('EINVAL', 'clone', `no function (i32) -> i32 at ${fn}`);
    }
    const cpu = new WorkerCpu(this, child, image);
    try {
      cpu.memory = this.#pool.take(parent.memory!.pages, image.pagesMax, false);
    } catch (error) {
      throw new SysError('ENOMEM', 'clone', String(error));
    }
    copyMemory(parent.memory!.bytes(), cpu.memory);
    for (const [signal, handler] of parent.handlers) cpu.handlers.set(signal, handler);
    // A copy: the parent may clone again before its child has read them.
    cpu.values = this.#values(image);
    new Uint8Array(cpu.values).set(new Uint8Array(parent.values!));
    this.#run(cpu, this.#threads.take()!, [], {fn, arg, stack, handlers: [...cpu.handlers.values()]});
  }

  ready(cpu: WorkerCpu): void {
    if (cpu.state === 'serve') cpu.readied = true;
    if (cpu.state !== 'wait' || cpu.queued) return;
    cpu.queued = true;
    this.#ready.push(cpu);
    if (this.#ready.length === 1) queueMicrotask(this.#drain);
  }

  release(cpu: WorkerCpu): void {
    if (cpu.dead || cpu.state === 'gone') return;
    cpu.dead = true;
    if (cpu.state === 'serve') return;
    const {control} = cpu.thread!;
    if (cpu.state === 'wait' || Atomics.load(control, C.STATE) === C.REQUEST) {
      this.#reply(cpu, MARK_DIE);
    } else if (cpu.image.facts.checked) {
      Atomics.or(control, C.FLAGS, C.FLAG_DIE);
      cpu.killer = setTimeout(() => this.#terminate(cpu), DIE_MS);
    } else this.#terminate(cpu);
  }

  handler(cpu: WorkerCpu, signal: number, fn: number, siginfo: boolean): void {
    if (fn < 0) {
      cpu.handlers.delete(signal);
      return;
    }
    if (siginfo && !cpu.image.facts.stackPointer) {
      throw new SysError('EINVAL', 'rt_sigaction', 'SA_SIGINFO needs an exported __stack_pointer');
    }
    if (this.#ask(cpu, C.ASK_HANDLER, signal, fn, siginfo ? 1 : 0) < 0) {
      throw new SysError('EINVAL', 'rt_sigaction', `no function of a handler's type at ${fn}`);
    }
    cpu.handlers.set(signal, {signal, fn, siginfo});
  }

  preempt(cpu: WorkerCpu): void {
    if (cpu.state === 'run') Atomics.or(cpu.thread!.control, C.FLAGS, C.FLAG_ATTEND);
  }

  // A process from its first instruction to its last.

  #run(cpu: WorkerCpu, thread: Thread, entries: readonly string[], clone: Job['clone']): void {
    const {facts, module, glue} = cpu.image;
    cpu.values ??= this.#values(cpu.image);
    cpu.thread = thread;
    cpu.task.cpu = cpu;
    cpu.task.mm!.memory = cpu.memory!;
    this.#options.count(1);
    Atomics.store(thread.control, C.STATE, C.RUNNING);
    Atomics.store(thread.control, C.FLAGS, cpu.task.attention === 0 ? 0 : C.FLAG_ATTEND);
    cpu.resumedMs = performance.now();
    thread.run({
      module, glue, memory: cpu.memory!.memory, tables: facts.tables, entries, clone, checked: facts.checked,
      stackPointer: facts.stackPointer, values: cpu.values,
    }, cpu);
    this.#threads.warm(this.#options.warm);
  }

  #values({facts}: Image): SharedArrayBuffer {
    return new SharedArrayBuffer(Math.max(facts.globalBytes, 1));
  }

  /** A request is on the control page. */
  serve(cpu: WorkerCpu): void {
    const {control} = cpu.thread!;
    // Already answered when the process was released.
    if (Atomics.load(control, C.STATE) !== C.REQUEST || cpu.state !== 'run') return;
    cpu.state = 'serve';
    cpu.task.utimeNs += (performance.now() - cpu.resumedMs) * 1e6;
    let answer = MARK_DIE;
    try {
      answer = this.#request(cpu, control);
    } catch (error) {
      this.#options.panic(error);
    }
    this.#finish(cpu, answer);
  }

  #request(cpu: WorkerCpu, control: Int32Array): number {
    const {task} = cpu;
    const {kernel} = task;
    switch (control[C.OP]) {
      case C.OP_TRAP:
        task.regs.set(control.subarray(C.REGS, C.REGS + C.REGS_COUNT));
        return this.#options.calls.trap(task, control[C.NR]!);
      case C.OP_CHECK: return kernel.check(task);
      case C.OP_RESUME: return kernel.afterSignals(task);
      case C.OP_GROW: return this.#grow(cpu, control[C.NR]!);
      case C.OP_SIGRETURN: kernel.sigreturn(task); return 0;
      case C.OP_SIG: {
        const signal = kernel.signalNext(task);
        if (signal > 64) new Uint8Array(control.buffer, C.SIGINFO * 4, 128).set(siginfoBytes(task));
        return signal;
      }
      case C.OP_UNKNOWN: {
        const {module, name} = cpu.image.facts.imports[control[C.NR]!]!;
        this.#options.calls.unknown(task, module, name);
        return 0;
      }
      default: return MARK_DIE;
    }
  }

  /** An answer: to the guest, unless its call is parked. */
  #finish(cpu: WorkerCpu, answer: number): void {
    if (cpu.dead) answer = MARK_DIE;
    if (answer !== MARK_BLOCK) {
      this.#reply(cpu, answer);
      return;
    }
    cpu.state = 'wait';
    const {readied} = cpu;
    cpu.readied = false;
    if (readied) this.ready(cpu);
  }

  #reply(cpu: WorkerCpu, answer: number): void {
    const {control} = cpu.thread!;
    cpu.state = 'run';
    cpu.readied = false;
    control[C.RESULT] = answer;
    control[C.HI] = cpu.task.call.hi;
    cpu.resumedMs = performance.now();
    // Whatever wanted attention has had it; a later wish sets the flag again.
    Atomics.store(control, C.FLAGS, cpu.task.attention === 0 ? 0 : C.FLAG_ATTEND);
    Atomics.store(control, C.STATE, C.RUNNING);
    Atomics.notify(control, C.STATE);
  }

  #drain = (): void => {
    for (let cpu = this.#ready.shift(); cpu !== undefined; cpu = this.#ready.shift()) {
      cpu.queued = false;
      if (cpu.state !== 'wait') continue;
      cpu.state = 'serve';
      let answer = MARK_DIE;
      try {
        if (!cpu.dead) answer = cpu.task.kernel.resume(cpu.task);
      } catch (error) {
        this.#options.panic(error);
      }
      this.#finish(cpu, answer);
    }
  };

  ended(cpu: WorkerCpu, end: End): void {
    const {task} = cpu;
    const thread = cpu.thread!;
    if (cpu.state === 'gone') return;
    const lost = 'signal' in end && end.message === 'the thread was lost';
    this.#free(cpu);
    if (!cpu.dead) {
      task.utimeNs += (performance.now() - cpu.resumedMs) * 1e6;
      if ('status' in end) task.kernel.returned(task, end.status);
      else this.#fault(task, end.signal);
    }
    const next = cpu.dead ? undefined : task.kernel.next(task) as Image | undefined;
    if (task.cpu === cpu) task.cpu = undefined;
    if (!lost && (next === undefined || next.cpu !== 'worker')) this.#threads.give(thread);
    if (next === undefined) return;
    try {
      if (next.cpu === 'worker') this.start(task, next, lost ? undefined : thread);
      else this.#options.elsewhere(task, next);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      task.kernel.fault(task, SIG.KILL);
    }
  }

  #fault(task: Task, signal: number): void {
    if (signal !== 0) task.kernel.fault(task, signal);
    // Nothing is left to return to from a handler for it: the frames that trapped are gone.
    if (goesOn(task)) task.kernel.fault(task, SIG.KILL);
  }

  #terminate(cpu: WorkerCpu): void {
    if (cpu.state === 'gone') return;
    const {memory} = cpu;
    cpu.memory = undefined;
    this.#free(cpu);
    void this.#threads.end(cpu.thread!).then(() => {
      if (memory !== undefined) this.#pool.give(memory);
    });
  }

  #free(cpu: WorkerCpu): void {
    cpu.state = 'gone';
    clearTimeout(cpu.killer);
    if (cpu.memory !== undefined) this.#pool.give(cpu.memory);
    cpu.memory = undefined;
    this.#options.count(-1);
  }

  #grow(cpu: WorkerCpu, pages: number): number {
    const {task, image} = cpu;
    const memory = cpu.memory!;
    const old = memory.pages;
    const more = pages >>> 0;
    if (more === 0) return old;
    if (old + more > image.pagesMax || !this.#options.calls.grow(task, more * PAGE_BYTES)) return -1;
    try {
      return memory.memory.grow(more);
    } catch {
      this.#options.calls.grow(task, -more * PAGE_BYTES);
      return -1;
    }
  }

  /** Asks the thread of a process whose call is being served. Its table and globals are there. */
  #ask(cpu: WorkerCpu, question: number, a: number, b: number, c: number): number {
    const {control} = cpu.thread!;
    if (cpu.state !== 'serve') throw new Error('a question to a guest that is not in a call');
    control[C.ASK] = question;
    control[C.ASK_ARGS] = a;
    control[C.ASK_ARGS + 1] = b;
    control[C.ASK_ARGS + 2] = c;
    Atomics.store(control, C.STATE, C.QUESTION);
    Atomics.notify(control, C.STATE);
    while (Atomics.load(control, C.STATE) === C.QUESTION) {
      if (Atomics.wait(control, C.STATE, C.QUESTION, ASK_MS) === 'timed-out') throw new SysError('EAGAIN');
    }
    return control[C.ASKED]!;
  }
}
