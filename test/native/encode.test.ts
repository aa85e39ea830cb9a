// Plans as bytes: written by the encoder, read back, and compared; and what has no exact form is refused.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SpecError, TwinboxError } from '../../src/errno.ts';
import { encodePlan } from '../../src/native/encode.ts';
import type { AnyStep, Visit } from '../../src/native/ops.ts';
import type { Action, Plan, Step } from '../../src/plan.ts';
import { decode } from './decode.ts';

const plan = (...steps: Step[]): Plan => ({ kind: 'create', given: [], steps });
const child = (action: Action, more: Partial<Step> = {}): Step => ({ by: 'child', ...action, ...more }) as Step;
const runtime = (action: Action, more: Partial<Step> = {}): Step => ({ by: 'runtime', ...action, ...more }) as Step;
const fieldsOf = (step: Step): readonly unknown[] => decode(encodePlan(plan(step), undefined).bytes).steps[0]!.fields;

const filter = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]);
const cases: readonly (readonly [step: Step, fields: readonly unknown[]])[] = [
  [runtime({ op: 'cgroup', args: { path: '/twinbox/a', v2: '/cg/u/twinbox/a', v1: [{ controller: 'cpu,cpuacct', dir: '/cg/cpu/a' }] } }),
    ['/cg/u/twinbox/a', ['cpu,cpuacct'], ['/cg/cpu/a']]],
  [runtime({ op: 'cgroup', args: { path: '/a' } }), ['', [], []]],
  [runtime({ op: 'delegate', args: { dir: '/cg', controllers: '+memory' } }), ['/cg', '+memory']],
  [runtime({ op: 'limit', args: { controller: '', file: 'memory.max', text: '1' } }), ['', 'memory.max', '1']],
  [runtime({ op: 'device_program', args: { instructions: filter } }), [filter]],
  [runtime({ op: 'open', args: { path: '/proc/1/ns/net' } }), ['/proc/1/ns/net']],
  [runtime({ op: 'open_tree', args: { path: '/srv', flags: ['CLONE', 'REC'] } }), ['/srv', '0x8001']],
  [child({ op: 'fsmount', args: { type: 'tmpfs', source: 't', flags: ['NOSUID', 'NODEV'], data: 'size=1m,mode=755' } }),
    ['tmpfs', 't', ['size=1m', 'mode=755'], '0x6']],
  [runtime({ op: 'stdio', args: { fds: ['null', 'pipe', 'log'] } }), [[0, 1, 2]]],
  [runtime({ op: 'clone', args: { flags: ['NEWPID', 'NEWUSER', 'SIGCHLD'], cgroup: '$cgroup' } }), ['0x30000000', 1, []]],
  [runtime({ op: 'clone', args: { flags: [], join: [{ from: '$init', namespaces: ['user', 'mount'] }, { from: '$net', namespaces: ['network'] }] } }),
    ['0x0', 0, [1, 0x10020000, 8, 0x40000000]]],
  [runtime({ op: 'maps', args: { pid: '$pid', uid: ['0 1000 1', '1 100000 65536'], gid: ['0 1000 1'], setgroups: 'deny', helper: true } }),
    ['0 1000 1\n1 100000 65536\n', '0 1000 1\n', 'deny', 1]],
  [child({ op: 'pdeathsig', args: { signal: 'SIGKILL' } }), [9]],
  [child({ op: 'mount', args: { source: '', target: '/', type: '', flags: ['REC', 'PRIVATE'], data: '' } }), ['', '/', '', '0x44000', []]],
  [child({ op: 'mount', args: { source: 'overlay', target: '/', type: 'overlay', flags: [], data: 'lowerdir=/a\\,b:/c,xino=off' } }),
    ['overlay', '/', 'overlay', '0x0', ['lowerdir=/a,b:/c', 'xino=off']]],
  [child({ op: 'move_mount', args: { from: '$root', target: '/' } }), [8, '/']],
  [child({ op: 'mask', args: { path: '/proc/kcore' } }), ['/proc/kcore', -1]],
  [child({ op: 'mkdirs', args: { path: '/a/b', mode: 0o755, file: true } }), ['/a/b', 0o755, 1]],
  [child({ op: 'mknod', args: { path: '/dev/null', type: 'c', major: 1, minor: 3, mode: 0o666, uid: 0, gid: 5 } }),
    ['/dev/null', 0o20000, 1, 3, 0o666, 0, 5]],
  [child({ op: 'umount', args: { path: '.', flags: ['DETACH'] } }), ['.', '0x2']],
  [child({ op: 'unshare', args: { flags: ['NEWTIME', 'NEWCGROUP'] } }), ['0x2000080']],
  [child({ op: 'console', args: { columns: 80, rows: 24, bind: true } }), [80, 24, 1]],
  [child({ op: 'prlimit', args: { type: 'NOFILE', soft: -1, hard: 2 ** 40 + 3 } }), [7, -1, 2 ** 40 + 3]],
  [child({ op: 'bounding', args: { keep: ['CHOWN', 'SYSLOG', 'BPF'] } }), ['0x8400000001']],
  [child({ op: 'credentials', args: { user: { uid: 1000, gid: 100, additionalGids: [4, 4294967294] } } }), [0, 1000, 100, [4, 4294967294], '']],
  [child({ op: 'credentials', args: { user: { username: 'www:adm' } } }), [1, 0, 0, [], 'www:adm']],
  [child({ op: 'capset', args: { effective: ['KILL'], permitted: ['KILL', 'AUDIT_CONTROL'], inheritable: [] } }), ['0x20', '0x40000020', '0x0']],
  [child({ op: 'capset', args: { effective: ['SETFCAP'], permitted: ['SETFCAP'], inheritable: [] } }), ['0x80000000', '0x80000000', '0x0']],
  [child({ op: 'seccomp', args: { profile: 'default', flags: ['SECCOMP_FILTER_FLAG_LOG'], filter } }), ['0x2', filter]],
  [child({ op: 'exec', args: { args: ['sh', '-c', 'echo grüße'], env: ['A=', 'PATH=/bin'] } }),
    [{ strings: ['sh', '-c', 'echo grüße'], spare: 0 }, { strings: ['A=', 'PATH=/bin'], spare: 1 }]],
  [child({ op: 'pivot_root', args: {} }), []],
];

