// The client of a supervisor against a real one: births, failures, queueing, and every way in which either side ends.

import { closeSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePlan } from '../../src/native/encode.ts';
import { nativeFacts } from '../../src/native/facts.ts';
import { probe } from '../../src/native/probe.ts';
import {StepError} from '../../src/native/answer.ts';
import {type Birth, type Ends, type Listener, Supervisor} from '../../src/native/supervisor.ts';
import type { Action, Plan, Step, StdioKind } from '../../src/plan.ts';
import type { Exit } from '../../src/wire.ts';
import { skip } from '../skip.ts';

const base = mkdtempSync(join(tmpdir(), 'twinbox-super-'));
test.after(() => rmSync(base, { recursive: true, force: true }));

const works = await probe({ root: base });
const facts = process.platform === 'linux' ? nativeFacts(base) : undefined;
const reason = !works.ok ? works.reason : facts?.rootless ? 'this file is about plans of root' : facts?.images?.busyboxMissing;
if (reason !== undefined && process.env.TWINBOX_NATIVE === 'require' && !facts?.rootless) throw new Error(reason);

const child = (action: Action): Step => ({ by: 'child', ...action });
const change = (target: string) => ({ source: '', target, type: '', flags: ['REC', 'PRIVATE'], data: '' });

/** As little as runs a program of the busybox. */
function plan(script: string, fds: readonly [StdioKind, StdioKind, StdioKind] = ['null', 'pipe', 'null'], program = '/bin/sh'): Plan {
  const steps: Step[] = [
    { by: 'runtime', op: 'open_tree', slot: '$root', args: { path: facts!.images!.busybox!, flags: ['CLONE'] } },
    { by: 'runtime', op: 'stdio', slot: '$stdio', args: { fds } },
    { by: 'runtime', op: 'clone', slot: '$pid', args: { flags: ['NEWPID', 'NEWNS'] }, undo: { op: 'reap', args: { pid: '$pid' } } },
    child({ op: 'close_fds', args: {} }),
    child({ op: 'pdeathsig', args: { signal: 'SIGKILL' } }),
    child({ op: 'mount', args: change('/') }),
    child({ op: 'move_mount', args: { from: '$root', target: '/' } }),
    child({ op: 'chdir', args: { path: '/' } }),
    child({ op: 'pivot_root', args: {} }),
    child({ op: 'umount', args: { path: '.', flags: ['DETACH'] } }),
    child({ op: 'chdir', args: { path: '/' } }),
    child({ op: 'park', args: {} }),
    child({ op: 'exec', args: { args: [program, '-c', script], env: [] } }),
  ];
  return { kind: 'create', given: [], steps };
}

class Heard implements Listener {
  hostPid = 0;
  pid = 0;
  readonly parked_: Promise<void>;
  readonly started_: Promise<void>;
  readonly ended: Promise<Exit | Error>;
  parked!: (hostPid: number, pid: number) => void;
  started!: () => void;
  exited!: (exit: Exit) => void;
  failed!: (error: Error) => void;
  broken!: (error: Error) => void;

  constructor() {
    this.parked_ = new Promise((resolve) => {
      this.parked = (hostPid, pid) => {
        Object.assign(this, { hostPid, pid });
        resolve();
      };
    });
    this.started_ = new Promise((resolve) => {
      this.started = () => resolve();
    });
    this.ended = new Promise((resolve) => {
      this.exited = this.failed = this.broken = resolve;
    });
  }
}

let handles = 0;
async function born(on: Supervisor, what: Plan, more: Partial<Birth> = {}): Promise<{ heard: Heard; ends: Ends; handle: number }> {
  const heard = new Heard();
  const handle = ++handles;
  const ends = await on.birth({ handle, plan: encodePlan(what), listener: heard, ...more });
  return { heard, ends, handle };
}

function text(fd: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on('data', (part) => {
      all += String(part);
    }).on('end', () => resolve(all)).on('error', reject);
  });
}

