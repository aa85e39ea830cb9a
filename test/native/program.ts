// Programs that use the built library (dist/) in a process of their own: beside the test, or as another user. What such a
// program prints as JSON lines comes back; killing it is part of what tests do.

import {spawn, type ChildProcess} from 'node:child_process';
import {accessSync, chmodSync, chownSync, constants, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {findLibrary} from '../../src/native/library.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface As {
  /** The user that it runs as; by default ourselves. */
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that the program is the argument of (`unshare -m ...`). */
  readonly before?: readonly string[];
}

/** What tests look at: of a result, an error or facts, each of which has a part of it. */
export interface Reply {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly value?: Reply;
  readonly rootless: boolean;
  readonly ids: {readonly maps: string; readonly uid: number};
  readonly controllers: readonly string[];
}

/** One running program. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<number | string>;
  #stderr = '';
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stderr!.on('data', (data: Buffer) => { this.#stderr += data; });
    this.#lines = createInterface({input: child.stdout!})[Symbol.asyncIterator]();
    this.ended = new Promise(resolve => child.on('exit', (code, signal) => resolve(signal ?? code ?? -1)));
  }

  /** What it said next by `say(value)`. */
  async next<T = Reply>(): Promise<T> {
    const {done, value} = await this.#lines.next();
    if (done) throw new Error(`the program has ended: ${this.#stderr}`);
    return JSON.parse(value) as T;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }
}

/** The body of an ES module, with the library, `say`, and `failure(promise)`: what it is rejected with, as plain data. */
function moduleOf(library: string, body: string): string {
  return `import * as twinbox from ${JSON.stringify(library)};
const library = ${JSON.stringify(library)};
import * as fs from 'node:fs';
import {Worker} from 'node:worker_threads';
const {createRuntime} = twinbox;
const say = value => fs.writeSync(1, JSON.stringify(value ?? null) + '\\n');
const failure = async promise => { try { return {value: await promise}; } catch (error) { const {code, message, hint, step} = error; return {code, message, hint, step}; } };
${body}
`;
}

/** A place for such programs; with a uid, one that the user can read, which the repository may not be. */
export class Programs {
  readonly dir = mkdtempSync(join(tmpdir(), 'twinbox-program-'));
  readonly #running = new Set<Program>();
  readonly #library: string;
  readonly #node: string;
  readonly #as: As;
  #count = 0;

  constructor(as: As = {}) {
    this.#as = as;
    chmodSync(this.dir, 0o755);
    this.#library = as.uid === undefined ? join(root, 'dist/index.js') : this.#copy();
    this.#node = as.uid === undefined || readableByAll(process.execPath) ? process.execPath : this.#take(process.execPath);
    if (as.uid !== undefined) for (const name of ['home', 'run']) this.#own(name, as.uid);
  }

  start(body: string): Program {
    const file = join(this.dir, `program${this.#count++}.mjs`);
    writeFileSync(file, moduleOf(this.#library, body));
    const {uid, env = {}, before = []} = this.#as;
    const [command, ...args] = [...before, this.#node, file];
    const own = uid === undefined ? {} : {HOME: join(this.dir, 'home'), XDG_RUNTIME_DIR: join(this.dir, 'run'), USER: String(uid)};
    const child = spawn(command!, args, {
      stdio: ['ignore', 'pipe', 'pipe'], cwd: this.dir, env: {...process.env, ...own, ...env},
      // setpriv changes the user behind `before`, which may need root itself.
      ...(uid === undefined || before.length > 0 ? {} : {uid, gid: uid}),
    });
    const program = new Program(child);
    this.#running.add(program);
    return program;
  }

  /** To its end: everything that it said. */
  async run<T = Reply>(body: string): Promise<T[]> {
    const program = this.start(body);
    const said: T[] = [];
    for (;;) {
      try {
        said.push(await program.next<T>());
      } catch (error) {
        const status = await program.ended;
        if (status !== 0) throw new Error(`status ${status}: ${(error as Error).message}`);
        return said;
      }
    }
  }

  close(): void {
    for (const program of this.#running) program.kill();
    rmSync(this.dir, {recursive: true, force: true});
  }

  /** dist, the bridge's package and the native library, as an installed package would have them. */
  #copy(): string {
    const app = join(this.dir, 'app');
    cpSync(join(root, 'dist'), join(app, 'dist'), {recursive: true, filter: path => !path.endsWith('.wasm')});
    for (const name of ['ffi-rs', '@yuuang']) {
      const from = join(root, 'node_modules', name);
      if (existsSync(from)) cpSync(from, join(app, 'node_modules', name), {recursive: true});
    }
    const library = findLibrary().path;
    const place = join(app, 'dist/native', `linux-${process.arch}`, basename(library));
    mkdirSync(dirname(place), {recursive: true});
    cpSync(library, place);
    writeFileSync(join(app, 'package.json'), '{"type": "module"}');
    for (const path of ['', ...readdirSync(app, {recursive: true, encoding: 'utf8'})]) chmodSync(join(app, path), 0o755);
    return join(app, 'dist/index.js');
  }

  #take(path: string): string {
    const copy = join(this.dir, basename(path));
    cpSync(path, copy);
    chmodSync(copy, 0o755);
    return copy;
  }

  #own(name: string, uid: number): void {
    mkdirSync(join(this.dir, name), {mode: 0o700});
    chownSync(join(this.dir, name), uid, uid);
  }
}

function readableByAll(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return path.startsWith('/usr/') || path.startsWith('/opt/');
  } catch {
    return false;
  }
}
