// Machines that forbid a part of what native mode would like to use: it finds another way, or says what to change.

import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, readdirSync, readlinkSync} from 'node:fs';
import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {skipAll} from '../skip.ts';
import {compile, compilerRemedy, noCompiler} from './compile.ts';
import {execSh, lack, notRoot, supervisorsOf, withBox} from './native.ts';
import {again, collect, inside, runCases, type Case} from './report.ts';

const cases: readonly Case[] = [
  ['a container runs, an exec too, and its files are there', async runtime => {
    const {stdout} = await runtime.run({image: 'busybox', command: ['sh', '-c', 'echo $$; cat /proc/self/cgroup | grep -c -v ":/$"']});
    assert.is(stdout, '1\n0\n');
    await withBox(runtime, {}, async box => {
      assert.is((await execSh(box, 'echo in; ls /proc/self/fd')).stdout, 'in\n0\n1\n2\n3\n');
      await box.fs.writeFile('/tmp/f', 'text\n');
      assert.is(await box.fs.readText('/tmp/f'), 'text\n');
    });
  }],
  ...(notRoot ? [] : [['the helper\'s program is still out of reach', async runtime => {
    await runtime.run({image: 'busybox', command: ['true']});
    const [supervisor] = supervisorsOf(process.pid);
    const before = readFileSync(`/proc/${supervisor}/exe`);
    assert.is.not(spawnSync('sh', ['-c', `echo x >> /proc/${supervisor}/exe`]).status, 0);
    // Where it is a file, its name leads nowhere, or to one that cannot be written.
    const name = readlinkSync(`/proc/${supervisor}/exe`);
    if (existsSync(name)) assert.is.not(spawnSync('sh', ['-c', `echo x >> '${name}'`]).status, 0);
    assert.equal(readFileSync(`/proc/${supervisor}/exe`), before);
    assert.is(spawnSync(`/proc/${supervisor}/exe`, ['x'], {timeout: 5000}).status, 126);
    await withBox(runtime, {privileged: true}, async box => {
      await execSh(box, 'for p in /proc/[0-9]*; do echo x > $p/exe; done');
    });
    assert.equal(readFileSync(`/proc/${supervisor}/exe`), before);
  }] satisfies Case]),
];

const [ENOSYS, EINVAL] = [38, 22];
const names = cases.map(([name]) => name);

/** Without these, as on a kernel that has not got them; the numbers are the same on x86_64 and arm64 but for the last. */
const calls: Readonly<Record<string, string>> = {
  'clone3': `435=${ENOSYS}`,
  'openat2': `437=${ENOSYS}`,
  'mount_setattr': `442=${ENOSYS}`,
  'process_madvise and friends of 5.10 and later': `440=${ENOSYS}`,
  'epoll_pwait2, landlock, memfd_secret': `441=${ENOSYS} 444=${ENOSYS} 447=${EINVAL}`,
};

/** vm.memfd_noexec is of the PID namespace: a namespace of its own keeps the machine as it is. */
const noexec = (value: number): readonly string[] => [
  'unshare', '-pf', '--mount-proc', 'sh', '-c', `echo ${value} > /proc/sys/vm/memfd_noexec && exec "$@"`, 'sh',
];

if (inside === '') {
  const test = suite('where something is forbidden');
  const declare = (title: string, why: {reason: string; remedy: string} | undefined, before: () => readonly string[]): void => {
    if (why !== undefined) return skipAll(test, names, title, why.reason, why.remedy);
    let passed: ((name: string) => Promise<void>) | undefined;
    for (const name of names) test(`${title}: ${name}`, () => (passed ??= collect(names, again(before(), 'fallback')))(name));
  };
  const compiler = noCompiler();
  for (const [title, numbers] of Object.entries(calls)) {
    declare(`without ${title}`, lack ?? (compiler === undefined ? undefined : {reason: compiler, remedy: compilerRemedy}),
      () => [compile(new URL('./probe/without.c', import.meta.url)), ...numbers.split(' '), '--']);
  }
  const sysctl = existsSync('/proc/sys/vm/memfd_noexec') && process.getuid?.() === 0 ? undefined
    : {reason: 'no vm.memfd_noexec here, or no root', remedy: 'run it as root on Linux 6.6 or newer'};
  for (const value of [1, 2]) declare(`with vm.memfd_noexec=${value}`, lack ?? sysctl, () => noexec(value));
  test('nothing of it is left in the state directory', () => {
    if (lack || notRoot) return;
    const left = existsSync('/run/twinbox') ? readdirSync('/run/twinbox').filter(name => /helper|exec/.test(name)) : [];
    assert.ok(left.length <= 1, left.join(' '));
  });
  test.run();
} else await runCases(cases);
