// Seccomp filters: the default profile call by call, on each ABI, and every kind of rule, run as the kernel runs them.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {arm64, i386, x32, x64} from '../../src/plan/seccomp/numbers.ts';
import {Assembler, JEQ} from '../../src/plan/seccomp/assembler.ts';
import {checkSeccomp, compileSeccomp, defaultProfile, type SeccompHost, type SeccompRule} from '../../src/plan/seccomp/index.ts';
import {type Arch, audit, runFilter} from './bpf.ts';

type Args = readonly (number | bigint)[];

const x32Bit = 0x4000_0000;
const caps = ['CAP_CHOWN', 'CAP_MKNOD', 'CAP_SYS_CHROOT'];
const host = (...more: readonly string[]): SeccompHost => ({arch: 'x64', capabilities: [...caps, ...more], release: '6.1.0-13-amd64'});
const plain = compileSeccomp(defaultProfile, host()).filter;
const admin = compileSeccomp(defaultProfile, host('CAP_SYS_ADMIN')).filter;

const ALLOW = 'ALLOW';
const errnos: Readonly<Record<number, string>> = {1: 'EPERM', 22: 'EINVAL', 38: 'ENOSYS'};

/** A filter's answer in words: `ALLOW`, `EPERM`, `KILL_PROCESS`, ... */
function answer(filter: Uint8Array, arch: Arch, nr: number, args: Args = []): string {
  const value = runFilter(filter, {arch, nr, args}).answer;
  const data = value & 0xffff;
  switch ((value & 0xffff_0000) >>> 0) {
    case 0x8000_0000: return 'KILL_PROCESS';
    case 0: return 'KILL_THREAD';
    case 0x3_0000: return 'TRAP';
    case 0x5_0000: return errnos[data] ?? `ERRNO ${data}`;
    case 0x7ff0_0000: return `TRACE ${data}`;
    case 0x7ffc_0000: return 'LOG';
    case 0x7fff_0000: return ALLOW;
    default: return value.toString(16);
  }
}

const call = (filter: Uint8Array, name: string, args: Args = []): string => answer(filter, 'x64', x64[name]!, args);

const CLONE_NEWUSER = 0x1000_0000;
const CLONE_NEWPID = 0x2000_0000;
const threadFlags = 0x3d0f00;
const SIGCHLD = 17;

