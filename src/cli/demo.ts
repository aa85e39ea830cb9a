// `twinbox demo`: the story of two containers that both hold PID 1, told with real ones: on the emulated kernel, and where
// it can be had on Linux itself. Every line below a prompt is what the program printed.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { asset } from '../asset.ts';
import { errorData, type ErrorData } from '../errno.ts';
import { createRuntime, type Container, type ContainerOptions, type ProcessRow, type Runtime } from '../runtime.ts';
import { UsageError, type Flag } from './flags.ts';
import { parse } from './options.ts';
import { complain, print } from './print.ts';

type Mode = 'portable' | 'native';

const flags: readonly Flag[] = [
  { name: 'mode', value: 'MODE', help: 'tell it on one kernel only: portable or native' },
];

export async function demo(argv: readonly string[]): Promise<number> {
  let mode: string | undefined;
  try {
    const { helped, words, given } = parse('demo', '[--mode MODE]', flags, argv);
    if (helped) return 0;
    if (words.length > 0) throw new UsageError("'twinbox demo' accepts no arguments");
    mode = given.get('mode') as string | undefined;
    if (mode !== undefined && mode !== 'portable' && mode !== 'native') throw new UsageError(`unknown mode ${mode}: portable or native`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`twinbox: ${error.message}\nSee 'twinbox demo --help'\n`);
    return 125;
  }
  const stop = (): void => process.exit(130);
  process.once('SIGINT', stop);
  try {
    if (mode !== 'native') await onPortable();
    if (mode !== 'portable') return await onNative(mode === 'native');
  } finally {
    process.off('SIGINT', stop);
  }
  return 0;
}

async function onPortable(): Promise<void> {
  await using runtime = await createRuntime({ mode: 'portable', thread: false });
  print(`\nOn the emulated kernel (portable mode), which runs everywhere. Host is the emulated machine.\n`);
  await tell(runtime, 'portable');
}

/** The same story on Linux itself; where that cannot be, the reason in a line. */
async function onNative(wanted: boolean): Promise<number> {
  let runtime: Runtime;
  try {
    runtime = await createRuntime({ mode: 'native' });
    // Its userland may be missing, or its set-up refused: better known before the story begins.
    await runtime.run({ image: 'busybox', command: ['true'] });
  } catch (error) {
    return without(errorData(error), wanted);
  }
  try {
    print(`\nThe same on Linux itself (native mode). Host is this machine.\n`);
    await tell(runtime, 'native');
  } finally {
    await runtime.close();
  }
  return 0;
}

function without({ message, hint }: ErrorData, wanted: boolean): number {
  const why = `${message}${hint === undefined ? '' : ` (${hint})`}`;
  if (!wanted) print(`\nOn Linux itself (native mode) the story cannot be told here: ${why}\n\n`);
  else complain(`twinbox: ${why}\n`);
  return wanted ? 125 : 0;
}

