// The default profile: what docker's denies is denied here, by number and by every way into the kernel, and what programs
// need is let be.

import * as assert from 'uvu/assert';
import {compilerRemedy, noCompiler} from '../compile.ts';
import {answers, execSh, native, notRoot, probe, sh, withBox, type Flags} from '../native.ts';
import type {Runtime} from '../../../src/index.ts';

const test = native('security: system calls');

async function calls(runtime: Runtime, flags: Flags = {}): Promise<Record<string, string>> {
  const {stdout} = await runtime.run({image: 'busybox', ...flags, volumes: [probe('calls')], command: ['/probe/calls']});
  return answers(stdout);
}

const denied = [
  'unshare_mount', 'clone_user', 'setns', 'mount', 'umount', 'pivot_root', 'open_tree', 'fsopen', 'mount_setattr', 'keyctl', 'add_key',
  'request_key', 'bpf', 'userfaultfd', 'io_uring_setup', 'kexec_load', 'init_module', 'reboot', 'swapon', 'perf_event_open',
  'open_by_handle_at', 'settimeofday', 'acct', 'quotactl', 'syslog', 'nfsservctl', 'lookup_dcookie', 'unshare_user',
];

test.unless(noCompiler(), compilerRemedy, 'the calls that docker denies are EPERM', async runtime => {
  const got = await calls(runtime);
  for (const name of denied) assert.is(got[name], 'EPERM', name);
});

test.unless(noCompiler(), compilerRemedy, 'clone3 is ENOSYS, so that threads fall back to clone', async runtime => {
  assert.is((await calls(runtime)).clone3, 'ENOSYS');
});

test.unless(noCompiler(), compilerRemedy, 'sockets of AF_ALG and AF_VSOCK are refused', async runtime => {
  const got = await calls(runtime);
  for (const name of ['af_alg', 'af_vsock']) assert.ok(['EPERM', 'EAFNOSUPPORT', 'EACCES'].includes(got[name]!), `${name}: ${got[name]}`);
  assert.is.not(got.af_vsock, 'ok');
});

test.unless(noCompiler(), compilerRemedy, 'TIOCSTI is EPERM, also with high bits in the command that the kernel does not look at', async runtime => {
  const {stdout} = await runtime.run({image: 'busybox', tty: true, volumes: [probe('calls')], command: ['/probe/calls', 'tiocsti', 'tiocsti_high']});
  assert.is(stdout, 'tiocsti: EPERM\r\ntiocsti_high: EPERM\r\n');
});

test.unless(process.arch === 'x64' ? noCompiler() : 'int 0x80 and x32 are of x86_64', compilerRemedy, 'calls of i386 and x32 are filtered as well', async runtime => {
  const got = await calls(runtime);
  for (const name of ['i386_unshare', 'i386_keyctl', 'i386_bpf', 'i386_userfaultfd', 'i386_socket_vsock', 'x32_unshare', 'x32_keyctl']) {
    assert.ok(['EPERM', 'ENOSYS', 'KILL', 'SYS'].includes(got[name]!), `${name}: ${got[name]}`);
  }
  assert.ok(['EPERM', 'ENOSYS', 'EAFNOSUPPORT', 'SYS'].includes(got.i386_socketcall!), got.i386_socketcall);
  assert.ok(['ENOSYS', 'EPERM', 'SYS'].includes(got.x32_getpid!), got.x32_getpid);
});

test.unless(noCompiler(), compilerRemedy, 'an exec is under the same filter', async runtime => {
  await withBox(runtime, {volumes: [probe('calls')]}, async box => {
    const got = answers((await execSh(box, 'exec /probe/calls keyctl unshare_user clone3 io_uring_setup')).stdout);
    assert.equal(got, {clone3: 'ENOSYS', keyctl: 'EPERM', io_uring_setup: 'EPERM', unshare_user: 'EPERM'});
    assert.match((await execSh(box, 'grep Seccomp: /proc/self/status')).stdout, /Seccomp:\s+2/);
  });
});

