// Mounts: the catalogue's rows of area MNT that need no shell, and what they stand for.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeTmpfs, type TmpInode } from '../../src/kernel/fs/tmpfs.ts';
import type { Task } from '../../src/kernel/proc/task.ts';
import { AT, S } from '../../src/kernel/uapi/fcntl.ts';
import { FSCONFIG, MOVE_MOUNT, OPEN_TREE } from '../../src/kernel/uapi/mount.ts';
import { CLONE } from '../../src/kernel/uapi/sched.ts';
import { Machine } from './machine.ts';
import { readFile, script, stat, type Stat } from './script.ts';

/** A task with a mount namespace of its own, private, and a procfs. */
function box(): { m: Machine; task: Task; run: (lines: string) => void } {
  const m = new Machine();
  const task = m.fork(m.init, CLONE.NEWNS);
  return { m, task, run: (lines) => script(m, task, lines) };
}

test('a mount hides what is below and stacks; umount reveals it again', () => {
  const { run } = box();
  run(`
    put /mnt/f a
    mount none /mnt tmpfs
    ls /mnt =
    put /mnt/f 1
    mount none /mnt tmpfs
    put /mnt/f 2
    cat /mnt/f = '2'
    umount /mnt
    cat /mnt/f = '1'
    umount /mnt
    cat /mnt/f = 'a'
    umount /tmp = EINVAL
    umount /none = ENOENT
    umount /mnt/f = EINVAL
  `);
});

test('what is in use is EBUSY, unless it is detached', () => {
  const { run } = box();
  run(`
    mount none /mnt tmpfs
    chdir /mnt
    umount /mnt = EBUSY
    chdir /
    fd /mnt/f rw+creat = 0
    umount /mnt = EBUSY
    mkdir /mnt/d
    mount none /mnt/d tmpfs
    close 0
    umount /mnt = EBUSY
    umount /mnt/d
    fd /mnt/f rw = 0
    umount /mnt detach
    write 0 hello = 5
    stat /mnt/f = ENOENT
    close 0
    mount none /mnt tmpfs
    umount /mnt expire = EAGAIN
    umount /mnt expire
    umount /mnt = EINVAL
  `);
});

test('a bind shows the same inodes, of a directory or of a file; only rbind takes submounts along', () => {
  const { m, task, run } = box();
  run(`
    mkdir /tmp/a
    mount /tmp/a /mnt none bind
    put /mnt/f x
    cat /tmp/a/f = 'x'
  `);
  assert.is((stat(m, task, '/mnt/f') as Stat).st_ino, (stat(m, task, '/tmp/a/f') as Stat).st_ino);
  run(`
    put /tmp/1 A
    put /tmp/2 B
    mount /tmp/1 /tmp/2 none bind
    cat /tmp/2 = 'A'
    unlink /tmp/2 = EBUSY
    rename /tmp/2 /tmp/3 = EBUSY
    umount /tmp/2
    cat /tmp/2 = 'B'
    mkdir /tmp/a/s
    mkdir /tmp/b
    mkdir /tmp/c
    mount none /tmp/a/s tmpfs
    put /tmp/a/s/f x
    mount /tmp/a /tmp/b none bind
    ls /tmp/b/s =
    mount /tmp/a /tmp/c none bind+rec
    cat /tmp/c/s/f = 'x'
    mount /tmp/a /tmp/2 none bind = ENOTDIR
    mount /tmp/2 /tmp/a none bind = ENOTDIR
    mount /none /tmp/a none bind = ENOENT
    rename /tmp/a/f /tmp/b/f = EXDEV
    link /tmp/a/f /tmp/b/g = EXDEV
    rename /tmp/1 /tmp/a/s/f = EXDEV
    rmdir /tmp/a/s = EBUSY
  `);
});

