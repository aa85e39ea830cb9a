// The Runtime over a connection: compiles what it is given, asks the backend, and keeps track of what it started.

import { SpecError, TwinboxError } from '../errno.ts';
import { compile, loadFilters, type HostStat, type Plan, type StdioKind } from '../plan.ts';
import type {
  Container, CreateOptions, EventOptions, Runtime, RunOptions, RunResult, StdioOptions,
} from '../runtime.ts';
import { checkSpec, type Spec } from '../spec.ts';
import type {
  Backend, BackendFacts, ContainerEvent, ContainerState, CreateOptions as WireOptions, Exit, ProcessRow,
} from '../wire.ts';
import { type Compiled, Compiler, type Kind, newId, shortLength } from './compiled.ts';
import { Connection } from './connection.ts';
import { ContainerHandle } from './container.ts';
import { eventQueue } from './events.ts';
import { Pool } from './pool.ts';
import { signalNumber } from './signal.ts';
import { collect, feed, pour } from './stdio.ts';

const logBytesMax = 1024 * 1024;
const maxBuffer = 16 * 1024 * 1024;

type Mode = Runtime['mode'];

export interface ClientOptions {
  /** Looks at files of the machine where that is this one. */
  readonly stat?: HostStat;
  /** How many containers may be begun in advance. */
  readonly pool?: number;
}

/** What is about to be created. */
interface Made extends Compiled {
  readonly id: string;
  /** The kind that it is one of many of, if it may be. */
  readonly kind?: Kind;
  readonly image: string;
}

export class RuntimeClient implements Runtime {
  readonly mode: Mode;
  readonly #connection: Connection;
  readonly #facts: BackendFacts;
  readonly #stat: HostStat | undefined;
  readonly #compiler: Compiler;
  readonly #pool: Pool;
  /** Whose namespaces the container that is being compiled enters. */
  #joined: ContainerHandle[] = [];
  /** Handles whose processes this client waits for, by container. */
  readonly #live = new Map<string, ContainerHandle>();

  static async connect(backend: Backend, mode: Mode, more: ClientOptions = {}): Promise<RuntimeClient> {
    const connection = new Connection(backend);
    const facts = await connection.request('facts', {});
    await connection.request('events', {});
    if (facts.features.includes('seccomp')) await loadFilters();
    return new RuntimeClient(connection, mode, facts, more);
  }

