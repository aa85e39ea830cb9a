// The loader (binfmt): from a file's bytes to an image, which is a program compiled for one CPU together with its glue.

import type {Program, ProgramSource} from '../kernel/hardware.ts';
import {WaitQueue} from '../kernel/sched/block.ts';
import {SysError} from '../kernel/uapi/errno.ts';
import type {Calls} from './calls.ts';
import {callNumbers, glue} from './glue.ts';
import {hasType} from './probe.ts';
import type {EntryType} from './probe.ts';
import {preparation, preparedModule} from './prepare.ts';
import type {PreparedGlue} from './prepare.ts';
import {PAGE_BYTES} from './section.ts';
import type {CpuKind, Facts} from './section.ts';
import {FormatError} from './wasm/binary.ts';

/** Programs up to this size get the code pass, and are compiled while their caller waits. */
const SMALL_BYTES = 2 << 20;
/** How far a program without checks may grow: 96 MiB. */
const UNCHECKED_PAGES = 1536;
/** Bytes of source whose images are kept. */
const CACHE_BYTES_MAX = 256 << 20;

export class Image implements Program {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  state: Program['state'] = 'loading';
  error: SysError | undefined = undefined;
  readonly queue = new WaitQueue();
  memoryBytes = 0;
  /** Pages at most. A program without checks may grow its memory unseen, so its whole maximum is charged at exec. */
  pagesMax = 0;
  preopens = false;
  cpu: CpuKind;
  facts!: Facts;
  module!: WebAssembly.Module;
  glue!: WebAssembly.Module;
  /** The glue's instance in the lane. */
  traps: WebAssembly.Exports | undefined = undefined;
  /** Why the image has no checks: it can only be stopped at its calls, or with its worker. */
  unchecked: string | undefined = undefined;
  /** Table entries whose types were compared: `kind:index` to the answer. */
  readonly probed = new Map<string, boolean>();

  constructor(source: ProgramSource, cpu: CpuKind) {
    this.key = source.key;
    this.name = source.name;
    this.size = source.size;
    this.cpu = cpu;
  }
}

export interface LoaderOptions {
  readonly calls: Calls;
  /** The CPU that programs get unless something stands against it. */
  readonly cpu: CpuKind;
  /** Never change over to the other CPU; large programs are rewritten, however long it takes. */
  readonly forced: boolean;
  /** Whether there are workers to go to. */
  readonly workers: boolean;
  /** A program is being compiled (1), or is no longer (-1): the host's event loop must not end meanwhile. */
  readonly count: (delta: number) => void;
}

