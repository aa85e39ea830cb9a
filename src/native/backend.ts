// The native backend: Linux itself, asked by a supervisor of this runtime's own. The link to it is a call in this thread;
// what takes time happens in the supervisor and its children, and comes back as events.

import type { Child, Driver, Host, Init } from '../backend/driver.ts';
import { Server } from '../backend/server.ts';
import { errorData, TwinboxError } from '../errno.ts';
import { type Plan, prepaid } from '../plan.ts';
import type { Backend, BackendFacts, BackendOptions, CreateOptions, ExecOptions, Message, ProcessRow, Request } from '../wire.ts';
import { encodePlan } from './encode.ts';
import { nativeFacts } from './facts.ts';
import { type Machine, NativeChild, NativeInit } from './process.ts';
import { containerRows, machineRows } from './ps.ts';
import { Supervisor } from './supervisor.ts';

export interface NativeOptions extends BackendOptions {
  /** The base directory of the runtime's state. */
  readonly root?: string;
  /** How many children are kept ready for the next containers of the same kind. */
  readonly pool?: number;
}

/** Starts a supervisor. Messages come through `receive` as they arise, also inside `send`. */
export function openNative(options: NativeOptions): Backend {
  const root = options.root === undefined ? {} : { root: options.root };
  const found = nativeFacts(options.root);
  const facts = { ...found, reasons: { ...found.reasons, trace: 'native mode does not trace system calls: strace(1) does' } };
  const supervisor = Supervisor.open(root);
  const driver = new NativeDriver(supervisor, facts, options.pool ?? 0);
  const server = new Server(driver, (message) => backend.receive(message));
  const backend: Backend = {
    send: (request: Request) => server.receive(request),
    receive: (_message: Message) => {},
    hold: (on) => supervisor.hold(on),
    release: () => supervisor.close(),
  };
  void supervisor.gone.then((error) => {
    if (error !== undefined) backend.broken?.(errorData(error));
  });
  return backend;
}

export class NativeDriver implements Driver, Machine {
  readonly mode = 'native';
  readonly facts: BackendFacts;
  readonly supervisor: Supervisor;
  readonly freezer: boolean;
  closed = false;
  readonly #poolSize: number;
  #poolKey: bigint | undefined;
  #lastHandle = 0;

  constructor(supervisor: Supervisor, facts: BackendFacts, poolSize: number) {
    this.supervisor = supervisor;
    this.facts = facts;
    this.freezer = facts.cgroup !== 'none';
    this.#poolSize = poolSize;
  }

  get memoryBytes(): number {
    return this.facts.machine.memoryBytes;
  }

  handle(): number {
    return ++this.#lastHandle;
  }

  create(plan: Plan, options: CreateOptions, host: Host): Init {
    refuseTrace(options.trace);
    const init = new NativeInit(this, plan, host);
    this.#fill(plan, init.poolKey);
    return init;
  }

  exec(init: Init, plan: Plan, options: ExecOptions, host: Host): Child {
    refuseTrace(options.trace);
    return new NativeChild(this, plan, host, (init as NativeInit).handle);
  }

  ps(owners: ReadonlyMap<Init, string>, only?: Init): readonly ProcessRow[] {
    const known = owners as ReadonlyMap<NativeInit, string>;
    if (only === undefined) return machineRows(known);
    return containerRows(only as NativeInit, owners.get(only) ?? '');
  }

  async close(): Promise<void> {
    await this.supervisor.close();
    this.closed = true;
  }

  /** The next containers of this kind find a child that has made the first steps already. */
  #fill(plan: Plan, key: bigint): void {
    if (this.#poolSize === 0 || key === 0n || key === this.#poolKey) return;
    this.#poolKey = key;
    // The birth goes first: a pool is filled when nobody waits.
    queueMicrotask(() => {
      if (this.closed) return;
      this.supervisor.pool(encodePlan(poolPlan(plan), prepaid(plan)), this.#poolSize).catch(() => {
        // It is a matter of speed alone; births go on cold.
        this.#poolKey = undefined;
      });
    });
  }
}

/** The clone and the steps after it that do not depend on the container. */
function poolPlan(plan: Plan): Plan {
  const at = plan.steps.findIndex((step) => step.op === 'clone');
  return { ...plan, steps: plan.steps.slice(at, at + 1 + (prepaid(plan)?.steps ?? 0)) };
}

function refuseTrace(trace: boolean): void {
  if (!trace) return;
  throw new TwinboxError({
    code: 'ERR_UNSUPPORTED', message: 'native mode does not trace system calls',
    hint: 'use strace(1) -f -p on the pid that inspect gives, or --mode portable',
  });
}
