// The same start by a Node with a small heap and by one that holds a GiB of arrays, in turns: whoever forks the caller
// pays for its page tables.

import {createInterface} from 'node:readline';
import {summary} from '../stat.ts';
import {byte} from './image.ts';
import {Lines} from './line.ts';
import {viaSpawn, type Way} from './peer.ts';
import {files, record, rest, withOurs, work} from './setting.ts';

const sizes = [0, 1024];
const orders = {cold: 'twinbox, cold', warm: 'twinbox, warm', spawn: 'spawn'};

export async function heap(rounds: number): Promise<void> {
  const samplers: Lines[] = [];
  try {
    for (const mib of sizes) {
      const node = ['--max-old-space-size=4096', '--expose-gc', process.argv[1]!];
      samplers.push(await Lines.open(process.execPath, [...node, work, 'sample', String(mib)]));
    }
    for (const [order, name] of Object.entries(orders)) {
      const values = sizes.map((): number[] => []);
      for (let i = 0; i <= rounds; i++) {
        for (const [k, sampler] of samplers.entries()) {
          await rest();
          const [first] = await sampler.ask(order);
          if (i > 0) values[k]!.push(first!);
        }
      }
      const [small, large] = values.map(summary);
      record('heap', {name, small, large, mib: sizes[1]});
    }
  } finally {
    for (const sampler of samplers) await sampler.close();
  }
}

/** The other end: a Node with so much in its heap, which takes orders. */
export async function serve(mib: number): Promise<void> {
  const held: number[][] = [];
  for (let i = 0; i < mib; i++) held.push(new Array<number>(2 ** 17).fill(i + 0.5));
  (globalThis as {gc?: () => void}).gc?.();
  await withOurs(byte, async ({cold, warm}) => {
    const ways: Readonly<Record<string, Way>> = {cold, warm, spawn: viaSpawn({name: 'spawn', argv: [files.byte]})};
    console.log('ready');
    for await (const order of createInterface({input: process.stdin})) {
      const {first, exit} = await ways[order]!.sample();
      console.log(`${first ?? exit} ${exit}`);
    }
  });
  if (held.length !== mib) throw new Error('the heap was let go');
}
