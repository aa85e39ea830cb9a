// PID namespaces, birth, death, re-parenting and waiting, as the catalogue's rows of area PID have them.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CLONE, PR, W } from '../../src/kernel/uapi/sched.ts';
import { SA, SI, SIG } from '../../src/kernel/uapi/signal.ts';
import { encode } from '../../src/kernel/uapi/struct.ts';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import { int, integer, Machine, scratch } from './machine.ts';

const ignore = () => new ByteBuf(encode('sigaction', { sa_handler: 1 }));
const handle = (flags = 0) => new ByteBuf(encode('sigaction', { sa_handler: 3, sa_flags: flags }));

test('numbers begin at firstPid in the machine and at 1 in a container, and each task has one in every level', () => {
  const m = new Machine();
  assert.is(m.call(m.init, 'getpid'), 1);
  const a = m.container();
  const b = m.container();
  assert.equal([a.pid.numbers, b.pid.numbers], [[100, 1], [101, 1]]);
  assert.equal([m.call(a, 'getpid'), m.call(a, 'getppid')], [1, 0]);
  const child = m.fork(a);
  assert.equal(child.pid.numbers, [102, 2]);
  assert.equal([m.call(child, 'getpid'), m.call(child, 'getppid')], [2, 1]);
  const inner = m.fork(child, CLONE.NEWPID);
  assert.equal(inner.pid.numbers, [103, 3, 1]);
  assert.is(inner.pid.in(b.pid.ns), 0);
  assert.is(m.call(b, 'kill', 2, 0), 'ESRCH');
});

test('numbers ascend, wrap at pid_max and skip what is in use', () => {
  const m = new Machine();
  const a = m.container();
  a.pid.ns.last = 499;
  assert.is(m.fork(a).pid.own, 500);
  a.pid.ns.pidMax = 502;
  assert.is(m.fork(a).pid.own, 501);
  assert.is(m.fork(a).pid.own, 300);
  a.pid.ns.last = 499;
  assert.is(m.fork(a).pid.own, 301);
});

test('unshare moves only children: the first is PID 1, and a second unshare before it is EINVAL', () => {
  const m = new Machine();
  const a = m.container();
  assert.is(m.call(a, 'unshare', CLONE.NEWPID), 0);
  assert.is(m.call(a, 'unshare', CLONE.NEWPID), 'EINVAL');
  assert.is(m.call(a, 'clone', 0, 0, CLONE.NEWPID | SIG.CHLD, 0), 'EINVAL');
  const child = m.fork(a);
  assert.equal([m.call(child, 'getpid'), m.call(child, 'getppid')], [1, 0]);
  const grandchild = m.fork(child);
  assert.equal([m.call(grandchild, 'getpid'), m.call(grandchild, 'getppid')], [2, 1]);
  m.call(child, 'exit_group', 0);
  assert.is(m.call(a, 'clone', 0, 0, SIG.CHLD, 0), 'ENOMEM');
});

test('PID namespaces nest 32 deep, then ENOSPC', () => {
  const m = new Machine();
  let task = m.init;
  for (let depth = 0; depth < 32; depth++) task = m.fork(task, CLONE.NEWPID);
  assert.is(m.call(task, 'clone', 0, 0, CLONE.NEWPID | SIG.CHLD, 0), 'ENOSPC');
});

test('clone refuses contradictions before what is missing', () => {
  const m = new Machine();
  const a = m.container();
  const child = m.fork(a);
  const cases: [number, string][] = [
    [CLONE.NEWNS | CLONE.FS, 'EINVAL'], [CLONE.NEWUSER | CLONE.FS, 'EINVAL'], [CLONE.THREAD, 'EINVAL'],
    [CLONE.SIGHAND, 'EINVAL'], [CLONE.THREAD | CLONE.SIGHAND | CLONE.VM, 'ENOSYS'], [CLONE.VM | CLONE.VFORK, 'ENOSYS'],
    [CLONE.PIDFD | CLONE.DETACHED, 'EINVAL'], [CLONE.NEWIPC | CLONE.SYSVSEM, 'EINVAL'],
  ];
  for (const [flags, code] of cases) assert.is(m.call(child, 'clone', 0, 0, flags | SIG.CHLD, 0), code, `${flags}`);
  assert.is(m.call(a, 'clone', 0, 0, CLONE.PARENT | SIG.CHLD, 0), 'EINVAL', 'PID 1 cannot have a sibling');
  const sibling = m.fork(child, CLONE.PARENT);
  assert.is(m.call(sibling, 'getppid'), 1);
});

