// execve, scripts and spawn over a fake loader: what is checked, what is kept, what a failure leaves behind.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Program } from '../../src/kernel/hardware.ts';
import { ATTENTION, type Task } from '../../src/kernel/proc/task.ts';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import { AT, O } from '../../src/kernel/uapi/fcntl.ts';
import { CLONE, PR } from '../../src/kernel/uapi/sched.ts';
import { SIG } from '../../src/kernel/uapi/signal.ts';
import { SPAWN, SPAWN_ACTION } from '../../src/kernel/uapi/spawn.ts';
import { encode } from '../../src/kernel/uapi/struct.ts';
import { bytes, int, integer, Machine, scratch } from './machine.ts';

function machine() {
  const m = new Machine();
  const task = m.container(CLONE.NEWPID | CLONE.NEWNS);
  const file = (name: string, content: string, mode = 0o755) => {
    const fd = m.ok(task, 'openat', AT.FDCWD, name, O.WRONLY | O.CREAT, mode);
    if (content !== '') m.ok(task, 'write', fd, bytes(content));
    m.ok(task, 'fchmod', fd, mode);
    m.ok(task, 'close', fd);
  };
  file('/prog', 'program');
  const exec = (path: string, argv = [path], who: Task = task) => m.call(who, 'execve', path, argv, ['A=1']);
  return { m, task, file, exec };
}

test('execve gives a task its image, name, arguments, and its first CPU', () => {
  const { m, task, exec } = machine();
  const fd = m.ok(task, 'openat', AT.FDCWD, '/prog', O.RDONLY | O.CLOEXEC, 0);
  const kept = m.ok(task, 'openat', AT.FDCWD, '/prog', O.RDONLY, 0);
  m.ok(task, 'rt_sigaction', SIG.USR1, new ByteBuf(encode('sigaction', { sa_handler: 3 })), undefined);
  m.ok(task, 'rt_sigaction', SIG.USR2, new ByteBuf(encode('sigaction', { sa_handler: 1 })), undefined);
  const before = m.kernel.rootCgroup.memoryBytes;
  assert.is(exec('/prog', ['name', 'x y', '']), 0);
  assert.equal(m.hardware.started, [task]);
  assert.equal([task.comm, task.mm!.argv, task.mm!.envp], ['prog', ['name', 'x y', ''], ['A=1']]);
  assert.equal([task.files.peek(fd), task.files.peek(kept) !== undefined], [undefined, true]);
  assert.equal([task.sighand.actions[SIG.USR1]!.handler, task.sighand.actions[SIG.USR2]!.handler], [0, 1]);
  assert.is(m.kernel.rootCgroup.memoryBytes, before + 65536);
  const buf = scratch(100);
  assert.is(m.call(task, 'args', buf), 10);
  assert.is(String.fromCharCode(...buf.bytes.subarray(0, 10)), 'name\0x y\0\0');
  assert.is(m.call(task, 'args', scratch(3)), 10);
});

test('an exec of a running image ends the old one', () => {
  const { m, task, exec } = machine();
  exec('/prog');
  const before = m.kernel.rootCgroup.memoryBytes;
  assert.is(exec('/prog', ['again']), 'dead', 'the old code does not go on');
  assert.ok(task.alive);
  assert.is(task.attention & ATTENTION.EXEC, ATTENTION.EXEC);
  assert.is(m.kernel.next(task), task.mm!.program);
  assert.is(m.call(task, 'openat', AT.FDCWD, '/prog', O.WRONLY, 0), 'ETXTBSY');
  assert.is(m.kernel.rootCgroup.memoryBytes, before);
});

test('what cannot be executed says why', () => {
  const { m, task, file, exec } = machine();
  file('/plain', 'program', 0o644);
  file('/elf', '\x7fELF...');
  file('/text', 'hello');
  file('/empty', '');
  m.ok(task, 'mkdirat', AT.FDCWD, '/dir', 0o755);
  m.ok(task, 'symlinkat', '/loop', AT.FDCWD, '/loop');
  const cases: [string, string][] = [['/none', 'ENOENT'], ['/plain', 'EACCES'], ['/dir', 'EACCES'], ['/elf', 'ENOEXEC'],
    ['/text', 'ENOEXEC'], ['/empty', 'ENOEXEC'], ['/prog/x', 'ENOTDIR'], ['/loop', 'ELOOP'], ['', 'ENOENT'],
    [`/${'x'.repeat(300)}`, 'ENAMETOOLONG']];
  for (const [path, code] of cases) assert.is(exec(path), code, path);
  assert.is(exec('/prog', ['x'.repeat(131072)]), 'E2BIG');
  assert.is(exec('/prog', new Array(30000).fill('x'.repeat(100))), 'E2BIG');
  const fd = m.ok(task, 'openat', AT.FDCWD, '/prog', O.WRONLY, 0);
  assert.is(exec('/prog'), 'ETXTBSY');
  m.ok(task, 'close', fd);
  assert.is(task.mm, undefined, 'nothing has changed');
});

