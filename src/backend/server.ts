// The server of a backend: requests of the wire carried out on one machine, whichever kernel it has. It keeps the
// records of containers and processes, their output and events; what is the kernel's is asked of the driver.

import { errorData, TwinboxError, type ErrorData } from '../errno.ts';
import { SysError } from '../kernel/uapi/errno.ts';
import type {
  BackendFacts, ContainerEvent, Message, Request, RequestName, Requests, Status, Target,
} from '../wire.ts';
import { ContainerRecord } from './container.ts';
import { type Driver, type Maybe, then } from './driver.ts';
import { EventLog } from './event.ts';
import { sysError } from './failure.ts';
import type { ProcessHost, ProcessRecord } from './process.ts';

type Answers = {
  readonly [K in RequestName]: (args: Requests[K]['args'], id: number) => Maybe<Requests[K]['reply']>;
};

export class Server {
  readonly #driver: Driver;
  readonly #post: (message: Message) => void;
  readonly #containers = new Map<string, ContainerRecord>();
  /** Those on their way out: nothing more is told of them but that. */
  readonly #leaving = new Map<ContainerRecord, Maybe<void>>();
  readonly #channels = new Map<number, { readonly process: ProcessRecord; readonly fd: number }>();
  readonly #events: EventLog;
  /** What giving up a request does, while it waits. */
  readonly #cancels = new Map<number, () => void>();
  #lastChannel = 0;

  constructor(driver: Driver, post: (message: Message) => void) {
    this.#driver = driver;
    this.#post = post;
    this.#events = new EventLog(post);
  }

  get facts(): BackendFacts {
    return this.#driver.facts;
  }

  /** Handles one request; its reply, if any is due, comes through `post`. */
  receive(request: Request): void {
    const { id, op } = request;
    let value: unknown;
    try {
      value = this.#answers[op](request as never, id);
    } catch (error) {
      return this.#fail(id, error);
    }
    if (!(value instanceof Promise)) return this.#post({ reply: id, value });
    value.then(
      (late) => this.#post({ reply: id, value: late }),
      (error) => this.#fail(id, error),
    ).finally(() => this.#cancels.delete(id));
  }

  #fail(id: number, error: unknown): void {
    const known = error instanceof SysError ? sysError(error) : error;
    // A defect of ours is reported with its place: nobody else could say where it was.
    const data: ErrorData = errorData(known);
    if (!(known instanceof TwinboxError)) console.error(error);
    this.#post({ reply: id, error: data });
  }

  readonly #answers: Answers = {
    facts: () => this.#driver.facts,