/** What each call gets by the default profile, without and with CAP_SYS_ADMIN. */
const rows: readonly (readonly [name: string, args: Args, plain: string, admin?: string])[] = [
  ['read', [], ALLOW], ['write', [], ALLOW], ['execve', [], ALLOW], ['openat', [], ALLOW], ['futex', [], ALLOW],
  ['prctl', [], ALLOW], ['capset', [], ALLOW], ['setresuid', [], ALLOW], ['close_range', [], ALLOW], ['seccomp', [], ALLOW],
  ['listxattrat', [], ALLOW], ['arch_prctl', [], ALLOW], ['ptrace', [], ALLOW], ['chroot', [], ALLOW], ['mknod', [], ALLOW],
  // Never.
  ['keyctl', [], 'EPERM', 'EPERM'], ['add_key', [], 'EPERM', 'EPERM'], ['request_key', [], 'EPERM', 'EPERM'],
  ['userfaultfd', [], 'EPERM', 'EPERM'], ['io_uring_setup', [], 'EPERM', 'EPERM'], ['io_uring_enter', [], 'EPERM', 'EPERM'],
  ['io_uring_register', [], 'EPERM', 'EPERM'], ['kexec_load', [], 'EPERM', 'EPERM'], ['pivot_root', [], 'EPERM', 'EPERM'],
  ['swapon', [], 'EPERM', 'EPERM'], ['init_module', [], 'EPERM', 'EPERM'], ['_sysctl', [], 'EPERM', 'EPERM'],
  // With the capability.
  ['bpf', [], 'EPERM', ALLOW], ['mount', [], 'EPERM', ALLOW], ['umount2', [], 'EPERM', ALLOW], ['unshare', [CLONE_NEWUSER], 'EPERM', ALLOW],
  ['setns', [], 'EPERM', ALLOW], ['fsopen', [], 'EPERM', ALLOW], ['open_tree', [], 'EPERM', ALLOW], ['perf_event_open', [], 'EPERM', ALLOW],
  ['sethostname', [], 'EPERM', ALLOW], ['reboot', [], 'EPERM', 'EPERM'], ['mbind', [], 'EPERM', 'EPERM'], ['kcmp', [], 'EPERM', 'EPERM'],
  ['clone3', [], 'ENOSYS', ALLOW],
  ['clone', [SIGCHLD], ALLOW], ['clone', [threadFlags], ALLOW], ['clone', [CLONE_NEWUSER | SIGCHLD], 'EPERM', ALLOW],
  ['clone', [CLONE_NEWPID | SIGCHLD], 'EPERM', ALLOW], ['clone', [0x2_0000], 'EPERM', ALLOW], ['clone', [0x0200_0000], 'EPERM', ALLOW],
  ['clone', [0x1_0000_0011n], ALLOW],
  // By an argument.
  ['socket', [1], ALLOW], ['socket', [2], ALLOW], ['socket', [10], ALLOW], ['socket', [16], ALLOW], ['socket', [17], ALLOW],
  ['socket', [38], 'EPERM', 'EPERM'], ['socket', [40], 'EPERM', 'EPERM'], ['socket', [12], 'EPERM', 'EPERM'], ['socket', [46], 'EPERM', 'EPERM'],
  ['socket', [0x1_0000_0028n], 'EPERM', 'EPERM'], ['socket', [0xffff_ffff_ffff_ffffn], 'EPERM', 'EPERM'],
  ['ioctl', [0, 0x5401], ALLOW], ['ioctl', [0, 0x5413], ALLOW], ['ioctl', [0, 0x5412], 'EPERM', 'EPERM'], ['ioctl', [0, 0x541c], 'EPERM', 'EPERM'],
  ['ioctl', [0, 0x1_0000_5412n], 'EPERM', 'EPERM'], ['ioctl', [0, 0xffff_ffff_0000_541cn], 'EPERM', 'EPERM'],
  ['personality', [0], ALLOW], ['personality', [8], ALLOW], ['personality', [0x2_0000], ALLOW], ['personality', [0xffff_ffff], ALLOW],
  ['personality', [0x40000], 'EPERM', 'EPERM'], ['personality', [0x100000], 'EPERM', 'EPERM'], ['personality', [0x1_0000_0000n], 'EPERM', 'EPERM'],
];

test('the default profile lets docker’s calls through and no others', () => {
  for (const [name, args, without, withIt = ALLOW] of rows) {
    assert.is(call(plain, name, args), without, `${name}(${args.join(', ')})`);
    assert.is(call(admin, name, args), withIt, `${name}(${args.join(', ')}) with CAP_SYS_ADMIN`);
  }
});

test('each capability opens its own calls', () => {
  const opened: Readonly<Record<string, readonly string[]>> = {
    CAP_SYS_PTRACE: ['kcmp', 'pidfd_getfd', 'process_madvise'], CAP_SYS_MODULE: ['init_module', 'finit_module', 'delete_module'],
    CAP_SYS_BOOT: ['reboot'], CAP_SYS_PACCT: ['acct'], CAP_SYS_RAWIO: ['iopl', 'ioperm'], CAP_SYS_TIME: ['settimeofday', 'clock_settime'],
    CAP_SYS_TTY_CONFIG: ['vhangup'], CAP_SYS_NICE: ['mbind', 'get_mempolicy', 'set_mempolicy', 'set_mempolicy_home_node'],
    CAP_SYSLOG: ['syslog'], CAP_BPF: ['bpf'], CAP_PERFMON: ['perf_event_open'], CAP_DAC_READ_SEARCH: ['open_by_handle_at'],
  };
  for (const [cap, names] of Object.entries(opened)) {
    const {filter} = compileSeccomp(defaultProfile, host(cap));
    for (const name of names) {
      assert.is(call(filter, name), ALLOW, `${name} with ${cap}`);
      assert.is(call(plain, name), 'EPERM', name);
    }
  }
  assert.is(call(compileSeccomp(defaultProfile, {arch: 'x64', capabilities: []}).filter, 'chroot'), 'EPERM');
});

