// Plans pinned: what (spec, facts) compiles to, step by step. A change of order here is a change of what a container
// is; UPDATE_GOLDEN=1 writes the files anew.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  compile,
  compileDelete,
  compileProcess,
  compileUpdate,
  loadFilters,
  prepaid,
  type Facts,
  type HostFile,
  type Plan,
} from '../src/plan.ts';
import { printPlan } from '../src/plan/print.ts';
import { toExec, toResources, toSpec, type ContainerOptions } from '../src/shorthand.ts';
import type { Spec } from '../src/spec.ts';
import { helpers, onHybrid, onV1, onV2, portable, single } from './facts.ts';

await loadFilters();
const id = '5eed';
const file: HostFile = { type: 'file', mode: 0o644, uid: 0, gid: 0, major: 0, minor: 0 };
const files: Readonly<Record<string, HostFile>> = {
  '/srv/data': { ...file, type: 'directory' },
  '/sys': { ...file, type: 'directory' },
  '/dev/shm': { ...file, type: 'directory' },
  '/srv/file': file,
  '/dev/fuse': { ...file, type: 'c', mode: 0o666, major: 10, minor: 229 },
};
const lookup = { stat: (path: string) => files[path], pidOf: (name: string) => (name === 'other' ? 4321 : 0) };
const plan = (options: ContainerOptions, facts: Facts): Plan =>
  compile(toSpec(options, facts, lookup), facts, { id, stat: lookup.stat });

const withPool: Facts = { ...onHybrid, features: [...onHybrid.features, 'pool'] };

const root = { image: '/srv/root', hostname: 'box' } as const;
const limits = {
  memory: '64m',
  memorySwap: '96m',
  memoryReservation: '32m',
  cpus: 0.5,
  cpuShares: 512,
  cpusetCpus: '0',
  pids: 32,
  blkioWeight: 500,
} as const;

const cases: readonly (readonly [name: string, facts: Facts, options: ContainerOptions])[] = [
  ['busybox', portable, { image: 'busybox', hostname: 'box' }],
  ['terminal', portable, { image: 'busybox', hostname: 'box', tty: { columns: 100, rows: 40 }, privileged: true }],
  ['volumes', portable, {
    image: 'busybox', volumes: ['/srv/data:/data:ro', 'C:\\work:/work'], tmpfs: ['/scratch:size=1m'], readonly: true,
    user: '1000:100', cwd: '/data', capDrop: ['ALL'], capAdd: ['net_raw'],
  }],
  ['program', portable, { image: './tool.wasm', command: ['--help'] }],

  // One spec on every set-up of cgroups.
  ['linux-v2', onV2, { ...root, ...limits }],
  ['linux-hybrid', onHybrid, { ...root, ...limits }],
  ['linux-v1', onV1, { ...root, ...limits }],
  [
    'linux-volumes',
    onV2,
    {
      ...root,
      volumes: ['/srv/data:/data:ro', '/srv/file:/etc/file', '/srv/data:/shared:rshared'],
      tmpfs: ['/scratch:size=1m'],
      readonly: true,
      devices: ['/dev/fuse'],
      shmSize: '1m',
      sysctl: { 'kernel.shmmax': '1000000', 'net.ipv4.ip_forward': '0' },
    },
  ],
  [
    'linux-process',
    onHybrid,
    {
      ...root,
      user: 'web:www',
      groupAdd: [27, 'audio'],
      cwd: '/srv',
      ulimits: { nofile: { soft: 64, hard: 128 }, core: 0 },
      oomScoreAdj: 500,
      securityOpt: ['no-new-privileges=false'],
      init: true,
      command: ['serve', '-v'],
      domainname: 'example',
    },
  ],
  ['linux-terminal', onHybrid, { ...root, tty: { columns: 100, rows: 40 }, privileged: true }],
  ['linux-userns', onHybrid, { ...root, userns: 'private', memory: '64m', devices: ['/dev/fuse:/dev/other'] }],
  [
    'linux-joined',
    onV2,
    {
      ...root,
      hostname: undefined as never,
      pid: 'container:other',
      network: 'ns:/run/netns/blue',
      ipc: 'pid:77',
      uts: 'host',
      cgroupParent: 'mine',
    },
  ],
  ['linux-pool', withPool, {
    image: 'busybox', hostname: 'box', memory: '64m', tmpfs: ['/dev/more'], volumes: ['/srv/data:/data'],
  }],
  ['linux-busybox', onHybrid, { image: 'busybox', hostname: 'box', network: 'host' }],
  ['linux-host', onHybrid, { image: 'host', hostname: 'box' }],
  ['rootless-single', single, { image: 'busybox', hostname: 'box' }],
  ['rootless-shared', single, { image: 'host', hostname: 'box', network: 'host', ipc: 'host' }],
  ['rootless-helpers', helpers, { ...root, memory: '64m', userns: 'keep-id', volumes: ['/srv/data:/data'] }],
];

