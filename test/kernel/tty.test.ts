// Terminals: line discipline, ptys, controlling terminals and job control, as area JOB and termios(3) have them.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenFile } from '../../src/kernel/fs/file.ts';
import { AnonInode } from '../../src/kernel/fs/anon.ts';
import type { Task } from '../../src/kernel/proc/task.ts';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import { Pty } from '../../src/kernel/tty/pty.ts';
import { decodeTermios, encodeTermios, encodeWinsize, type Termios } from '../../src/kernel/tty/termios.ts';
import { O, S } from '../../src/kernel/uapi/fcntl.ts';
import { POLL } from '../../src/kernel/uapi/poll.ts';
import { SIG, SIG_BLOCK } from '../../src/kernel/uapi/signal.ts';
import { encode } from '../../src/kernel/uapi/struct.ts';
import { IFLAG, IOCTL, LFLAG, OFLAG, VCC } from '../../src/kernel/uapi/termios.ts';
import { bytes, int, integer, Machine, pointer, scratch, text } from './machine.ts';

/** A container whose init leads a session on a new pty; task 1 of the machine holds the master. */
function terminal() {
  const m = new Machine();
  const shell = m.container();
  const { anon } = m.kernel.vfs;
  const inode = () => new AnonInode(anon, anon.nextIno(), S.IFCHR | 0o620);
  const pty = new Pty(m.kernel, 0, () => {});
  const master = m.init.files.install(m.init, pty.openMaster(m.init, inode(), undefined, O.RDWR), true);
  pty.locked = false;
  m.ok(shell, 'setsid');
  const slave = shell.files.install(shell, pty.openSlave(shell, inode(), undefined, O.RDWR), false);
  const type = (s: string) => m.ok(m.init, 'write', master, bytes(s));
  const screen = () => {
    m.run();
    if (pty.ring.length === 0) return '';
    const buf = scratch(4096);
    return text(buf.bytes.subarray(0, m.ok(m.init, 'read', master, buf)));
  };
  const read = (task: Task = shell, n = 100) => {
    const buf = scratch(n);
    const answer = m.call(task, 'read', slave, buf);
    return typeof answer === 'number' ? text(buf.bytes.subarray(0, answer)) : answer;
  };
  const set = (change: (t: Termios) => Partial<Termios>) => {
    const buf = new Uint8Array(36);
    m.ok(shell, 'ioctl', slave, IOCTL.TCGETS, pointer(buf));
    const now = decodeTermios(buf);
    m.ok(shell, 'ioctl', slave, IOCTL.TCSETS, pointer(encodeTermios({ ...now, ...change(now) })));
  };
  const raw = (min: number, time: number) => set((t) => ({
    lflag: t.lflag & ~(LFLAG.ICANON | LFLAG.ECHO), cc: t.cc.map((c, i) => (i === VCC.VMIN ? min : i === VCC.VTIME ? time : c)),
  }));
  return { m, shell, pty, master, slave, type, screen, read, set, raw };
}

test('a line is read as a whole, echoed, and NL becomes CR NL', () => {
  const t = terminal();
  assert.is(t.read(), 'parked');
  t.type('hi');
  assert.is(t.m.answer(t.shell), 'parked');
  t.type('\r');
  assert.is(t.m.answer(t.shell), 3);
  assert.is(t.screen(), 'hi\r\n');
  t.type('one\ntwo\n');
  assert.equal([t.read(), t.read(t.shell, 2), t.read()], ['one\n', 'tw', 'o\n']);
});

test('VEOF ends a read: at the start of a line it is the end of the file', () => {
  const t = terminal();
  t.type('\x04');
  assert.is(t.read(), '');
  t.type('ab\x04cd\x04');
  assert.equal([t.read(), t.read()], ['ab', 'cd']);
  t.type('ef\x04');
  assert.is(t.read(t.shell, 2), 'ef');
  assert.is(t.read(), 'parked', 'a VEOF right behind a full read is used up with it');
});

