// Namespaces other than PID and mnt: making, sharing, joining, owners; host names; credentials; control groups; time.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freeze, killCgroup, makeCgroup, thaw } from '../../src/kernel/cgroup/cgroup.ts';
import { cloneTask } from '../../src/kernel/proc/clone.ts';
import type { Task } from '../../src/kernel/proc/task.ts';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import { Tracer } from '../../src/kernel/syscall/trace.ts';
import { CAP, capsHex, capsOf, dockerCaps } from '../../src/kernel/uapi/capability.ts';
import { AT, O } from '../../src/kernel/uapi/fcntl.ts';
import { CLONE, PR, RLIMIT } from '../../src/kernel/uapi/sched.ts';
import { SIG } from '../../src/kernel/uapi/signal.ts';
import { encode } from '../../src/kernel/uapi/struct.ts';
import { bytes, int, integer, Machine, scratch, text } from './machine.ts';

const ALL = CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWPID | CLONE.NEWNET | CLONE.NEWCGROUP;

function hostname(m: Machine, task: Task): string {
  const buf = scratch(390);
  m.ok(task, 'uname', buf);
  return text(buf.bytes.subarray(65, 130)).replace(/\0.*/, '');
}

test('the initial namespaces have Linux\'s inode numbers, new ones their own', () => {
  const m = new Machine();
  const { initial } = m.kernel;
  assert.equal([initial.cgroup, initial.pid, initial.user, initial.uts, initial.ipc, initial.net, initial.mnt].map((ns) => ns.inum),
    [4026531835, 4026531836, 4026531837, 4026531838, 4026531839, 4026531840, 4026531841]);
  const a = m.container(ALL);
  const b = m.container(ALL);
  for (const kind of ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'] as const) {
    assert.is(new Set([m.init, a, b].map((task) => task.nsproxy[kind].inum)).size, 3, kind);
    assert.is(m.fork(a).nsproxy[kind], a.nsproxy[kind], `${kind} is shared with a child`);
  }
  assert.is(a.nsproxy.user, initial.user);
});

test('a host name is copied by unshare and then its own', () => {
  const m = new Machine();
  const a = m.container(ALL);
  m.ok(a, 'sethostname', bytes('box'));
  const child = m.fork(a);
  const apart = m.fork(a);
  m.ok(apart, 'unshare', CLONE.NEWUTS);
  assert.is(hostname(m, apart), 'box');
  m.ok(apart, 'sethostname', bytes('inner'));
  m.ok(child, 'sethostname', bytes('shared'));
  assert.equal([m.init, a, child, apart].map((task) => hostname(m, task)), ['twinbox', 'shared', 'shared', 'inner']);
  assert.equal([m.call(a, 'sethostname', bytes('x'.repeat(64))), m.call(a, 'sethostname', bytes('x'.repeat(65)))], [0, 'EINVAL']);
  m.ok(a, 'setuid', 1000);
  assert.equal([m.call(a, 'sethostname', bytes('x')), m.call(a, 'unshare', CLONE.NEWUTS)], ['EPERM', 'EPERM']);
});

test('setns joins by file and by pidfd, several kinds at once', () => {
  const m = new Machine();
  const a = m.container(ALL);
  m.ok(a, 'sethostname', bytes('aa'));
  const visitor = m.fork(m.init);
  const pid = a.pid.numbers[0]!;
  const fd = m.ok(visitor, 'openat', AT.FDCWD, `/proc/${pid}/ns/uts`, O.RDONLY, 0);
  assert.is(m.call(visitor, 'setns', fd, CLONE.NEWPID), 'EINVAL');
  assert.is(m.call(visitor, 'setns', fd, CLONE.NEWUTS), 0);
  assert.is(hostname(m, visitor), 'aa');
  const other = m.fork(m.init);
  const pidfd = m.ok(other, 'pidfd_open', pid, 0);
  assert.equal([m.call(other, 'setns', pidfd, 0), m.call(other, 'setns', 99, 0)], ['EINVAL', 'EBADF']);
  m.ok(other, 'setns', pidfd, CLONE.NEWUTS | CLONE.NEWNS | CLONE.NEWPID);
  assert.equal([hostname(m, other), other.nsproxy.mnt, other.pid.ns], ['aa', a.nsproxy.mnt, m.init.pid.ns]);
  const inside = m.fork(other);
  assert.equal([inside.pid.own, m.call(inside, 'getppid')], [2, 0]);
  const plain = m.ok(m.init, 'openat', AT.FDCWD, '/', O.RDONLY, 0);
  assert.is(m.call(m.init, 'setns', plain, 0), 'EINVAL');
  m.ok(visitor, 'setuid', 1000);
  assert.is(m.call(visitor, 'setns', fd, 0), 'EPERM');
});

test('a user namespace gives all capabilities inside it, and none outside', () => {
  const m = new Machine();
  const a = m.container(ALL);
  m.ok(a, 'setuid', 1000);
  m.ok(a, 'unshare', CLONE.NEWUSER);
  assert.is(m.call(a, 'getuid'), 65534);
  assert.is(m.call(a, 'sethostname', bytes('x')), 'EPERM', 'the UTS namespace belongs to an ancestor');
  m.ok(a, 'unshare', CLONE.NEWUTS);
  assert.is(m.call(a, 'sethostname', bytes('y')), 0);
  assert.is(m.call(a, 'clone', 0, 0, CLONE.NEWPID | SIG.CHLD, 0), 2);
});

