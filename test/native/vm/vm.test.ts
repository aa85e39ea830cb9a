// Native mode on a kernel with pure cgroup v2: the cases of cases.ts, run inside a user-mode-linux by this same file.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime} from '../../../src/index.ts';
import {skipAll} from '../../skip.ts';
import {lack, type Lack} from '../native.ts';
import {cases} from './cases.ts';
import {boot, findKernel, remedy, type Machine} from './vm.ts';

const caseLimitMs = 30_000;
const inside = 'TWINBOX_TEST_INSIDE';
const mark = '@case ';

interface Result {
  readonly name: string;
  readonly error?: string;
}

if (process.env[inside]) await runCases(new RegExp(process.env.TWINBOX_TEST_FILTER ?? '.'));
else await declareCases();

async function declareCases(): Promise<void> {
  const machine = await open();
  if ('reason' in machine) {
    skipAll(test, cases.map(([name]) => name), 'cgroup v2 in a virtual machine', machine.reason, machine.remedy);
  } else {
    const results = collect(machine);
    for (const [name] of cases) {
      test(name, async () => {
        const error = await results(name);
        if (error !== undefined) throw new Error(error);
      });
    }
    test('the machine ends by itself, with nothing more to say', async () => {
      assert.is(await machine.ended, 0);
    });
    test.after(() => machine.kill());
  }
  test.run();
}

async function open(): Promise<Machine | Lack> {
  if (lack) return lack;
  const kernel = findKernel();
  const machine = 'path' in kernel ? await start(kernel.path) : kernel;
  return 'reason' in machine ? {reason: machine.reason, remedy} : machine;
}

function start(kernel: string): Promise<Machine | {readonly reason: string}> {
  const passed = Object.entries(process.env).filter(([name]) => /^TWINBOX_(TEST|NATIVE)/.test(name)) as [string, string][];
  const env = {...Object.fromEntries(passed), [inside]: '1', NO_COLOR: '1'};
  return boot(kernel, [process.execPath, '--enable-source-maps', process.argv[1]!], {env});
}

/** Answers, for a case's name, its error: the last lines of the machine where it ended before the case did. */
function collect(machine: Machine): (name: string) => Promise<string | undefined> {
  const answers = new Map<string, (error: string | undefined) => void>();
  const waiting = new Map(cases.map(([name]) => [name, new Promise<string | undefined>(resolve => answers.set(name, resolve))]));
  const rest: string[] = [];
  void (async () => {
    for await (const line of machine.lines) {
      if (line.startsWith(mark)) {
        const {name, error} = JSON.parse(line.slice(mark.length)) as Result;
        answers.get(name)?.(error);
      } else rest.push(line);
    }
    for (const answer of answers.values()) answer(`the machine ended before: ${rest.slice(-20).join('\n')}`);
  })();
  return name => waiting.get(name)!;
}

/** In the machine: one runtime for all, a new one after a case that failed. */
async function runCases(filter: RegExp): Promise<void> {
  let runtime = await createRuntime({mode: 'native'});
  for (const [name, body] of cases) {
    if (!filter.test(name) && !filter.test(process.env.TWINBOX_TEST_FILE ?? '')) continue;
    const error = await failure(body(runtime));
    console.log(`${mark}${JSON.stringify({name, ...(error === undefined ? {} : {error})})}`);
    if (error === undefined) continue;
    await Promise.race([runtime.close().catch(() => undefined), new Promise(resolve => setTimeout(resolve, 3000))]);
    runtime = await createRuntime({mode: 'native'});
  }
  await runtime.close();
}

async function failure(running: Promise<void>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end within ${caseLimitMs / 1000} s`)), caseLimitMs);
    });
    await Promise.race([running, late]);
    return undefined;
  } catch (error) {
    return String((error as Error).stack ?? error);
  } finally {
    clearTimeout(timer);
  }
}