test('editing: erase, word erase, kill, literal next, tabs and UTF-8', () => {
  const cases: [typed: string, got: string, shown: string][] = [
    ['abc\x7fd\n', 'abd\n', 'abc\b \bd\r\n'],
    ['\x7fa\n', 'a\n', 'a\r\n'],
    ['one two\x17x\n', 'one x\n', 'one two\b \b\b \b\b \bx\r\n'],
    ['junk\x15ok\n', 'ok\n', 'junk\b \b\b \b\b \b\b \bok\r\n'],
    ['\x16\x03\n', '\x03\n', '^\b^C\r\n'],
    ['\x01\x7f\n', '\n', '^A\b \b\b \b\r\n'],
    ['ab\tc\x7f\x7f\n', 'ab\n', 'ab\tc\b \b\b\b\b\b\b\b\r\n'],
  ];
  for (const [typed, got, shown] of cases) {
    const t = terminal();
    t.type(typed);
    assert.equal([t.read(), t.screen()], [got, shown], JSON.stringify(typed));
  }
  const t = terminal();
  t.set((s) => ({ iflag: s.iflag | IFLAG.IUTF8 }));
  t.type('aé\x7fb\n');
  assert.is(t.read(), 'ab\n');
});

test('INTR, QUIT and SUSP signal the foreground group, flush and echo ^X', () => {
  for (const [key, signo, echo] of [['\x03', SIG.INT, '^C'], ['\x1c', SIG.QUIT, '^\\'], ['\x1a', SIG.TSTP, '^Z']] as const) {
    const t = terminal();
    const job = t.m.fork(t.shell);
    t.m.ok(t.shell, 'setpgid', job.pid.own, 0);
    t.m.ok(t.shell, 'ioctl', t.slave, IOCTL.TIOCSPGRP, pointer(encode('int', { value: job.pid.own })));
    t.m.call(job, 'pause');
    t.type(`half${key}`);
    t.m.run();
    assert.is(signo === SIG.TSTP ? job.state : job.exitStatus, signo === SIG.TSTP ? 'T' : signo);
    assert.ok(t.screen().endsWith(echo));
    assert.ok(t.shell.alive);
    t.type('x\n');
    assert.is(t.m.call(t.shell, 'ioctl', t.slave, IOCTL.TIOCSPGRP, pointer(encode('int', { value: 1 }))), 'EIO',
      'a background group that nobody could continue');
  }
});

test('a background read stops its group with SIGTTIN, or fails with EIO where nobody could continue it', () => {
  const t = terminal();
  const job = t.m.fork(t.shell);
  t.m.ok(t.shell, 'setpgid', job.pid.own, 0);
  assert.is(t.read(job), 'parked');
  assert.equal([job.state, job.stopSignal], ['T', SIG.TTIN]);
  t.type('for the job\n');
  t.m.ok(t.shell, 'ioctl', t.slave, IOCTL.TIOCSPGRP, pointer(encode('int', { value: job.pid.own })));
  t.m.ok(t.shell, 'kill', -job.pid.own, SIG.CONT);
  assert.is(t.m.answer(job), 12);
  const orphan = t.m.fork(job);
  t.m.ok(job, 'setpgid', orphan.pid.own, 0);
  t.m.call(job, 'exit_group', 0);
  t.m.ok(orphan, 'setpgid', 0, 0);
  orphan.parent!.children.delete(orphan);
  orphan.parent = t.m.init;
  assert.is(t.read(orphan), 'EIO');
});

test('TIOCSPGRP from the background stops with SIGTTOU unless that is ignored; bad groups have their errors', () => {
  const t = terminal();
  const fg = (task: Task, value: number) => t.m.call(task, 'ioctl', t.slave, IOCTL.TIOCSPGRP, pointer(encode('int', { value })));
  assert.equal([fg(t.shell, -1), fg(t.shell, 4242)], ['EINVAL', 'ESRCH']);
  const job = t.m.fork(t.shell);
  t.m.ok(t.shell, 'setpgid', job.pid.own, 0);
  assert.is(fg(job, job.pid.own), 'parked');
  assert.equal([job.state, job.stopSignal], ['T', SIG.TTOU]);
  t.m.ok(t.shell, 'kill', job.pid.own, SIG.CONT);
  t.m.run();
  t.m.ok(t.shell, 'kill', job.pid.own, SIG.KILL);
  const deaf = t.m.fork(t.shell);
  t.m.ok(t.shell, 'setpgid', deaf.pid.own, 0);
  t.m.ok(deaf, 'rt_sigprocmask', SIG_BLOCK, new ByteBuf(new Uint8Array(Int32Array.of(1 << (SIG.TTOU - 1), 0).buffer)), undefined);
  assert.is(fg(deaf, deaf.pid.own), 0);
  const group = new Uint8Array(4);
  assert.is(t.m.call(deaf, 'ioctl', t.slave, IOCTL.TIOCGPGRP, pointer(group)), 0);
  assert.is(int({ bytes: group }), deaf.pid.own);
  const stranger = t.m.fork(deaf);
  t.m.ok(stranger, 'setsid');
  assert.is(t.m.call(stranger, 'ioctl', t.slave, IOCTL.TIOCGPGRP, pointer(group)), 'ENOTTY');
  assert.is(fg(deaf, stranger.pid.own), 'EPERM');
});

