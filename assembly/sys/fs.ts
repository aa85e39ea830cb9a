// Files, directories and descriptors. Every function answers what Linux answers: a value or a negative error; those
// that answer text give null and leave the error in errno.ts.

import * as linux from './linux';
import { copyOut, pack, scratch, text } from './bytes';
import { fail } from './errno';

export const AT_FDCWD: i32 = linux.AT_FDCWD;

export function open(path: string, flags: i32, mode: i32 = 0): i32 {
  return linux.openat(AT_FDCWD, pack(path), path.length, flags, mode);
}

export function openat(dirfd: i32, path: string, flags: i32, mode: i32 = 0): i32 {
  return linux.openat(dirfd, pack(path), path.length, flags, mode);
}

export function close(fd: i32): i32 {
  return linux.close(fd);
}

/** Read into memory; again after EINTR. */
export function readInto(fd: i32, at: usize, n: i32): i32 {
  let got: i32;
  do got = linux.read(fd, at, n);
  while (got == -linux.EINTR);
  return got;
}

/** Write all of the bytes [at, at+n): their number, or the error. */
export function writeAll(fd: i32, at: usize, n: i32): i32 {
  let done = 0;
  while (done < n) {
    const put = linux.write(fd, at + done, n - done);
    if (put == -linux.EINTR) continue;
    if (put < 0) return put;
    done += put;
  }
  return done;
}

/** Write text; its length, or the error. */
export function write(fd: i32, s: string): i32 {
  return writeAll(fd, pack(s), s.length);
}

/** At most `n` bytes as text, '' at the end; null on error (EINTR among them). */
export function read(fd: i32, n: i32): string | null {
  const at = heap.alloc(n);
  const got = linux.read(fd, at, n);
  const s = got < 0 ? fail(got) : text(at, got);
  heap.free(at);
  return s;
}

/** All that `fd` still holds. */
export function readAll(fd: i32): string | null {
  let size = 8192;
  let at = heap.alloc(size);
  let used = 0;
  for (;;) {
    if (used == size) {
      size *= 2;
      at = heap.realloc(at, size);
    }
    const got = readInto(fd, at + used, size - used);
    if (got < 0) {
      heap.free(at);
      return fail(got);
    }
    if (got == 0) break;
    used += got;
  }
  const s = text(at, used);
  heap.free(at);
  return s;
}

/** A whole file. */
export function readFile(path: string): string | null {
  const fd = open(path, linux.O_RDONLY | linux.O_CLOEXEC);
  if (fd < 0) return fail(fd);
  const s = readAll(fd);
  close(fd);
  return s;
}

/** Write a file anew (or append); 0 or the error. */
export function writeFile(path: string, s: string, flags: i32 = linux.O_CREAT | linux.O_TRUNC, mode: i32 = 0o666): i32 {
  const fd = open(path, linux.O_WRONLY | linux.O_CLOEXEC | flags, mode);
  if (fd < 0) return fd;
  const put = write(fd, s);
  const closed = close(fd);
  return put < 0 ? put : closed;
}

/** What stat(2) tells of an inode. */
export class Stat {
  dev: u64 = 0;
  ino: u64 = 0;
  mode: u32 = 0;
  nlink: u32 = 0;
  uid: u32 = 0;
  gid: u32 = 0;
  rdev: u64 = 0;
  size: i64 = 0;
  blksize: i32 = 0;
  blocks: i64 = 0;
  atime: i64 = 0;
  atimeNs: i64 = 0;
  mtime: i64 = 0;
  mtimeNs: i64 = 0;
  ctime: i64 = 0;
  ctimeNs: i64 = 0;

  /** The bits of the file type. */
  get type(): i32 {
    return this.mode & linux.S_IFMT;
  }

  get isDir(): bool {
    return this.type == linux.S_IFDIR;
  }

  get isReg(): bool {
    return this.type == linux.S_IFREG;
  }

  get isLink(): bool {
    return this.type == linux.S_IFLNK;
  }

