// Reading and writing a container's files from outside: whatever a container puts at a path, the call ends, stays inside,
// and leaves the supervisor as it was.

import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as assert from 'uvu/assert';
import type {Container} from '../../../src/index.ts';
import {native, until, withBox} from '../native.ts';

const limitMs = 5000;
const test = native('security/visit');

/** Its outcome; an error's code as text. */
async function ends(what: string, call: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what} hangs`)), limitMs); });
  const outcome = call.then(value => value, (error: {code?: string}) => error.code ?? String(error));
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8');
const supervisorOf = (box: Container): number => Number(/^PPid:\s*(\d+)/m.exec(statusOf(box.process.hostPid))![1]);
const ticks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  return Number(fields[13]) + Number(fields[14]);
};

test('a file that is none ends the call and is not followed outside', async runtime => {
  const outside = mkdtempSync(join(tmpdir(), 'twinbox-visit-'));
  writeFileSync(join(outside, 'secret'), 'secret');
  const links: Record<string, string> = {
    fd: '/proc/self/fd/0', fd1: '/proc/1/fd/1', mem: '/proc/1/mem', exe: '/proc/1/exe', root: `/proc/1/root${outside}/secret`,
    absolute: `${outside}/secret`, up: `../../../../../../../..${outside}/secret`, null: '/dev/null', zero: '/dev/zero', tty: '/dev/tty',
    ptmx: '/dev/ptmx', tofifo: 'fifo', loop: 'loop', core: '/proc/sys/kernel/core_pattern', dots: '/..//..', mqueue: '/dev/mqueue',
  };
  const make = Object.entries(links).map(([name, to]) => `ln -s ${to} ${name}`).join('; ');
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
  try {
    await withBox(runtime, {}, async box => {
      await until('the files', async () => (await ends('stat', box.fs.stat('/w/done'))) !== 'ENOENT');
      for (const name of ['fifo', ...Object.keys(links)]) {
        const got = await ends(`readFile ${name}`, box.fs.readFile(`/w/${name}`));
        if (got instanceof Uint8Array) assert.not.match(Buffer.from(got).toString(), /secret/, name);
        if (name !== 'core') assert.type(got, 'string', name);
        assert.type(await ends(`writeFile ${name}`, box.fs.writeFile(`/w/${name}`, 'x')), 'string', name);
        await ends(`readdir ${name}`, box.fs.readdir(`/w/${name}`));
        await ends(`stat ${name}`, box.fs.stat(`/w/${name}`));
      }
      assert.is(await ends('an endless file', box.fs.readFile('/w/endless').then(() => 'read')), 'EFBIG');
    }, `mkdir /w; cd /w; mkfifo fifo; ${make}; dd if=/dev/null of=endless bs=1M seek=1000000 count=0 2> /dev/null; : > done; sleep 1000`);
    assert.equal(readdirSync(outside), ['secret']);
    assert.is(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
    assert.is(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), pattern);
  } finally {
    rmSync(outside, {recursive: true, force: true});
  }
});

test('a visit that ends at once is heard of, also beside processes that nobody knows', async runtime => {
  // A container that shares the host's PID namespace: from then on every orphan is the supervisor's.
  await withBox(runtime, {pid: 'host'}, async () => {
    await withBox(runtime, {}, async box => {
      for (const end = Date.now() + 3000; Date.now() < end;) {
        const calls = Array.from({length: 8}, () => ends('readFile', box.fs.readFile('/none')));
        assert.equal(new Set(await Promise.all(calls)), new Set(['ENOENT']));
      }
      const supervisor = supervisorOf(box);
      const before = ticks(supervisor);
      await new Promise(resolve => setTimeout(resolve, 500));
      assert.ok(ticks(supervisor) - before < 5, 'the supervisor is busy with nothing');
      assert.is(readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ').length <= 4, true);
    });
  });
});

test('a removal does not wait for a visit that is under way', async runtime => {
  const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
  await box.start();
  const calls = Array.from({length: 10}, (_, i) => ends('writeFile', box.fs.writeFile(`/f${i}`, new Uint8Array(4 << 20))));
  const { hostPid } = box.process;
  await box.remove({force: true});
  assert.is(existsSync(`/proc/${hostPid}`), false);
  await Promise.all(calls);
});

test.run();
