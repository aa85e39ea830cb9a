// Containers per second: one after another, and eight at once.

import type {Floor} from './floor.ts';
import type {Way} from './peer.ts';
import {inFlight, pause, record, runs} from './setting.ts';

export async function flight(ways: readonly Way[], floors: readonly Floor[]): Promise<void> {
  for (const way of ways) {
    if (way.name === 'podman' || way.name.endsWith('parked')) continue;
    const slow = way.every > 1;
    const count = runs(slow ? 40 : 400);
    const one = await rate(way, 1, runs(slow ? 20 : 100));
    const floor = floors.find(floor => floor.way === way);
    const many = floor ? await floor.rate?.(count) : await rate(way, inFlight, count);
    record('flight', {name: way.name, one, many, inFlight});
    await pause(200);
  }
}

async function rate(way: Way, lanes: number, count: number): Promise<number> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await way.sample();
  };
  const begin = performance.now();
  await Promise.all(Array.from({length: lanes}, lane));
  return count / ((performance.now() - begin) / 1e3);
}
