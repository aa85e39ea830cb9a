// A terminal with somebody at it: the built command line on a real pty, what it draws kept by a headless xterm.

import {spawn, type IPty} from '@lydell/node-pty';
import headless from '@xterm/headless';
import {cli, withMode, type Mode} from '../cli/twinbox.ts';

/** Generous: the machine may be busy, and only a failure takes so long. */
const waitMs = 30_000;

export class Seat {
  readonly pty: IPty;
  readonly #screen: InstanceType<typeof headless.Terminal>;
  readonly ended: Promise<{exitCode: number; signal?: number | undefined}>;
  #all = '';
  /** How far `see` has read. */
  #seen = 0;
  #wake: (() => void) | undefined;

  constructor(command: readonly string[], {columns = 80, rows = 24, file = process.execPath} = {}) {
    this.#screen = new headless.Terminal({cols: columns, rows, allowProposedApi: true});
    this.pty = spawn(file, [...command], {
      cols: columns, rows, name: 'xterm', env: {...process.env, TERM: 'xterm', NODE_OPTIONS: process.env.NODE_OPTIONS ?? ''},
    });
    this.pty.onData(data => {
      this.#all += data;
      this.#screen.write(data);
      this.#wake?.();
    });
    this.ended = new Promise(resolve => this.pty.onExit(resolve));
  }

  /** `twinbox run -it FLAGS busybox sh`, at its first prompt. */
  static async shell(mode: Mode, ...flags: readonly string[]): Promise<Seat> {
    const seat = new Seat([cli, ...withMode(['run', '-it', ...flags, 'busybox', 'sh'], mode)]);
    await seat.see('/ # ');
    return seat;
  }

  type(text: string): void {
    this.pty.write(text);
  }

  /** Type a line and wait for the next prompt; answers what was printed between. */
  async line(text: string): Promise<string> {
    this.type(`${text}\r`);
    const out = await this.see('/ # ');
    return plain(out).replaceAll('\r', '').split('\n').slice(1, -1).join('\n');
  }

  /** Type a line again until its answer fits: what happens beside the shell happens in its own time. */
  async until(text: string, what: RegExp): Promise<string> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const answer = await this.line(text);
      if (what.test(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`${text} still says ${JSON.stringify(answer)}`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  /** Start a foreground job, and go on when it runs. */
  async job(script: string): Promise<void> {
    // Quoted apart, so that the echo of what is typed is not taken for it.
    this.type(`sh -c 'echo up-"and"-running; ${script}'\r`);
    await this.see('up-and-running');
  }

  /** Wait until new output has this; answers it from the last wait to its end. */
  async see(what: string | RegExp): Promise<string> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const fresh = this.#all.slice(this.#seen);
      const clean = plain(fresh);
      const found = typeof what === 'string' ? clean.includes(what) : what.test(clean);
      if (found) {
        this.#seen = this.#all.length;
        return fresh;
      }
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw new Error(`waited for ${String(what)}, saw ${JSON.stringify(clean)}`);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, Math.min(leftMs, 200));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The screen's lines, as one sees them. */
  async screen(): Promise<string[]> {
    await new Promise<void>(resolve => this.#screen.write('', resolve));
    const {buffer} = this.#screen;
    const lines = [];
    for (let i = 0; i < this.#screen.rows; i++) {
      lines.push(buffer.active.getLine(buffer.active.baseY + i)?.translateToString(true).trimEnd() ?? '');
    }
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  resize(columns: number, rows: number): void {
    this.pty.resize(columns, rows);
    this.#screen.resize(columns, rows);
  }

  end(): void {
    try {
      this.pty.kill('SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** Without escape sequences. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\x1b(\[[0-9;?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78])/g, '');
}
