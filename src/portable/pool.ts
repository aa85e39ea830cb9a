// Threads for guests: Node's worker threads, kept for the next process, since a cold one takes tens of milliseconds and
// a warm one a tenth of one. A browser's workers will come behind the same interface.

import {Worker} from 'node:worker_threads';
import {asset} from '../asset.ts';
import {CONTROL_WORDS} from './control.ts';
import type {End, Job} from './control.ts';

/** Idle threads beyond this many are ended. */
const IDLE_MAX = 16;
const BYTES = CONTROL_WORDS * 4;

/** What a thread tells of the job that it has: a request is on the control page, it has ended, the thread is lost. */
export interface Listener {
  requested(): void;
  ended(end: End): void;
  lost(): void;
}

export class Thread {
  readonly control: Int32Array;
  readonly worker: Worker;
  listener: Listener | undefined = undefined;

  constructor(worker: Worker, control: Int32Array) {
    this.worker = worker;
    this.control = control;
  }

  run(job: Job, listener: Listener): void {
    this.listener = listener;
    this.worker.ref();
    this.worker.postMessage(job);
  }
}

export class ThreadPool {
  readonly #max: number;
  readonly #all = new Set<Thread>();
  readonly #idle: Thread[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether `take` would find or start one. */
  get available(): boolean {
    return this.#idle.length > 0 || this.#all.size < this.#max;
  }

  /** An idle thread, or a new one that runs its job as soon as it is up. */
  take(): Thread | undefined {
    return this.#idle.pop() ?? (this.#all.size < this.#max ? this.#create() : undefined);
  }

  /** Has `count` threads idle, or on their way. */
  warm(count: number): void {
    while (this.#idle.length < count && this.#all.size < this.#max) this.#idle.unshift(this.#create());
  }

  give(thread: Thread): void {
    thread.listener = undefined;
    if (this.#idle.length >= IDLE_MAX) {
      void this.end(thread);
      return;
    }
    thread.worker.unref();
    this.#idle.push(thread);
  }

  /** Ends a thread whatever it does. When the promise resolves it touches its memory no more. */
  async end(thread: Thread): Promise<void> {
    thread.listener = undefined;
    this.#all.delete(thread);
    await thread.worker.terminate();
  }

  async close(): Promise<void> {
    this.#idle.length = 0;
    await Promise.all([...this.#all].map((thread) => this.end(thread)));
  }

  #create(): Thread {
    const shared = new SharedArrayBuffer(BYTES);
    const worker = new Worker(asset('thread.js'), {
      workerData: shared, env: {}, execArgv: [], trackUnmanagedFds: false,
      resourceLimits: {maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64},
    });
    const thread = new Thread(worker, new Int32Array(shared));
    worker.on('message', (message: 0 | End) => {
      if (message === 0) thread.listener?.requested();
      else thread.listener?.ended(message);
    });
    // An error is followed by the exit.
    worker.on('error', () => {});
    worker.on('exit', () => {
      this.#all.delete(thread);
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
      thread.listener?.lost();
    });
    // Last, since a listener for messages would keep the host's event loop again.
    worker.unref();
    this.#all.add(thread);
    return thread;
  }
}
