// Limits as files of a group, for either version of cgroups, and the errors of those that cannot be set.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {SpecError} from '../../src/errno.ts';
import {cpuWeight, limitsOf, mergeResources, updateLimits} from '../../src/plan/limit.ts';
import {compile, loadFilters, type Facts, type Step} from '../../src/plan.ts';
import {bytes, type ContainerOptions, toResources, toSpec} from '../../src/shorthand.ts';
import type {Resources} from '../../src/spec.ts';
import {helpers, onHybrid, onV1, onV2, portable, single} from '../facts.ts';

await loadFilters();

const written = (steps: readonly Step[]): string[] =>
  steps.map(step =>
    step.op === 'limit'
      ? `${step.args.controller}/${step.args.file}=${step.args.text}${step.optional ? '?' : ''}`
      : step.op,
  );

const G = 2 ** 30;
const table: readonly (readonly [
  resources: Resources,
  v1: readonly string[] | string,
  v2: readonly string[] | string,
])[] = [
  [{memory: {limit: G}}, ['memory/memory.limit_in_bytes=1073741824'], ['/memory.max=1073741824']],
  [{memory: {limit: -1}}, ['memory/memory.limit_in_bytes=-1'], ['/memory.max=max']],
  [
    {memory: {limit: G, swap: 2 * G}},
    ['memory/memory.limit_in_bytes=1073741824', 'memory/memory.memsw.limit_in_bytes=2147483648'],
    ['/memory.max=1073741824', '/memory.swap.max=1073741824'],
  ],
  [
    {memory: {limit: G, swap: G}},
    ['memory/memory.limit_in_bytes=1073741824', 'memory/memory.memsw.limit_in_bytes=1073741824'],
    ['/memory.max=1073741824', '/memory.swap.max=0'],
  ],
  [
    {memory: {limit: G, swap: -1}},
    ['memory/memory.limit_in_bytes=1073741824', 'memory/memory.memsw.limit_in_bytes=-1'],
    ['/memory.max=1073741824', '/memory.swap.max=max'],
  ],
  [{memory: {limit: G, swap: 1}}, 'memorySwap', 'memorySwap'],
  [{memory: {swap: G}}, ['memory/memory.memsw.limit_in_bytes=1073741824'], 'memorySwap'],
  [{memory: {reservation: 5}}, ['memory/memory.soft_limit_in_bytes=5'], ['/memory.low=5']],
  [{memory: {swappiness: 10}}, ['memory/memory.swappiness=10'], 'linux.resources.memory.swappiness'],
  [{memory: {disableOOMKiller: true}}, ['memory/memory.oom_control=1'], 'linux.resources.memory.disableOOMKiller'],
  [{cpu: {shares: 1024}}, ['cpu,cpuacct/cpu.shares=1024'], ['/cpu.weight=100']],
  [
    {cpu: {quota: 5, period: 10}},
    ['cpu,cpuacct/cpu.cfs_period_us=10', 'cpu,cpuacct/cpu.cfs_quota_us=5'],
    ['/cpu.max=5 10'],
  ],
  [{cpu: {quota: -1}}, ['cpu,cpuacct/cpu.cfs_quota_us=-1'], ['/cpu.max=max']],
  [
    {cpu: {burst: 7, idle: 1}},
    ['cpu,cpuacct/cpu.cfs_burst_us=7', 'cpu,cpuacct/cpu.idle=1'],
    ['/cpu.max.burst=7', '/cpu.idle=1'],
  ],
  [
    {cpu: {cpus: '0-1', mems: '0'}},
    ['cpuset/cpuset.cpus=0-1', 'cpuset/cpuset.mems=0'],
    ['/cpuset.cpus=0-1', '/cpuset.mems=0'],
  ],
  [{cpu: {cpus: '0-1\n'}}, 'cpusetCpus', 'cpusetCpus'],
  [{pids: {limit: 9}}, ['pids/pids.max=9'], ['/pids.max=9']],
  [{pids: {limit: -1}}, ['pids/pids.max=max'], ['/pids.max=max']],
  [{blockIO: {weight: 500}}, ['blkio/blkio.bfq.weight=500'], ['/io.bfq.weight=500']],
  [
    {blockIO: {weight: 500, weightDevice: [{major: 8, minor: 0}]}},
    ['blkio/blkio.bfq.weight=500', 'blkio/blkio.bfq.weight_device=8:0 500'],
    ['/io.bfq.weight=500', '/io.bfq.weight=8:0 500'],
  ],
  [
    {blockIO: {throttleWriteIOPSDevice: [{major: 8, minor: 0, rate: 5}]}},
    ['blkio/blkio.throttle.write_iops_device=8:0 5'],
    ['/io.max=8:0 wiops=5'],
  ],
  [
    {blockIO: {throttleReadBpsDevice: [{major: 8, minor: 0, rate: 0}]}},
    ['blkio/blkio.throttle.read_bps_device=8:0 0'],
    ['/io.max=8:0 rbps=max'],
  ],
  [{hugepageLimits: [{pageSize: '2MB', limit: 0}]}, ['hugetlb/hugetlb.2MB.limit_in_bytes=0'], ['/hugetlb.2MB.max=0']],
  [
    {hugepageLimits: [{pageSize: '2MB/../x', limit: 0}]},
    'linux.resources.hugepageLimits[0].pageSize',
    'linux.resources.hugepageLimits[0].pageSize',
  ],
  [{unified: {'memory.high': '7'}}, 'linux.resources.unified (memory.high)', ['/memory.high=7']],
  [{unified: {'cgroup.max.depth': '7'}}, 'linux.resources.unified (cgroup.max.depth)', ['/cgroup.max.depth=7']],
  [{unified: {'cgroup.procs': '1'}}, 'linux.resources.unified', 'linux.resources.unified'],
  [{unified: {'../memory.max': '1'}}, 'linux.resources.unified', 'linux.resources.unified'],
];

