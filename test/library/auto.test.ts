// Mode `auto`: which kernel a container gets, what is said of it, and that isolation is never given up in silence.

import {suite, type Test} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime, type Runtime} from '../../src/index.ts';
import type {RuntimeOptions} from '../../src/runtime.ts';
import {skip} from '../skip.ts';
import {lack, rejection} from './shape.ts';

const linux = process.platform === 'linux';

/** A runtime for a test, with what it said, under an environment of its own. */
async function using(env: Record<string, string>, options: RuntimeOptions, body: (runtime: Runtime, said: string[]) => Promise<void>): Promise<void> {
  const before = Object.fromEntries(Object.keys(env).map(key => [key, process.env[key]]));
  Object.assign(process.env, env);
  const said: string[] = [];
  try {
    const runtime = await createRuntime({notice: line => said.push(line), ...options});
    try {
      await body(runtime, said);
    } finally {
      await runtime.close();
    }
  } finally {
    for (const [key, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
  }
}

/** Nothing that native mode could start from. */
const nowhere = {TWINBOX_NATIVE: '', TWINBOX_NATIVE_PATH: '/no/such/library'};
const without = suite('auto, without native mode');

function onLinux(test: Test, name: string, body: () => Promise<void>): void {
  if (linux) test(name, body);
  else skip(test, name, 'only Linux has another kernel to take', 'run it on Linux');
}

onLinux(without, 'the emulated kernel is taken, which is said once, with the reason', () => using(nowhere, {}, async (runtime, said) => {
  assert.is(runtime.mode, 'portable');
  for (let i = 0; i < 2; i++) assert.is((await runtime.run({image: 'busybox', command: ['echo', 'hi']})).stdout, 'hi\n');
  assert.is(said.length, 1);
  assert.match(said[0]!, /^twinbox: portable mode: .*TWINBOX_NATIVE_PATH is \/no\/such\/library/);
  assert.match((await runtime.features()).reasons.native ?? '', 'was not found');
  const box = await runtime.create({image: 'busybox', command: ['true']});
  assert.is((await box.inspect()).mode, 'portable');
}));

onLinux(without, 'what asks for isolation is refused, with the reason and what to do', () => using(nowhere, {}, async (runtime, said) => {
  for (const field of ['privileged', 'requireIsolation'] as const) {
    const error = await rejection(runtime.run({image: 'busybox', command: ['true'], [field]: true}));
    assert.is(error.code, 'ERR_UNSUPPORTED', field);
    assert.match(error.message, new RegExp(`^${field} .*was not found`));
    assert.ok(error.hint);
  }
  const limit = await rejection(runtime.run({image: 'busybox', command: ['true'], memory: '64m'}));
  assert.equal([limit.code, limit.field], ['ERR_SPEC', 'memory']);
  assert.match(limit.hint ?? '', 'was not found');
  assert.equal(said, []);
  assert.equal(await runtime.list(), []);
}));

onLinux(without, 'mode native never falls back', async () => {
  const error = await rejection(using(nowhere, {mode: 'native'}, async () => {}));
  assert.is(error.code, 'ERR_UNSUPPORTED');
  assert.match(error.message, '/no/such/library');
  assert.ok(error.hint);
});

without('where nobody expects another kernel, nothing is said', () => using({TWINBOX_NATIVE: 'off'}, {}, async (runtime, said) => {
  assert.is(runtime.mode, 'portable');
  assert.is((await runtime.run({image: 'busybox', command: ['true']})).exitCode, 0);
  assert.equal(said, []);
}));

without('a size of the emulated machine means the emulated machine', () => using({}, {machine: {tasksMax: 50}}, async (runtime, said) => {
  assert.is(runtime.mode, 'portable');
  assert.is((await runtime.features()).machine.tasksMax, 50);
  assert.equal(said, []);
}));

without.run();

const beside = suite('auto, both kernels');
const declare = (name: string, body: () => Promise<void>): void => {
  if (lack === undefined) beside(name, body);
  else skip(beside, name, lack.reason, lack.remedy);
};

declare('each container goes to its own kernel, and the runtime is one', () => using({}, {}, async (runtime, said) => {
  assert.is(runtime.mode, 'native');
  const events = runtime.events()[Symbol.asyncIterator]();
  const first = events.next();
  const real = await runtime.create({image: 'busybox', name: 'real', command: ['sleep', '1000']});
  await real.start();
  const traced: string[] = [];
  const emulated = await runtime.create({image: 'busybox', name: 'emulated', command: ['sleep', '1000'], trace: line => traced.push(line)});
  await emulated.start();
  assert.equal((await runtime.list()).map(state => [state.name, state.mode]), [['real', 'native'], ['emulated', 'portable']]);
  assert.is(said.length, 1);
  assert.match(said[0]!, 'trace');
  assert.ok(traced.length > 0);
  assert.is((await runtime.get('emulated')).id, emulated.id);
  assert.is((await runtime.get('real')).id, real.id);
  assert.equal((await runtime.ps()).filter(row => row.container !== undefined).map(row => row.comm), ['sleep', 'sleep']);
  const seen = [(await first).value];
  while (seen.length < 4) seen.push((await events.next()).value);
  assert.equal(seen.map(event => `${event.name} ${event.type}`), ['real create', 'real start', 'emulated create', 'emulated start']);
  await events.return?.();
}));

declare('a name is taken on either kernel', () => using({}, {}, async runtime => {
  await runtime.create({image: 'busybox', name: 'one', command: ['true']});
  const error = await rejection(runtime.create({image: 'busybox', name: 'one', command: ['true'], trace: () => {}}));
  assert.is(error.code, 'EEXIST');
  await runtime.create({image: 'busybox', name: 'two', command: ['true'], trace: () => {}});
  assert.is((await rejection(runtime.create({image: 'busybox', name: 'two', command: ['true']}))).code, 'EEXIST');
}));

declare('isolation is given by Linux', () => using({}, {}, async (runtime, said) => {
  const box = await runtime.create({image: 'busybox', command: ['true'], requireIsolation: true});
  assert.is((await box.inspect()).mode, 'native');
  const error = await rejection(runtime.create({image: 'busybox', command: ['true'], requireIsolation: true, trace: () => {}}));
  assert.is(error.code, 'ERR_UNSUPPORTED');
  assert.equal(said, []);
}));

beside.run();
