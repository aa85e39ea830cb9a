// A process on its thread: instantiates a program, forwards its calls to the kernel's thread and sleeps until they are
// answered. Knows no thread library: thread.ts and its like for browsers give it jobs and a way to announce a request.

import {MARK_DIE} from '../kernel/hardware.ts';
import {Errno} from '../kernel/uapi/errno.ts';
import {SIG} from '../kernel/uapi/signal.ts';
import * as C from './control.ts';
import type {End, Job} from './control.ts';
import {faultSignal} from './fault.ts';
import {loadGlobals, saveGlobals} from './globals.ts';
import {ENTRY_TYPES, hasType} from './probe.ts';
import {EXPORT} from './section.ts';
import {tries} from './tries.ts';

const SIGINFO_BYTES = 128;
/** Fuel is adapted so that a check comes every 0.1 to 0.3 ms. */
const FUEL_MIN = 1_000;
const FUEL_MAX = 200_000;

type Exports = Record<string, WebAssembly.ExportValue>;

export class Guest {
  readonly #control: Int32Array;
  readonly #announce: () => void;
  readonly #imports: WebAssembly.Imports;
  #job!: Job;
  #exports!: Exports;
  #glue!: Exports;
  #dying = false;
  #aborted = false;
  readonly #frames: number[] = [];
  #fuel = FUEL_MIN;
  #checkedMs = 0;

  constructor(control: Int32Array, announce: () => void) {
    this.#control = control;
    this.#announce = announce;
    this.#imports = {k: this.#glueImports()};
  }

