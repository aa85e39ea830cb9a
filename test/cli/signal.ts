// The command line when things end early: signals, closed pipes, full devices.

import {closeSync, openSync} from 'node:fs';
import {suite, type Test} from 'uvu';
import * as assert from 'uvu/assert';
import {skip} from '../skip.ts';
import {ended, on, said, type Mode} from './twinbox.ts';

const posix = process.platform !== 'win32';

export function signalTests(mode: Mode): Test {
  const test = suite(`signals [${mode}]`);
  const {start} = on(mode);

  function unix(name: string, body: () => Promise<void>): void {
    if (posix) test(name, body);
    else skip(test, name, 'signals and /dev are POSIX', 'run it on Linux or macOS');
  }

  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
    unix(`${signal} ends a container whose PID 1 has no handler for it`, async () => {
      const child = start(['run', 'busybox', 'sh', '-c', 'echo up; exec sleep 1000']);
      await said(child, 'up');
      child.kill(signal);
      // A shell that has not come to its exec yet may have heard the first, and not acted on it: as at a terminal, again.
      const again = setInterval(() => child.kill(signal), 500);
      assert.equal(await ended(child), {code, signal: null});
      clearInterval(again);
    });
  }

  unix('a handler in the container gets the signal and decides', async () => {
    const child = start(['run', 'busybox', 'sh', '-c', 'trap "echo term; exit 4" TERM; echo up; while :; do sleep 0.05; done']);
    await said(child, 'up');
    const rest = said(child, 'term');
    child.kill('SIGTERM');
    await rest;
    assert.equal(await ended(child), {code: 4, signal: null});
  });

  unix('Ctrl-C at any moment of the start', async () => {
    for (const ms of [0, 5, 15, 25, 40, 60, 90]) {
      const child = start(['run', 'busybox', 'sleep', '1000']);
      setTimeout(() => child.kill('SIGINT'), ms);
      const {code, signal} = await ended(child);
      assert.ok(code === 130 || signal === 'SIGINT', `after ${ms} ms: ${code} ${signal}`);
    }
  });

  unix('an endless loop is ended too', async () => {
    const child = start(['run', 'busybox', 'sh', '-c', 'echo up; while :; do :; done']);
    await said(child, 'up');
    child.kill('SIGINT');
    assert.equal(await ended(child), {code: 130, signal: null});
  });

  unix('a reader that goes away ends the writer inside', async () => {
    const child = start(['run', 'busybox', 'yes']);
    await said(child, 'y\n');
    child.stdout!.destroy();
    const {code} = await ended(child);
    assert.ok(code !== 0, String(code));
  });

  unix('a full device is reported', async () => {
    const full = openSync('/dev/full', 'w');
    const child = start(['run', 'busybox', 'echo', 'x'], {stdio: ['ignore', full, 'pipe']});
    let stderr = '';
    child.stderr!.on('data', (data: Buffer) => { stderr += data; });
    const {code} = await ended(child);
    closeSync(full);
    assert.ok(code !== 0);
    assert.match(stderr, /no space left/i);
  });

  unix('closed standard descriptors', async () => {
    const child = start(['run', '-i', 'busybox', 'sh', '-c', 'cat; exit 3'], {stdio: ['ignore', 'ignore', 'ignore']});
    assert.is((await ended(child)).code, 3);
  });

  return test;
}
