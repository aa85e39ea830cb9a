// One process of `npm run bench:native`: measures the sections that are asked for and prints one JSON record a line.
// scripts/bench-native.mjs runs it and prints the table.
//
//   main.mjs WORK SECTION...      WORK is a directory of its own
//   main.mjs WORK sample MIB      the other end of heap.ts
//   main.mjs WORK doomed COUNT    the other end of soak.ts

import {fileURLToPath} from 'node:url';
import {machineFacts} from '../stat.ts';
import {flight} from './flight.ts';
import {heap, serve} from './heap.ts';
import {busybox, byte, compileByte, compileFloor, makeRoot, type Payload} from './image.ts';
import {files, quick, record, runs, withOurs, withWays, words} from './setting.ts';
import {crash, doomed, soak} from './soak.ts';
import {starts} from './start.ts';
import {turn} from './turn.ts';

const sections: Readonly<Record<string, (payloads: readonly Payload[]) => Promise<void>>> = {
  start: () => withWays(byte, ways => starts('start', byte, ways, runs(60))),
  busybox: async payloads => {
    if (!payloads.includes(busybox)) return record('without', {what: 'busybox as a payload', why: 'no static busybox'});
    await withWays(busybox, ways => starts('busybox', busybox, ways, runs(20)));
  },
  hybrid: () => withWays(byte, ways => starts('hybrid', byte, ways, runs(40))),
  heap: () => heap(runs(40)),
  turn: () => withOurs(byte, ours => turn(ours, runs(100))),
  flight: () => withWays(byte, flight),
  crash: () => crash(runs(10)),
  soak: () => soak(quick ? 500 : 10_000),
};

const [first, number] = words;
if (first === 'sample') await serve(Number(number));
else if (first === 'doomed') await doomed(Number(number));
else await measure();

async function measure(): Promise<void> {
  const sources = fileURLToPath(new URL('.', import.meta.url));
  compileByte(sources, files.byte);
  compileFloor(sources, files.floor);
  const payloads = makeRoot(files.root, files.byte);
  record('machine', machineFacts());
  for (const section of words) {
    try {
      await sections[section]!(payloads);
    } catch (err) {
      record('error', {section, message: String((err as Error).stack ?? err)});
      process.exitCode = 1;
    }
  }
}
