// The lane: processes as green threads in the kernel's own thread, by JSPI. A guest runs until it waits, ends or has
// used up its slice. An explicit run queue decides who is next: at most one guest runs or has its resumption
// outstanding, so the order never depends on that of microtasks.
//
// A guest that waits has called `wait` of its glue, which is the one suspending import; its promise is resolved when
// the kernel has an answer for the parked call. After some milliseconds the lane lets the host's event loop turn.

import {MARK_BLOCK, MARK_DIE} from '../kernel/hardware.ts';
import type {Task} from '../kernel/proc/task.ts';
import {SysError} from '../kernel/uapi/errno.ts';
import {SIG} from '../kernel/uapi/signal.ts';
import type {Calls} from './calls.ts';
import {faultSignal} from './fault.ts';
import {loadGlobals, saveGlobals} from './globals.ts';
import {goesOn} from './outcome.ts';
import type {Image} from './image.ts';
import {tableEntry} from './image.ts';
import {grow, instantiate, LaneCpu, mark, nextSignal, putSiginfo, sigreturn} from './lanecpu.ts';
import {copyMemory, MemoryPool} from './memory.ts';
import {ENTRY_TYPES} from './probe.ts';
import {RunQueue} from './runqueue.ts';
import {EXPORT} from './section.ts';
import {tries} from './tries.ts';

/** Loop turns between two checks: 20 us of an empty loop. */
const FUEL = 20_000;
/** Checks that make a slice, after which the next in the queue has its turn. */
const SLICE_CHECKS = 25;
/** Calls after which the fuel counts as spent. */
const CALLS_MAX = 64;
/** How long guests run before the host's event loop turns. */
const TURN_MS = 1;

/** JSPI as far as it is used here; absent in Node 20 and 22. */
interface Jspi {
  Suspending?: new (fn: () => Promise<number> | number) => WebAssembly.ImportValue;
  promising?: (fn: unknown) => (...args: number[]) => Promise<unknown>;
}
const {Suspending, promising} = WebAssembly as unknown as Jspi;

export const laneWorks = Suspending !== undefined && promising !== undefined;

export interface LaneOptions {
  readonly calls: Calls;
  /** Runs a function after the host's event loop has turned once. */
  readonly macrotask: (fn: () => void) => void;
  /** Starts a program that is not for a lane. */
  readonly elsewhere: (task: Task, image: Image) => void;
  /** A process has its first or has lost its last instance here: `delta` is 1 or -1. */
  readonly count: (delta: number) => void;
  /** Something threw that must not: the program ends. */
  readonly panic: (error: unknown) => void;
}

