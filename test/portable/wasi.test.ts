// WASI's adapters, call by call, over the real kernel without a CPU.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {scratch} from '../../src/kernel/syscall/buf.ts';
import {byName} from '../../src/kernel/syscall/table.ts';
import {Errno} from '../../src/kernel/uapi/errno.ts';
import {AT, O} from '../../src/kernel/uapi/fcntl.ts';
import {lost, WASI, wasiErrno} from '../../src/portable/abi/errno.ts';
import {wasiCalls, wasiNumber} from '../../src/portable/abi/wasi.ts';
import {Guest} from './wasiguest.ts';

const ROOT = 3;
const DOT = 4;

test('every preview1 call has a number, and unknown ones have none', () => {
  assert.is(wasiCalls.length, 46);
  assert.is(wasiNumber('wasi_snapshot_preview1', 'fd_read'), wasiNumber('wasi_unstable', 'fd_read') - 64);
  assert.is(wasiNumber('wasi_unstable', 'sock_accept'), -1);
  assert.is(wasiNumber('wasi_snapshot_preview1', 'sock_open'), -1);
  assert.is(wasiNumber('wasi_snapshot_preview2', 'fd_read'), -1);
  assert.is(wasiNumber('env', 'fd_read'), -1);
  for (const {rows} of wasiCalls) for (const row of rows) assert.ok(byName[row], row);
});

test('errnos keep their names', () => {
  assert.is(WASI['2BIG'], 1);
  assert.is(WASI.NOTCAPABLE, 76);
  const pairs: [number, number][] = [
    [Errno.ENOENT, 44], [Errno.EBADF, 8], [Errno.EAGAIN, 6], [Errno.EINVAL, 28], [Errno.ENOSYS, 52], [Errno.EPIPE, 64],
    [Errno.ENOTEMPTY, 55], [Errno.EXDEV, 75], [Errno.EOPNOTSUPP, 58], [Errno.EINTR, 27], [Errno.EPERM, 63],
  ];
  for (const [linux, wasi] of pairs) assert.is(wasiErrno(linux), wasi);
  assert.is(wasiErrno(4000), WASI.IO);
  assert.equal(lost().filter((name) => !['ENODATA', 'EISNAM'].includes(name)), []);
});

test('arguments and environment are bytes', () => {
  const g = new Guest();
  g.ok('args_sizes_get', 0, 4);
  assert.equal([g.u32(0), g.u32(4)], [2, 9]);
  g.ok('args_get', 16, 100);
  assert.equal([g.u32(16), g.u32(20)], [100, 105]);
  assert.is(g.string(100, 9), 'prog\0a b\0');
  g.ok('environ_sizes_get', 0, 4);
  assert.equal([g.u32(0), g.u32(4)], [2, 12]);
  g.ok('environ_get', 16, 100);
  assert.is(g.string(100, 12), 'HOME=/\0X=\xc3\xa9\0');
  assert.is(g.call('args_get', 16, g.memory.length - 3), WASI.FAULT);
});

test('/ and . are preopened at the lowest free numbers', () => {
  const g = new Guest();
  for (const [fd, name] of [[ROOT, '/'], [DOT, '.']] as const) {
    g.ok('fd_prestat_get', fd, 0);
    assert.equal([g.u32(0), g.u32(4)], [0, 1]);
    g.ok('fd_prestat_dir_name', fd, 8, 1);
    assert.is(g.string(8, 1), name);
    assert.is(g.call('fd_prestat_dir_name', fd, 8, 0), WASI.NAMETOOLONG);
  }
  assert.is(g.call('fd_prestat_get', 5, 0), WASI.BADF);
  assert.is(g.call('fd_prestat_get', 0, 0), WASI.BADF);
  assert.is(g.open(ROOT, 'tmp', 2, 1 << 14), 5, 'the next number is not theirs');
});

test('an inherited descriptor between preopens is skipped, not the end', () => {
  const g = new Guest();
  g.task.files.closeOnExec(g.task);
  // Without preopens a pipe takes 3 and 4; then 3 is free again.
  g.kernel.issue(g.task, 'pipe2', [scratch(8), 0]);
  g.kernel.issue(g.task, 'close', [3]);
  assert.equal(g.task.files.reserve(2), [3, 5]);
  const found = [];
  for (let fd = 3; g.call('fd_prestat_get', fd, 0) === 0; fd++) found.push([fd, g.u32(0)]);
  assert.equal(found, [[3, 0], [4, 1], [5, 0]]);
});