test('TOSTOP stops a background writer', () => {
  const t = terminal();
  const job = t.m.fork(t.shell);
  t.m.ok(t.shell, 'setpgid', job.pid.own, 0);
  assert.is(t.m.call(job, 'write', t.slave, bytes('free\n')), 5);
  t.set((s) => ({ lflag: s.lflag | LFLAG.TOSTOP }));
  assert.is(t.m.call(job, 'write', t.slave, bytes('held\n')), 'parked');
  assert.is(job.stopSignal, SIG.TTOU);
});

test('raw mode: VMIN and VTIME', () => {
  const t = terminal();
  t.raw(1, 0);
  t.type('a\x03\r');
  assert.is(t.read(), '\n', 'ISIG is still on and has flushed');
  t.set((s) => ({ lflag: s.lflag & ~LFLAG.ISIG, iflag: 0 }));
  t.type('\x03\r');
  assert.is(t.read(), '\x03\r');
  t.raw(3, 0);
  assert.is(t.read(), 'parked');
  t.type('ab');
  assert.is(t.m.answer(t.shell), 'parked');
  t.type('c');
  assert.is(t.m.answer(t.shell), 3);
  t.raw(0, 0);
  assert.is(t.read(), '');
  t.raw(0, 5);
  assert.is(t.read(), 'parked');
  t.m.advance(400);
  assert.is(t.m.answer(t.shell), 'parked');
  t.m.advance(101);
  assert.is(t.m.answer(t.shell), 0);
  t.raw(5, 2);
  assert.is(t.read(), 'parked');
  t.m.advance(1000);
  assert.is(t.m.answer(t.shell), 'parked', 'the timer runs between bytes only');
  t.type('xy');
  t.m.run();
  t.m.advance(201);
  assert.is(t.m.answer(t.shell), 2);
});

test('what was typed before a switch to raw mode can be read at once', () => {
  const t = terminal();
  t.type('part');
  t.raw(1, 0);
  assert.is(t.read(), 'part');
});

test('output: OPOST off, tabs, VSTOP and VSTART, and a full line blocks the writer', () => {
  const t = terminal();
  t.m.ok(t.shell, 'write', t.slave, bytes('a\nb\tc\n'));
  assert.is(t.screen(), 'a\r\nb\tc\r\n');
  t.set((s) => ({ oflag: s.oflag | OFLAG.XTABS }));
  t.m.ok(t.shell, 'write', t.slave, bytes('b\tc\n'));
  assert.is(t.screen(), 'b       c\r\n');
  t.set((s) => ({ oflag: s.oflag & ~OFLAG.OPOST }));
  t.m.ok(t.shell, 'write', t.slave, bytes('a\n'));
  assert.is(t.screen(), 'a\n');
  t.type('\x13');
  assert.is(t.m.call(t.shell, 'write', t.slave, bytes('held')), 'parked');
  assert.is(t.screen(), '');
  t.type('\x11');
  assert.is(t.m.answer(t.shell), 4);
  assert.is(t.screen(), 'held');
  const big = new ByteBuf(new Uint8Array(40000).fill(97));
  assert.is(t.m.call(t.shell, 'write', t.slave, big), 'parked');
  let got = 0;
  for (let i = 0; i < 20; i++) got += t.screen().length;
  assert.equal([got, t.m.answer(t.shell)], [40000, 40000]);
});

