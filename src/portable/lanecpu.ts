// A process in the lane: its instance, and where it is between its first instruction and its last.

import {MARK_DIE} from '../kernel/hardware.ts';
import type {Task} from '../kernel/proc/task.ts';
import type {Calls} from './calls.ts';
import {SIGNALS} from './glue.ts';
import type {Image} from './image.ts';
import type {GuestMemory} from './memory.ts';
import {EXPORT, PAGE_BYTES} from './section.ts';
import {SIGINFO_BYTES, siginfoBytes} from './siginfo.ts';

export type Exports = Record<string, WebAssembly.ExportValue> & {
  [EXPORT.table]?: WebAssembly.Table;
  __stack_pointer?: WebAssembly.Global;
  __tb_fuel: WebAssembly.Global;
  __tb_hooks: WebAssembly.Table;
};

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
  guest: Exports | undefined = undefined;
  /** clone(2): the function to enter instead of the program's own. */
  entry: {fn: unknown; arg: number} | undefined = undefined;
  /** Table indices of handlers, by signal number. */
  readonly handlers = new Map<number, number>();
  /** Stack pointers to put back, one for each handler that runs. */
  readonly frames: number[] = [];
  checks = 0;
  calls = 0;

  constructor(task: Task, image: Image) {
    this.task = task;
    this.image = image;
  }
}

/** Notes that the kernel wants the process to die. */
export function mark(cpu: LaneCpu, answer: number): number {
  if (answer === MARK_DIE) cpu.dying = true;
  return answer;
}

/** A new instance on `memory`, with the glue that the lane gives its imports. Throws what the engine throws. */
export function instantiate(cpu: LaneCpu, memory: GuestMemory, traps: WebAssembly.Imports): void {
  const {facts, glue, module} = cpu.image;
  const m: Record<string, WebAssembly.ImportValue> = {memory: memory.memory};
  facts.tables.forEach(({min, max}, i) => {
    m[`t${i}`] = new WebAssembly.Table({element: 'anyfunc', initial: min, maximum: max});
  });
  // One glue serves all processes of an image: who calls is who runs, and nothing of a process stays in it.
  cpu.image.traps ??= new WebAssembly.Instance(glue, traps).exports;
  const g = cpu.image.traps;
  const guest = new WebAssembly.Instance(module, {g: g as WebAssembly.ModuleImports, m}).exports as Exports;
  guest.__tb_hooks.set(0, g.check);
  guest.__tb_hooks.set(1, g.grow);
  cpu.guest = guest;
  cpu.memory = memory;
  cpu.task.mm!.memory = memory;
}

/** The glue asks which handler is next: its function is put where the glue calls it, and called at once. */
export function nextSignal(cpu: LaneCpu): number {
  const {guest, handlers, image} = cpu;
  const signal = cpu.task.kernel.signalNext(cpu.task);
  if (signal <= 0) return signal;
  const number = signal > SIGNALS ? signal - SIGNALS : signal;
  const table = image.traps!.t as WebAssembly.Table;
  table.set(number, guest![EXPORT.table]!.get(handlers.get(number)!));
  cpu.frames.push(image.facts.stackPointer ? guest!.__stack_pointer!.value as number : 0);
  return signal;
}

/** Makes room below the guest's stack pointer, as the handler's caller would, and puts the siginfo there. */
export function putSiginfo({task, guest, memory, frames}: LaneCpu): number {
  const at = ((frames[frames.length - 1]! >>> 0) - SIGINFO_BYTES) & ~15;
  const bytes = memory!.bytes();
  if (at < 0 || at + SIGINFO_BYTES > bytes.length) return at;
  guest!.__stack_pointer!.value = at;
  bytes.set(siginfoBytes(task), at);
  return at;
}

/** A handler has returned. */
export function sigreturn({task, guest, frames, image}: LaneCpu): number {
  const old = frames.pop()!;
  if (image.facts.stackPointer) guest!.__stack_pointer!.value = old;
  task.kernel.sigreturn(task);
  return 0;
}

/** memory.grow, charged. */
export function grow(cpu: LaneCpu, pages: number, calls: Calls): number {
  const {task, image} = cpu;
  const memory = cpu.memory!;
  const old = memory.pages;
  const more = pages >>> 0;
  if (more === 0) return old;
  if (old + more > image.pagesMax) return -1;
  // The OOM killer may have taken the task itself.
  if (!calls.grow(task, more * PAGE_BYTES)) return cpu.dead ? MARK_DIE : -1;
  try {
    return memory.memory.grow(more);
  } catch {
    calls.grow(task, -more * PAGE_BYTES);
    return -1;
  }
}
