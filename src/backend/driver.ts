// What a mode brings to the server: processes that are born from plans, and looks at them. The server keeps the
// records, the driver the kernel's side of them. The emulated kernel answers at once, Linux by events: hence `Maybe`.

import type { SysError } from '../kernel/uapi/errno.ts';
import type { Plan } from '../kernel/uapi/step.ts';
import type { BackendFacts, CreateOptions, ExecOptions, Exit, FsAnswer, FsCall, ProcessRow, Stats } from '../wire.ts';
import type { Source } from './output.ts';

export interface Driver {
  readonly mode: 'portable' | 'native';
  readonly facts: BackendFacts;
  /** The first process of a container to be. */
  create(plan: Plan, options: CreateOptions, host: Host): Init;
  /** One more process beside `init`. */
  exec(init: Init, plan: Plan, options: ExecOptions, host: Host): Child;
  /** The processes of the machine, or only of one container; `owners` are the containers' ids. */
  ps(owners: ReadonlyMap<Init, string>, only?: Init): readonly ProcessRow[];
  /** First steps of a container to come, and their end. */
  prepare?(plan: Plan): Promise<void>;
  discard?(): void;
  /** Everything of it ends at once; what is removed after it needs no more work. */
  close?(): Promise<void>;
}

/** A process, from before its birth until its record goes. */
export interface Child {
  /** Its number in its own PID namespace and in the initial one; 0 before it is born. */
  readonly pid: number;
  readonly hostPid: number;
  readonly alive: boolean;
  /** As far as `park`, or with `go` on to its program. Rejects with the step that failed, when everything is undone. */
  bear(go: boolean): Promise<void>;
  /** From `park` on to its program. */
  launch(): Promise<void>;
  /** Gives up its birth, or ends it. */
  kill(): void;
  /** Whether a signal would reach it: PID 1 of a namespace gets only what it has a handler for (pid_namespaces(7)). */
  hears(signal: number): boolean;
  signal(signal: number): Maybe<void>;
  resize(columns: number, rows: number): Maybe<void>;
  /** Killed if it lives; what its birth made is unmade. */
  remove(): Maybe<void>;
}

/** The first process of a container, which stands for the whole of it. */
export interface Init extends Child {
  signalAll(signal: number): Maybe<void>;
  freeze(): Maybe<void>;
  thaw(): Maybe<void>;
  update(plan: Plan): Maybe<void>;
  stats(): Stats;
  /** One operation on its files, made as its root. */
  visit(call: FsCall): Maybe<FsAnswer>;
  /** It has ended: what a kernel does not end with it by itself. */
  endGroup?(): void;
}

/** Who hears of a process. */
export interface Host {
  /** Our ends of descriptors 0 to 2. */
  connect(ends: Ends): void;
  exited(exit: Exit): void;
  /** The container's memory ran out, and the kernel killed something in it. */
  oom(): void;
  /** Set when its calls are wanted, one line each. */
  readonly trace?: (line: string) => void;
}

export interface Ends {
  readonly stdin?: Input;
  readonly stdout?: Source;
  readonly stderr?: Source;
}

/** Standard input of a process. */
export interface Input {
  /** Done when the process's pipe or terminal has taken it. */
  write(data: Uint8Array, done: (error?: SysError) => void): void;
  /** After what is pending: end of file. */
  close(): void;
  /** The process is gone: what is pending fails with EPIPE. */
  end(): void;
}

export type Maybe<T> = T | Promise<T>;

/** Goes on at once where nothing has to be waited for. */
export function then<T, R>(value: Maybe<T>, next: (value: T) => R): Maybe<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
