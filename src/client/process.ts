// A process seen from outside: streams over channels, and its end.

import type { Process } from '../runtime.ts';
import type { Exit, ProcessState, Target } from '../wire.ts';
import type { Connection } from './connection.ts';
import { signalNumber } from './signal.ts';
import { channelCredit, inputStream, outputStream, type OutputStream } from './stream.ts';

/** How the streams of one handle attach: the maker of a process sees all, a later one what it asks for. */
export interface ProcessView {
  readonly target: Target;
  readonly replay: boolean;
}

export class ProcessHandle implements Process {
  readonly id: string;
  readonly exited: Promise<Exit>;
  readonly #connection: Connection;
  readonly #view: ProcessView;
  #state: ProcessState | undefined;
  #stdin: WritableStream<Uint8Array | string> | undefined;
  #stdout: OutputStream | undefined;
  #stderr: OutputStream | undefined;
  #ended: ((exit: Exit) => void) | undefined;
  #exit: Exit | undefined;
  #held = false;

  constructor(connection: Connection, view: ProcessView) {
    this.#connection = connection;
    this.#view = view;
    this.id = view.target.process ?? view.target.container;
    this.exited = new Promise((resolve, reject) => {
      this.#ended = (exit) => {
        connection.offFailure(reject);
        resolve(exit);
      };
      connection.onFailure(reject);
    });
    // A runtime that is closed under a process that nobody waits for is no unhandled rejection.
    this.exited.catch(() => {});
  }

  get pid(): number {
    return this.#state?.pid ?? 0;
  }

  get hostPid(): number {
    return this.#state?.hostPid ?? 0;
  }

  get stdin(): WritableStream<Uint8Array | string> {
    this.#stdin ??= inputStream(this.#connection, this.#view.target);
    return this.#stdin;
  }

  get stdout(): OutputStream {
    this.#stdout ??= this.#output(1);
    return this.#stdout;
  }

  get stderr(): OutputStream {
    this.#stderr ??= this.#output(2);
    return this.#stderr;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  async kill(signal: string | number = 'SIGTERM'): Promise<boolean> {
    return (await this.#connection.request('signal', { ...this.#view.target, signal: signalNumber(signal) })).heard;
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#connection.request('resize', { ...this.#view.target, columns, rows });
  }

  /** What the backend last said of it. */
  update(state: ProcessState): this {
    this.#state = state;
    if (state.exit !== undefined) this.end(state.exit);
    return this;
  }

  /** It runs: the host stays alive until it has ended. False when that was known. */
  running(): boolean {
    if (this.#held || this.#exit !== undefined) return false;
    this.#held = true;
    this.#connection.hold();
    return true;
  }

  /** It does not run after all. */
  idle(): void {
    if (this.#held) this.#connection.unhold();
    this.#held = false;
  }

  end(exit: Exit): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    this.idle();
    this.#ended?.(exit);
  }

  /** Ends the process if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit !== undefined || this.#state?.started === undefined) return;
    await this.kill('SIGKILL').catch(() => {});
    await this.exited.catch(() => {});
  }

  #output(fd: 1 | 2): OutputStream {
    const { target, replay } = this.#view;
    return outputStream(this.#connection, async () => {
      const args = { ...target, fds: [fd], replay, credit: channelCredit };
      return (await this.#connection.request('attach', args)).channels[fd];
    });
  }
}
