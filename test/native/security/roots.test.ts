// Runtimes beside each other: with state directories of their own they know nothing of each other, and with the same one a
// new runtime takes away what is dead and nothing that lives.

import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as assert from 'uvu/assert';
import {createRuntime, type Runtime} from '../../../src/index.ts';
import {groupsOf, native, processesWith, rejection, supervisorsOf, until} from '../native.ts';
import {Programs} from '../program.ts';

const test = native('security: runtimes beside each other');

const dir = mkdtempSync(join(tmpdir(), 'twinbox-roots-'));
const programs = new Programs();
test.after(() => {
  programs.close();
  rmSync(dir, {recursive: true, force: true});
});

const open = (name: string): Promise<Runtime> => createRuntime({mode: 'native', root: join(dir, name)});
const marker = (n: number): string => `${4e6 + n * 1e5 + process.pid % 1e5}`;

/** Of a container's group, the directories on this host. */
function groupDirs(pid: number): string[] {
  const mounts = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];
  return [...groupsOf(pid)].flatMap(([name, path]) =>
    path === '/' ? [] : [...mounts.map(mount => join(mount, path)), join('/sys/fs/cgroup', name, path)].filter(one => existsSync(one)))
    .filter(path => path.includes('twinbox'));
}

test('two roots in one process: neither lists, finds, ends or sweeps the other\'s containers', async () => {
  const [a, b] = [await open('a'), await open('b')];
  try {
    const boxes = [];
    for (const [i, runtime] of [a, b].entries()) {
      const box = await runtime.create({image: 'busybox', name: 'same', command: ['sleep', marker(i)]});
      await box.start();
      boxes.push(box);
    }
    assert.equal((await a.list()).map(({id}) => id), [boxes[0]!.id]);
    assert.equal((await b.list()).map(({id}) => id), [boxes[1]!.id]);
    await rejection(b.get(boxes[0]!.id));
    await a.close();
    assert.is((await boxes[1]!.inspect()).status, 'running');
    assert.is(processesWith(marker(0)).length, 0);
    assert.is(processesWith(marker(1)).length, 1);
    // A third, with a's root: sweeps what a has left, which is nothing of b's.
    const c = await open('a');
    assert.is((await boxes[1]!.inspect()).status, 'running');
    await c.close();
  } finally {
    await a.close().catch(() => undefined);
    await b.close();
  }
  await until('b to be gone', () => processesWith(marker(1)).length === 0);
});

test('two runtimes with the same root: neither sweeps the other, which lives', async () => {
  const [a, b] = [await open('same'), await open('same')];
  try {
    const box = await a.create({image: 'busybox', command: ['sleep', marker(2)]});
    await box.start();
    const c = await open('same');
    await c.run({image: 'busybox', command: ['true']});
    await c.close();
    await b.close();
    assert.is((await box.inspect()).status, 'running');
    assert.is(processesWith(marker(2)).length, 1);
  } finally {
    await a.close();
    await b.close().catch(() => undefined);
  }
});

test('the same in two processes, also while one of them is killed', async () => {
  const body = (n: number): string => `const runtime = await createRuntime({mode: 'native', root: ${JSON.stringify(join(dir, 'shared'))}});
const box = await runtime.create({image: 'busybox', command: ['sleep', '${marker(n)}']});
await box.start();
say({pid: box.process.hostPid, listed: (await runtime.list()).length});
setInterval(() => undefined, 1000);`;
  const [one, two] = [programs.start(body(3)), programs.start(body(4))];
  const said = [await one.next<{pid: number; listed: number}>(), await two.next<{pid: number; listed: number}>()];
  assert.equal(said.map(({listed}) => listed), [1, 1]);
  one.kill();
  await one.ended;
  await until('the container of the killed one to be gone', () => processesWith(marker(3)).length === 0);
  const third = await createRuntime({mode: 'native', root: join(dir, 'shared')});
  await third.close();
  assert.is(processesWith(marker(4)).length, 1);
  two.kill();
  await two.ended;
  await until('the other one too', () => processesWith(marker(4)).length === 0);
});

test.root('what a killed runtime and its killed supervisor have left is swept by the next with that root', async () => {
  const program = programs.start(`const runtime = await createRuntime({mode: 'native', root: ${JSON.stringify(join(dir, 'killed'))}});
const box = await runtime.create({image: 'busybox', command: ['sleep', '${marker(5)}']});
await box.start();
await box.pause();
say({pid: box.process.hostPid});
setInterval(() => undefined, 1000);`);
  const {pid} = await program.next<{pid: number}>();
  const dirs = groupDirs(pid);
  const [supervisor] = supervisorsOf(program.child.pid!);
  assert.ok(supervisor, 'no supervisor was found');
  process.kill(program.child.pid!, 'SIGSTOP');
  process.kill(supervisor!, 'SIGKILL');
  program.kill();
  await program.ended;
  const next = await createRuntime({mode: 'native', root: join(dir, 'killed')});
  try {
    await until('the frozen container to be gone', () => processesWith(marker(5)).length === 0);
    await until(`these groups to be gone: ${dirs.join(' ')}`, () => dirs.every(one => !existsSync(one)), 3000);
  } finally {
    await next.close();
  }
});

test('after the last is closed nothing is left in a state directory', async () => {
  const runtime = await open('clean');
  await runtime.run({image: 'busybox', command: ['true']});
  await runtime.close();
  await until('an empty state directory', () => readdirSync(join(dir, 'clean')).filter(name => /^[0-9a-f]+$/.test(name)).length === 0);
});

test.run();
