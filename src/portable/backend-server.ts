// The portable backend: requests of the wire carried out on an emulated machine. One server is one machine with its
// containers; what is above it is only a link (backend.ts, backend-link.ts).

import { errorData, TwinboxError, type ErrorData } from '../errno.ts';
import { text } from '../kernel/bytes.ts';
import { freeze, thaw } from '../kernel/cgroup/cgroup.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Task } from '../kernel/proc/task.ts';
import { issue } from '../kernel/syscall/dispatch.ts';
import { Tracer } from '../kernel/syscall/trace.ts';
import { type ErrnoName, SysError } from '../kernel/uapi/errno.ts';
import { IOCTL } from '../kernel/uapi/termios.ts';
import { SIG, SIG_DFL, SIG_IGN } from '../kernel/uapi/signal.ts';
import { encode } from '../kernel/uapi/struct.ts';
import { at } from '../kernel/birth/console.ts';
import type {
  BackendFacts, ContainerEvent, Message, Request, RequestName, Requests, Target,
} from '../wire.ts';
import { ContainerRecord } from './backend-container.ts';
import { visit } from './backend-files.ts';
import { ProcessRecord, sysError, type ProcessHost } from './backend-process.ts';
import { processRow } from './backend-ps.ts';

export interface ServerOptions {
  readonly kernel: Kernel;
  readonly facts: BackendFacts;
  readonly post: (message: Message) => void;
  /** Reads a program outside. */
  readonly program: (source: string) => Uint8Array;
}

type Answers = {
  readonly [K in RequestName]: (args: Requests[K]['args'], id: number) => Requests[K]['reply'] | Promise<Requests[K]['reply']>;
};

/** Events that are kept for a client that asks for them later. */
const eventsMax = 1000;

export class Server {
  readonly #options: ServerOptions;
  readonly #kernel: Kernel;
  readonly #containers = new Map<string, ContainerRecord>();
  readonly #channels = new Map<number, { readonly process: ProcessRecord; readonly fd: number }>();
  readonly #events: { readonly seq: number; readonly event: ContainerEvent }[] = [];
  /** What giving up a request does, while it waits. */
  readonly #cancels = new Map<number, () => void>();
  #seq = 0;
  #lastChannel = 0;
  #subscribed = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#kernel = options.kernel;
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
    if (!(value instanceof Promise)) return this.#options.post({ reply: id, value });
    value.then(
      (late) => this.#options.post({ reply: id, value: late }),
      (error) => this.#fail(id, error),
    ).finally(() => this.#cancels.delete(id));
  }

