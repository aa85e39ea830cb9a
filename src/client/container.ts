// A Container over a connection. The backend keeps the record; this holds what one client has of it: handles and
// streams.

import { SpecError, TwinboxError } from '../errno.ts';
import { mergeResources } from '../plan/limit.ts';
import { compileProcess, compileUpdate } from '../plan.ts';
import type { Container, ContainerFs, ExecOptions, Process, WaitOptions } from '../runtime.ts';
import { toExec, toResources, type LimitOptions } from '../shorthand.ts';
import type {
  BackendFacts, ContainerState, Exit, FsAnswer, FsCall, LogChunk, ProcessRow, Stats,
} from '../wire.ts';
import { aborted, type Connection } from './connection.ts';
import { delay, withSignal } from './events.ts';
import { ProcessHandle } from './process.ts';
import { checkName, stdioKinds } from './runtime.ts';
import { signalNumber } from './signal.ts';
import { feed, pour } from './stdio.ts';

const graceMs = 10_000;
const logBytesMax = 1024 * 1024;

/** What of a container does not change. */
type Made = Pick<ContainerState, 'id' | 'name' | 'spec' | 'stopSignal' | 'stopTimeoutMs'>;

export class ContainerHandle implements Container {
  readonly id: string;
  readonly process: ProcessHandle;
  readonly fs: ContainerFs;
  readonly #connection: Connection;
  readonly #facts: BackendFacts;
  readonly #made: Made;
  /** Handles of processes that have not ended, by exec id; the first process under its container's. */
  readonly #processes = new Map<string, Set<ProcessHandle>>();
  #name: string;
  #removed = false;
  #execs = 0;

  constructor(connection: Connection, facts: BackendFacts, made: Made) {
    const { id, name } = made;
    this.#connection = connection;
    this.#facts = facts;
    this.#made = made;
    this.id = id;
    this.#name = name;
    this.process = this.#watch(new ProcessHandle(connection, { target: { container: id }, replay: true }));
    this.fs = fileSystem((call) => this.#fs(call));
  }

  get #mode(): 'portable' | 'native' {
    return this.#facts.kernel === 'linux' ? 'native' : 'portable';
  }

  get name(): string {
    return this.#name;
  }

  async start(): Promise<Process> {
    const first = this.process.running();
    try {
      const { process } = await this.#connection.request('start', { container: this.id });
      return this.process.update(process);
    } catch (error) {
      // One that is started twice runs all the same.
      if (first) this.process.idle();
      throw error;
    }
  }