export class Lane {
  readonly #options: LaneOptions;
  readonly #pool = new MemoryPool(false);
  readonly #queue = new RunQueue();
  /** A guest runs, or its resumption is outstanding. */
  #current: LaneCpu | undefined = undefined;
  #startedMs = 0;
  #turnMs = 0;
  #turnOpen = false;
  #pumping = false;
  #kicked = false;
  readonly #imports: WebAssembly.Imports;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#imports = {k: this.#glueImports()};
  }

  // What the kernel asks.

  start(task: Task, image: Image): void {
    const cpu = new LaneCpu(task, image);
    task.cpu = cpu;
    this.#options.count(1);
    this.#enqueue(cpu);
  }

  clone(parent: LaneCpu, child: Task, fn: number, stack: number, arg: number): void {
    const {image} = parent;
    const table = parent.guest![EXPORT.table];
    if (table === undefined || tableEntry(image, table, fn, 'clone') === undefined) {
      throw new SysError('EINVAL', 'clone', `no function (i32) -> i32 at ${fn}`);
    }
    const cpu = new LaneCpu(child, image);
    const old = parent.memory!.bytes();
    let globals: Uint8Array;
    try {
      globals = saveGlobals(parent.guest!, old, image.facts.globalBytes);
      instantiate(cpu, this.#pool.take(parent.memory!.pages, image.pagesMax, false), this.#imports);
    } catch (error) {
      throw new SysError('ENOMEM', 'clone', String(error));
    }
    const guest = cpu.guest!;
    copyMemory(old, cpu.memory!);
    loadGlobals(guest, cpu.memory!.bytes(), globals);
    if (stack !== 0 && image.facts.stackPointer) guest.__stack_pointer!.value = stack;
    for (const [signal, handler] of parent.handlers) cpu.handlers.set(signal, handler);
    cpu.entry = {fn: guest[EXPORT.table]!.get(fn), arg};
    child.cpu = cpu;
    this.#options.count(1);
    this.#enqueue(cpu);
  }

  ready(task: Task): void {
    const {cpu} = task;
    if (cpu instanceof LaneCpu) this.#enqueue(cpu);
    else this.#push(task);
  }

  release(cpu: LaneCpu): void {
    if (cpu.dead) return;
    cpu.dead = true;
    if (cpu.state === 'new') this.#free(cpu);
    // The trap comes before whatever else is to run, so that its memory is free for it.
    else if (cpu.state === 'wait' && !cpu.queued) this.#push(cpu, true);
  }

  handler(cpu: LaneCpu, signal: number, fn: number, siginfo: boolean): void {
    if (fn < 0) {
      cpu.handlers.delete(signal);
      return;
    }
    const table = cpu.guest![EXPORT.table];
    if (table === undefined || tableEntry(cpu.image, table, fn, siginfo ? 'siginfo' : 'handler') === undefined) {
      const type = `(${ENTRY_TYPES[siginfo ? 'siginfo' : 'handler'].params.map(() => 'i32')}) -> ()`;
      throw new SysError('EINVAL', 'rt_sigaction', `no function ${type} at ${fn}`);
    }
    if (siginfo && !cpu.image.facts.stackPointer) {
      throw new SysError('EINVAL', 'rt_sigaction', 'SA_SIGINFO needs an exported __stack_pointer');
    }
    cpu.handlers.set(signal, fn);
  }

  preempt(cpu: LaneCpu): void {
    if (cpu === this.#current && cpu.state === 'run') cpu.guest!.__tb_fuel.value = 0;
  }

  // The run queue.

  #enqueue(cpu: LaneCpu): void {
    if (cpu.queued || cpu.state === 'gone') return;
    if (cpu.state === 'run') cpu.readied = true;
    else this.#push(cpu);
  }

  #push(entry: LaneCpu | Task, first = false): void {
    this.#queue.push(entry, first);
    this.#kick();
  }

  /** See that the queue is served, though not from here: a wake is often in the midst of a call. */
  #kick(): void {
    if (this.#current !== undefined || this.#kicked || this.#pumping) return;
    this.#kicked = true;
    queueMicrotask(this.#kickedPump);
  }

  #kickedPump = (): void => {
    this.#kicked = false;
    this.#pump(performance.now());
  };

  /** A turn of the host's event loop begins with the first guest that runs in it. */
  #openTurn(now: number): boolean {
    if (!this.#turnOpen) {
      this.#turnOpen = true;
      this.#turnMs = now;
      this.#options.macrotask(this.#closeTurn);
      return true;
    }
    return now - this.#turnMs < TURN_MS;
  }

  #closeTurn = (): void => {
    this.#turnOpen = false;
    if (!this.#queue.empty) this.#pump(performance.now());
  };

  /** Gives the CPU to the next in the queue. `waiting` is the guest that calls this from its `wait`, if it does. */
  #pump(now: number, waiting?: LaneCpu): number {
    if (this.#current !== undefined || this.#pumping || this.#queue.empty) return MARK_BLOCK;
    if (!this.#openTurn(now)) return MARK_BLOCK;
    this.#pumping = true;
    let answer = MARK_BLOCK;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        if (!(next instanceof LaneCpu)) {
          next.kernel.resumeBare(next);
          continue;
        }
        if (next.state === 'gone') continue;
        this.#startedMs = now;
        if (next.state === 'new') {
          this.#current = next;
          // Not from here: this may be the stack of another guest's call.
          queueMicrotask(this.#boot);
          break;
        }
        const {task} = next;
        if (next.dead) answer = MARK_DIE;
        else if (next.yielded) answer = task.kernel.check(task);
        else answer = task.kernel.resume(task);
        next.yielded = false;
        next.dying ||= answer === MARK_DIE;
        // Woken for nothing: it goes on waiting and costs no switch.
        if (answer === MARK_BLOCK) continue;
        this.#current = next;
        next.state = 'run';
        if (next === waiting) return answer;
        const wake = next.wake!;
        next.wake = undefined;
        wake(answer);
        break;
      }
    } catch (error) {
      this.#options.panic(error);
    } finally {
      this.#pumping = false;
    }
    return MARK_BLOCK;
  }

  /** The running guest stops running: accounts its time and tells what time it is. */
  #pause(cpu: LaneCpu): number {
    const now = performance.now();
    cpu.task.utimeNs += (now - this.#startedMs) * 1e6;
    this.#current = undefined;
    return now;
  }

  // A process from its first instruction to its last.

  #boot = (): void => {
    const cpu = this.#current!;
    if (cpu.dead) {
      this.#current = undefined;
      this.#pump(performance.now());
      return;
    }
    cpu.state = 'run';
    try {
      if (cpu.guest === undefined) this.#fresh(cpu);
    } catch (error) {
      // Past the point of no return of execve(2), as in Linux: what cannot be set up is killed.
      this.#fault(cpu, error instanceof WebAssembly.RuntimeError ? SIG.SEGV : SIG.KILL);
      this.#end(cpu);
      return;
    }
    // Signals that came before the first instruction act at the first count.
    cpu.guest!.__tb_fuel.value = cpu.task.attention === 0 ? FUEL : 0;
    const {facts} = cpu.image;
    if (cpu.entry !== undefined) this.#enter(cpu, cpu.entry.fn, [cpu.entry.arg], undefined);
    else if (facts.start) this.#enter(cpu, cpu.guest![EXPORT.start], [], facts.entry);
    else this.#enter(cpu, cpu.guest![facts.entry!], [], undefined);
  };

  #fresh(cpu: LaneCpu): void {
    const {facts, pagesMax} = cpu.image;
    instantiate(cpu, this.#pool.take(facts.memory.min, pagesMax, true), this.#imports);
    // Nothing can suspend here, and nothing may be interrupted.
    cpu.guest!.__tb_fuel.value = 0x7fffffff;
    if (facts.data) (cpu.guest![EXPORT.data] as () => void)();
  }

  #enter(cpu: LaneCpu, fn: unknown, args: number[], then: string | undefined): void {
    promising!(fn)(...args).then(
      (value) => {
        if (then !== undefined) {
          this.#enter(cpu, cpu.guest![then], [], undefined);
          return;
        }
        cpu.task.kernel.returned(cpu.task, typeof value === 'number' ? value : 0);
        this.#end(cpu);
      },
      (error: unknown) => this.#trapped(cpu, error),
    ).catch(this.#options.panic);
  }

  #trapped(cpu: LaneCpu, error: unknown): void {
    const signal = cpu.aborted ? SIG.ABRT : faultSignal(error);
    if (signal === 0) throw error;
    this.#fault(cpu, cpu.dying ? 0 : signal);
    this.#end(cpu);
  }

  #fault({task}: LaneCpu, signal: number): void {
    if (signal !== 0) task.kernel.fault(task, signal);
    // Nothing is left to return to from a handler for it: the frames that trapped are gone.
    if (goesOn(task)) task.kernel.fault(task, SIG.KILL);
  }

  /** The instance has ended. What next is the kernel's to say: nothing, or the image that execve(2) gave. */
  #end(cpu: LaneCpu): void {
    const {task} = cpu;
    const now = this.#pause(cpu);
    this.#free(cpu);
    const next = cpu.dead ? undefined : task.kernel.next(task) as Image | undefined;
    if (next === undefined) task.cpu = undefined;
    else if (next.cpu !== 'lane') this.#options.elsewhere(task, next);
    else this.start(task, next);
    this.#pump(now);
  }

  #free(cpu: LaneCpu): void {
    if (cpu.state === 'gone') return;
    cpu.state = 'gone';
    if (cpu.memory !== undefined) this.#pool.give(cpu.memory);
    cpu.memory = undefined;
    cpu.guest = undefined;
    this.#options.count(-1);
  }

  // What the glue asks. All instances share these: the one that calls is the one that runs.

  #glueImports(): WebAssembly.ModuleImports {
    const {calls, panic} = this.#options;
    // Called some ten million times a second: no more here than must be.
    const trap = (nr: number): number => {
      const cpu = this.#current!;
      if (++cpu.calls >= CALLS_MAX) {
        cpu.calls = 0;
        cpu.guest!.__tb_fuel.value = 0;
      }
      try {
        return mark(cpu, calls.trap(cpu.task, nr));
      } catch (error) {
        panic(error);
        return mark(cpu, MARK_DIE);
      }
    };
    const regs = () => this.#current!.task.regs;
    /** A bug in the kernel must not become an exception that the guest can catch. */
    const guarded = <A extends unknown[]>(fn: (cpu: LaneCpu, ...args: A) => number) => (...args: A) => {
      const cpu = this.#current!;
      try {
        return mark(cpu, fn(cpu, ...args));
      } catch (error) {
        panic(error);
        return mark(cpu, MARK_DIE);
      }
    };
    return {
      ...tries(regs, trap),
      wait: new Suspending!(() => this.#wait()),
      hi: () => this.#current!.task.call.hi,
      siginfo: () => putSiginfo(this.#current!),
      abort: () => {
        this.#current!.aborted = true;
      },
      check: guarded((cpu) => this.#check(cpu)),
      sig: guarded(nextSignal),
      sigreturn: guarded(sigreturn),
      resume: guarded(({task}) => task.kernel.afterSignals(task)),
      grow: guarded((cpu, pages: number) => grow(cpu, pages, calls)),
      unknown: guarded(({task, image}, index: number) => {
        const {module, name} = image.facts.imports[index]!;
        calls.unknown(task, module, name);
        return 0;
      }),
    };
  }

  #wait(): Promise<number> | number {
    const cpu = this.#current!;
    const now = this.#pause(cpu);
    cpu.state = 'wait';
    if (cpu.yielded || cpu.readied || cpu.dead) {
      // One that only lets the host's event loop turn keeps its place.
      this.#queue.push(cpu, cpu.dead || (cpu.yielded && cpu.checks !== 0));
      cpu.readied = false;
    }
    const answer = this.#pump(now, cpu);
    if (answer !== MARK_BLOCK) return answer;
    return new Promise((resolve) => {
      cpu.wake = resolve;
    });
  }

  #check(cpu: LaneCpu): number {
    const {task} = cpu;
    cpu.guest!.__tb_fuel.value = FUEL;
    cpu.calls = 0;
    if (task.attention !== 0) {
      const answer = task.kernel.check(task);
      if (answer !== 0) return answer;
    }
    if (++cpu.checks >= SLICE_CHECKS) cpu.checks = 0;
    const over = performance.now() - this.#turnMs >= TURN_MS;
    if (!over && (cpu.checks !== 0 || this.#queue.empty)) return 0;
    cpu.yielded = true;
    return MARK_BLOCK;
  }
}
