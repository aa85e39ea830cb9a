// `twinbox info`: what is here, and what is not with the reason, for either kernel.

import { errorData } from '../errno.ts';
import { createRuntime, type BackendFacts, type RuntimeOptions } from '../runtime.ts';
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
  const portable = await factsOf({ mode: 'portable', thread: false });
  if ('lack' in portable) throw portable.lack;
  print(table([['Mode', 'portable'], ...portableRows(portable)]));
  const native = await factsOf({ mode: 'native', pool: 0 });
  print('\n');
  if ('lack' in native) {
    const { message, hint } = errorData(native.lack);
    print(table([['Mode', 'native'], ['No', message], ...(hint === undefined ? [] : [['Remedy', hint] as const])]));
  } else {
    print(table([['Mode', 'native'], ...nativeRows(native)]));
  }
  print(`\n${table([['Node', `${process.version} ${process.platform} ${process.arch}`]])}`);
  return 0;
}

/** A mode that is not to be had is an answer too. */
async function factsOf(options: RuntimeOptions): Promise<BackendFacts | { readonly lack: unknown }> {
  try {
    await using runtime = await createRuntime(options);
    return await runtime.features();
  } catch (error) {
    return { lack: error };
  }
}

type Row = readonly [name: string, value: string];

function portableRows(facts: BackendFacts): Row[] {
  return [
    ['Kernel', `${facts.release}, emulated`],
    ['CPU', facts.cpu === 'lane' ? 'lane (green processes)' : 'worker (a thread for each process)'],
    ...commonRows(facts),
  ];
}

function nativeRows(facts: BackendFacts): Row[] {
  const { ids, images, hierarchies = [] } = facts;
  const maps = { root: 'ranges, as root', helpers: 'ranges, by newuidmap', single: 'one' } as const;
  return [
    ['Kernel', `Linux ${facts.release}`],
    ['Privileges', facts.rootless ? 'rootless: user namespaces' : 'root'],
    [
      'Ids',
      ids === undefined
        ? 'unknown'
        : `${maps[ids.maps]}${ids.uids.map(([first, count]) => ` ${first}+${count}`).join('')}`,
    ],
    ['Cgroups', `${facts.cgroup}${hierarchies.length > 0 ? ` below ${places(hierarchies)}` : ''}`],
    [
      'Images',
      [
        'a directory',
        ...(images?.busybox === undefined ? [] : ['busybox']),
        ...(images?.host === undefined ? [] : ['host']),
      ].join(', '),
    ],
    ['Features', facts.features.join(' ') || 'none'],
    ...commonRows(facts),
  ];
}

/** Where groups may be made; v1 has a directory for each controller. */
function places(hierarchies: NonNullable<BackendFacts['hierarchies']>): string {
  const v2 = hierarchies.filter((one) => one.version === 2).map((one) => `${one.mount}${one.path}`);
  const v1 = hierarchies.filter((one) => one.version === 1).map((one) => one.controllers.join(','));
  return [...v2, ...(v1.length > 0 ? [`v1 ${v1.join(' ')}`] : [])].join(' and ');
}

function commonRows(facts: BackendFacts): Row[] {
  const { machine } = facts;
  return [
    ['Machine', `${Math.round(machine.memoryBytes / 2 ** 20)} MiB, ${machine.cpus} CPU, ${machine.tasksMax} tasks`],
    ['Namespaces', facts.namespaces.join(' ')],
    ['File systems', facts.filesystems.join(' ')],
    ['Controllers', facts.controllers.join(' ') || 'none'],
    ...Object.entries(facts.reasons).map(([what, why]): Row => ['No', `${what}: ${why}`]),
  ];
}

function table(rows: readonly Row[]): string {
  return rows.map(([name, value]) => `${`${name}:`.padEnd(14)}${value}\n`).join('');
}