test('read-only: of a bind alone, of the superblock, in one call and busy', () => {
  const { run } = box();
  run(`
    mkdir /tmp/a
    mount /tmp/a /mnt none bind+rdonly
    touch /mnt/f
    mount none /mnt none remount+bind+rdonly
    touch /mnt/g = EROFS
    touch /tmp/a/g
    umount /mnt
    mount none /mnt tmpfs
    fd /mnt/f rw+creat = 0
    mount none /mnt tmpfs remount+rdonly = EBUSY
    mount none /mnt none remount+bind+rdonly = EBUSY
    close 0
    mount none /mnt tmpfs remount+rdonly
    open /mnt/g w+creat = EROFS
    mount none /mnt tmpfs remount
    touch /mnt/g
    umount /mnt
    mount none /mnt tmpfs rdonly
    touch /mnt/x = EROFS
    mount none /tmp/a none remount+bind+rdonly = EINVAL
  `);
});

test('errors of mount in their order', () => {
  const { m, run } = box();
  run(`
    mount none /mnt nosuchfs = ENODEV
    mount none /none tmpfs = ENOENT
    put /tmp/f x
    mount none /tmp/f tmpfs = ENOTDIR
    mount none /mnt none = EINVAL
    mount none /mnt none private = EINVAL
    mount none / none private+shared = EINVAL
    mount none /mnt tmpfs nodev
    mknod /mnt/n
    open /mnt/n r = EACCES
    symlink /mnt /tmp/l
    mount none /tmp/l tmpfs
    umount /tmp/l
  `);
  const user = m.fork(m.init);
  script(m, user, `
    setuid 1000
    mount none /mnt tmpfs = EPERM
    mount none /none tmpfs = ENOENT
    umount /proc = EPERM
    pivot / /tmp = EPERM
    unshare newns = EPERM
  `);
});

test('an unshared namespace is a copy: private mounts stay apart', () => {
  const { m, task, run } = box();
  const other = m.fork(task, CLONE.NEWNS);
  script(m, other, 'mount none /mnt tmpfs\nput /mnt/f x');
  run('ls /mnt =');
  const dir = m.fork(task);
  script(m, dir, 'mount none /mnt tmpfs\nput /mnt/g y');
  run("cat /mnt/g = 'y'");
  script(m, other, "cat /mnt/f = 'x'");
});

test('an unshare that fails leaves the caller where it was', () => {
  const { m, task, run } = box();
  m.ok(task, 'unshare', CLONE.NEWPID);
  assert.is(m.call(task, 'unshare', CLONE.NEWNS | CLONE.NEWPID), 'EINVAL');
  run('mount none /mnt tmpfs\ntouch /mnt/f\nls /mnt = f\numount /mnt');
});

test('a directory that is a mount point in another namespace only can be removed, and that mount goes', () => {
  const { m, task, run } = box();
  run('mkdir /tmp/a');
  const other = m.fork(task, CLONE.NEWNS);
  script(m, other, 'mount none /tmp/a tmpfs\ntouch /tmp/a/f');
  run('rmdir /tmp/a');
  script(m, other, 'stat /tmp/a = ENOENT');
  assert.not.match(readFile(m, other, '/proc/self/mounts'), '/tmp/a');
});

test('shared mounts tell each other, across namespaces and binds', () => {
  const { m, task, run } = box();
  run(`
    mkdir /mnt/s
    mount none /mnt/s tmpfs
    mkdir /mnt/s/a
    mkdir /mnt/s/b
    mount none /mnt/s none shared
  `);
  const other = m.fork(task, CLONE.NEWNS);
  run('mount none /mnt/s/a tmpfs\nput /mnt/s/a/f A');
  script(m, other, "cat /mnt/s/a/f = 'A'\nmount none /mnt/s/b tmpfs\nput /mnt/s/b/f B");
  run("cat /mnt/s/b/f = 'B'\numount /mnt/s/b");
  script(m, other, 'stat /mnt/s/b/f = ENOENT');
  run(`
    mkdir /tmp/d
    mount /mnt/s /tmp/d none bind
    umount /mnt/s/a
    mount none /mnt/s/a tmpfs
    touch /mnt/s/a/g
    ls /tmp/d/a = g
    umount /tmp/d/a
    ls /mnt/s/a =
  `);
});

