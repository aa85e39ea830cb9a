// Copying and removing whole trees, for cp, mv, rm and install.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import { errno, strerror } from '../sys/errno';
import { isatty } from '../sys/tty';
import { ask } from './ask';
import * as out from './out';
import { basename, join } from './path';

/** What cp's options ask for. */
export class CopyOptions {
  recursive: bool = false;
  /** Symbolic links: copy them as links (-d, -P), follow all (-L), or only those on the command line (-H). */
  keepLinks: bool = false;
  followFirst: bool = false;
  preserve: bool = false;
  force: bool = false;
  interactive: bool = false;
  noClobber: bool = false;
  update: bool = false;
  hardLink: bool = false;
  symLink: bool = false;
  verbose: bool = false;
  /** Files that were one by hard links are so in the copy. */
  sameLinks: bool = false;
}

/** Inodes copied in this run with more than one link: `dev:ino` to the copy, so that links stay links under -a. */
const copied: Map<string, string> = new Map<string, string>();
/** The directories made by this copy, so that it never walks into itself. */
const made: Map<string, bool> = new Map<string, bool>();

function id(st: fs.Stat): string {
  return st.dev.toString() + ':' + st.ino.toString();
}

/** Copy one file or tree to the name `to`; 0 or 1, messages said. */
export function copyTree(from: string, to: string, o: CopyOptions, top: bool = true): i32 {
  if (o.symLink) {
    if (o.force) fs.unlink(to);
    const linked = fs.symlink(from, to);
    return linked < 0 ? out.perror("can't create link '" + to + "'", linked) : 0;
  }
  const st = new fs.Stat();
  const follow = !o.keepLinks || (top && o.followFirst);
  const r = follow ? fs.stat(from, st) : fs.lstat(from, st);
  if (r < 0) return out.perror("can't stat '" + from + "'", r);
  const old = new fs.Stat();
  let exists = fs.lstat(to, old) == 0;
  if (exists && !(old.isLink && st.isLink)) {
    const target = new fs.Stat();
    if (fs.stat(to, target) == 0 && target.dev == st.dev && target.ino == st.ino && !(old.isLink && !follow)) {
      return out.complain("'" + from + "' and '" + to + "' are the same file");
    }
  }
  if (st.isDir) return copyDir(from, to, st, o, exists);
  if (exists) {
    if (o.noClobber) return 0;
    if (o.update && old.mtime >= st.mtime) return 0;
    if (o.interactive && !ask(out.applet + ": overwrite '" + to + "'? ")) return 0;
  }
  if (o.verbose) out.line("'" + from + "' -> '" + to + "'");
  if (o.hardLink) {
    if (exists && o.force) fs.unlink(to);
    const linked = fs.link(from, to);
    return linked < 0 ? out.perror("can't create link '" + to + "'", linked) : 0;
  }
  if (o.sameLinks && st.nlink > 1) {
    const key = id(st);
    if (copied.has(key)) {
      if (exists) fs.unlink(to);
      const linked = fs.link(copied.get(key), to);
      return linked < 0 ? out.perror("can't create link '" + to + "'", linked) : 0;
    }
    copied.set(key, to);
  }
  if (st.isReg || (follow && !o.recursive && !st.isLink)) {
    const status = copyFile(from, to, st, o, exists);
    return status;
  }
  if (exists) {
    const gone = fs.unlink(to);
    if (gone < 0) return out.perror("can't remove '" + to + "'", gone);
    exists = false;
  }
  if (st.isLink) {
    const target = fs.readlink(from);
    if (target === null) return out.perror(from, errno);
    const linked = fs.symlink(target, to);
    if (linked < 0) return out.perror("can't create symlink '" + to + "'", linked);
    if (o.preserve) fs.chown(to, st.uid, st.gid, true);
    return 0;
  }
  const node = fs.mknod(to, st.mode, <i32>st.rdev);
  if (node < 0) return out.perror("can't create '" + to + "'", node);
  if (o.preserve) keep(to, st);
  return 0;
}

