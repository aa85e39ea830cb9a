// Names, permissions and content: what path walks, opens, creates, removes and changes answer on tmpfs.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AT, S, UTIME_NOW, UTIME_OMIT } from '../../src/kernel/uapi/fcntl.ts';
import { RLIMIT } from '../../src/kernel/uapi/sched.ts';
import { encode } from '../../src/kernel/uapi/struct.ts';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import { bytes, Machine, scratch } from './machine.ts';
import { script, stat, type Stat } from './script.ts';

/** A root task and an unprivileged one beside it. */
function pair(): { m: Machine; run: (lines: string) => void; user: (lines: string) => void } {
  const m = new Machine();
  const root = m.fork(m.init);
  const user = m.fork(m.init);
  m.ok(user, 'setgroups', new ByteBuf(new Uint8Array(0)));
  script(m, user, 'setuid 1000');
  return { m, run: (lines) => script(m, root, lines), user: (lines) => script(m, user, lines) };
}

test('paths walk through directories, links and dots as path_resolution(7) says', () => {
  const { run } = pair();
  run(`
    mkdir /tmp/a
    put /tmp/a/f hello
    symlink a /tmp/l
    symlink /tmp/a/f /tmp/abs
    symlink l2 /tmp/l1
    symlink l1 /tmp/l2
    symlink nowhere /tmp/dangling
    cat /tmp/l/f = 'hello'
    cat /tmp/abs = 'hello'
    cat /tmp//a/./../a/f = 'hello'
    stat /tmp/a/f/ = ENOTDIR
    stat /tmp/a/f/. = ENOTDIR
    stat /tmp/a/f/x = ENOTDIR
    stat /tmp/l/ type = dir
    lstat /tmp/l = link
    lstat /tmp/l size = 1
    lstat /tmp/l/ = dir
    stat /tmp/l1 = ELOOP
    stat /tmp/dangling = ENOENT
    lstat /tmp/dangling/ = ENOENT
    stat '' = ENOENT
    stat /../.. type = dir
    stat /tmp/none/../a = ENOENT
    stat /tmp/${'n'.repeat(255)} = ENOENT
    stat /tmp/${'n'.repeat(256)} = ENAMETOOLONG
    stat /${'a/'.repeat(2047)} = ENOENT
    stat /${'a/'.repeat(2048)} = ENAMETOOLONG
    open /tmp/dangling w+creat
    stat /tmp/nowhere type = file
    open /tmp/l1 r+nofollow = ELOOP
    open /tmp/l r+nofollow = ELOOP
    open /tmp/l r+nofollow+directory = ENOTDIR
    open /tmp/l path+nofollow
    readlink /tmp/l = a
    readlink /tmp/a = EINVAL
    chdir /tmp/a
    cwd = /tmp/a
    stat f size = 5
    chdir f = ENOTDIR
    chdir ..
    cwd = /tmp
  `);
});

test('40 links are followed, 41 are ELOOP', () => {
  const { run } = pair();
  run('touch /tmp/end');
  run('symlink end /tmp/s1');
  for (let i = 2; i <= 41; i++) run(`symlink s${i - 1} /tmp/s${i}`);
  run('stat /tmp/s40 type = file\nstat /tmp/s41 = ELOOP');
});

