// box: a small container launcher made of clone, mount, pivot_root and setns alone.
//
//   box run NAME [OPTIONS] -- COMMAND...     in the foreground; the status is COMMAND's (128+N when signal N killed it)
//   box start NAME [OPTIONS] -- COMMAND...   in the background; returns when COMMAND runs
//   box exec NAME -- COMMAND...              joins all its namespaces and runs COMMAND as a child
//   box pid NAME | box kill NAME SIG | box wait NAME
//
// Options: --hostname H, --share pid,net,uts,ipc,cgroup,mnt, --user, --map IN:OUT:N[/...], --init, --template DIR,
// --script FILE, --cgjoin DIR, --cgmount v2|pids|memory|cpu|freezer|cpuset, --caps docker|none, --ro.

import * as cred from '../sys/cred';
import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as ns from '../sys/ns';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import * as signal from '../sys/signal';
import * as time from '../sys/time';
import { env, envList, getenv } from '../sys/env';
import { errno, errnoName, setErrno, strerror } from '../sys/errno';
import { usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { execvp } from '../lib/exec';
import { parseCount, parseInteger } from '../lib/number';
import { trim } from '../lib/text';

const KINDS: StaticArray<string> = ['user', 'mnt', 'pid', 'uts', 'ipc', 'net', 'cgroup'];
const FLAGS: StaticArray<i32> = [linux.CLONE_NEWUSER, linux.CLONE_NEWNS, linux.CLONE_NEWPID, linux.CLONE_NEWUTS,
  linux.CLONE_NEWIPC, linux.CLONE_NEWNET, linux.CLONE_NEWCGROUP];
/** docker's fourteen capabilities. */
const DOCKER: StaticArray<i32> = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31];

let hostname: string = '';
let template: string = '/';
let script: string = '';
let caps: string = '';
let user: bool = false;
let init: bool = false;
let readOnly: bool = false;
let maps: string = '0:100000:65536';
let flags: i32 = 0;
let cgroups: string[] = [];
let cgroupMounts: string[] = [];
let command: string[] = [];
/** The pipe whose byte lets the child go on, and the one whose end says that the command runs. */
const sync: StaticArray<i32> = [-1, -1];
const started: StaticArray<i32> = [-1, -1];

export function box(args: string[]): i32 {
  if (args.length < 3) {
    const help = args.length == 2 && args[1] == '--help';
    return usage(packed('run|start|exec|pid|kill|wait NAME ...\n\nRun, enter and end small containers\n'), help ? 0 : 125);
  }
  const verb = args[1];
  const name = args[2];
  const given = getenv('BOXSTATE');
  fs.mkdir('/run/box', 0o755);
  const dir = given === null ? '/run/box' : given;
  fs.mkdir(dir, 0o755);
  const pidFile = dir + '/' + name + '.pid';
  const exitFile = dir + '/' + name + '.exit';
  if (verb == 'pid' || verb == 'kill' || verb == 'exec') {
    const text = fs.readFile(pidFile);
    const pid = text === null ? -1 : parseCount(trim(text));
    if (pid < 0) {
      out.err('box: no container ' + name + '\n');
      return 125;
    }
    if (verb == 'pid') {
      out.line(pid.toString());
      return 0;
    }
    if (verb == 'exec') return enter(pid, args);
    const r = proc.kill(pid, args.length > 3 ? <i32>parseInteger(args[3]) : 0);
    if (r < 0) out.err('box: ' + errnoName(r) + '\n');
    return r < 0 ? 1 : 0;
  }
  if (verb == 'wait') {
    for (;;) {
      const text = fs.readFile(exitFile);
      if (text !== null && text.length) {
        out.line(trim(text));
        break;
      }
      time.sleepNs(10000000);
    }
    return 0;
  }
  if (verb != 'start' && verb != 'run') {
    out.err('box: bad command\n');
    return 125;
  }
  const bad = options(args, name);
  if (bad.length) {
    out.err('box: bad option ' + bad + '\n');
    return 125;
  }
  fs.unlink(exitFile);
  if (verb == 'run') return launch(pidFile, exitFile, false);
  files[0] = pidFile;
  files[1] = exitFile;
  if (fs.pipe(started, linux.O_CLOEXEC) < 0) return fail('pipe');
  out.flush();
  const keeper = proc.clone(keep, linux.SIGCHLD);
  if (keeper < 0) return fail('fork');
  fs.close(started[1]);
  const said = fs.read(started[0], 1);
  fs.close(started[0]);
  return said !== null && said.length == 1 ? 126 : 0;
}

const files: StaticArray<string> = ['', ''];

