// Containers end with whoever has started them, however that one ends, and leave nothing: no process, no cgroup, no file.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as assert from 'uvu/assert';
import {native, processesWith, until} from './native.ts';
import {Programs} from './program.ts';

const test = native('lifetimes');

const dir = mkdtempSync(join(tmpdir(), 'twinbox-life-'));
const programs = new Programs();
test.after(() => {
  programs.close();
  rmSync(dir, {recursive: true, force: true});
});

const root = JSON.stringify(dir);
const open = `const runtime = await createRuntime({mode: 'native', root: ${root}});`;
/** Where the groups of the test that counts them lie, apart from those of tests beside it. */
const parent = `/twinbox-test-${process.pid}`;
const marker = (n: number): string => `${5e6 + n * 1e5 + process.pid % 1e5}`;
/** What the issue allows, and what a busy machine adds. */
const goneMs = 2000;

const start = (n: number, more = ''): string => `${open}
const box = await runtime.create({image: 'busybox', command: ['sh', '-c', 'setsid sleep ${marker(n)} & trap "" TERM HUP INT; sleep ${marker(n)}; :']${more}});
await box.start();
while (!fs.readdirSync('/proc').some(pid => { try { const line = fs.readFileSync('/proc/' + pid + '/cmdline', 'latin1'); return line.startsWith('sleep') && line.includes('${marker(n)}'); } catch { return false; } })) await new Promise(r => setTimeout(r, 5));
say('running');`;

const ways: readonly (readonly [title: string, body: string, status: number | string])[] = [
  ['killed by SIGKILL', "process.kill(process.pid, 'SIGKILL');", 'SIGKILL'],
  ['ended by SIGTERM', "process.kill(process.pid, 'SIGTERM');", 'SIGTERM'],
  ['process.exit', 'process.exit(3);', 3],
  ['an exception that nobody caught', "setTimeout(() => { throw new Error('crash'); }); await new Promise(() => setInterval(() => 0, 1000));", 1],
  ['an abort', 'process.abort();', 'SIGABRT'],
];

for (const [i, [title, body, status]] of ways.entries()) {
  test(`${title}: the container is gone at once`, async () => {
    const program = programs.start(`${start(i)}\n${body}`);
    await program.next();
    assert.is(await program.ended, status);
    await until('no process of it', () => processesWith(marker(i)).length === 0, goneMs);
  });
}

test.root('a paused container goes as well', async () => {
  const program = programs.start(`${start(10)}\nawait box.pause(); say('paused'); setInterval(() => 0, 1000);`);
  await program.next();
  await program.next();
  program.kill();
  await until('no process of it', () => processesWith(marker(10)).length === 0, goneMs);
});

test.root('a container without a PID namespace of its own goes as well', async () => {
  const program = programs.start(`${start(11, ", share: ['pid']")}\nsay('on'); setInterval(() => 0, 1000);`);
  await program.next();
  program.kill();
  await until('no process of it', () => processesWith(marker(11)).length === 0, goneMs);
});

test('a worker thread that is ended takes its containers with it, and the process goes on', async () => {
  const [started, ...rest] = await programs.run(`
const worker = new Worker(\`(async () => {
  const {createRuntime} = await import(process.env.LIBRARY);
  const {parentPort} = await import('node:worker_threads');
  const runtime = await createRuntime({mode: 'native', root: ${root.replaceAll('"', "'")}});
  const box = await runtime.create({image: 'busybox', command: ['sleep', '${marker(12)}']});
  await box.start();
  parentPort.postMessage(box.process.hostPid);
})()\`, {eval: true, env: {...process.env, LIBRARY: library}});
const pid = await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
say(fs.existsSync('/proc/' + pid));
await worker.terminate();
const end = Date.now() + ${goneMs};
while (fs.existsSync('/proc/' + pid) && Date.now() < end) await new Promise(r => setTimeout(r, 5));
say(fs.existsSync('/proc/' + pid));
${open}
say((await runtime.run({image: 'busybox', command: ['echo', 'on']})).stdout);
await runtime.close();`);
  assert.is(started, true);
  assert.equal(rest, [false, 'on\n']);
});

test('the process ends by itself when it has closed its runtime, and also when it has only used it', async () => {
  assert.equal(await programs.run(`${open} say((await runtime.run({image: 'busybox', command: ['echo', 'a']})).stdout); await runtime.close();`), ['a\n']);
  assert.equal(await programs.run(`${open} say((await runtime.run({image: 'busybox', command: ['echo', 'b']})).stdout);`), ['b\n']);
});

test('the supervisor killed alone: what runs dies, and every call says why', async () => {
  const said = await programs.run<string | number>(`${start(13)}
const children = fs.readdirSync('/proc').filter(pid => { try { return fs.readFileSync('/proc/' + pid + '/cmdline', 'latin1').startsWith('twinbox\\0')
  && fs.readFileSync('/proc/' + pid + '/status', 'utf8').includes('PPid:\\t' + process.pid + '\\n'); } catch { return false; } });
say(children.length);
const ended = box.wait().then(exit => exit.exitCode, error => error.code);
process.kill(Number(children[0]), 'SIGKILL');
say(await Promise.race([ended, new Promise(r => setTimeout(r, 5000, 'late'))]));
say((await failure(runtime.run({image: 'busybox', command: ['true']}))).code);
await failure(runtime.close());`);
  assert.equal(said.slice(0, 2), ['running', 1]);
  assert.ok([137, 'ERR_CLOSED', 'EPIPE'].includes(said[2]!), String(said[2]));
  assert.is(said[3], 'ERR_CLOSED');
  await until('no process of it', () => processesWith(marker(13)).length === 0, goneMs);
});

test('three hundred starts leave no descriptor, no zombie, no mount, no cgroup and no file', async () => {
  const [before, after] = await programs.run(`${open}
const hierarchies = ['.', ...fs.readdirSync('/sys/fs/cgroup')].map(name => '/sys/fs/cgroup/' + name + '${parent}');
const groups = () => hierarchies.filter(dir => fs.existsSync(dir)).flatMap(dir => fs.readdirSync(dir, {withFileTypes: true})).filter(one => one.isDirectory()).length;
const state = () => ({fds: fs.readdirSync('/proc/self/fd').length, mounts: fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\\n').length,
  children: fs.readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ').length, groups: groups()});
const batch = async n => { for (let i = 0; i < n; i += 6) await Promise.all(Array.from({length: 6}, () => runtime.run({image: 'busybox', command: ['true'], cgroupParent: '${parent}'}))); };
await batch(30);
await new Promise(r => setTimeout(r, 300));
say(state());
await batch(300);
await new Promise(r => setTimeout(r, 300));
say(state());
await runtime.close();
for (const dir of hierarchies) try { fs.rmdirSync(dir); } catch {}`);
  assert.equal(after, before);
});

test.run();
