// State on disk: whose directories are taken, what a sweep removes and what it leaves alone.

import { spawn } from 'node:child_process';
import {
  chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, symlinkSync, utimesSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lockFile, closeFd, library } from '../../src/native/call.ts';
import { cgroupMounts, groups, ownGroups } from '../../src/native/cgroup.ts';
import { baseDirectory, makeEntry } from '../../src/native/state.ts';
import { journal, removeGroup, sweep } from '../../src/native/sweep.ts';
import { skip } from '../skip.ts';

const base = mkdtempSync(join(tmpdir(), 'twinbox-state-'));
test.after(() => rmSync(base, { recursive: true, force: true }));
const root = process.geteuid?.() === 0;

const refusal = (dir: string): string => {
  try {
    baseDirectory(dir);
  } catch (error) {
    return (error as Error).message;
  }
  return 'taken';
};

/** A directory of its own for a case. */
function fresh(name: string): string {
  const dir = join(base, name);
  mkdirSync(dir, { mode: 0o700 });
  return dir;
}

function entry(dir: string, name: string, dirs: readonly string[] = []): string {
  const path = join(dir, name);
  mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(path, 'lock'), '');
  const bytes = Buffer.alloc(3 * 4096);
  // The first record was cleared, but its text still lies there.
  bytes.write('/sys/fs/cgroup/not-in-use\0', 8);
  bytes.writeUInt32LE(1, 4096);
  bytes.writeUInt32LE(dirs.length, 4100);
  bytes.write(dirs.map((one) => `${one}\0`).join(''), 4104);
  writeFileSync(join(path, 'journal'), bytes);
  return path;
}

test('a base directory is made for its owner alone', () => {
  const dir = join(base, 'made', 'below');
  assert.is(baseDirectory(dir), dir);
  assert.is(lstatSync(dir).mode & 0o777, 0o700);
  assert.is(baseDirectory(dir), dir);
});

test('a base directory that others can write to, a link or a file is refused', () => {
  const open = fresh('open');
  chmodSync(open, 0o777);
  assert.match(refusal(open), /others may write to it \(mode 777\)/);
  symlinkSync(fresh('target'), join(base, 'link'));
  assert.match(refusal(join(base, 'link')), /a symbolic link/);
  writeFileSync(join(base, 'file'), '');
  assert.match(refusal(join(base, 'file')), /cannot be used/);
  if (!root) return;
  chownSync(fresh('foreign'), 65534, 65534);
  assert.match(refusal(join(base, 'foreign')), /belongs to user 65534/);
});

test('an entry has its name only when it is held', () => {
  const dir = fresh('entries');
  const { path, held } = makeEntry(dir, (aside) => {
    assert.equal(readdirSync(dir).length, 1);
    assert.match(aside, /\/\.new-[0-9a-f]{16}$/);
    return 'held';
  });
  assert.is(held, 'held');
  assert.match(path, /\/[0-9a-f]{16}$/);
  assert.equal(readdirSync(dir).map((name) => join(dir, name)), [path]);
});

test('an entry that could not be held leaves nothing', () => {
  const dir = fresh('failed');
  assert.throws(() => makeEntry(dir, () => {
    throw new Error('no');
  }), /no/);
  assert.equal(readdirSync(dir), []);
});

test('a journal names groups below a hierarchy, and nothing else is believed', () => {
  const mount = cgroupMounts()[0]?.mount;
  if (mount === undefined) return;
  const path = entry(fresh('journal'), 'e', [`${mount}/twinbox/a`, '/etc', `${mount}`, `${mount}/`, `${mount}/../../../etc`, `${mount}/a/./b`, 'x']);
  assert.equal(journal(path), [`${mount}/twinbox/a`]);
});

const built = ((): boolean => {
  try {
    return library() !== undefined;
  } catch {
    return false;
  }
})();

function withLibrary(name: string, body: () => void | Promise<void>): void {
  if (!built) skip(test, name, 'the native library is not built', 'install Rust and run npm run build');
  else test(name, body);
}

