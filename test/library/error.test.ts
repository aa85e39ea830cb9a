// What is wrong is said by name, at the call that was wrong, and nothing stays behind.

import * as assert from 'uvu/assert';
import {filesFromBirth, inContainers, library, rejection} from './shape.ts';

library('errors', test => {
  test('a program that is not there, not executable or no program', async ({runtime}) => {
    const cases = [
      [['no-such-program'], 'ENOENT'], [['/no/such'], 'ENOENT'], [['/etc/passwd'], 'EACCES'], [['/etc'], 'EACCES'],
    ] as const;
    for (const [command, code] of cases) {
      const error = await rejection(runtime.run({image: 'busybox', command}));
      assert.is(error.code, code, command[0]);
      assert.match(error.message, `exec: "${command[0]}"`);
    }
    if (!await filesFromBirth(runtime)) return;
    const box = await runtime.create({image: 'busybox', command: ['/tmp/elf']});
    await box.fs.writeFile('/tmp/elf', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]), {mode: 0o755});
    const error = await rejection(box.start());
    assert.is(error.code, 'ENOEXEC');
    assert.match(error.message, 'exec: "/tmp/elf": exec format error');
    assert.match(error.hint ?? '', runtime.mode === 'portable' ? 'native' : 'CPU');
  });

  test('run says the same of them as start', async ({runtime}) => {
    for (const command of [['no-such-program'], ['/etc/passwd'], ['/etc']]) {
      const box = await runtime.create({image: 'busybox', hostname: 'box', command});
      const [one, two] = [await rejection(box.start()), await rejection(runtime.run({image: 'busybox', hostname: 'box', command}))];
      assert.equal([two.code, two.message, two.hint, two.step], [one.code, one.message, one.hint, one.step]);
      await box.remove();
      assert.equal(await runtime.list(), []);
    }
  });

  test('a corrupt or truncated module is ENOEXEC', async ({runtime}) => {
    if (!await filesFromBirth(runtime)) return;
    for (const bytes of [[0, 0x61, 0x73, 0x6d], [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 200], [1, 2, 3]]) {
      const box = await runtime.create({image: 'busybox', command: ['/tmp/m']});
      await box.fs.writeFile('/tmp/m', new Uint8Array(bytes), {mode: 0o755});
      assert.is((await rejection(box.start())).code, 'ENOEXEC', String(bytes));
      await box.remove({force: true});
    }
  });

  test('an unknown image, a missing directory, a wrong field', async ({runtime}) => {
    const image = await rejection(runtime.create({image: 'alpine'}));
    assert.is(image.code, 'ENOENT');
    assert.match(image.message, 'alpine');
    assert.is((await rejection(runtime.create({image: '/no/such/dir'}))).code, 'ENOENT');
    const wasm = runtime.mode === 'portable' ? 'ENOENT' : 'ENOEXEC';
    assert.is((await rejection(runtime.create({image: './no-such.wasm'}))).code, wasm);
    assert.is((await rejection(runtime.create({image: 'busybox', volumes: ['/no/such/dir:/data']}))).code, 'ENOENT');
    assert.equal(await runtime.list(), []);
    assert.is(await inContainers(runtime), 0);
  });

  test.in('portable', 'native mode has the controller', 'a limit that cannot be honoured is refused', async ({runtime}) => {
    const memory = await rejection(runtime.create({image: 'busybox', memory: '64m'}));
    assert.equal([memory.code, memory.field], ['ERR_SPEC', 'memory']);
    assert.equal(await runtime.list(), []);
  });

  test.in('portable', 'native mode is a boundary', 'isolation that is required is refused', async ({runtime}) => {
    const error = await rejection(runtime.create({image: 'busybox', requireIsolation: true}));
    assert.equal([error.code, error.field], ['ERR_SPEC', 'requireIsolation']);
  });

  test.in('native', 'portable mode traces', 'a trace is refused, with what does it instead', async ({runtime}) => {
    const error = await rejection(runtime.create({image: 'busybox', command: ['true'], trace: () => {}}));
    assert.is(error.code, 'ERR_UNSUPPORTED');
    assert.match(error.hint ?? '', 'strace');
  });

  test('a failed step is named and undone', async ({runtime}) => {
    const error = await rejection(runtime.create({image: 'busybox', cwd: '/etc/passwd/x', command: ['true']}));
    assert.is(error.code, 'ENOTDIR');
    assert.match(error.step ?? '', /chdir/);
    assert.is(await inContainers(runtime), 0);
  });

  test('a time limit that is none is refused by name', async ({runtime}) => {
    for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
      const error = await rejection(runtime.run({image: 'busybox', command: ['true'], timeoutMs}));
      assert.equal([error.code, error.field], ['ERR_SPEC', 'timeoutMs'], String(timeoutMs));
    }
  });

  test('an unknown user is an error before the program', async ({runtime}) => {
    const error = await rejection(runtime.create({image: 'busybox', user: 'nosuch', command: ['true']}));
    assert.match(error.message, 'unable to find user nosuch');
  });

  test('calls out of order are errors of state', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
    assert.is((await rejection(box.exec(['true']))).code, 'ERR_STATE');
    assert.is((await rejection(box.resume())).code, 'ERR_STATE');
    await box.start();
    assert.is((await rejection(box.start())).code, 'ERR_STATE');
    assert.is((await rejection(box.remove())).code, 'ERR_STATE');
    assert.is((await rejection(box.kill('SIGNOPE' as 'SIGTERM'))).code, 'ERR_SPEC');
    await box.remove({force: true});
  });

  test('an id that is taken is an error, and whose it is goes on', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', id: 'one', command: ['sleep', '1000']});
    await box.start();
    assert.is((await rejection(runtime.create({image: 'busybox', id: 'one', name: 'other', command: ['true']}))).code, 'EEXIST');
    assert.is((await rejection(box.start())).code, 'ERR_STATE');
    await box.kill();
    assert.is((await box.wait({signal: AbortSignal.timeout(5000)})).exitCode, 137);
  });

  test('an abort gives up a wait and a run', async ({runtime}) => {
    const controller = new AbortController();
    const run = rejection(runtime.run({image: 'busybox', command: ['sleep', '1000'], signal: controller.signal}));
    setTimeout(() => controller.abort(), 50);
    assert.is((await run).name, 'AbortError');
    const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
    await box.start();
    assert.is((await rejection(box.wait({signal: AbortSignal.timeout(20)}))).name, 'TimeoutError');
    assert.is((await box.inspect()).status, 'running');
    assert.is((await rejection(runtime.create({image: 'busybox', signal: AbortSignal.abort()}))).name, 'AbortError');
  });

  test('closing the runtime ends everything, and later calls say so', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
    await box.start();
    const waiting = box.wait();
    await runtime.close();
    assert.is((await waiting).exitCode, 137);
    assert.is((await rejection(runtime.list())).code, 'ERR_CLOSED');
  });

  test.in('portable', 'a real machine is not given a size', 'processes without end meet the limit of the machine', async ({runtime}) => {
    const {exitCode} = await runtime.run({
      image: 'busybox', command: ['sh', '-c', 'i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; exit 9'],
    });
    assert.ok(exitCode !== 0);
    const {stdout} = await runtime.run({image: 'busybox', command: ['echo', 'fine']});
    assert.is(stdout, 'fine\n');
  });
}, {machine: {tasksMax: 40}});