test('a slave takes and does not give; private does neither; unbindable cannot be bound', () => {
  const { m, task, run } = box();
  run('mkdir /mnt/s\nmount none /mnt/s tmpfs\nmkdir /mnt/s/a\nmkdir /mnt/s/b\nmount none /mnt/s none shared');
  const slave = m.fork(task, CLONE.NEWNS);
  script(m, slave, 'mount none / none slave+rec');
  const alone = m.fork(task, CLONE.NEWNS);
  script(m, alone, 'mount none / none private+rec');
  run('mount none /mnt/s/a tmpfs\nput /mnt/s/a/f A');
  script(m, slave, "cat /mnt/s/a/f = 'A'\nmount none /mnt/s/b tmpfs\nput /mnt/s/b/f B");
  script(m, alone, 'ls /mnt/s/a =');
  run('ls /mnt/s/b =');
  run(`
    mkdir /tmp/x
    mount none /mnt/s none unbindable
    mount /mnt/s /tmp/x none bind = EINVAL
    mount /mnt /tmp/x none bind+rec
    ls /tmp/x/s =
  `);
});

test('a slave that is shared hands on to its own peers and slaves', () => {
  const { m, task, run } = box();
  run('mkdir /mnt/s\nmount none /mnt/s tmpfs\nmkdir /mnt/s/a\nmount none /mnt/s none shared');
  const second = m.fork(task, CLONE.NEWNS);
  script(m, second, 'mount none /mnt/s none slave\nmount none /mnt/s none shared\noptional /mnt/s = shared:n master:n');
  const third = m.fork(second, CLONE.NEWNS);
  const fourth = m.fork(third, CLONE.NEWNS);
  script(m, fourth, 'mount none /mnt/s none slave\noptional /mnt/s = master:n');
  run('mount none /mnt/s/a tmpfs\nput /mnt/s/a/f A');
  for (const one of [second, third, fourth]) script(m, one, "cat /mnt/s/a/f = 'A'");
  script(m, third, 'umount /mnt/s/a');
  script(m, second, 'stat /mnt/s/a/f = ENOENT');
  script(m, fourth, 'stat /mnt/s/a/f = ENOENT');
  run("cat /mnt/s/a/f = 'A'");
});

test('mountinfo names peer groups, roots of binds and masters', () => {
  const { m, task, run } = box();
  run(`
    mkdir /tmp/a
    mkdir /tmp/b
    mkdir /tmp/c
    mkdir /tmp/d
    mount none /tmp/a tmpfs
    mount none /tmp/b tmpfs
    mount none /tmp/c tmpfs
    mount none /tmp/a none shared
    mount /tmp/a /tmp/d none bind
    optional /tmp/d = shared:n
    mount none /tmp/d none slave
    mount none /tmp/b none unbindable
    optional /tmp/a = shared:n
    optional /tmp/b = unbindable
    optional /tmp/c = private
    optional /tmp/d = master:n
    mkdir /tmp/c/sub
    mount /tmp/c/sub /mnt none bind
  `);
  assert.match(readFile(m, task, '/proc/self/mountinfo'), / \/sub \/mnt rw,relatime - tmpfs none rw,inode64/);
});

test('a mount moves with its content', () => {
  const { run } = box();
  run(`
    mkdir /tmp/a
    mkdir /tmp/b
    mount none /tmp/a tmpfs
    touch /tmp/a/f
    mkdir /tmp/a/in
    mount /tmp/a /tmp/b none move
    ls /tmp/a =
    ls /tmp/b = f,in
    mount /tmp/b /tmp/b/in none move = ELOOP
    mount /tmp/a /tmp/b none move = EINVAL
    mount none / none shared
    mount /tmp/b /tmp/a none move = EINVAL
  `);
});