test('ptrace needs a kernel on which a tracer cannot change a filtered call', () => {
  const by = (release: string): string => call(compileSeccomp(defaultProfile, {...host(), release}).filter, 'ptrace');
  assert.equal(['4.7.99', '4.8.0', '4.10.1', '5.0-rc1', '10.2'].map(by), ['EPERM', ALLOW, ALLOW, ALLOW, ALLOW]);
});

test('calls of i386 are filtered by their own numbers', () => {
  const i386Call = (name: string, args: Args = []): string => answer(plain, 'i386', i386[name]!, args);
  for (const name of ['read', 'open', 'waitpid', 'chown32', 'clock_gettime64', 'mmap2', '_llseek', 'sigreturn', 'listxattrat']) {
    assert.is(i386Call(name), ALLOW, name);
  }
  for (const name of ['keyctl', 'bpf', 'userfaultfd', 'io_uring_setup', 'mount', 'umount', 'unshare', 'vm86', 'stime', 'create_module', 'pivot_root']) {
    assert.is(i386Call(name), 'EPERM', name);
  }
  assert.is(i386Call('clone3'), 'ENOSYS');
  assert.is(i386Call('clone', [CLONE_NEWUSER | SIGCHLD]), 'EPERM');
  assert.is(i386Call('clone', [SIGCHLD]), ALLOW);
  assert.is(i386Call('socket', [38]), 'EPERM');
  assert.is(i386Call('socket', [2]), ALLOW);
  assert.is(i386Call('ioctl', [0, 0x5412]), 'EPERM');
  // Number 250 is keyctl of x86-64 and fadvise64 here.
  assert.is(answer(plain, 'i386', x64['keyctl']!), ALLOW);
  assert.is(answer(admin, 'i386', i386['mount']!), ALLOW);
});

test('a multiplexer of i386 is no way around a rule on a call inside it', () => {
  const SYS_SOCKET = 1;
  const others = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
  assert.is(answer(plain, 'i386', i386['socketcall']!, [SYS_SOCKET]), 'EPERM');
  for (const one of others) assert.is(answer(plain, 'i386', i386['socketcall']!, [one]), ALLOW, String(one));
  assert.is(answer(plain, 'i386', i386['ipc']!, [1]), ALLOW);

  const denying = checkSeccomp({
    defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86'],
    syscalls: [
      {names: ['socket'], action: 'SCMP_ACT_ERRNO', args: [{index: 0, value: 38, op: 'SCMP_CMP_EQ'}]},
      {names: ['shmget'], action: 'SCMP_ACT_KILL_PROCESS'},
    ],
  });
  const {filter} = compileSeccomp(denying, host());
  assert.is(answer(filter, 'i386', i386['socketcall']!, [SYS_SOCKET]), 'EPERM');
  assert.is(answer(filter, 'i386', i386['socketcall']!, [3]), ALLOW);
  // The upper half of ipc's number is a version.
  assert.is(answer(filter, 'i386', i386['ipc']!, [0x1_0017]), 'KILL_PROCESS');
  assert.is(answer(filter, 'i386', i386['ipc']!, [24]), ALLOW);
});

test('x32 answers ENOSYS unless a profile asks for it, and then has its own numbers', () => {
  for (const nr of [0, 59, x64['keyctl']!, 512, 520, 0x3fff_ffff, 0xbfff_ffff]) {
    assert.is(answer(plain, 'x64', nr + x32Bit), 'ENOSYS', String(nr));
    assert.is(answer(admin, 'x64', nr + x32Bit), 'ENOSYS', String(nr));
  }
  const {filter} = compileSeccomp(checkSeccomp({...defaultProfile, architectures: ['SCMP_ARCH_X32']}), host());
  const by = (name: string, args: Args = []): string => answer(filter, 'x64', x32Bit + x32[name]!, args);
  assert.is(by('read'), ALLOW);
  assert.is(by('execve'), ALLOW);
  assert.is(by('keyctl'), 'EPERM');
  assert.is(by('ioctl', [0, 0x5412]), 'EPERM');
  assert.is(answer(filter, 'x64', x32Bit + x64['execve']!), 'EPERM', 'the 64-bit execve with the bit');
  assert.is(answer(filter, 'i386', i386['read']!), 'ENOSYS', 'i386 was not asked for');
});

