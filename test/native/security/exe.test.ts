// The program that makes containers, and Node's own, are out of a container's reach: neither run nor changed from inside,
// whatever a container's files say that its program is.

import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync, readlinkSync} from 'node:fs';
import * as assert from 'uvu/assert';
import {compilerRemedy, noCompiler} from '../compile.ts';
import {execSh, native, notRoot, probe, sh, supervisorsOf, withBox} from '../native.ts';

const test = native('security: programs of the host');

const hashOf = (pid: number): string => createHash('sha256').update(readFileSync(`/proc/${pid}/exe`)).digest('hex');

test.root('a program `#!/proc/self/exe` runs neither node nor the helper', async runtime => {
  for (const line of ['#!/proc/self/exe', '#!/proc/self/exe -e process.exit(42)', '#!/proc/1/exe', '#!/proc/thread-self/exe']) {
    const box = await runtime.create({image: 'busybox', command: ['/tmp/p', 'an argument']});
    await box.fs.writeFile('/tmp/p', `${line}\n`, {mode: 0o755});
    const started = await box.start().catch((error: Error & {code?: string}) => error);
    if (started instanceof Error) assert.ok(['EACCES', 'ENOENT', 'ELOOP', 'ENOEXEC', 'EPERM'].includes((started as {code?: string}).code!), String(started));
    else assert.is((await box.wait()).exitCode, 126, line);
    await box.remove({force: true});
  }
  await withBox(runtime, {}, async box => {
    await box.fs.writeFile('/tmp/p', '#!/proc/self/exe\n', {mode: 0o755});
    const exec = await box.exec(['/tmp/p', '-e', 'process.exit(42)']).catch((error: Error) => error);
    // In an exec /proc/self/exe is the helper once more.
    if (!(exec instanceof Error)) assert.is((await exec.exited).exitCode, 126);
  });
});

test.root('the helper, when it is not started by us, exits 126 at once whatever its arguments', async runtime => {
  await runtime.run({image: 'busybox', command: ['true']});
  const [supervisor] = supervisorsOf(process.pid);
  assert.ok(supervisor, 'no supervisor was found');
  for (const args of [[], ['twinbox'], ['--help'], ['-e', 'process.exit(42)'], ['/proc/self/exe', '3', '4'], ['x'.repeat(100_000)]]) {
    for (const stdio of ['ignore', 'pipe'] as const) {
      const {status, stdout} = spawnSync(`/proc/${supervisor}/exe`, args, {stdio: [stdio, 'pipe', stdio, stdio, stdio, stdio], timeout: 5000, argv0: args[0] ?? 'twinbox'});
      assert.equal([status, String(stdout)], [126, ''], args.join(' ').slice(0, 40));
    }
  }
});

test.root("the helper's program can be written neither by root outside nor by anyone inside", async runtime => {
  await runtime.run({image: 'busybox', command: ['true']});
  const [supervisor] = supervisorsOf(process.pid);
  const before = hashOf(supervisor!);
  const {status} = spawnSync('sh', ['-c', `: < /proc/${supervisor}/exe && echo x >> /proc/${supervisor}/exe`]);
  assert.is.not(status, 0);
  await withBox(runtime, {privileged: true}, async box => {
    await execSh(box, 'for p in /proc/[0-9]*; do echo x > $p/exe; done');
  });
  assert.is(hashOf(supervisor!), before);
});

test.root('the supervisor cannot be looked into by others: it is not dumpable, and has no environment', async runtime => {
  await runtime.run({image: 'busybox', command: ['true']});
  const [supervisor] = supervisorsOf(process.pid);
  assert.is(readFileSync(`/proc/${supervisor}/environ`, 'latin1'), '');
  const asNobody = (script: string) => spawnSync('sh', ['-c', script], {uid: 65534, gid: 65534, encoding: 'utf8'});
  assert.is.not(asNobody(`ls /proc/${supervisor}/fd`).status, 0);
  assert.is.not(asNobody(`readlink /proc/${supervisor}/exe`).status, 0);
  assert.ok(readlinkSync(`/proc/${supervisor}/exe`).length > 0);
});

// A slow way in: looking a user up in a long /etc/passwd, as the first process of an exec does before it has changed ids.
test.unless(noCompiler() ?? notRoot, compilerRemedy, 'who enters a container can be neither traced nor opened from inside', async runtime => {
  const flags = {volumes: [probe('watch')]};
  await withBox(runtime, flags, async box => {
    await box.fs.writeFile('/etc/passwd', `root:x:0:0::/root:/bin/sh\n${'x:x:7:7::/:/bin/sh\n'.repeat(3000)}user:x:1000:1000::/:/bin/sh\n`);
    const watchers = await Promise.all([0, 1].map(() => box.exec({command: ['/probe/watch', '3']})));
    const lines = watchers.map(one => one.stdout.lines());
    await Promise.all(lines.map(one => one.next()));
    let entered = 0;
    const end = Date.now() + 2500;
    while (Date.now() < end) {
      const users = ['root', 'root', 'user'];
      await Promise.all(users.map(async user => (await box.exec({command: ['true'], user})).exited));
      entered += users.length;
    }
    for (const one of lines) {
      const said: string[] = [];
      for await (const line of one) said.push(line);
      const text = said.join('\n');
      assert.match(text, /^caught 0$/m, `${entered} entered\n${text}`);
      assert.not.match(text, /^seen 0$/m);
    }
  });
});

test('a container still starts after all that', async runtime => {
  assert.is((await sh(runtime, 'echo fine')).stdout, 'fine\n');
});

test.run();