async function tell(runtime: Runtime, mode: Mode): Promise<void> {
  const color = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  const bold = (text: string): string => (color ? `\x1b[1m${text}\x1b[0m` : text);
  const dim = (text: string): string => (color ? `\x1b[2m${text}\x1b[0m` : text);
  const title = (text: string): void => print(`\n${bold(text)}\n\n`);
  const output = (text: string): void => print(text.replace(/^(?=.)/gm, '  ').replace(/(?<!\n)$/, '\n'));
  const show = async (box: Container, script: string): Promise<void> => {
    print(`${dim(`${box.name} #`)} ${script}\n`);
    const proc = await box.exec({ command: ['sh', '-c', `${script} 2>&1`] });
    const text = await proc.stdout.text();
    const { exitCode } = await proc.exited;
    if (text !== '') output(text);
    if (exitCode !== 0) output(dim(`(exit status ${exitCode})`));
  };
  const showHost = async (script: string): Promise<void> => {
    print(`${dim('host #')} ${script}\n`);
    output(await hosts[mode](runtime, script));
  };
  const start = async (name: string, capAdd: readonly string[] = []): Promise<Container> => {
    const box = await runtime.create({ image: 'busybox', name, hostname: name, command: shell, capAdd });
    await box.start();
    return box;
  };
  const stopped = async (...boxes: readonly Container[]): Promise<void> => {
    for (const box of boxes) await box.remove({ force: true });
  };

  title('1. Two containers. Each has one shell, and each shell believes that it is PID 1.');
  let [a, b] = [await start('one'), await start('two')];
  for (const box of [a, b]) await show(box, 'echo "I am $(hostname)"; ps');

  title('2. The host sees them all, under other numbers.');
  // This machine's own processes are not the story's.
  if (mode === 'portable') await showHost('ps');
  if (mode === 'portable') print('side by side:\n');
  output(table(await ours(runtime, mode, [a, b]), [a, b]));

  title("3. With docker's default capabilities a container cannot rename itself or mount.");
  await show(a, 'hostname elsewhere');
  await show(a, 'mount -t tmpfs none /mnt');
  await stopped(a, b);

  title('4. With --cap-add SYS_ADMIN it can; nobody else sees it.');
  [a, b] = [await start('one', ['SYS_ADMIN']), await start('two', ['SYS_ADMIN'])];
  await show(a, 'hostname elsewhere; hostname');
  await show(a, 'mount -t tmpfs none /mnt && echo secret > /mnt/file; ls /mnt; grep /mnt /proc/mounts');
  await show(b, 'hostname; ls /mnt; grep /mnt /proc/mounts || echo "nothing on /mnt"');
  await showHost(`hostname; grep ' /mnt ' /proc/${mode === 'portable' ? 1 : 'self'}/mounts || echo "nothing on /mnt"`);

  title('5. PID 1 does not die of a signal from inside, not even of SIGKILL.');
  await show(b, 'kill -9 1; kill -TERM 1; echo "still here:"; ps');

  title('6. From the host it does, and takes its whole world with it.');
  const { hostPid } = b.process;
  print(`${dim('host #')} kill -9 ${hostPid}\n`);
  await b.kill('SIGKILL');
  const exit = await b.wait();
  output(`container two ended: exit status ${exit.exitCode}${exit.signal === undefined ? '' : ` (${exit.signal})`}\n`);
  output(table(await ours(runtime, mode, [a]), [a]));
  await stopped(a, b);

  title('7. The call behind it all: clone(main, stack, CLONE_NEWPID | SIGCHLD, arg).');
  for (const capAdd of [[], ['SYS_ADMIN']]) {
    print(`${dim('host #')} ${commandLine(mode, capAdd)}\n`);
    const { stdout, stderr } = await runtime.run({ ...seed(mode), capAdd });
    output(stdout + stderr);
  }
  print('\n');
}

/** What a shell of the host says. */
const hosts: Readonly<Record<Mode, (runtime: Runtime, script: string) => Promise<string>>> = {
  /** A program that shares every namespace with the machine but the one of mounts, which it needs for its root. */
  async portable(runtime, script) {
    const command = ['sh', '-c', `${script} 2>&1`];
    const { stdout } = await runtime.run({ image: 'busybox', command, share: ['pid', 'uts', 'ipc', 'network', 'cgroup'] });
    return stdout;
  },
  async native(_runtime, script) {
    return spawnSync('/bin/sh', ['-c', `${script} 2>&1`], { encoding: 'utf8' }).stdout;
  },
};

/** The machine's process table, on Linux without what has nothing to do with the containers. */
async function ours(runtime: Runtime, mode: Mode, boxes: readonly Container[]): Promise<readonly ProcessRow[]> {
  const rows = await runtime.ps();
  const ids = new Set(boxes.map((box) => box.id));
  return mode === 'portable' ? rows : rows.filter((row) => row.hostPid === 1 || ids.has(row.container ?? ''));
}

/** The seed's program: WebAssembly for the emulated kernel, a static one without libc for Linux. */
function seed(mode: Mode): ContainerOptions {
  if (mode === 'portable') return { image: fileURLToPath(asset('clone.wasm')) };
  return { image: 'busybox', volumes: [`${staticClone()}:/usr/local/bin/clone:ro`], command: ['clone'] };
}

function staticClone(): string {
  const places = ['../native/target/release/clone', `native/linux-${process.arch}/clone`].map((name) => fileURLToPath(asset(name)));
  return places.find((path) => existsSync(path)) ?? places[0]!;
}

function commandLine(mode: Mode, capAdd: readonly string[]): string {
  const caps = capAdd.map((cap) => ` --cap-add ${cap}`).join('');
  return mode === 'portable' ? `twinbox run${caps} clone.wasm` : `twinbox run --mode native${caps} -v ./clone:/usr/local/bin/clone:ro busybox clone`;
}

/** A shell that stays, with something to look at beside it. */
const shell = ['sh', '-c', 'trap : USR1; sleep 1000 & while :; do wait; done'];

/** A command line as far as a screen is wide. */
const short = (command: string): string => (command.length <= 60 ? command : `${command.slice(0, 59)}…`);

function table(rows: readonly ProcessRow[], boxes: readonly Container[]): string {
  const names = new Map(boxes.map((box) => [box.id, box.name]));
  const line = (cells: readonly (string | number)[]): string =>
    `${String(cells[0]).padStart(8)} ${String(cells[1]).padStart(10)}  ${String(cells[2]).padEnd(10)} ${cells[3]}`.trimEnd();
  return [
    line(['HOST PID', 'INSIDE PID', 'CONTAINER', 'COMMAND']),
    ...rows.map((row) => line([
      row.hostPid, row.container === undefined ? '-' : row.pid, names.get(row.container ?? '') ?? '-', short(row.args.join(' ')),
    ])),
  ].join('\n').concat('\n');
}
