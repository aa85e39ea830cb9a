// What a spec must not say, or not here: each wrong field is an error that names it.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {SpecError, TwinboxError} from '../../src/errno.ts';
import {compile, compileProcess, loadFilters, type Facts, type HostFile, type Step} from '../../src/plan.ts';
import {toExec, toSpec, type ContainerOptions} from '../../src/shorthand.ts';
import {checkSpec, type Spec} from '../../src/spec.ts';
import {helpers, onHybrid, onV2, portable, single} from '../facts.ts';

await loadFilters();

const box = {image: 'busybox'} as const;
const steps = (options: ContainerOptions, facts: Facts): readonly Step[] =>
  compile(toSpec(options, facts), facts, {id: 'x'}).steps;

const words: readonly (readonly [field: string, options: ContainerOptions])[] = [
  ['hostname', {...box, hostname: 'x'.repeat(65)}],
  ['hostname', {...box, hostname: 'a\nb'}],
  ['hostname', {...box, hostname: 'a b'}],
  ['capAdd[0]', {...box, capAdd: ['SYS_ADMIM']}],
  ['volumes[0]', {...box, volumes: ['data']}],
  ['volumes[0]', {...box, volumes: ['/a:b']}],
  ['volumes[0]', {...box, volumes: ['/a:/b:rx']}],
  ['volumes[0]', {...box, volumes: ['/a:/b:rro']}],
  ['tmpfs[0]', {...box, tmpfs: ['scratch']}],
  ['env[0]', {...box, env: ['=x']}],
  ['process.args[1]', {...box, command: ['echo', 'a\0b']}],
  ['memory', {...box, memory: 'much'}],
  ['memory', {...box, memory: 1}],
  ['memorySwap', {...box, memorySwap: '1g'}],
  ['memorySwap', {...box, memory: '64m', memorySwap: '32m'}],
  ['cpus', {...box, cpus: 0.001}],
  ['cpus', {...box, cpus: NaN}],
  ['image', {} as ContainerOptions],
  ['command', {...box, command: 'ls -l'} as never],
  ['entrypoint', {...box, entrypoint: 5} as never],
  ['volumes', {...box, volumes: '/a:/b'} as never],
  ['capAdd', {...box, capAdd: 'SYS_ADMIN'} as never],
  ['env', {...box, env: 'A=1'} as never],
  ['memry', {...box, memry: '64m'} as never],
  ['cpuShares', {...box, cpuShares: 1}],
  ['blkioWeight', {...box, blkioWeight: 9}],
  ['pids', {...box, pids: 1.5}],
  ['shmSize', {...box, shmSize: 'x'}],
  ['cwd', {...box, cwd: 'relative'}],
  ['command', {image: './x', entrypoint: ''}],
  ['securityOpt[0]', {...box, securityOpt: ['apparmor=x']}],
  ['securityOpt[0]', {...box, securityOpt: ['seccomp=/a/file']}],
  ['securityOpt[0]', {...box, securityOpt: ['seccomp={']}],
  ['securityOpt[0]', {...box, securityOpt: ['no-new-privileges=maybe']}],
  ['process.rlimits[0].type', {...box, ulimits: {nofiles: 1}}],
  ['process.rlimits[0].soft', {...box, ulimits: {nofile: -2}}],
  ['process.oomScoreAdj', {...box, oomScoreAdj: 1001}],
  ['requireIsolation', {...box, requireIsolation: true}],
  ['devices[0]', {...box, devices: ['/dev/fuse']}],
  ['network', {...box, network: 'bridge'}],
  ['network', {...box, network: 'host'}],
  ['pid', {...box, pid: 'nope'}],
  ['pid', {...box, pid: 'container:other'}],
  ['ipc', {...box, ipc: 'ns:relative'}],
  ['userns', {...box, userns: 'private'}],
  ['userns', {...box, userns: 'other'}],
  ['user', {...box, user: '4294967295'}],
  ['user', {...box, user: '0:4294967296'}],
  ['user', {...box, user: 'a:b:c'}],
  ['user', {...box, user: 'a\nb'}],
  ['groupAdd', {...box, groupAdd: ['a:b']}],
  ['process.user.additionalGids[0]', {...box, groupAdd: [2 ** 32]}],
];

for (const [field, options] of words) {
  test(`a wrong ${field} is named: ${JSON.stringify(options).slice(17, 80)}`, () => {
    refused(field, () => toSpec(options, portable));
  });
}

