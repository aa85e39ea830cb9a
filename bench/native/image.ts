// The directory that every candidate starts from, and the small C programs of the comparison, compiled on the spot.

import {spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';

/** One program inside, and how long its own work is: a byte of output and the end. */
export interface Payload {
  readonly name: 'byte' | 'busybox';
  readonly args: readonly string[];
  /** Runs until it is killed. */
  readonly forever: readonly string[];
}

export const byte: Payload = {name: 'byte', args: ['/bin/byte'], forever: ['/bin/byte', 'forever']};
export const busybox: Payload = {name: 'busybox', args: ['/bin/sh', '-c', 'echo x'], forever: ['/bin/sleep', '1000']};

const tiny = [
  '-Os', '-static', '-nostdlib', '-nostartfiles', '-ffreestanding', '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables', '-Wl,--build-id=none,-z,noseparate-code,-n', '-s',
];

/** Answers why it cannot be, or undefined. */
export function compile(source: string, target: string, options: readonly string[]): string | undefined {
  const done = spawnSync('cc', [...options, '-o', target, source], {encoding: 'utf8'});
  if (done.error) return 'no C compiler (Debian: apt-get install gcc libc6-dev)';
  return done.status === 0 ? undefined : done.stderr.trim();
}

export function compileByte(sources: string, target: string): void {
  const failed = compile(join(sources, 'byte.c'), target, tiny);
  if (failed) throw new Error(failed);
}

export function compileFloor(sources: string, target: string): void {
  const failed = compile(join(sources, 'floor.c'), target, ['-O2', '-ldl']);
  if (failed) throw new Error(failed);
}

/** A root file system with both payloads in it, as far as there is a busybox. */
export function makeRoot(dir: string, program: string): readonly Payload[] {
  // The mount points are there beforehand, since bwrap and unshare leave theirs behind.
  for (const name of ['bin', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp']) mkdirSync(join(dir, name), {recursive: true});
  copyFileSync(program, join(dir, 'bin/byte'));
  const found = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);
  if (found === undefined) return [byte];
  copyFileSync(found, join(dir, 'bin/busybox'));
  for (const applet of ['sh', 'echo', 'true', 'sleep']) symlinkSync('busybox', join(dir, 'bin', applet));
  return [byte, busybox];
}
