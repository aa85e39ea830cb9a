// Every way to start the same program, one after another, again and again: A B C A B C. The time is from the call to the
// first byte of output and to the end that the caller is told of. Before that each has had a while to get warm: code
// that is compiled, caches, a pool that is filled.

import {summary} from '../stat.ts';
import type {Payload} from './image.ts';
import type {Way} from './peer.ts';
import {record, rest} from './setting.ts';

const warmUp = 30;

export async function starts(section: string, payload: Payload, ways: readonly Way[], rounds: number): Promise<void> {
  const values = ways.map(() => ({first: [] as number[], exit: [] as number[]}));
  for (const way of ways) {
    for (let i = 0; i < warmUp && way.every === 1; i++) await way.sample();
  }
  for (let i = 0; i <= rounds; i++) {
    for (const [k, way] of ways.entries()) {
      if (i % way.every !== 0) continue;
      await rest();
      const {first, exit} = await way.sample();
      if (i === 0) continue;
      if (first !== undefined) values[k]!.first.push(first);
      values[k]!.exit.push(exit);
    }
  }
  for (const [k, {name}] of ways.entries()) {
    const {first, exit} = values[k]!;
    if (exit.length === 0) continue;
    record('start', {section, payload: payload.name, name, first: first.length === 0 ? undefined : summary(first), exit: summary(exit)});
  }
}
