// The interface: all that a user can ask of twinbox is on this page. Two kernels stand behind it, and a program cannot
// tell which but by `features()`.
//
//     const runtime = await createRuntime({ mode: 'portable' });
//     const { stdout } = await runtime.run({ image: 'busybox', command: ['ps'] });
//
//     await using box = await runtime.create({ image: 'busybox', command: ['sh'], stdin: 'pipe' });
//     const sh = await box.start();
//     ...
//     await box.stop();

import type { ContainerOptions, LimitOptions, ProcessOptions } from './shorthand.ts';
import type { Plan } from './plan.ts';
import type { Spec } from './spec.ts';
import type { OutputStream } from './client/stream.ts';
import type {
  BackendFacts, ContainerEvent, ContainerState, Exit, FsAnswer, LogChunk, Machine, ProcessRow, ProcessState, Stats,
} from './wire.ts';

export interface RuntimeOptions {
  /**
   * `portable`: the emulated kernel. `native`: Linux itself, or an error that says why not. `auto` decides for each
   * container, says in a line when the emulated kernel is taken on a Linux machine, and never takes it for one that
   * asks for isolation; `runtime.mode` is the kernel that it takes where it can, `inspect().mode` a container's own.
   */
  readonly mode?: 'auto' | 'portable' | 'native';
  /** Where native mode keeps its state: /run/twinbox, or for an ordinary user $XDG_RUNTIME_DIR/twinbox. */
  readonly root?: string;
  /**
   * Native mode: how many containers are begun in advance when the same kind was started twice in a row. Each is a
   * parked process with namespaces and a cgroup of its own. 1 by default, 0 for none.
   */
  readonly pool?: number;
  /** Takes the lines that `auto` says; standard error by default. */
  readonly notice?: (line: string) => void;
  /** The emulated kernel in a thread of its own; the default. */
  readonly thread?: boolean;
  /**
   * How guest programs run: green processes in the kernel's own thread, or a worker each. By default the best there is.
   */
  readonly cpu?: 'lane' | 'worker';
  /** The size of the emulated machine. */
  readonly machine?: Partial<Machine>;
}

export interface Runtime extends AsyncDisposable {
  readonly mode: 'portable' | 'native';
  /** Makes a container and stops before its program: its file system, names and limits are there, and `fs` works. */
  create(options: CreateOptions): Promise<Container>;
  /** Runs a container to its end, collects its output, and removes it. */
  run(options: RunOptions): Promise<RunResult>;
  /** The spec and the steps that `create` would take, and takes none. */
  plan(options: CreateOptions): Promise<{ readonly spec: Spec; readonly plan: Plan }>;
  /** By id, unambiguous beginning of an id, or name. */
  get(idOrName: string): Promise<Container>;
  list(): Promise<readonly ContainerState[]>;
  /** The process table of the machine, each process under its outside and its inside number. */
  ps(): Promise<readonly ProcessRow[]>;
  events(options?: EventOptions): AsyncIterable<ContainerEvent>;
  features(): Promise<BackendFacts>;
  /** Ends and removes every container that belongs to this runtime. */
  close(): Promise<void>;
}

/** A container in OCI's words. */
export interface SpecOptions extends Pick<ContainerOptions, 'requireIsolation' | 'allowStray'> {
  readonly spec: Spec;
  /** What `inspect` calls its root. */
  readonly image?: string;
}

/** A container in docker's words, or with `spec` in OCI's. */
export type CreateOptions = (ContainerOptions | SpecOptions) & {
  readonly id?: string;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Gone as soon as it has stopped. */
  readonly autoRemove?: boolean;
  /** So long after its start it is killed, whatever it does, and its exit says `timedOut`. */
  readonly timeoutMs?: number;
  /** What `stop` sends, SIGTERM by default, and how long it waits then, by default 10 seconds. */
  readonly stopSignal?: SignalName | number;
  readonly stopTimeoutMs?: number;
  /** Every system call of every process, in strace's form. */
  readonly trace?: (line: string) => void;
  /** Gives up the birth; what was made is unmade. */
  readonly signal?: AbortSignal;
} & StdioOptions;

/** Where a process's descriptors lead. By default no input, and output kept in a bounded ring that never blocks it. */
export interface StdioOptions {
  /** `pipe`: `process.stdin` writes to it. `inherit`: the caller's own. Text or bytes: given, then end of file. */
  readonly stdin?: 'pipe' | 'inherit' | 'ignore' | string | Uint8Array | ReadableStream<Uint8Array>;
  /**
   * `log`: the ring. `pipe`: it waits for its reader, as a pipe does. `inherit`: the caller's own; in native mode the
   * descriptor itself, which a program inside can open anew through /proc/self/fd with other rights than it was given.
   */
  readonly stdout?: 'log' | 'pipe' | 'inherit' | 'ignore' | WritableStream<Uint8Array>;
  readonly stderr?: 'log' | 'pipe' | 'inherit' | 'ignore' | WritableStream<Uint8Array>;
  /** The ring's size, 1 MiB by default. */
  readonly logBytesMax?: number;
}