function copyFile(from: string, to: string, st: fs.Stat, o: CopyOptions, exists: bool): i32 {
  const src = fs.open(from, linux.O_RDONLY | linux.O_CLOEXEC);
  if (src < 0) return out.cantOpen(from, src);
  const mode = <i32>st.mode & 0o777;
  let dst = fs.open(to, linux.O_WRONLY | linux.O_CLOEXEC | (exists ? linux.O_TRUNC : linux.O_CREAT | linux.O_EXCL), mode);
  if (dst < 0 && exists && (o.force || dst == -linux.ENOENT)) {
    fs.unlink(to);
    dst = fs.open(to, linux.O_WRONLY | linux.O_CLOEXEC | linux.O_CREAT | linux.O_EXCL, mode);
  }
  if (dst < 0) {
    fs.close(src);
    return out.perror("can't create '" + to + "'", dst);
  }
  const r = out.copy(src, dst);
  fs.close(src);
  const closed = fs.close(dst);
  if (r < 0) return out.complain((out.writing ? 'write' : 'read') + ' error: ' + strerror(r));
  if (closed < 0) return out.perror("error writing to '" + to + "'", closed);
  if (o.preserve) keep(to, st);
  return 0;
}

// Times, owner, mode: what -p keeps.
function keep(to: string, st: fs.Stat): void {
  fs.utimes(to, st.atime, st.atimeNs, st.mtime, st.mtimeNs);
  let mode = <i32>st.mode & 0o7777;
  const r = fs.chown(to, st.uid, st.gid);
  if (r < 0) {
    mode &= ~(linux.S_ISUID | linux.S_ISGID);
    out.perror("can't preserve ownership of '" + to + "'", r);
  }
  const m = fs.chmod(to, mode);
  if (m < 0) out.perror("can't preserve permissions of '" + to + "'", m);
}

function copyDir(from: string, to: string, st: fs.Stat, o: CopyOptions, exists: bool): i32 {
  if (!o.recursive) return out.complain("omitting directory '" + from + "'");
  if (made.has(id(st))) return out.complain("recursion detected, omitting directory '" + from + "'");
  let fresh = false;
  if (exists) {
    if (!fs.isDir(to)) return out.complain("target '" + to + "' is not a directory");
  } else {
    const r = fs.mkdir(to, (<i32>st.mode & 0o777) | 0o700);
    if (r < 0) return out.perror("can't create directory '" + to + "'", r);
    fresh = true;
    const mine = new fs.Stat();
    if (fs.lstat(to, mine) == 0) made.set(id(mine), true);
  }
  const list: fs.Entry[] = [];
  const r = fs.readdir(from, list);
  if (r < 0) return out.cantOpen(from, r);
  let status = 0;
  for (let i = 0; i < list.length; i++) {
    const name = list[i].name;
    if (name == '.' || name == '..') continue;
    status |= copyTree(join(from, name), join(to, name), o, false);
  }
  if (fresh && !o.preserve) {
    const mask = fs.umask(0);
    fs.umask(mask);
    fs.chmod(to, <i32>st.mode & 0o777 & ~mask);
  }
  if (o.preserve) keep(to, st);
  return status;
}

/** What rm's options ask for. */
export class RemoveOptions {
  recursive: bool = false;
  force: bool = false;
  interactive: bool = false;
}

export function removeTree(path: string, o: RemoveOptions): i32 {
  const st = new fs.Stat();
  const r = fs.lstat(path, st);
  if (r < 0) {
    if (r == -linux.ENOENT && o.force) return 0;
    return out.perror((r == -linux.ENOENT ? "can't remove '" : "can't stat '") + path + "'", r);
  }
  const guarded = !o.force && !st.isLink && fs.access(path, linux.W_OK) < 0 && isatty(0);
  if (st.isDir) {
    if (!o.recursive) return out.complain("'" + path + "' is a directory");
    if ((guarded || o.interactive) && !ask(out.applet + ": descend into directory '" + path + "'? ")) return 0;
    const list: fs.Entry[] = [];
    const got = fs.readdir(path, list);
    if (got < 0) return out.cantOpen(path, got);
    let status = 0;
    for (let i = 0; i < list.length; i++) {
      const name = list[i].name;
      if (name != '.' && name != '..') status |= removeTree(join(path, name), o);
    }
    if (o.interactive && !ask(out.applet + ": remove directory '" + path + "'? ")) return status;
    const gone = fs.rmdir(path);
    return gone < 0 ? out.perror("can't remove '" + path + "'", gone) : status;
  }
  if ((guarded || o.interactive) && !ask(out.applet + ": remove '" + path + "'? ")) return 0;
  const gone = fs.unlink(path);
  return gone < 0 ? out.perror("can't remove '" + path + "'", gone) : 0;
}

/** The name that `from` gets inside the directory `dir`. */
export function inside(dir: string, from: string): string {
  return join(dir, basename(from));
}