const linux: readonly (readonly [field: string, options: ContainerOptions, facts?: Facts])[] = [
  ['hostname', {...box, hostname: 'x', uts: 'host'}],
  ['linux.sysctl (vm.swappiness)', {...box, sysctl: {'vm.swappiness': '1'}}],
  ['linux.sysctl (kernel.core_pattern)', {...box, sysctl: {'kernel.core_pattern': '|/x'}}],
  ['linux.sysctl (kernel.hostname)', {...box, hostname: 'a', sysctl: {'kernel.hostname': 'b'}}],
  ['linux.sysctl (kernel.domainname)', {...box, domainname: 'a', sysctl: {'kernel.domainname': 'b'}}],
  ['linux.sysctl (net.../x)', {...box, sysctl: {'net.../x': '1'}}],
  ['linux.sysctl (net//ipv4)', {...box, sysctl: {'net//ipv4': '1'}}],
  ['linux.sysctl (net.ipv4.ip_forward)', {...box, network: 'host', sysctl: {'net.ipv4.ip_forward': '1'}}],
  ['linux.sysctl (kernel.sem)', {...box, ipc: 'host', sysctl: {'kernel.sem': '1'}}],
  ['capAdd[0]', {...box, capAdd: ['SYS_RESOURCE']}, {...onV2, capabilities: ['CHOWN', 'SYS_ADMIN']}],
  ['mounts[7].destination', {...box, tmpfs: ['/a/../b']}],
  ['process.user.uid', {...box, user: '1000:0'}, single],
  ['process.user.gid', {...box, user: '0:5'}, single],
  ['process.user.additionalGids', {...box, groupAdd: [0]}, single],
  ['process.user.uid', {...box, user: '70000:0'}, helpers],
  ['userns', {...box, userns: 'keep-id'}, single],
  ['userns', {...box, userns: 'private'}, {...onV2, ids: {...onV2.ids!, uids: []}}],
  ['userns', {...box, userns: 'private'}, {...onV2, namespaces: ['pid', 'mount', 'uts', 'ipc', 'network']}],
  ['pid', {...box, pid: 'host'}, single],
  ['linux.seccomp', box, {...onV2, features: ['device-program']}],
  ['linux.seccomp', box, {...onV2, arch: 'riscv64'}],
  ['linux.resources.devices', box, {...onV2, cgroup: 'none', hierarchies: []}],
  ['linux.seccomp.defaultAction', {...box, seccomp: {defaultAction: 'SCMP_ACT_MAYBE'}}],
];

for (const [field, options, facts = onV2] of linux) {
  test(`on Linux a wrong ${field} is named: ${JSON.stringify(options).slice(17, 80)}`, () => {
    refused(field, () => steps(options, facts));
  });
}

test('no cgroup for devices is no obstacle where a user namespace guards them, or nobody', () => {
  const bare: Facts = {...onV2, cgroup: 'none', hierarchies: []};
  for (const options of [{...box, userns: 'private'}, {...box, privileged: true}]) assert.ok(steps(options, bare));
  assert.ok(steps({...box, pid: 'host'}, onV2));
  assert.ok(compile(toSpec({...box, pid: 'host'}, single), single, {id: 'x', allowStray: true}));
});

const good: Spec = {ociVersion: '1.3.0', root: {path: '/r'}, process: {args: ['x'], cwd: '/'}};
const namespaces = [{type: 'mount'}, {type: 'pid'}] as const;
const specs: readonly (readonly [field: string, more: object])[] = [
  ['ociVersion', {ociVersion: '2.0.0'}],
  ['hooks', {hooks: {prestart: [{path: '/x'}]}}],
  ['vm', {vm: {hypervisor: {path: '/x'}}}],
  ['root.path', {root: {path: ''}}],
  ['root.type', {root: {path: '/', type: 'zfs'}}],
  ['process.apparmorProfile', {process: {...good.process, apparmorProfile: 'docker-default'}}],
  ['process.scheduler', {process: {...good.process, scheduler: {policy: 'SCHED_IDLE'}}}],
  ['process.env[0]', {process: {...good.process, env: ['x']}}],
  ['process.user.uid', {process: {...good.process, user: {uid: -1}}}],
  ['process.user.umask', {process: {...good.process, user: {umask: 0o1000}}}],
  [
    'process.rlimits',
    {
      process: {
        ...good.process,
        rlimits: [
          {type: 'RLIMIT_CORE', soft: 0, hard: 0},
          {type: 'RLIMIT_CORE', soft: 1, hard: 1},
        ],
      },
    },
  ],
  ['process.capabilities.bounding', {process: {...good.process, capabilities: {bounding: ['CAP_X']}}}],
  ['mounts[0].destination', {mounts: [{destination: 'x'}]}],
  ['mounts[0].uidMappings', {mounts: [{destination: '/x', uidMappings: [{containerID: 0, hostID: 1, size: 1}]}]}],
  ['linux.intelRdt', {linux: {intelRdt: {closID: 'x'}}}],
  ['linux.personality', {linux: {personality: {domain: 'LINUX32'}}}],
  ['linux.mountLabel', {linux: {mountLabel: 'x'}}],
  ['linux.namespaces[0].type', {linux: {namespaces: [{type: 'disk'}]}}],
  ['linux.namespaces[1]', {linux: {namespaces: [{type: 'pid'}, {type: 'pid'}]}}],
  ['linux.namespaces[0].path', {linux: {namespaces: [{type: 'pid', path: 'x'}]}}],
  ['linux.uidMappings[0].size', {linux: {uidMappings: [{containerID: 0, hostID: 0, size: 0}]}}],
  ['linux.resources.rdma', {linux: {resources: {rdma: {mlx: {hcaHandles: 1}}}}}],
  ['linux.resources.network', {linux: {resources: {network: {classID: 1}}}}],
  ['linux.resources.memory.kernel', {linux: {resources: {memory: {kernel: 1}}}}],
  ['linux.resources.cpu.realtimeRuntime', {linux: {resources: {cpu: {realtimeRuntime: 1}}}}],
  ['linux.resources.cpu.quota', {linux: {resources: {cpu: {quota: 1.5}}}}],
  ['linux.resources.blockIO.leafWeight', {linux: {resources: {blockIO: {leafWeight: 10}}}}],
];