test('scripts run their interpreter with one argument, five deep', () => {
  const { m, task, file, exec } = machine();
  file('/script', '#! /prog  -a -b \nrest');
  assert.is(exec('/script', ['script', 'one']), 0);
  assert.equal([task.mm!.argv, task.comm], [['/prog', '-a -b', '/script', 'one'], 'script']);
  const n = m.fork(task);
  file('/s1', '#!/prog\n');
  for (let i = 2; i < 8; i++) file(`/s${i}`, `#!/s${i - 1}\n`);
  assert.is(exec('/s5', ['/s5'], n), 'dead');
  assert.equal(n.mm!.argv, ['/prog', '/s1', '/s2', '/s3', '/s4', '/s5']);
  const o = m.fork(task);
  assert.is(exec('/s7', ['/s7'], o), 'ELOOP');
  file('/gone', '#!/nowhere\n');
  assert.is(exec('/gone', ['/gone'], o), 'ENOENT');
});

test('execve waits for the loader before anything has changed, and a signal can end the wait', () => {
  const { m, task, exec } = machine();
  const { load } = m.hardware;
  const slow: Program = { ...load({ key: '', name: '', size: 0, read: () => new Uint8Array() }), state: 'loading', error: undefined };
  m.hardware.load = () => slow;
  assert.is(exec('/prog'), 'parked');
  assert.is(task.mm, undefined);
  slow.state = 'ready';
  slow.queue.wake();
  assert.is(m.answer(task), 0);
});

test('memory is charged at exec: ENOMEM when the machine is full', () => {
  const m = new Machine({ machine: { memoryBytes: 100_000 } });
  const task = m.container(CLONE.NEWPID | CLONE.NEWNS);
  const fd = m.ok(task, 'openat', AT.FDCWD, '/prog', O.WRONLY | O.CREAT, 0o755);
  m.ok(task, 'write', fd, bytes('program'));
  m.ok(task, 'close', fd);
  const other = m.fork(task);
  assert.is(m.call(task, 'execve', '/prog', ['a'], []), 0);
  assert.is(m.call(other, 'execve', '/prog', ['a'], []), 'ENOMEM');
  m.call(task, 'exit_group', 0);
});

test('setuid bits and capabilities follow capabilities(7), no_new_privs stops them', () => {
  const { m, task, file, exec } = machine();
  file('/suid', 'program', 0o4755);
  const user = m.fork(task);
  m.ok(user, 'setuid', 1000);
  const careful = m.fork(user);
  m.ok(careful, 'prctl', PR.SET_NO_NEW_PRIVS, integer(1), 0, 0, 0);
  assert.is(exec('/suid', ['x'], user), 0);
  assert.equal([user.cred.uid, user.cred.euid, user.cred.permitted.lo, user.dumpable], [1000, 0, -1, 0]);
  assert.is(exec('/suid', ['x'], careful), 0);
  assert.equal([careful.cred.euid, careful.cred.permitted.lo], [1000, 0]);
});

const attr = (value: Record<string, number>) => new ByteBuf(encode('spawn_attr', value));
const actions = (...list: Record<string, number>[]) => {
  const all = new Uint8Array(list.length * 32);
  list.forEach((action, i) => all.set(encode('spawn_action', action), i * 32));
  return new ByteBuf(all);
};

test('spawn makes a child with its program, group and descriptors in one call', () => {
  const { m, task } = machine();
  const ends = scratch(8);
  m.ok(task, 'pipe2', ends, O.CLOEXEC);
  const pid = m.ok(task, 'spawn', '/prog', ['p'], [], actions({ op: SPAWN_ACTION.DUP2, fd: int(ends, 4), newfd: 1 }),
    attr({ flags: SPAWN.SETPGID, pgid: 0 }), undefined);
  const child = task.pid.ns.task(pid)!;
  assert.equal([child.comm, child.pgrp.pid, child.didExec], ['prog', child.pid, true]);
  assert.equal([...child.files.numbers()], [1]);
  assert.equal(m.hardware.started, [child]);
  assert.is(m.call(task, 'setpgid', pid, 0), 'EACCES');
});

test('a spawn that fails names the action and leaves no child', () => {
  const { m, task } = machine();
  const failed = scratch(4);
  const tasks = m.kernel.tasks.size;
  const files = m.kernel.vfs.files;
  assert.is(m.call(task, 'spawn', '/none', ['p'], [], actions(), undefined, failed), 'ENOENT');
  assert.is(int(failed), 0);
  assert.is(m.call(task, 'spawn', '/prog', ['p'], [],
    actions({ op: SPAWN_ACTION.CLOSE, fd: 77 }, { op: SPAWN_ACTION.DUP2, fd: 42, newfd: 1 }), undefined, failed), 'EBADF');
  assert.is(int(failed), 1);
  assert.equal([m.kernel.tasks.size, m.kernel.vfs.files, task.children.size], [tasks, files, 0]);
  assert.is(m.call(task, 'wait4', -1, undefined, 0, undefined), 'ECHILD');
});

test('a spawn that waits for the loader is taken back when its caller dies', () => {
  const { m, task } = machine();
  const child = m.fork(task);
  const slow = { state: 'loading', queue: m.hardware.load({ key: '', name: '', size: 0, read: () => new Uint8Array() }).queue } as Program;
  m.hardware.load = () => slow;
  const tasks = m.kernel.tasks.size;
  assert.is(m.call(child, 'spawn', '/prog', ['p'], [], actions({ op: SPAWN_ACTION.CLOSE, fd: 5 }), undefined, undefined), 'parked');
  m.ok(task, 'kill', child.pid.own, SIG.KILL);
  assert.is(m.kernel.tasks.size, tasks);
  assert.is(m.call(task, 'wait4', -1, undefined, 0, undefined), child.pid.own);
});

test.run();