// The process that outlives `box start` to wait for the container.
function keep(_: i32): i32 {
  proc.setsid();
  fs.close(started[0]);
  return launch(files[0], files[1], true);
}

function options(args: string[], name: string): string {
  flags = linux.CLONE_NEWPID | linux.CLONE_NEWNS | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC | linux.CLONE_NEWNET | linux.CLONE_NEWCGROUP;
  hostname = name;
  let i = 3;
  for (; i < args.length; i++) {
    const a = args[i];
    if (a == '--') {
      i++;
      break;
    }
    if (a == '--user') user = true;
    else if (a == '--init') init = true;
    else if (a == '--ro') readOnly = true;
    else if (i + 1 >= args.length) return a;
    else if (a == '--hostname') hostname = args[++i];
    else if (a == '--template') template = args[++i];
    else if (a == '--script') script = args[++i];
    else if (a == '--cgjoin') cgroups.push(args[++i]);
    else if (a == '--cgmount') cgroupMounts.push(args[++i]);
    else if (a == '--caps') caps = args[++i];
    else if (a == '--map') {
      user = true;
      maps = args[++i];
    } else if (a == '--share') {
      const list = args[++i].split(',');
      for (let k = 0; k < list.length; k++) drop(list[k]);
    } else return a;
  }
  command = args.slice(i);
  // A negative control: namespaces that this file names are never made.
  const control = fs.readFile('/etc/boxneg');
  if (control !== null) {
    const list = control.replaceAll('\n', ' ').split(' ');
    for (let k = 0; k < list.length; k++) drop(list[k]);
  }
  if (user) flags |= linux.CLONE_NEWUSER;
  return '';
}

function drop(kind: string): void {
  for (let k = 0; k < KINDS.length; k++) if (KINDS[k] == kind) flags &= ~FLAGS[k];
}

function fail(what: string): i32 {
  out.err('box: ' + what + ': ' + message() + '\n');
  return 126;
}

function message(): string {
  return strerror(errno);
}

// Remember the error of a call; true if it failed.
function failed(r: i32): bool {
  if (r >= 0) return false;
  setErrno(-r);
  return true;
}

function launch(pidFile: string, exitFile: string, detached: bool): i32 {
  if (failed(fs.pipe(sync, linux.O_CLOEXEC))) return fail('pipe');
  const given = getenv('BOXMNT');
  fs.mkdir(given === null ? '/run/boxroot' : given, 0o755);
  out.flush();
  const pid = proc.clone(child, (flags & ~linux.CLONE_NEWCGROUP) | linux.SIGCHLD);
  if (failed(pid)) return fail('clone');
  fs.close(sync[0]);
  for (let i = 0; i < cgroups.length; i++) {
    if (failed(fs.writeFile(cgroups[i] + '/cgroup.procs', pid.toString()))) return fail(cgroups[i] + '/cgroup.procs');
  }
  if (user) {
    let text = '';
    const list = maps.split('/');
    for (let i = 0; i < list.length; i++) {
      const f = list[i].split(':');
      if (f.length == 3) text += f[0] + ' ' + f[1] + ' ' + f[2] + '\n';
    }
    const base = '/proc/' + pid.toString();
    if (failed(fs.writeFile(base + '/uid_map', text, linux.O_TRUNC))) return fail('uid_map');
    if (failed(fs.writeFile(base + '/gid_map', text, linux.O_TRUNC))) return fail('gid_map');
  }
  fs.writeFile(pidFile, pid.toString() + '\n');
  fs.write(sync[1], 'x');
  fs.close(sync[1]);
  if (detached) fs.close(started[1]);
  else signal.ignore(linux.SIGINT);
  const status = proc.exitStatus(proc.waitFor(pid));
  fs.writeFile(exitFile + '.t', status.toString() + '\n');
  fs.rename(exitFile + '.t', exitFile);
  return detached ? 0 : status;
}

