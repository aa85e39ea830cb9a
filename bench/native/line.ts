// A process that takes orders on its standard input, a line each, and answers with a line: so its samples can take
// turns with those of others.

import {type ChildProcess, spawn} from 'node:child_process';
import {createInterface, type Interface} from 'node:readline';

export class Lines {
  readonly #child: ChildProcess;
  readonly #reader: Interface;
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  readonly #early: string[] = [];
  #ended = false;

  /** Answers when the process has said `ready`. */
  static async open(program: string, args: readonly string[]): Promise<Lines> {
    const lines = new Lines(program, args);
    const first = await lines.#next();
    if (first !== 'ready') throw new Error(`${program}: ${first ?? 'ended'}`);
    return lines;
  }

  private constructor(program: string, args: readonly string[]) {
    const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env} = process.env;
    this.#child = spawn(program, args, {env, stdio: ['pipe', 'pipe', 'inherit']});
    this.#reader = createInterface({input: this.#child.stdout!});
    this.#reader.on('line', line => {
      const waiting = this.#waiting.shift();
      if (waiting) waiting(line);
      else this.#early.push(line);
    });
    this.#child.on('error', () => this.#end());
    this.#reader.on('close', () => this.#end());
  }

  /** The numbers of the answer. */
  async ask(order: string): Promise<number[]> {
    this.#child.stdin!.write(`${order}\n`);
    const line = await this.#next();
    const numbers = line?.split(' ').map(Number) ?? [];
    if (line === undefined || numbers.some(Number.isNaN)) throw new Error(`${order}: ${line ?? 'ended'}`);
    return numbers;
  }

  async close(): Promise<void> {
    const gone = new Promise(done => this.#child.once('exit', done));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin!.end();
    await gone;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #next(): Promise<string | undefined> {
    if (this.#early.length > 0 || this.#ended) return Promise.resolve(this.#early.shift());
    return new Promise(done => this.#waiting.push(done));
  }

  #end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting(undefined);
  }
}
