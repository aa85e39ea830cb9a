// Signals: permission, protection of PID 1, masks, queues, stop and continue, timers, as areas SIG and PID have them.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Task } from '../../src/kernel/proc/task.ts';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import { SA, SIG, SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK } from '../../src/kernel/uapi/signal.ts';
import { encode } from '../../src/kernel/uapi/struct.ts';
import { int, Machine, scratch } from './machine.ts';

const act = (handler: number, flags = 0) => new ByteBuf(encode('sigaction', { sa_handler: handler, sa_flags: flags }));
const HANDLER = 3;
const set = (...signals: number[]) => {
  let lo = 0;
  let hi = 0;
  for (const n of signals) if (n <= 32) lo |= 1 << (n - 1); else hi |= 1 << (n - 33);
  return new ByteBuf(new Uint8Array(Int32Array.of(lo, hi).buffer));
};
const handle = (m: Machine, task: Task, signo: number, flags = 0) => m.ok(task, 'rt_sigaction', signo, act(HANDLER, flags), undefined);
const timespec = (ms: number) => new ByteBuf(encode('timespec', { tv_sec: Math.floor(ms / 1000), tv_nsec: (ms % 1000) * 1e6 }));

function family() {
  const m = new Machine();
  const init = m.container();
  return { m, init, child: m.fork(init) };
}

test('PID 1 ignores what it has no handler for, from itself and from inside, SIGKILL too', () => {
  const { m, init, child } = family();
  for (const from of [init, child]) {
    for (const signo of [SIG.KILL, SIG.TERM, SIG.STOP, SIG.HUP]) assert.is(m.call(from, 'kill', 1, signo), 0);
  }
  m.run();
  assert.equal([init.alive, init.state, init.pending.queue.length], [true, 'R', 0]);
  handle(m, init, SIG.USR1);
  m.call(init, 'pause');
  m.call(child, 'kill', 1, SIG.USR1);
  assert.equal(m.handled(init), [SIG.USR1]);
});

test('from an ancestor namespace SIGKILL and SIGSTOP work on PID 1, SIGTERM only with a handler', () => {
  const { m, init } = family();
  const outside = init.pid.numbers[0]!;
  m.call(init, 'pause');
  m.ok(m.init, 'kill', outside, SIG.TERM);
  m.run();
  assert.ok(init.alive);
  m.ok(m.init, 'kill', outside, SIG.STOP);
  m.run();
  assert.is(init.state, 'T');
  m.ok(m.init, 'kill', outside, SIG.CONT);
  m.ok(m.init, 'kill', outside, SIG.KILL);
  assert.is(init.alive, false);
  assert.is(init.exitStatus, 9);
});

test('kill(-1) spares PID 1 and the caller', () => {
  const { m, init, child } = family();
  const other = m.fork(init);
  m.call(other, 'pause');
  assert.is(m.call(child, 'kill', -1, SIG.TERM), 0);
  m.run();
  assert.equal([init.alive, child.alive, other.alive], [true, true, false]);
  m.ok(init, 'wait4', -1, undefined, 0, undefined);
  assert.is(m.call(child, 'kill', -1, SIG.TERM), 'ESRCH');
});

test('kill knows bad numbers, missing processes, groups and permission', () => {
  const { m, init, child } = family();
  const cases: [number, number, number | string][] = [[2, 65, 'EINVAL'], [2, -1, 'EINVAL'], [2, 0, 0], [4242, 0, 'ESRCH'],
    [-4242, SIG.TERM, 'ESRCH'], [-2147483648, SIG.TERM, 'ESRCH']];
  for (const [pid, signo, answer] of cases) assert.is(m.call(init, 'kill', pid, signo), answer, `${pid} ${signo}`);
  m.ok(child, 'setuid', 1000);
  assert.is(m.call(child, 'kill', 1, SIG.TERM), 'EPERM');
  assert.is(m.call(child, 'kill', 1, SIG.CONT), 0, 'SIGCONT within a session');
  assert.is(m.call(child, 'kill', -1, 0), 'ESRCH');
});

test('a group is signalled as a whole', () => {
  const { m, init, child } = family();
  m.ok(child, 'setpgid', 0, 0);
  const member = m.fork(child);
  for (const task of [child, member]) {
    handle(m, task, SIG.TERM);
    m.call(task, 'pause');
  }
  m.ok(init, 'kill', -child.pid.own, SIG.TERM);
  assert.equal([m.handled(child), m.handled(member)], [[SIG.TERM], [SIG.TERM]]);
});

test('a blocked signal waits, standard ones once, real-time ones each time', () => {
  const { m, child } = family();
  handle(m, child, SIG.USR1);
  handle(m, child, 40);
  m.ok(child, 'rt_sigprocmask', SIG_BLOCK, set(SIG.USR1, 40), undefined);
  for (const signo of [SIG.USR1, SIG.USR1, 40, 40]) m.ok(child, 'kill', child.pid.own, signo);
  const pending = scratch(8);
  m.ok(child, 'rt_sigpending', pending);
  assert.equal([int(pending), int(pending, 4)], [1 << (SIG.USR1 - 1), 1 << 7]);
  m.ok(child, 'rt_sigprocmask', SIG_UNBLOCK, set(SIG.USR1, 40), undefined);
  assert.equal(m.handled(child), [SIG.USR1, 40, 40]);
  assert.is(m.call(child, 'rt_sigprocmask', 7, set(), undefined), 'EINVAL');
});

