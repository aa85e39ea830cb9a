// The host's event loop: a container holds it, and what is left of one (pooled workers, timers) does not.

import {spawnSync} from 'node:child_process';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {asset} from '../../src/asset.ts';

for (const close of [true, false]) {
  test(`a program that ran a container ends by itself, ${close ? 'closed' : 'though nothing was closed'}`, () => {
    const script = `
      const {createRuntime} = await import(${JSON.stringify(asset('index.js').href)});
      const runtime = await createRuntime({mode: 'portable', thread: false});
      const {stdout} = await runtime.run({image: 'busybox', command: ['sh', '-c', 'sleep 0.1; (echo inner) | cat']});
      process.stdout.write(stdout);
      ${close ? 'await runtime.close();' : ''}`;
    const {status, signal, stdout, stderr} = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8', timeout: 40_000,
    });
    assert.is(signal, null, 'it had to be ended');
    assert.is(status, 0, stderr);
    assert.is(stdout, 'inner\n');
  });
}

test.run();
