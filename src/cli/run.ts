// `twinbox run`: one container in the foreground, with docker's grammar, messages and exit codes.

import { SpecError, TwinboxError } from '../errno.ts';
import { createRuntime, type Container, type CreateOptions, type Runtime } from '../runtime.ts';
import type { Exit } from '../wire.ts';
import { runFlags, UsageError } from './flags.ts';
import { containerOptions, flagMessage, lifeOptions, pairs, parse, type Parsed } from './options.ts';
import { complain, print } from './print.ts';

/** docker's codes for what never came to run. */
const failed = 125;
const notExecutable = 126;
const notFound = 127;

export async function run(argv: readonly string[]): Promise<number> {
  let parsed: Parsed;
  try {
    parsed = parse('run', '[OPTIONS] IMAGE [COMMAND] [ARG...]', runFlags, argv);
    if (parsed.helped) return 0;
    if (parsed.words.length === 0) throw new UsageError("'twinbox run' requires at least 1 argument: an image");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`twinbox: ${error.message}\nSee 'twinbox run --help'\n`);
    return failed;
  }
  const signals = new Signals();
  try {
    return await foreground(parsed, signals);
  } catch (error) {
    if (!(error instanceof TwinboxError)) throw error;
    return report(error, failed);
  } finally {
    signals.stop();
  }
}

async function foreground({ given, words }: Parsed, signals: Signals): Promise<number> {
  const options = containerOptions(given, words);
  const interactive = given.has('interactive');
  const tty = given.has('tty');
  if (tty && interactive && !process.stdin.isTTY) {
    complain('the input device is not a TTY\n');
    return 1;
  }
  // No other container follows: there is nothing to keep a child ready for.
  const runtime = await createRuntime({ mode: mode(given.get('mode') as string | undefined), thread: false, pool: 0 });
  const create = {
    ...options,
    ...lifeOptions(given),
    ...(tty ? { tty: terminalSize() } : {}),
    ...(given.has('name') ? { name: given.get('name') as string } : {}),
    labels: pairs('label', given.get('label') as readonly string[] | undefined) ?? {},
    stdin: interactive ? 'pipe' as const : 'ignore' as const,
    stdout: 'pipe' as const,
    stderr: 'pipe' as const,
    ...(given.has('strace') ? { trace: (line: string) => complain(`${line}\n`) } : {}),
  };
  if (given.has('dry-run')) {
    const { printPlan } = await import('../plan/print.ts');
    print(printPlan((await runtime.plan(create)).plan));
    return 0;
  }
  try {
    return await runIn(runtime, create, { tty, interactive }, signals);
  } finally {
    // The machine of portable mode ends with this process; Linux is left as it was found.
    if (runtime.mode === 'native') await runtime.close().catch(() => {});
  }
}

interface Attached {
  readonly tty: boolean;
  readonly interactive: boolean;
}

async function runIn(
  runtime: Runtime,
  create: CreateOptions,
  { tty, interactive }: Attached,
  signals: Signals,
): Promise<number> {
  const { connectPipes } = await import('./stdio.ts');
  const container = await runtime.create(create);
  signals.proxy(container);
  const io = tty
    ? (await import('./terminal.ts')).connectTerminal(container.process, interactive)
    : connectPipes(container.process, interactive);
  try {
    try {
      await container.start();
    } catch (error) {
      io.restore();
      return signals.code ?? await startFailed(error as TwinboxError, container, runtime);
    }
    const exit = await container.process.exited;
    await io.drained;
    return io.failed() ?? signals.code ?? exitStatus(exit);
  } finally {
    io.restore();
  }
}

export const exitStatus = (exit: Exit): number => exit.exitCode;

function mode(word: string | undefined): 'auto' | 'portable' | 'native' {
  if (word === undefined || word === 'auto' || word === 'portable' || word === 'native') return word ?? 'auto';
  throw new TwinboxError({
    code: 'ERR_UNSUPPORTED',
    message: `unknown mode ${word}`,
    hint: 'auto, portable or native',
  });
}

function terminalSize(): { columns: number; rows: number } {
  return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
}

/**
 * Signals that twinbox gets. While there is no container they end twinbox itself, with the usual status; then they go
 * to PID 1. One that PID 1 has no handler for would be lost there (pid_namespaces(7)) and the caller left waiting: then
 * the container is killed instead. One set of handlers from first to last, since a signal that comes while they are
 * changed would be lost as well.
 */
class Signals {
  /** The status to exit with, when a signal was the reason. */
  code: number | undefined;
  #container: Container | undefined;
  readonly #stops: readonly (() => void)[];

  constructor() {
    const passed = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3, SIGUSR1: 10, SIGUSR2: 12 } as const;
    this.#stops = Object.entries(passed).map(([name, n]) => {
      const pass = (): void => void this.#pass(name as 'SIGINT', n);
      process.on(name, pass);
      return () => void process.off(name, pass);
    });
  }

  proxy(container: Container): void {
    this.#container = container;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  async #pass(name: 'SIGINT', n: number): Promise<void> {
    const ending = n !== 10 && n !== 12;
    if (this.#container === undefined) {
      if (ending) process.exit(128 + n);
      return;
    }
    const heard = await this.#container.kill(name).catch(() => true);
    if (heard || !ending) return;
    this.code = 128 + n;
    await this.#container.kill('SIGKILL').catch(() => {});
  }
}

/** The program could not be run: docker's words and codes. */
async function startFailed(error: TwinboxError, container: Container, runtime: Runtime): Promise<number> {
  await container.remove({ force: true }).catch(() => {});
  await runtime.close().catch(() => {});
  if (error.code === 'ENOENT') return report(error, notFound);
  if (['EACCES', 'ENOEXEC', 'EISDIR', 'ENOTDIR', 'EPERM', 'ELOOP', 'E2BIG', 'ENAMETOOLONG'].includes(error.code)) {
    return report(error, notExecutable);
  }
  return report(error, failed);
}

function report(error: TwinboxError, code: number): number {
  const message = error instanceof SpecError ? flagMessage(error) : error.message;
  complain(`twinbox: ${message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`);
  return code;
}
