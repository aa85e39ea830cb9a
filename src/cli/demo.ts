// `twinbox demo`: the story of two containers that both hold PID 1, told with real ones. Every line below a prompt is
// what the program printed.

import { fileURLToPath } from 'node:url';
import { asset } from '../asset.ts';
import { createRuntime, type Container, type ProcessRow, type Runtime } from '../runtime.ts';
import { UsageError } from './flags.ts';
import { parse } from './options.ts';
import { complain, print } from './print.ts';

export async function demo(argv: readonly string[]): Promise<number> {
  try {
    const { helped, words } = parse('demo', '', [], argv);
    if (helped) return 0;
    if (words.length > 0) throw new UsageError("'twinbox demo' accepts no arguments");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`twinbox: ${error.message}\nSee 'twinbox demo --help'\n`);
    return 125;
  }
  const runtime = await createRuntime({ mode: 'auto', thread: false });
  const stop = (): void => process.exit(130);
  process.once('SIGINT', stop);
  try {
    await tell(runtime);
  } finally {
    process.off('SIGINT', stop);
    await runtime.close();
  }
  return 0;
}

async function tell(runtime: Runtime): Promise<void> {
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
  /** What a program sees that shares every namespace with the machine but the one of mounts, which it needs for its root. */
  const showHost = async (script: string): Promise<void> => {
    print(`${dim('host #')} ${script}\n`);
    const command = ['sh', '-c', `${script} 2>&1`];
    const { stdout } = await runtime.run({ image: 'busybox', command, share: ['pid', 'uts', 'ipc', 'network', 'cgroup'] });
    output(stdout);
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
  await showHost('ps');
  print('side by side:\n');
  output(table(await runtime.ps(), [a, b]));

  title("3. With docker's default capabilities a container cannot rename itself or mount.");
  await show(a, 'hostname elsewhere');
  await show(a, 'mount -t tmpfs none /mnt');
  await stopped(a, b);

  title('4. With --cap-add SYS_ADMIN it can; nobody else sees it.');
  [a, b] = [await start('one', ['SYS_ADMIN']), await start('two', ['SYS_ADMIN'])];
  await show(a, 'hostname elsewhere; hostname');
  await show(a, 'mount -t tmpfs none /mnt && echo secret > /mnt/file; ls /mnt; grep /mnt /proc/mounts');
  await show(b, 'hostname; ls /mnt; grep /mnt /proc/mounts || echo "nothing on /mnt"');
  await showHost('hostname; grep /mnt /proc/1/mounts || echo "nothing on /mnt"');

  title('5. PID 1 does not die of a signal from inside, not even of SIGKILL.');
  await show(b, 'kill -9 1; kill -TERM 1; echo "still here:"; ps');

  title('6. From the host it does, and takes its whole world with it.');
  const { hostPid } = b.process;
  print(`${dim('host #')} kill -9 ${hostPid}\n`);
  await b.kill('SIGKILL');
  const exit = await b.wait();
  output(`container two ended: exit status ${exit.exitCode}${exit.signal === undefined ? '' : ` (${exit.signal})`}\n`);
  output(table(await runtime.ps(), [a]));
  await stopped(a, b);

  title('7. The call behind it all: clone(main, stack, CLONE_NEWPID | SIGCHLD, arg).');
  const image = fileURLToPath(asset('clone.wasm'));
  for (const capAdd of [[], ['SYS_ADMIN']]) {
    print(`${dim('host #')} twinbox run${capAdd.map((cap) => ` --cap-add ${cap}`).join('')} clone.wasm\n`);
    const { stdout, stderr } = await runtime.run({ image, capAdd });
    output(stdout + stderr);
  }
  print('\n');
}

/** A shell that stays, with something to look at beside it. */
const shell = ['sh', '-c', 'trap : USR1; sleep 1000 & while :; do wait; done'];

function table(rows: readonly ProcessRow[], boxes: readonly Container[]): string {
  const names = new Map(boxes.map((box) => [box.id, box.name]));
  const line = (cells: readonly (string | number)[]): string =>
    `${String(cells[0]).padStart(8)} ${String(cells[1]).padStart(10)}  ${String(cells[2]).padEnd(10)} ${cells[3]}`.trimEnd();
  return [
    line(['HOST PID', 'INSIDE PID', 'CONTAINER', 'COMMAND']),
    ...rows.map((row) => line([
      row.hostPid, row.container === undefined ? '-' : row.pid, names.get(row.container ?? '') ?? '-', row.args.join(' '),
    ])),
  ].join('\n').concat('\n');
}
