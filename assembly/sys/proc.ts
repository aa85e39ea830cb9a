// Processes: spawn, clone, exec, wait, groups and sessions, limits.

import * as linux from './linux';
import { copyOut, pack, packList, scratch } from './bytes';

export function getpid(): i32 {
  return linux.getpid();
}

export function getppid(): i32 {
  return linux.getppid();
}

export function getpgrp(): i32 {
  return linux.getpgid(0);
}

export function getpgid(pid: i32): i32 {
  return linux.getpgid(pid);
}

export function setpgid(pid: i32, pgid: i32): i32 {
  return linux.setpgid(pid, pgid);
}

export function getsid(pid: i32): i32 {
  return linux.getsid(pid);
}

export function setsid(): i32 {
  return linux.setsid();
}

export function kill(pid: i32, sig: i32): i32 {
  return linux.kill(pid, sig);
}

/** Ends the process. Buffered output is the caller's business (lib/out.ts's `exit` flushes first). */
export function _exit(status: i32): void {
  linux.exit_group(status);
  unreachable();
}

export function execve(path: string, argv: string[], envp: string[]): i32 {
  const a = packList(argv);
  const e = packList(envp);
  const r = linux.execve(pack(path), path.length, a, argv.length, e, envp.length);
  heap.free(a);
  heap.free(e);
  return r;
}

/** clone(2): a copy of this process that runs `fn(arg)` and exits with its answer. `flags` as Linux's, SIGCHLD included. */
export function clone(fn: (arg: i32) => i32, flags: i32, arg: i32 = 0): i32 {
  return linux.clone(fn.index, 0, flags, arg);
}

/** The file actions of a spawn, carried out in order in the child. */
export class Actions {
  private at: usize = 0;
  private room: i32 = 0;
  private paths: string[] = [];
  count: i32 = 0;

  open(fd: i32, path: string, flags: i32, mode: i32): void {
    const at = this.add(linux.SPAWN_ACTION_OPEN, fd, 0, path);
    store<i32>(at, flags, linux.spawn_action_flags);
    store<i32>(at, mode, linux.spawn_action_mode);
  }

  dup2(from: i32, to: i32): void {
    this.add(linux.SPAWN_ACTION_DUP2, from, to, '');
  }

  close(fd: i32): void {
    this.add(linux.SPAWN_ACTION_CLOSE, fd, 0, '');
  }

  chdir(path: string): void {
    this.add(linux.SPAWN_ACTION_CHDIR, 0, 0, path);
  }

  fchdir(fd: i32): void {
    this.add(linux.SPAWN_ACTION_FCHDIR, fd, 0, '');
  }

  private add(op: i32, fd: i32, newfd: i32, path: string): usize {
    if (this.count == this.room) {
      this.room = this.room == 0 ? 8 : this.room * 2;
      const size = this.room * linux.sizeof_spawn_action;
      this.at = this.at == 0 ? heap.alloc(size) : heap.realloc(this.at, size);
    }
    const at = this.at + this.count * linux.sizeof_spawn_action;
    memory.fill(at, 0, linux.sizeof_spawn_action);
    store<i32>(at, op, linux.spawn_action_op);
    store<i32>(at, fd, linux.spawn_action_fd);
    store<i32>(at, newfd, linux.spawn_action_newfd);
    this.paths.push(path);
    this.count++;
    return at;
  }

  /** The array for the call, paths filled in; `free` ends it. */
  pack(): usize {
    for (let i = 0; i < this.count; i++) {
      const path = this.paths[i];
      const at = this.at + i * linux.sizeof_spawn_action;
      if (path.length == 0) continue;
      const bytes = heap.alloc(path.length);
      copyOut(path, bytes);
      store<u32>(at, <u32>bytes, linux.spawn_action_path);
      store<i32>(at, path.length, linux.spawn_action_path_len);
    }
    return this.at;
  }

  free(): void {
    for (let i = 0; i < this.count; i++) {
      const path = load<u32>(this.at + i * linux.sizeof_spawn_action, linux.spawn_action_path);
      if (path != 0) heap.free(path);
    }
    if (this.at != 0) heap.free(this.at);
    this.at = 0;
    this.count = 0;
    this.room = 0;
    this.paths = [];
  }
}

/** The attributes of a spawn; `flags` says which are set. */
export class Attr {
  flags: i32 = 0;
  pgid: i32 = 0;
  cloneFlags: i32 = 0;
  ttyFd: i32 = -1;
  cgroupFd: i32 = -1;
  sigmask: u64 = 0;
  sigdefault: u64 = 0;

  pack(at: usize): void {
    memory.fill(at, 0, linux.sizeof_spawn_attr);
    store<i32>(at, this.flags, linux.spawn_attr_flags);
    store<i32>(at, this.pgid, linux.spawn_attr_pgid);
    store<i32>(at, this.cloneFlags, linux.spawn_attr_clone_flags);
    store<i32>(at, this.ttyFd, linux.spawn_attr_tty_fd);
    store<i32>(at, this.cgroupFd, linux.spawn_attr_cgroup_fd);
    store<u64>(at, this.sigmask, linux.spawn_attr_sigmask);
    store<u64>(at, this.sigdefault, linux.spawn_attr_sigdefault);
  }
}