test('a file is made, written, sought, read and closed', () => {
  const g = new Guest();
  const fd = g.open(ROOT, 'tmp/f', 1);
  assert.is(g.write(fd, 'hello world'), 11);
  g.ok('fd_seek', fd, -5, -1, 1, 800);
  assert.is(g.u64(800), 6n);
  assert.is(g.read(fd, 100), 'world');
  g.ok('fd_tell', fd, 800);
  assert.is(g.u64(800), 11n);
  g.ok('fd_seek', fd, 0, 0, 0, 800);
  assert.is(g.read(fd, 5), 'hello');
  g.ok('fd_pread', fd, ...g.iov(3), 6, 0, 700);
  assert.is(g.string(2000, g.u32(700)), 'wor');
  g.text(2000, 'W');
  g.ok('fd_pwrite', fd, ...g.iov(1), 6, 0, 700);
  g.ok('fd_filestat_set_size', fd, 8, 0);
  g.ok('fd_seek', fd, 0, 0, 0, 800);
  assert.is(g.read(fd, 100), 'hello Wo');
  assert.is(g.call('fd_seek', fd, 0, 0, 3, 800), WASI.INVAL);
  assert.is(g.call('fd_seek', fd, -1, -1, 0, 800), WASI.INVAL);
  g.ok('fd_close', fd);
  assert.is(g.call('fd_close', fd), WASI.BADF);
  assert.is(g.call('fd_read', fd, ...g.iov(1), 700), WASI.BADF);
});

test('several buffers are filled in order', () => {
  const g = new Guest();
  const fd = g.open(ROOT, 'tmp/v', 1);
  g.text(2000, 'abcdef');
  const list = [2000, 2, 2004, 0, 2002, 3];
  list.forEach((word, i) => g.view.setUint32(600 + i * 4, word, true));
  g.ok('fd_write', fd, 600, 3, 700);
  assert.is(g.u32(700), 5);
  g.ok('fd_seek', fd, 0, 0, 0, 800);
  g.ok('fd_read', fd, 600, 3, 700);
  g.ok('fd_seek', fd, 0, 0, 0, 800);
  assert.is(g.read(fd, 10), 'abcde');
  assert.is(g.call('fd_write', fd, 600, 2000, 700), WASI.INVAL);
  assert.is(g.call('fd_write', fd, -8, 3, 700), WASI.FAULT);
});

test('wasi_unstable has its own whence and layouts', () => {
  const g = new Guest();
  const fd = g.open(ROOT, 'tmp/u', 1);
  g.write(fd, 'abcdef');
  g.module = 'wasi_unstable';
  g.ok('fd_seek', fd, -2, -1, 1, 800);
  assert.is(g.u64(800), 4n);
  g.ok('fd_seek', fd, 1, 0, 2, 800);
  assert.is(g.u64(800), 1n);
  g.ok('fd_seek', fd, 1, 0, 0, 800);
  assert.is(g.u64(800), 2n);
  g.ok('fd_filestat_get', fd, 0);
  assert.is(g.memory[16], 4);
  assert.is(g.u32(20), 1);
  assert.is(g.u64(24), 6n);
});

test('stat tells type, links, size and times', () => {
  const g = new Guest();
  const fd = g.open(ROOT, 'tmp/s', 1);
  g.write(fd, '12345');
  g.ok('fd_filestat_set_times', fd, 5, 0, 7, 0, 1 | 4);
  g.ok('path_filestat_get', ROOT, 1, ...g.path('tmp/s'), 0);
  assert.is(g.memory[16], 4);
  assert.is(g.u64(24), 1n);
  assert.is(g.u64(32), 5n);
  assert.equal([g.u64(40), g.u64(48)], [5n, 7n]);
  const when = 1_234_567_890_123_456_789n;
  const words = [Number(when & 0xffffffffn) | 0, Number(when >> 32n) | 0];
  g.ok('path_filestat_set_times', ROOT, 1, ...g.path('tmp/s'), ...words, 0, 0, 1);
  g.ok('fd_filestat_get', fd, 0);
  assert.equal([g.u64(40), g.u64(48)], [when, 7n]);
  assert.is(g.call('fd_filestat_set_times', fd, 0, 0, 0, 0, 3), WASI.INVAL);
  g.ok('fd_filestat_get', ROOT, 0);
  assert.is(g.memory[16], 3);
  assert.is(g.call('path_filestat_get', ROOT, 1, ...g.path('tmp/none'), 0), WASI.NOENT);
  assert.is(g.call('path_filestat_get', 77, 1, ...g.path('x'), 0), WASI.BADF);
  assert.is(g.call('path_filestat_get', -100, 1, ...g.path('x'), 0), WASI.BADF);
  assert.is(g.call('path_filestat_get', ROOT, 1, 1000, 0, 0), WASI.NOENT);
});

