// Cases that run in another process than the test that states them: a virtual machine, or a process with fewer system
// calls. That process runs this same file with TWINBOX_TEST_INSIDE set, and reports each case as a line.

import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {createRuntime, type Runtime, type RuntimeOptions} from '../../src/index.ts';

const caseLimitMs = 30_000;
const mark = '@case ';
const flag = 'TWINBOX_TEST_INSIDE';

export type Case = readonly [name: string, body: (runtime: Runtime) => Promise<void>];

interface Result {
  readonly name: string;
  readonly error?: string;
}

/** In which process this is: '' for the one that states the tests. */
export const inside = process.env[flag] ?? '';

/** What the other process is started with. */
export function environment(name: string): Record<string, string> {
  const passed = Object.entries(process.env).filter(([key]) => /^TWINBOX_(TEST|NATIVE)/.test(key)) as [string, string][];
  return {...Object.fromEntries(passed), [flag]: name, NO_COLOR: '1'};
}

export const command: readonly string[] = [process.execPath, '--enable-source-maps', process.argv[1] ?? ''];

/** This file again, as the arguments of another command (`without 437=38 --`). */
export function again(before: readonly string[], name: string): AsyncIterable<string> {
  const [program, ...args] = [...before, ...command];
  const child = spawn(program!, args, {stdio: ['ignore', 'pipe', 'inherit'], env: {...process.env, ...environment(name)}});
  process.on('exit', () => child.kill('SIGKILL'));
  return createInterface({input: child.stdout});
}

/** Answers, for a case's name, its error: the last lines of the other process where it ended before the case did. */
export function collect(names: readonly string[], lines: AsyncIterable<string>): (name: string) => Promise<void> {
  const answers = new Map<string, (error: string | undefined) => void>();
  const waiting = new Map(names.map(name => [name, new Promise<string | undefined>(resolve => answers.set(name, resolve))]));
  const rest: string[] = [];
  void (async () => {
    for await (const line of lines) {
      if (line.startsWith(mark)) {
        const {name, error} = JSON.parse(line.slice(mark.length)) as Result;
        answers.get(name)?.(error);
      } else rest.push(line);
    }
    for (const answer of answers.values()) answer(`it ended before: ${rest.slice(-20).join('\n')}`);
  })();
  return async name => {
    const error = await waiting.get(name)!;
    if (error !== undefined) throw new Error(error);
  };
}

/** In the other process: one runtime for all cases, a new one after a case that failed. */
export async function runCases(cases: readonly Case[], options: RuntimeOptions = {}): Promise<void> {
  const filter = new RegExp(process.env.TWINBOX_TEST_FILTER ?? '.');
  let runtime = await createRuntime({...options, mode: 'native'});
  for (const [name, body] of cases) {
    if (!filter.test(name) && !filter.test(process.env.TWINBOX_TEST_FILE ?? '')) continue;
    const error = await failure(body(runtime));
    console.log(`${mark}${JSON.stringify({name, ...(error === undefined ? {} : {error})})}`);
    if (error === undefined) continue;
    await Promise.race([runtime.close().catch(() => undefined), new Promise(resolve => setTimeout(resolve, 3000))]);
    runtime = await createRuntime({...options, mode: 'native'});
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