  /** Runs a job from its first instruction to its last. */
  run(job: Job): End {
    this.#job = job;
    this.#dying = false;
    this.#aborted = false;
    this.#frames.length = 0;
    try {
      if ((Atomics.load(this.#control, C.FLAGS) & C.FLAG_DIE) !== 0) return {signal: 0, message: ''};
      this.#instantiate(job);
      let status: unknown = 0;
      for (const fn of this.#entries(job)) status = fn();
      return {status: typeof status === 'number' ? status : 0};
    } catch (error) {
      if (this.#dying) return {signal: 0, message: ''};
      const signal = this.#aborted ? SIG.ABRT : faultSignal(error);
      return {signal: signal === 0 ? SIG.KILL : signal, message: String(error)};
    }
  }

  #instantiate(job: Job): void {
    const given: Record<string, WebAssembly.ImportValue> = {memory: job.memory};
    job.tables.forEach(({min, max}, i) => {
      given[`t${i}`] = new WebAssembly.Table({element: 'anyfunc', initial: min, maximum: max});
    });
    this.#glue = new WebAssembly.Instance(job.glue, this.#imports).exports;
    const g = this.#glue as WebAssembly.ModuleImports;
    this.#exports = new WebAssembly.Instance(job.module, {g, m: given}).exports;
    if (!job.checked) return;
    const hooks = this.#exports.__tb_hooks as WebAssembly.Table;
    hooks.set(0, this.#glue.check);
    hooks.set(1, this.#glue.grow);
    this.#setFuel(0);
  }

  #entries(job: Job): (() => unknown)[] {
    const {clone} = job;
    if (clone === undefined) return job.entries.map((name) => this.#exports[name] as () => unknown);
    loadGlobals(this.#exports, this.#memory, new Uint8Array(job.values!));
    if (clone.stack !== 0 && job.stackPointer) this.#stackPointer.value = clone.stack;
    for (const {signal, fn} of clone.handlers) this.#install(signal, fn);
    const fn = this.#table!.get(clone.fn) as (arg: number) => unknown;
    return [() => fn(clone.arg)];
  }

  get #table(): WebAssembly.Table | undefined {
    return this.#exports[EXPORT.table] as WebAssembly.Table | undefined;
  }

  /** Only where the program exports it. */
  get #stackPointer(): WebAssembly.Global {
    return this.#exports.__stack_pointer as WebAssembly.Global;
  }

  get #memory(): Uint8Array {
    return new Uint8Array(this.#job.memory.buffer);
  }

  #install(signal: number, fn: number): void {
    (this.#glue.t as WebAssembly.Table).set(signal, this.#table!.get(fn));
  }

  #setFuel(fuel: number): void {
    (this.#exports.__tb_fuel as WebAssembly.Global).value = fuel;
  }

  // Requests.

  #glueImports(): WebAssembly.ModuleImports {
    const control = this.#control;
    const regs = control.subarray(C.REGS, C.REGS + C.REGS_COUNT);
    const trap = (nr: number) => {
      control[C.NR] = nr;
      return this.#request(C.OP_TRAP);
    };
    return {
      ...tries(() => regs, trap),
      hi: () => control[C.HI]!,
      // A request that blocks is answered when it no longer does.
      wait: () => MARK_DIE,
      check: () => this.#check(),
      sig: () => this.#sig(),
      siginfo: () => this.#siginfo(),
      sigreturn: () => this.#sigreturn(),
      resume: () => this.#request(C.OP_RESUME),
      grow: (pages: number) => this.#grow(pages),
      abort: () => {
        this.#aborted = true;
      },
      unknown: (index: number) => {
        control[C.NR] = index;
        this.#request(C.OP_UNKNOWN);
      },
    };
  }

  #request(op: number): number {
    const control = this.#control;
    control[C.OP] = op;
    Atomics.store(control, C.STATE, C.REQUEST);
    this.#announce();
    for (;;) {
      const state = Atomics.load(control, C.STATE);
      if (state === C.RUNNING) break;
      if (state === C.QUESTION) this.#answer();
      else Atomics.wait(control, C.STATE, C.REQUEST);
    }
    const result = control[C.RESULT]!;
    if (result === MARK_DIE) this.#dying = true;
    return result;
  }

  #check(): number {
    const now = performance.now();
    const passed = now - this.#checkedMs;
    this.#checkedMs = now;
    if (passed < 0.1) this.#fuel = Math.min(this.#fuel * 2, FUEL_MAX);
    else if (passed > 0.3) this.#fuel = Math.max(this.#fuel >> 1, FUEL_MIN);
    this.#setFuel(this.#fuel);
    const flags = Atomics.load(this.#control, C.FLAGS);
    if (flags === 0) return 0;
    if ((flags & C.FLAG_DIE) !== 0) {
      this.#dying = true;
      return MARK_DIE;
    }
    return this.#request(C.OP_CHECK);
  }

  #sig(): number {
    const signal = this.#request(C.OP_SIG);
    if (signal > 0) this.#frames.push(this.#job.stackPointer ? this.#stackPointer.value as number : 0);
    return signal;
  }

  #siginfo(): number {
    const at = ((this.#frames[this.#frames.length - 1]! >>> 0) - SIGINFO_BYTES) & ~15;
    const bytes = this.#memory;
    if (at < 0 || at + SIGINFO_BYTES > bytes.length) return at;
    this.#stackPointer.value = at;
    bytes.set(new Uint8Array(this.#control.buffer, C.SIGINFO * 4, SIGINFO_BYTES), at);
    return at;
  }

  #sigreturn(): void {
    const old = this.#frames.pop()!;
    if (this.#job.stackPointer) this.#stackPointer.value = old;
    this.#request(C.OP_SIGRETURN);
  }

  /** The kernel's thread grows the memory, to see the new size at once; growing by none shows it to this thread. */
  #grow(pages: number): number {
    this.#control[C.NR] = pages;
    const old = this.#request(C.OP_GROW);
    if (old >= 0) this.#job.memory.grow(0);
    return old;
  }

  // Questions of the kernel while a request is open.

  #answer(): void {
    const control = this.#control;
    const [a, fn, siginfo] = control.subarray(C.ASK_ARGS, C.ASK_ARGS + 3);
    let result = 0;
    if (control[C.ASK] === C.ASK_HANDLER) result = this.#answerHandler(a!, fn!, siginfo !== 0);
    else if (control[C.ASK] === C.ASK_CLONE) result = this.#answerClone(fn!);
    control[C.ASKED] = result;
    Atomics.store(control, C.STATE, C.REQUEST);
    Atomics.notify(control, C.STATE);
  }

  #function(index: number, type: keyof typeof ENTRY_TYPES): unknown {
    const table = this.#table;
    if (table === undefined || !(index >= 0 && index < table.length)) return undefined;
    const fn: unknown = table.get(index);
    return hasType(fn, type) ? fn : undefined;
  }

  #answerHandler(signal: number, fn: number, siginfo: boolean): number {
    if (this.#function(fn, siginfo ? 'siginfo' : 'handler') === undefined) return -Errno.EINVAL;
    this.#install(signal, fn);
    return 0;
  }

  #answerClone(fn: number): number {
    if (this.#function(fn, 'clone') === undefined) return -Errno.EINVAL;
    const values = new Uint8Array(this.#job.values!);
    values.set(saveGlobals(this.#exports, this.#memory, values.length));
    return 0;
  }
}
