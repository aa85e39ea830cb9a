// One process of `npm run bench`: measures one CPU on the Node that runs it and prints one JSON record a line.
// scripts/bench.mjs runs it once per configuration and prints the table.
//
//   main.mjs CPU SECTION...       CPU is lane or worker; sections: start calls containers modes micro install

import {fileURLToPath} from 'node:url';
import {asset} from '../src/asset.ts';
import {createRuntime, type Runtime} from '../src/index.ts';
import {killTime, memory, startTime} from './container.ts';
import {calls, measureCall} from './guest.ts';
import {installSize} from './install.ts';
import {micro} from './micro.ts';
import {compareModes} from './modes.ts';
import {paired, processTime} from './paired.ts';
import {machineFacts, type Summary} from './stat.ts';

const [cpu, ...sections] = process.argv.slice(2) as ['lane' | 'worker', ...string[]];
const quick = process.env.TWINBOX_BENCH_QUICK !== undefined;
const runs = (full: number): number => (quick ? Math.max(3, Math.floor(full / 10)) : full);

record('machine', {...machineFacts(), cpu: machineFacts().cpu, execution: cpu});
for (const section of sections) {
  try {
    await measure(section);
  } catch (err) {
    record('error', {section, message: String((err as Error).stack ?? err)});
    process.exitCode = 1;
  }
}

async function measure(section: string): Promise<void> {
  if (section === 'start') return startUp();
  if (section === 'micro') return inProcess();
  if (section === 'install') return record('install', installSize());
  const runtime = await createRuntime({mode: 'portable', cpu, thread: false});
  try {
    if (section === 'calls') await systemCalls(runtime);
    if (section === 'containers') await containers(runtime);
    if (section === 'modes') await modes(runtime);
  } finally {
    await runtime.close();
  }
}

/** What needs no container: the emulated kernel alone, and the caller's part of a native start. */
async function inProcess(): Promise<void> {
  const report = (name: string, ms: number, note: string): void => record('micro', {name, ms, note});
  await micro(report);
  if (process.platform !== 'linux') return record('without', {what: 'births in native mode', why: 'this is not Linux'});
  const {birth} = await import('./birth.ts');
  try {
    await birth(report);
  } catch (err) {
    record('without', {what: 'births in native mode', why: (err as Error).message});
  }
}

/** node to the end of `ps` in a shell, beside an empty node. */
async function startUp(): Promise<void> {
  const cli = fileURLToPath(asset('cli.js'));
  const env = {TWINBOX_CPU: cpu};
  const twinbox = (args: readonly string[]) => () => processTime(process.execPath, [cli, ...args], env);
  const result = await paired([
    {name: 'node -e 0', sample: () => processTime(process.execPath, ['-e', '0'])},
    {name: 'twinbox --version', sample: twinbox(['--version'])},
    {name: 'twinbox run busybox true', sample: twinbox(['run', 'busybox', 'true'])},
    {name: "twinbox run busybox sh -c 'ps; true'", sample: twinbox(['run', 'busybox', 'sh', '-c', 'ps; true'])},
  ], runs(30));
  for (const one of result) timing(one.name, one.summary, `${one.ratio.toFixed(2)}x an empty node`);
}

async function systemCalls(runtime: Runtime): Promise<void> {
  for (const call of calls) {
    const rounds = Math.ceil(call[cpu] / (quick ? 10 : 1));
    const result = await measureCall(runtime, call, rounds, runs(10));
    const note = call.bytes ? `${(call.bytes / result.median / 2 ** 30 * 1000).toFixed(2)} GiB/s` : undefined;
    timing(call.title, result, note);
  }
}

async function containers(runtime: Runtime): Promise<void> {
  const {start, firstByte} = await startTime(runtime, runs(50));
  timing('container: create and start', start);
  timing("container: to the shell's first byte", firstByte);
  timing('kill -9 of an endless loop', await killTime(runtime, runs(30)));
  const rss = await memory(runtime, 10);
  record('memory', {name: '10 containers of 3 processes', mib: rss.added / 2 ** 20, baselineMib: rss.baseline / 2 ** 20});
}

/** The emulated kernel beside Linux itself, where that can be had here. */
async function modes(portable: Runtime): Promise<void> {
  let native: Runtime | undefined;
  try {
    native = await createRuntime({mode: 'native'});
  } catch (err) {
    record('without', {what: 'native mode', why: (err as Error).message});
  }
  try {
    await compareModes(portable, native, runs(30), row => record('modes', row));
  } finally {
    await native?.close();
  }
}

function timing(name: string, {median, p95, samples}: Summary, note?: string): void {
  record('time', {name, ms: median, p95, samples, note});
}

function record(kind: string, data: object): void {
  process.stdout.write(`${JSON.stringify({kind, cpu, node: process.version, ...data})}\n`);
}