for (const [field, more] of specs) {
  test(`an OCI spec with ${field} is refused by name`, () => {
    refused(field, () => checkSpec({...good, ...more} as Spec));
  });
}

test('fields that say nothing are nothing', () => {
  assert.ok(
    checkSpec({
      ...good,
      hooks: {},
      linux: {intelRdt: {}, resources: {network: {priorities: []}}, mountLabel: ''},
    } as Spec),
  );
});

const compiled: readonly (readonly [field: string, linux: object, facts?: Facts])[] = [
  ['linux.namespaces', {namespaces: [{type: 'pid'}]}],
  ['linux.namespaces[2]', {namespaces: [...namespaces, {type: 'time'}]}, {...onV2, namespaces: ['mount', 'pid']}],
  [
    'linux.uidMappings',
    {namespaces: [...namespaces, {type: 'user'}], uidMappings: [{containerID: 1, hostID: 1, size: 1}]},
  ],
  [
    'linux.gidMappings',
    {namespaces: [...namespaces, {type: 'user'}], uidMappings: [{containerID: 0, hostID: 1, size: 1}]},
  ],
  ['linux.uidMappings', {namespaces, uidMappings: [{containerID: 0, hostID: 0, size: 1}], gidMappings: []}, single],
  ['linux.rootfsPropagation', {namespaces, rootfsPropagation: 'wide'}],
  ['linux.seccomp', {namespaces, seccomp: 'other'}],
];

for (const [field, part, facts = onV2] of compiled) {
  test(`on Linux ${field} of ${JSON.stringify(part).slice(0, 60)} is refused`, () => {
    refused(field, () => compile({...good, linux: part} as Spec, facts, {id: 'x'}));
  });
}

const mounts: readonly (readonly [field: string, mount: object, facts?: Facts])[] = [
  ['mounts[0].options', {type: 'bind', source: '/a', options: ['idmap']}],
  ['mounts[0].options', {type: 'bind', source: '/a', options: ['size=1m']}],
  ['mounts[0].options', {type: 'tmpfs', options: ['rro']}],
  ['mounts[0].options', {type: 'bind', source: '/a', options: ['rro']}, {...onV2, features: []}],
  ['mounts[0].options', {type: 'bind', source: '/a', options: ['rro']}, portable],
  ['mounts (/x)', {type: 'bind'}],
  ['mounts[0].type', {type: 'zfs'}],
  ['mounts[0]', {type: 'program', source: './x.wasm'}],
  ['mounts[0].destination', {destination: '/', type: 'tmpfs'}],
];

for (const [field, mount, facts = onV2] of mounts) {
  test(`a mount ${JSON.stringify(mount)} is refused`, () => {
    const spec = {
      ...good,
      mounts: [{destination: '/x', ...mount}],
      linux: {namespaces, resources: {devices: [{allow: true}]}},
    } as Spec;
    const root = facts === portable ? {...spec, linux: {namespaces}, root: {path: 'builtin:busybox'}} : spec;
    refused(field, () => compile(root, facts, {id: 'x'}));
  });
}

