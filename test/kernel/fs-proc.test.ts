// procfs and nsfs as the catalogue's rows of areas PRC and NSF have them, and devpts.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ByteBuf } from '../../src/kernel/syscall/buf.ts';
import type { Task } from '../../src/kernel/proc/task.ts';
import { AT, O } from '../../src/kernel/uapi/fcntl.ts';
import { CLONE } from '../../src/kernel/uapi/sched.ts';
import { Machine } from './machine.ts';
import { list, readFile, script } from './script.ts';

/** The first process of a container with its own procfs. */
function box(): { m: Machine; task: Task; run: (lines: string) => void } {
  const m = new Machine();
  const task = m.fork(m.init, CLONE.NEWPID | CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET | CLONE.NEWCGROUP);
  script(m, task, 'mount proc /proc proc');
  return { m, task, run: (lines) => script(m, task, lines) };
}

test('a procfs shows the processes of its PID namespace under its numbers', () => {
  const { m, task } = box();
  const child = m.fork(task);
  const numbers = (by: Task) => list(m, by, '/proc').split(',').filter((n) => /^\d+$/.test(n)).join(',');
  assert.is(numbers(task), '1,2');
  assert.is(numbers(m.init), '1,100,101');
  script(m, child, 'readlink /proc/self = 2\nreadlink /proc/thread-self = 2/task/2\nls /proc/self/task = 2\nstat /proc/100 = ENOENT');
  script(m, m.init, 'readlink /proc/self = 1');
  assert.match(readFile(m, m.init, '/proc/101/status'), /NSpid:\t101\t2\n/);
  assert.match(readFile(m, task, '/proc/2/status'), /PPid:\t1\n[\s\S]*NSpid:\t2\n/);
  assert.match(readFile(m, task, '/proc/1/status'), /PPid:\t0\n/);
});

test('nothing can be made or removed in it', () => {
  const { run } = box();
  run(`
    mkdir /proc/x = ENOENT
    open /proc/x w+creat = ENOENT
    rmdir /proc/1 = EPERM
    unlink /proc/version = EPERM
    chmod /proc/version 777 = EPERM
    now /proc/self/comm
    open /proc/version w = EACCES
    rename /proc/version /tmp/v = EXDEV
    stat /proc/self/fd type = dir
    stat /proc/99 = ENOENT
  `);
});

test('links to root, directory and open files, and what they lead to', () => {
  const { m, task, run } = box();
  run(`
    mkdir /tmp/d
    put /tmp/d/f content
    chdir /tmp/d
    readlink /proc/self/cwd = /tmp/d
    readlink /proc/self/root = /
    cat /proc/self/cwd/f = 'content'
    fd f rw = 0
    readlink /proc/self/fd/0 = /tmp/d/f
    cat /proc/self/fd/0 = 'content'
    ls /proc/self/fd = 0,1
    unlink f
    cat /proc/self/fd/0 = 'content'
    close 0
    readlink /proc/self/fd/0 = ENOENT
  `);
  const other = m.fork(task, CLONE.NEWNS);
  script(m, other, 'mount none /mnt tmpfs\nput /mnt/inner x');
  run(`cat /proc/${other.pid.own}/root/mnt/inner = 'x'\nls /mnt =`);
});

test('what belongs to another user is closed, what is public is open', () => {
  const { m, task } = box();
  const user = m.fork(task);
  m.ok(user, 'setgroups', new ByteBuf(new Uint8Array(0)));
  script(m, user, `
    setuid 1000
    open /proc/1/environ r = EACCES
    readlink /proc/1/cwd = EACCES
    readlink /proc/1/ns/uts = EACCES
    open /proc/1/status r
    open /proc/self/environ r = EACCES
    stat /proc/self/ns/uts type = file
    put /proc/sys/kernel/hostname zz = EACCES
  `);
});