test('unshare knows bad flags, and undoes what it made when a kind fails', () => {
  const m = new Machine();
  const a = m.container(ALL);
  assert.is(m.call(a, 'unshare', 1), 'EINVAL');
  m.ok(a, 'unshare', CLONE.NEWPID);
  const { uts } = a.nsproxy;
  assert.is(m.call(a, 'unshare', CLONE.NEWUTS | CLONE.NEWPID), 'EINVAL');
  assert.equal([a.nsproxy.uts, uts.count], [uts, 1]);
});

test('namespaces die with their last user', () => {
  const m = new Machine();
  const before = m.kernel.mountNamespaces.size;
  const a = m.container(ALL);
  const { uts, mnt } = a.nsproxy;
  m.fork(a);
  assert.is(uts.count, 2);
  m.call(a, 'exit_group', 0);
  m.ok(m.init, 'wait4', -1, undefined, 0, undefined);
  assert.equal([uts.count, mnt.count, m.kernel.mountNamespaces.size], [0, 0, before]);
});

test('setuid and its family follow the rules', () => {
  const m = new Machine();
  const ids = (task: Task) => [task.cred.uid, task.cred.euid, task.cred.suid, task.cred.fsuid];
  const a = m.fork(m.container());
  m.ok(a, 'setresuid', 1000, 2000, 3000);
  assert.equal(ids(a), [1000, 2000, 3000, 2000]);
  assert.is(a.cred.permitted.lo, 0, 'the last 0 has gone');
  assert.equal([m.call(a, 'setuid', 0), m.call(a, 'setuid', 3000), m.call(a, 'setresuid', 1, -1, -1)], ['EPERM', 0, 'EPERM']);
  assert.equal(ids(a), [1000, 3000, 3000, 3000]);
  const b = m.fork(m.container());
  m.ok(b, 'setreuid', -1, 1000);
  assert.equal([ids(b), b.cred.effective.lo, b.cred.permitted.lo], [[0, 1000, 1000, 1000], 0, -1]);
  m.ok(b, 'setreuid', -1, 0);
  assert.is(b.cred.effective.lo, -1, 'back from the real uid');
  const c = m.fork(m.container());
  m.ok(c, 'prctl', PR.SET_KEEPCAPS, integer(1), 0, 0, 0);
  m.ok(c, 'setuid', 1000);
  assert.equal([c.cred.effective.lo, c.cred.permitted.lo], [0, -1]);
  assert.is(m.call(c, 'setgroups', new ByteBuf(new Uint8Array(0))), 'EPERM');
});

test('groups need CAP_SETGID, and getgroups a large enough list', () => {
  const m = new Machine();
  const a = m.fork(m.container());
  const list = new ByteBuf(new Uint8Array(Int32Array.of(30, 10, 20).buffer));
  m.ok(a, 'setgroups', list);
  const out = scratch(12);
  assert.equal([m.call(a, 'getgroups', scratch(0)), m.call(a, 'getgroups', scratch(4)), m.call(a, 'getgroups', out)], [3, 'EINVAL', 3]);
  assert.equal([int(out), int(out, 4), int(out, 8)], [10, 20, 30]);
  m.ok(a, 'setresgid', 5, 5, 5);
  m.ok(a, 'setuid', 1000);
  assert.equal([m.call(a, 'setgroups', list), m.call(a, 'setgid', 0), m.call(a, 'setgid', 5)], ['EPERM', 'EPERM', 0]);
});

test('capset only takes away, the bounding set limits exec, ambient needs both sets', () => {
  const m = new Machine();
  const a = m.fork(m.container());
  const docker = capsOf(...dockerCaps);
  assert.is(capsHex(docker), '00000000a80425fb');
  const header = new ByteBuf(encode('cap_user_header', { version: 0x20080522, pid: 0 }));
  const data = (lo: number, inheritable = 0) => new ByteBuf(encode('cap_user_data', { effective_lo: lo, permitted_lo: lo, inheritable_lo: inheritable }));
  m.ok(a, 'capset', header, data(docker.lo));
  assert.equal([a.cred.permitted, a.cred.effective], [docker, docker]);
  assert.is(m.call(a, 'capset', header, data(-1)), 'EPERM');
  assert.is(m.call(a, 'unshare', CLONE.NEWUTS), 'EPERM', 'no CAP_SYS_ADMIN');
  m.ok(a, 'prctl', PR.CAPBSET_DROP, integer(CAP.SYS_ADMIN), 0, 0, 0);
  assert.is(m.call(a, 'prctl', PR.CAPBSET_READ, integer(CAP.SYS_ADMIN), 0, 0, 0), 0);
  const raise = () => m.call(a, 'prctl', PR.CAP_AMBIENT, integer(2), CAP.CHOWN, 0, 0);
  assert.is(raise(), 'EPERM');
  m.ok(a, 'capset', header, data(docker.lo, 1));
  assert.is(raise(), 0);
  assert.is(a.cred.ambient.lo, 1);
  const bad = new ByteBuf(encode('cap_user_header', { version: 1 }));
  assert.is(m.call(a, 'capget', bad, scratch(24)), 'EINVAL');
});

