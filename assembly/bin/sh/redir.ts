// Redirections. For a command that runs in this process they are carried out on its descriptors and undone afterwards;
// for one that is spawned they become file actions, so that the shell's own descriptors stay as they are.

import * as fs from '../../sys/fs';
import * as proc from '../../sys/proc';
import { strerror } from '../../sys/errno';
import {
  EBADF, EEXIST, O_APPEND, O_CLOEXEC, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, SIGCHLD, S_IFIFO,
} from '../../sys/linux';
import { RAPPEND, RBOTH, RDUP, RHERE, RIN, ROUT, RRDWR, Redir } from './ast';
import { number } from './buf';
import { expandString } from './expand';
import { files } from './input';
import { openError, warn } from './message';
import { FLOW_ERROR, FLOW_NONE, pipeEnds, sh } from './state';

/** Descriptors from here on are the shell's own. */
export const OWN_FD = 10;

class Saved {
  /** `copy` is -1 where nothing was open. */
  constructor(public fd: i32, public copy: i32) {}
}

const saved: Saved[] = [];
const st = new fs.Stat();

function openFlags(kind: i32): i32 {
  switch (kind) {
    case RIN: return O_RDONLY;
    case RRDWR: return O_RDWR | O_CREAT;
    case RAPPEND: return O_WRONLY | O_CREAT | O_APPEND;
  }
  return O_WRONLY | O_CREAT | O_TRUNC;
}

/** The flags to open `path` with; -1 if noclobber forbids it (after a message). */
function flagsFor(kind: i32, path: string): i32 {
  const flags = openFlags(kind);
  if (!sh.Cflag || kind != ROUT && kind != RBOTH) return flags;
  if (fs.stat(path, st) != 0) return flags | O_EXCL;
  if (!st.isReg) return flags & ~O_TRUNC;
  fail(path, -EEXIST, true);
  return -1;
}

function fail(path: string, error: i32, creating: bool): bool {
  warn((creating ? "can't create " : "can't open ") + path + ': ' + openError(error, creating));
  return false;
}

/** The error of a redirection that the kernel refused in a spawn. */
export function blame(r: Redir, path: string, error: i32): void {
  if (r.kind == RDUP) warn(path + ': ' + strerror(error));
  else fail(path, error, r.kind != RIN);
}

/** Where the frame of redirections to come begins. */
export function mark(): i32 {
  return saved.length;
}

/** Carry out a list of redirections; `keep`: for good (exec). False after a message. */
export function apply(list: Redir[] | null, keep: bool): bool {
  if (list == null) return true;
  const from = saved.length;
  for (let i = 0; i < list.length; i++) if (!one(list[i], keep, from)) return false;
  return true;
}

function one(r: Redir, keep: bool, from: i32): bool {
  if (r.kind == RHERE) {
    const fd = document(r);
    if (fd < 0) return false;
    place(fd, r.fd, keep, from);
    return true;
  }
  const path = expandString(r.word, false);
  if (sh.flow != FLOW_NONE) return false;
  if (r.kind == RDUP) {
    if (path == '-') {
      keepOld(r.fd, keep, from);
      fs.close(r.fd);
      return true;
    }
    const source = number(path);
    if (source < 0) {
      warn(path + ': bad fd number');
      return false;
    }
    if (isOwn(source)) return bad(source);
    // Asking for a copy tells whether it is open, before anything is changed.
    if (source == r.fd) {
      const probe = fs.dupAbove(source, OWN_FD);
      if (probe >= 0) fs.close(probe);
      return probe >= 0 || bad(source);
    }
    keepOld(r.fd, keep, from);
    return fs.dup2(source, r.fd) >= 0 || bad(source);
  }
  const flags = flagsFor(r.kind, path);
  if (flags < 0) return false;
  const fd = fs.open(path, flags | O_CLOEXEC, 0o666);
  if (fd < 0) return fail(path, fd, r.kind != RIN);
  place(fd, r.fd, keep, from);
  if (r.kind == RBOTH) {
    keepOld(2, keep, from);
    fs.dup2(1, 2);
  }
  return true;
}

/** A here-document to read; negative after a message. What is wrong in it fails the redirection, not the script. */
function document(r: Redir): i32 {
  const body = expandString(r.word);
  if (sh.flow == FLOW_ERROR && !sh.interactive) sh.flow = FLOW_NONE;
  else if (sh.flow == FLOW_NONE) {
    const fd = hereFd(body);
    if (fd < 0) fail('here-document', fd, true);
    return fd;
  }
  return -1;
}

function bad(fd: i32): bool {
  warn(fd.toString() + ': ' + strerror(EBADF));
  return false;
}

/** Is it a descriptor that the shell keeps for itself, and no script sees? */
function isOwn(fd: i32): bool {
  if (fd < OWN_FD) return false;
  for (let i = 0; i < files.length; i++) if (files[i].fd == fd) return true;
  for (let i = 0; i < saved.length; i++) if (saved[i].copy == fd) return true;
  return false;
}

/** A script takes `fd` for itself: what the shell has there moves away. */
function vacate(fd: i32): void {
  if (fd < OWN_FD) return;
  for (let i = 0; i < files.length; i++) if (files[i].fd == fd) files[i].fd = move(fd);
  for (let i = 0; i < saved.length; i++) if (saved[i].copy == fd) saved[i].copy = move(fd);
}

