// All that a kernel's side (a backend) implements, and all that crosses to it: plain-data messages over a link, by
// direct call, through a MessagePort or over a socket. Requests have ids and one reply each; output comes over numbered
// byte channels and stops when their credit is spent; events carry sequence numbers. Compiling specs, streams and
// promises are above it, in runtime.ts; nothing here is a function, a class or a stream.

import type { ErrorData } from './errno.ts';
import type { Facts, Plan } from './plan.ts';
import type { Resources, Spec } from './spec.ts';

/** What a client may ask: the arguments and the answer of each request. */
export interface Requests {
  facts: { args: Empty; reply: BackendFacts };
  /** Carries a plan out as far as `park`. The answer comes when the first process stands before its program. */
  create: { args: { plan: Plan; options: CreateOptions }; reply: { id: string; process: ProcessState } };
  /** Makes the first steps of a container to come, whose create has this very plan; answers when they are made. */
  prepare: { args: { plan: Plan }; reply: Empty };
  /** Those that were prepared and not created will not be. */
  discard: { args: Empty; reply: Empty };
  /** Lets the first process go on to its program; answers when execve(2) has succeeded or failed. */
  start: { args: { container: string }; reply: { process: ProcessState } };
  exec: { args: { container: string; plan: Plan; options: ExecOptions }; reply: { process: ProcessState } };
  /** Channels for a process's output, from now on or, with `replay`, from what its ring still holds. */
  attach: { args: Target & { fds: readonly number[]; replay: boolean; credit: number }; reply: Channels };
  detach: { args: { channel: number }; reply: Empty };
  /** Bytes for standard input. The reply means that the process's pipe or terminal has taken them. */
  write: { args: Target & { data: Uint8Array }; reply: Empty };
  /** The reader has taken so many bytes of a channel: as many more may come. */
  credit: { args: { channel: number; bytes: number }; reply: Empty };
  closeStdin: { args: Target; reply: Empty };
  resize: { args: Target & { columns: number; rows: number }; reply: Empty };
  /** To one process, or with `all` to every process of the container. Not heard: PID 1 has no handler for it. */
  signal: { args: Target & { signal: number; all?: boolean }; reply: { heard: boolean } };
  pause: { args: { container: string }; reply: Empty };
  resume: { args: { container: string }; reply: Empty };
  /** New limits; `resources` is what its spec then says of them. */
  update: { args: { container: string; plan: Plan; resources: Resources }; reply: Empty };
  inspect: { args: { container: string }; reply: ContainerState };
  list: { args: Empty; reply: readonly ContainerState[] };
  /** The processes of a container, or of the whole machine. */
  ps: { args: { container?: string }; reply: readonly ProcessRow[] };
  stats: { args: { container: string }; reply: Stats };
  logs: { args: { container: string }; reply: readonly LogChunk[] };
  /** One operation on a container's files, made as its root. */
  fs: { args: { container: string; call: FsCall }; reply: FsAnswer };
  rename: { args: { container: string; name: string }; reply: Empty };
  remove: { args: { container: string; force: boolean }; reply: Empty };
  /** From now on, or from a sequence number that is still kept. */
  events: { args: { since?: number }; reply: { seq: number } };
  /** Gives up waiting for a request; its reply is then ABORT_ERR. A birth is undone. */
  cancel: { args: { request: number }; reply: Empty };
  /** Kills and removes every attached container, then answers. */
  close: { args: Empty; reply: Empty };
}

export type Empty = Record<never, never>;
export type RequestName = keyof Requests;
export type Request = {
  readonly [K in RequestName]: { readonly id: number; readonly op: K } & Requests[K]['args'];
}[RequestName];

/** What a backend says. */
export type Message =
  | { readonly reply: number; readonly value: unknown }
  | { readonly reply: number; readonly error: ErrorData }
  | { readonly channel: number; readonly data: Uint8Array }
  | { readonly channel: number; readonly end: true }
  | { readonly seq: number; readonly event: ContainerEvent }
  | { readonly container: string; readonly trace: string };

/** What a backend is opened with. */
export interface BackendOptions {
  readonly cpu?: 'lane' | 'worker';
  readonly machine?: Partial<Machine>;
}

/** One mode's kernel, seen from above. Messages keep their order in both directions. */
export interface Backend {
  send(request: Request): void;
  /** Set once, before the first request. */
  receive: (message: Message) => void;
  /** The link is gone, with the reason: every open request fails with it. */
  broken?: (error: ErrorData) => void;
  /** Frees what the link itself holds, after `close` was answered. */
  release(): Promise<void>;
  /** While true the host process stays alive for it. */
  hold?(on: boolean): void;
}

