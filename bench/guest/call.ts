// A guest that measures its own system calls: `call NAME ROUNDS` prints `NAME ROUNDS NANOSECONDS`, the whole time by
// the monotonic clock. What needs a second process makes it with clone(2).

import * as fs from '../../assembly/sys/fs';
import * as linux from '../../assembly/sys/linux';
import { args } from '../../assembly/sys/env';
import * as proc from '../../assembly/sys/proc';
import { monotonicNs } from '../../assembly/sys/time';

const there: StaticArray<i32> = [0, 0];
const back: StaticArray<i32> = [0, 0];
let chunk: i32 = 4096;
let rounds: i32 = 0;

export function _start(): void {
  const argv = args();
  const name = argv.length > 1 ? argv[1] : '';
  rounds = argv.length > 2 ? <i32>parseInt(argv[2]) : 1;
  const ns = measure(name);
  if (ns < 0) proc._exit(2);
  fs.write(1, name + ' ' + rounds.toString() + ' ' + ns.toString() + '\n');
  proc._exit(0);
}

function measure(name: string): i64 {
  if (name == 'getpid') return getpid();
  if (name == 'stat') return stat();
  if (name == 'roundtrip') return roundtrip();
  if (name == 'pipe4k') return stream(4096);
  if (name == 'pipe64k') return stream(65536);
  if (name == 'spawn') return spawn();
  if (name == 'clone') return clone();
  return -1;
}

function getpid(): i64 {
  const begin = monotonicNs();
  for (let i = 0; i < rounds; i++) linux.getpid();
  return monotonicNs() - begin;
}

function stat(): i64 {
  const st = new fs.Stat();
  const begin = monotonicNs();
  for (let i = 0; i < rounds; i++) fs.stat('/etc/passwd', st);
  return monotonicNs() - begin;
}

/** One byte to a child and back: both sides block each time. */
function roundtrip(): i64 {
  fs.pipe(there);
  fs.pipe(back);
  const child = proc.clone((_: i32): i32 => {
    const byte = heap.alloc(1);
    for (let i = 0; i < rounds; i++) {
      fs.readInto(there[0], byte, 1);
      fs.writeAll(back[1], byte, 1);
    }
    return 0;
  }, linux.SIGCHLD);
  const byte = heap.alloc(1);
  const begin = monotonicNs();
  for (let i = 0; i < rounds; i++) {
    fs.writeAll(there[1], byte, 1);
    fs.readInto(back[0], byte, 1);
  }
  const ns = monotonicNs() - begin;
  proc.wait4(child);
  return ns;
}

/** `rounds` chunks through a pipe from a child. */
function stream(size: i32): i64 {
  chunk = size;
  fs.pipe(there);
  const child = proc.clone((_: i32): i32 => {
    fs.close(there[0]);
    const from = heap.alloc(chunk);
    for (let i = 0; i < rounds; i++) fs.writeAll(there[1], from, chunk);
    return 0;
  }, linux.SIGCHLD);
  fs.close(there[1]);
  const to = heap.alloc(chunk);
  const begin = monotonicNs();
  while (fs.readInto(there[0], to, chunk) > 0) {}
  const ns = monotonicNs() - begin;
  proc.wait4(child);
  return ns;
}

function spawn(): i64 {
  const argv = ['true'];
  const envp: string[] = [];
  const begin = monotonicNs();
  for (let i = 0; i < rounds; i++) proc.wait4(proc.spawn('/bin/true', argv, envp));
  return monotonicNs() - begin;
}

function clone(): i64 {
  const begin = monotonicNs();
  for (let i = 0; i < rounds; i++) proc.wait4(proc.clone((_: i32): i32 => 0, linux.SIGCHLD));
  return monotonicNs() - begin;
}