function move(fd: i32): i32 {
  const to = fs.dupAbove(fd, OWN_FD);
  fs.close(fd);
  return to;
}

/** Remember what `fd` is, once a frame. */
function keepOld(fd: i32, keep: bool, from: i32): void {
  vacate(fd);
  if (keep) return;
  for (let i = from; i < saved.length; i++) if (saved[i].fd == fd) return;
  saved.push(new Saved(fd, fs.dupAbove(fd, OWN_FD)));
}

/** Make a freshly opened descriptor descriptor `to`. */
function place(fd: i32, to: i32, keep: bool, from: i32): void {
  if (fd == to) {
    // It was closed before, and shall be again.
    if (!keep) saved.push(new Saved(to, -1));
    fs.setCloexec(fd, false);
    return;
  }
  keepOld(to, keep, from);
  fs.dup2(fd, to);
  fs.close(fd);
}

/** Where `fd` pointed before the redirections since `from`. */
export function oldFd(fd: i32, from: i32): i32 {
  for (let i = from; i < saved.length; i++) if (saved[i].fd == fd && saved[i].copy >= 0) return saved[i].copy;
  return fd;
}

/** Undo all redirections since `from`. */
export function restore(from: i32): void {
  while (saved.length > from) {
    const s = saved.pop();
    if (s.copy >= 0) {
      fs.dup2(s.copy, s.fd);
      fs.close(s.copy);
    } else fs.close(s.fd);
  }
}

/** In a subshell the saved descriptors are nobody's: they must not keep pipes open. */
export function dropSaved(): void {
  while (saved.length > 0) {
    const s = saved.pop();
    if (s.copy >= 0) fs.close(s.copy);
  }
}

const PIPE_SIZE = 65536;
let pending: string = '';
let pendingFd: i32 = -1;

/** A pipe that holds the text; a long one is written by a process of its own. */
function hereFd(body: string): i32 {
  const r = fs.pipe(pipeEnds, O_CLOEXEC);
  if (r < 0) return r;
  const read = pipeEnds[0];
  const write = pipeEnds[1];
  if (body.length <= PIPE_SIZE) fs.write(write, body);
  else {
    pending = body;
    pendingFd = write;
    const pid = proc.clone(writer, SIGCHLD);
    pending = '';
    if (pid < 0) {
      fs.close(read);
      fs.close(write);
      return pid;
    }
  }
  fs.close(write);
  return read;
}

function writer(arg: i32): i32 {
  fs.close(pipeEnds[0]);
  fs.write(pendingFd, pending);
  proc._exit(0);
  return 0;
}

/** The redirections of a spawn: file actions, and what to close afterwards. */
export class Plan {
  actions: proc.Actions = new proc.Actions();
  /** For each action the redirection and path to blame. */
  redirs: (Redir | null)[] = [];
  paths: string[] = [];
  private own: i32[] = [];

  dup2(from: i32, to: i32): void {
    this.actions.dup2(from, to);
    this.redirs.push(null);
    this.paths.push('');
  }

  /** False after a message. */
  add(list: Redir[] | null): bool {
    if (list == null) return true;
    for (let i = 0; i < list.length; i++) if (!this.one(list[i])) return false;
    return true;
  }

  private one(r: Redir): bool {
    if (r.kind == RHERE) {
      const fd = document(r);
      if (fd < 0) return false;
      this.own.push(fd);
      this.blame(r, '');
      this.actions.dup2(fd, r.fd);
      return true;
    }
    const path = expandString(r.word, false);
    if (sh.flow != FLOW_NONE) return false;
    this.blame(r, path);
    if (r.kind == RDUP) {
      if (path == '-') {
        this.actions.close(r.fd);
        return true;
      }
      const source = number(path);
      if (source < 0) {
        warn(path + ': bad fd number');
        return false;
      }
      if (isOwn(source)) return bad(source);
      this.actions.dup2(source, r.fd);
      return true;
    }
    const flags = flagsFor(r.kind, path);
    if (flags < 0) return false;
    this.actions.open(r.fd, path, flags, 0o666);
    if (r.kind == RBOTH) {
      this.blame(r, path);
      this.actions.dup2(1, 2);
    }
    return true;
  }

  private blame(r: Redir, path: string): void {
    this.redirs.push(r);
    this.paths.push(path);
  }

  close(): void {
    for (let i = 0; i < this.own.length; i++) fs.close(this.own[i]);
    this.own = [];
  }
}

/** May opening block (a FIFO), so that only a child may do it? */
export function mayBlock(list: Redir[] | null): bool {
  if (list == null) return false;
  for (let i = 0; i < list.length; i++) {
    const r = list[i];
    if (r.kind == RHERE || r.kind == RDUP) continue;
    const path = expandString(r.word);
    if (fs.stat(path, st) == 0 && st.type == S_IFIFO) return true;
  }
  return false;
}

/** Have all redirections words without side effects? */
export function pure(list: Redir[] | null): bool {
  if (list == null) return true;
  for (let i = 0; i < list.length; i++) if (!list[i].word.pure) return false;
  return true;
}
