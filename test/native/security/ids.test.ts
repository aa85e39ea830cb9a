// Ids, names and cgroup paths come from strangers too: none climbs, none ends early, none hides a line.

import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import * as assert from 'uvu/assert';
import {native, rejection} from '../native.ts';

const test = native('security: names');

const bad = ['', '.', '..', '../x', '../../x', '/x', '/', 'a/b', 'a/../b', 'a\0b', 'a\nb', '\n', ' a', 'a b', '-a', '--', 'ä', '%2e%2e', '$(id)', 'x'.repeat(300)];

/** Groups that such a name would have made if it climbed, in each hierarchy: at its root, and where containers lie. */
function strays(): string[] {
  if (!existsSync('/sys/fs/cgroup')) return [];
  const hierarchies = ['.', ...readdirSync('/sys/fs/cgroup')].map(name => join('/sys/fs/cgroup', name));
  return hierarchies.flatMap(dir => [dir, join(dir, 'twinbox')])
    .flatMap(dir => ['x', 'a', 'b', 'a b', '-a', ' a', 'twinbox\nb'].map(name => join(dir, name))).filter(path => existsSync(path));
}

for (const word of bad) {
  test(`as an id, a name: ${JSON.stringify(word).slice(0, 30)} is an error`, async runtime => {
    const id = await rejection(runtime.create({image: 'busybox', id: word, command: ['true']}));
    assert.ok(['ERR_SPEC', 'ERR_NAME'].includes(id.code!), `id: ${id.code} ${id.message}`);
    const name = await rejection(runtime.create({image: 'busybox', name: word, command: ['true']}));
    assert.ok(['ERR_SPEC', 'ERR_NAME'].includes(name.code!), `name: ${name.code} ${name.message}`);
    assert.equal(strays(), []);
    assert.equal(await runtime.list(), []);
  });
}

test('a container cannot be renamed to one of them', async runtime => {
  const box = await runtime.create({image: 'busybox', name: 'good', command: ['true']});
  for (const word of bad) assert.ok((await rejection(box.rename(word))).code);
  assert.is((await box.inspect()).name, 'good');
  await box.remove({force: true});
});

test('a cgroup path that climbs is an error, and makes nothing', async runtime => {
  const {spec} = await runtime.plan({image: 'busybox', command: ['true']});
  for (const path of ['..', '../x', '/..', '/../x', 'a/../../x', '/twinbox/../../x', '/twinbox/a\0b', '/twinbox/a\nb', '/twinbox/..', 'a/./b', 'a//b/..']) {
    const outcome = await runtime.run({spec: {...spec, linux: {...spec.linux, cgroupsPath: path}}}).catch((error: Error & {code?: string}) => error);
    if (/\.\.|\0|\n/.test(path)) {
      assert.instance(outcome, Error, path);
      assert.is((outcome as {code?: string}).code, 'ERR_SPEC', path);
    }
  }
  assert.equal(strays(), []);
});

test('host names, paths and variables with a NUL are errors before anything is made', async runtime => {
  const {spec} = await runtime.plan({image: 'busybox', command: ['true']});
  const specs = [
    {...spec, hostname: 'a\0b'},
    {...spec, process: {...spec.process, args: ['true\0x']}},
    {...spec, process: {...spec.process, env: ['A=b\0c']}},
    {...spec, process: {...spec.process, cwd: '/tmp\0x'}},
    {...spec, mounts: [...spec.mounts!, {destination: '/m\0n', type: 'tmpfs'}]},
    {...spec, mounts: [...spec.mounts!, {destination: '/m', type: 'tmpfs', options: ['size=1m\0x']}]},
    {...spec, mounts: [...spec.mounts!, {destination: '/m', type: 'bind', source: '/tmp\0x', options: ['bind']}]},
    {...spec, linux: {...spec.linux, maskedPaths: ['/proc/kcore\0x']}},
  ];
  for (const one of specs) {
    const error = await rejection(runtime.run({spec: one}));
    assert.ok(['ERR_SPEC', 'EINVAL'].includes(error.code!), `${error.code}: ${error.message}`);
  }
  assert.equal(await runtime.list(), []);
});

test('an id that is in use is EEXIST, and the other container lives on', async runtime => {
  const box = await runtime.create({image: 'busybox', id: 'abc123abc123', command: ['sleep', '1000']});
  await box.start();
  assert.is((await rejection(runtime.create({image: 'busybox', id: 'abc123abc123', command: ['true']}))).code, 'EEXIST');
  assert.is((await box.inspect()).status, 'running');
  await box.remove({force: true});
});

test.run();
