// The emulated kernel alone, without a CPU: system calls issued by its first task, timed by benchmark.js. What a guest
// pays on top (marshalling, the glue) is in the section `calls`.

import Benchmark from 'benchmark';
import type {Hardware} from '../src/kernel/hardware.ts';
import {Kernel} from '../src/kernel/kernel.ts';
import {ByteBuf, scratch} from '../src/kernel/syscall/buf.ts';

const AT_FDCWD = -100;

export type Report = (name: string, ms: number, note: string) => void;

/** A machine whose tasks have no CPU. */
function machine(): Kernel {
  const none = new Proxy({}, {get: () => () => {}}) as Hardware;
  const clock = {
    monotonicNs: () => performance.now() * 1e6,
    realtime: () => ({sec: Math.floor(Date.now() / 1000), nsec: 0}),
    alarm: () => {},
  };
  return new Kernel({hardware: none, clock, random: bytes => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>)});
}

export async function micro(report: Report): Promise<void> {
  const kernel = machine();
  const task = kernel.init;
  const text = (s: string): string => s;
  const stat = scratch(256);
  const ends = scratch(8);
  check(kernel.issue(task, 'pipe2', [ends, 0]));
  const [from, to] = new Int32Array(ends.bytes.buffer, 0, 2) as unknown as [number, number];
  const page = new ByteBuf(new Uint8Array(4096));
  check(kernel.issue(task, 'mkdirat', [AT_FDCWD, text('/bench'), 0o755]));

  await run(new Benchmark.Suite()
    .add('kernel: getpid', () => {
      kernel.issue(task, 'getpid', []);
    })
    .add('kernel: stat of a directory', () => {
      kernel.issue(task, 'newfstatat', [AT_FDCWD, text('/bench'), stat, 0]);
    })
    .add('kernel: 4 KiB into a pipe and out', () => {
      kernel.issue(task, 'write', [to, page]);
      kernel.issue(task, 'read', [from, page]);
    })
    .add('kernel: mkdir and rmdir', () => {
      kernel.issue(task, 'mkdirat', [AT_FDCWD, text('/bench/d'), 0o755]);
      kernel.issue(task, 'unlinkat', [AT_FDCWD, text('/bench/d'), 0x200]);
    }), report);
}

function check(result: number): void {
  if (result < 0) throw new Error(`errno ${-result}`);
}

/** Benchmark.js tells of errors by its event only. */
export function run(suite: Benchmark.Suite, report: Report): Promise<void> {
  return new Promise((done, fail) => {
    suite
      .on('cycle', (event: Benchmark.Event) => {
        const one = event.target as unknown as Benchmark;
        if (one.error) fail(one.error as unknown as Error);
        else report(one.name!, one.stats!.mean * 1e3, `±${one.stats!.rme.toFixed(1)} %, ${one.stats!.sample.length} samples`);
      })
      .on('complete', () => done())
      .run({async: true});
  });
}