test('open checks in Linux order', () => {
  const { run } = pair();
  run(`
    mkdir /tmp/d
    touch /tmp/f
    open /tmp w = EISDIR
    open /tmp rw = EISDIR
    open /tmp r+trunc = EISDIR
    open /tmp r+creat = EISDIR
    open /tmp/d/ w+creat = EISDIR
    open /tmp/new/ w+creat = EISDIR
    open /tmp/f r+directory = ENOTDIR
    open /tmp/f w+creat+excl = EEXIST
    open /tmp/d r+creat+directory = EINVAL
    open /tmp/f/ r = ENOTDIR
    open /tmp/.. r+creat = EISDIR
    open /tmp/x/y w+creat = ENOENT
    open /dev/nothing r = ENOENT
    mknod /tmp/null 1 3
    open /tmp/null w+trunc
    mknod /tmp/odd 77 1
    open /tmp/odd r = ENXIO
    fd /tmp/f rw = 0
    read 0 = ''
    write 0 hello = 5
    seek 0 0 = 0
    read 0 3 = 'hel'
    read 0 9 = 'lo'
    seek 0 -2 2 = 3
    seek 0 -9 1 = EINVAL
    seek 0 0 9 = EINVAL
    fd /tmp/f w+append = 1
    write 1 !! = 2
    seek 1 0 1 = 7
    read 1 = EBADF
    pwrite 1 ?? 0 = 2
    cat /tmp/f = 'hello!!??'
    fd /tmp/f path = 2
    read 2 = EBADF
    close 2
    close 2 = EBADF
  `);
});

test('modes, umask and who may do what', () => {
  const { run, user } = pair();
  run(`
    mkdir /tmp/p 700
    put /tmp/p/f x
    put /tmp/secret s
    chmod /tmp/secret 600
    put /tmp/public s
    mkdir /tmp/open 777
    stat /tmp/open perm = 755
    chmod /tmp/open 777
    umask 0 = 18
    mkdir /tmp/all 777
    stat /tmp/all perm = 777
  `);
  user(`
    stat /tmp/p/f = EACCES
    open /tmp/secret r = EACCES
    open /tmp/public w = EACCES
    open /tmp/public r
    touch /tmp/open/mine
    stat /tmp/open/mine owner = 1000:1000
    chmod /tmp/public 777 = EPERM
    chown /tmp/open/mine 0 0 = EPERM
    chown /tmp/open/mine 1000 1000
    chown /tmp/open/mine -1 -1
    chmod /tmp/open/mine 400
    open /tmp/open/mine w = EACCES
    now /tmp/open/mine
    utimes /tmp/public 1 2 = EPERM
    now /tmp/public = EACCES
    utimes /tmp/open/mine 1 2
    mknod /tmp/open/dev = EPERM
    mknod /tmp/open/whiteout 0 0
    mkfifo /tmp/open/fifo
    rmdir /tmp/p = EPERM
    unlink /tmp/public = EPERM
    touch /tmp/mine
    unlink /tmp/mine
    access /tmp/secret 4 = EACCES
    access /tmp/public 4
    access /tmp/none 0 = ENOENT
    access /tmp/public 8 = EINVAL
    chroot /tmp = EPERM
  `);
  run(`
    unlink /tmp/open/mine
    access /tmp/public 1 = EACCES
    open /tmp/p/f rw
  `);
});

test('sticky directories, setgid directories, and bits that fall', () => {
  const { run, user } = pair();
  run(`
    umask 0 = 18
    mkdir /tmp/s 1777
    touch /tmp/s/root
    mkdir /tmp/g 2777
    stat /tmp/g perm = 777
    chmod /tmp/g 2777
    chown /tmp/g 0 50
    mkdir /tmp/g/d 755
    stat /tmp/g/d perm = 2755
    stat /tmp/g/d owner = 0:50
    touch /tmp/g/f
    stat /tmp/g/f owner = 0:50
    touch /tmp/prog
    chmod /tmp/prog 6755
    chown /tmp/prog 1000 1000
    stat /tmp/prog perm = 755
    chmod /tmp/prog 6755
  `);
  user(`
    unlink /tmp/s/root = EPERM
    rename /tmp/s/root /tmp/s/x = EPERM
    touch /tmp/s/mine
    rename /tmp/s/mine /tmp/s/root = EPERM
    rename /tmp/s/mine /tmp/s/yours
    unlink /tmp/s/yours
    put /tmp/prog changed
    stat /tmp/prog perm = 755
    touch /tmp/g/by
    stat /tmp/g/by owner = 1000:50
    chmod /tmp/g/by 2755
    stat /tmp/g/by perm = 755
  `);
});

