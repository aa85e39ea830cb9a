// Pipes and FIFOs (pipe(7), fifo(7)), poll, and the console that a host gives.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AnonInode } from '../../src/kernel/fs/anon.ts';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import { Console } from '../../src/kernel/tty/console.ts';
import { openTty } from '../../src/kernel/tty/file.ts';
import { AT, F, O, S } from '../../src/kernel/uapi/fcntl.ts';
import { POLL } from '../../src/kernel/uapi/poll.ts';
import { SIG } from '../../src/kernel/uapi/signal.ts';
import { encode } from '../../src/kernel/uapi/struct.ts';
import { IOCTL } from '../../src/kernel/uapi/termios.ts';
import { bytes, int, integer, Machine, pointer, scratch, text } from './machine.ts';

const fill = (n: number, byte = 97) => new ByteBuf(new Uint8Array(n).fill(byte));
const timespec = (ms: number) => new ByteBuf(encode('timespec', { tv_sec: 0, tv_nsec: ms * 1e6 }));

/** A writer and a reader in one container: 0 is the read end, 1 the write end, in both. */
function pipe(flags = 0) {
  const m = new Machine();
  const writer = m.fork(m.container());
  m.ok(writer, 'pipe2', scratch(8), flags);
  const reader = m.fork(writer);
  return { m, writer, reader };
}

test('a pipe holds 64 KiB, then its writer waits, and goes on as the reader reads', () => {
  const { m, writer, reader } = pipe();
  assert.is(m.call(writer, 'write', 1, fill(65536)), 65536);
  assert.is(m.call(writer, 'write', 1, fill(100_000, 98)), 'parked');
  let got = 0;
  for (let i = 0; i < 20; i++) got += m.ok(reader, 'read', 0, scratch(8192));
  m.run();
  while (m.answer(writer) === 'parked' && got < 165_536) got += m.ok(reader, 'read', 0, scratch(65536));
  while (got < 165_536) got += m.ok(reader, 'read', 0, scratch(65536));
  assert.is(got, 165_536);
});

test('a write of at most PIPE_BUF is never split, a longer one is', () => {
  const { m, writer, reader } = pipe(O.NONBLOCK);
  m.ok(writer, 'write', 1, fill(65536 - 100));
  assert.is(m.call(writer, 'write', 1, fill(101)), 'EAGAIN');
  assert.is(m.call(writer, 'write', 1, fill(4096)), 'EAGAIN');
  assert.is(m.call(writer, 'write', 1, fill(5000)), 100);
  assert.is(m.call(reader, 'read', 0, scratch(65536)), 65536);
  assert.is(m.call(reader, 'read', 0, scratch(1)), 'EAGAIN');
});

test('without writers a read ends, without readers a write is SIGPIPE and EPIPE', () => {
  const { m, writer, reader } = pipe();
  m.ok(reader, 'close', 1);
  assert.is(m.call(reader, 'read', 0, scratch(1)), 'parked');
  m.ok(writer, 'close', 1);
  assert.is(m.answer(reader), 0);
  const other = pipe();
  other.m.call(other.reader, 'exit_group', 0);
  other.m.ok(other.writer, 'close', 0);
  assert.is(other.m.call(other.writer, 'write', 1, bytes('x')), 'dead');
  assert.is(other.writer.exitStatus, SIG.PIPE);
  const third = pipe();
  third.m.call(third.reader, 'exit_group', 0);
  third.m.ok(third.writer, 'rt_sigaction', SIG.PIPE, new ByteBuf(encode('sigaction', { sa_handler: 1 })), undefined);
  third.m.ok(third.writer, 'close', 0);
  assert.is(third.m.call(third.writer, 'write', 1, bytes('x')), 'EPIPE');
});

test('the death of a task closes its ends', () => {
  const { m, writer, reader } = pipe();
  m.ok(reader, 'close', 1);
  assert.is(m.call(reader, 'read', 0, scratch(1)), 'parked');
  m.ok(reader.parent!.parent!, 'kill', writer.pid.own, SIG.KILL);
  assert.is(m.answer(reader), 0);
});