test('every operation comes back with its fields', () => {
  for (const [step, fields] of cases) assert.equal(fieldsOf(step), fields, step.op);
});

test('a record keeps who makes it, its slot, its undo, and the errors that are none', () => {
  const { bytes } = encodePlan(plan(
    runtime({ op: 'open_tree', args: { path: '/a', flags: [] } }, { slot: '$a', undo: { op: 'close', args: { fd: '$a' } }, optional: ['ENOENT', 'ENOSYS'] }),
    child({ op: 'setsid', args: {} }),
    runtime({ op: 'open', args: { path: '/b' } }, { slot: '$b' }),
    runtime({ op: 'clone', args: { flags: [] } }, { slot: '$pid' }),
  ), undefined);
  const { steps, slots, kind } = decode(bytes);
  assert.equal(steps.map(({ op, by, slot, undo, optional }) => [op, by, slot, undo, optional]), [
    ['open_tree', 'runtime', 8, true, ['ENOENT', 'ENOSYS']], ['setsid', 'child', undefined, false, []],
    ['open', 'runtime', 9, false, []], ['clone', 'runtime', 6, false, []],
  ]);
  assert.equal([slots, kind], [10, 1]);
});

test('a step that Linux leaves out is not encoded, and the others keep their places', () => {
  const skipped = child({ op: 'setsid', args: {} }, { skip: { by: 'linux', why: 'for the test' } });
  const kept = child({ op: 'keyring', args: {} }, { skip: { by: 'portable', why: 'for the test' } });
  const { bytes, stepOf } = encodePlan(plan(skipped, child({ op: 'loopback', args: {} }), skipped, kept), undefined);
  assert.equal(decode(bytes).steps.map(({ op }) => op), ['loopback', 'keyring']);
  assert.equal(stepOf, [1, 3]);
});