test('links: counts, removal while open, names of what is deleted', () => {
  const { m, run } = pair();
  run(`
    put /tmp/f data
    link /tmp/f /tmp/g
    stat /tmp/f nlink = 2
    link /tmp/f /tmp/g = EEXIST
    link /tmp /tmp/h = EPERM
    link /tmp/none /tmp/h = ENOENT
    symlink f /tmp/l
    link /tmp/l /tmp/l2
    lstat /tmp/l2 = link
    symlink '' /tmp/e = ENOENT
    symlink x /tmp/slash/ = ENOENT
    stat /tmp nlink = 2
    mkdir /tmp/d
    stat /tmp nlink = 3
    stat /tmp/d nlink = 2
    fd /tmp/f rw = 0
    unlink /tmp/f
    unlink /tmp/g
    readlink /proc/self/fd/0 = /tmp/f${' '}(deleted)
    read 0 = 'data'
    write 0 more = 4
    seek 0 0 = 0
    read 0 = 'datamore'
    chdir /tmp/d
    rmdir /tmp/d
    cwd = ENOENT
    touch x = ENOENT
    ls . = ENOENT
    stat .. type = dir
  `);
  const before = m.kernel.rootCgroup.memoryBytes;
  run('close 0');
  assert.ok(m.kernel.rootCgroup.memoryBytes <= before);
});

test('mkdir, rmdir and unlink answer as Linux does for odd last components', () => {
  const { run } = pair();
  run(`
    mkdir /tmp = EEXIST
    mkdir / = EEXIST
    mkdir /tmp/. = EEXIST
    mkdir '' = ENOENT
    mkdir /tmp/d/
    touch /tmp/f
    mkdir /tmp/f = EEXIST
    mkdir /tmp/f/x = ENOTDIR
    rmdir /tmp/d/. = EINVAL
    rmdir /tmp/d/.. = ENOTEMPTY
    rmdir / = EBUSY
    rmdir /tmp/f = ENOTDIR
    touch /tmp/d/x
    rmdir /tmp/d = ENOTEMPTY
    unlink /tmp/d = EISDIR
    unlink /tmp/d/ = EISDIR
    unlink /tmp/f/ = ENOTDIR
    unlink /tmp/none/ = ENOENT
    unlink / = EISDIR
    unlink /tmp/d/x
    rmdir /tmp/d/
    mkfifo /tmp/p
    stat /tmp/p type = fifo
    mkfifo /tmp/p = EEXIST
  `);
});

test('rename: every rule of rename(2)', () => {
  const { run } = pair();
  run(`
    put /tmp/a A
    put /tmp/b B
    mkdir /tmp/d
    mkdir /tmp/e
    mkdir /tmp/d/sub
    rename /tmp/a /tmp/b
    cat /tmp/b = 'A'
    stat /tmp/a = ENOENT
    rename /tmp/b /tmp/b
    rename /tmp/b /tmp/d = EISDIR
    rename /tmp/d /tmp/b = ENOTDIR
    rename /tmp/e /tmp/d = ENOTEMPTY
    rename /tmp/d /tmp/e
    stat /tmp/e/sub type = dir
    rename /tmp/e /tmp/e/sub/x = EINVAL
    rename /tmp/e/sub /tmp/e = ENOTEMPTY
    rename /tmp/none /tmp/x = ENOENT
    rename /tmp/. /tmp/x = EBUSY
    rename /tmp/e /tmp/.. = EBUSY
    rename /tmp/b /tmp/c/ = ENOTDIR
    rename /tmp/b/ /tmp/c = ENOTDIR
    rename /tmp/e /tmp/f/
    ls /tmp = b,f
    put /tmp/x X
    rename /tmp/b /tmp/x noreplace = EEXIST
    rename /tmp/b /tmp/y exchange = ENOENT
    rename /tmp/b /tmp/x exchange
    cat /tmp/b = 'X'
    cat /tmp/x = 'A'
    rename /tmp/x /tmp/f exchange
    stat /tmp/x/sub type = dir
    cat /tmp/f = 'A'
    rename /tmp/b /tmp/f exchange+noreplace = EINVAL
    link /tmp/f /tmp/same
    rename /tmp/f /tmp/same
    ls /tmp = b,f,same,x
    mkdir /tmp/p
    stat /tmp nlink = 4
    rename /tmp/x /tmp/p/x
    stat /tmp nlink = 3
    stat /tmp/p nlink = 3
    chdir /tmp/p/x/sub
    rename /tmp/p/x /tmp/moved
    cwd = /tmp/moved/sub
    stat .. type = dir
  `);
});