export class Loader {
  readonly #options: LoaderOptions;
  readonly #images = new Map<string, Image>();
  readonly #trusted: Trusted[] = [];
  #bytes = 0;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Believe a prepared module with just these bytes. It is wanted soon, so the engine's own threads begin with it. */
  trust(bytes: Uint8Array): void {
    const trusted: Trusted = {bytes, module: undefined, compiled: Promise.resolve()};
    trusted.compiled = WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>).then(
      (module) => {
        trusted.module = module;
      },
      // Whoever executes it will hear of it.
      () => {},
    );
    this.#trusted.push(trusted);
  }

  load(source: ProgramSource): Image {
    const found = this.#images.get(source.key);
    if (found !== undefined) {
      // Last used, last dropped.
      this.#images.delete(source.key);
      this.#images.set(source.key, found);
      return found;
    }
    const image = new Image(source, this.#options.cpu);
    this.#images.set(source.key, image);
    this.#bytes += source.size;
    this.#trim();
    this.#begin(source, image);
    return image;
  }

  #begin(source: ProgramSource, image: Image): void {
    try {
      const bytes = source.read();
      const trusted = this.#trusted.find((known) => same(known.bytes, bytes));
      const prepared = trusted && preparedModule(bytes, image.cpu);
      if (prepared === undefined) {
        if (source.size <= SMALL_BYTES) {
          image.module = new WebAssembly.Module(this.#prepare(bytes, image));
          this.#finish(image);
        } else void this.#later(image, () => WebAssembly.compile(this.#prepare(bytes, image)));
        return;
      }
      image.facts = prepared.facts;
      const {module} = trusted!;
      if (module === undefined) {
        void this.#later(image, async () => {
          await trusted!.compiled;
          return trusted!.module ?? new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
        }, prepared.glue);
        return;
      }
      image.module = module;
      this.#finish(image, prepared.glue);
    } catch (error) {
      this.#fail(image, error);
    }
  }

  #trim(): void {
    for (const [key, image] of this.#images) {
      if (this.#bytes <= CACHE_BYTES_MAX || this.#images.size === 1) return;
      this.#images.delete(key);
      this.#bytes -= image.size;
    }
  }

  /** Compiled on the engine's own threads, while execve(2) waits on the image's queue. */
  async #later(
    image: Image, compile: () => Promise<WebAssembly.Module>, ready?: PreparedGlue,
  ): Promise<void> {
    this.#options.count(1);
    try {
      image.module = await compile();
      this.#finish(image, ready);
    } catch (error) {
      this.#fail(image, error);
    } finally {
      this.#options.count(-1);
    }
    image.queue.wake();
  }

  #prepare(bytes: Uint8Array, image: Image): Uint8Array<ArrayBuffer> {
    const {forced, workers} = this.#options;
    const small = bytes.length <= SMALL_BYTES;
    if (!small && !forced && workers) image.cpu = 'worker';
    let made = preparation(bytes, image.cpu, small || image.cpu === 'lane');
    if (made.unchecked !== undefined && image.cpu === 'lane') {
      // Unchecked code could hold the kernel's own thread for ever.
      if (!workers) throw new SysError('ENOEXEC', 'execve', `${image.name}: ${made.unchecked}`);
      image.cpu = 'worker';
      made = preparation(bytes, 'worker', false);
    }
    image.facts = made.facts;
    image.unchecked = made.unchecked;
    return made.code as Uint8Array<ArrayBuffer>;
  }

  #finish(image: Image, ready?: PreparedGlue): void {
    const {facts} = image;
    const {imports, memory} = facts;
    const {calls} = this.#options;
    const numbers = callNumbers(imports, calls);
    const good = ready !== undefined && numbers.every((nr, i) => nr === ready.numbers[i]);
    const code = good ? ready.code : glue(imports, numbers);
    image.glue = new WebAssembly.Module(code as Uint8Array<ArrayBuffer>);
    image.pagesMax = facts.checked ? memory.max : Math.min(memory.max, memory.min + UNCHECKED_PAGES);
    image.memoryBytes = (facts.checked ? memory.min : image.pagesMax) * PAGE_BYTES;
    image.preopens = imports.some(({module, name}) => name === 'fd_prestat_get' && module.startsWith('wasi_'));
    image.state = 'ready';
  }

  #fail(image: Image, error: unknown): void {
    image.state = 'failed';
    if (error instanceof SysError) image.error = error;
    else if (error instanceof FormatError || error instanceof WebAssembly.CompileError) {
      image.error = new SysError('ENOEXEC', 'execve', `${image.name}: ${error.message}`);
    } else if (error instanceof RangeError) {
      image.error = new SysError('ENOMEM', 'execve', `${image.name}: ${error.message}`);
    } else throw error;
  }
}

interface Trusted {
  readonly bytes: Uint8Array;
  /** Once it is compiled. */
  module: WebAssembly.Module | undefined;
  compiled: Promise<void>;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  // At start-up nothing is optimised yet, and the loop would take milliseconds.
  if (typeof Buffer === 'function') return Buffer.compare(a, b) === 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The function at `index` of a table, if it has the type. Asked once for each index of an image. */
export function tableEntry(image: Image, table: WebAssembly.Table, index: number, type: EntryType): unknown {
  if (!(index >= 0 && index < table.length)) return undefined;
  const fn: unknown = table.get(index);
  const key = `${type}:${index}`;
  let right = image.probed.get(key);
  if (right === undefined) {
    right = hasType(fn, type);
    image.probed.set(key, right);
  }
  return right && typeof fn === 'function' ? fn : undefined;
}