test('the hostname is the namespace\'s, by both doors', () => {
  const { m, run } = box();
  run(`
    put /proc/sys/kernel/hostname viaproc
    cat /proc/sys/kernel/hostname = 'viaproc'
    cat /proc/sys/kernel/domainname = '(none)'
  `);
  script(m, m.init, "cat /proc/sys/kernel/hostname = 'twinbox'");
});

test('ns_last_pid chooses the number of the next fork', () => {
  const { m, task, run } = box();
  run('put /proc/sys/kernel/ns_last_pid 499');
  assert.is(m.fork(task).pid.own, 500);
});

test('/proc/PID/ns has every kind; a file of it is what setns takes', () => {
  const { m, task, run } = box();
  run('ls /proc/self/ns = cgroup,ipc,mnt,net,pid,pid_for_children,time,time_for_children,user,uts');
  const link = (by: Task, path: string) => {
    const buf = new Uint8Array(64);
    const n = m.ok(by, 'readlinkat', AT.FDCWD, path, new ByteBuf(buf));
    return String.fromCharCode(...buf.subarray(0, n));
  };
  const initial = { cgroup: 4026531835, ipc: 4026531839, mnt: 4026531841, pid: 4026531836, user: 4026531837, uts: 4026531838 };
  for (const [kind, inode] of Object.entries(initial)) assert.is(link(m.init, `/proc/self/ns/${kind}`), `${kind}:[${inode}]`);
  assert.is(link(task, '/proc/self/ns/user'), 'user:[4026531837]');
  assert.is.not(link(task, '/proc/self/ns/uts'), 'uts:[4026531838]');
  const fd = m.ok(m.init, 'openat', AT.FDCWD, '/proc/100/ns/uts', O.RDONLY, 0);
  assert.is(m.call(m.init, 'setns', fd, CLONE.NEWNET), 'EINVAL');
  assert.is(m.call(m.init, 'setns', fd, 0), 0);
  assert.is(m.init.nsproxy.uts, task.nsproxy.uts);
  run('fd /tmp r = 0');
  assert.is(m.call(task, 'setns', 0, 0), 'EINVAL');
});

test('/proc/self/cgroup is "/" in a cgroup namespace of its own', () => {
  const { run } = box();
  run("cat /proc/self/cgroup = '0::/'");
});

test('every devpts is an instance of its own: numbers from 0, nodes that go with the master', () => {
  const { m, task, run } = box();
  run(`
    mkdir /tmp/pts
    mount devpts /tmp/pts devpts - ptmxmode=666,mode=620,gid=5
    ls /tmp/pts = ptmx
    fd /tmp/pts/ptmx rw = 0
    fd /tmp/pts/ptmx rw = 1
    ls /tmp/pts = 0,1,ptmx
    stat /tmp/pts/0 perm = 620
    stat /tmp/pts/0 owner = 0:5
    open /tmp/pts/0 rw+noctty = EIO
    close 0
    ls /tmp/pts = 1,ptmx
    stat /tmp/pts/0 = ENOENT
    fd /tmp/pts/ptmx rw = 0
    ls /tmp/pts = 0,1,ptmx
    mkdir /tmp/pts2
    mount devpts /tmp/pts2 devpts
    ls /tmp/pts2 = ptmx
    open /tmp/pts2/ptmx rw
    mkdir /tmp/pts/x = EPERM
  `);
  const user = m.fork(task);
  script(m, user, 'setuid 1000\nopen /tmp/pts2/ptmx rw = EACCES\nopen /tmp/pts/ptmx rw');
});

test('sysfs is a tree to mount on', () => {
  const { run } = box();
  run(`
    mount sysfs /mnt sysfs
    ls /mnt/fs = cgroup
    mount none /mnt/fs/cgroup tmpfs
    touch /mnt/fs/cgroup/f
    ls /mnt/fs/cgroup = f
    mkdir /mnt/x = EPERM
  `);
});

test.run();