test('prepaid steps are counted from the clone, in encoded steps', () => {
  const skipped = child({ op: 'setsid', args: {} }, { skip: { by: 'linux', why: 'for the test' } });
  const steps = [
    runtime({ op: 'open', args: { path: '/' } }), runtime({ op: 'clone', args: { flags: [] } }), child({ op: 'close_fds', args: {} }), skipped,
    child({ op: 'loopback', args: {} }), child({ op: 'park', args: {} }),
  ];
  const paid = encodePlan(plan(...steps), { key: 'NEWPID NEWNS', steps: 3 });
  const { prepaid, poolKey } = decode(paid.bytes);
  assert.is(prepaid, 4);
  assert.is(poolKey, paid.poolKey);
  assert.ok(poolKey !== 0n && poolKey !== encodePlan(plan(...steps), { key: 'NEWPID', steps: 3 }).poolKey);
  const cold = decode(encodePlan(plan(...steps), undefined).bytes);
  assert.equal([cold.prepaid, cold.poolKey], [0, 0n]);
});

test('what the runtime must know is told beside the bytes', () => {
  const piped = encodePlan(plan(runtime({ op: 'stdio', args: { fds: ['inherit', 'log', 'null'] } })), undefined);
  assert.equal([piped.stdio, piped.terminal], [[3, 2, 0], false]);
  const terminal = encodePlan(plan(child({ op: 'console', args: { columns: 1, rows: 1, bind: false } })), undefined);
  assert.equal([terminal.stdio, terminal.terminal], [[], true]);
});

test('arguments of any size fit, and a plan does not see those before it', () => {
  const long = Array.from({ length: 5000 }, (_, i) => `${i}-${'x'.repeat(300)}`);
  const one = encodePlan(plan(child({ op: 'exec', args: { args: long, env: [] } })), undefined);
  const small = encodePlan(plan(child({ op: 'exec', args: { args: ['a'], env: [] } })), undefined);
  assert.equal(decode(one.bytes).steps[0]!.fields[0], { strings: long, spare: 0 });
  assert.equal(decode(small.bytes).steps[0]!.fields[0], { strings: ['a'], spare: 0 });
  assert.equal(encodePlan(plan(child({ op: 'exec', args: { args: ['a'], env: [] } })), undefined).bytes, small.bytes);
});

test('a visit to a running container has a kind and an operation of its own', () => {
  const steps: AnyStep[] = [child({ op: 'enter_root', args: {} }), { op: 'file', by: 'child', args: { verb: 'mkdir', path: '/d', mode: 0o700 } }];
  const visit: Visit = { kind: 'visit', given: ['$init'], steps };
  const { kind, steps: [, file] } = decode(encodePlan(visit).bytes);
  assert.equal([kind, file!.fields], [4, [4, '/d', 0o700]]);
});

const refused: readonly (readonly [what: string, step: Step])[] = [
  ['a NUL in a path', child({ op: 'chdir', args: { path: '/a\0b' } })],
  ['a NUL in an argument', child({ op: 'exec', args: { args: ['a\0'], env: [] } })],
  ['half a character', child({ op: 'sethostname', args: { name: 'a\ud800' } })],
  ['an unknown flag', child({ op: 'mount', args: { source: '', target: '/', type: '', flags: ['PRIVAT'], data: '' } })],
  ['a flag that is a property of every object', child({ op: 'unshare', args: { flags: ['constructor'] } })],
  ['an unknown capability', child({ op: 'bounding', args: { keep: ['CAP_KILL'] } })],
  ['an unknown limit', child({ op: 'prlimit', args: { type: 'FILES', soft: 1, hard: 1 } })],
  ['a broken number', child({ op: 'umask', args: { mask: 0.5 } })],
  ['no number', child({ op: 'credentials', args: { user: { uid: Number.NaN, gid: 0 } } })],
  ['an unknown kind of descriptor', runtime({ op: 'stdio', args: { fds: ['null', 'tty', 'tty'] } })],
  ['a step of the wrong side', runtime({ op: 'pivot_root', args: {} })],
  ['five errors', child({ op: 'setsid', args: {} }, { optional: ['EPERM', 'ENOENT', 'EIO', 'EINVAL', 'ENOSYS'] })],
];

for (const [what, step] of refused) {
  test(`refused: ${what}`, () => {
    assert.throws(() => encodePlan(plan(step), undefined), (error: unknown) => error instanceof SpecError && error.field === step.op);
    assert.equal(fieldsOf(cases.at(-1)![0]), []);
  });
}

test('an operation that only the emulated kernel has is refused by name', () => {
  const step = runtime({ op: 'program', args: { source: 'a.wasm', target: '/a' } });
  assert.throws(() => encodePlan(plan(step), undefined), (error: unknown) => error instanceof TwinboxError && /program/.test(error.message));
});

test.run();
