// What a container's processes inherit: descriptors 0 to 2 and nothing else, no signal of Node's, no limit of Node's, no
// variable and no argument of Node's, and no way out through a descriptor.

import {closeSync, openSync, readFileSync} from 'node:fs';
import * as assert from 'uvu/assert';
import {answers, execSh, native, probe, rejection, sh, withBox} from '../native.ts';
import {noCompiler, compilerRemedy} from '../compile.ts';
import {Programs} from '../program.ts';

const test = native('security: what is inherited');
const secret = `twinbox-secret-${process.pid}`;
process.env.TWINBOX_TEST_SECRET = secret;

const clean = {open: '0 1 2', ignored: '', blocked: ''};

test('/proc/self/fd holds 0, 1, 2 and the one that looks', async runtime => {
  // A descriptor that Node could leak: open here, without close-on-exec as far as Node goes.
  const leak = openSync('/etc/passwd', 'r');
  try {
    assert.is((await sh(runtime, 'ls /proc/self/fd')).stdout, '0\n1\n2\n3\n');
    await withBox(runtime, {}, async box => {
      assert.is((await execSh(box, 'ls /proc/self/fd; ls /proc/1/fd')).stdout, '0\n1\n2\n3\n0\n1\n2\n');
    });
  } finally {
    closeSync(leak);
  }
});

test('nor what Node itself was given by its own parent', async () => {
  const programs = new Programs({before: ['sh', '-c', 'exec "$@" 7< /etc/passwd 9> /dev/null', 'sh']});
  try {
    const [run, exec] = await programs.run<string>(`const runtime = await createRuntime({mode: 'native'});
say((await runtime.run({image: 'busybox', command: ['ls', '/proc/self/fd']})).stdout);
const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
await box.start();
say(await (await box.exec(['ls', '/proc/self/fd'])).stdout.text());
await runtime.close();`);
    assert.equal([run, exec], ['0\n1\n2\n3\n', '0\n1\n2\n3\n']);
  } finally {
    programs.close();
  }
});

test.unless(noCompiler(), compilerRemedy, 'by number too, in run, in exec and on a terminal; signals are at their defaults', async runtime => {
  const flags = {image: 'busybox', volumes: [probe('fds')]};
  for (const tty of [false, true]) {
    const {nofile, ...rest} = answers((await runtime.run({...flags, tty, command: ['/probe/fds']})).stdout.replaceAll('\r', ''));
    assert.equal(rest, clean, `tty ${tty}`);
    assert.is(nofile, '1024');
  }
  await withBox(runtime, flags, async box => {
    const {nofile, ...rest} = answers((await execSh(box, 'exec /probe/fds')).stdout);
    assert.equal([rest, nofile], [clean, '1024']);
  });
});

test('a working directory through a descriptor or another magic link is refused', async runtime => {
  for (const cwd of ['/proc/self/fd/3', '/proc/self/fd/8', '/proc/self/fd/0', '/proc/self/cwd', '/proc/1/cwd', '/proc/self/root', '/proc/self/root/..']) {
    const outcome = await runtime.run({image: 'busybox', cwd, command: ['sh', '-c', 'pwd -P; ls']}).catch((error: Error & {step?: string}) => error);
    if (outcome instanceof Error) assert.match(`${outcome.step} ${outcome.message}`, /chdir|cwd|mkdirs/, cwd);
    else assert.match(outcome.stdout, /^\/(proc[^\n]*)?\n/, cwd);
  }
  await withBox(runtime, {}, async box => {
    for (const cwd of ['/proc/self/fd/3', '/proc/self/fd/7', '/proc/self/fd/9', '/proc/self/cwd/../..']) {
      await rejection(box.exec({command: ['true'], cwd}));
    }
  });
});

test.root("nothing of Node's environment or arguments is inside", async runtime => {
  const look = 'cat /proc/*/environ /proc/*/cmdline | tr "\\0" "\\n"; env';
  const {stdout} = await sh(runtime, look, {env: {GIVEN: 'yes'}});
  assert.match(stdout, 'GIVEN=yes');
  assert.not.match(stdout, secret);
  assert.not.match(stdout, /node|build\/test/);
  await withBox(runtime, {}, async box => {
    const inside = await execSh(box, look);
    assert.not.match(inside.stdout, secret);
    // What the host sees of it: also nothing while it waits for its program.
    const parked = await runtime.create({image: 'busybox', command: ['true']});
    assert.not.match(readFileSync(`/proc/${parked.process.hostPid}/environ`, 'latin1'), secret);
    await parked.remove({force: true});
  });
});

test.run();