// The container's first process: waits for its maps, makes its world, becomes the command.
function child(_: i32): i32 {
  fs.close(sync[1]);
  const go = fs.read(sync[0], 1);
  if (go === null || go.length != 1) return 126;
  fs.close(sync[0]);
  proc.prctl(linux.PR_SET_PDEATHSIG, linux.SIGKILL);
  if (user) {
    cred.setgroups([]);
    if (failed(cred.setresgid(0, 0, 0)) || failed(cred.setresuid(0, 0, 0))) return fail('setuid 0');
  }
  if (flags & linux.CLONE_NEWCGROUP && failed(ns.unshare(linux.CLONE_NEWCGROUP))) return fail('unshare cgroup');
  if (flags & linux.CLONE_NEWNS) {
    const wrong = root();
    if (wrong.length) return fail(wrong);
  }
  if (flags & linux.CLONE_NEWUTS && hostname.length && failed(ns.sethostname(hostname))) return fail('sethostname');
  environment(hostname);
  if (caps.length && failed(limit(caps == 'none'))) return fail('capset');
  proc.prctl(linux.PR_SET_PDEATHSIG, 0);
  if (!init) return become();
  proc.setName('init');
  const pid = proc.clone(main, linux.SIGCHLD);
  if (started[1] >= 0) fs.close(started[1]);
  let status = 0;
  for (;;) {
    const got = proc.wait4(-1);
    if (got == pid) {
      status = proc.exitStatus(proc.status);
      break;
    }
    if (got == -linux.ECHILD) break;
  }
  return status;
}

// The command under --init, in a process group of its own.
function main(_: i32): i32 {
  proc.setpgid(0, 0);
  execvp(command, envList());
  return 127;
}

function become(): i32 {
  const r = command.length ? execvp(command, envList()) : -linux.ENOENT;
  out.err('box: exec ' + (command.length ? command[0] : '') + ': ' + errnoName(r) + '\n');
  return 127;
}

function environment(host: string): void {
  const map = env();
  map.clear();
  map.set('PATH', '/bin:/sbin:/usr/bin');
  map.set('HOME', '/root');
  if (host.length) {
    map.set('TERM', 'dumb');
    map.set('HOSTNAME', host);
  }
}

// A tmpfs with copies of the template's bin and etc, devices, proc, and pivot_root into it; '' or what failed.
function root(): string {
  if (failed(ns.mount('', '/', '', linux.MS_REC | linux.MS_PRIVATE, ''))) return 'private';
  const given = getenv('BOXMNT');
  const dir = given === null ? '/run/boxroot' : given;
  fs.mkdir(dir, 0o755);
  if (failed(ns.mount('tmpfs', dir, 'tmpfs', 0, 'mode=755,size=64m'))) return 'tmpfs';
  if (failed(fs.chdir(dir))) return 'chdir';
  if (!copy(template + '/bin', 'bin') || !copy(template + '/etc', 'etc')) return 'copy';
  const dirs: string[] = ['proc', 'sys', 'dev', 'mnt', 'root', 'run', 'home', 'var'];
  for (let i = 0; i < dirs.length; i++) fs.mkdir(dirs[i], 0o755);
  fs.mkdir('tmp', 0o1777);
  fs.chmod('tmp', 0o1777);
  fs.mkdir('sys/fs', 0o755);
  fs.mkdir('sys/fs/cgroup', 0o755);
  if (script.length) {
    copy(script, 's');
    fs.chmod('s', 0o755);
  }
  if (failed(ns.mount('tmpfs', 'dev', 'tmpfs', linux.MS_NOSUID, 'mode=755,size=1m'))) return 'dev';
  const wrong = devices();
  if (wrong.length) return wrong;
  if (flags & linux.CLONE_NEWPID || !user) {
    const quiet = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC;
    if (failed(ns.mount('proc', 'proc', 'proc', quiet, ''))) return 'proc';
  }
  for (let i = 0; i < cgroupMounts.length; i++) {
    const kind = cgroupMounts[i];
    const quiet = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC;
    if (kind == 'v2') {
      if (failed(ns.mount('cgroup2', 'sys/fs/cgroup', 'cgroup2', quiet, ''))) return 'cgroup2';
      continue;
    }
    fs.mkdir('sys/fs/cgroup/' + kind, 0o755);
    if (failed(ns.mount('cgroup', 'sys/fs/cgroup/' + kind, 'cgroup', quiet, kind))) return 'cgroup1';
  }
  // The old root is stacked over the new one and then let go (pivot_root(2), "pivot_root(".", ".")").
  if (failed(ns.pivotRoot('.', '.'))) return 'pivot_root';
  if (failed(ns.umount('.', linux.MNT_DETACH))) return 'detach';
  if (failed(fs.chdir('/'))) return 'chdir /';
  if (readOnly && failed(ns.mount('', '/', '', linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY, ''))) return 'ro';
  return '';
}

