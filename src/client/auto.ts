// The runtime of mode `auto`: two runtimes behind one, and for each container a choice. Linux is taken where it works
// and the image has programs for it, else the emulated kernel, and one line says so. A container that asks for
// isolation never goes to the emulated kernel unasked: it is no boundary against hostile programs.

import { SpecError, TwinboxError } from '../errno.ts';
import type { Plan } from '../plan.ts';
import type { Container, CreateOptions, EventOptions, Runtime, RunOptions, RunResult } from '../runtime.ts';
import type { Spec } from '../spec.ts';
import type { BackendFacts, ContainerEvent, ContainerState, ProcessRow } from '../wire.ts';
import { mergeEvents } from './events.ts';
import { type Choice, choose, isolation, type WhyNot } from './choice.ts';
import { noContainer, type RuntimeClient } from './runtime.ts';

export interface AutoOptions {
  /** The runtime on this machine's own kernel, or the emulated one where that is not to be had. */
  readonly main: RuntimeClient;
  /** Why the main one is not native. */
  readonly whyNot?: WhyNot;
  /** Opens the emulated one beside a native one, when a container needs it. */
  readonly portable: () => Promise<RuntimeClient>;
  readonly notice?: (line: string) => void;
}

export class AutoRuntime implements Runtime {
  readonly #options: AutoOptions;
  readonly #said = new Set<string>();
  /** Those that are open, the main one first. */
  readonly #open: RuntimeClient[];
  #second: Promise<RuntimeClient> | undefined;
  /** Told of the second one when it opens. */
  readonly #joins = new Set<(runtime: RuntimeClient) => void>();

  constructor(options: AutoOptions) {
    this.#options = options;
    this.#open = [options.main];
  }

  get mode(): 'portable' | 'native' {
    return this.#options.main.mode;
  }

  async create(options: CreateOptions): Promise<Container> {
    return (await this.#take(options)).create(options);
  }

  async run(options: RunOptions): Promise<RunResult> {
    return (await this.#take(options)).run(options);
  }

  async plan(options: CreateOptions): Promise<{ readonly spec: Spec; readonly plan: Plan }> {
    return (await this.#take(options)).plan(options);
  }

  async get(idOrName: string): Promise<Container> {
    const states = await this.list();
    const state = states.find((one) => one.id === idOrName || one.name === idOrName)
      ?? states.find((one) => idOrName !== '' && one.id.startsWith(idOrName));
    const home = this.#open.find((runtime) => runtime.mode === state?.mode);
    if (home === undefined) throw noContainer(idOrName);
    return home.get(idOrName);
  }

  async list(): Promise<readonly ContainerState[]> {
    return (await Promise.all(this.#open.map((runtime) => runtime.list()))).flat();
  }

  /** The main machine's processes, and of the other one's those that are a container's. */
  async ps(): Promise<readonly ProcessRow[]> {
    const [main = [], ...others] = await Promise.all(this.#open.map((runtime) => runtime.ps()));
    return [...main, ...others.flat().filter((row) => row.container !== undefined)];
  }

  events(options: EventOptions = {}): AsyncIterable<ContainerEvent> {
    return mergeEvents((add, signal) => {
      const join = (runtime: RuntimeClient): void => add(runtime.events({ ...options, signal }));
      this.#open.forEach(join);
      this.#joins.add(join);
      return () => void this.#joins.delete(join);
    }, options.signal);
  }

  /** The main kernel's; why it is not native is among the reasons. */
  async features(): Promise<BackendFacts> {
    const facts = await this.#options.main.features();
    const { whyNot } = this.#options;
    return whyNot === undefined ? facts : { ...facts, reasons: { ...facts.reasons, native: whyNot.reason } };
  }

  async close(): Promise<void> {
    // One that is just being opened is closed too.
    await this.#second?.catch(() => {});
    await Promise.all(this.#open.map((runtime) => runtime.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #take(options: CreateOptions): Promise<RuntimeClient> {
    const { main, whyNot } = this.#options;
    const choice: Choice = whyNot === undefined
      ? await choose(options, await main.features())
      : { mode: 'portable', ...whyNot };
    if (choice.mode === 'native') {
      await this.#nameIsFree(options, this.#open[1]);
      return main;
    }
    const asked = isolation(options);
    if (asked !== undefined) {
      throw new TwinboxError({
        code: 'ERR_UNSUPPORTED', message: `${asked} asks for Linux itself, which cannot be had: ${choice.reason}`,
        hint: choice.hint
          ?? '--mode portable takes the emulated kernel all the same; it is no boundary against hostile programs',
      });
    }
    const portable = await this.#emulated();
    await refused(portable, options, choice);
    this.#say(choice);
    if (portable !== main) await this.#nameIsFree(options, main);
    return portable;
  }

  #emulated(): Promise<RuntimeClient> {
    if (this.mode === 'portable') return Promise.resolve(this.#options.main);
    this.#second ??= this.#options.portable().then((runtime) => {
      this.#open.push(runtime);
      for (const join of this.#joins) join(runtime);
      return runtime;
    });
    return this.#second;
  }

  /** A name is the runtime's, whichever kernel has it. */
  async #nameIsFree({ id, name }: CreateOptions, other: RuntimeClient | undefined): Promise<void> {
    if (other === undefined || (id === undefined && name === undefined)) return;
    const taken = (await other.list()).some((state) => state.id === id || state.name === name);
    if (!taken) return;
    throw new TwinboxError({ code: 'EEXIST', message: `the container name "${name ?? id}" is already in use` });
  }

  /** Once for each reason; nothing where nobody could expect another kernel. */
  #say({ reason, expected = true }: WhyNot): void {
    if (!expected || this.#said.has(reason)) return;
    this.#said.add(reason);
    const { notice = (line: string): void => console.error(line) } = this.#options;
    notice(`twinbox: portable mode: ${reason}`);
  }
}

/**
 * What the emulated kernel cannot honour, a limit above all, it refuses by name; then why it was taken is worth
 * knowing.
 */
async function refused(portable: RuntimeClient, options: CreateOptions, { reason, hint }: WhyNot): Promise<void> {
  try {
    await portable.plan(options);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const { field, message } = error;
    const problem = message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
    const why = `native mode cannot be had: ${reason}${hint === undefined ? '' : `; ${hint}`}`;
    throw new SpecError(field, problem, error.hint ?? why);
  }
}