withLibrary('a lock has one holder', () => {
  const path = join(fresh('lock'), 'lock');
  writeFileSync(path, '');
  const held = lockFile(path)!;
  assert.ok(held > 2);
  assert.is(lockFile(path), undefined);
  closeFd(held);
  const again = lockFile(path)!;
  closeFd(again);
});

withLibrary('a sweep takes entries whose lock is free, and nothing else', () => {
  const dir = fresh('sweep');
  entry(dir, '0123456789abcdef');
  const live = entry(dir, 'fedcba9876543210');
  entry(dir, '.new-0123456789abcdef');
  const old = entry(dir, '.new-fedcba9876543210');
  utimesSync(old, 0, 0);
  entry(dir, 'images');
  const target = fresh('sweep-target');
  writeFileSync(join(target, 'kept'), '');
  symlinkSync(target, join(dir, '00000000000000ff'));
  const held = lockFile(join(live, 'lock'))!;
  assert.is(sweep(dir), 2);
  assert.equal(readdirSync(dir).sort(), ['.new-0123456789abcdef', '00000000000000ff', 'fedcba9876543210', 'images']);
  assert.ok(existsSync(join(target, 'kept')));
  closeFd(held);
  assert.is(sweep(dir), 1);
});

/** Hierarchies in which this process may make groups. */
const hierarchies = process.platform === 'linux' && root ? groups(true).hierarchies : [];
const freezer = hierarchies.find(({ controllers, version }) => version === 2 || controllers.includes('freezer'));

async function killedIn(dirs: readonly string[], freeze: (dir: string) => void, remove: () => void): Promise<void> {
  for (const dir of dirs) mkdirSync(join(dir, 'inner'), { recursive: true });
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
  try {
    for (const dir of dirs) writeFileSync(join(dir, 'inner/cgroup.procs'), String(child.pid));
    for (const dir of dirs) freeze(join(dir, 'inner'));
    remove();
    assert.is(await ended, 'SIGKILL');
    assert.equal(dirs.filter((dir) => existsSync(dir)), []);
  } finally {
    child.kill('SIGKILL');
    for (const dir of dirs) for (const one of [join(dir, 'inner'), dir]) if (existsSync(one)) rmdirSync(one);
  }
}

const freeze = (dir: string): void => {
  for (const [file, text] of [['freezer.state', 'FROZEN'], ['cgroup.freeze', '1']] as const) {
    if (existsSync(join(dir, file))) writeFileSync(join(dir, file), text);
  }
};

if (freezer === undefined) {
  skip(test, 'a group is removed with the frozen process inside it', 'no cgroup can be made here', 'run it as root');
} else {
  const place = `${freezer.mount}${freezer.path}/twinbox-test-${process.pid}`;
  test('a group is removed with the frozen process inside it', () => killedIn([place], freeze, () => assert.is(removeGroup(place), true)));

  withLibrary('a sweep removes the groups that a dead runtime had recorded', async () => {
    const dir = fresh('groups');
    const path = entry(dir, '0123456789abcdef', [place]);
    assert.equal(journal(path), [place]);
    await killedIn([place], freeze, () => assert.is(sweep(dir), 1));
    assert.equal(readdirSync(dir), []);
  });
}

test('mounts and places of cgroups are read as the kernel writes them', () => {
  const mountinfo = [
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 /docker/a\\040b /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct',
    '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
    '41 31 0:38 / /sys/fs/cgroup/uni\\134fied rw - cgroup2 cgroup2 rw,nsdelegate',
  ].join('\n');
  assert.equal(cgroupMounts(mountinfo), [
    { version: 1, mount: '/sys/fs/cgroup/cpu,cpuacct', root: '/docker/a b', controllers: ['cpu', 'cpuacct'], readonly: true },
    { version: 2, mount: '/sys/fs/cgroup/uni\\fied', root: '/', controllers: [], readonly: false },
  ]);
  const own = ownGroups('5:cpu,cpuacct:/a:b\n1:name=systemd:/\n0::/user.slice\n');
  assert.equal([...own], [['cpu', '/a:b'], ['cpuacct', '/a:b'], ['name=systemd', '/'], ['', '/user.slice']]);
});

test.run();