test('pivot_root: every EINVAL and EBUSY, and what it does', () => {
  const { run } = box();
  run(`
    mkdir /tmp/n
    mkdir /tmp/n/old
    mount none /mnt tmpfs
    mkdir /mnt/n
    mkdir /mnt/n/old
    mkdir /mnt/old
    mkdir /mnt/proc
    pivot /tmp/n /tmp/n/old = EBUSY
    pivot /mnt/n /mnt/n/old = EINVAL
    pivot /mnt /tmp = EBUSY
    pivot /mnt/none /tmp = ENOENT
    mount none / none shared
    pivot /mnt /mnt/old = EINVAL
    mount none / none private
    touch /mnt/marker
    chdir /mnt
    pivot . old
    ls / = marker,n,old,proc
    stat /old/tmp/n type = dir
    umount /old detach
    ls /old =
    cwd = /
  `);
});

test('pivot_root(".", ".") stacks the old root, and a detaching umount of "." removes it', () => {
  const { m, task, run } = box();
  run(`
    mount none /mnt tmpfs
    mkdir /mnt/x
    mkdir /mnt/proc
    chdir /mnt
    pivot . .
    mount proc /proc proc
    umount . detach
    stat /x type = dir
    stat /tmp = ENOENT
    cwd = /
  `);
  assert.equal(readFile(m, task, '/proc/self/mounts').split('\n').map((l) => l.split(' ')[1]), ['/', '/proc', undefined]);
});

test('chroot holds only those who are inside it', () => {
  const { run } = box();
  run(`
    mkdir /tmp/r
    mkdir /tmp/r/d
    touch /tmp/outside
    chdir /tmp
    chroot /tmp/r
    cwd = (unreachable)/tmp
    stat outside type = file
    stat /tmp = ENOENT
    stat /.. type = dir
    ls /.. = d
    chdir /d
    cwd = /d
    stat ../../../outside = ENOENT
  `);
});

test('mounts of a dead namespace are gone, and their memory with them', () => {
  const { m } = box();
  const before = m.kernel.rootCgroup.memoryBytes;
  const child = m.fork(m.init, CLONE.NEWNS);
  script(m, child, 'mount none /mnt tmpfs\nput /mnt/f content');
  assert.ok(m.kernel.rootCgroup.memoryBytes > before);
  const count = m.kernel.mountNamespaces.size;
  m.call(child, 'exit_group', 0);
  assert.is(m.kernel.mountNamespaces.size, count - 1);
  assert.is(m.kernel.rootCgroup.memoryBytes, before);
});

test('a namespace has so many mounts and no more, however fast they double', () => {
  const { m, task, run } = box();
  run('mount none /mnt tmpfs\nmkdir /mnt/m');
  let answer: unknown = 0;
  for (let i = 0; i < 20 && answer === 0; i++) answer = m.call(task, 'mount', '/mnt', '/mnt/m', undefined, 0x5000, undefined);
  assert.is(answer, 'ENOSPC');
  const { size } = task.nsproxy.mnt.mounts;
  assert.ok(size > 5000 && size <= 10_000);
  const copy = m.fork(task, CLONE.NEWNS);
  assert.is(copy.nsproxy.mnt.mounts.size, size);
  m.call(copy, 'exit_group', 0);
  run('umount /mnt detach\nstat /mnt/m = ENOENT');
  assert.is(task.nsproxy.mnt.mounts.size, 2);
});

