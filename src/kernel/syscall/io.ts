// read(2), write(2) and their kin: checks that are the same for every file, then the file's own operation.

import { dropPrivileges, wantWrite } from '../fs/attr.ts';
import type { OpenFile } from '../fs/file.ts';
import { walkPath } from '../fs/path.ts';
import { MAY_WRITE, requireAccess } from '../fs/permission.ts';
import { sendKernel } from '../signal/send.ts';
import type { Task } from '../proc/task.ts';
import type { Block } from '../sched/block.ts';
import { SysError } from '../uapi/errno.ts';
import { AT, FALLOC_FL, S } from '../uapi/fcntl.ts';
import { RLIMIT } from '../uapi/sched.ts';
import { SIG } from '../uapi/signal.ts';
import { type Buf, scratch } from './buf.ts';
import { full, partial, type Rows } from './table.ts';

/** What one sendfile moves at most; a short count is legal. */
const SENDFILE_BYTES = 65536;

function readable(task: Task, fd: number): OpenFile {
  const file = task.files.file(fd);
  if (!file.readable) throw new SysError('EBADF');
  return file;
}

function writable(task: Task, fd: number): OpenFile {
  const file = task.files.file(fd);
  if (!file.writable) throw new SysError('EBADF');
  return file;
}

const read = (task: Task, fd: number, buf: Buf): number | Block => readable(task, fd).read(task, buf);
const write = (task: Task, fd: number, buf: Buf): number | Block => writable(task, fd).write(task, buf);

function pread(task: Task, fd: number, buf: Buf, offset: number): number | Block {
  if (offset < 0) throw new SysError('EINVAL');
  return readable(task, fd).pread(task, buf, offset);
}

function pwrite(task: Task, fd: number, buf: Buf, offset: number): number | Block {
  if (offset < 0) throw new SysError('EINVAL');
  return writable(task, fd).pwrite(task, buf, offset);
}

function sendfile(task: Task, outFd: number, inFd: number, count: number): number | Block {
  const from = readable(task, inFd);
  const to = writable(task, outFd);
  const piece = scratch(Math.min(count, SENDFILE_BYTES));
  const n = from.pread(task, piece, from.pos);
  if (typeof n !== 'number' || n === 0) return n;
  const sent = to.write(task, n === piece.length ? piece : { length: n, read: (at, k) => piece.read(at, k), write: () => {} });
  if (typeof sent === 'number') from.pos += sent;
  return sent;
}

function lseek(task: Task, fd: number, offset: number, whence: number): number {
  return task.files.file(fd).seek(task, offset, whence);
}

function truncate(task: Task, path: string, length: number): number {
  if (length < 0) throw new SysError('EINVAL');
  const at = walkPath(task, AT.FDCWD, path);
  const { inode } = at;
  if (inode.isDir) throw new SysError('EISDIR');
  if (!inode.isRegular) throw new SysError('EINVAL');
  wantWrite(at.mount);
  requireAccess(task, inode, MAY_WRITE);
  if (inode.runners > 0) throw new SysError('ETXTBSY');
  limit(task, length);
  dropPrivileges(task, inode);
  inode.truncate(task, length);
  return 0;
}

function ftruncate(task: Task, fd: number, length: number): number {
  if (length < 0) throw new SysError('EINVAL');
  const file = task.files.file(fd);
  if (!file.inode.isRegular || !file.writable) throw new SysError('EINVAL');
  limit(task, length);
  dropPrivileges(task, file.inode);
  file.truncate(task, length);
  return 0;
}

function limit(task: Task, length: number): void {
  if (length <= task.rlimits[RLIMIT.FSIZE]!.cur) return;
  sendKernel(task, SIG.XFSZ);
  throw new SysError('EFBIG');
}

function fallocate(task: Task, fd: number, mode: number, offset: number, length: number): number {
  const file = task.files.file(fd);
  if (offset < 0 || length <= 0) throw new SysError('EINVAL');
  const punch = (mode & FALLOC_FL.PUNCH_HOLE) !== 0;
  const keep = (mode & FALLOC_FL.KEEP_SIZE) !== 0;
  if ((mode & ~(FALLOC_FL.PUNCH_HOLE | FALLOC_FL.KEEP_SIZE)) !== 0 || (punch && !keep)) throw new SysError('EOPNOTSUPP');
  if (!file.writable) throw new SysError('EBADF');
  switch (file.inode.mode & S.IFMT) {
    case S.IFIFO: throw new SysError('ESPIPE');
    case S.IFDIR: throw new SysError('EISDIR');
    case S.IFREG: break;
    default: throw new SysError('ENODEV');
  }
  if (!keep) limit(task, offset + length);
  if (punch) file.inode.punch(task, offset, length);
  else file.inode.allocate(task, offset, length, keep);
  return 0;
}

function fsync(task: Task, fd: number): number {
  const { inode } = task.files.file(fd);
  if (!inode.isRegular && !inode.isDir) throw new SysError('EINVAL');
  return 0;
}

const sync = (): number => 0;

export const rows = {
  read: full(read),
  write: full(write),
  readv: full(read),
  writev: full(write),
  pread64: full(pread),
  pwrite64: full(pwrite),
  preadv: full(pread),
  pwritev: full(pwrite),
  sendfile: partial(sendfile, `at most ${SENDFILE_BYTES} bytes a call, from the position of in_fd`),
  lseek: partial(lseek, 'SEEK_DATA and SEEK_HOLE see no holes'),
  truncate: full(truncate),
  ftruncate: full(ftruncate),
  fallocate: partial(fallocate, 'FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE only'),
  fsync: full(fsync),
  fdatasync: full(fsync),
  sync: full(sync),
} satisfies Rows;