/** A process of a container: the first one without `process`, else the exec of that id. */
export interface Target {
  readonly container: string;
  readonly process?: string;
}

/** For each descriptor asked for, its channel. */
export interface Channels {
  readonly channels: Readonly<Record<number, number>>;
}

export interface BackendFacts extends Facts {
  readonly features: readonly string[];
  readonly machine: Machine;
  readonly cpu?: 'lane' | 'worker';
  /** Why a thing that one could expect is not there. */
  readonly reasons: Readonly<Record<string, string>>;
}

/** The size of the emulated machine; native mode tells the host's. */
export interface Machine {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly tasksMax: number;
  readonly inodesMax: number;
  readonly filesMax: number;
}

export interface CreateOptions {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Spec;
  readonly image: string;
  readonly lifetime: 'attached' | 'detached';
  readonly autoRemove: boolean;
  /** Bytes of output kept for `logs` and late readers. */
  readonly logBytesMax: number;
  readonly trace: boolean;
  /** On through `park` at once: the answer comes when the program runs, and one that cannot leaves nothing behind. */
  readonly start?: boolean;
  /** So long after its start the container is killed. */
  readonly timeoutMs?: number;
  /** How `stop` asks, and how long it waits, where its caller does not say. */
  readonly stopSignal?: number;
  readonly stopTimeoutMs?: number;
}

export interface ExecOptions {
  readonly id: string;
  readonly args: readonly string[];
  readonly logBytesMax: number;
  readonly trace: boolean;
}

export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** How a process ended: one of the two is set. */
export interface Exit {
  /** 0 to 255; 128+n after signal n. */
  readonly exitCode: number;
  /** `SIGKILL`, ... */
  readonly signal?: string;
  readonly oomKilled?: boolean;
  /** It had run for its `timeoutMs`. */
  readonly timedOut?: boolean;
}

export interface ProcessState {
  readonly id: string;
  readonly container: string;
  readonly args: readonly string[];
  /** Its number in its own PID namespace. */
  readonly pid: number;
  /** Its number in the initial one. */
  readonly hostPid: number;
  readonly tty: boolean;
  readonly started?: string;
  readonly finished?: string;
  readonly exit?: Exit;
}

export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mode: 'portable' | 'native';
  readonly lifetime: 'attached' | 'detached';
  readonly stopSignal?: number;
  readonly stopTimeoutMs?: number;
  readonly status: Status;
  readonly created: string;
  readonly spec: Spec;
  readonly process: ProcessState;
  readonly execs: readonly ProcessState[];
}

/** One line of ps: a process under its inside number and its outside number. */
export interface ProcessRow {
  readonly pid: number;
  readonly ppid: number;
  readonly hostPid: number;
  /** The container's id, or none for the machine's own. */
  readonly container?: string;
  /** Its numbers in every namespace from the initial one inwards. */
  readonly nspid: readonly number[];
  readonly uid: number;
  /** One letter of proc_pid_stat(5): R, S, T, Z. */
  readonly state: string;
  readonly comm: string;
  readonly args: readonly string[];
}

export interface Stats {
  readonly read: string;
  readonly processes: number;
  readonly memoryBytes: number;
  readonly memoryBytesMax: number;
  readonly cpuMs: number;
}

export interface LogChunk {
  readonly fd: 1 | 2;
  readonly time: string;
  readonly data: Uint8Array;
}

export type FsCall =
  | { readonly op: 'readFile'; readonly path: string }
  | { readonly op: 'writeFile'; readonly path: string; readonly data: Uint8Array; readonly mode: number }
  | { readonly op: 'readdir'; readonly path: string }
  | { readonly op: 'mkdir'; readonly path: string; readonly mode: number }
  | { readonly op: 'unlink'; readonly path: string }
  | { readonly op: 'stat'; readonly path: string };

export interface FsAnswer {
  readonly data?: Uint8Array;
  readonly names?: readonly string[];
  readonly stat?: {
    readonly mode: number; readonly size: number; readonly uid: number; readonly gid: number; readonly mtimeMs: number;
  };
}

export interface ContainerEvent {
  readonly type: 'create' | 'start' | 'exec' | 'exit' | 'stop' | 'pause' | 'resume' | 'oom' | 'rename' | 'remove';
  readonly time: string;
  readonly container: string;
  readonly name: string;
  readonly process?: string;
  readonly exit?: Exit;
}