test('closing the master hangs up: SIGHUP for the leader, end of file and EIO for the rest', () => {
  const t = terminal();
  const job = t.m.fork(t.shell);
  t.m.ok(t.shell, 'rt_sigaction', SIG.HUP, new ByteBuf(encode('sigaction', { sa_handler: 3 })), undefined);
  t.m.call(t.shell, 'pause');
  assert.is(t.read(job), 'parked');
  t.m.ok(t.m.init, 'close', t.master);
  assert.equal(t.m.handled(t.shell), [SIG.HUP]);
  assert.is(t.m.answer(job), 0);
  assert.is(t.m.call(job, 'write', t.slave, bytes('x')), 'EIO');
  assert.is(t.m.call(job, 'ioctl', t.slave, IOCTL.TCGETS, pointer(new Uint8Array(36))), 'EIO');
  assert.is(t.shell.session.tty, undefined);
});

test('when the leader exits its foreground group hears of it, and the master reads EIO after the rest', () => {
  const t = terminal();
  t.m.ok(t.shell, 'ioctl', t.slave, IOCTL.TIOCNOTTY, integer(0));
  const leader = t.m.fork(t.shell);
  t.m.ok(leader, 'setsid');
  t.m.ok(leader, 'ioctl', t.slave, IOCTL.TIOCSCTTY, integer(0));
  const job = t.m.fork(leader);
  t.m.ok(leader, 'setpgid', job.pid.own, 0);
  t.m.ok(leader, 'ioctl', t.slave, IOCTL.TIOCSPGRP, pointer(encode('int', { value: job.pid.own })));
  t.m.call(job, 'pause');
  t.pty.put(new TextEncoder().encode('last words'));
  t.m.call(leader, 'exit_group', 0);
  t.m.run();
  assert.is(job.exitStatus, SIG.HUP);
  assert.is(t.screen(), 'last words');
  assert.is(t.m.call(t.m.init, 'read', t.master, scratch(10)), 'EIO');
  assert.is((t.m.init.files.file(t.master) as OpenFile).poll(t.m.init) & POLL.HUP, POLL.HUP);
});

test('a window change sends SIGWINCH, the same size does not', () => {
  const t = terminal();
  t.m.ok(t.shell, 'rt_sigaction', SIG.WINCH, new ByteBuf(encode('sigaction', { sa_handler: 3 })), undefined);
  const size = (row: number) => t.m.ok(t.m.init, 'ioctl', t.master, IOCTL.TIOCSWINSZ,
    pointer(encodeWinsize({ row, col: 80, xpixel: 0, ypixel: 0 })));
  t.m.call(t.shell, 'pause');
  size(24);
  assert.equal(t.m.handled(t.shell), [SIG.WINCH]);
  t.m.call(t.shell, 'pause');
  size(24);
  assert.equal(t.m.handled(t.shell), []);
});

test('only a session leader without terminal takes one, and only one that nobody has', () => {
  const t = terminal();
  assert.is(t.m.call(t.shell, 'ioctl', t.slave, IOCTL.TIOCSCTTY, integer(0)), 0, 'it has it already');
  const child = t.m.fork(t.shell);
  assert.is(t.m.call(child, 'ioctl', t.slave, IOCTL.TIOCSCTTY, integer(0)), 'EPERM');
  t.m.ok(child, 'setsid');
  assert.is(t.m.call(child, 'ioctl', t.slave, IOCTL.TIOCSCTTY, integer(0)), 'EPERM');
  assert.is(t.m.call(child, 'ioctl', t.slave, IOCTL.TIOCSCTTY, integer(1)), 0, 'CAP_SYS_ADMIN may steal');
  assert.is(t.shell.session.tty, undefined);
});

test('a slave cannot be opened while it is locked, and a full line of input loses its end', () => {
  const t = terminal();
  t.pty.locked = true;
  assert.throws(() => t.pty.openSlave(t.shell, new AnonInode(t.m.kernel.vfs.anon, 9, 0), undefined, O.RDWR), /EIO/);
  t.set((s) => ({ lflag: s.lflag & ~LFLAG.ECHO }));
  t.type('x'.repeat(5000));
  t.type('\n');
  assert.is(t.read(t.shell, 8000).length, 4096);
});

test.run();