/** Index of the action that failed in the last spawn; the number of actions when the exec did. */
export let spawnFailed: i32 = 0;

/** posix_spawn(3) by the kernel: the child's number or the error. `actions` can be used once. */
export function spawn(path: string, argv: string[], envp: string[], actions: Actions | null = null,
  attr: Attr | null = null): i32 {
  const a = packList(argv);
  const e = packList(envp);
  const count = actions ? actions.count : 0;
  const list = actions ? actions.pack() : 0;
  const at = scratch;
  if (attr) attr.pack(at);
  const failed = at + 64;
  store<i32>(failed, 0);
  const r = linux.spawn(pack(path), path.length, a, argv.length, e, envp.length, list, count, attr ? at : 0, failed);
  spawnFailed = load<i32>(failed);
  heap.free(a);
  heap.free(e);
  if (actions) actions.free();
  return r;
}

/** The status of the last child that `wait4` answered. */
export let status: i32 = 0;

/** wait4(2): the child, 0 (WNOHANG), or the error (EINTR among them); the status in `status`. */
export function wait4(pid: i32, options: i32 = 0): i32 {
  const r = linux.wait4(pid, scratch, options, 0);
  if (r > 0) status = load<i32>(scratch);
  return r;
}

export class Rusage {
  userUs: i64 = 0;
  systemUs: i64 = 0;
  maxrss: i64 = 0;

  fill(at: usize): void {
    this.userUs = load<i64>(at, linux.rusage_ru_utime_sec) * 1000000 + load<i64>(at, linux.rusage_ru_utime_usec);
    this.systemUs = load<i64>(at, linux.rusage_ru_stime_sec) * 1000000 + load<i64>(at, linux.rusage_ru_stime_usec);
    this.maxrss = load<i64>(at, linux.rusage_ru_maxrss);
  }
}

export function waitUsage(pid: i32, options: i32, usage: Rusage): i32 {
  const r = linux.wait4(pid, scratch, options, scratch + 8);
  if (r > 0) {
    status = load<i32>(scratch);
    usage.fill(scratch + 8);
  }
  return r;
}

/** waitpid(2) that goes on after EINTR; the status of `pid`, or -1 when it is not our child. */
export function waitFor(pid: i32): i32 {
  for (;;) {
    const r = wait4(pid, 0);
    if (r == -linux.EINTR) continue;
    return r < 0 ? -1 : status;
  }
}

export function WIFEXITED(s: i32): bool {
  return (s & 0x7f) == 0;
}

export function WEXITSTATUS(s: i32): i32 {
  return (s >> 8) & 0xff;
}

export function WIFSIGNALED(s: i32): bool {
  return (s & 0x7f) != 0 && (s & 0x7f) != 0x7f;
}

export function WTERMSIG(s: i32): i32 {
  return s & 0x7f;
}

export function WIFSTOPPED(s: i32): bool {
  return (s & 0xff) == 0x7f;
}

export function WSTOPSIG(s: i32): i32 {
  return (s >> 8) & 0xff;
}

export function WIFCONTINUED(s: i32): bool {
  return s == 0xffff;
}

/** The exit status that a shell shows for a wait status. */
export function exitStatus(s: i32): i32 {
  return WIFEXITED(s) ? WEXITSTATUS(s) : 128 + (WIFSTOPPED(s) ? WSTOPSIG(s) : WTERMSIG(s));
}

export function prctl(option: i32, arg2: usize, arg3: i32 = 0, arg4: i32 = 0, arg5: i32 = 0): i32 {
  return linux.prctl(option, arg2, arg3, arg4, arg5);
}

/** PR_SET_NAME: the comm of this process. */
export function setName(name: string): void {
  const at = scratch;
  const short = name.length > 15 ? name.substring(0, 15) : name;
  copyOut(short, at);
  store<u8>(at + short.length, 0);
  linux.prctl(linux.PR_SET_NAME, at, 0, 0, 0);
}

/** Both values of a limit in `limit[0]` (soft) and `limit[1]` (hard); all bits set is none. */
export function getrlimit(resource: i32, limit: StaticArray<u64>): i32 {
  const r = linux.prlimit64(0, resource, 0, scratch);
  if (r == 0) {
    limit[0] = load<u64>(scratch);
    limit[1] = load<u64>(scratch, 8);
  }
  return r;
}

export function setrlimit(resource: i32, soft: u64, hard: u64): i32 {
  store<u64>(scratch, soft);
  store<u64>(scratch, hard, 8);
  return linux.prlimit64(0, resource, scratch, 0);
}

/** Clock ticks (100 a second): user and system time of this process and of its waited-for children. */
export class Tms {
  user: i64 = 0;
  system: i64 = 0;
  childUser: i64 = 0;
  childSystem: i64 = 0;
}

export function times(t: Tms): i64 {
  const r = linux.times(scratch);
  t.user = load<i64>(scratch);
  t.system = load<i64>(scratch, 8);
  t.childUser = load<i64>(scratch, 16);
  t.childSystem = load<i64>(scratch, 24);
  return r;
}