  #fail(id: number, error: unknown): void {
    const known = error instanceof SysError ? sysError(error) : error;
    // A defect of ours is reported with its place: nobody else could say where it was.
    const data: ErrorData = errorData(known);
    if (!(known instanceof TwinboxError)) console.error(error);
    this.#options.post({ reply: id, error: data });
  }

  readonly #answers: Answers = {
    facts: () => this.#options.facts,

    create: async ({ plan, options }, id) => {
      for (const other of this.#containers.values()) {
        if (other.id === options.id || other.name === options.name) {
          throw new TwinboxError({ code: 'EEXIST', message: `the container name "${options.name}" is already in use` });
        }
      }
      const container = new ContainerRecord(this.#host(options.id, options.trace), plan, options);
      this.#containers.set(container.id, container);
      this.#cancels.set(id, () => container.process.remove());
      try {
        await container.process.bear();
      } catch (error) {
        this.#containers.delete(container.id);
        throw error;
      }
      container.status = 'created';
      this.#event('create', container);
      return { id: container.id, process: container.process.state() };
    },

    start: async ({ container: name }, id) => {
      const container = this.#get(name);
      container.require('created');
      this.#cancels.set(id, () => container.process.birth.kill());
      try {
        await container.process.launch();
      } catch (error) {
        container.status = 'stopped';
        throw error;
      }
      // A program that was quick has stopped already.
      if (container.process.exit === undefined) container.status = 'running';
      this.#event('start', container);
      return { process: container.process.state() };
    },

    exec: async ({ container: name, plan, options }, id) => {
      const container = this.#get(name);
      container.require('running');
      const process = container.exec(this.#host(container.id, options.trace), plan, options);
      this.#cancels.set(id, () => process.birth.kill());
      try {
        await process.bear();
        await process.launch();
      } catch (error) {
        container.execs.delete(process.id);
        process.remove();
        throw error;
      }
      this.#event('exec', container, process);
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

    resize: ({ columns, rows, ...target }) => {
      const { master } = this.#process(target);
      const size = at(encode('winsize', { ws_row: rows, ws_col: columns }));
      master?.ioctl(this.#kernel.init, IOCTL.TIOCSWINSZ, size);
      return {};
    },

    signal: ({ signal, all, ...target }) => {
      if (all) {
        for (const task of this.#get(target.container).cgroup?.all() ?? []) this.#kill(task, signal);
        return { heard: true };
      }
      const process = this.#process(target);
      const { task } = process;
      if (task === undefined || !task.alive) throw notRunning(this.#get(target.container));
      const heard = this.#hears(task, signal);
      this.#kill(task, signal);
      return { heard };
    },

    pause: ({ container: name }) => {
      const container = this.#get(name);
      container.require('running');
      if (container.cgroup !== undefined) freeze(container.cgroup);
      container.status = 'paused';
      this.#event('pause', container);
      return {};
    },

    resume: ({ container: name }) => {
      const container = this.#get(name);
      container.require('paused');
      if (container.cgroup !== undefined) thaw(container.cgroup);
      container.status = 'running';
      this.#event('resume', container);
      return {};
    },

    update: ({ container }) => {
      this.#get(container);
      return {};
    },

    inspect: ({ container }) => this.#get(container).state(),
    list: () => [...this.#containers.values()].map((container) => container.state()),

    ps: ({ container: name }) => {
      const tasks = name === undefined ? [...this.#kernel.tasks] : this.#get(name).cgroup?.all() ?? [];
      const owners = new Map([...this.#containers.values()].map((container) => [container.cgroup, container.id]));
      return tasks.filter((task) => task.state !== 'X').map((task) => processRow(task, owners))
        .sort((a, b) => a.hostPid - b.hostPid);
    },

    stats: ({ container: name }) => this.#get(name).stats(this.#kernel),
    logs: ({ container: name }) => this.#get(name).process.ring.chunks(),

    fs: ({ container: name, call }) => {
      const container = this.#get(name);
      const { task } = container.process;
      if (task === undefined || !task.alive) throw notRunning(container);
      return visit(this.#kernel, task, call);
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
          code: 'ERR_STATE', message: `container ${container.name} is ${container.status}`, hint: 'stop it first, or remove it by force',
        });
      }
      this.#remove(container);
      return {};
    },

    events: ({ since }) => {
      this.#subscribed = true;
      if (since !== undefined) for (const kept of this.#events) if (kept.seq > since) this.#options.post(kept);
      return { seq: this.#seq };
    },

    cancel: ({ request }) => {
      this.#cancels.get(request)?.();
      return {};
    },

    close: async () => {
      for (const container of [...this.#containers.values()]) this.#remove(container);
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
    const { kernel, post, program } = this.#options;
    return {
      kernel, program,
      post: (message) => {
        if ('end' in message) this.#channels.delete(message.channel);
        post(message);
      },
      tracer: trace ? new Tracer((line) => post({ container, trace: text(line) })) : undefined,
      ended: (process) => this.#ended(process),
    };
  }

  #ended(process: ProcessRecord): void {
    const container = this.#containers.get(process.container);
    if (container === undefined) return;
    if (process !== container.process) return this.#event('exit', container, process);
    container.ended();
    this.#event('exit', container, process);
    this.#event('stop', container);
    if (container.autoRemove) this.#remove(container);
  }

  #remove(container: ContainerRecord): void {
    const running = container.process.exit === undefined && container.process.started !== undefined;
    container.remove();
    this.#containers.delete(container.id);
    if (running) {
      // The death is told before the record is gone.
      this.#event('exit', container, container.process);
    }
    this.#event('remove', container);
  }

  #event(type: ContainerEvent['type'], container: ContainerRecord, process?: ProcessRecord): void {
    const exec = process !== undefined && process !== container.process;
    const event: ContainerEvent = {
      type, time: new Date().toISOString(), container: container.id, name: container.name,
      ...(exec ? { process: process.id } : {}),
      ...(type === 'exit' && process !== undefined ? { exit: process.exit ?? { exitCode: 137, signal: 'SIGKILL' } } : {}),
    };
    const kept = { seq: ++this.#seq, event };
    this.#events.push(kept);
    if (this.#events.length > eventsMax) this.#events.shift();
    if (this.#subscribed) this.#options.post(kept);
  }

  /** The first process of a PID namespace is protected from what it has no handler for (pid_namespaces(7)). */
  #hears(task: Task, signal: number): boolean {
    if (signal === 0 || signal === SIG.KILL || signal === SIG.STOP || task.pid.ns.init !== task) return true;
    const { handler } = task.sighand.actions[signal]!;
    return handler !== SIG_DFL && handler !== SIG_IGN;
  }

  #kill(task: Task, signal: number): void {
    const { init } = this.#kernel;
    const result = issue(init, 'kill', [task.pid.in(init.pid.ns), signal] as never);
    if (result < 0) throw init.call.error ?? new SysError('ESRCH' satisfies ErrnoName, 'kill');
  }
}

function notRunning(container: ContainerRecord): TwinboxError {
  return new TwinboxError({ code: 'ERR_STATE', message: `container ${container.name} is not running` });
}
