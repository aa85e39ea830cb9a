// A process of Linux's as the server drives it: a handle of the supervisor, and what its events say of it.

import { readFileSync } from 'node:fs';
import type { Child, Host, Init } from '../backend/driver.ts';
import { explain } from '../backend/failure.ts';
import { TwinboxError } from '../errno.ts';
import { errnoName, SysError } from '../kernel/uapi/errno.ts';
import { SIG } from '../kernel/uapi/signal.ts';
import type { Plan, Step } from '../kernel/uapi/step.ts';
import type { Exit, FsAnswer, FsCall, Stats } from '../wire.ts';
import { encodeAgain } from './again.ts';
import { callName } from './callname.ts';
import { type EncodedPlan, encodePlan } from './encode.ts';
import { visit } from './files.ts';
import { type Groups, groupsOf } from './ps.ts';
import { statsOf } from './stats.ts';
import type { Prepaid } from '../plan.ts';
import { PipeInput, PipeSource, terminalEnds } from './stdio.ts';
import { StepError } from './answer.ts';
import { type Ends, type Listener, type Supervisor } from './supervisor.ts';

/** What the processes of one runtime share. */
export interface Machine {
  readonly supervisor: Supervisor;
  /** Never used twice. */
  handle(): number;
  readonly memoryBytes: number;
  readonly freezer: boolean;
  /** Everything has been ended with one word. */
  readonly closed: boolean;
}

interface ChildOptions {
  /** The first process of the container that it joins. */
  readonly target?: number;
  /** What was made of it in advance. */
  readonly paid?: Prepaid | undefined;
}

/** `born` is a birth on its way, `launched` one that was let go on from `park`. */
type Phase = 'none' | 'born' | 'parked' | 'launched' | 'running' | 'ended' | 'gone';

export class NativeChild implements Child, Listener {
  readonly handle: number;
  protected readonly machine: Machine;
  protected readonly plan: EncodedPlan;
  readonly #host: Host;
  readonly #target: number | undefined;
  #phase: Phase = 'none';
  #go = false;
  /** Whoever waits for its birth or its program. */
  #waiting: { resolve(): void; reject(error: Error): void } | undefined;
  #removed: Promise<void> | undefined;
  pid = 0;
  hostPid = 0;

  constructor(machine: Machine, plan: Plan, host: Host, more: ChildOptions) {
    this.machine = machine;
    this.handle = machine.handle();
    this.plan = encodeAgain(plan, more.paid?.key ?? '', (one) => encodePlan(one, more.paid));
    this.#host = host;
    this.#target = more.target;
  }

  /** It stands before its program. */
  protected get waits(): boolean {
    return this.#phase === 'parked';
  }

  get alive(): boolean {
    return this.#phase === 'parked' || this.#phase === 'launched' || this.#phase === 'running';
  }