for (const [resources, v1, v2] of table) {
  test(`in files: ${JSON.stringify(resources).slice(0, 90)}`, () => {
    for (const [facts, expected] of [[onV1, v1], [onV2, v2]] as const) {
      const of = (): string[] => written(limitsOf(resources, facts).steps);
      if (typeof expected === 'string') refused(expected, of);
      else assert.equal(of(), expected);
    }
  });
}

test('io.weight is written where there is no BFQ', () => {
  const facts: Facts = {...onV2, features: ['io.weight']};
  const blockIO = {weight: 10, weightDevice: [{major: 8, minor: 0, weight: 1000}]};
  assert.equal(written(limitsOf({blockIO}, facts).steps), ['/io.weight=default 1', '/io.weight=8:0 10000']);
});

test('shares become weights by the curve of the OCI runtimes', () => {
  const known = [[2, 1], [1024, 100], [262144, 10000], [0, 1], [2 ** 40, 10000], [512, 59]] as const;
  assert.equal(known.map(([shares]) => cpuWeight(shares)), known.map(([, weight]) => weight));
});

test('swap that is not counted cannot be limited', () => {
  const facts: Facts = {...onV2, features: []};
  refused('memorySwap', () => limitsOf({memory: {limit: G, swap: 2 * G}}, facts));
  assert.equal(written(limitsOf({memory: {limit: G, swap: -1}}, facts).steps), ['/memory.max=1073741824']);
  assert.equal(toResources({memory: '1g'}, facts), {memory: {limit: G}});
  assert.throws(() => toResources({memry: '1g'} as never, facts, {}), /^memry: is no option/);
  assert.equal(toResources({memory: 0, memorySwap: '0', memoryReservation: '0b', cpus: 0, cpuShares: 0, pids: 0}, facts), {});
});

test("a limit without its controller is refused by docker's name for it", () => {
  const given: readonly (readonly [string, Partial<ContainerOptions>])[] = [
    ['memory', {memory: '64m'}],
    ['memoryReservation', {memoryReservation: '64m'}],
    ['cpus', {cpus: 0.5}],
    ['cpuShares', {cpuShares: 2}],
    ['cpusetCpus', {cpusetCpus: '0'}],
    ['cpusetMems', {cpusetMems: '0'}],
    ['pids', {pids: 32}],
    ['blkioWeight', {blkioWeight: 10}],
  ];
  for (const [field, options] of given) {
    for (const facts of [portable, single]) {
      const error = refused(field, () => compile(toSpec({image: 'busybox', ...options}, facts), facts, {id: 'x'}));
      assert.match(error.message, /never ignored/);
      if (facts === single) assert.match(error.hint ?? '', /systemd-run --user --scope -p Delegate=yes/);
    }
    for (const facts of [onV1, onHybrid, onV2])
      assert.ok(compile(toSpec({image: 'busybox', ...options}, facts), facts, {id: 'x'}));
  }
  refused('cpus', () => compile(toSpec({image: 'busybox', cpus: 1}, helpers), helpers, {id: 'x'}));
});