test('SIGKILL and SIGSTOP cannot be caught, ignored or blocked', () => {
  const { m, child } = family();
  for (const signo of [SIG.KILL, SIG.STOP]) {
    assert.is(m.call(child, 'rt_sigaction', signo, act(1), undefined), 'EINVAL');
    assert.is(m.call(child, 'rt_sigaction', signo, undefined, scratch(16)), 0);
  }
  const old = scratch(8);
  m.ok(child, 'rt_sigprocmask', SIG_SETMASK, set(SIG.KILL, SIG.STOP, SIG.HUP), undefined);
  m.ok(child, 'rt_sigprocmask', SIG_BLOCK, undefined, old);
  assert.is(int(old), 1 << (SIG.HUP - 1));
});

test('ignoring a signal throws away what is pending of it', () => {
  const { m, child } = family();
  m.ok(child, 'rt_sigprocmask', SIG_BLOCK, set(SIG.USR1), undefined);
  m.ok(child, 'kill', child.pid.own, SIG.USR1);
  m.ok(child, 'rt_sigaction', SIG.USR1, act(1), undefined);
  m.ok(child, 'rt_sigprocmask', SIG_UNBLOCK, set(SIG.USR1), undefined);
  assert.ok(child.alive);
});

test('the sender shows as the receiver sees it: its number, or 0 from above', () => {
  const { m, init, child } = family();
  handle(m, child, SIG.USR1);
  m.ok(child, 'rt_sigprocmask', SIG_BLOCK, set(SIG.USR1, SIG.USR2), undefined);
  const take = (signo: number) => {
    const info = scratch(128);
    assert.is(m.call(child, 'rt_sigtimedwait', set(signo), info, undefined), signo);
    return [int(info), int(info, 8), int(info, 16), int(info, 20)];
  };
  m.ok(init, 'kill', child.pid.own, SIG.USR1);
  assert.equal(take(SIG.USR1), [SIG.USR1, 0, 1, 0]);
  m.ok(m.init, 'kill', child.pid.numbers[0]!, SIG.USR1);
  assert.equal(take(SIG.USR1), [SIG.USR1, 0, 0, 0]);
  m.ok(init, 'tgkill', child.pid.own, child.pid.own, SIG.USR2);
  assert.equal(take(SIG.USR2), [SIG.USR2, -6, 1, 0]);
});

test('sigtimedwait waits for a blocked signal, and no longer than it should', () => {
  const { m, init, child } = family();
  m.ok(child, 'rt_sigprocmask', SIG_BLOCK, set(SIG.USR1, SIG.CHLD), undefined);
  assert.is(m.call(child, 'rt_sigtimedwait', set(SIG.USR1, SIG.CHLD), undefined, timespec(50)), 'parked');
  m.advance(49);
  assert.is(m.answer(child), 'parked');
  m.advance(2);
  assert.is(m.answer(child), 'EAGAIN');
  assert.is(m.call(child, 'rt_sigtimedwait', set(SIG.USR1, SIG.CHLD), undefined, undefined), 'parked');
  const grandchild = m.fork(init);
  m.call(grandchild, 'exit_group', 0);
  assert.is(m.answer(child), 'parked');
  m.ok(init, 'kill', child.pid.own, SIG.CHLD);
  assert.is(m.answer(child), SIG.CHLD, 'although its default action is to ignore');
});

test('a handler ends a call with EINTR, or SA_RESTART issues it again; sleeping never restarts', () => {
  const { m, init, child } = family();
  const ends = scratch(8);
  m.ok(child, 'pipe2', ends, 0);
  const writer = m.fork(child);
  const read = (flags: number) => {
    handle(m, child, SIG.USR1, flags);
    assert.is(m.call(child, 'read', int(ends), scratch(4)), 'parked');
    m.ok(init, 'kill', child.pid.own, SIG.USR1);
    assert.equal(m.handled(child), [SIG.USR1]);
    return m.answer(child);
  };
  assert.is(read(0), 'EINTR');
  assert.is(read(SA.RESTART), 'parked');
  m.ok(writer, 'write', int(ends, 4), new ByteBuf(new Uint8Array(3)));
  assert.is(m.answer(child), 3);
  const rem = scratch(16);
  assert.is(m.call(child, 'nanosleep', timespec(5000), rem), 'parked');
  m.advance(1500);
  m.ok(init, 'kill', child.pid.own, SIG.USR1);
  assert.is(m.answer(child), 'EINTR');
  assert.ok(int(rem) === 3 || int(rem) === 5, 'what was left at the last try');
});