test('a machine full of tasks gives EAGAIN, and CLONE_NEWPID needs CAP_SYS_ADMIN', () => {
  const m = new Machine({ machine: { tasksMax: 5 } });
  const a = m.container();
  m.fork(a);
  m.fork(a);
  m.fork(a);
  assert.is(m.call(a, 'clone', 0, 0, SIG.CHLD, 0), 'EAGAIN');
  const b = new Machine();
  const user = b.container();
  b.ok(user, 'setuid', 1000);
  assert.is(b.call(user, 'clone', 0, 0, CLONE.NEWPID | SIG.CHLD, 0), 'EPERM');
});

test('wait4 reports exit, signal, stop and continue, and reaps once', () => {
  const m = new Machine();
  const a = m.container();
  const status = scratch(4);
  const wait = (options = 0) => [m.call(a, 'wait4', -1, status, options, undefined), int(status)];
  let child = m.fork(a);
  m.call(child, 'exit_group', 257);
  assert.is(m.call(a, 'kill', child.pid.own, 0), 0, 'a zombie can be signalled');
  assert.equal(wait(), [child.pid.own, 0x100]);
  assert.is(m.call(a, 'kill', 2, 0), 'ESRCH');
  assert.is(m.call(a, 'wait4', -1, status, 0, undefined), 'ECHILD');
  child = m.fork(a);
  assert.is(m.call(child, 'pause'), 'parked');
  assert.equal(wait(W.NOHANG)[0], 0);
  m.call(a, 'kill', child.pid.own, SIG.STOP);
  m.run();
  assert.is(child.state, 'T');
  assert.equal(wait(W.UNTRACED), [child.pid.own, (SIG.STOP << 8) | 0x7f]);
  assert.is(wait(W.UNTRACED | W.NOHANG)[0], 0, 'reported once');
  m.call(a, 'kill', child.pid.own, SIG.CONT);
  assert.equal(wait(W.CONTINUED), [child.pid.own, 0xffff]);
  m.call(a, 'kill', child.pid.own, SIG.KILL);
  assert.equal(wait(), [child.pid.own, 9]);
});

test('wait4 waits, chooses by pid and group, and knows bad options', () => {
  const m = new Machine();
  const a = m.container();
  const one = m.fork(a);
  const two = m.fork(a);
  m.ok(two, 'setpgid', 0, 0);
  assert.is(m.call(a, 'wait4', -1, undefined, 0, undefined), 'parked');
  m.call(two, 'exit_group', 3);
  assert.is(m.answer(a), two.pid.own);
  assert.is(m.call(a, 'wait4', 999, undefined, 0, undefined), 'ECHILD');
  assert.is(m.call(a, 'wait4', -999, undefined, 0, undefined), 'ECHILD');
  assert.is(m.call(a, 'wait4', -2147483648, undefined, 0, undefined), 'ESRCH');
  assert.is(m.call(a, 'wait4', -1, undefined, 0x100, undefined), 'EINVAL');
  assert.is(m.call(a, 'wait4', 0, undefined, W.NOHANG, undefined), 0);
  assert.is(m.call(a, 'wait4', one.pid.own, undefined, W.NOHANG | W.CLONE, undefined), 'ECHILD');
  const quiet = m.fork(a, 0, 0);
  m.call(quiet, 'exit_group', 0);
  assert.is(m.call(a, 'wait4', quiet.pid.own, undefined, W.NOHANG, undefined), 'ECHILD');
  assert.is(m.call(a, 'wait4', quiet.pid.own, undefined, W.ALL, undefined), quiet.pid.own);
});

