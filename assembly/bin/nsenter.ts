// nsenter: run a program in the namespaces of another process (nsenter(1)).

import * as cred from '../sys/cred';
import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as ns from '../sys/ns';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import { execOrDie } from '../lib/exec';
import { getenv } from '../sys/env';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { kinds } from '../lib/namespace';
import { parseCount } from '../lib/number';

const TEXT = packed('[OPTIONS] [PROG ARGS]\n\n\t-t PID\t\tTarget process to get namespaces from\n\t-a\t\tEnter all namespaces\n\t-m[FILE]\tEnter mount namespace\n\t-u[FILE]\tEnter UTS namespace (hostname etc)\n\t-i[FILE]\tEnter System V IPC namespace\n\t-n[FILE]\tEnter network namespace\n\t-p[FILE]\tEnter pid namespace\n\t-U[FILE]\tEnter user namespace\n\t-C[FILE]\tEnter cgroup namespace\n\t-T[FILE]\tEnter time namespace\n\t-S UID\t\tSet uid in entered namespace\n\t-G GID\t\tSet gid in entered namespace\n\t--preserve-credentials\tDon\'t touch uids or gids\n\t-r[DIR]\t\tSet root directory\n\t-w[DIR]\t\tSet working directory\n\t-F\t\tDon\'t fork before exec\'ing PROG\n');

let command: string[] = [];

export function nsenter(args: string[]): i32 {
  const o = getopt(args, '+t:am::u::i::n::p::U::C::T::S:G:r::w::FN', TEXT, packed('target:=t,all=a,mount::=m,uts::=u,ipc::=i,net::=n,'
    + 'pid::=p,user::=U,cgroup::=C,time::=T,setuid:=S,setgid:=G,root::=r,wd::=w,no-fork=F,preserve-credentials=N'));
  if (!o.ok) return o.status;
  const target = o.has('t') ? parseCount(o.get('t')) : 0;
  if (o.has('t') && target <= 0) return out.complain("invalid number '" + o.get('t') + "'");
  const base = '/proc/' + target.toString() + '/';
  const all = kinds();
  const fds: i32[] = [];
  const names: string[] = [];
  const flags: i32[] = [];
  let user = false;
  let pid = false;
  for (let i = 0; i < all.length; i++) {
    const kind = all[i];
    if (!o.has(kind.letter) && !o.has('a')) continue;
    let file = o.get(kind.letter);
    if (!file.length) {
      if (target == 0) return out.complain('neither filename nor target pid supplied for ' + 'ns/' + kind.name);
      file = base + 'ns/' + kind.name;
    }
    if (!o.has(kind.letter) && same(file, '/proc/self/ns/' + kind.name)) continue;
    const fd = fs.open(file, linux.O_RDONLY | linux.O_CLOEXEC);
    if (fd < 0) return out.cantOpen(file, fd);
    fds.push(fd);
    names.push(kind.name);
    flags.push(kind.flag);
    if (kind.flag == linux.CLONE_NEWUSER) user = true;
    if (kind.flag == linux.CLONE_NEWPID) pid = true;
  }
  let root = -1;
  let cwd = -1;
  if (o.has('r')) {
    root = fs.open(o.get('r').length ? o.get('r') : base + 'root', linux.O_RDONLY | linux.O_CLOEXEC);
    if (root < 0) return out.cantOpen(o.get('r').length ? o.get('r') : base + 'root', root);
  }
  if (o.has('w')) {
    cwd = fs.open(o.get('w').length ? o.get('w') : base + 'cwd', linux.O_RDONLY | linux.O_CLOEXEC);
    if (cwd < 0) return out.cantOpen(o.get('w').length ? o.get('w') : base + 'cwd', cwd);
  }
  if (fds.length == 0 && root < 0 && cwd < 0 && o.letters.length == 0) return usage(TEXT);
  for (let i = 0; i < fds.length; i++) {
    const r = ns.setns(fds[i], flags[i]);
    if (r < 0) return out.perror("setns(): can't reassociate to namespace '" + names[i] + "'", r);
    fs.close(fds[i]);
  }
  if (root >= 0) {
    // The working directory must survive the new root when only the root was asked for.
    if (cwd < 0) cwd = fs.open('.', linux.O_RDONLY | linux.O_CLOEXEC);
    let r = fs.fchdir(root);
    if (r == 0) r = fs.chroot('.');
    if (r < 0) return out.perror("can't change root directory", r);
  }
  if (cwd >= 0) {
    const r = fs.fchdir(cwd);
    if (r < 0) return out.perror("can't change directory", r);
  }
  if (user && !o.has('N')) {
    cred.setgroups([]);
    const r = cred.setresgid(0, 0, 0);
    if (r == 0) cred.setresuid(0, 0, 0);
  }
  if (o.has('G')) {
    const r = cred.setgid(parseCount(o.get('G')));
    if (r < 0) return out.perror('setgid', r);
  }
  if (o.has('S')) {
    const r = cred.setuid(parseCount(o.get('S')));
    if (r < 0) return out.perror('setuid', r);
  }
  const shell = getenv('SHELL');
  command = o.rest.length ? o.rest : [shell === null ? '/bin/sh' : shell];
  if (!pid || o.has('F')) return execOrDie(command);
  out.flush();
  // A task never changes its own PID namespace: a child of it is the first to be inside.
  const child = proc.clone(run, linux.SIGCHLD);
  if (child < 0) return out.perror('fork', child);
  const status = proc.waitFor(child);
  if (proc.WIFSIGNALED(status)) {
    proc.kill(proc.getpid(), proc.WTERMSIG(status));
    return 128 + proc.WTERMSIG(status);
  }
  return proc.WEXITSTATUS(status);
}

function run(_: i32): i32 {
  return out.finish(execOrDie(command));
}

function same(a: string, b: string): bool {
  const x = new fs.Stat();
  const y = new fs.Stat();
  return fs.stat(a, x) == 0 && fs.stat(b, y) == 0 && x.dev == y.dev && x.ino == y.ino;
}