test('content: holes, truncation, limits', () => {
  const { m, run } = pair();
  run(`
    fd /tmp/f rw+creat = 0
    pwrite 0 end 8 = 3
    seek 0 0 = 0
    read 0 = '........end'
    truncate /tmp/f 4
    stat /tmp/f size = 4
    truncate /tmp/f 6
    seek 0 0 = 0
    read 0 = '......'
    truncate /tmp -1 = EINVAL
    truncate /tmp 0 = EISDIR
    ftruncate 0 1073741824
    stat /tmp/f size = 1073741824
    seek 0 1073741818 = 1073741818
    read 0 = '......'
    ftruncate 0 0
    stat /tmp/f blocks = 0
  `);
  const task = m.fork(m.init);
  task.rlimits[RLIMIT.FSIZE] = { cur: 10, max: 10 };
  m.ok(task, 'rt_sigprocmask', 0, new ByteBuf(new Uint8Array([0, 0, 0, 1, 0, 0, 0, 0])), undefined);
  script(m, task, `
    fd /tmp/limited rw+creat = 0
    write 0 123456789abc = 10
    write 0 x = EFBIG
    ftruncate 0 11 = EFBIG
    ftruncate 0 10
  `);
});

test('tmpfs: size=, nr_inodes=, mode=, uid= and gid=', () => {
  const { m, run } = pair();
  run(`
    mkdir /mnt/t
    mount none /mnt/t tmpfs - size=64k,nr_inodes=4,mode=700,uid=5,gid=6
    stat /mnt/t perm = 700
    stat /mnt/t owner = 5:6
    touch /mnt/t/a
    touch /mnt/t/b
    touch /mnt/t/c
    touch /mnt/t/d = ENOSPC
    unlink /mnt/t/b
    mount none /mnt/t tmpfs - size=x = EINVAL
    mount none /mnt/t tmpfs - nonsense = EINVAL
  `);
  const task = m.fork(m.init);
  const fd = m.ok(task, 'openat', AT.FDCWD, '/mnt/t/a', 2, 0);
  const block = new ByteBuf(new Uint8Array(40000));
  assert.equal([m.call(task, 'write', fd, block), m.call(task, 'write', fd, block), m.call(task, 'write', fd, block)],
    [40000, 25536, 'ENOSPC']);
  assert.is((stat(m, task, '/mnt/t/a') as Stat).st_size, 65536);
  script(m, task, `
    put /mnt/t/c x = ENOSPC
    ftruncate ${fd} 0
    put /mnt/t/c x
    close ${fd}
    umount /mnt/t
  `);
});

test('hard links count against nr_inodes', () => {
  const { run } = pair();
  run(`
    mount none /mnt tmpfs - nr_inodes=4
    touch /mnt/a
    link /mnt/a /mnt/b
    link /mnt/a /mnt/c
    link /mnt/a /mnt/d = ENOSPC
    unlink /mnt/a
    link /mnt/b /mnt/d
    unlink /mnt/b
    unlink /mnt/c
    unlink /mnt/d
    touch /mnt/1
    touch /mnt/2
    touch /mnt/3
    touch /mnt/4 = ENOSPC
  `);
});