  constructor(connection: Connection, mode: Mode, facts: BackendFacts, { stat, pool = 0 }: ClientOptions) {
    this.#connection = connection;
    this.mode = mode;
    this.#facts = facts;
    this.#stat = stat;
    const pidOf = (name: string): number => this.#pidOf(name);
    this.#compiler = new Compiler(facts, stat === undefined ? { pidOf } : { stat, pidOf });
    this.#pool = new Pool(connection, pool);
    connection.listen((_seq, event) => this.#note(event));
  }

  async create(options: CreateOptions): Promise<Container> {
    return this.#create(options, false);
  }

  async run(options: RunOptions): Promise<RunResult> {
    const container = await this.#create({ stdout: 'pipe', stderr: 'pipe', ...options, autoRemove: false }, true);
    const { process } = container;
    const { signal } = options;
    const abort = (): void => void container.kill('SIGKILL').catch(() => {});
    try {
      let overflow: TwinboxError | undefined;
      const limit = options.maxBuffer ?? maxBuffer;
      const collected = collect(this.#connection, { container: container.id }, limit, (what) => {
        overflow = new TwinboxError({ code: 'ENOBUFS', message: `more than ${limit} bytes on ${what}` });
        abort();
      });
      collected.catch(() => {});
      // It may have come while the container was made: then there is no event any more.
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort, { once: true });
      const exit = await process.exited;
      const [stdout, stderr] = await collected;
      signal?.throwIfAborted();
      if (overflow !== undefined) throw overflow;
      const decoder = new TextDecoder();
      return { ...exit, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr), bytes: { stdout, stderr } };
    } catch (error) {
      // Whatever the abort interrupted, it is the reason.
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      await container.remove({ force: true }).catch(() => {});
    }
  }

  async plan(options: CreateOptions): Promise<{ spec: Spec; plan: Plan }> {
    const { spec, plan } = this.#compile(options, true);
    return { spec, plan };
  }

  async get(idOrName: string): Promise<Container> {
    const states = await this.list();
    const exact = states.find((state) => state.id === idOrName || state.name === idOrName);
    const matches = exact ? [exact] : states.filter((state) => idOrName !== '' && state.id.startsWith(idOrName));
    const [state] = matches;
    if (state === undefined) throw noContainer(idOrName);
    if (matches.length > 1) {
      throw new TwinboxError({ code: 'ERR_NAME', message: `more than one container: ${idOrName}` });
    }
    const known = this.#live.get(state.id);
    if (known !== undefined) return known;
    return this.#adopt(new ContainerHandle(this.#connection, this.#facts, state)).adopt(state);
  }

  async list(): Promise<readonly ContainerState[]> {
    return this.#connection.request('list', {});
  }

  async ps(): Promise<readonly ProcessRow[]> {
    return this.#connection.request('ps', {});
  }

  events(options: EventOptions = {}): AsyncIterable<ContainerEvent> {
    return eventQueue(this.#connection, options);
  }

  async features(): Promise<BackendFacts> {
    return this.#facts;
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** With `start` on to its program at once: one that cannot be run leaves nothing behind. */
  async #create(options: CreateOptions, start: boolean): Promise<ContainerHandle> {
    if (options.id !== undefined) checkName('id', options.id);
    this.#joined = [];
    const made = this.#compile(options);
    const joined = this.#joined;
    const { id, kind, spec } = made;
    const name = options.name ?? id.slice(0, shortLength);
    checkName('name', name);
    // One that joins others stands before its program until it is known whose namespaces it has.
    const atOnce = start && joined.length === 0;
    const record = recordOf(options, made, name, atOnce);
    if (options.trace !== undefined) this.#connection.onTrace(id, options.trace);
    const asked = this.#connection.request('create', { plan: made.plan, options: record }, { signal: options.signal });
    // While it is being born. What is said of it comes later than this, also over a direct link.
    const before = this.#live.get(id);
    const known = { id, name, spec, ...stopOf(options) };
    const container = this.#adopt(new ContainerHandle(this.#connection, this.#facts, known));
    const { process } = container;
    if (start) process.running();
    try {
      process.update((await asked).process);
    } catch (error) {
      process.idle();
      this.#forget(id);
      // The id was another one's.
      if (before !== undefined) this.#adopt(before);
      throw error;
    }
    const lost = joined.find((other) => other.process.exit !== undefined);
    if (lost !== undefined || (start && !atOnce)) await this.#proceed(container, lost);
    if (kind !== undefined) this.#pool.started(kind);
    feed(process, options.stdin, this.mode);
    pour(process, options, this.mode);
    return container;
  }

  /** With those that it joined still there; a number of a process that has ended may be somebody else's by now. */
  async #proceed(container: ContainerHandle, lost: ContainerHandle | undefined): Promise<void> {
    try {
      if (lost !== undefined) {
        throw new TwinboxError({ code: 'ESRCH', message: `container ${lost.name} ended while it was joined` });
      }
      await container.start();
    } catch (error) {
      container.process.idle();
      await container.remove({ force: true }).catch(() => {});
      throw error;
    }
  }

  /** `dry`: nothing will be made of it. */
  #compile(options: CreateOptions, dry = false): Made {
    const { allowStray } = options;
    const planOptions = { stdio: stdioKinds(options, this.mode), ...(allowStray === undefined ? {} : { allowStray }) };
    if ('spec' in options) {
      if (options.requireIsolation && this.mode === 'portable') {
        const problem = 'portable mode is no boundary against hostile programs';
        throw new SpecError('requireIsolation', problem, 'use --mode native');
      }
      const spec = checkSpec(options.spec);
      const { id = newId() } = options;
      const stat = this.#stat === undefined ? {} : { stat: this.#stat };
      const plan = compile(spec, this.#facts, { id, ...planOptions, ...stat });
      return { id, spec, plan, image: options.image ?? spec.root.path };
    }
    const { image } = options;
    const kind = options.id === undefined ? this.#compiler.kind(options, planOptions) : undefined;
    if (kind === undefined) {
      const { id = newId() } = options;
      return { id, image, ...this.#compiler.compile(options, { id, ...planOptions }) };
    }
    const begun = dry ? undefined : this.#pool.take(kind);
    const id = begun ?? newId();
    return { id, kind, image, ...kind.make(id, begun !== undefined) };
  }

  /** Of a container whose namespaces another one joins. */
  #pidOf(name: string): number {
    const all = [...this.#live.values()];
    const found = all.find((one) => one.id === name || one.name === name)
      ?? all.find((one) => name !== '' && one.id.startsWith(name));
    if (found === undefined) throw noContainer(name);
    const { process } = found;
    this.#joined.push(found);
    if (process.hostPid > 0 && process.exit === undefined) return process.hostPid;
    throw new TwinboxError({ code: 'ERR_STATE', message: `container ${name} is not running` });
  }

  #adopt(container: ContainerHandle): ContainerHandle {
    this.#live.set(container.id, container);
    return container;
  }

  #forget(id: string): void {
    this.#live.delete(id);
    this.#connection.onTrace(id, undefined);
  }

  #note(event: ContainerEvent): void {
    const container = this.#live.get(event.container);
    if (event.type === 'exit') container?.ended(event.process, event.exit as Exit);
    else if (event.type === 'rename') container?.renamed(event.name);
    else if (event.type === 'remove') this.#forget(event.container);
  }
}