test('F_SETPIPE_SZ, FIONREAD and poll', () => {
  const { m, writer, reader } = pipe();
  assert.is(m.call(writer, 'fcntl', 1, F.GETPIPE_SZ, integer(0)), 65536);
  assert.is(m.call(writer, 'fcntl', 1, F.SETPIPE_SZ, integer(5000)), 8192);
  const poll = (task: typeof writer, fd: number, events: number, ms = 0) => {
    const fds = scratch(8);
    fds.write(0, encode('pollfd', { fd, events }));
    const answer = m.call(task, 'ppoll', fds, ms < 0 ? undefined : timespec(ms), undefined);
    return answer === 'parked' ? answer : [answer, int(fds, 4) >> 16];
  };
  assert.equal([poll(reader, 0, POLL.IN), poll(writer, 1, POLL.OUT)], [[0, 0], [1, POLL.OUT]]);
  m.ok(writer, 'write', 1, fill(8192));
  assert.equal([poll(reader, 0, POLL.IN), poll(writer, 1, POLL.OUT)], [[1, POLL.IN], [0, 0]]);
  const count = new Uint8Array(4);
  m.ok(reader, 'ioctl', 0, IOCTL.FIONREAD, pointer(count));
  assert.is(int({ bytes: count }), 8192);
  assert.is(m.call(writer, 'fcntl', 1, F.SETPIPE_SZ, integer(4096)), 'EBUSY');
  assert.equal(poll(reader, 77, POLL.IN), [1, POLL.NVAL]);
  assert.is(poll(writer, 1, POLL.OUT, -1), 'parked');
  m.ok(reader, 'read', 0, scratch(8192));
  assert.is(m.answer(writer), 1);
});

test('ppoll ends at its deadline, and by a signal that its mask lets through', () => {
  const { m, reader } = pipe();
  const fds = scratch(8);
  fds.write(0, encode('pollfd', { fd: 0, events: POLL.IN }));
  assert.is(m.call(reader, 'ppoll', fds, timespec(20), undefined), 'parked');
  m.advance(21);
  assert.is(m.answer(reader), 0);
  const usr1 = new ByteBuf(new Uint8Array(Int32Array.of(1 << (SIG.USR1 - 1), 0).buffer));
  m.ok(reader, 'rt_sigaction', SIG.USR1, new ByteBuf(encode('sigaction', { sa_handler: 3 })), undefined);
  m.ok(reader, 'rt_sigprocmask', 0, usr1, undefined);
  m.ok(reader, 'kill', reader.pid.own, SIG.USR1);
  assert.is(m.call(reader, 'ppoll', fds, undefined, fill(8, 0)), 'EINTR');
  assert.equal(m.handled(reader), [SIG.USR1]);
  assert.is(reader.blocked.lo, 1 << (SIG.USR1 - 1), 'the mask is back');
  assert.is(m.call(reader, 'ppoll', fds, timespec(0), fill(8, 0)), 0);
  assert.is(reader.blocked.lo, 1 << (SIG.USR1 - 1));
});

test('opening a FIFO waits for the other side', () => {
  const m = new Machine();
  const a = m.container();
  m.ok(a, 'mknodat', AT.FDCWD, '/tmp/fifo', S.IFIFO | 0o600, 0);
  const b = m.fork(a);
  const open = (task: typeof a, flags: number) => m.call(task, 'openat', AT.FDCWD, '/tmp/fifo', flags, 0);
  assert.is(open(b, O.WRONLY | O.NONBLOCK), 'ENXIO');
  assert.is(open(a, O.RDONLY), 'parked');
  assert.is(open(b, O.WRONLY), 0);
  assert.is(m.answer(a), 0);
  m.ok(b, 'write', 0, bytes('through'));
  const buf = scratch(10);
  assert.is(m.call(a, 'read', 0, buf), 7);
  m.ok(b, 'close', 0);
  assert.is(m.call(a, 'read', 0, buf), 0);
  m.ok(a, 'close', 0);
  assert.is(open(a, O.RDONLY | O.NONBLOCK), 0);
});

test('a console gives what its host does not take yet later, in order', () => {
  const m = new Machine();
  const task = m.container();
  let taken = '';
  let room = 5;
  const host = new Console(m.kernel, { write(part) {
    const n = Math.min(room, part.length);
    taken += text(part.subarray(0, n));
    room -= n;
    return n;
  } });
  const { anon } = m.kernel.vfs;
  const fd = task.files.install(task, openTty(task, host.tty, new AnonInode(anon, 7, S.IFCHR), undefined, O.RDWR | O.NOCTTY), false);
  m.ok(task, 'write', fd, bytes('hello world\n'));
  assert.is(taken, 'hello');
  room = 3;
  host.ready();
  assert.is(taken, 'hello wo');
  m.ok(task, 'write', fd, bytes('!'));
  room = 100;
  host.ready();
  assert.is(taken, 'hello world\r\n!');
  host.onInput(new TextEncoder().encode('line\r'));
  const buf = scratch(10);
  assert.is(m.call(task, 'read', fd, buf), 5);
  assert.ok(taken.endsWith('line\r\n'));
  host.hangup();
  assert.is(m.call(task, 'read', fd, buf), 0);
  assert.is(m.call(task, 'write', fd, bytes('x')), 'EIO');
});

test.run();
