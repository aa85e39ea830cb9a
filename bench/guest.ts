// Measurements inside a container: the guest bench/guest/call.ts run through the library, on the CPU that is asked for.

import type {Runtime} from '../src/index.ts';
import {asset} from '../src/asset.ts';
import {type Summary, summary} from './stat.ts';

export const guestFile = new URL('../build/wasm/call.wasm', asset('.'));

export interface Call {
  readonly name: string;
  /** What one operation is. */
  readonly title: string;
  readonly lane: number;
  readonly worker: number;
  /** Bytes that one operation moves, for a throughput. */
  readonly bytes?: number;
}

/** Operations with a number of rounds that takes about a tenth of a second. */
export const calls: readonly Call[] = [
  {name: 'getpid', title: 'getpid', lane: 1_000_000, worker: 5_000},
  {name: 'stat', title: 'stat /etc/passwd', lane: 200_000, worker: 3_000},
  {name: 'roundtrip', title: 'a byte to another process and back', lane: 50_000, worker: 1_000},
  {name: 'pipe4k', title: 'pipe, 4 KiB chunks', lane: 30_000, worker: 2_000, bytes: 4096},
  {name: 'pipe64k', title: 'pipe, 64 KiB chunks', lane: 5_000, worker: 500, bytes: 65536},
  {name: 'spawn', title: 'spawn true and wait', lane: 500, worker: 30},
  {name: 'clone', title: 'clone and wait', lane: 500, worker: 30},
];

/** Milliseconds of one operation, over several runs of the guest. */
export async function measureCall(runtime: Runtime, call: Call, rounds: number, runs: number): Promise<Summary> {
  const container = await runtime.create({image: 'busybox', command: ['sleep', '1000'], name: `bench-${call.name}`});
  try {
    await container.fs.writeFile('/bin/call', await program(), {mode: 0o755});
    await container.start();
    const values: number[] = [];
    for (let i = 0; i <= runs; i++) {
      const value = await once(container, call, rounds);
      if (i > 0) values.push(value);
    }
    return summary(values);
  } finally {
    await container.remove({force: true});
  }
}

let bytes: Uint8Array | undefined;

async function program(): Promise<Uint8Array> {
  const {readFile} = await import('node:fs/promises');
  bytes ??= await readFile(guestFile);
  return bytes;
}

async function once(container: Awaited<ReturnType<Runtime['create']>>, call: Call, rounds: number): Promise<number> {
  const process = await container.exec({command: ['/bin/call', call.name, String(rounds)]});
  const [text, errors, {exitCode}] = await Promise.all([process.stdout.text(), process.stderr.text(), process.exited]);
  const [, , ns] = text.trim().split(' ');
  if (exitCode !== 0 || ns === undefined) throw new Error(`call ${call.name}: status ${exitCode}\n${text}${errors}`);
  return Number(ns) / rounds / 1e6;
}
