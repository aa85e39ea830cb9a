// The library suite in four shapes: the emulated kernel called directly, behind a structured clone of every message,
// and in a thread of its own; and Linux itself. A behaviour is written once and must hold in each.

import {suite, type Test} from 'uvu';
import type {Runtime, RuntimeOptions} from '../../src/runtime.ts';
import {cloning} from '../../src/backend/clone.ts';
import {RuntimeClient} from '../../src/client/runtime.ts';
import {createRuntime} from '../../src/index.ts';
import {openDirect} from '../../src/portable/backend.ts';
import {openThread} from '../../src/portable/backend-link.ts';
import type {Backend} from '../../src/wire.ts';
import {lack} from '../native/native.ts';
import {skip} from '../skip.ts';

type Mode = 'portable' | 'native';

const shapes: Readonly<Record<string, (options: RuntimeOptions) => Promise<Backend>>> = {
  direct: async options => openDirect(options),
  clone: async options => cloning(openDirect(options)),
  thread: openThread,
};

export interface Context {
  runtime: Runtime;
}

export interface Suite extends Test<Context> {
  /** A test of one kernel alone, with the reason why it says nothing of the other. */
  in(mode: Mode, reason: string, name: string, body: (context: Context) => Promise<void>): void;
}

export {lack};

/** Declares the same tests for every shape; each test gets a runtime of its own. */
export function library(title: string, declare: (test: Suite) => void, options: RuntimeOptions = {}): void {
  for (const [shape, open] of Object.entries(shapes)) {
    run(`${title} [${shape}]`, 'portable', declare, async () => RuntimeClient.connect(await open(options), 'portable'));
  }
  if (lack === undefined) run(`${title} [native]`, 'native', declare, () => createRuntime({mode: 'native'}));
  else {
    const test = suite(`${title} [native]`);
    skip(test, `${title} [native]`, lack.reason, lack.remedy);
    test.run();
  }
}

function run(title: string, mode: Mode, declare: (test: Suite) => void, open: () => Promise<Runtime>): void {
  const test = suite<Context>(title);
  test.before.each(async context => {
    context.runtime = await open();
  });
  test.after.each(async context => {
    await context.runtime.close();
  });
  // The reason is for who reads the test: nothing is skipped that could run.
  declare(Object.assign(test, {
    in: (which: Mode, _reason: string, name: string, body: (context: Context) => Promise<void>) => void (which === mode && test(name, body)),
  }));
  test.run();
}

/** Whether the files of a container can be reached before its start: not without root, where a parked process is closed. */
export async function filesFromBirth(runtime: Runtime): Promise<boolean> {
  return !(await runtime.features()).rootless;
}

/** The processes of containers, wherever they are. */
export async function inContainers(runtime: Runtime): Promise<number> {
  return (await runtime.ps()).filter(row => row.container !== undefined).length;
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & {code?: string; field?: string; hint?: string; step?: string}> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
