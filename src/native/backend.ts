// The native backend: Linux itself, asked by a supervisor of this runtime's own. The link to it is a call in this
// thread; what takes time happens in the supervisor and its children, and comes back as events.

import type { Child, Driver, Host, Init } from '../backend/driver.ts';
import { Server } from '../backend/server.ts';
import { errorData, TwinboxError } from '../errno.ts';
import { type OpName, type Plan, prepaid } from '../plan.ts';
import type {
  Backend, BackendFacts, BackendOptions, CreateOptions, ExecOptions, Message, ProcessRow, Request,
} from '../wire.ts';
import { encodeAgain } from './again.ts';
import { type EncodedPlan, encodePlan } from './encode.ts';
import { nativeFacts } from './facts.ts';
import { explained, type Machine, NativeChild, NativeInit } from './process.ts';
import { containerRows, machineRows } from './ps.ts';
import { StepError } from './answer.ts';
import { Supervisor } from './supervisor.ts';

export interface NativeOptions extends BackendOptions {
  /** The base directory of the runtime's state. */
  readonly root?: string;
}

/** Starts a supervisor. Messages come through `receive` as they arise, also inside `send`. */
export function openNative(options: NativeOptions): Backend {
  const root = options.root === undefined ? {} : { root: options.root };
  const found = nativeFacts(options.root);
  const trace = 'native mode does not trace system calls: strace(1) does';
  const facts = { ...found, reasons: { ...found.reasons, trace } };
  const supervisor = Supervisor.open(root);
  const driver = new NativeDriver(supervisor, facts);
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
  /** The groups of those that were begun; their births have made more than others of the same kind would have. */
  readonly #prepared = new Set<string>();
  #last: EncodedPlan | undefined;
  #lastHandle = 0;

  constructor(supervisor: Supervisor, facts: BackendFacts) {
    this.supervisor = supervisor;
    this.facts = facts;
    this.freezer = facts.cgroup !== 'none';
  }

  get memoryBytes(): number {
    return this.facts.machine.memoryBytes;
  }

  handle(): number {
    return ++this.#lastHandle;
  }

  create(plan: Plan, options: CreateOptions, host: Host): Init {
    refuseTrace(options.trace);
    const at = groupOf(plan);
    const begun = at !== undefined && this.#prepared.delete(at);
    return new NativeInit(this, plan, host, begun ? prepaid(plan, true) : undefined);
  }

  exec(init: Init, plan: Plan, options: ExecOptions, host: Host): Child {
    refuseTrace(options.trace);
    return new NativeChild(this, plan, host, { target: (init as NativeInit).handle });
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

  async prepare(plan: Plan): Promise<void> {
    const paid = prepaid(plan, true);
    const at = groupOf(plan);
    if (paid === undefined || at === undefined) {
      throw new TwinboxError({ code: 'ERR_UNSUPPORTED', message: 'a child of this plan cannot be had in advance' });
    }
    const begin = (one: Plan): EncodedPlan => encodePlan(beginning(one, paid.steps), paid);
    this.#last = { ...encodeAgain(plan, `begin ${paid.key}`, begin), plan: beginning(plan, paid.steps) };
    this.#prepared.add(at);
    try {
      await this.supervisor.pool(this.#last, 1);
    } catch (error) {
      this.#prepared.delete(at);
      throw error instanceof StepError ? explained(error) : error;
    }
  }

  discard(): void {
    this.#prepared.clear();
    if (this.#last === undefined || this.closed) return;
    // What fails here is gone by itself when the runtime is.
    this.supervisor.pool(this.#last, 0).catch(() => {});
  }
}

const grouping: ReadonlySet<OpName> = new Set(['cgroup', 'delegate', 'limit', 'device_program']);

function groupOf(plan: Plan): string | undefined {
  const [first] = plan.steps;
  return first?.op === 'cgroup' ? first.args.path : undefined;
}

/** Its group, the clone, and the steps after it that do not depend on the container. */
function beginning(plan: Plan, paid: number): Plan {
  const first = plan.steps.findIndex((step) => !grouping.has(step.op));
  const clone = plan.steps.findIndex((step) => step.op === 'clone');
  return { ...plan, steps: [...plan.steps.slice(0, first), ...plan.steps.slice(clone, clone + 1 + paid)] };
}

function refuseTrace(trace: boolean): void {
  if (!trace) return;
  throw new TwinboxError({
    code: 'ERR_UNSUPPORTED', message: 'native mode does not trace system calls',
    hint: 'use strace(1) -f -p on the pid that inspect gives, or --mode portable',
  });
}