function devices(): string {
  const names: string[] = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
  const numbers: i32[] = [0x103, 0x105, 0x107, 0x108, 0x109, 0x500];
  for (let i = 0; i < names.length; i++) {
    const to = 'dev/' + names[i];
    if (user) {
      const fd = fs.open(to, linux.O_CREAT | linux.O_WRONLY, 0o666);
      if (fd >= 0) fs.close(fd);
      if (failed(ns.mount('/dev/' + names[i], to, '', linux.MS_BIND, ''))) return 'bind dev';
    } else {
      const mask = fs.umask(0);
      const r = fs.mknod(to, linux.S_IFCHR | 0o666, numbers[i]);
      fs.umask(mask);
      if (failed(r)) return 'mknod';
    }
  }
  fs.mkdir('dev/pts', 0o755);
  if (failed(ns.mount('devpts', 'dev/pts', 'devpts', linux.MS_NOSUID | linux.MS_NOEXEC, 'newinstance,ptmxmode=0666,mode=620'))) {
    return 'devpts';
  }
  fs.symlink('pts/ptmx', 'dev/ptmx');
  fs.mkdir('dev/shm', 0o1777);
  fs.chmod('dev/shm', 0o1777);
  fs.symlink('/proc/self/fd', 'dev/fd');
  return '';
}

/** Copies of files that have several names, by inode: their other names become links again. */
const copies: Map<u64, string> = new Map<u64, string>();

// Copy files, links and directories; false when a write failed.
function copy(from: string, to: string): bool {
  const st = new fs.Stat();
  if (fs.lstat(from, st) < 0) return true;
  if (st.isLink) {
    const target = fs.readlink(from);
    if (target !== null) fs.symlink(target, to);
    return true;
  }
  if (st.isDir) {
    fs.mkdir(to, 0o755);
    const list: fs.Entry[] = [];
    fs.readdir(from, list);
    for (let i = 0; i < list.length; i++) {
      const name = list[i].name;
      if (name != '.' && name != '..' && !copy(from + '/' + name, to + '/' + name)) return false;
    }
    return true;
  }
  if (!st.isReg) return true;
  if (st.nlink > 1) {
    if (copies.has(st.ino)) return !failed(fs.link(copies.get(st.ino), to));
    copies.set(st.ino, to);
  }
  const src = fs.open(from, linux.O_RDONLY | linux.O_CLOEXEC);
  if (src < 0) return true;
  const dst = fs.open(to, linux.O_WRONLY | linux.O_CREAT | linux.O_TRUNC | linux.O_CLOEXEC, <i32>st.mode & 0o777);
  const r = dst < 0 ? dst : out.copy(src, dst);
  fs.close(src);
  if (dst >= 0) fs.close(dst);
  return !failed(r);
}

// Leave docker's capabilities, or none.
function limit(none: bool): i32 {
  let keep: u64 = 0;
  if (!none) for (let i = 0; i < DOCKER.length; i++) keep |= (<u64>1) << DOCKER[i];
  for (let k = 0; k < 64; k++) if (((keep >> k) & 1) == 0) proc.prctl(linux.PR_CAPBSET_DROP, k);
  const sets = new cred.Caps();
  cred.capget(sets);
  sets.effective &= keep;
  sets.permitted &= keep;
  sets.inheritable &= keep;
  return cred.capset(sets);
}

// box exec: all namespaces of the container that are not ours already, then a child.
function enter(pid: i32, args: string[]): i32 {
  let i = 3;
  if (i < args.length && args[i] == '--') i++;
  command = args.slice(i);
  const fds = new StaticArray<i32>(KINDS.length);
  for (let k = 0; k < KINDS.length; k++) {
    fds[k] = -1;
    const path = '/proc/' + pid.toString() + '/ns/' + KINDS[k];
    const theirs = fs.readlink(path);
    const ours = fs.readlink('/proc/self/ns/' + KINDS[k]);
    if (theirs === null) {
      out.err('box: container not running\n');
      return 125;
    }
    if (ours !== null && ours == theirs) continue;
    fds[k] = fs.open(path, linux.O_RDONLY | linux.O_CLOEXEC);
  }
  for (let k = 0; k < KINDS.length; k++) {
    if (fds[k] >= 0 && failed(ns.setns(fds[k], FLAGS[k]))) return fail(KINDS[k]);
  }
  if (fds[0] >= 0) {
    cred.setgroups([]);
    if (failed(cred.setresgid(0, 0, 0)) || failed(cred.setresuid(0, 0, 0))) return fail('setuid');
  }
  fs.chdir('/');
  out.flush();
  const child = proc.clone(joined, linux.SIGCHLD);
  if (failed(child)) return fail('fork');
  return proc.exitStatus(proc.waitFor(child));
}

function joined(_: i32): i32 {
  environment('');
  const r = command.length ? execvp(command, envList()) : -linux.ENOENT;
  out.err('box: exec: ' + errnoName(r) + '\n');
  return 127;
}