    create: async ({ plan, options }, id) => {
      for (const other of this.#containers.values()) {
        if (other.id === options.id || other.name === options.name) {
          throw new TwinboxError({ code: 'EEXIST', message: `the container name "${options.name}" is already in use` });
        }
      }
      const container = new ContainerRecord(this.#driver, this.#host(options.id, options.trace), plan, options);
      const { process } = container;
      this.#containers.set(container.id, container);
      this.#cancels.set(id, () => void process.remove());
      try {
        if (options.start) {
          await process.run(() => {
            this.#event('create', container);
            this.#started(container);
          });
        } else {
          await process.bear();
          container.status = 'created';
          this.#event('create', container);
        }
      } catch (error) {
        this.#containers.delete(container.id);
        throw error;
      }
      return { id: container.id, process: process.state() };
    },

    prepare: ({ plan }) => {
      if (this.#driver.prepare === undefined) {
        throw new TwinboxError({ code: 'ERR_UNSUPPORTED', message: 'nothing is made in advance here' });
      }
      return this.#driver.prepare(plan).then(nothing);
    },

    discard: () => {
      this.#driver.discard?.();
      return {};
    },

    start: async ({ container: name }, id) => {
      const container = this.#get(name);
      container.require('created');
      this.#cancels.set(id, () => container.init.kill());
      try {
        await container.process.launch(() => this.#started(container));
      } catch (error) {
        container.status = 'stopped';
        throw error;
      }
      return { process: container.process.state() };
    },

    exec: async ({ container: name, plan, options }, id) => {
      const container = this.#get(name);
      container.require('running');
      const process = container.exec(this.#host(container.id, options.trace), plan, options);
      this.#cancels.set(id, () => process.child.kill());
      try {
        await process.run(() => this.#event('exec', container, process));
      } catch (error) {
        container.execs.delete(process.id);
        await process.remove();
        throw error;
      }
      return { process: process.state() };
    },

    attach: ({ fds, replay, credit, ...target }) => {
      const process = this.#process(target);
      const channels: Record<number, number> = {};
      for (const fd of fds) {
        const output = process.output(fd);
        if (output === undefined) continue;
        const channel = ++this.#lastChannel;
        channels[fd] = channel;
        // First known, since a stream that is at its end ends here.
        this.#channels.set(channel, { process, fd });
        output.attach(channel, credit, replay);
      }
      return { channels };
    },

    detach: ({ channel }) => {
      const at = this.#channels.get(channel);
      this.#channels.delete(channel);
      at?.process.output(at.fd)?.detach(channel);
      return {};
    },

    write: ({ data, ...target }) => new Promise((resolve, reject) => {
      const { stdin } = this.#process(target);
      if (stdin === undefined) return reject(new SysError('EPIPE', 'write', 'standard input is closed'));
      stdin.write(data, (error) => (error === undefined ? resolve({}) : reject(error)));
    }),

    credit: ({ channel, bytes }) => {
      const at = this.#channels.get(channel);
      if (at !== undefined && !at.process.output(at.fd)?.credit(channel, bytes)) this.#channels.delete(channel);
      return {};
    },

    closeStdin: (target) => {
      this.#process(target).stdin?.close();
      return {};
    },

    resize: ({ columns, rows, ...target }) => then(this.#process(target).child.resize(columns, rows), nothing),

    signal: ({ signal, all, ...target }) => {
      const container = this.#get(target.container);
      if (all) return then(container.init.signalAll(signal), () => ({ heard: true }));
      const { child } = this.#process(target);
      if (!child.alive) throw notRunning(container);
      const heard = child.hears(signal);
      return then(child.signal(signal), () => ({ heard }));
    },

    pause: ({ container: name }) => {
      const container = this.#get(name);
      container.require('running');
      return then(container.init.freeze(), () => this.#turn(container, 'running', 'paused', 'pause'));
    },

    resume: ({ container: name }) => {
      const container = this.#get(name);
      container.require('paused');
      return then(container.init.thaw(), () => this.#turn(container, 'paused', 'running', 'resume'));
    },

    update: ({ container: name, plan, resources }) => {
      const container = this.#get(name);
      if (!container.init.alive) throw notRunning(container);
      return then(container.init.update(plan), () => {
        container.limit(resources);
        return {};
      });
    },

    inspect: ({ container }) => this.#get(container).state(),
    list: () => [...this.#containers.values()].map((container) => container.state()),

    ps: ({ container: name }) => {
      const only = name === undefined ? undefined : this.#get(name).init;
      const owners = new Map([...this.#containers.values()].map((container) => [container.init, container.id]));
      return [...this.#driver.ps(owners, only)].sort((a, b) => a.hostPid - b.hostPid);
    },

    stats: ({ container: name }) => this.#get(name).init.stats(),
    logs: ({ container: name }) => this.#get(name).process.ring.chunks(),

    fs: ({ container: name, call }) => {
      const container = this.#get(name);
      if (!container.init.alive) throw notRunning(container);
      return container.init.visit(call);
    },

    rename: ({ container: name, name: next }) => {
      const container = this.#get(name);
      if ([...this.#containers.values()].some((other) => other.name === next && other !== container)) {
        throw new TwinboxError({ code: 'EEXIST', message: `the container name "${next}" is already in use` });
      }
      container.name = next;
      this.#event('rename', container);
      return {};
    },

    remove: ({ container: name, force }) => {
      const container = this.#get(name);
      if (!force && (container.status === 'running' || container.status === 'paused')) {
        throw new TwinboxError({
          code: 'ERR_STATE', message: `container ${container.name} is ${container.status}`,
          hint: 'stop it first, or remove it by force',
        });
      }
      return then(this.#remove(container), nothing);
    },

    events: ({ since }) => this.#events.subscribe(since),

    cancel: ({ request }) => {
      this.#cancels.get(request)?.();
      return {};
    },

    close: async () => {
      const all = [...this.#containers.values()];
      // With one word, where the driver has it; each is told of then as if it went alone.
      const ended = this.#driver.close?.();
      const gone = all.map((container) => this.#remove(container, ended));
      await Promise.all(gone);
      return {};
    },
  };

  #get(name: string): ContainerRecord {
    const container = this.#containers.get(name);
    if (container === undefined) throw new TwinboxError({ code: 'ENOENT', message: `no such container: ${name}` });
    return container;
  }

  #process({ container: name, process }: Target): ProcessRecord {
    const container = this.#get(name);
    if (process === undefined) return container.process;
    const exec = container.execs.get(process);
    if (exec === undefined) throw new TwinboxError({ code: 'ENOENT', message: `no such exec: ${process}` });
    return exec;
  }

  #host(container: string, trace: boolean): ProcessHost {
    return {
      post: (message) => {
        if ('end' in message) this.#channels.delete(message.channel);
        this.#post(message);
      },
      trace: trace ? (line) => this.#post({ container, trace: line }) : undefined,
      ended: (process) => this.#ended(process),
      oom: () => {
        const record = this.#containers.get(container);
        if (record !== undefined) this.#event('oom', record);
      },
    };
  }

  #started(container: ContainerRecord): void {
    // A program that was quick has stopped already.
    if (container.process.exit === undefined) container.status = 'running';
    container.limitTime();
    this.#event('start', container);
  }

  #turn(container: ContainerRecord, from: Status, to: Status, type: 'pause' | 'resume'): Record<never, never> {
    // Unless it ended meanwhile.
    if (container.status === from) {
      container.status = to;
      this.#event(type, container);
    }
    return {};
  }

  #ended(process: ProcessRecord): void {
    const container = this.#containers.get(process.container);
    if (container === undefined || this.#leaving.has(container)) return;
    if (process !== container.process) return this.#event('exit', container, process);
    container.ended();
    this.#event('exit', container, process);
    this.#event('stop', container);
    if (container.autoRemove) void this.#remove(container);
  }

  #remove(container: ContainerRecord, after?: Promise<void>): Maybe<void> {
    if (this.#leaving.has(container)) return this.#leaving.get(container);
    const running = container.process.exit === undefined && container.process.started !== undefined;
    this.#leaving.set(container, undefined);
    const removed = then(then(after, () => container.remove()), () => {
      this.#containers.delete(container.id);
      this.#leaving.delete(container);
      // The death is told before the record is gone.
      if (running) this.#event('exit', container, container.process);
      this.#event('remove', container);
    });
    if (!(removed instanceof Promise)) return;
    const settled = removed.catch((error) => {
      // It stays, with what could not be taken back, for another try.
      this.#leaving.delete(container);
      if (running && container.process.exit !== undefined) this.#ended(container.process);
      throw error;
    });
    this.#leaving.set(container, settled);
    return settled;
  }

  #event(type: ContainerEvent['type'], container: ContainerRecord, process?: ProcessRecord): void {
    const exec = process !== undefined && process !== container.process;
    this.#events.add({
      type, time: new Date().toISOString(), container: container.id, name: container.name,
      ...(exec ? { process: process.id } : {}),
      ...(type === 'exit' && process !== undefined ? { exit: process.exit ?? killed } : {}),
    });
  }
}

const killed = { exitCode: 137, signal: 'SIGKILL' };
const nothing = (): Record<never, never> => ({});

function notRunning(container: ContainerRecord): TwinboxError {
  return new TwinboxError({ code: 'ERR_STATE', message: `container ${container.name} is not running` });
}