for (const [name, facts, options] of cases) {
  test(`the plan of ${name} is the recorded one`, () => {
    golden(name, printPlan(plan(options, facts)));
  });
}

test('the plan of an OCI spec with time offsets, its own maps and devices is the recorded one', () => {
  const spec: Spec = {
    ociVersion: '1.3.0',
    root: { path: '/srv/root' },
    process: { args: ['/init'], cwd: '/' },
    mounts: [
      { destination: '/proc', type: 'proc' },
      { destination: '/lower//./x', type: 'overlay', options: ['lowerdir=/a', 'upperdir=/b', 'workdir=/c', 'nosuid'] },
    ],
    linux: {
      namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'user' }, { type: 'time' }, { type: 'cgroup' }],
      uidMappings: [{ containerID: 0, hostID: 7000, size: 10 }],
      gidMappings: [{ containerID: 0, hostID: 8000, size: 10 }],
      timeOffsets: { monotonic: { secs: 60 }, boottime: { secs: -5, nanosecs: 7 } },
      cgroupsPath: '/a/b',
      rootfsPropagation: 'slave',
      devices: [{ type: 'c', path: '/dev/null' }],
      maskedPaths: ['/proc/kcore'],
      resources: {
        devices: [{ allow: false }, { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }],
        unified: { 'memory.high': '1000000' },
        blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1000 }] },
        hugepageLimits: [{ pageSize: '2MB', limit: 0 }],
      },
    },
  };
  golden('linux-oci', printPlan(compile(spec, onV2, { id })));
});

test('the plans of exec, update and removal are the recorded ones', () => {
  const spec = toSpec({ image: 'busybox', hostname: 'box' }, portable);
  const process = toExec({ command: ['ps'], env: { A: 'b' }, user: 'nobody' }, spec.process);
  golden('exec', printPlan(compileProcess(process, spec, portable, { id, stdio: ['null', 'pipe', 'pipe'] })));
  golden('delete', printPlan(compileDelete(compile(spec, portable, { id }))));
  for (const [name, facts] of [['v2', onV2], ['v1', onV1]] as const) {
    const made = toSpec({ ...root, memory: '64m', pids: 32 }, facts);
    const given = toResources(
      { memory: '128m', pids: -1, ...(name === 'v2' ? { cpus: 1 } : {}) },
      facts,
      made.linux?.resources,
    );
    golden(`update-${name}`, printPlan(compileUpdate(given, made, facts)));
  }
  const made = toSpec({ image: 'busybox', hostname: 'box' }, helpers);
  const exec = toExec({ command: ['sh'], tty: true }, made.process);
  golden('rootless-exec', printPlan(compileProcess(exec, made, helpers, { id })));
});

test('every golden file belongs to a test', () => {
  const known = new Set([
    ...cases.map(([name]) => name),
    'linux-oci',
    'exec',
    'delete',
    'update-v2',
    'update-v1',
    'rootless-exec',
  ]);
  const found = readdirSync(new URL('./golden/plan/', import.meta.url)).map((name) => name.replace(/\.txt$/, ''));
  assert.equal(found.filter((name) => !known.has(name)), []);
});

test("a relative path of the host begins at the caller's directory, which the supervisor does not share", () => {
  const paths = (facts: Facts): unknown[] =>
    compile(toSpec({ image: './r', volumes: ['./v:/v'] }, facts), facts, { id, cwd: '/home/me' }).steps.flatMap(
      (step) => (step.op === 'open_tree' ? [step.args.path] : step.op === 'fsmount' ? [step.args.source] : []),
    );
  assert.equal(paths(onV2), ['/home/me/./r', '/home/me/./v', '/dev/null']);
  assert.equal(paths(portable), ['./r', './v']);
});