test('the new mount calls make, clone and move detached mounts', () => {
  const { m, task, run } = box();
  const fs = m.ok(task, 'fsopen', 'tmpfs', 1);
  assert.is(m.call(task, 'fsmount', fs, 0, 0), 'EINVAL');
  assert.is(m.call(task, 'fsconfig', fs, FSCONFIG.SET_STRING, 'source', 'mine', 0), 0);
  assert.is(m.call(task, 'fsconfig', fs, FSCONFIG.SET_STRING, 'mode', '711', 0), 0);
  assert.is(m.call(task, 'fsconfig', fs, FSCONFIG.CMD_CREATE, undefined, undefined, 0), 0);
  const fd = m.ok(task, 'fsmount', fs, 1, 2);
  assert.is(m.call(task, 'move_mount', fd, '', AT.FDCWD, '/mnt', MOVE_MOUNT.F_EMPTY_PATH), 0);
  run('stat /mnt perm = 711\nput /mnt/f x');
  assert.match(readFile(m, task, '/proc/self/mounts'), 'mine /mnt tmpfs rw,nosuid,relatime,mode=711,inode64 0 0');
  const tree = m.ok(task, 'open_tree', AT.FDCWD, '/mnt', OPEN_TREE.CLONE);
  run('mkdir /tmp/t');
  assert.is(m.call(task, 'move_mount', tree, '', AT.FDCWD, '/tmp/t', MOVE_MOUNT.F_EMPTY_PATH), 0);
  run("cat /tmp/t/f = 'x'");
  assert.is(m.call(task, 'fsopen', 'nosuchfs', 0), 'ENODEV');
});

test('a tmpfs from a template has its tree at once, and changes only its own copy', () => {
  const { m, task, run } = box();
  const image = makeTmpfs(m.kernel, 'mode=755');
  const root = image.root.inode as TmpInode;
  const bin = root.add('bin', S.IFDIR | 0o755, 0, 0);
  const program = bin.add('busybox', S.IFREG | 0o755, 0, 0);
  program.fill(new TextEncoder().encode('program'));
  for (const name of ['ls', 'cat', 'sh']) bin.link(undefined, name, program);
  root.add('etc', S.IFDIR | 0o755, 0, 0).add('passwd', S.IFREG | 0o644, 0, 0).fill(new TextEncoder().encode('root'));
  m.kernel.templates.set('image', image);
  script(m, m.init, 'mkdir /tmp/a\nmkdir /tmp/b\nmount none /tmp/a tmpfs - template=image\nmount none /tmp/b tmpfs - template=image');
  script(m, m.init, `
    ls /tmp/a = bin,etc
    stat /tmp/a/bin/ls nlink = 4
    cat /tmp/a/bin/ls = 'program'
    put /tmp/a/bin/sh changed
    cat /tmp/a/bin/cat = 'changed'
    cat /tmp/b/bin/cat = 'program'
    unlink /tmp/a/bin/ls
    ls /tmp/a/bin = busybox,cat,sh
    ls /tmp/b/bin = busybox,cat,ls,sh
    stat /tmp/a/bin/sh nlink = 3
    stat /tmp/b/bin/sh nlink = 4
    rename /tmp/a/etc/passwd /tmp/a/shadow
    ls /tmp/a/etc =
    cat /tmp/a/shadow = 'root'
    cat /tmp/b/etc/passwd = 'root'
    rmdir /tmp/a/etc
    chmod /tmp/a/shadow 600
    chmod /tmp/b/bin 700
    stat /tmp/a/bin perm = 755
  `);
  const inode = (path: string) => (stat(m, m.init, path) as Stat).st_ino;
  assert.is(inode('/tmp/b/bin/cat'), inode('/tmp/b/bin/ls'));
  run('mount none /mnt tmpfs - template=image = EINVAL');
  assert.is(task.alive, true);
});

test('a namespace file can be bind-mounted and keeps its namespace', () => {
  const { m, task, run } = box();
  const other = m.fork(task, CLONE.NEWUTS);
  run(`touch /tmp/ns\nmount /proc/${other.pid.in(m.init.pid.ns)}/ns/uts /tmp/ns none bind`);
  const { uts } = other.nsproxy;
  m.call(other, 'exit_group', 0);
  m.call(task, 'wait4', -1, undefined, 0, undefined);
  assert.is(uts.count, 1);
  const fd = m.ok(task, 'openat', AT.FDCWD, '/tmp/ns', 0, 0);
  assert.is(m.call(task, 'setns', fd, CLONE.NEWUTS), 0);
  assert.is(task.nsproxy.uts, uts);
});

test.run();