test('waitid fills siginfo, can leave the child, and takes a pidfd', () => {
  const m = new Machine();
  const a = m.container();
  const child = m.fork(a);
  const fd = m.ok(a, 'pidfd_open', child.pid.own, 0);
  const fds = scratch(8);
  fds.write(0, encode('pollfd', { fd, events: 1 }));
  const zero = new ByteBuf(encode('timespec', {}));
  assert.is(m.call(a, 'ppoll', fds, zero, undefined), 0);
  m.call(child, 'exit_group', 5);
  assert.is(m.call(a, 'ppoll', fds, zero, undefined), 1);
  const info = scratch(128);
  assert.is(m.call(a, 'waitid', 3, fd, info, W.EXITED | W.NOWAIT, undefined), 0);
  assert.equal([int(info), int(info, 8), int(info, 16), int(info, 24)], [SIG.CHLD, 1, child.pid.own, 5]);
  assert.is(m.call(a, 'waitid', 3, fd, info, W.EXITED, undefined), 0);
  assert.is(m.call(a, 'pidfd_send_signal', fd, 0, undefined, 0), 'ESRCH');
  assert.is(m.call(a, 'waitid', 0, 0, info, 0, undefined), 'EINVAL');
  assert.is(m.call(a, 'pidfd_open', 0, 0), 'EINVAL');
  assert.is(m.call(a, 'pidfd_open', 4242, 0), 'ESRCH');
});

test('orphans go to the init of their namespace, or to a subreaper on the way', () => {
  const m = new Machine();
  const a = m.container();
  const middle = m.fork(a);
  const leaf = m.fork(middle);
  m.call(middle, 'exit_group', 0);
  assert.is(m.call(leaf, 'getppid'), 1);
  const reaper = m.fork(a);
  m.ok(reaper, 'prctl', PR.SET_CHILD_SUBREAPER, integer(1), 0, 0, 0);
  const between = m.fork(reaper);
  const orphan = m.fork(between);
  m.call(between, 'exit_group', 0);
  assert.is(m.call(orphan, 'getppid'), reaper.pid.own);
});

test('PR_SET_PDEATHSIG comes when the parent dies', () => {
  const m = new Machine();
  const a = m.container();
  const middle = m.fork(a);
  const leaf = m.fork(middle);
  m.ok(leaf, 'rt_sigaction', SIG.USR1, handle(), undefined);
  m.ok(leaf, 'prctl', PR.SET_PDEATHSIG, integer(SIG.USR1), 0, 0, 0);
  assert.is(m.call(leaf, 'pause'), 'parked');
  m.call(middle, 'exit_group', 0);
  assert.equal(m.handled(leaf), [SIG.USR1]);
  assert.is(m.answer(leaf), 'EINTR');
});

test('who ignores SIGCHLD has no zombies: wait4 ends with ECHILD', () => {
  for (const action of [ignore(), handle(SA.NOCLDWAIT)]) {
    const m = new Machine();
    const a = m.container();
    m.ok(a, 'rt_sigaction', SIG.CHLD, action, undefined);
    const child = m.fork(a);
    assert.is(m.call(a, 'wait4', -1, undefined, 0, undefined), 'parked');
    m.call(child, 'exit_group', 3);
    assert.is(child.state, 'X');
    assert.ok(['ECHILD', 'EINTR'].includes(m.answer(a) as string));
    assert.is(m.call(a, 'wait4', -1, undefined, 0, undefined), 'ECHILD');
  }
});