function open(): Supervisor {
  const supervisor = Supervisor.open({ root: base });
  supervisor.hold(true);
  return supervisor;
}

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
async function until(is: () => boolean, limitMs: number): Promise<void> {
  for (const deadline = Date.now() + limitMs; !is(); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms`);
  }
}

function real(name: string, body: () => Promise<void>): void {
  if (reason === undefined) test(name, body);
  else skip(test, name, reason, 'see twinbox info');
}

real('a process parks, starts, prints and ends', async () => {
  const supervisor = open();
  const { heard, ends, handle } = await born(supervisor, plan('echo $$; exit 7'));
  await heard.parked_;
  assert.is(heard.pid, 1);
  assert.ok(alive(heard.hostPid));
  supervisor.start(handle);
  assert.is(await text(ends.stdout!), '1\n');
  assert.equal(await heard.ended, { exitCode: 7 });
  await supervisor.remove(handle);
  await supervisor.close();
});

real('a birth that goes on by itself needs no start; a signal ends it by name', async () => {
  const supervisor = open();
  const { heard, ends, handle } = await born(supervisor, plan('echo on; sleep 100'), { go: true });
  await heard.started_;
  await supervisor.signal(handle, 9);
  assert.equal(await heard.ended, { exitCode: 137, signal: 'SIGKILL' });
  assert.match(await text(ends.stdout!), /^(on\n)?$/);
  await supervisor.close();
});

real('input of a pipe reaches the process, and its end too', async () => {
  const supervisor = open();
  const { heard, ends } = await born(supervisor, plan('while read x; do echo got $x; done', ['pipe', 'pipe', 'null']), { go: true });
  const input = new Socket({ fd: ends.stdin!, readable: false, writable: true });
  input.end('a\nb\n');
  assert.is(await text(ends.stdout!), 'got a\ngot b\n');
  assert.equal(await heard.ended, { exitCode: 0 });
  await supervisor.close();
});

real('a step that fails is named, with its errno', async () => {
  const supervisor = open();
  const missing = plan('true');
  const steps = missing.steps.map((step) => (step.op === 'open_tree' ? { ...step, args: { ...step.args, path: '/no/such' } } as Step : step));
  const early = await born(supervisor, { ...missing, steps });
  const error = await early.heard.ended as StepError;
  assert.instance(error, StepError);
  assert.equal([error.step!.op, error.cause.code], ['open_tree', 'ENOENT']);
  const late = await born(supervisor, plan('true', ['null', 'null', 'null'], '/bin/nothing'), { go: true });
  const second = await late.heard.ended as StepError;
  assert.equal([second.step?.op, second.cause.code], ['exec', 'ENOENT']);
  await supervisor.close();
});

real('more births than the socket takes wait their turn, and keep their order', async () => {
  const supervisor = open();
  await supervisor.features;
  process.kill(supervisor.pid, 'SIGSTOP');
  const births = Array.from({ length: 600 }, () => born(supervisor, plan('exit 0', ['null', 'null', 'null']), { go: true }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.kill(supervisor.pid, 'SIGCONT');
  const all = await Promise.all(births);
  const ends = await Promise.all(all.map(({ heard }) => heard.ended));
  assert.equal(ends.filter((end) => end instanceof Error || end.exitCode !== 0), []);
  await supervisor.close();
});

real('closing kills what lives, and leaves neither entry, process nor descriptor', async () => {
  const before = readdirSync('/proc/self/fd').length;
  const supervisor = open();
  const { entry, pid } = supervisor;
  assert.ok(existsSync(join(entry, 'lock')));
  const { heard, ends } = await born(supervisor, plan('sleep 1000'), { go: true });
  await heard.started_;
  closeSync(ends.stdout!);
  await supervisor.close();
  assert.is(await supervisor.gone, undefined);
  assert.not.ok(existsSync(entry));
  await until(() => !alive(heard.hostPid) && !existsSync(`/proc/${pid}`), 500);
  assert.is(readdirSync('/proc/self/fd').length, before);
});

real('a supervisor that is killed takes its containers along, and everyone who waits is told', async () => {
  const supervisor = open();
  const { heard, ends } = await born(supervisor, plan('sleep 1000'), { go: true });
  await heard.started_;
  const begin = Date.now();
  process.kill(supervisor.pid, 'SIGKILL');
  await until(() => !alive(heard.hostPid), 100);
  assert.ok(Date.now() - begin < 100);
  const error = await supervisor.gone;
  assert.is(error?.code, 'ERR_CLOSED');
  assert.instance(await heard.ended, Error);
  closeSync(ends.stdout!);
  try {
    await supervisor.signal(1, 9);
    assert.unreachable();
  } catch (caught) {
    assert.is((caught as { code?: string }).code, 'ERR_CLOSED');
  }
  const next = open();
  assert.not.ok(existsSync(supervisor.entry), 'its entry was swept');
  await next.close();
});

test.run();
