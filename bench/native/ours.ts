// Native mode itself, through the interface that users have: what is timed is the call of `create` and what follows.

import {createRuntime, type ContainerOptions, type Runtime} from '../../src/index.ts';
import type {Sample, Way} from './peer.ts';

/** Limits of each controller that has one, so that every group that a spec can ask for is made. */
export function containerOptions(root: string, command: readonly string[]): ContainerOptions {
  return {image: root, command, hostname: 'box', memory: '64m', pids: 32, cpus: 1};
}

/** Without a pool every start is cold. */
export function openOurs(pool: number): Promise<Runtime> {
  return createRuntime({mode: 'native', pool} as Parameters<typeof createRuntime>[0]);
}

/** Times in milliseconds from the call: the first byte that arrives, the end that is told, the removal. */
export async function cycle(runtime: Runtime, options: ContainerOptions): Promise<Required<Sample> & {gone: number}> {
  const begin = performance.now();
  const container = await runtime.create({...options, stdout: 'pipe', stderr: 'pipe'});
  const started = container.start();
  const reader = container.process.stdout.getReader();
  const byte = reader.read().then(() => performance.now() - begin);
  await started;
  const first = await byte;
  const {exitCode} = await container.process.exited;
  const exit = performance.now() - begin;
  if (exitCode !== 0) throw new Error(`${options.command?.join(' ')}: status ${exitCode}`);
  await reader.cancel();
  await container.remove({force: true});
  return {first, exit, gone: performance.now() - begin};
}

export function viaOurs(name: string, runtime: Runtime, options: ContainerOptions): Way {
  return {name, every: 1, sample: () => cycle(runtime, options)};
}

/** All in one call, which needs one request less: until its result is there, and the container removed. */
export function viaRun(name: string, runtime: Runtime, options: ContainerOptions): Way {
  return {
    name,
    every: 1,
    sample: async () => {
      const begin = performance.now();
      const {stdout} = await runtime.run(options);
      if (stdout === '') throw new Error('no output');
      return {exit: performance.now() - begin};
    },
  };
}