test('the death of a namespace\'s init takes every task in it along, also those that entered', () => {
  const m = new Machine();
  const a = m.container();
  const child = m.fork(a);
  const deep = m.fork(child, CLONE.NEWPID);
  const launcher = m.fork(m.init);
  const fd = m.ok(launcher, 'pidfd_open', a.pid.in(m.init.pid.ns), 0);
  m.ok(launcher, 'setns', fd, CLONE.NEWPID);
  const entered = m.fork(launcher);
  assert.equal([entered.pid.own, m.call(entered, 'getppid')], [3 + 1, 0]);
  m.call(a, 'exit_group', 7);
  assert.equal([child, deep, entered].map((task) => task.alive), [false, false, false]);
  const status = scratch(4);
  assert.is(m.call(launcher, 'wait4', -1, status, 0, undefined), entered.pid.numbers[0]);
  assert.is(int(status), 9);
  assert.is(m.call(launcher, 'clone', 0, 0, SIG.CHLD, 0), 'ENOMEM');
  assert.equal([child.state, deep.state], ['X', 'X']);
  m.call(m.init, 'wait4', a.pid.numbers[0]!, status, 0, undefined);
  assert.is(int(status), 7 << 8);
  assert.is(m.kernel.tasks.size, 2);
});

test('setns to an ancestor PID namespace is EINVAL', () => {
  const m = new Machine();
  const a = m.container();
  const file = m.kernel.init.pid.ns;
  assert.ok(file.contains(a.pid.ns));
  const outer = m.fork(m.init);
  const fd = m.ok(outer, 'pidfd_open', a.pid.numbers[0]!, 0);
  m.ok(outer, 'setns', fd, CLONE.NEWPID);
  m.ok(outer, 'setns', fd, CLONE.NEWPID);
  const inner = m.fork(outer);
  const self = m.ok(inner, 'pidfd_open', 1, 0);
  assert.is(m.call(inner, 'setns', self, CLONE.NEWPID), 0);
});

test('sessions and groups follow setsid and setpgid', () => {
  const m = new Machine();
  const a = m.container();
  const child = m.fork(a);
  assert.is(m.call(child, 'getpgid', 0), 0, 'a group founded outside has no number here');
  assert.is(m.call(child, 'setsid'), 2);
  assert.equal([m.call(child, 'getsid', 0), m.call(child, 'getpgid', 0), m.call(child, 'setsid')], [2, 2, 'EPERM']);
  const member = m.fork(child);
  const other = m.fork(child);
  assert.is(m.call(child, 'setpgid', member.pid.own, 0), 0);
  assert.is(m.call(child, 'setpgid', other.pid.own, member.pid.own), 0);
  assert.is(m.call(other, 'getpgid', 0), member.pid.own);
  const cases: [number, number, string][] = [[0, 0, 'EPERM'], [member.pid.own, 4242, 'EPERM'], [1, 0, 'ESRCH'],
    [4242, 0, 'ESRCH'], [member.pid.own, -1, 'EINVAL']];
  for (const [pid, pgid, code] of cases) assert.is(m.call(child, 'setpgid', pid, pgid), code, `${pid} ${pgid}`);
  member.didExec = true;
  assert.is(m.call(child, 'setpgid', member.pid.own, 0), 'EACCES');
  const leader = m.fork(child);
  m.ok(leader, 'setsid');
  assert.is(m.call(child, 'setpgid', leader.pid.own, 0), 'EPERM');
});

test('a dead task holds nothing: 1000 births and deaths leave no trace', () => {
  const m = new Machine();
  const a = m.container();
  for (let i = 0; i < 1000; i++) {
    const child = m.fork(a, i % 10 === 0 ? CLONE.NEWPID | CLONE.NEWUTS | CLONE.NEWIPC : 0);
    m.call(child, 'exit_group', 0);
    m.ok(a, 'wait4', -1, undefined, 0, undefined);
  }
  assert.is(m.kernel.tasks.size, 2);
  assert.is(a.pid.ns.pids.size, 1);
  assert.is(m.init.pid.ns.pids.size, 2);
  assert.is(a.children.size, 0);
  assert.is(m.kernel.rootCgroup.taskCount, 2);
  assert.is(m.kernel.rootCgroup.memoryBytes, 0);
  assert.is(SI.USER, 0);
});

test.run();