test('a program in the wrong form for the kernel is an error with a way out', () => {
  const cases: readonly (readonly [string, Facts, RegExp])[] = [
    ['./tool.wasm', onV2, /--mode portable/],
    ['host', portable, /--mode native/],
    ['alpine', onV2, /registry come later/],
    [
      'busybox',
      {...onV2, images: {busyboxMissing: 'apt-get install busybox-static'}},
      /apt-get install busybox-static/,
    ],
  ];
  for (const [image, facts, hint] of cases) {
    try {
      steps({image}, facts);
      assert.unreachable(image);
    } catch (error) {
      assert.match((error as TwinboxError).hint ?? '', hint);
    }
  }
});

test('capabilities that root itself does not have are left out, and the default sets inherit nothing', () => {
  const facts: Facts = {...onV2, capabilities: ['CHOWN', 'SYS_ADMIN']};
  const sets = (options: ContainerOptions) => steps(options, facts).find(step => step.op === 'capset')!.args;
  assert.equal(sets(box), {effective: ['CHOWN'], permitted: ['CHOWN'], inheritable: []});
  assert.equal(sets({...box, privileged: true}), {
    effective: ['CHOWN', 'SYS_ADMIN'],
    permitted: ['CHOWN', 'SYS_ADMIN'],
    inheritable: [],
  });
  const bare = compile({...good, linux: {namespaces}}, onV2, {id: 'x'}).steps.find(step => step.op === 'capset')!.args;
  assert.equal(bare, {effective: [], permitted: [], inheritable: []});
});

test('a filter comes before the powers go where no_new_privs is off, and last where it is on', () => {
  const order = (options: ContainerOptions): string[] =>
    steps(options, onV2)
      .map(step => step.op)
      .filter(op => ['seccomp', 'bounding', 'no_new_privs', 'park'].includes(op));
  assert.equal(order(box), ['bounding', 'no_new_privs', 'seccomp', 'park']);
  assert.equal(order({...box, securityOpt: ['no-new-privileges=false']}), ['seccomp', 'bounding', 'park']);
  assert.equal(order({...box, seccomp: 'unconfined'}), ['bounding', 'no_new_privs', 'park']);
  assert.equal(order({...box, privileged: true}), ['bounding', 'no_new_privs', 'park']);
});

test('an exec says only what is known, in words', () => {
  const {process} = toSpec({...box, env: {A: 'a', B: undefined}}, portable);
  assert.equal(process.env?.filter(entry => /^[AB]=/.test(entry)), ['A=a']);
  refused('comand', () => toExec({comand: ['x']} as never, process));
  refused('command', () => toExec({command: 'x'} as never, process));
  refused('command', () => toExec('ls' as never, process));
});

test('an exec has the filter, the session and the limits of its container', () => {
  const spec = toSpec({...box, oomScoreAdj: 9}, onHybrid);
  const process = toExec({command: ['x'], user: '5:6'}, spec.process);
  const ops = compileProcess(process, spec, onHybrid, {id: 'x'}).steps.map(step => step.op);
  for (const op of ['close_fds', 'pdeathsig', 'enter_root', 'keyring', 'prlimit', 'write', 'seccomp'] as const)
    assert.ok(ops.includes(op), op);
  assert.is(ops.at(-1), 'exec');
});

test('a device is what the host says it is', () => {
  const fuse: HostFile = {type: 'c', mode: 0o20660, uid: 0, gid: 7, major: 10, minor: 229};
  const look = {
    stat: (path: string): HostFile | undefined =>
      path === '/dev/fuse' ? fuse : path === '/etc' ? {...fuse, type: 'directory'} : undefined,
  };
  const spec = toSpec({...box, devices: ['/dev/fuse:/dev/f:r', '/dev/fuse:rw']}, onV2, look);
  assert.equal(spec.linux?.devices, [
    {type: 'c', path: '/dev/f', major: 10, minor: 229, fileMode: 0o660, uid: 0, gid: 7},
    {type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o660, uid: 0, gid: 7},
  ]);
  assert.equal(
    spec.linux?.resources?.devices?.map(rule => rule.access),
    ['rwm', 'r', 'rw'],
  );
  for (const device of ['/etc', '/dev/none', 'fuse', '/dev/fuse:/dev/f:x'])
    refused('devices[0]', () => toSpec({...box, devices: [device]}, onV2, look));
  refused('devices[0]', () => toSpec({...box, devices: ['/dev/fuse']}, onV2));
  refused('devices[0]', () => toSpec({...box, devices: ['/dev/fuse:/dev/f:r']}, single, look));
});

function refused(field: string, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    const {name, field: found, message} = error as SpecError;
    assert.equal([name, found], ['SpecError', field], message);
    return;
  }
  assert.unreachable(`${field} was accepted`);
}

test.run();
