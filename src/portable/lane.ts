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
import {goesOn} from './outcome.ts';
import type {Image} from './image.ts';
import {tableEntry} from './image.ts';
import type {GuestMemory} from './memory.ts';
import {copyMemory, MemoryPool} from './memory.ts';
import {ENTRY_TYPES} from './probe.ts';
import {EXPORT, PAGE_BYTES} from './section.ts';
import {SIGINFO_BYTES, siginfoBytes} from './siginfo.ts';
import {tries} from './tries.ts';
import {copyVector} from './vector.ts';
import {V128} from './wasm/binary.ts';

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

type Exports = Record<string, WebAssembly.ExportValue> & {
  [EXPORT.table]?: WebAssembly.Table;
  __stack_pointer?: WebAssembly.Global;
  __tb_fuel: WebAssembly.Global;
  __tb_hooks: WebAssembly.Table;
};

interface GlueExports {
  check: () => void;
  grow: (pages: number) => number;
  t: WebAssembly.Table;
}

/** What a process is to the lane. */
export class LaneCpu {
  readonly task: Task;
  readonly image: Image;
  /** new: no guest code has run. wait: in its `wait`. gone: ended, nothing may touch it. */
  state: 'new' | 'run' | 'wait' | 'gone' = 'new';
  queued = false;
  /** Made ready while it ran; its next wait asks at once. */
  readied = false;
  /** It waits for its turn only: its slice was used up. */
  yielded = false;
  /** Released: what comes next is its trap. */
  dead = false;
  /** The kernel answered MARK_DIE: the trap that comes is not the guest's. */
  dying = false;
  aborted = false;
  /** Resolves what the guest waits for. */
  wake: ((answer: number) => void) | undefined = undefined;
  memory: GuestMemory | undefined = undefined;
  glue: GlueExports | undefined = undefined;
  guest: Exports | undefined = undefined;
  /** clone(2): the function to enter instead of the program's own. */
  entry: {fn: unknown; arg: number} | undefined = undefined;
  /** Table indices of handlers, for clone. */
  readonly handlers = new Map<number, {fn: number; siginfo: boolean}>();
  /** Stack pointers to put back, one for each handler that runs. */
  readonly frames: number[] = [];
  checks = 0;
  calls = 0;

