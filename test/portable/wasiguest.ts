// A WASI program without a program: its memory and registers, over the real kernel's first task.

import * as assert from 'uvu/assert';
import {fromBytes, toBytes} from '../../src/kernel/bytes.ts';
import type {Hardware} from '../../src/kernel/hardware.ts';
import {Kernel} from '../../src/kernel/kernel.ts';
import type {Mm, Task} from '../../src/kernel/proc/task.ts';
import {scratch} from '../../src/kernel/syscall/buf.ts';
import {wasiNumber, wasiTrap} from '../../src/portable/abi/wasi.ts';

export class Guest {
  readonly memory = new Uint8Array(65536 * 2);
  readonly view = new DataView(this.memory.buffer);
  readonly task: Task;
  readonly kernel: Kernel;
  module = 'wasi_snapshot_preview1';
  nowNs = 1e9;
  alarmNs = Infinity;
  wake = () => {};
  ready: Task[] = [];

  constructor(argv: string[] = ['prog', 'a b'], envp: string[] = ['HOME=/', 'X=\xc3\xa9']) {
    const hardware = new Proxy({}, {get: (_, name) => name === 'ready' ? (task: Task) => this.ready.push(task) : () => {}});
    this.kernel = new Kernel({
      hardware: hardware as Hardware,
      clock: {
        monotonicNs: () => this.nowNs,
        realtime: () => ({sec: 1_700_000_000 + Math.floor(this.nowNs / 1e9), nsec: this.nowNs % 1e9}),
        alarm: (deadlineNs, wake) => { this.alarmNs = deadlineNs; this.wake = wake; },
      },
      random: (bytes) => bytes.fill(7),
    });
    this.task = this.kernel.init;
    this.task.mm = {memory: {bytes: () => this.memory}, argv, envp} as unknown as Mm;
    // Standard descriptors: a pipe's two ends and one more.
    const ends = scratch(8);
    this.kernel.issue(this.task, 'pipe2', [ends, 0]);
    this.kernel.issue(this.task, 'dup', [1]);
    this.task.files.reserve(2);
  }

  /** A WASI call with its words. */
  call(name: string, ...words: number[]): number {
    const nr = wasiNumber(this.module, name);
    assert.ok(nr >= 4096, name);
    this.task.regs.fill(0x5a5a5a5a);
    this.task.regs.set(words);
    return wasiTrap(this.task, nr);
  }

  ok(name: string, ...words: number[]): void {
    assert.is(this.call(name, ...words), 0, `${name}(${words})`);
  }

  text(at: number, text: string): number {
    this.memory.set(toBytes(text), at);
    return text.length;
  }

  string(at: number, length: number): string { return fromBytes(this.memory.slice(at, at + length)); }
  u32(at: number): number { return this.view.getUint32(at, true); }
  u64(at: number): bigint { return this.view.getBigUint64(at, true); }

  path(text: string): [number, number] { return [1000, this.text(1000, text)]; }

  /** path_open below a preopened directory; the descriptor. */
  open(fd: number, path: string, oflags = 0, rights = 2 | 64, fdflags = 0): number {
    this.ok('path_open', fd, 1, ...this.path(path), oflags, rights, 0, 0, 0, fdflags, 500);
    return this.u32(500);
  }

  /** One iovec at 600 for bytes at 2000. */
  iov(length: number, at = 2000): [number, number] {
    this.view.setUint32(600, at, true);
    this.view.setUint32(604, length, true);
    return [600, 1];
  }

  write(fd: number, text: string): number {
    this.text(2000, text);
    this.ok('fd_write', fd, ...this.iov(text.length), 700);
    return this.u32(700);
  }

  read(fd: number, length: number): string {
    this.ok('fd_read', fd, ...this.iov(length), 700);
    return this.string(2000, this.u32(700));
  }
}