test('other architectures and impossible numbers answer ENOSYS', () => {
  assert.is(answer(plain, 'arm64', arm64['read']!), 'ENOSYS');
  assert.is(answer(plain, 'x64', 0xffff_ffff), 'ENOSYS');
  assert.is(answer(plain, 'i386', 0xffff_ffff), 'ENOSYS');
  const arm = compileSeccomp(defaultProfile, {...host(), arch: 'arm64'}).filter;
  assert.is(answer(arm, 'arm64', arm64['read']!), ALLOW);
  assert.is(answer(arm, 'arm64', arm64['keyctl']!), 'EPERM');
  assert.is(answer(arm, 'arm64', arm64['clone']!, [CLONE_NEWUSER]), 'EPERM');
  assert.is(answer(arm, 'x64', x64['read']!), 'ENOSYS');
});

test('a call that is newer than the profile answers ENOSYS, so that a libc falls back', () => {
  for (const arch of ['x64', 'i386'] as const) {
    for (const nr of [467, 468, 469, 470, 471, 1000]) assert.is(answer(plain, arch, nr), 'ENOSYS', `${arch} ${nr}`);
  }
  assert.is(answer(plain, 'x64', 400), 'EPERM', 'a gap in the table');
  const small = compileSeccomp(checkSeccomp({defaultAction: 'SCMP_ACT_KILL_PROCESS', syscalls: [{names: ['read'], action: 'SCMP_ACT_ALLOW'}]}), host()).filter;
  assert.is(call(small, 'openat'), 'KILL_PROCESS');
  assert.is(call(small, 'openat2'), 'ENOSYS');
  const open = compileSeccomp(checkSeccomp({defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{names: ['read'], action: 'SCMP_ACT_TRAP'}]}), host()).filter;
  assert.is(answer(open, 'x64', 9999), ALLOW);
  assert.is(call(open, 'read'), 'TRAP');
});

test('the kernel can remember what is always allowed: only calls with rules on arguments look at them', () => {
  const looking = (filter: Uint8Array, arch: Arch, table: Readonly<Record<string, number>>): string[] =>
    Object.keys(table).filter(name => !runFilter(filter, {arch, nr: table[name]!}).constant).sort();
  assert.equal(looking(plain, 'x64', x64), ['clone', 'ioctl', 'personality', 'socket']);
  assert.equal(looking(plain, 'i386', i386), ['clone', 'ioctl', 'personality', 'socket', 'socketcall']);
  assert.equal(looking(admin, 'x64', x64), ['ioctl', 'personality', 'socket']);
});

test('a tree finds a call in a dozen steps, and the filter is small', () => {
  const steps = (arch: Arch, table: Readonly<Record<string, number>>): number =>
    Math.max(...Object.values(table).map(nr => runFilter(plain, {arch, nr}).steps));
  assert.ok(plain.length / 8 <= 260, `${plain.length / 8} instructions`);
  assert.ok(steps('x64', x64) <= 20, `${steps('x64', x64)} steps`);
  assert.ok(steps('i386', i386) <= 20, `${steps('i386', i386)} steps`);
});