test('a plan is plain data', () => {
  const made = plan({ image: 'busybox' }, portable);
  assert.equal(JSON.parse(JSON.stringify(made)), made);
  assert.equal(structuredClone(plan(root, onV2)), plan(root, onV2));
});

test('one spec has one plan: kernels differ in ways to the host, limits, filters, and steps that say so', () => {
  const ops = ({ steps }: Plan): string[] => steps.map((step) => step.op);
  const differs = new Set(['open_tree', 'fsmount', 'limit', 'device_program', 'delegate', 'seccomp']);
  const common = (facts: Facts, options: ContainerOptions): string[] =>
    ops(plan(options, facts)).filter((op) => !differs.has(op));
  const same = {
    ...portable,
    filesystems: onV2.filesystems.filter((type) => !type.startsWith('cgroup')),
    staging: '/',
    hostDirectory: 'bind' as const,
  };
  assert.equal(common({ ...onV2, cgroup: 'v2', filesystems: same.filesystems }, root), common(same, root));
  const skipped = plan(root, same)
    .steps.filter((step) => step.skip !== undefined)
    .map((step) => [step.op, step.skip?.by]);
  assert.equal(
    skipped.map(([op]) => op),
    ['close_fds', 'pdeathsig', 'keyring', 'loopback', 'prlimit', 'pdeathsig'],
  );
  assert.ok(skipped.every(([, by]) => by === 'portable'));
});

test('children of the pool are interchangeable for the same new namespaces, whatever else differs', () => {
  const ahead = (options: ContainerOptions, facts = onV2) => prepaid(plan(options, facts));
  const other = { ...root, memory: '64m', hostname: 'other', tty: true };
  const keys = [root, other, { ...root, network: 'host' }].map((one) => ahead(one));
  assert.is(keys[0]?.key, keys[1]?.key);
  assert.is.not(keys[0]?.key, keys[2]?.key);
  assert.equal([keys[0]?.steps, keys[2]?.steps], [6, 5]);
  const cold: readonly ContainerOptions[] = [
    { ...root, userns: 'private' }, { image: '/srv/root', pid: 'container:other' },
  ];
  for (const options of cold) assert.is(ahead(options), undefined);
  assert.is(ahead(root, single), undefined);
});

test('a child of the pool has /proc, /dev and /sys with all that protects them before it has a root', () => {
  const made = (options: ContainerOptions): string[] => {
    const { steps, ahead } = plan(options, withPool);
    const at = steps.findIndex((step) => step.op === 'clone') + 1;
    return steps.slice(at, at + (ahead?.steps ?? 0)).map((step) => step.op);
  };
  const key = (options: ContainerOptions): string | undefined => plan(options, withPool).ahead?.key;
  const whole = made(root);
  for (const op of ['mount', 'mknod', 'mask', 'readonly', 'umount', 'open_tree']) assert.ok(whole.includes(op), op);
  assert.is(whole.at(-1), 'open_tree');
  assert.is(prepaid(plan(root, withPool), true)?.steps, whole.length + 1);
  const same: readonly ContainerOptions[] = [
    { image: 'busybox' },
    { ...root, volumes: ['/srv/data:/dev/data'], sysctl: { 'kernel.sem': '1 2 3 4' }, user: '5', readonly: true },
  ];
  for (const options of same) assert.is(key(options), key(root));
  const others: readonly ContainerOptions[] = [
    { ...root, shmSize: '1m' }, { ...root, privileged: true }, { ...root, ipc: 'host' },
  ];
  assert.is(new Set([root, ...others].map(key)).size, 4);
  // What would lie over or under what is protected is mounted in its turn, and so is everything with it.
  const plain: readonly ContainerOptions[] = [
    { ...root, volumes: ['/srv/data:/proc/data'] }, { ...root, volumes: ['/srv/data:/sys'] },
    { ...root, devices: ['/dev/fuse'] },
  ];
  for (const options of plain) assert.is(made(options).includes('mask'), false);
});

function golden(name: string, text: string): void {
  const path = new URL(`./golden/plan/${name}.txt`, import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, text);
  assert.ok(existsSync(path), `${name}.txt is missing: run with UPDATE_GOLDEN=1`);
  assert.fixture(text, readFileSync(path, 'utf8'));
}

test.run();
