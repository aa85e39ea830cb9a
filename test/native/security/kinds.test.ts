// A container has the namespaces that it asked for and no others, also when those before it asked for others: a child that
// was begun in advance for one kind is never taken for another.

import {readlinkSync} from 'node:fs';
import * as assert from 'uvu/assert';
import {createRuntime} from '../../../src/index.ts';
import {lack, native} from '../native.ts';

const lengthMs = 4000;
const test = native('security/kinds');

for (const [kind, name, shared, own] of [
  ['net', 'network', {network: 'host'}, {network: 'none'}], ['pid', 'PID', {pid: 'host'}, {}], ['ipc', 'IPC', {ipc: 'host'}, {}],
] as const) {
  test(`a ${name} namespace of its own is not the host's, whatever was begun before`, async () => {
    if (lack !== undefined) return;
    const outside = readlinkSync(`/proc/self/ns/${kind}`);
    const runtime = await createRuntime({mode: 'native', pool: 2});
    const box = (flags: object) => runtime.create({image: 'busybox', ...flags, command: ['sleep', '1000']});
    try {
      for (const end = Date.now() + lengthMs / 3; Date.now() < end;) {
        const before = await box(shared);
        // A child of that kind is being made about now.
        for (const until = performance.now() + Math.random() * 4; performance.now() < until;);
        const after = [await box(own)];
        await new Promise(resolve => setTimeout(resolve, 10));
        after.push(...(await Promise.all([box(own), box(own)])));
        for (const one of after) {
          await one.start();
          assert.is.not(readlinkSync(`/proc/${one.process.hostPid}/ns/${kind}`), outside);
        }
        await before.start();
        assert.is(readlinkSync(`/proc/${before.process.hostPid}/ns/${kind}`), outside);
        await Promise.all([before, ...after].map(one => one.remove({force: true})));
      }
    } finally {
      await runtime.close();
    }
  });
}

test.run();
