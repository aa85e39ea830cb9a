// The life of a container through the library.

import * as assert from 'uvu/assert';
import {filesFromBirth, inContainers, library, rejection} from './shape.ts';

library('container', test => {
  test('run gives the output and the status, and leaves nothing behind', async ({runtime}) => {
    const {stdout, stderr, exitCode} = await runtime.run({
      image: 'busybox', command: ['sh', '-c', 'echo out; echo err >&2; exit 3'],
    });
    assert.equal([stdout, stderr, exitCode], ['out\n', 'err\n', 3]);
    assert.equal(await runtime.list(), []);
    assert.is(await inContainers(runtime), 0);
  });

  test('create, start, wait, inspect, remove', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', name: 'box', labels: {a: 'b'}, command: ['sh', '-c', 'exit 7']});
    assert.is((await box.inspect()).status, 'created');
    assert.is(box.process.pid, 1);
    assert.ok(box.process.hostPid > 1);
    await box.start();
    assert.equal(await box.wait(), {exitCode: 7});
    const state = await box.inspect();
    assert.equal([state.status, state.name, state.labels.a, state.process.exit?.exitCode], ['stopped', 'box', 'b', 7]);
    await box.remove();
    assert.is((await rejection(box.inspect())).code, 'ENOENT');
  });

  test('two containers both see themselves as PID 1, and the host sees two numbers', async ({runtime}) => {
    const boxes = [];
    for (const name of ['a', 'b']) {
      const box = await runtime.create({image: 'busybox', name, hostname: name, command: ['sh', '-c', 'echo $$ $(hostname); sleep 1000']});
      const lines = box.process.stdout.lines();
      await box.start();
      assert.is((await lines.next()).value, `1 ${name}`);
      boxes.push(box);
    }
    const [a, b] = boxes as [typeof boxes[0], typeof boxes[0]];
    assert.is.not(a.process.hostPid, b.process.hostPid);
    const rows = await runtime.ps();
    assert.equal(rows.filter(row => row.pid === 1 && row.container).map(row => row.container), [a.id, b.id]);
    assert.equal((await a.ps()).map(row => row.pid), [1, ...(await a.ps()).slice(1).map(row => row.pid)]);
  });

  test('exec runs beside the first process and sees the same world', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', hostname: 'box', command: ['sleep', '1000']});
    await box.start();
    const proc = await box.exec(['sh', '-c', 'hostname; ps -o comm | grep -c sleep; exit 4']);
    assert.match(await proc.stdout.text(), /^box\n1\n$/);
    assert.is((await proc.exited).exitCode, 4);
    assert.ok(proc.pid > 1);
    const again = await box.getProcess(proc.id);
    assert.is((await again.exited).exitCode, 4);
  });

  test('exec takes an environment, a directory and a user', async ({runtime}) => {
    const {ids} = await runtime.features();
    // Without root and without helpers for it there is one user inside.
    const [user, uid, gid] = ids?.maps === 'single' ? ['0:0', 0, 0] : ['1000:100', 1000, 100];
    const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
    await box.start();
    const proc = await box.exec({command: ['sh', '-c', 'echo $A; pwd; id -u; id -g'], env: {A: 'x y'}, cwd: '/tmp', user});
    assert.is(await proc.stdout.text(), `x y\n/tmp\n${uid}\n${gid}\n`);
  });

  test('standard input goes in by a stream or as a value, to its end', async ({runtime}) => {
    const value = await runtime.run({image: 'busybox', command: ['cat'], stdin: 'given\n'});
    assert.is(value.stdout, 'given\n');
    const box = await runtime.create({image: 'busybox', command: ['sh', '-c', 'read a; echo "<$a>"; cat'], stdin: 'pipe', stdout: 'pipe'});
    const {process} = box;
    await box.start();
    const lines = process.stdout.lines();
    const writer = process.stdin.getWriter();
    await writer.write('one\n');
    assert.is((await lines.next()).value, '<one>');
    await writer.write('two\n');
    await writer.close();
    assert.is((await lines.next()).value, 'two');
    assert.is((await lines.next()).done, true);
    assert.is((await process.exited).exitCode, 0);
  });

  test('a large output passes through with back-pressure', async ({runtime}) => {
    const {bytes} = await runtime.run({image: 'busybox', command: ['sh', '-c', 'yes 0123456 | head -c 3000000']});
    assert.is(bytes.stdout.length, 3_000_000);
  });

  test('more output than maxBuffer ends the container', async ({runtime}) => {
    const error = await rejection(runtime.run({image: 'busybox', command: ['yes'], maxBuffer: 1000}));
    assert.is(error.code, 'ENOBUFS');
    assert.equal(await runtime.list(), []);
  });

  test('kill tells whether PID 1 hears, SIGKILL always ends it', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
    await box.start();
    assert.is(await box.kill('SIGTERM'), false);
    assert.is(await box.kill('SIGKILL'), true);
    assert.equal(await box.wait(), {exitCode: 137, signal: 'SIGKILL'});
  });

  test('stop asks first, and a handler may answer', async ({runtime}) => {
    const box = await runtime.create({
      image: 'busybox', command: ['sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'],
    });
    const lines = box.process.stdout.lines();
    await box.start();
    await lines.next();
    assert.is((await box.stop()).exitCode, 5);
  });

  test('pause freezes every process, resume lets them go on', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', command: ['sh', '-c', 'while :; do echo x; sleep 0.02; done']});
    const lines = box.process.stdout.lines();
    await box.start();
    await lines.next();
    if ((await runtime.features()).cgroup === 'none') {
      assert.is((await rejection(box.pause())).code, 'ERR_UNSUPPORTED');
      return;
    }
    await box.pause();
    assert.is((await box.inspect()).status, 'paused');
    const before = await count(box.logs());
    await new Promise(resolve => setTimeout(resolve, 150));
    assert.ok(await count(box.logs()) - before <= 1);
    await box.resume();
    await lines.next();
    assert.is((await box.stop({timeoutMs: 100})).exitCode, 137);
  });

  test('logs keep what nobody read, and an attach can replay it', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', command: ['sh', '-c', 'echo one; echo two >&2']});
    await box.start();
    await box.wait();
    const logs: string[] = [];
    for await (const {fd, data} of box.logs()) logs.push(`${fd}:${new TextDecoder().decode(data)}`);
    assert.equal(logs.sort(), ['1:one\n', '2:two\n']);
    assert.is(await (await box.attach({replay: true})).stdout.text(), 'one\n');
  });

  test('files can be put in before the start and read while it runs', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', command: ['sh', '/s']});
    if (!await filesFromBirth(runtime)) {
      assert.match((await rejection(box.fs.writeFile('/s', ''))).message, 'from its start on');
      return;
    }
    await box.fs.writeFile('/s', 'echo from file > /tmp/out; sleep 1000', {mode: 0o755});
    assert.is((await box.fs.stat('/s')).mode & 0o7777, 0o755);
    await box.start();
    for (let text = ''; text === '';) {
      await new Promise(resolve => setTimeout(resolve, 5));
      text = await box.fs.readText('/tmp/out').catch(() => '');
    }
    assert.is(await box.fs.readText('/tmp/out'), 'from file\n');
    assert.ok((await box.fs.readdir('/')).includes('s'));
    await box.fs.mkdir('/tmp/d');
    await box.fs.unlink('/s');
    assert.is((await rejection(box.fs.readFile('/s'))).code, 'ENOENT');
  });

  test.in('native', 'the emulated kernel has no log', 'who reads files for the runtime has no other power', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', command: ['sh', '-c', 'ln -s /proc/kmsg /tmp/log; mkfifo /tmp/fifo; sleep 1000']});
    await box.start();
    const codes: string[] = [];
    while (!(await box.fs.readdir('/tmp')).includes('fifo')) await new Promise(resolve => setTimeout(resolve, 5));
    for (const path of ['/tmp/log', '/proc/kmsg', '/tmp/fifo', '/dev/zero', '/tmp']) codes.push((await rejection(box.fs.readFile(path))).code ?? '');
    // Of another user it is the file's mode that forbids it.
    assert.equal(codes.map(code => code.replace('EACCES', 'EPERM')), ['EPERM', 'EPERM', 'EINVAL', 'EINVAL', 'EISDIR']);
  });

  test('a container is found by name and by the beginning of its id, and can be renamed', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', name: 'first', command: ['true']});
    assert.is((await runtime.get('first')).id, box.id);
    assert.is((await runtime.get(box.id.slice(0, 8))).id, box.id);
    await box.rename('second');
    assert.is((await runtime.get('second')).id, box.id);
    assert.is((await rejection(runtime.get('first'))).code, 'ENOENT');
    assert.is((await rejection(runtime.create({image: 'busybox', name: 'second'}))).code, 'EEXIST');
  });

  test('events tell the life of a container in order', async ({runtime}) => {
    const events = runtime.events()[Symbol.asyncIterator]();
    const first = events.next();
    await runtime.run({image: 'busybox', name: 'box', command: ['sh', '-c', 'exit 2']});
    const types = [(await first).value.type];
    let exit: unknown;
    while (types.at(-1) !== 'remove') {
      const {value} = await events.next();
      types.push(value.type);
      if (value.type === 'exit') exit = value.exit;
    }
    assert.equal(types, ['create', 'start', 'exit', 'stop', 'remove']);
    assert.equal(exit, {exitCode: 2});
    await events.return?.();
  });

  test('a terminal joins the three descriptors, and knows its size', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', tty: {columns: 100, rows: 40}, command: ['sh', '-c', 'tty; stty size; echo err >&2']});
    await box.start();
    const text = await box.process.stdout.text();
    assert.is(text, '/dev/pts/0\r\n40 100\r\nerr\r\n');
  });

  test('a time limit ends it, and its exit says so', async ({runtime}) => {
    const began = Date.now();
    const {exitCode, signal, timedOut} = await runtime.run({image: 'busybox', command: ['sleep', '1000'], timeoutMs: 150});
    assert.equal([exitCode, signal, timedOut], [137, 'SIGKILL', true]);
    assert.ok(Date.now() - began < 5000);
    const quick = await runtime.run({image: 'busybox', command: ['true'], timeoutMs: 5000});
    assert.is(quick.timedOut, undefined);
  });

  test('stop asks as the container was made to be asked, also when it was found by name', async ({runtime}) => {
    const box = await runtime.create({
      image: 'busybox', name: 'box', stopSignal: 'SIGUSR1', stopTimeoutMs: 5000,
      command: ['sh', '-c', 'trap "exit 6" USR1; echo ready; while :; do sleep 0.05; done'],
    });
    const lines = box.process.stdout.lines();
    await box.start();
    await lines.next();
    assert.equal([(await box.inspect()).stopSignal, (await box.inspect()).stopTimeoutMs], [10, 5000]);
    assert.is((await (await runtime.get('box')).stop()).exitCode, 6);
  });

  test('a signal to all reaches every process', async ({runtime}) => {
    const box = await runtime.create({
      image: 'busybox', command: ['sh', '-c', 'trap "wait; exit 3" TERM; sleep 1000 & sleep 1000 & sleep 0.2; echo ready; wait; wait; wait'],
    });
    const lines = box.process.stdout.lines();
    await box.start();
    await lines.next();
    await box.kill('SIGTERM', {all: true});
    assert.is((await box.wait()).exitCode, 3);
  });

  test('output that is inherited is the caller\'s own', async ({runtime}) => {
    const {exitCode, stdout} = await runtime.run({image: 'busybox', command: ['sh', '-c', 'exit 4'], stdout: 'inherit', stderr: 'inherit'});
    assert.equal([exitCode, stdout], [4, '']);
  });

  test('an exec whose output stays open by what it left behind has ended all the same', async ({runtime}) => {
    const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
    await box.start();
    const proc = await box.exec(['sh', '-c', 'sleep 1000 & echo left']);
    assert.is((await proc.exited).exitCode, 0);
    const lines = proc.stdout.lines();
    assert.is((await lines.next()).value, 'left');
    const rest = lines.next();
    await box.remove({force: true});
    assert.is((await rest).done, true);
  });

  test('a container joins namespaces of another by its name', async ({runtime}) => {
    const error = await rejection(runtime.create({image: 'busybox', uts: 'container:first', command: ['hostname']}));
    assert.is(error.code, 'ENOENT');
    const box = await runtime.create({image: 'busybox', name: 'first', hostname: 'first-host', command: ['sleep', '1000']});
    await box.start();
    // Those of another user namespace are not to be entered without root.
    if ((await runtime.features()).rootless) return;
    assert.is((await runtime.run({image: 'busybox', uts: 'container:first', command: ['hostname']})).stdout, 'first-host\n');
  });

  test('disposal ends what was made', async ({runtime}) => {
    {
      await using box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
      await box.start();
    }
    assert.equal(await runtime.list(), []);
  });
});

async function count(chunks: AsyncIterable<unknown>): Promise<number> {
  let n = 0;
  for await (const _chunk of chunks) n++;
  return n;
}