test('memory of a tmpfs is given back when its last mount and file are gone', () => {
  const { m } = pair();
  const task = m.fork(m.init);
  const before = m.kernel.rootCgroup.memoryBytes;
  script(m, task, `
    mount none /mnt tmpfs
    fd /mnt/f rw+creat = 0
    truncate /mnt/f 10
  `);
  m.ok(task, 'write', 0, new ByteBuf(new Uint8Array(100000)));
  assert.ok(m.kernel.rootCgroup.memoryBytes >= before + 100000);
  script(m, task, 'umount /mnt = EBUSY\numount /mnt detach');
  assert.ok(m.kernel.rootCgroup.memoryBytes >= before + 100000);
  m.ok(task, 'close', 0);
  assert.is(m.kernel.rootCgroup.memoryBytes, before);
});

test('times have nanoseconds; utimensat keeps, sets and stamps', () => {
  const { m, run } = pair();
  run('touch /tmp/f\nutimes /tmp/f 100 200\nstat /tmp/f atime = 100\nstat /tmp/f mtime = 200\nstat /tmp/f mtime_nsec = 5');
  const task = m.fork(m.init);
  const times = new Uint8Array(32);
  times.set(encode('timespec', { tv_sec: 0, tv_nsec: UTIME_OMIT }));
  times.set(encode('timespec', { tv_sec: 0, tv_nsec: UTIME_NOW }), 16);
  assert.is(m.call(task, 'utimensat', AT.FDCWD, '/tmp/f', new ByteBuf(times), 0), 0);
  const at = stat(m, task, '/tmp/f') as Stat;
  assert.is(at.st_atime, 100);
  assert.ok(at.st_mtime! > 1_700_000_000);
  times.set(encode('timespec', { tv_sec: 0, tv_nsec: 1e9 }), 16);
  assert.is(m.call(task, 'utimensat', AT.FDCWD, '/tmp/f', new ByteBuf(times), 0), 'EINVAL');
});

test('relatime: reading stamps once', () => {
  const { m } = pair();
  const task = m.fork(m.init);
  script(m, task, 'mount none /mnt tmpfs\nput /mnt/f x');
  const made = (stat(m, task, '/mnt/f') as Stat).st_atime!;
  m.advance(5000);
  script(m, task, "cat /mnt/f = 'x'");
  const first = (stat(m, task, '/mnt/f') as Stat).st_atime!;
  m.advance(5000);
  script(m, task, "cat /mnt/f = 'x'");
  assert.is(first, made + 5);
  assert.is((stat(m, task, '/mnt/f') as Stat).st_atime, first);
});

test('descriptors: lowest free, dup, close-on-exec, limits', () => {
  const { m } = pair();
  const task = m.fork(m.init);
  script(m, task, 'fd /tmp r = 0\nfd /tmp r = 1\nfd /tmp r+cloexec = 2\nclose 1\nfd /tmp r = 1');
  assert.is(m.call(task, 'dup', 1), 3);
  assert.is(m.call(task, 'dup2', 1, 9), 9);
  assert.is(m.call(task, 'dup2', 1, 1), 1);
  assert.is(m.call(task, 'dup2', 50, 1), 'EBADF');
  assert.is(m.call(task, 'dup2', 1, -1), 'EBADF');
  assert.is(m.call(task, 'dup3', 1, 1, 0), 'EINVAL');
  assert.is(task.files.cloexec(2), true);
  task.rlimits[RLIMIT.NOFILE] = { cur: 10, max: 10 };
  assert.is(m.call(task, 'dup2', 1, 10), 'EBADF');
  for (let fd = 4; fd < 9; fd++) assert.is(m.call(task, 'dup', 1), fd);
  assert.is(m.call(task, 'dup', 1), 'EMFILE');
  assert.is(m.call(task, 'openat', AT.FDCWD, '/tmp/never', 0o101, 0o644), 'EMFILE');
  assert.is(stat(m, task, '/tmp/never'), 'ENOENT');
  assert.is(m.call(task, 'close_range', 3, 4294967295, 0), 0);
  script(m, task, 'fd /tmp r = 3');
});

test('an open file description is shared by dup and clone, and has one position', () => {
  const { m } = pair();
  const task = m.fork(m.init);
  script(m, task, 'put /tmp/f abcdef\nfd /tmp/f r = 0\nread 0 2 = \'ab\'');
  const child = m.fork(task);
  script(m, child, "read 0 2 = 'cd'\nclose 0");
  script(m, task, "read 0 2 = 'ef'");
});