test('the same profile for the same host is compiled once', () => {
  assert.is(compileSeccomp(defaultProfile, host()), compileSeccomp(defaultProfile, host()));
  const [a, b] = [{...host(), capabilities: ['CAP_CHOWN', 'CAP_BPF']}, {...host(), capabilities: ['CAP_BPF', 'CAP_CHOWN']}];
  assert.is(compileSeccomp(defaultProfile, a), compileSeccomp(defaultProfile, b));
  assert.is.not(compileSeccomp(defaultProfile, a), compileSeccomp(defaultProfile, host()));
  assert.equal(compileSeccomp(defaultProfile, a).flags, ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']);
  const flags = checkSeccomp({defaultAction: 'SCMP_ACT_ALLOW', flags: ['SECCOMP_FILTER_FLAG_LOG']});
  assert.equal(compileSeccomp(flags, a).flags, ['SECCOMP_FILTER_FLAG_LOG']);
  assert.equal(compileSeccomp(checkSeccomp({defaultAction: 'SCMP_ACT_ALLOW', flags: []}), a).flags, []);
});

test('docker’s own spelling is understood: archMap, name, nulls, conditions', () => {
  const profile = checkSeccomp({
    defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 22,
    archMap: [{architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32']}, {architecture: 'SCMP_ARCH_RISCV64', subArchitectures: null}],
    syscalls: [
      {name: 'read', action: 'SCMP_ACT_ALLOW', args: null, comment: '', includes: {}, excludes: {}},
      {names: ['write', 'riscv_hwprobe'], action: 'SCMP_ACT_ALLOW', includes: {arches: ['amd64', 'x32'], caps: ['CAP_CHOWN']}},
      {names: ['open'], action: 'SCMP_ACT_ALLOW', includes: {arches: ['s390x']}},
      {names: ['close'], action: 'SCMP_ACT_ALLOW', excludes: {minKernel: '5.4'}},
      {names: ['stat'], action: 'SCMP_ACT_ALLOW', excludes: {arches: ['arm64'], caps: ['CAP_BPF']}},
      {names: ['fstat'], action: 'SCMP_ACT_ERRNO', errno: 'ENOSYS'},
    ],
  });
  const {filter} = compileSeccomp(profile, host());
  assert.equal(['read', 'write', 'open', 'close', 'stat', 'fstat'].map(name => call(filter, name)), [ALLOW, ALLOW, 'EINVAL', 'EINVAL', ALLOW, 'ENOSYS']);
  assert.is(answer(filter, 'i386', i386['write']!), ALLOW);
  assert.is(answer(filter, 'x64', x32Bit + x32['read']!), ALLOW);
  assert.is(call(compileSeccomp(profile, host('CAP_BPF')).filter, 'stat'), 'EINVAL');
});

test('of several rules of one call the strictest that holds counts', () => {
  const by = (defaultAction: string, ...syscalls: readonly SeccompRule[]): (args: Args) => string => {
    const {filter} = compileSeccomp(checkSeccomp({defaultAction, syscalls}), host());
    return args => call(filter, 'ioctl', args);
  };
  const zero = {args: [{index: 0, value: 0, op: 'SCMP_CMP_EQ'}]} as const;
  const names = ['ioctl'];
  const beside = by('SCMP_ACT_ERRNO', {names, action: 'SCMP_ACT_ALLOW'}, {names, action: 'SCMP_ACT_KILL_PROCESS', ...zero});
  assert.equal([beside([0]), beside([1])], ['KILL_PROCESS', ALLOW]);
  const milder = by('SCMP_ACT_ALLOW', {names, action: 'SCMP_ACT_TRAP'}, {names, action: 'SCMP_ACT_LOG', ...zero});
  assert.equal([milder([0]), milder([1])], ['TRAP', 'TRAP']);
  const repeated = by('SCMP_ACT_ERRNO', {names, action: 'SCMP_ACT_ERRNO'}, {names, action: 'SCMP_ACT_ALLOW', ...zero});
  assert.equal([repeated([0]), repeated([1])], [ALLOW, 'EPERM']);
  const alike = by('SCMP_ACT_ALLOW', {names, action: 'SCMP_ACT_ERRNO', errnoRet: 22, ...zero}, {names, action: 'SCMP_ACT_ERRNO', errnoRet: 38, ...zero});
  assert.equal([alike([0]), alike([1])], ['EINVAL', ALLOW]);
  const kinds = by('SCMP_ACT_LOG', {names, action: 'SCMP_ACT_KILL', ...zero}, {names, action: 'SCMP_ACT_TRACE', errnoRet: 7, args: [{index: 0, value: 1, op: 'SCMP_CMP_EQ'}]});
  assert.equal([kinds([0]), kinds([1]), kinds([2])], ['KILL_THREAD', 'TRACE 7', 'LOG']);
});

test('long filters jump as far as they must, and one that the kernel would not take is refused', () => {
  // Masks cannot become ranges, so each call needs its own list.
  const rule = (name: string, i: number): SeccompRule =>
    ({names: [name], action: 'SCMP_ACT_ALLOW', args: [{index: i % 6, value: 0xff_0000_00ff, valueTwo: i % 256, op: 'SCMP_CMP_MASKED_EQ'}]});
  const names = Object.keys(x64);
  const {filter} = compileSeccomp(checkSeccomp({defaultAction: 'SCMP_ACT_ERRNO', syscalls: names.map(rule)}), host());
  assert.ok(filter.length / 8 > 2000);
  names.forEach((name, i) => {
    const args = [0, 0, 0, 0, 0, 0].map((_, j) => (j === i % 6 ? 0x7_0000_0000_0000n + BigInt(i % 256) : 0xffff_ffff_ffff_ffffn));
    assert.is(call(filter, name, args), ALLOW, name);
    assert.is(call(filter, name, args.map(one => one ^ 0x1_0000_0000n)), 'EPERM', name);
  });
  const twice = checkSeccomp({defaultAction: 'SCMP_ACT_ERRNO', syscalls: names.flatMap((name, i) => [rule(name, i), rule(name, i + 7)])});
  assert.throws(() => compileSeccomp(twice, host()), (err: {field: string; message: string}) =>
    err.field === 'linux.seccomp' && /a filter has at most 4096/.test(err.message));
});

test('a conditional jump reaches 255 instructions ahead, and further by a long jump or a copy', () => {
  for (const [yesAway, noAway] of [[0, 300], [253, 254], [254, 255], [255, 256], [256, 257], [255, 255], [256, 256], [700, 255]] as const) {
    for (const swapped of [false, true]) {
      const code = new Assembler();
      // Two ends that are no returns, so that a copy would not do, then as much in between as the distances ask for.
      const near = Math.min(yesAway, noAway);
      const far = code.load(0, code.return(1));
      let label = far;
      while (code.length - far < Math.abs(yesAway - noAway)) label = code.and(0xffff, code.load(0, code.return(2)));
      const close = label === far ? code.load(0, code.return(3)) : label;
      const target = code.length;
      while (code.length - target < near) label = code.and(0xff, code.load(0, code.return(4)));
      const [yes, no] = swapped ? [far, close] : [close, far];
      const filter = code.bytes(code.load(4, code.jump(JEQ, audit.x64, yes, no)));
      const ends = [runFilter(filter, {arch: 'x64', nr: 0}).answer, runFilter(filter, {arch: 'i386', nr: 0}).answer];
      assert.is(ends[swapped ? 0 : 1], 1, `${yesAway} ${noAway}`);
      assert.ok(ends[swapped ? 1 : 0]! > 1, `${yesAway} ${noAway}`);
    }
  }
});

test('the numbers are the kernel’s', () => {
  assert.equal([x64['read'], x64['execve'], x64['clone3'], x64['uretprobe'], x64['mseal']], [0, 59, 435, 335, 462]);
  assert.equal([i386['exit'], i386['socketcall'], i386['ipc'], i386['clone3'], i386['futex_time64']], [1, 102, 117, 435, 422]);
  assert.equal([x32['read'], x32['ioctl'], x32['execve'], x32['pwritev2']], [0, 514, 520, 547]);
  assert.equal([arm64['io_setup'], arm64['openat'], arm64['clone'], arm64['renameat'], arm64['fstat'], arm64['open']], [0, 56, 220, 38, 80, undefined]);
  assert.is(Object.keys(audit).length, 3);
});

test.run();