test('fdstat gives type, flags and the rights that libcs look at', () => {
  const g = new Guest();
  const fd = g.open(ROOT, 'tmp/a', 1, 64, 1);
  g.ok('fd_fdstat_get', fd, 0);
  assert.equal([g.memory[0], g.memory[2]], [4, 1]);
  assert.is(g.u32(8) & (2 | 64), 64);
  g.ok('fd_fdstat_set_flags', fd, 4);
  g.ok('fd_fdstat_get', fd, 0);
  assert.is(g.memory[2], 4);
  g.ok('fd_fdstat_get', DOT, 0);
  assert.is(g.memory[0], 3);
  assert.is(g.u32(8) & 64, 0);
  g.ok('fd_fdstat_get', 0, 0);
  assert.is(g.memory[0], 0, 'a pipe has no filetype of its own');
  assert.is(g.call('fd_fdstat_get', 99, 0), WASI.BADF);
  const zero = g.open(ROOT, 'dev/null');
  g.ok('fd_fdstat_get', zero, 0);
  assert.is(g.memory[0], 2);
  assert.is(g.u32(8) & (4 | 32), 4 | 32, '/dev/null is no tty');
});

test('a directory is listed in pieces, by cookies', () => {
  const g = new Guest();
  g.ok('path_create_directory', ROOT, ...g.path('tmp/d'));
  const names = Array.from({length: 40}, (_, i) => `file-${i}`);
  for (const name of names) g.ok('fd_close', g.open(ROOT, `tmp/d/${name}`, 1));
  const fd = g.open(ROOT, 'tmp/d', 2, 1 << 14);
  for (const size of [4096, 300, 60]) {
    const found: string[] = [];
    let cookie = 0;
    for (;;) {
      g.ok('fd_readdir', fd, 4000, size, cookie, 0, 700);
      const used = g.u32(700);
      let at = 0;
      let whole = 0;
      while (at + 24 <= used) {
        const length = g.u32(4000 + at + 16);
        if (at + 24 + length > used) break;
        found.push(g.string(4000 + at + 24, length));
        assert.is(g.memory[4000 + at + 20], found.at(-1)!.startsWith('.') ? 3 : 4);
        cookie = Number(g.u64(4000 + at));
        at += 24 + length;
        whole++;
      }
      if (used < size) break;
      assert.ok(whole > 0, 'no progress');
    }
    assert.equal(found.sort(), ['.', '..', ...names].sort(), `pieces of ${size}`);
  }
  g.ok('fd_readdir', ROOT, 4000, 4096, 0, 0, 700);
  assert.ok(g.string(4000, g.u32(700)).includes('tmp'), 'a preopened directory too');
  assert.is(g.task.files.length, fd + 1, 'without leaving a descriptor');
  assert.is(g.call('fd_readdir', 0, 4000, 4096, 0, 0, 700), WASI.NOTDIR);
});

test('paths: links, renames, removals', () => {
  const g = new Guest();
  g.ok('fd_close', g.open(ROOT, 'tmp/x', 1));
  g.ok('path_link', ROOT, 0, ...g.path('tmp/x'), ROOT, 1100, g.text(1100, 'tmp/y'));
  g.ok('path_symlink', 1100, g.text(1100, 'y'), ROOT, ...g.path('tmp/z'));
  g.ok('path_readlink', ROOT, ...g.path('tmp/z'), 2000, 10, 700);
  assert.is(g.string(2000, g.u32(700)), 'y');
  g.ok('path_readlink', ROOT, ...g.path('tmp/z'), 2000, 0, 700);
  assert.is(g.u32(700), 0);
  assert.is(g.call('path_open', ROOT, 0, ...g.path('tmp/z'), 0, 2, 0, 0, 0, 0, 500), WASI.LOOP);
  g.ok('path_rename', ROOT, ...g.path('tmp/x'), ROOT, 1100, g.text(1100, 'tmp/w'));
  g.ok('path_filestat_get', ROOT, 1, ...g.path('tmp/w'), 0);
  assert.is(g.u64(24), 2n);
  g.ok('path_create_directory', ROOT, ...g.path('tmp/dir'));
  assert.is(g.call('path_create_directory', ROOT, ...g.path('tmp/dir')), WASI.EXIST);
  assert.is(g.call('path_unlink_file', ROOT, ...g.path('tmp/dir')), WASI.ISDIR);
  assert.is(g.call('path_remove_directory', ROOT, ...g.path('tmp/w')), WASI.NOTDIR);
  g.ok('path_remove_directory', ROOT, ...g.path('tmp/dir'));
  for (const name of ['w', 'y', 'z']) g.ok('path_unlink_file', ROOT, ...g.path(`tmp/${name}`));
  assert.is(g.call('path_open', ROOT, 1, 1000, 5000, 0, 2, 0, 0, 0, 0, 500), WASI.NAMETOOLONG);
  assert.is(g.call('path_open', ROOT, 1, ...g.path('a\0b'), 0, 2, 0, 0, 0, 0, 500), WASI.INVAL);
  assert.is(g.call('path_open', ROOT, 1, ...g.path('tmp'), 0, 2 | 64, 0, 0, 0, 0, 500), WASI.ISDIR);
});

