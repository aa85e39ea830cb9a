// Plans pinned: what (spec, facts) compiles to, step by step. A change of order here is a change of what a container is;
// UPDATE_GOLDEN=1 writes the files anew.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile, compileDelete, compileProcess, type Facts } from '../src/plan.ts';
import { printPlan } from '../src/plan/print.ts';
import { toExec, toSpec, type ContainerOptions } from '../src/shorthand.ts';
import { SpecError } from '../src/errno.ts';

const portable: Facts = {
  kernel: 'portable', release: '6.18.0-twinbox', cgroup: 'v2', controllers: [], cgroupParent: '/twinbox', rootless: false,
  namespaces: ['user', 'pid', 'mount', 'uts', 'ipc', 'network', 'cgroup', 'time'],
  filesystems: ['tmpfs', 'proc', 'devpts', 'sysfs', 'hostfs'], hostDirectory: 'hostfs', staging: '/mnt', features: [],
};
const linux: Facts = {
  ...portable, kernel: 'linux', release: '6.1.0', controllers: ['memory', 'cpu', 'pids'], hostDirectory: 'bind',
  filesystems: ['tmpfs', 'proc', 'devpts', 'sysfs', 'cgroup2', 'mqueue'],
};

const id = '5eed';
const cases: readonly (readonly [name: string, facts: Facts, options: ContainerOptions])[] = [
  ['busybox', portable, { image: 'busybox', hostname: 'box' }],
  ['terminal', portable, { image: 'busybox', hostname: 'box', tty: { columns: 100, rows: 40 }, privileged: true }],
  ['volumes', portable, {
    image: 'busybox', volumes: ['/srv/data:/data:ro', 'C:\\work:/work'], tmpfs: ['/scratch:size=1m'], readonly: true,
    user: '1000:100', cwd: '/data', capDrop: ['ALL'], capAdd: ['net_raw'],
  }],
  ['program', portable, { image: './tool.wasm', command: ['--help'] }],
  ['linux', linux, { image: '/srv/root', hostname: 'box', volumes: ['/srv/data:/data'] }],
];

for (const [name, facts, options] of cases) {
  test(`the plan of ${name} is the recorded one`, () => {
    golden(name, printPlan(compile(toSpec(options, facts), facts, { id })));
  });
}

test('the plans of exec and removal are the recorded ones', () => {
  const spec = toSpec({ image: 'busybox', hostname: 'box' }, portable);
  const process = toExec({ command: ['ps'], env: { A: 'b' }, user: 'nobody' }, spec.process);
  golden('exec', printPlan(compileProcess(process, spec, portable, { id, stdio: ['null', 'pipe', 'pipe'] })));
  golden('delete', printPlan(compileDelete(compile(spec, portable, { id }))));
});

test('a plan is plain data', () => {
  const plan = compile(toSpec({ image: 'busybox' }, portable), portable, { id });
  assert.equal(JSON.parse(JSON.stringify(plan)), plan);
});

test('a limit without its controller is refused by name', () => {
  for (const [field, options] of [['memory', { memory: '64m' }], ['cpus', { cpus: 0.5 }], ['pids', { pids: 32 }]] as const) {
    const spec = toSpec({ image: 'busybox', ...options }, portable);
    assert.throws(() => compile(spec, portable, { id }), (error: SpecError) => error.field === field, field);
    assert.ok(compile(toSpec({ image: 'busybox', ...options }, linux), linux, { id }));
  }
});

const wrong: readonly (readonly [field: string, options: ContainerOptions])[] = [
  ['hostname', { image: 'busybox', hostname: 'x'.repeat(65) }],
  ['capAdd[0]', { image: 'busybox', capAdd: ['SYS_ADMIM'] }],
  ['volumes[0]', { image: 'busybox', volumes: ['data'] }],
  ['volumes[0]', { image: 'busybox', volumes: ['/a:b'] }],
  ['volumes[0]', { image: 'busybox', volumes: ['/a:/b:rx'] }],
  ['tmpfs[0]', { image: 'busybox', tmpfs: ['scratch'] }],
  ['env[0]', { image: 'busybox', env: ['=x'] }],
  ['process.args[1]', { image: 'busybox', command: ['echo', 'a\0b'] }],
  ['memory', { image: 'busybox', memory: 'much' }],
  ['cwd', { image: 'busybox', cwd: 'relative' }],
  ['command', { image: './x', entrypoint: '' }],
  ['securityOpt[0]', { image: 'busybox', securityOpt: ['apparmor=x'] }],
  ['process.rlimits[0].type', { image: 'busybox', ulimits: { nofiles: 1 } }],
];

for (const [field, options] of wrong) {
  test(`a wrong ${field} is named: ${JSON.stringify(options).slice(0, 60)}`, () => {
    assert.throws(() => toSpec(options, portable), (error: SpecError) => error.name === 'SpecError' && error.field === field);
  });
}

function golden(name: string, text: string): void {
  const file = new URL(`./golden/plan/${name}.txt`, import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  assert.ok(existsSync(file), `${name}.txt is missing: run with UPDATE_GOLDEN=1`);
  assert.fixture(text, readFileSync(file, 'utf8'));
}

test.run();