/**
 * Standard input given as a value or a stream is written through a pipe, and what the emulated kernel inherits is
 * copied.
 */
export function stdioKinds(options: StdioOptions, mode: Mode): readonly [StdioKind, StdioKind, StdioKind] {
  const inherited = mode === 'native' ? 'inherit' : 'pipe';
  const output = (to: StdioOptions['stdout']): StdioKind =>
    typeof to === 'object' ? 'pipe' : to === 'ignore' ? 'null' : to === 'inherit' ? inherited : to ?? 'log';
  const { stdin } = options;
  const input = stdin === undefined || stdin === 'ignore' ? 'null' : stdin === 'inherit' ? inherited : 'pipe';
  return [input, output(options.stdout), output(options.stderr)];
}

/** What the backend keeps of it. */
function recordOf(options: CreateOptions, { id, spec, image }: Made, name: string, start: boolean): WireOptions {
  const { labels = {}, autoRemove = false, logBytesMax: bytesMax = logBytesMax, timeoutMs } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new SpecError('timeoutMs', `not a time above 0 and below 2^31 ms: ${timeoutMs}`);
  }
  return {
    id, name, spec, image, labels, lifetime: 'attached', autoRemove, logBytesMax: bytesMax,
    trace: options.trace !== undefined, ...stopOf(options), ...(start ? { start } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function stopOf({ stopSignal, stopTimeoutMs }: CreateOptions): Pick<ContainerState, 'stopSignal' | 'stopTimeoutMs'> {
  return {
    ...(stopSignal === undefined ? {} : { stopSignal: signalNumber(stopSignal) }),
    ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
  };
}

/** It becomes the name of a directory, and a word of a command line. */
export function checkName(field: 'id' | 'name', name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) return;
  const problem = `not letters, digits, _ . or -: ${JSON.stringify(name)}`;
  throw new SpecError(field, name.length > 128 ? 'longer than 128 characters' : problem);
}

export function noContainer(idOrName: string): TwinboxError {
  return new TwinboxError({ code: 'ENOENT', message: `no such container: ${idOrName}` });
}