test('. is the directory that the process is in', () => {
  const g = new Guest();
  g.ok('fd_close', g.open(ROOT, 'tmp/here', 1));
  g.kernel.issue(g.task, 'chdir', ['/tmp']);
  g.ok('path_filestat_get', DOT, 1, ...g.path('here'), 0);
  g.ok('path_filestat_get', DOT, 1, ...g.path('../tmp/here'), 0);
  g.ok('path_filestat_get', ROOT, 1, ...g.path('tmp/here'), 0);
  assert.is(g.call('path_filestat_get', ROOT, 1, ...g.path('here'), 0), WASI.NOENT);
});

test('a path that lost its slash on the way is found at the root', () => {
  const g = new Guest();
  g.ok('path_create_directory', ROOT, ...g.path('tmp/sub'));
  g.kernel.issue(g.task, 'chdir', ['/tmp']);
  g.ok('path_filestat_get', DOT, 1, ...g.path('dev/null'), 0);
  assert.is(g.memory[16], 2);
  g.ok('fd_close', g.open(DOT, 'tmp/sub/new', 1));
  g.ok('path_filestat_get', DOT, 1, ...g.path('sub/new'), 0);
  g.ok('fd_close', g.open(DOT, 'made', 1));
  g.ok('path_filestat_get', ROOT, 1, ...g.path('tmp/made'), 0);
  assert.is(g.call('path_filestat_get', DOT, 1, ...g.path('nowhere/f'), 0), WASI.NOENT);
  // What is in the current directory comes first.
  g.ok('path_create_directory', ROOT, ...g.path('tmp/dev'));
  assert.is(g.call('path_filestat_get', DOT, 1, ...g.path('dev/null'), 0), WASI.NOENT);
});

test('descriptors: renumber, preopens that close, sockets that are none', () => {
  const g = new Guest();
  const a = g.open(ROOT, 'tmp/1', 1);
  const b = g.open(ROOT, 'tmp/2', 1);
  g.write(a, 'one');
  g.ok('fd_renumber', a, b);
  assert.is(g.call('fd_close', a), WASI.BADF);
  g.ok('fd_tell', b, 800);
  assert.is(g.u64(800), 3n);
  assert.is(g.call('fd_renumber', b, ROOT), WASI.BUSY);
  assert.is(g.call('fd_renumber', b, 50), WASI.BADF);
  assert.is(g.kernel.issue(g.task, 'dup2', [b, ROOT]), -Errno.EBUSY);
  assert.is(g.kernel.issue(g.task, 'close', [ROOT]), -Errno.EBADF);
  g.ok('fd_close', DOT);
  assert.is(g.call('fd_prestat_get', DOT, 0), WASI.BADF);
  assert.is(g.kernel.issue(g.task, 'dup', [b]), DOT);
  g.ok('fd_prestat_get', ROOT, 0);
  assert.is(g.call('sock_shutdown', b, 1), WASI.NOTSOCK);
  assert.is(g.call('sock_recv', 99, 0, 0, 0, 0, 0), WASI.BADF);
  assert.is(g.call('fd_advise', b, 0, 0, 0, 0, 6), WASI.INVAL);
  g.ok('fd_advise', b, 0, 0, 0, 0, 5);
  g.ok('fd_sync', b);
  g.ok('fd_datasync', ROOT);
});

test('clocks, randomness, yield', () => {
  const g = new Guest();
  g.ok('clock_time_get', 0, 0, 0, 0);
  assert.is(g.u64(0), 1_700_000_001_000_000_000n);
  g.ok('clock_time_get', 1, 0, 0, 0);
  assert.ok(g.u64(0) <= 1_000_000_000n);
  g.ok('clock_res_get', 1, 0);
  assert.ok(g.u64(0) > 0n);
  assert.is(g.call('clock_time_get', 9, 0, 0, 0), WASI.INVAL);
  g.ok('random_get', 2000, 5);
  assert.equal([...g.memory.slice(1999, 2006)], [0, 7, 7, 7, 7, 7, 0]);
  assert.is(g.call('random_get', g.memory.length - 2, 5), WASI.FAULT);
  g.ok('sched_yield');
});

test('a program without preopens finds none', () => {
  const g = new Guest();
  g.task.files.closeOnExec(g.task);
  assert.is(g.call('fd_prestat_get', 3, 0), WASI.BADF);
  assert.is(g.kernel.issue(g.task, 'openat', [AT.FDCWD, '/tmp', O.RDONLY, 0]), 3);
});

test.run();
