// Both kernels on the same operations through the one interface, taking turns (A B A B): what the emulated one costs
// beside Linux itself. Where native mode cannot run, portable mode is measured alone.

import type {Container, Runtime} from '../src/index.ts';
import {type Summary, summary} from './stat.ts';

/** One measured operation; a sample is in milliseconds. */
interface Operation {
  readonly title: string;
  /** Bytes that one sample moves, for a throughput. */
  readonly bytes?: number;
  /** Samples as a share of the usual number, for what is slow. */
  readonly share?: number;
  readonly sample: (box: Container, runtime: Runtime) => Promise<number>;
}

export interface Comparison {
  readonly title: string;
  readonly bytes?: number;
  readonly portable: Summary;
  readonly native?: Summary;
}

const sleeper = {image: 'busybox', command: ['sleep', '1000']} as const;
const spawns = 20;
const mib = 2 ** 20;

const operations: readonly Operation[] = [
  {title: 'create', sample: async (_, runtime) => {
    const begin = performance.now();
    const container = await runtime.create(sleeper);
    return after(performance.now() - begin, container);
  }},
  {title: 'start', sample: async (_, runtime) => {
    const container = await runtime.create(sleeper);
    const time = await timed(() => container.start());
    return after(time, container);
  }},
  {title: "create and start to the shell's first byte", sample: async (_, runtime) => {
    const begin = performance.now();
    const container = await runtime.create({...sleeper, command: ['sh', '-c', 'echo x; exec sleep 1000'], stdout: 'pipe'});
    const reader = container.process.stdout.getReader();
    await container.start();
    await reader.read();
    const time = performance.now() - begin;
    await reader.cancel();
    return after(time, container);
  }},
  {title: 'run true: create, start, wait, remove', sample: (_, runtime) =>
    timed(() => runtime.run({image: 'busybox', command: ['true']}))},
  {title: 'exec true and wait', sample: box => timed(() => shell(box, ['true']))},
  {title: 'a shell starts /bin/true and waits', share: 0.3, sample: async box => {
    const script = 'i=0; while [ $i -lt $1 ]; do /bin/true; i=$((i+1)); done';
    const loop = (count: number) => shell(box, ['sh', '-c', script, 'sh', String(count)]);
    const empty = await timed(() => loop(0));
    return Math.max(0, (await timed(() => loop(spawns))) - empty) / spawns;
  }},
  {title: 'pipe between two processes, 64 KiB at a time', bytes: 32 * mib, share: 0.3, sample: box => timed(() =>
    shell(box, ['sh', '-c', 'dd if=/dev/zero bs=65536 count=512 2>/dev/null | dd of=/dev/null bs=65536 2>/dev/null']))},
  {title: "a process's output to the caller", bytes: 16 * mib, share: 0.3, sample: box =>
    timed(() => output(box, 16 * mib))},
  {title: 'kill -9 of an endless loop', sample: async box => {
    const loop = await box.exec(['sh', '-c', 'while :; do :; done']);
    await pause(10);
    return timed(async () => {
      await loop.kill('SIGKILL');
      const {exitCode} = await loop.exited;
      if (exitCode !== 137) throw new Error(`the loop ended with ${exitCode}`);
    });
  }},
  {title: 'pause', sample: async box => {
    const time = await timed(() => box.pause());
    await box.resume();
    return time;
  }},
  {title: 'resume', sample: async box => {
    await box.pause();
    return timed(() => box.resume());
  }},
  {title: 'remove of a running container', sample: async (_, runtime) => {
    const container = await runtime.create(sleeper);
    await container.start();
    return timed(() => container.remove({force: true}));
  }},
];

export async function compareModes(
  portable: Runtime, native: Runtime | undefined, runs: number, report: (row: Comparison) => void,
): Promise<void> {
  const runtimes = native === undefined ? [portable] : [portable, native];
  const boxes: Container[] = [];
  try {
    for (const runtime of runtimes) {
      const box = await runtime.create(sleeper);
      boxes.push(box);
      await box.start();
    }
    for (const operation of operations) report(await compare(operation, runtimes, boxes, runs));
  } finally {
    for (const box of boxes) await box.remove({force: true});
  }
}

async function compare(
  {title, bytes, share = 1, sample}: Operation, runtimes: readonly Runtime[], boxes: readonly Container[], runs: number,
): Promise<Comparison> {
  const values = runtimes.map((): number[] => []);
  const rounds = Math.max(3, Math.round(runs * share));
  for (let i = 0; i <= rounds; i++) {
    for (const [k, runtime] of runtimes.entries()) {
      const value = await sample(boxes[k]!, runtime);
      if (i > 0) values[k]!.push(value);
    }
  }
  const [first, second] = values.map(summary);
  return {title, ...(bytes && {bytes}), portable: first!, ...(second && {native: second})};
}

async function timed(body: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await body();
  return performance.now() - begin;
}

async function after(time: number, container: Container): Promise<number> {
  await container.remove({force: true});
  return time;
}

async function shell(box: Container, command: readonly string[]): Promise<void> {
  const process = await box.exec(command);
  const {exitCode} = await process.exited;
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: status ${exitCode}\n${await process.stderr.text()}`);
}

async function output(box: Container, bytes: number): Promise<void> {
  const command = ['dd', 'if=/dev/zero', 'bs=65536', `count=${bytes / 65536}`];
  const process = await box.exec({command, stdout: 'pipe'});
  const reader = process.stdout.getReader();
  let seen = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) seen += part.value.length;
  await process.exited;
  if (seen !== bytes) throw new Error(`${seen} bytes of ${bytes}`);
}

function pause(ms: number): Promise<void> {
  return new Promise(done => setTimeout(done, ms));
}