test('limits: raising the hard one needs CAP_SYS_RESOURCE, and NOFILE limits descriptors', () => {
  const m = new Machine();
  const a = m.fork(m.container());
  const limit = (cur: number, max: number) => new ByteBuf(encode('rlimit64', { rlim_cur: cur, rlim_max: max }));
  m.ok(a, 'prlimit64', 0, RLIMIT.NOFILE, limit(3, 10), undefined);
  const open = () => m.call(a, 'openat', AT.FDCWD, '/', O.RDONLY, 0);
  assert.equal([open(), open(), open(), open()], [0, 1, 2, 'EMFILE']);
  assert.is(m.call(a, 'prlimit64', 0, RLIMIT.NOFILE, limit(5, 4), undefined), 'EINVAL');
  assert.is(m.call(a, 'prlimit64', 0, 99, undefined, undefined), 'EINVAL');
  m.ok(a, 'setuid', 1000);
  assert.is(m.call(a, 'prlimit64', 0, RLIMIT.NOFILE, limit(3, 11), undefined), 'EPERM');
  assert.is(m.call(a, 'prlimit64', 1, RLIMIT.NOFILE, undefined, undefined), 'EPERM');
});

test('a cgroup freezes, thaws and kills its tasks; its path shows below the namespace\'s root', () => {
  const m = new Machine();
  const group = makeCgroup(m.kernel.rootCgroup, '/box/one');
  const a = cloneTask(m.init, CLONE.NEWPID | SIG.CHLD, group);
  const child = m.fork(a);
  assert.equal([group.taskCount, m.kernel.rootCgroup.taskCount, child.cgroup], [2, 3, group]);
  assert.is(m.call(child, 'nanosleep', new ByteBuf(encode('timespec', { tv_nsec: 1e6 })), undefined), 'parked');
  freeze(group);
  m.advance(10);
  assert.is(m.answer(child), 'parked');
  thaw(group);
  assert.is(m.answer(child), 0);
  m.ok(a, 'unshare', CLONE.NEWCGROUP);
  assert.equal([child.cgroup.pathFrom(m.kernel.rootCgroup), group.pathFrom(a.nsproxy.cgroup.root),
    m.kernel.rootCgroup.pathFrom(group)], ['/box/one', '/', '/../..']);
  assert.throws(() => group.remove(), /EBUSY/);
  freeze(group);
  killCgroup(group);
  assert.equal([a.exitStatus, child.state], [9, 'X']);
  m.ok(m.init, 'wait4', -1, undefined, 0, undefined);
  group.remove();
  assert.is(group.parent!.children.size, 0);
});

test('a time namespace is entered by children, with its offsets', () => {
  const m = new Machine();
  const a = m.container();
  m.ok(a, 'unshare', CLONE.NEWTIME);
  a.nsproxy.timeForChildren.monotonicNs = 5e9;
  const seconds = (task: Task) => {
    const buf = scratch(16);
    m.ok(task, 'clock_gettime', 1, buf);
    return int(buf);
  };
  const child = m.fork(a);
  assert.is(seconds(child) - seconds(a), 5);
});

test('the trace has strace\'s form, with the number inside first', () => {
  const m = new Machine();
  const a = m.container(ALL);
  const lines: string[] = [];
  a.tracer = new Tracer((line) => lines.push(line));
  m.call(a, 'openat', AT.FDCWD, '/nowhere', O.RDONLY | O.CLOEXEC, 0);
  const ends = scratch(8);
  m.ok(a, 'pipe2', ends, O.CLOEXEC);
  m.ok(a, 'write', 1, bytes(`a"\n${'x'.repeat(40)}`));
  m.ok(a, 'read', 0, scratch(3));
  m.ok(a, 'getpid');
  const child = m.fork(a, CLONE.NEWUTS);
  m.call(child, 'exit_group', 3);
  const status = scratch(4);
  m.ok(a, 'wait4', -1, status, 0, undefined);
  m.call(a, 'kill', 2, SIG.TERM);
  assert.equal(lines, [
    '[pid 1] openat(AT_FDCWD, "/nowhere", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)',
    '[pid 1] pipe2([0, 1], O_CLOEXEC) = 0',
    `[pid 1] write(1, "a\\"\\n${'x'.repeat(29)}"..., 43) = 43`,
    '[pid 1] read(0, "a\\"\\n", 3) = 3',
    '[pid 1] getpid() = 1',
    '[pid 1] clone(0, 0, CLONE_NEWUTS|SIGCHLD, 0) = 2',
    '[pid 2] exit_group(3) = ?',
    '[pid 2] +++ exited with 3 +++',
    '[pid 1] wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 2',
    '[pid 1] kill(2, SIGTERM) = -1 ESRCH (No such process)',
  ]);
});

test.run();
