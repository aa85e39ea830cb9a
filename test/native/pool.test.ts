// Containers that were begun in advance: each is the container that was asked for, in its own group and namespaces, and
// those that nobody came for are gone with the runtime.

import {existsSync, readFileSync, readdirSync, readlinkSync, rmdirSync} from 'node:fs';
import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime, type Runtime} from '../../src/index.ts';
import {Pool} from '../../src/client/pool.ts';
import {skip} from '../skip.ts';
import {lack} from './native.ts';

const test = suite('pool');
const opened: Runtime[] = [];
test.after.each(async () => {
  for (const runtime of opened.splice(0)) await runtime.close();
});

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

async function open(pool: number): Promise<Runtime> {
  const runtime = await createRuntime({mode: 'native', pool});
  opened.push(runtime);
  return runtime;
}

/** How many were taken that had been begun. */
let taken = 0;
const {take} = Pool.prototype;
Pool.prototype.take = function (kind) {
  const id = take.call(this, kind);
  if (id !== undefined) taken++;
  return id;
};

/** A place for groups that is nobody else's. */
const parent = `/twinbox-pool-test-${process.pid}`;
test.after(() => {
  for (const dir of places()) rmdirSync(dir);
});

function places(): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').matchAll(/^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2? /gm);
  return [...new Set([...mounts].flatMap(match => {
    // Without powers of its own over the root, a runtime's groups lie below its own group.
    const found = [`${match[1]}${parent}`, ...ownGroups().map(path => `${match[1]}${path}${parent}`)];
    return found.filter(dir => existsSync(dir));
  }))];
}

function ownGroups(): string[] {
  return readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n').map(line => line.split(':').slice(2).join(':')).filter(path => path !== '/');
}

/** Containers that have a group there. */
const groups = (): string[] => places().flatMap(dir => readdirSync(dir, {withFileTypes: true}).filter(entry => entry.isDirectory()).map(({name}) => name));

const cases: Record<string, () => Promise<void>> = {
  async 'one after the other, each is what was asked for'() {
    const runtime = await open(1);
    taken = 0;
    const ids = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const box = await runtime.create({image: 'busybox', cgroupParent: parent, stdout: 'pipe', command: ['sh', '-c', 'hostname; cat /proc/self/cgroup; echo $$']});
      ids.add(box.id);
      const {cgroup} = await runtime.features();
      assert.is(groups().includes(box.id), cgroup !== 'none');
      await box.start();
      const lines = (await box.process.stdout.text()).trim().split('\n');
      assert.equal([lines[0], lines.at(-1)], [box.id.slice(0, 12), '1']);
      for (const line of lines.slice(1, -1)) assert.match(line, /:\/$/);
      assert.is((await box.wait()).exitCode, 0);
      await box.remove();
      assert.not.ok(groups().includes(box.id));
      await sleep(50);
    }
    assert.is(ids.size, 12);
    assert.ok(taken >= 4, `${taken} of 12 had been begun`);
  },

  async 'another kind is another child'() {
    const runtime = await open(2);
    const own = readlinkSync('/proc/self/ns/net');
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 3; i++) {
        const {stdout} = await runtime.run({image: 'busybox', network: 'host', command: ['readlink', '/proc/self/ns/net']});
        assert.is(stdout.trim(), own);
      }
      for (let i = 0; i < 3; i++) {
        const {stdout} = await runtime.run({image: 'busybox', network: 'none', command: ['readlink', '/proc/self/ns/net']});
        assert.is.not(stdout.trim(), own);
      }
    }
  },

  async 'kinds by turns: what was begun for one is never given to another, or after it was given up'() {
    const runtime = await open(2);
    for (let round = 0; round < 25; round++) {
      for (const pid of ['private', 'private', 'host', 'private', 'host', 'host']) {
        const box = await runtime.create({image: 'busybox', pid, command: ['sleep', '1000']});
        if (round % 2 === 0) await sleep(Math.random() * 5);
        assert.is(box.process.pid === 1, pid === 'private');
        await box.remove({force: true});
      }
    }
  },

  async 'many at once, some of them begun'() {
    const runtime = await open(4);
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({length: 10}, async (_, i) => {
        const stdin = `${round} ${i}`;
        const {stdout, exitCode} = await runtime.run({image: 'busybox', command: ['sh', '-c', 'cat; exit 7'], stdin});
        assert.equal([stdout, exitCode], [stdin, 7]);
      }));
      await sleep(50);
    }
  },

  async 'a program that cannot be run, limits, a terminal and a kill: as from the beginning'() {
    const runtime = await open(1);
    for (let i = 0; i < 4; i++) {
      await rejects(runtime.run({image: 'busybox', command: ['no-such']}), 'ENOENT');
      await sleep(20);
    }
    for (let i = 0; i < 4; i++) {
      const {stdout} = await runtime.run({image: 'busybox', tty: {columns: 70, rows: 20}, command: ['stty', 'size']});
      assert.is(stdout, '20 70\r\n');
      await sleep(20);
    }
    for (let i = 0; i < 4; i++) {
      const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
      await box.start();
      assert.is((await box.exec(['true']).then(process => process.exited)).exitCode, 0);
      assert.equal((await box.ps()).map(row => row.comm), ['sleep']);
      await box.kill();
      assert.is((await box.wait()).exitCode, 137);
      await box.remove();
      await sleep(20);
    }
  },

  async 'nothing of it is seen, and nothing stays'() {
    const runtime = await open(3);
    for (let i = 0; i < 4; i++) {
      await runtime.run({image: 'busybox', cgroupParent: parent, command: ['true']});
      await sleep(30);
    }
    assert.equal(await runtime.list(), []);
    assert.is((await runtime.ps()).filter(row => row.container !== undefined).length, 0);
    await runtime.close();
    assert.equal(groups(), []);
  },
};

async function rejects(promise: Promise<unknown>, code: string): Promise<void> {
  const error = await promise.then(() => undefined, (one: {code: string}) => one);
  assert.is(error?.code, code);
}

for (const [name, body] of Object.entries(cases)) {
  if (lack === undefined) test(name, body);
  else skip(test, name, lack.reason, lack.remedy);
}
test.run();