test('the machine has filesMax open files, then ENFILE', () => {
  const m = new Machine({ machine: { filesMax: 8 } });
  const task = m.fork(m.init);
  const answers = new Set<unknown>();
  for (let i = 0; i < 12; i++) answers.add(typeof m.call(task, 'openat', AT.FDCWD, '/tmp', 0, 0) === 'number' ? 'ok' : 'full');
  assert.equal([...answers], ['ok', 'full']);
  assert.is(m.call(task, 'openat', AT.FDCWD, '/tmp', 0, 0), 'ENFILE');
  m.ok(task, 'close', 0);
  assert.is(m.call(task, 'openat', AT.FDCWD, '/tmp', 0, 0), 0);
});

test('O_TMPFILE has no name until it is linked through /proc', () => {
  const { m } = pair();
  const task = m.fork(m.init);
  script(m, task, 'fd /tmp rw+tmpfile = 0\nwrite 0 hidden = 6\nls /tmp = ');
  assert.is(m.call(task, 'linkat', AT.FDCWD, '/proc/self/fd/0', AT.FDCWD, '/tmp/named', AT.SYMLINK_FOLLOW), 0);
  script(m, task, "cat /tmp/named = 'hidden'\nstat /tmp/named nlink = 1\nopen /tmp r+tmpfile = EINVAL");
});

test('getdents64 gives every name once, however small the buffer, and EINVAL for none', () => {
  const { m } = pair();
  const task = m.fork(m.init);
  for (let i = 0; i < 50; i++) script(m, task, `touch /tmp/file${i}`);
  script(m, task, `ls /tmp = ${Array.from({ length: 50 }, (_, i) => `file${i}`).sort().join(',')}`);
  const fd = m.ok(task, 'openat', AT.FDCWD, '/tmp', 0, 0);
  assert.is(m.call(task, 'getdents64', fd, scratch(10)), 'EINVAL');
  assert.is(m.call(task, 'getdents64', m.ok(task, 'openat', AT.FDCWD, '/tmp/file0', 0, 0), scratch(100)), 'ENOTDIR');
});

test('flock and record locks exclude, wait and fall with their holder', () => {
  const { m } = pair();
  const a = m.fork(m.init);
  const b = m.fork(m.init);
  script(m, a, 'fd /tmp/f rw+creat = 0');
  script(m, b, 'fd /tmp/f rw = 0');
  assert.is(m.call(a, 'flock', 0, 2), 0);
  assert.is(m.call(b, 'flock', 0, 6), 'EAGAIN');
  assert.is(m.call(b, 'flock', 0, 2), 'parked');
  m.ok(a, 'close', 0);
  assert.is(m.answer(b), 0);
});

test('writing to a device on a read-only mount is allowed, to a file it is EROFS', () => {
  const { m } = pair();
  const task = m.fork(m.init);
  script(m, task, `
    mount none /mnt tmpfs
    mknod /mnt/null
    touch /mnt/f
    mount none /mnt tmpfs remount+rdonly
    fd /mnt/null w = 0
    write 0 x = 1
    open /mnt/f w = EROFS
    open /mnt/f r+trunc = EROFS
    open /mnt/new w+creat = EROFS
    open /mnt/f r+creat
    mkdir /mnt/f = EEXIST
    mkdir /mnt/d = EROFS
    unlink /mnt/none = EROFS
    rename /mnt/f /mnt/g = EROFS
    chmod /mnt/f 777 = EROFS
    access /mnt/f 2 = EROFS
    truncate /mnt/f 0 = EROFS
    symlink x /mnt/l = EROFS
  `);
  assert.is(m.call(task, 'write', 0, bytes('more')), 4);
  assert.is((stat(m, task, '/mnt/null') as Stat).st_mode! & S.IFMT, S.IFCHR);
});

test.run();