test('RESETHAND takes the handler away; without NODEFER the signal is blocked while it runs', () => {
  const { m, child } = family();
  handle(m, child, SIG.USR1, SA.RESETHAND);
  m.ok(child, 'kill', child.pid.own, SIG.USR1);
  assert.equal(m.handled(child), [SIG.USR1]);
  assert.is(child.sighand.actions[SIG.USR1]!.handler, 0);
  assert.is(m.call(child, 'kill', child.pid.own, SIG.USR1), 'dead');
  assert.is(child.exitStatus, SIG.USR1);
});

test('stop and continue keep a sleeping call and its deadline', () => {
  const { m, init, child } = family();
  assert.is(m.call(child, 'nanosleep', timespec(100), undefined), 'parked');
  m.ok(init, 'kill', child.pid.own, SIG.STOP);
  m.advance(300);
  assert.equal([child.state, m.answer(child)], ['T', 'parked']);
  m.ok(init, 'kill', child.pid.own, SIG.CONT);
  assert.is(m.answer(child), 0);
});

test('stop signals and SIGCONT throw each other away', () => {
  const { m, init, child } = family();
  m.ok(child, 'rt_sigprocmask', SIG_BLOCK, set(SIG.TSTP, SIG.CONT), undefined);
  handle(m, child, SIG.CONT);
  m.ok(init, 'kill', child.pid.own, SIG.TSTP);
  m.ok(init, 'kill', child.pid.own, SIG.CONT);
  const pending = scratch(8);
  m.ok(child, 'rt_sigpending', pending);
  assert.is(int(pending), 1 << (SIG.CONT - 1));
  m.ok(init, 'kill', child.pid.own, SIG.TSTP);
  m.ok(child, 'rt_sigpending', pending);
  assert.is(int(pending), 1 << (SIG.TSTP - 1));
});

test('SIGKILL ends a stopped task; SIGTERM waits until it is continued', () => {
  const { m, init, child } = family();
  m.call(child, 'pause');
  m.ok(init, 'kill', child.pid.own, SIG.STOP);
  m.run();
  m.ok(init, 'kill', child.pid.own, SIG.TERM);
  m.run();
  assert.is(child.state, 'T');
  m.ok(init, 'kill', child.pid.own, SIG.CONT);
  m.run();
  assert.is(child.exitStatus, SIG.TERM);
  const other = m.fork(init);
  m.call(other, 'pause');
  m.ok(init, 'kill', other.pid.own, SIG.STOP);
  m.run();
  m.ok(init, 'kill', other.pid.own, SIG.KILL);
  assert.is(other.exitStatus, SIG.KILL);
});

test('an orphaned group is not stopped by SIGTSTP, and one that becomes orphaned is woken with SIGHUP', () => {
  const { m, init } = family();
  m.call(init, 'setsid');
  const shell = m.fork(init);
  m.ok(shell, 'setsid');
  m.call(shell, 'kill', shell.pid.own, SIG.TSTP);
  assert.is(shell.state, 'R', 'a session leader below another session is alone');
  const job = m.fork(shell);
  m.ok(job, 'setpgid', 0, 0);
  m.call(job, 'pause');
  m.ok(shell, 'kill', job.pid.own, SIG.TSTP);
  m.run();
  assert.is(job.state, 'T');
  m.call(shell, 'exit_group', 0);
  m.run();
  assert.is(job.exitStatus, SIG.HUP);
});

test('sigsuspend swaps the mask until a handler has run', () => {
  const { m, init, child } = family();
  handle(m, child, SIG.USR1);
  m.ok(child, 'rt_sigprocmask', SIG_BLOCK, set(SIG.USR1), undefined);
  m.ok(init, 'kill', child.pid.own, SIG.USR1);
  assert.is(m.call(child, 'rt_sigsuspend', set()), 'EINTR');
  assert.equal(m.handled(child), [SIG.USR1]);
  assert.is(child.blocked.lo, 1 << (SIG.USR1 - 1));
});

test('alarm and setitimer send SIGALRM, once or again and again', () => {
  const { m, child } = family();
  handle(m, child, SIG.ALRM);
  assert.is(m.call(child, 'alarm', 2), 0);
  assert.is(m.call(child, 'alarm', 1), 2);
  m.call(child, 'pause');
  m.advance(1001);
  assert.equal(m.handled(child), [SIG.ALRM]);
  assert.is(m.call(child, 'alarm', 0), 0);
  const every = new ByteBuf(encode('itimerval', { it_value_usec: 10_000, it_interval_usec: 10_000 }));
  m.ok(child, 'setitimer', 0, every, undefined);
  m.answer(child);
  m.call(child, 'pause');
  m.advance(15);
  m.call(child, 'pause');
  m.advance(10);
  assert.is(m.handled(child).length, 2);
  assert.is(m.call(child, 'setitimer', 1, every, undefined), 'EINVAL');
  m.call(child, 'exit_group', 0);
  m.advance(100);
});

test.run();
