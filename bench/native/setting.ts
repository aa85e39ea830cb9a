// What every section of the native bench stands on: the directory of the run, its records, and the candidates, opened for
// the length of a section.

import {join} from 'node:path';
import type {ContainerOptions, Runtime} from '../../src/index.ts';
import {writeBundle} from './bundle.ts';
import {type Floor, openFloor} from './floor.ts';
import type {Payload} from './image.ts';
import {containerOptions, openOurs, viaOurs, viaRun} from './ours.ts';
import {peers, usable, viaSpawn, type Way} from './peer.ts';

export const [work, ...words] = process.argv.slice(2) as [string, ...string[]];
export const quick = process.env.TWINBOX_BENCH_QUICK !== undefined;
/** Parked processes of a warm pool. */
export const pool = 4;
export const inFlight = 8;
export const files = {
  root: join(work, 'root'),
  byte: join(work, 'byte'),
  floor: join(work, 'floor'),
  store: join(work, 's'),
};

// Between two samples a warm pool refills and what died is put away.
const restMs = 10;

/** Samples, of which a quick run takes a fifth. */
export function runs(full: number): number {
  return quick ? Math.max(3, Math.floor(full / 5)) : full;
}

export function record(kind: string, data: object): void {
  process.stdout.write(`${JSON.stringify({kind, ...data})}\n`);
}

export function pause(ms: number): Promise<void> {
  return new Promise(done => setTimeout(done, ms));
}

export const rest = (): Promise<void> => pause(restMs);

/** Native mode twice: with every start cold, and with a warm pool. */
export interface Ours {
  readonly cold: Way;
  readonly warm: Way;
  /** Both by run(). */
  readonly runs: readonly Way[];
  readonly runtimes: {readonly cold: Runtime; readonly warm: Runtime};
}

export async function withOurs(payload: Payload, body: (ours: Ours) => Promise<void>): Promise<void> {
  const options = containerOptions(files.root, payload.args);
  const open: Runtime[] = [];
  try {
    // Whoever shares a warm pool takes from it what another was to have.
    for (const size of [0, pool, pool]) open.push(await openOurs(size));
    const [cold, warm, other] = open as [Runtime, Runtime, Runtime];
    await body({
      cold: viaOurs('twinbox, cold', cold, options),
      warm: viaOurs('twinbox, warm', warm, options),
      runs: [viaRun('twinbox run(), cold', cold, options), viaRun('twinbox run(), warm', other, options)],
      runtimes: {cold, warm},
    });
  } finally {
    for (const runtime of open) await runtime.close();
  }
}

/** Those, the floor, a bare spawn, and the peers that run here; the others' reasons are recorded. */
export async function withWays(
  payload: Payload,
  body: (ways: readonly Way[], floors: readonly Floor[]) => Promise<void>,
): Promise<void> {
  const options = containerOptions(files.root, payload.args);
  await withOurs(payload, async ({cold, warm, runs, runtimes}) => {
    const floors: Floor[] = [];
    try {
      floors.push(await openFloor('C, cold', runtimes.cold, options, false));
      floors.push(await openFloor('C, warm', runtimes.warm, options, true));
      const [program, ...args] = payload.args;
      const bare = viaSpawn({name: 'spawn', argv: [join(files.root, program!), ...args]});
      const setting = {root: files.root, args: payload.args, store: files.store, hostname: 'box'};
      const found = await usable(peers({...setting, ...(await bundles(runtimes.cold, options))}));
      for (const [what, why] of Object.entries(found.missing)) record('without', {what, why});
      await body([cold, warm, ...runs, ...floors.flatMap(({way, parked}) => [way, parked]), bare, ...found.ways], floors);
    } finally {
      for (const floor of floors) await floor.close();
    }
  });
}

async function bundles(runtime: Runtime, options: ContainerOptions): Promise<{bundle: string; bare: string}> {
  const {spec} = await runtime.plan(options);
  const {dir, left} = writeBundle(join(work, 'bundle'), spec);
  if (left.length > 0) record('without', {what: left.join(', '), why: 'crun and runc here do not know it'});
  return {bundle: dir, bare: writeBundle(join(work, 'bare'), spec, {without: true}).dir};
}
