// Programs that take what they can get: each meets its limit, ends with its container, and the machine goes on.

import {statfsSync} from 'node:fs';
import * as assert from 'uvu/assert';
import {native, sh, until, withBox, processesWith, lack} from '../native.ts';
import {createRuntime} from '../../../src/index.ts';

const test = native('security: hogs');

const facts = lack ? undefined : await features();
const memory = facts?.controllers.includes('memory') ? undefined : 'no memory controller here';
const pids = facts?.controllers.includes('pids') ? undefined : 'no pids controller here';

async function features() {
  const runtime = await createRuntime({mode: 'native'});
  try {
    return await runtime.features();
  } finally {
    await runtime.close();
  }
}

test.unless(pids, 'mount the pids controller', 'a fork bomb stays inside its number of processes and goes with its container', async runtime => {
  const marker = `bomb${process.pid}`;
  const box = await runtime.create({
    image: 'busybox', pids: 40, command: ['sh', '-c', `f() { f ${marker} | f ${marker} & }; f 2>&1; sleep 1000`],
  });
  await box.start();
  let most = 0;
  for (let i = 0; i < 20; i++) {
    most = Math.max(most, (await box.ps()).length);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  assert.ok(most <= 40, `${most} processes`);
  assert.is((await sh(runtime, 'sh -c "sleep 0 & wait"; echo fine')).stdout, 'fine\n');
  await box.remove({force: true});
  assert.equal(processesWith(marker), []);
});

test.unless(memory, 'mount the memory controller', 'a memory hog is killed, and says so', async runtime => {
  const exit = await sh(runtime, 'exec dd if=/dev/zero of=/dev/null bs=200M count=1', {memory: '32m'});
  assert.equal([exit.exitCode, exit.signal, exit.oomKilled], [137, 'SIGKILL', true]);
});

test.unless(memory, 'mount the memory controller', 'a filler of /dev/shm is charged for it', async runtime => {
  const exit = await sh(runtime, 'dd if=/dev/zero of=/dev/shm/f bs=1M count=60 2> /dev/null; echo $?; sleep 0.1', {memory: '24m'});
  assert.ok(exit.exitCode !== 0 || /^(137|1)\n/.test(exit.stdout), JSON.stringify(exit));
});

test('a disk filler on tmpfs stops at its size, with ENOSPC', async runtime => {
  const free = statfsSync('/dev/shm').bavail;
  const {stdout, stderr} = await sh(runtime, 'cat /dev/zero > /s/f; cat /dev/zero > /dev/f; ls -l /s/f | tr -s " " | cut -d " " -f 5', {tmpfs: ['/s:size=256k']});
  assert.match(stderr, /No space left on device/);
  assert.is(stdout, '262144\n');
  assert.ok(free === 0 || statfsSync('/dev/shm').bavail > 0);
});

test('a hog of descriptors gets EMFILE at the limit of its own', async runtime => {
  const {stdout, stderr} = await sh(runtime, 'ulimit -n; ulimit -Hn; i=3; while eval "exec $i< /dev/null"; do i=$((i+1)); done 2>&1 | tail -n 1',
    {ulimits: {nofile: {soft: 64, hard: 64}}});
  assert.match(stdout, /^64\n64\n/);
  assert.match(`${stdout}${stderr}`, /Too many open files/);
});

test('file size, core and processes by ulimit', async runtime => {
  const {stdout, stderr} = await sh(runtime, 'ulimit -f; ulimit -c; (dd if=/dev/zero of=/tmp/f bs=1024 count=100 2> /dev/null); ls -l /tmp/f | tr -s " " | cut -d " " -f 5',
    {ulimits: {fsize: 8192, core: 0}});
  assert.match(stdout, /^(8|16)\n0\n8192\n$/, stderr);
});

test('zombies of orphans are reaped with --init', async runtime => {
  await withBox(runtime, {init: true}, async box => {
    await until('no zombie', async () => (await box.ps()).every(({state}) => state !== 'Z'));
  }, '(sleep 0 & sleep 0 & :); (sh -c "sleep 0.1 & exit" ); sleep 1000');
});

test.run();