  get isDevice(): bool {
    return this.type == linux.S_IFCHR || this.type == linux.S_IFBLK;
  }

  fill(at: usize): void {
    this.dev = load<u64>(at, linux.stat_st_dev);
    this.ino = load<u64>(at, linux.stat_st_ino);
    this.mode = load<u32>(at, linux.stat_st_mode);
    this.nlink = load<u32>(at, linux.stat_st_nlink);
    this.uid = load<u32>(at, linux.stat_st_uid);
    this.gid = load<u32>(at, linux.stat_st_gid);
    this.rdev = load<u64>(at, linux.stat_st_rdev);
    this.size = load<i64>(at, linux.stat_st_size);
    this.blksize = load<i32>(at, linux.stat_st_blksize);
    this.blocks = load<i64>(at, linux.stat_st_blocks);
    this.atime = load<i64>(at, linux.stat_st_atime);
    this.atimeNs = load<i64>(at, linux.stat_st_atime_nsec);
    this.mtime = load<i64>(at, linux.stat_st_mtime);
    this.mtimeNs = load<i64>(at, linux.stat_st_mtime_nsec);
    this.ctime = load<i64>(at, linux.stat_st_ctime);
    this.ctimeNs = load<i64>(at, linux.stat_st_ctime_nsec);
  }
}

export function fstatat(dirfd: i32, path: string, st: Stat, flags: i32): i32 {
  const r = linux.newfstatat(dirfd, pack(path), path.length, scratch, flags);
  if (r == 0) st.fill(scratch);
  return r;
}

export function stat(path: string, st: Stat): i32 {
  return fstatat(AT_FDCWD, path, st, 0);
}

export function lstat(path: string, st: Stat): i32 {
  return fstatat(AT_FDCWD, path, st, linux.AT_SYMLINK_NOFOLLOW);
}

export function fstat(fd: i32, st: Stat): i32 {
  const r = linux.fstat(fd, scratch);
  if (r == 0) st.fill(scratch);
  return r;
}

export function exists(path: string): bool {
  return linux.newfstatat(AT_FDCWD, pack(path), path.length, scratch, 0) == 0;
}

export function isDir(path: string): bool {
  return linux.newfstatat(AT_FDCWD, pack(path), path.length, scratch, 0) == 0
    && (load<u32>(scratch, linux.stat_st_mode) & linux.S_IFMT) == linux.S_IFDIR;
}

/** access(2) with the effective ids, as test -r, -w and -x want it. */
export function access(path: string, mode: i32): i32 {
  return linux.faccessat2(AT_FDCWD, pack(path), path.length, mode, linux.AT_EACCESS);
}

export class Statfs {
  type: i64 = 0;
  bsize: i64 = 0;
  blocks: u64 = 0;
  bfree: u64 = 0;
  bavail: u64 = 0;
  files: u64 = 0;
  ffree: u64 = 0;
  fsid0: i32 = 0;
  fsid1: i32 = 0;
  namelen: i64 = 0;
  frsize: i64 = 0;
}

export function statfs(path: string, fs: Statfs): i32 {
  const r = linux.statfs(pack(path), path.length, scratch);
  if (r != 0) return r;
  fs.type = load<i64>(scratch, linux.statfs_f_type);
  fs.bsize = load<i64>(scratch, linux.statfs_f_bsize);
  fs.blocks = load<u64>(scratch, linux.statfs_f_blocks);
  fs.bfree = load<u64>(scratch, linux.statfs_f_bfree);
  fs.bavail = load<u64>(scratch, linux.statfs_f_bavail);
  fs.files = load<u64>(scratch, linux.statfs_f_files);
  fs.ffree = load<u64>(scratch, linux.statfs_f_ffree);
  fs.fsid0 = load<i32>(scratch, linux.statfs_f_fsid);
  fs.fsid1 = load<i32>(scratch, linux.statfs_f_fsid + 4);
  fs.namelen = load<i64>(scratch, linux.statfs_f_namelen);
  fs.frsize = load<i64>(scratch, linux.statfs_f_frsize);
  return 0;
}

