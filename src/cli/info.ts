// `twinbox info`: what is here, and what is not with the reason.

import { createRuntime } from '../runtime.ts';
import { UsageError } from './flags.ts';
import { parse } from './options.ts';
import { complain, print } from './print.ts';

export async function info(argv: readonly string[]): Promise<number> {
  try {
    const { helped, words } = parse('info', '', [], argv);
    if (helped) return 0;
    if (words.length > 0) throw new UsageError("'twinbox info' accepts no arguments");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`twinbox: ${error.message}\nSee 'twinbox info --help'\n`);
    return 125;
  }
  await using runtime = await createRuntime({ mode: 'portable', thread: false });
  const facts = await runtime.features();
  const { machine } = facts;
  const rows: readonly (readonly [string, string])[] = [
    ['Mode', `${runtime.mode} (native: not part of this version)`],
    ['Kernel', `${facts.release}, emulated`],
    ['CPU', facts.cpu === 'lane' ? 'lane (green processes)' : 'worker (a thread for each process)'],
    ['Machine', `${machine.memoryBytes / 2 ** 20} MiB, ${machine.cpus} CPU, ${machine.tasksMax} tasks`],
    ['Namespaces', facts.namespaces.join(' ')],
    ['File systems', facts.filesystems.join(' ')],
    ['Controllers', facts.controllers.join(' ') || 'none'],
    ['Node', `${process.version} ${process.platform} ${process.arch}`],
  ];
  print(rows.map(([name, value]) => `${`${name}:`.padEnd(14)}${value}\n`).join(''));
  for (const [what, why] of Object.entries(facts.reasons)) print(`${'No:'.padEnd(14)}${what}: ${why}\n`);
  return 0;
}