  constructor(task: Task, image: Image) {
    this.task = task;
    this.image = image;
  }
}

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
  readonly #queue: (LaneCpu | Task)[] = [];
  #head = 0;
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
    try {
      this.#instantiate(cpu, parent.memory!.pages, false);
    } catch (error) {
      throw new SysError('ENOMEM', 'clone', String(error));
    }
    const guest = cpu.guest!;
    copyMemory(parent.memory!.bytes(), cpu.memory!.bytes());
    copyGlobals(image, parent.guest!, guest);
    if (stack !== 0 && image.facts.stackPointer) guest.__stack_pointer!.value = stack;
    for (const [signal, {fn: handler, siginfo}] of parent.handlers) this.#install(cpu, signal, handler, siginfo);
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
    this.#install(cpu, signal, fn, siginfo);
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
    if (entry instanceof LaneCpu) entry.queued = true;
    else if (this.#queue.includes(entry, this.#head)) return;
    this.#insert(entry, first);
    this.#kick();
  }

  #insert(entry: LaneCpu | Task, first: boolean): void {
    if (!first) this.#queue.push(entry);
    else if (this.#head > 0) this.#queue[--this.#head] = entry;
    else this.#queue.unshift(entry);
  }

  #shift(): LaneCpu | Task | undefined {
    if (this.#head === this.#queue.length) return undefined;
    const entry = this.#queue[this.#head]!;
    this.#queue[this.#head++] = undefined!;
    if (this.#head === this.#queue.length || this.#head > 4096) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    if (entry instanceof LaneCpu) entry.queued = false;
    return entry;
  }

  get #empty(): boolean {
    return this.#head === this.#queue.length;
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
    if (!this.#empty) this.#pump(performance.now());
  };

  /** Gives the CPU to the next in the queue. `waiting` is the guest that calls this from its `wait`, if it does. */
  #pump(now: number, waiting?: LaneCpu): number {
    if (this.#current !== undefined || this.#pumping || this.#empty) return MARK_BLOCK;
    if (!this.#openTurn(now)) return MARK_BLOCK;
    this.#pumping = true;
    let answer = MARK_BLOCK;
    try {
      for (let next = this.#shift(); next !== undefined; next = this.#shift()) {
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
      if (cpu.guest === undefined) this.#instantiate(cpu, cpu.image.facts.memory.min, true);
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
    cpu.glue = undefined;
    this.#options.count(-1);
  }

  #instantiate(cpu: LaneCpu, pages: number, fresh: boolean): void {
    const {facts, glue, module} = cpu.image;
    const memory = this.#pool.take(pages, cpu.image.pagesMax, fresh);
    const imports: Record<string, WebAssembly.ImportValue> = {memory: memory.memory};
    facts.tables.forEach(({min, max}, i) => {
      imports[`t${i}`] = new WebAssembly.Table({element: 'anyfunc', initial: min, maximum: max});
    });
    const traps = new WebAssembly.Instance(glue, this.#imports).exports as unknown as GlueExports;
    cpu.glue = traps;
    const instance = new WebAssembly.Instance(module, {g: traps as unknown as WebAssembly.ModuleImports, m: imports});
    const guest = instance.exports as Exports;
    guest.__tb_hooks.set(0, traps.check);
    guest.__tb_hooks.set(1, traps.grow);
    cpu.guest = guest;
    cpu.memory = memory;
    cpu.task.mm!.memory = memory;
    // Nothing can suspend here, and nothing may be interrupted.
    guest.__tb_fuel.value = 0x7fffffff;
    if (fresh && facts.data) (guest[EXPORT.data] as () => void)();
  }

  #install(cpu: LaneCpu, signal: number, fn: number, siginfo: boolean): void {
    cpu.handlers.set(signal, {fn, siginfo});
    cpu.glue!.t.set(signal, cpu.guest![EXPORT.table]!.get(fn));
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
        const answer = calls.trap(cpu.task, nr);
        if (answer === MARK_DIE) cpu.dying = true;
        return answer;
      } catch (error) {
        cpu.dying = true;
        panic(error);
        return MARK_DIE;
      }
    };
    const regs = () => this.#current!.task.regs;
    return {
      ...tries(regs, trap),
      hi: () => this.#current!.task.call.hi,
      wait: new Suspending!(() => this.#wait()),
      check: () => this.#check(),
      sig: () => this.#sig(),
      siginfo: () => this.#siginfo(),
      sigreturn: () => this.#sigreturn(),
      resume: () => mark(this.#current!, this.#current!.task.kernel.afterSignals(this.#current!.task)),
      grow: (pages: number) => this.#grow(pages),
      abort: () => {
        this.#current!.aborted = true;
      },
      unknown: (index: number) => {
        const {task, image} = this.#current!;
        const {module, name} = image.facts.imports[index]!;
        calls.unknown(task, module, name);
      },
    };
  }

  #wait(): Promise<number> | number {
    const cpu = this.#current!;
    const now = this.#pause(cpu);
    cpu.state = 'wait';
    if (cpu.yielded || cpu.readied || cpu.dead) {
      cpu.queued = true;
      // One that only lets the host's event loop turn keeps its place.
      this.#insert(cpu, cpu.dead || (cpu.yielded && cpu.checks !== 0));
      cpu.readied = false;
    }
    const answer = this.#pump(now, cpu);
    if (answer !== MARK_BLOCK) return answer;
    return new Promise((resolve) => {
      cpu.wake = resolve;
    });
  }

  #check(): number {
    const cpu = this.#current!;
    const {task} = cpu;
    cpu.guest!.__tb_fuel.value = FUEL;
    cpu.calls = 0;
    if (task.attention !== 0) {
      const answer = mark(cpu, task.kernel.check(task));
      if (answer !== 0) return answer;
    }
    if (++cpu.checks >= SLICE_CHECKS) cpu.checks = 0;
    const over = performance.now() - this.#turnMs >= TURN_MS;
    if (!over && (cpu.checks !== 0 || this.#empty)) return 0;
    cpu.yielded = true;
    return MARK_BLOCK;
  }

  #sig(): number {
    const cpu = this.#current!;
    const signal = mark(cpu, cpu.task.kernel.signalNext(cpu.task));
    if (signal > 0) cpu.frames.push((cpu.guest!.__stack_pointer?.value as number | undefined) ?? 0);
    return signal;
  }

  /** Makes room below the guest's stack pointer, as the handler's caller would, and puts the siginfo there. */
  #siginfo(): number {
    const {task, guest, memory, frames} = this.#current!;
    const at = ((frames[frames.length - 1]! >>> 0) - SIGINFO_BYTES) & ~15;
    const bytes = memory!.bytes();
    if (at < 0 || at + SIGINFO_BYTES > bytes.length) return at;
    guest!.__stack_pointer!.value = at;
    bytes.set(siginfoBytes(task), at);
    return at;
  }

  #sigreturn(): void {
    const {task, guest, frames, image} = this.#current!;
    const old = frames.pop()!;
    if (image.facts.stackPointer) guest!.__stack_pointer!.value = old;
    task.kernel.sigreturn(task);
  }

  #grow(pages: number): number {
    const {task, memory, image} = this.#current!;
    const old = memory!.pages;
    const more = pages >>> 0;
    if (more === 0) return old;
    if (old + more > image.pagesMax) return -1;
    if (!this.#options.calls.grow(task, more * PAGE_BYTES)) return this.#current!.dead ? mark(this.#current!, MARK_DIE) : -1;
    try {
      return memory!.memory.grow(more);
    } catch {
      this.#options.calls.grow(task, -more * PAGE_BYTES);
      return -1;
    }
  }
}

/** Notes that the kernel wants the process to die. */
function mark(cpu: LaneCpu, answer: number): number {
  if (answer === MARK_DIE) cpu.dying = true;
  return answer;
}

function copyGlobals(image: Image, from: Exports, to: Exports): void {
  image.facts.globals.forEach((type, i) => {
    const name = EXPORT.global + i;
    if (type === V128) copyVector(from[name], to[name]);
    else (to[name] as WebAssembly.Global).value = (from[name] as WebAssembly.Global).value;
  });
}