/** A name of a directory; `type` is DT_* (the file type of st_mode shifted down by 12; 0 unknown). */
export class Entry {
  constructor(
    public name: string,
    public type: i32,
    public ino: u64,
  ) {}
}

/** Add the entries of a directory, `.` and `..` too, to `list` in the directory's order; 0 or the error. */
export function readdir(path: string, list: Entry[]): i32 {
  const fd = open(path, linux.O_RDONLY | linux.O_DIRECTORY | linux.O_CLOEXEC);
  if (fd < 0) return fd;
  const r = fdreaddir(fd, list);
  close(fd);
  return r;
}

export function fdreaddir(fd: i32, list: Entry[]): i32 {
  const size = 16384;
  const at = heap.alloc(size);
  let r: i32;
  while ((r = linux.getdents64(fd, at, size)) > 0) {
    let p = at;
    const end = at + r;
    while (p < end) {
      const name = p + 19;
      let n = 0;
      while (load<u8>(name + n) != 0) n++;
      list.push(new Entry(text(name, n), load<u8>(p, linux.dirent64_d_type), load<u64>(p)));
      p += load<u16>(p, linux.dirent64_d_reclen);
    }
  }
  heap.free(at);
  return r;
}

/** The names of a directory without `.` and `..`, sorted by byte; null on error. */
export function names(path: string): string[] | null {
  const list: Entry[] = [];
  const r = readdir(path, list);
  if (r < 0) {
    fail(r);
    return null;
  }
  const found: string[] = [];
  for (let i = 0; i < list.length; i++) {
    const name = list[i].name;
    if (name != '.' && name != '..') found.push(name);
  }
  found.sort();
  return found;
}

export function readlink(path: string): string | null {
  const at = heap.alloc(4096);
  const got = linux.readlinkat(AT_FDCWD, pack(path), path.length, at, 4096);
  const s = got < 0 ? fail(got) : text(at, got);
  heap.free(at);
  return s;
}

export function mkdir(path: string, mode: i32 = 0o777): i32 {
  return linux.mkdirat(AT_FDCWD, pack(path), path.length, mode);
}

export function mknod(path: string, mode: i32, dev: i32): i32 {
  return linux.mknodat(AT_FDCWD, pack(path), path.length, mode, dev);
}

export function unlink(path: string): i32 {
  return linux.unlinkat(AT_FDCWD, pack(path), path.length, 0);
}

export function rmdir(path: string): i32 {
  return linux.unlinkat(AT_FDCWD, pack(path), path.length, linux.AT_REMOVEDIR);
}

export function rename(from: string, to: string): i32 {
  return linux.renameat2(AT_FDCWD, pack(from), from.length, AT_FDCWD, pack(to, 1), to.length, 0);
}

/** link(2): a symlink at `from` is itself linked unless `follow`. */
export function link(from: string, to: string, follow: bool = false): i32 {
  const flags = follow ? linux.AT_SYMLINK_FOLLOW : 0;
  return linux.linkat(AT_FDCWD, pack(from), from.length, AT_FDCWD, pack(to, 1), to.length, flags);
}

export function symlink(target: string, path: string): i32 {
  return linux.symlinkat(pack(target), target.length, AT_FDCWD, pack(path, 1), path.length);
}

export function chmod(path: string, mode: i32): i32 {
  return linux.fchmodat2(AT_FDCWD, pack(path), path.length, mode, 0);
}

export function fchmod(fd: i32, mode: i32): i32 {
  return linux.fchmod(fd, mode);
}

export function chown(path: string, uid: i32, gid: i32, nofollow: bool = false): i32 {
  return linux.fchownat(AT_FDCWD, pack(path), path.length, uid, gid, nofollow ? linux.AT_SYMLINK_NOFOLLOW : 0);
}