test.unless(noCompiler() ?? notRoot, compilerRemedy, 'another user is under it too, with and without no_new_privs', async runtime => {
  for (const securityOpt of [[], ['no-new-privileges=false']]) {
    const got = await calls(runtime, {user: '1000:1000', securityOpt});
    for (const name of ['keyctl', 'unshare_user', 'bpf', 'userfaultfd']) assert.is(got[name], 'EPERM', `${name} ${securityOpt}`);
  }
});

test.unless(noCompiler(), compilerRemedy, 'a capability opens the calls that are of no use without it', async runtime => {
  const got = await calls(runtime, {capAdd: ['SYS_ADMIN']});
  assert.equal([got.unshare_mount, got.fsopen, got.mount], ['ok', 'ok', 'ENODEV']);
  assert.is(got.keyctl, 'EPERM');
  assert.is(got.kexec_load, 'EPERM');
});

test.unless(noCompiler(), compilerRemedy, 'unconfined and privileged have no filter', async runtime => {
  for (const flags of [{securityOpt: ['seccomp=unconfined']}, {privileged: true}]) {
    const got = await calls(runtime, flags);
    assert.is(got.clone3, 'EINVAL', JSON.stringify(flags));
    assert.match((await sh(runtime, 'grep Seccomp: /proc/self/status', flags)).stdout, /Seccomp:\s+0/);
  }
});

test('the way out by a cgroup\'s release_agent is closed at each of its steps', async runtime => {
  const script = `exec 2>&1
unshare -U true && echo user
unshare -UmC sh -c 'mkdir /tmp/c && mount -t cgroup -o memory none /tmp/c && echo mounted'
mkdir /tmp/d; mount -t cgroup -o pids none /tmp/d && echo mounted; mount -t cgroup2 none /tmp/d && echo mounted
for f in $(find / -name release_agent 2> /dev/null); do echo /x > $f && echo agent; done; true`;
  for (const flags of [{}, {securityOpt: ['no-new-privileges=false']}]) {
    const {stdout} = await sh(runtime, script, flags);
    assert.not.match(stdout, /^(user|mounted|agent)$/m);
    assert.match(stdout, /unshare: .*Operation not permitted/);
  }
});

test('ordinary programs notice nothing', async runtime => {
  const script = `a=$(mktemp); echo x > $a; chmod 600 $a; chown 5:5 $a; ln $a $a.l; mkfifo $a.p; (cat $a.p & echo y > $a.p; wait)
dd if=/dev/urandom bs=1k count=4 2> /dev/null | sha256sum | wc -c; nice -n 1 true && sleep 0.01; ping -c 1 -W 1 127.0.0.1 > /dev/null && echo ping
chroot / true && echo chroot; hostname > /dev/null; ip addr show lo | grep -c LOOPBACK; nproc > /dev/null; time true 2> /dev/null; echo end`;
  const {stdout, stderr} = await sh(runtime, script);
  assert.is(stdout, 'y\n68\nping\nchroot\n1\nend\n', stderr);
});

test('a profile of one\'s own, in OCI form', async runtime => {
  const {spec} = await runtime.plan({image: 'busybox', command: ['sh', '-c', 'mkdir /tmp/a; echo $?; rmdir /tmp; sync; echo $?']});
  const seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 95}],
  };
  const {stdout, stderr} = await runtime.run({spec: {...spec, linux: {...spec.linux, seccomp}}});
  assert.match(stderr, /mkdir.*(Operation not supported|Not supported)/);
  assert.match(stdout, /^1\n/);
  const kills = {defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL_PROCESS'}]};
  const killed = await runtime.run({spec: {...spec, linux: {...spec.linux, seccomp: kills}}});
  assert.match(killed.stdout, /^159\n/);
});

test.run();