export type ExecOptions = ProcessOptions & StdioOptions & { readonly signal?: AbortSignal };

export type RunOptions = CreateOptions & {
  /** More output than this ends the container with ENOBUFS; 16 MiB by default. */
  readonly maxBuffer?: number;
};

export interface RunResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  /** The same, not decoded. */
  readonly bytes: { readonly stdout: Uint8Array; readonly stderr: Uint8Array };
}

export interface Container extends AsyncDisposable {
  readonly id: string;
  /** As of the last call; `rename` changes it. */
  readonly name: string;
  /** Its first process, PID 1 inside. */
  readonly process: Process;
  /** Lets it go on to its program. A program that cannot be run is an error here: ENOENT, EACCES, ENOEXEC. */
  start(): Promise<Process>;
  /** One more process beside the first. */
  exec(options: ExecOptions | readonly string[]): Promise<Process>;
  /** A second look at the first process: with its own streams, from now on or from what the ring still has. */
  attach(options?: { readonly stdin?: boolean; readonly replay?: boolean }): Promise<Process>;
  wait(options?: WaitOptions): Promise<Exit>;
  /**
   * To PID 1, by default SIGKILL; with `all`, to every process of it. False when it is not heard: the first process of
   * a PID namespace gets only the signals that it has a handler for, and from outside SIGKILL and SIGSTOP.
   */
  kill(signal?: SignalName | number, options?: { readonly all?: boolean }): Promise<boolean>;
  /** Asks with a signal, waits if it was heard, then insists with SIGKILL; by default as its options say. */
  stop(options?: { readonly signal?: SignalName | number; readonly timeoutMs?: number }): Promise<Exit>;
  /** Freezes every process of it. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Other limits while it runs; what is not named stays. */
  update(limits: LimitOptions): Promise<void>;
  rename(name: string): Promise<void>;
  /** Its record, its files and its cgroup. A running one only by `force`. */
  remove(options?: { readonly force?: boolean }): Promise<void>;
  inspect(): Promise<ContainerState>;
  ps(): Promise<readonly ProcessRow[]>;
  stats(options?: { readonly intervalMs?: number; readonly signal?: AbortSignal }): AsyncIterable<Stats>;
  /** What the ring has kept of the first process's output. */
  logs(): AsyncIterable<LogChunk>;
  readonly fs: ContainerFs;
  getProcess(execId: string): Promise<Process>;
}

/** One process, seen from outside. */
export interface Process extends AsyncDisposable {
  readonly id: string;
  /** Its number inside. */
  readonly pid: number;
  /** Its number on the machine. */
  readonly hostPid: number;
  /** Made at first use, like the next two. */
  readonly stdin: WritableStream<Uint8Array | string>;
  readonly stdout: OutputStream;
  /** Nothing, where a terminal has joined it with stdout. */
  readonly stderr: OutputStream;
  /** Never rejects but when the runtime itself is gone. */
  readonly exited: Promise<Exit>;
  /** SIGTERM by default. */
  kill(signal?: SignalName | number): Promise<boolean>;
  resize(columns: number, rows: number): Promise<void>;
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
}

export interface EventOptions {
  /** The last sequence number that was seen: those after it that are still kept come first. */
  readonly since?: number;
  readonly signal?: AbortSignal;
}

/**
 * Files of a container, as its root sees them; from `create` on (in native mode without root: from `start` on), until
 * its first process has ended.
 */
export interface ContainerFs {
  readFile(path: string): Promise<Uint8Array>;
  readText(path: string): Promise<string>;
  writeFile(path: string, data: string | Uint8Array, options?: { readonly mode?: number }): Promise<void>;
  readdir(path: string): Promise<readonly string[]>;
  mkdir(path: string, options?: { readonly mode?: number }): Promise<void>;
  unlink(path: string): Promise<void>;
  stat(path: string): Promise<NonNullable<FsAnswer['stat']>>;
}

export type SignalName = `SIG${string}` | Uppercase<string>;

export type {
  BackendFacts, ContainerEvent, ContainerOptions, ContainerState, Exit, LimitOptions, LogChunk, Machine, OutputStream,
  Plan, ProcessOptions, ProcessRow, ProcessState, Spec, Stats,
};

/** Opens a runtime. Its containers belong to it and end with it. */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { open } = await import('./open.ts');
  return open(options);
}
