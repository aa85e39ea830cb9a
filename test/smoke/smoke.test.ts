// The shortest way through the whole house, for Nodes that do not run the full suite: the library, the command line,
// two containers that both are PID 1.

import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {asset} from '../../src/asset.ts';
import {createRuntime} from '../../src/index.ts';

const cli = fileURLToPath(asset('cli.js'));

function twinbox(...args: readonly string[]): {status: number | null; stdout: string; stderr: string} {
  return spawnSync(process.execPath, [cli, ...args], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000});
}

test('the command line runs a shell that is PID 1', () => {
  const {status, stdout, stderr} = twinbox('run', 'busybox', 'sh', '-c', 'echo $$; hostname');
  assert.is(status, 0, stderr);
  assert.match(stdout, /^1\n[0-9a-f]{12}\n$/);
});

test('the command line passes the exit status on', () => {
  assert.is(twinbox('run', 'busybox', 'sh', '-c', 'exit 7').status, 7);
  assert.is(twinbox('run', 'busybox', 'sh', '-c', 'kill -9 $$; sleep 9 & kill -9 $!; wait $!').status, 137);
  assert.is(twinbox('run', 'busybox', 'no-such-program').status, 127);
});

for (const thread of [false, true]) {
  test(`two containers both see themselves as PID 1, and the host sees two numbers (${thread ? 'own' : 'same'} thread)`, async () => {
    const runtime = await createRuntime({mode: 'portable', thread});
    try {
      const seen: string[] = [];
      for (const name of ['a', 'b']) {
        const container = await runtime.create({image: 'busybox', name, command: ['sh', '-c', 'echo $$; sleep 1000']});
        const lines = container.process.stdout.lines()[Symbol.asyncIterator]();
        await container.start();
        seen.push(String((await lines.next()).value));
      }
      assert.equal(seen, ['1', '1']);
      const shells = (await runtime.ps()).filter(row => row.pid === 1 && row.container !== undefined);
      assert.is(shells.length, 2);
      assert.is.not(shells[0]!.hostPid, shells[1]!.hostPid);
    } finally {
      await runtime.close();
    }
  });
}

test('a pipeline, a subshell and a signal', async () => {
  const runtime = await createRuntime({mode: 'portable', thread: false});
  try {
    const script = 'printf "b\\na\\n" | sort | head -n 1; (exit 3); echo $?; trap "echo usr1" USR1; kill -USR1 $$; echo end';
    const {stdout, stderr, exitCode} = await runtime.run({image: 'busybox', command: ['sh', '-c', script]});
    assert.is(stdout, 'a\n3\nusr1\nend\n', stderr);
    assert.is(exitCode, 0);
  } finally {
    await runtime.close();
  }
});

test.run();
