// Advisory locks: flock(2) belongs to the open file description, fcntl(2) record locks to the process; the latter fall
// when any descriptor of the file is closed, as POSIX wants it.

import type { Task } from '../proc/task.ts';
import { block, type Block, WaitQueue } from '../sched/block.ts';
import type { Ptr } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { F, LOCK } from '../uapi/fcntl.ts';
import { decode, encode, structs } from '../uapi/struct.ts';
import type { OpenFile } from './file.ts';
import type { Inode } from './inode.ts';

const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** Record locks of one inode. */
const RECORDS_MAX = 16384;

interface Record {
  readonly owner: Task;
  readonly exclusive: boolean;
  /** Bytes [start, end); end is Infinity for "to the end of the file, wherever that is". */
  readonly start: number;
  readonly end: number;
}

/** What is locked on an inode. */
class Locks {
  readonly flocks = new Map<OpenFile, 'shared' | 'exclusive'>();
  records: Record[] = [];
  readonly released = new WaitQueue();
}

const locksOf = (inode: Inode): Locks => (inode.locks ??= new Locks()) as Locks;

export function flock(_task: Task, file: OpenFile, operation: number): number | Block {
  const wanted = operation & ~LOCK.NB;
  if (wanted !== LOCK.SH && wanted !== LOCK.EX && wanted !== LOCK.UN) throw new SysError('EINVAL');
  const locks = locksOf(file.inode);
  if (wanted === LOCK.UN) {
    unflock(locks, file);
    return 0;
  }
  for (const [other, kind] of locks.flocks) {
    if (other === file || (wanted === LOCK.SH && kind === 'shared')) continue;
    // A change of kind is not atomic: the old lock is gone while it waits (flock(2)).
    unflock(locks, file);
    if ((operation & LOCK.NB) !== 0) throw new SysError('EAGAIN');
    return block(locks.released);
  }
  locks.flocks.set(file, wanted === LOCK.SH ? 'shared' : 'exclusive');
  return 0;
}

function unflock(locks: Locks, file: OpenFile): void {
  if (locks.flocks.delete(file)) locks.released.wake();
}

export function recordLock(task: Task, file: OpenFile, cmd: number, arg: Ptr): number | Block {
  const buf = arg.buf(structs.flock.size);
  const { l_type, l_whence, l_start, l_len } = decode('flock', buf.read(0, structs.flock.size));
  const base = l_whence === 0 ? 0 : l_whence === 1 ? file.pos : l_whence === 2 ? file.inode.size : NaN;
  let start = base + l_start!;
  let end = l_len === 0 ? Infinity : start + l_len!;
  if (l_len! < 0) [start, end] = [end, start];
  if (!(start >= 0) || l_type! < F_RDLCK || l_type! > F_UNLCK) throw new SysError('EINVAL');
  const locks = locksOf(file.inode);
  const exclusive = l_type === F_WRLCK;
  const conflict = l_type === F_UNLCK ? undefined : locks.records.find((r) =>
    r.owner !== task && r.start < end && start < r.end && (r.exclusive || exclusive));
  if (cmd === F.GETLK) {
    if (l_type === F_UNLCK) throw new SysError('EINVAL');
    const found = conflict === undefined ? { l_type: F_UNLCK, l_whence: l_whence!, l_start: l_start!, l_len: l_len!, l_pid: 0 } : {
      l_type: conflict.exclusive ? F_WRLCK : F_RDLCK, l_whence: 0, l_start: conflict.start,
      l_len: conflict.end === Infinity ? 0 : conflict.end - conflict.start,
      l_pid: conflict.owner.pid.in(task.nsproxy.pid),
    };
    buf.write(0, encode('flock', found));
    return 0;
  }
  if ((l_type === F_RDLCK && !file.readable) || (exclusive && !file.writable)) throw new SysError('EBADF');
  if (conflict !== undefined) {
    if (cmd === F.SETLK) throw new SysError('EAGAIN');
    return block(locks.released);
  }
  if (locks.records.length >= RECORDS_MAX && l_type !== F_UNLCK) throw new SysError('ENOLCK');
  locks.records = without(locks.records, task, start, end);
  if (l_type !== F_UNLCK) locks.records.push({ owner: task, exclusive, start, end });
  locks.released.wake();
  return 0;
}

/** The records with `task`'s locks on [start, end) cut out. */
function without(records: readonly Record[], task: Task, start: number, end: number): Record[] {
  return records.flatMap((r) => {
    if (r.owner !== task || r.end <= start || end <= r.start) return [r];
    const left = r.start < start ? [{ ...r, end: start }] : [];
    const right = end < r.end ? [{ ...r, start: end }] : [];
    return [...left, ...right];
  });
}

/** A descriptor of `file` closes: the task's record locks fall, and its flock with the last reference. */
export function releaseLocks(task: Task, file: OpenFile): void {
  const locks = file.inode.locks as Locks;
  const before = locks.records.length;
  locks.records = without(locks.records, task, 0, Infinity);
  if (file.refs <= 1) unflock(locks, file);
  if (locks.records.length !== before) locks.released.wake();
  if (locks.records.length === 0 && locks.flocks.size === 0 && locks.released.empty) file.inode.locks = undefined;
}