/** utimensat(2); nanoseconds may be UTIME_NOW or UTIME_OMIT. */
export function utimes(path: string, atime: i64, atimeNs: i64, mtime: i64, mtimeNs: i64, nofollow: bool = false): i32 {
  store<i64>(scratch, atime);
  store<i64>(scratch, atimeNs, 8);
  store<i64>(scratch, mtime, 16);
  store<i64>(scratch, mtimeNs, 24);
  return linux.utimensat(AT_FDCWD, pack(path), path.length, scratch, 2, nofollow ? linux.AT_SYMLINK_NOFOLLOW : 0);
}

export function truncate(path: string, size: i64): i32 {
  return linux.truncate(pack(path), path.length, size);
}

export function lseek(fd: i32, offset: i64, whence: i32): i64 {
  return linux.lseek(fd, offset, whence);
}

/** Both ends in `ends[0]` and `ends[1]`. */
export function pipe(ends: StaticArray<i32>, flags: i32 = 0): i32 {
  const r = linux.pipe2(scratch, flags);
  if (r == 0) {
    ends[0] = load<i32>(scratch);
    ends[1] = load<i32>(scratch, 4);
  }
  return r;
}

export function dup(fd: i32): i32 {
  return linux.dup(fd);
}

/** dup2(2): the same number twice is allowed and keeps close-on-exec. */
export function dup2(from: i32, to: i32): i32 {
  return linux.dup2(from, to);
}

/** The lowest free descriptor from `atLeast` up, close-on-exec. */
export function dupAbove(fd: i32, atLeast: i32): i32 {
  return linux.fcntl(fd, linux.F_DUPFD_CLOEXEC, atLeast);
}

export function setCloexec(fd: i32, on: bool): i32 {
  return linux.fcntl(fd, linux.F_SETFD, on ? <usize>linux.FD_CLOEXEC : <usize>0);
}

export function fcntl(fd: i32, cmd: i32, arg: usize): i32 {
  return linux.fcntl(fd, cmd, arg);
}

/** Wait until `fd` has an event; the events, 0 at the time-out (milliseconds, -1 none), or the error. */
export function poll(fd: i32, events: i32, timeoutMs: i32): i32 {
  return pollWith(fd, events, timeoutMs, 0);
}

/** The same with another signal mask meanwhile: a signal that came before the wait ends it, too. */
export function pollUnmasked(fd: i32, events: i32, timeoutMs: i32, mask: u64): i32 {
  store<u64>(scratch, mask, 24);
  return pollWith(fd, events, timeoutMs, scratch + 24);
}

function pollWith(fd: i32, events: i32, timeoutMs: i32, mask: usize): i32 {
  const at = scratch;
  store<i32>(at, fd);
  store<i16>(at, <i16>events, 4);
  store<i16>(at, 0, 6);
  store<i64>(at, timeoutMs / 1000, 8);
  store<i64>(at, <i64>(timeoutMs % 1000) * 1000000, 16);
  const r = linux.ppoll(at, 1, timeoutMs < 0 ? 0 : at + 8, mask);
  return r > 0 ? <i32>load<u16>(at, 6) : r;
}

export function chdir(path: string): i32 {
  return linux.chdir(pack(path), path.length);
}

export function fchdir(fd: i32): i32 {
  return linux.fchdir(fd);
}

export function chroot(path: string): i32 {
  return linux.chroot(pack(path), path.length);
}

/** The working directory by the kernel's account. */
export function getcwd(): string | null {
  const at = heap.alloc(4096);
  const got = linux.getcwd(at, 4096);
  // The answer counts the NUL.
  const s = got < 0 ? fail(got) : text(at, got - 1);
  heap.free(at);
  return s;
}

export function umask(mask: i32): i32 {
  return linux.umask(mask);
}

/** Copy text to memory of its own with a NUL; the caller frees it. */
export function cstring(s: string): usize {
  const at = heap.alloc(s.length + 1);
  copyOut(s, at);
  store<u8>(at + s.length, 0);
  return at;
}
