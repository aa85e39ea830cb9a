// The library suite in three shapes: the kernel called directly, behind a structured clone of every message, and in a
// thread of its own. A behaviour is written once and must hold in each.

import {suite, type Test} from 'uvu';
import type {Runtime, RuntimeOptions} from '../../src/runtime.ts';
import {RuntimeClient} from '../../src/client/runtime.ts';
import {cloning} from '../../src/backend/clone.ts';
import {openDirect} from '../../src/portable/backend.ts';
import {openThread} from '../../src/portable/backend-link.ts';
import type {Backend} from '../../src/wire.ts';

const shapes: Readonly<Record<string, (options: RuntimeOptions) => Promise<Backend>>> = {
  direct: async options => openDirect(options),
  clone: async options => cloning(openDirect(options)),
  thread: openThread,
};

export interface Context {
  runtime: Runtime;
}

/** Declares the same tests for every shape; each test gets a runtime of its own. */
export function library(title: string, declare: (test: Test<Context>) => void, options: RuntimeOptions = {}): void {
  for (const [shape, open] of Object.entries(shapes)) {
    const test = suite<Context>(`${title} [${shape}]`);
    test.before.each(async context => {
      context.runtime = await RuntimeClient.connect(await open(options), 'portable');
    });
    test.after.each(async context => {
      await context.runtime.close();
    });
    declare(test);
    test.run();
  }
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
