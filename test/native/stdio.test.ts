// Streams of containers on the real kernel: pipes that reopen, a slow reader, no reader, many bytes both ways.

import {createHash} from 'node:crypto';
import * as assert from 'uvu/assert';
import {execSh, native, sh, withBox} from './native.ts';

const test = native('streams of native mode');

const MiB = 2 ** 20;

test('a container whose output nobody reads still ends', async runtime => {
  const box = await runtime.create({image: 'busybox', command: ['sh', '-c', 'yes | head -c 20000000; yes x | head -c 20000000 >&2; exit 4']});
  await box.start();
  assert.is((await box.wait()).exitCode, 4);
  let kept = 0;
  for await (const {data} of box.logs()) kept += data.length;
  assert.ok(kept > 0 && kept <= 2.1 * MiB, String(kept));
  await box.remove();
});

test('a reader that is slow loses nothing, and costs no memory', async runtime => {
  const bytes = 192 * MiB;
  const box = await runtime.create({image: 'busybox', stdout: 'pipe', command: ['sh', '-c', `yes 0123456789abcde | head -c ${bytes}`]});
  const before = process.memoryUsage().rss;
  await box.start();
  let seen = 0;
  let most = 0;
  let next = 16 * MiB;
  for await (const chunk of box.process.stdout) {
    seen += chunk.length;
    if (seen < next) continue;
    next += 16 * MiB;
    most = Math.max(most, process.memoryUsage().rss - before);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  assert.is(seen, bytes);
  assert.ok(most < 128 * MiB, `${Math.round(most / MiB)} MiB more`);
  assert.is((await box.wait()).exitCode, 0);
  await box.remove();
});

test('what goes in comes out, whole and in order', async runtime => {
  const input = new Uint8Array(8 * MiB).map((_, i) => (i * 2_654_435_761) >>> 24);
  const {bytes, exitCode} = await runtime.run({image: 'busybox', command: ['cat'], stdin: input});
  assert.is(exitCode, 0);
  const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
  assert.is(hash(bytes.stdout), hash(input));
});

test.root('standard descriptors can be opened again by name, by root, another user, and an exec', async runtime => {
  const script = 'echo a > /dev/stdout; echo b > /dev/stderr; echo c > /proc/self/fd/1; echo d >> /dev/fd/2; cat /dev/stdin';
  for (const user of ['0:0', '1000:1000']) {
    const {stdout, stderr} = await runtime.run({image: 'busybox', user, stdin: 'in\n', command: ['sh', '-c', script]});
    assert.equal([stdout, stderr], ['a\nc\nin\n', 'b\nd\n'], user);
  }
  await withBox(runtime, {}, async box => {
    const {stdout, stderr} = await execSh(box, 'echo a > /dev/stdout; echo b > /dev/stderr', {user: '1000:1000'});
    assert.equal([stdout, stderr], ['a\n', 'b\n']);
  });
});

test('no input is /dev/null, and ignored output too', async runtime => {
  const {stdout} = await sh(runtime, 'cat; stat -L -c %t:%T /proc/1/fd/0');
  assert.is(stdout, '1:3\n');
  const box = await runtime.create({image: 'busybox', stdout: 'ignore', stderr: 'ignore', command: ['sleep', '1000']});
  await box.start();
  assert.is((await execSh(box, 'stat -L -c %t:%T /proc/1/fd/0 /proc/1/fd/1 /proc/1/fd/2')).stdout, '1:3\n1:3\n1:3\n');
  await box.remove({force: true});
});

test('an input that is closed at once is an end of file, and a reader that went away is SIGPIPE', async runtime => {
  const box = await runtime.create({image: 'busybox', stdin: 'pipe', stdout: 'pipe', command: ['sh', '-c', 'cat; echo end; yes']});
  await box.start();
  await box.process.stdin.close();
  const lines = box.process.stdout.lines();
  assert.is((await lines.next()).value, 'end');
  await lines.return?.(undefined);
  await box.stop({timeoutMs: 2000});
  await box.remove({force: true});
});

test('forty containers at once, each with its own output', async runtime => {
  const outs = await Promise.all(Array.from({length: 40}, (_, i) => sh(runtime, `echo ${i}; exit ${i}`)));
  assert.equal(outs.map(({stdout, exitCode}) => [stdout, exitCode]), outs.map((_, i) => [`${i}\n`, i]));
});

test('a terminal passes a large output through, and its size on', async runtime => {
  const {stdout} = await runtime.run({image: 'busybox', tty: {columns: 132, rows: 43}, command: ['sh', '-c', 'stty size; yes | head -n 100000']});
  assert.is(stdout.length, '43 132\r\n'.length + 300_000);
  const box = await runtime.create({image: 'busybox', tty: true, stdin: 'pipe', command: ['sh', '-c', 'trap "stty size; exit" WINCH; echo up; while :; do sleep 0.02; done']});
  const lines = box.process.stdout.lines();
  await box.start();
  assert.is((await lines.next()).value, 'up\r');
  await box.process.resize(100, 30);
  assert.is((await lines.next()).value, '30 100\r');
  await box.wait();
  await box.remove();
});

test.run();
