// What the tests of native mode share: a runtime on the real kernel or the reason why there is none here, and short ways
// to run a script in a container.

import {readdirSync, readFileSync} from 'node:fs';
import {suite as uvuSuite, type Test} from 'uvu';
import {createRuntime, type Container, type Runtime} from '../../src/index.ts';
import type {ContainerOptions, Exit} from '../../src/runtime.ts';
import {skip, skipAll} from '../skip.ts';
import {compile} from './compile.ts';

export interface Lack {
  readonly reason: string;
  readonly remedy: string;
}

/** Why native mode does not run here; where it is required, that is an error and no reason to skip. */
export const lack: Lack | undefined = await whyNot();

async function whyNot(): Promise<Lack | undefined> {
  if (process.platform !== 'linux') return {reason: 'native mode is for Linux', remedy: 'run it on Linux'};
  try {
    const runtime = await createRuntime({mode: 'native'});
    const {images} = await runtime.features();
    await runtime.close();
    return images?.busybox ? undefined : {reason: images?.busyboxMissing ?? 'no static busybox here', remedy: 'apt-get install busybox-static'};
  } catch (error) {
    if (process.env.TWINBOX_NATIVE === 'require') throw error;
    const {message, hint} = error as Error & {hint?: string};
    return {reason: message, remedy: hint ?? 'see twinbox info'};
  }
}

/** A suite that both modes have, on the real kernel; where there is none, `what` is skipped as one. */
export function orSkip(what: string, declare: () => Test): Test {
  if (lack === undefined) return declare();
  const test = uvuSuite(what);
  skip(test, what, lack.reason, lack.remedy);
  return test;
}

/** Why not all can be tried. */
export const notRoot = process.getuid?.() === 0 ? undefined : 'it takes root';

export interface Native {
  /** A test with the file's runtime, or a skipped one. */
  (name: string, body: (runtime: Runtime) => Promise<void>): void;
  /** The same, skipped also for a reason of its own. */
  unless(why: string | undefined, remedy: string, name: string, body: (runtime: Runtime) => Promise<void>): void;
  /** The same for what an ordinary user cannot have: other ids, cgroups, a look into the supervisor. */
  root(name: string, body: (runtime: Runtime) => Promise<void>): void;
  /** At the end, after the runtime is closed. */
  after(body: () => void): void;
  run(): void;
}

/** Tests that share a runtime, made at the first of them and closed after the last; whatever is left then is an error. */
export function native(title: string): Native {
  const test = uvuSuite(title);
  const skipped: string[] = [];
  let runtime: Runtime | undefined;
  test.after(async () => {
    await runtime?.close();
  });
  const declare = (name: string, body: (runtime: Runtime) => Promise<void>): void => {
    if (lack !== undefined) return void skipped.push(name);
    test(name, async () => body(runtime ??= await createRuntime({mode: 'native'})));
  };
  const unless = (why: string | undefined, remedy: string, name: string, body: (runtime: Runtime) => Promise<void>): void => {
    if (why !== undefined && lack === undefined) skip(test, name, why, remedy);
    else declare(name, body);
  };
  return Object.assign(declare, {
    unless,
    root: (name: string, body: (runtime: Runtime) => Promise<void>): void => unless(notRoot, 'run it as root', name, body),
    after: (body: () => void) => void test.after(body),
    run(): void {
      if (lack !== undefined) skipAll(test, skipped, title, lack.reason, lack.remedy);
      test.run();
    },
  });
}

export type Flags = Omit<ContainerOptions, 'image' | 'command'> & {readonly image?: string};

/** A C program of test/native/probe as a volume: `/probe/NAME` inside. */
export function probe(name: string): string {
  return `${compile(new URL(`./probe/${name}.c`, import.meta.url))}:/probe/${name}:ro`;
}

/** `name: value` lines as a record. */
export function answers(text: string): Record<string, string> {
  return Object.fromEntries(text.trim().split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}

export interface Said extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** `sh -c SCRIPT` in a container of its own, to its end. */
export function sh(runtime: Runtime, script: string, flags: Flags = {}): Promise<Said> {
  return runtime.run({image: 'busybox', ...flags, command: ['sh', '-c', script]});
}

/** `sh -c SCRIPT` in a container that runs already. */
export async function execSh(box: Container, script: string, flags: object = {}): Promise<Said> {
  const process = await box.exec({...flags, command: ['sh', '-c', script]});
  const [stdout, stderr, exit] = await Promise.all([process.stdout.text(), process.stderr.text(), process.exited]);
  return {stdout, stderr, ...exit};
}

/** A container that waits to be used, removed after the body. */
export async function withBox(runtime: Runtime, flags: Flags, body: (box: Container) => Promise<void>, script = 'sleep 1000'): Promise<void> {
  const box = await runtime.create({image: 'busybox', ...flags, command: ['sh', '-c', script]});
  try {
    await box.start();
    await body(box);
  } finally {
    await box.remove({force: true});
  }
}

/** Until it is so; a failure says what was waited for. */
export async function until(what: string, is: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await is());) {
    if (Date.now() > deadline) throw new Error(`waited for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** Of each cgroup hierarchy (a v1 controller, or '' for v2), the group that a process is in. */
export function groupsOf(pid: number | 'self'): Map<string, string> {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n').map(line => line.split(':'));
  return new Map(lines.flatMap(([, names = '', ...path]) => names.split(',').map(name => [name, path.join(':')] as const)));
}

/** Host numbers of the processes whose argv has this text. */
export function processesWith(text: string): number[] {
  return pids().filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
    } catch {
      return false;
    }
  });
}

/** The supervisors that a process has started: with their own name, and their program in a memfd or in the state directory. */
export function supervisorsOf(parent: number): number[] {
  return pids().filter(pid => {
    try {
      const ppid = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
      return ppid === parent && readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('twinbox\0');
    } catch {
      return false;
    }
  });
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(pid => pid > 0 && pid !== process.pid);
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & {code?: string; field?: string; hint?: string; step?: string}> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
