// unshare: run a program in new namespaces (unshare(1)).

import * as fs from '../sys/fs';
import * as cred from '../sys/cred';
import * as linux from '../sys/linux';
import * as ns from '../sys/ns';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import { execOrDie } from '../lib/exec';
import { getenv } from '../sys/env';
import { Options, getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { kinds } from '../lib/namespace';
import { signalNumber } from '../sys/signal';

const TEXT = packed('[OPTIONS] [PROG ARGS]\n\n\t-m,--mount[=FILE]\tUnshare mount namespace\n\t-u,--uts[=FILE]\t\tUnshare UTS namespace (hostname etc.)\n\t-i,--ipc[=FILE]\t\tUnshare System V IPC namespace\n\t-n,--net[=FILE]\t\tUnshare network namespace\n\t-p,--pid[=FILE]\t\tUnshare PID namespace\n\t-U,--user[=FILE]\tUnshare user namespace\n\t-C,--cgroup[=FILE]\tUnshare cgroup namespace\n\t-T,--time[=FILE]\tUnshare time namespace\n\t-f,--fork\t\tFork before execing PROG\n\t-r,--map-root-user\tMap current user to root (implies -U)\n\t--mount-proc[=DIR]\tMount /proc filesystem first (implies -m)\n\t--propagation slave|shared|private|unchanged\n\t\t\t\tModify mount propagation in mount namespace\n\t--setgroups allow|deny\tControl the setgroups syscall in user namespaces\n\t--kill-child[=SIG]\tSend SIG (KILL) to the child when unshare dies\n\t-R,--root DIR\t\tChange the root directory\n\t-w,--wd DIR\t\tChange the working directory\n');

let options: Options | null = null;

export function unshare(args: string[]): i32 {
  const o = getopt(args, '+muinpUCTfrcR:w:S:G:', TEXT, packed('mount::=m,uts::=u,ipc::=i,net::=n,pid::=p,user::=U,cgroup::=C,time::=T,'
    + 'fork=f,map-root-user=r,map-current-user=c,mount-proc::=P,propagation:=o,setgroups:=g,kill-child::=K,root:=R,wd:=w,'
    + 'setuid:=S,setgid:=G'));
  if (!o.ok) return o.status;
  options = o;
  let flags = 0;
  const all = kinds();
  for (let i = 0; i < all.length; i++) if (o.has(all[i].letter)) flags |= all[i].flag;
  if (o.has('r') || o.has('c')) flags |= linux.CLONE_NEWUSER;
  if (o.has('P')) flags |= linux.CLONE_NEWNS;
  let propagation = linux.MS_REC | linux.MS_PRIVATE;
  const how = o.get('o', 'private');
  if (how == 'slave') propagation = linux.MS_REC | linux.MS_SLAVE;
  else if (how == 'shared') propagation = linux.MS_REC | linux.MS_SHARED;
  else if (how == 'unchanged') propagation = 0;
  else if (how != 'private') return out.complain('unrecognized option: --propagation=' + how);
  const uid = cred.geteuid();
  const gid = cred.getegid();
  const r = ns.unshare(flags);
  if (r < 0) return out.perror('unshare failed', r);
  if (o.has('r') || o.has('c')) {
    const mapped = mapUser(o.has('r') ? 0 : uid, uid, o.has('r') ? 0 : gid, gid, o.get('g', 'deny'));
    if (mapped != 0) return mapped;
  } else if (o.has('g')) {
    const w = fs.writeFile('/proc/self/setgroups', o.get('g'), 0);
    if (w < 0) return out.cantOpen('/proc/self/setgroups', w);
  }
  for (let i = 0; i < all.length; i++) {
    const file = o.get(all[i].letter);
    if (!o.has(all[i].letter) || !file.length) continue;
    const bound = ns.mount('/proc/self/ns/' + all[i].name, file, '', linux.MS_BIND, '');
    if (bound < 0) return out.perror('mounting /proc/self/ns/' + all[i].name + ' on ' + file + ' failed', bound);
  }
  if (flags & linux.CLONE_NEWNS && propagation != 0) {
    const p = ns.mount('none', '/', '', propagation, '');
    if (p < 0) return out.perror("can't change propagation of '/'", p);
  }
  if (!o.has('f')) return inside(0);
  out.flush();
  const pid = proc.clone(inside, linux.SIGCHLD);
  if (pid < 0) return out.perror('fork', pid);
  const status = proc.waitFor(pid);
  return proc.WIFSIGNALED(status) ? dieOf(proc.WTERMSIG(status)) : proc.WEXITSTATUS(status);
}

// End as the child ended.
function dieOf(sig: i32): i32 {
  proc.kill(proc.getpid(), sig);
  return 128 + sig;
}

// What is done in the process that becomes the program.
function inside(_: i32): i32 {
  const o = options as Options;
  if (o.has('K')) proc.prctl(linux.PR_SET_PDEATHSIG, o.get('K').length ? signalNumber(o.get('K')) : linux.SIGKILL);
  if (o.has('R')) {
    let r = fs.chroot(o.get('R'));
    if (r < 0) return out.finish(out.perror("can't change root directory to '" + o.get('R') + "'", r));
    r = fs.chdir('/');
  }
  if (o.has('w')) {
    const r = fs.chdir(o.get('w'));
    if (r < 0) return out.finish(out.perror("can't change directory to '" + o.get('w') + "'", r));
  }
  if (o.has('P')) {
    const dir = o.get('P').length ? o.get('P') : '/proc';
    // A shared /proc would carry the new mount back.
    if (!o.has('o')) ns.mount('none', dir, '', linux.MS_PRIVATE | linux.MS_REC, '');
    const r = ns.mount('proc', dir, 'proc', linux.MS_NOSUID | linux.MS_NOEXEC | linux.MS_NODEV, '');
    if (r < 0) return out.finish(out.perror("can't mount proc on '" + dir + "'", r));
  }
  if (o.has('G')) cred.setgid(<i32>parseInt(o.get('G')));
  if (o.has('S')) cred.setuid(<i32>parseInt(o.get('S')));
  if (o.rest.length) return out.finish(execOrDie(o.rest));
  const shell = getenv('SHELL');
  return out.finish(execOrDie([shell === null ? '/bin/sh' : shell]));
}

/** Write the maps of this process's new user namespace; 0 or the status of the message. */
export function mapUser(uid: i32, outer: i32, gid: i32, outerGid: i32, setgroups: string): i32 {
  let r = fs.writeFile('/proc/self/uid_map', uid.toString() + ' ' + outer.toString() + ' 1', 0);
  if (r < 0) return out.perror("can't write '/proc/self/uid_map'", r);
  r = fs.writeFile('/proc/self/setgroups', setgroups, 0);
  if (r < 0 && r != -linux.ENOENT) return out.perror("can't write '/proc/self/setgroups'", r);
  r = fs.writeFile('/proc/self/gid_map', gid.toString() + ' ' + outerGid.toString() + ' 1', 0);
  return r < 0 ? out.perror("can't write '/proc/self/gid_map'", r) : 0;
}
