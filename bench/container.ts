// Measurements of containers: start to the shell's first byte, kill -9 of an endless loop, memory of many.

import type {Container, Runtime} from '../src/index.ts';
import {type Summary, summary} from './stat.ts';

/** create, start and the first byte that the shell prints. */
export async function startTime(runtime: Runtime, runs: number): Promise<{start: Summary; firstByte: Summary}> {
  const start: number[] = [];
  const first: number[] = [];
  for (let i = 0; i < runs + 3; i++) {
    const begin = performance.now();
    const container = await runtime.create({image: 'busybox', command: ['sh', '-c', 'echo x; sleep 100']});
    const reader = container.process.stdout.getReader();
    await container.start();
    const started = performance.now() - begin;
    await reader.read();
    const ready = performance.now() - begin;
    await reader.cancel();
    await container.remove({force: true});
    if (i < 3) continue;
    start.push(started);
    first.push(ready);
  }
  return {start: summary(start), firstByte: summary(first)};
}

/** From kill to the end of a loop that makes no system call, as the caller sees it. */
export async function killTime(runtime: Runtime, runs: number): Promise<Summary> {
  const values: number[] = [];
  const container = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
  await container.start();
  try {
    for (let i = 0; i < runs + 2; i++) {
      const loop = await container.exec(['sh', '-c', 'while :; do :; done']);
      await pause(20);
      const begin = performance.now();
      await loop.kill('SIGKILL');
      const {exitCode} = await loop.exited;
      if (exitCode !== 137) throw new Error(`the loop ended with ${exitCode}`);
      if (i >= 2) values.push(performance.now() - begin);
    }
  } finally {
    await container.remove({force: true});
  }
  return summary(values);
}

/** Bytes of resident memory that `count` containers of three processes add. */
export async function memory(runtime: Runtime, count: number): Promise<{baseline: number; added: number}> {
  const containers: Container[] = [];
  const one = async (): Promise<Container> => {
    const container = await runtime.create({image: 'busybox', command: ['sh', '-c', 'sleep 1000 & sleep 1000 & echo up; wait']});
    const reader = container.process.stdout.getReader();
    await container.start();
    await reader.read();
    return container;
  };
  const warm = await one();
  await warm.remove({force: true});
  const baseline = await settled();
  for (let i = 0; i < count; i++) containers.push(await one());
  const added = (await settled()) - baseline;
  for (const container of containers) await container.remove({force: true});
  return {baseline, added};
}

async function settled(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    (globalThis as {gc?: () => void}).gc?.();
    await pause(40);
  }
  return process.memoryUsage.rss();
}

function pause(ms: number): Promise<void> {
  return new Promise(done => setTimeout(done, ms));
}