  bear(go: boolean): Promise<void> {
    this.#phase = 'born';
    this.#go = go;
    const { handle, plan } = this;
    const target = this.#target;
    const birth = { handle, plan, go, listener: this, ...(target === undefined ? {} : { target }) };
    this.machine.supervisor.birth(birth).then((made) => this.#connect(made), (error: Error) => this.#fail(error));
    return this.#wait();
  }

  launch(): Promise<void> {
    if (this.#phase !== 'parked') return Promise.reject(gone());
    this.#phase = 'launched';
    this.machine.supervisor.start(this.handle);
    return this.#wait();
  }

  kill(): void {
    if (this.#phase === 'born') void this.#remove().catch(() => {});
    else if (this.#phase === 'launched') this.machine.supervisor.signal(this.handle, SIG.KILL).catch(() => {});
  }

  hears(signal: number): boolean {
    if (signal === 0 || signal === SIG.KILL || signal === SIG.STOP) return true;
    const status = statusOf(this.hostPid);
    if (status === undefined || lastNumber(status) !== 1) return true;
    const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
    return ((caught >> BigInt(signal - 1)) & 1n) === 1n;
  }

  signal(signal: number): Promise<void> {
    return this.asked(this.machine.supervisor.signal(this.handle, signal));
  }

  resize(columns: number, rows: number): void {
    if (this.alive) this.machine.supervisor.resize(this.handle, columns, rows);
  }

  remove(): Promise<void> | undefined {
    // An exec that has ended is forgotten by the supervisor too; a container's record waits for this.
    const forgotten = this.#phase === 'ended' && this.#target !== undefined;
    if (this.machine.closed || forgotten || this.#phase === 'none' || this.#phase === 'gone') return undefined;
    return this.#remove();
  }

  parked(hostPid: number, pid: number): void {
    this.#known(hostPid, pid);
    if (this.#phase !== 'born') return;
    if (this.#go) this.#phase = 'launched';
    else {
      this.#phase = 'parked';
      this.#settle();
    }
  }

  started(hostPid: number, pid: number): void {
    this.#known(hostPid, pid);
    this.#phase = 'running';
    this.#settle();
  }

  failed(error: StepError): void {
    this.#fail(explained(error));
  }

  exited(exit: Exit): void {
    this.#phase = 'ended';
    this.#settle(gone());
    this.#host.exited(exit);
  }

  oom(): void {
    this.#host.oom();
  }

  broken(error: TwinboxError): void {
    this.#fail(error);
  }

  /** An answer of the supervisor's: its errors in the interface's words. */
  protected async asked(answer: Promise<void>): Promise<void> {
    try {
      await answer;
    } catch (error) {
      throw error instanceof StepError ? explained(error) : error;
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => { this.#waiting = { resolve, reject }; });
  }

  #settle(error?: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(error);
  }

  #fail(error: Error): void {
    this.#phase = 'gone';
    this.#settle(error);
  }

  #known(hostPid: number, pid: number): void {
    this.hostPid = hostPid;
    this.pid = pid;
  }

  #remove(): Promise<void> {
    this.#removed ??= this.asked(this.machine.supervisor.remove(this.handle)).then(
      () => this.#fail(gone()),
      (error: unknown) => {
        this.#removed = undefined;
        // Undone already, by its own failure.
        if ((error as TwinboxError).code !== 'ESRCH') throw error;
        this.#fail(gone());
      },
    );
    return this.#removed;
  }

  #connect({ stdin, stdout, stderr, terminal }: Ends): void {
    if (terminal !== undefined) return this.#host.connect(terminalEnds(terminal));
    this.#host.connect({
      ...(stdin === undefined ? {} : { stdin: new PipeInput(stdin) }),
      ...(stdout === undefined ? {} : { stdout: new PipeSource(stdout) }),
      ...(stderr === undefined ? {} : { stderr: new PipeSource(stderr) }),
    });
  }
}

/** The first process of a container, with the groups that hold all of it. */
export class NativeInit extends NativeChild implements Init {
  readonly groups: Groups;
  /** Kinds of namespaces that a visitor enters. */
  readonly userNamespace: boolean;

  constructor(machine: Machine, plan: Plan, host: Host, paid?: Prepaid) {
    super(machine, plan, host, { paid });
    this.groups = groupsOf(plan);
    this.userNamespace = plan.steps.some((step) => step.op === 'clone' && step.args.flags.includes('NEWUSER'));
  }

  signalAll(signal: number): Promise<void> {
    return this.asked(this.machine.supervisor.signal(this.handle, signal, true));
  }

  freeze(): Promise<void> {
    this.#needsFreezer();
    return this.asked(this.machine.supervisor.freeze(this.handle));
  }

  thaw(): Promise<void> {
    return this.asked(this.machine.supervisor.thaw(this.handle));
  }

  update(plan: Plan): Promise<void> {
    return this.asked(this.machine.supervisor.update(this.handle, encodePlan(plan)));
  }

  stats(): Stats {
    return statsOf(this, this.machine.memoryBytes);
  }

  async visit(call: FsCall): Promise<FsAnswer> {
    try {
      return await visit(this.machine, this, call);
    } catch (error) {
      const closed = error instanceof SysError && error.code === 'EPERM' && error.syscall === 'setns';
      throw closed && this.waits ? tooEarly() : error;
    }
  }

  #needsFreezer(): void {
    if (this.machine.freezer && (this.groups.v2 !== undefined || this.groups.v1.has('freezer'))) return;
    throw new TwinboxError({
      code: 'ERR_UNSUPPORTED', message: 'pause: the container has no cgroup with a freezer here',
      hint: 'run as root, or in a delegated cgroup: systemd-run --user --scope -p Delegate=yes',
    });
  }
}

/** Before exec(2) its memory is the supervisor's still, which without root may not be looked into (ptrace(2)). */
const tooEarly = (): TwinboxError => new TwinboxError({
  code: 'EPERM', message: 'without root the files of a container can be reached from its start on',
  hint: 'start it first, or give it the files as a volume', syscall: 'setns',
});

const gone = (): SysError => new SysError('ESRCH', 'execve', 'killed before its program ran');

function statusOf(hostPid: number): string | undefined {
  try {
    return readFileSync(`/proc/${hostPid}/status`, 'latin1');
  } catch {
    return undefined;
  }
}

/** Its number in its own PID namespace. */
function lastNumber(status: string): number {
  return Number(/^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? 0);
}

export function explained({ cause, step }: StepError): TwinboxError | SysError {
  const code = errnoName(cause.errno) ?? 'EIO';
  const syscall = callName(cause.syscall);
  // A request that is no plan's: the supervisor's own word.
  if (step === undefined || step.op === 'file') return new SysError(code, syscall);
  return explain({ step: step as Step, code, kernel: 'linux', ...(syscall === undefined ? {} : { syscall }) });
}
