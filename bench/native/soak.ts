// What many cycles leave behind, and how long containers outlive a Node that is killed.

import {summary} from '../stat.ts';
import {byte} from './image.ts';
import {counts, survivors} from './leak.ts';
import {Lines} from './line.ts';
import {containerOptions, cycle, openOurs} from './ours.ts';
import {files, inFlight, pause, pool, record, work} from './setting.ts';

export async function soak(cycles: number): Promise<void> {
  for (const [name, size] of [['twinbox, cold', 0], ['twinbox, warm', pool]] as const) {
    const options = containerOptions(files.root, byte.args);
    const runtime = await openOurs(size);
    try {
      const run = (): Promise<unknown> => cycle(runtime, options);
      for (let i = 0; i < 50; i++) await run();
      await settle();
      const before = counts();
      const begin = performance.now();
      let left = cycles;
      const lane = async (): Promise<void> => {
        while (left-- > 0) await run();
      };
      await Promise.all(Array.from({length: inFlight}, lane));
      const perSecond = cycles / ((performance.now() - begin) / 1e3);
      await settle();
      record('soak', {name, cycles, perSecond, before, after: counts()});
    } finally {
      await runtime.close();
    }
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    (globalThis as {gc?: () => void}).gc?.();
    await pause(100);
  }
}

export async function crash(rounds: number): Promise<void> {
  const times: number[] = [];
  let left = 0;
  for (let i = 0; i < rounds; i++) {
    const lines = await Lines.open(process.execPath, [process.argv[1]!, work, 'doomed', '8']);
    const begun = survivors('/bin/byte').length;
    if (begun < 8) throw new Error(`${begun} containers of 8 run`);
    const begin = performance.now();
    lines.kill();
    let alive = begun;
    while (alive > 0 && performance.now() - begin < 2000) alive = survivors('/bin/byte').length;
    times.push(performance.now() - begin);
    left += alive;
  }
  record('crash', {name: 'kill -9 of node with 8 containers', time: summary(times), left});
}

/** The other end: starts containers and waits to be killed. */
export async function doomed(count: number): Promise<void> {
  const runtime = await openOurs(0);
  for (let i = 0; i < count; i++) {
    const container = await runtime.create(containerOptions(files.root, byte.forever));
    await container.start();
  }
  console.log('ready');
  setInterval(() => {}, 1e6);
}