  async exec(given: ExecOptions | readonly string[]): Promise<Process> {
    const options: ExecOptions = Array.isArray(given) ? { command: given } : (given as ExecOptions);
    if ((options.command ?? []).length === 0) throw new SpecError('command', 'is empty');
    const spec = toExec(options, this.#made.spec.process);
    const stdio = stdioKinds(options, this.#mode);
    const plan = compileProcess(spec, this.#made.spec, this.#facts, { id: this.id, stdio });
    const id = `${this.id.slice(0, 12)}-${++this.#execs}-${Math.random().toString(36).slice(2, 8)}`;
    const view = { target: { container: this.id, process: id }, replay: true };
    const handle = this.#watch(new ProcessHandle(this.#connection, view));
    handle.running();
    try {
      const reply = await this.#connection.request('exec', {
        container: this.id, plan,
        options: { id, args: spec.args, logBytesMax: options.logBytesMax ?? logBytesMax, trace: false },
      }, { signal: options.signal });
      handle.update(reply.process);
    } catch (error) {
      handle.idle();
      this.#processes.delete(id);
      throw error;
    }
    feed(handle, options.stdin, this.#mode);
    pour(handle, options, this.#mode);
    return handle;
  }

  async attach(options: { readonly stdin?: boolean; readonly replay?: boolean } = {}): Promise<Process> {
    const view = { target: { container: this.id }, replay: options.replay ?? false };
    const handle = this.#watch(new ProcessHandle(this.#connection, view));
    const state = await this.inspect();
    return handle.update(state.process);
  }

  async wait({ signal }: WaitOptions = {}): Promise<Exit> {
    if (signal?.aborted) throw aborted(signal);
    return withSignal(this.process.exited, signal);
  }

  async kill(signal: string | number = 'SIGKILL', { all = false }: { readonly all?: boolean } = {}): Promise<boolean> {
    const args = { container: this.id, signal: signalNumber(signal), ...(all ? { all } : {}) };
    return (await this.#connection.request('signal', args)).heard;
  }

  async stop(options: { readonly signal?: string | number; readonly timeoutMs?: number } = {}): Promise<Exit> {
    const exit = this.process.exit;
    if (exit !== undefined) return exit;
    const { stopSignal = 'SIGTERM', stopTimeoutMs = graceMs } = this.#made;
    if (await this.kill(options.signal ?? stopSignal).catch(ignoreGone)) {
      const timeout = delay(options.timeoutMs ?? stopTimeoutMs);
      await Promise.race([this.process.exited, timeout.over]);
      timeout.cancel();
    }
    if (this.process.exit === undefined) await this.kill('SIGKILL').catch(ignoreGone);
    return this.process.exited;
  }

  async pause(): Promise<void> {
    await this.#connection.request('pause', { container: this.id });
  }

  async resume(): Promise<void> {
    await this.#connection.request('resume', { container: this.id });
  }

  async update(limits: LimitOptions): Promise<void> {
    // What it has now, since another handle may have changed it.
    const { spec } = await this.inspect();
    const before = spec.linux?.resources ?? {};
    const given = toResources(limits, this.#facts, before);
    const plan = compileUpdate(given, spec, this.#facts);
    await this.#connection.request('update', { container: this.id, plan, resources: mergeResources(before, given) });
  }

  async rename(name: string): Promise<void> {
    checkName('name', name);
    await this.#connection.request('rename', { container: this.id, name });
    this.#name = name;
  }

  async remove({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    if (this.#removed) return;
    await this.#connection.request('remove', { container: this.id, force });
    this.#removed = true;
  }

  async inspect(): Promise<ContainerState> {
    return this.#connection.request('inspect', { container: this.id });
  }

  async ps(): Promise<readonly ProcessRow[]> {
    return this.#connection.request('ps', { container: this.id });
  }

  async *stats(options: { readonly intervalMs?: number; readonly signal?: AbortSignal } = {}): AsyncGenerator<Stats> {
    while (!options.signal?.aborted && this.process.exit === undefined) {
      yield await this.#connection.request('stats', { container: this.id });
      const pause = delay(options.intervalMs ?? 1000);
      await withSignal(Promise.race([pause.over, this.process.exited]), options.signal).catch(() => {});
      pause.cancel();
    }
  }

  async *logs(): AsyncGenerator<LogChunk> {
    yield* await this.#connection.request('logs', { container: this.id });
  }

  async getProcess(execId: string): Promise<Process> {
    const state = (await this.inspect()).execs.find((exec) => exec.id === execId);
    if (state === undefined) throw new TwinboxError({ code: 'ENOENT', message: `no such exec: ${execId}` });
    const view = { target: { container: this.id, process: execId }, replay: false };
    return this.#watch(new ProcessHandle(this.#connection, view)).update(state);
  }

  /** Kills and removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove({ force: true }).catch(ignoreGone);
  }

  adopt(state: ContainerState): this {
    this.process.update(state.process);
    return this;
  }

  renamed(name: string): void {
    this.#name = name;
  }

  /** The event of a process's end. */
  ended(process: string | undefined, exit: Exit): void {
    const key = process ?? this.id;
    for (const handle of this.#processes.get(key) ?? []) handle.end(exit);
    this.#processes.delete(key);
  }

  #watch(handle: ProcessHandle): ProcessHandle {
    const handles = this.#processes.get(handle.id);
    if (handles === undefined) this.#processes.set(handle.id, new Set([handle]));
    else handles.add(handle);
    return handle;
  }

  async #fs(call: FsCall): Promise<FsAnswer> {
    return this.#connection.request('fs', { container: this.id, call });
  }
}

function ignoreGone(error: unknown): undefined {
  const { code } = error as TwinboxError;
  if (code !== 'ESRCH' && code !== 'ENOENT' && code !== 'ERR_STATE' && code !== 'ERR_CLOSED') throw error;
}

function fileSystem(call: (call: FsCall) => Promise<FsAnswer>): ContainerFs {
  const encode = (data: string | Uint8Array): Uint8Array =>
    (typeof data === 'string' ? new TextEncoder().encode(data) : data);
  const readFile = async (path: string): Promise<Uint8Array> =>
    (await call({ op: 'readFile', path })).data ?? new Uint8Array();
  return {
    readFile,
    readText: async (path) => new TextDecoder().decode(await readFile(path)),
    async writeFile(path, data, { mode = 0o644 } = {}) {
      await call({ op: 'writeFile', path, data: encode(data), mode });
    },
    readdir: async (path) => (await call({ op: 'readdir', path })).names ?? [],
    async mkdir(path, { mode = 0o755 } = {}) {
      await call({ op: 'mkdir', path, mode });
    },
    async unlink(path) {
      await call({ op: 'unlink', path });
    },
    stat: async (path) => (await call({ op: 'stat', path })).stat as NonNullable<FsAnswer['stat']>,
  };
}
