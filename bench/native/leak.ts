// What a machine holds of a runtime: counted before and after many cycles, and after a death without warning.

import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {join} from 'node:path';

export interface Counts {
  readonly fds: number;
  readonly helperFds: number;
  /** Of ours and of the helper's. */
  readonly zombies: number;
  /** Children of the helper. */
  readonly children: number;
  readonly mounts: number;
  /** Groups below those of this program's name. */
  readonly cgroups: number;
  readonly rssMib: number;
}

export function counts(): Counts {
  const processes = running();
  const helpers = helpersIn(processes);
  const of = (parent: number): boolean => helpers.includes(parent);
  return {
    fds: readdirSync('/proc/self/fd').length - 1,
    helperFds: sum(helpers.map(pid => entries(`/proc/${pid}/fd`).length)),
    zombies: processes.filter(one => one.state === 'Z' && (one.parent === process.pid || of(one.parent))).length,
    children: processes.filter(one => of(one.parent)).length,
    mounts: lines('/proc/self/mountinfo'),
    cgroups: sum(cgroupRoots().map(root => directories(join(root, 'twinbox')))),
    rssMib: Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

/** The supervisors of this process. */
export const helpers = (): number[] => helpersIn(running());

/** Processes whose parent died and whose program is the one given: what a dead runtime left. */
export function survivors(program: string): number[] {
  const living = running().filter(one => one.state !== 'Z');
  return living.map(one => one.pid).filter(pid => linkOf(`/proc/${pid}/exe`).endsWith(program));
}

function helpersIn(processes: readonly Entry[]): number[] {
  return processes.filter(one => one.parent === process.pid && one.name === 'twinbox').map(one => one.pid);
}

interface Entry {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
}

function running(): Entry[] {
  return entries('/proc').filter(name => /^\d+$/.test(name)).flatMap((name): Entry[] => {
    const text = read(`/proc/${name}/stat`);
    const end = text.lastIndexOf(')');
    if (end < 0) return [];
    const [state, parent] = text.slice(end + 2).split(' ');
    return [{pid: Number(name), name: text.slice(text.indexOf('(') + 1, end), state: state!, parent: Number(parent)}];
  });
}

function cgroupRoots(): string[] {
  return read('/proc/self/mountinfo').split('\n').flatMap(line => {
    const [before, after] = line.split(' - ');
    return /^cgroup2? /.test(after ?? '') ? [before!.split(' ')[4]!] : [];
  });
}

function directories(dir: string): number {
  const below = entries(dir, true);
  return below.length + sum(below.map(name => directories(join(dir, name))));
}

function entries(dir: string, onlyDirectories = false): string[] {
  try {
    if (!onlyDirectories) return readdirSync(dir);
    return readdirSync(dir, {withFileTypes: true}).filter(one => one.isDirectory()).map(one => one.name);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function lines(path: string): number {
  return read(path).split('\n').length - 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