test('only the v1 hierarchies that are needed have a group', () => {
  const groups = (facts: Facts, options: Partial<ContainerOptions>): unknown => {
    const step = compile(toSpec({image: 'busybox', ...options}, facts), facts, {id: 'x'}).steps[0]!;
    return step.op === 'cgroup'
      ? [step.args.v2 === undefined ? '' : 'v2', ...(step.args.v1 ?? []).map(one => one.controller)]
      : undefined;
  };
  assert.equal(groups(onHybrid, {}), ['v2', 'devices']);
  assert.equal(groups(onHybrid, {privileged: true}), ['v2']);
  assert.equal(groups(onV1, {privileged: true}), ['', 'freezer']);
  assert.equal(groups(onV1, {cpus: 1, memory: '64m'}), ['', 'cpu,cpuacct', 'memory', 'devices', 'freezer']);
});

const paths: readonly (readonly [given: string | undefined, path: string | undefined])[] = [
  [undefined, '/twinbox/x'], ['/a/b', '/a/b'], ['a//b', '/twinbox/a/b'], ['/a/', '/a/x'], ['/', '/x'],
  ['..', undefined], ['/a/../../b', undefined], ['a/./b', undefined], ['a\nb', undefined], ['a\0b', undefined],
];

test('a path of a group cannot climb', () => {
  for (const [given, path] of paths) {
    const spec = toSpec({image: 'busybox', privileged: true}, onV2);
    const build = () =>
      compile({...spec, linux: {...spec.linux, ...(given === undefined ? {} : {cgroupsPath: given})}}, onV2, {id: 'x'})
        .steps[0]!;
    if (path === undefined) refused('linux.cgroupsPath', build);
    else assert.equal(build().args, {path, v2: `/sys/fs/cgroup${path}`});
  }
  for (const cgroupParent of ['../x', 'a\nb', ''])
    refused('cgroupParent', () => toSpec({image: 'busybox', cgroupParent}, onV2));
});

test('an update writes what the container has been born for', () => {
  const spec = toSpec({image: '/r', memory: '64m'}, onV1);
  const before = spec.linux?.resources ?? {};
  refused('pids', () => updateLimits({pids: {limit: 3}}, spec, onV1));
  refused('linux.resources.devices', () => updateLimits({devices: []}, spec, onV1));
  assert.equal(written(updateLimits({memory: {swap: 3 * G}}, spec, onV1)), [
    'memory/memory.memsw.limit_in_bytes=3221225472?',
    'memory/memory.limit_in_bytes=67108864',
    'memory/memory.memsw.limit_in_bytes=3221225472',
  ]);
  // What is not said stays: twice the memory, the same as the memory, or any amount.
  const swaps = [before, {memory: {limit: G, swap: G}}, {memory: {limit: G, swap: -1}}];
  assert.equal(
    swaps.map(resources => toResources({memory: '2g'}, onV2, resources).memory),
    [{limit: 2 * G, swap: 4 * G}, {limit: 2 * G, swap: 2 * G}, {limit: 2 * G}],
  );
  assert.equal(mergeResources(before, {memory: {limit: 1}, pids: {limit: 2}}), {
    memory: {limit: 1, swap: 2 ** 27},
    pids: {limit: 2},
  });
  const limited = {...spec, linux: {...spec.linux, resources: {cpu: {quota: 5, period: 10}}}};
  assert.equal(written(updateLimits({cpu: {period: 20}}, limited, onV2)), ['/cpu.max=5 20']);
});

test("sizes are docker's", () => {
  const known = [
    ['64m', 2 ** 26],
    ['1.5k', 1536],
    ['1G', G],
    [5, 5],
    ['7b', 7],
    ['2kb', 2048],
    ['3MiB', 3 * 2 ** 20],
    ['-1', -1],
  ] as const;
  assert.equal(
    known.map(([given]) => bytes('memory', given)),
    known.map(([, size]) => size),
  );
  for (const wrong of ['much', '', '1x', '-2', '9999999t']) refused('memory', () => bytes('memory', wrong));
});

function refused(field: string, run: () => unknown): SpecError {
  try {
    run();
  } catch (error) {
    assert.equal([(error as SpecError).name, (error as SpecError).field], ['SpecError', field]);
    return error as SpecError;
  }
  assert.unreachable(`${field} was accepted`);
  throw new Error('unreachable');
}

test.run();
