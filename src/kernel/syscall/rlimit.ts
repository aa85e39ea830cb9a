// prlimit64(2): getrlimit and setrlimit of any process.

import { capable } from '../cred/cred.ts';
import { NOFILE_HARD } from '../limits.ts';
import type { Task } from '../proc/task.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { RLIM_NLIMITS, RLIMIT } from '../uapi/sched.ts';
import { decode, encode } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { taskOf } from './process.ts';
import { partial, type Rows } from './table.ts';

function prlimit64(
  task: Task, pid: number, resource: number, newLimit: Buf | undefined, oldLimit: Buf | undefined,
): number {
  const target = taskOf(task, pid);
  if (target !== task) requireSameIds(task, target);
  if (resource < 0 || resource >= RLIM_NLIMITS) throw new SysError('EINVAL', 'prlimit64');
  const old = target.rlimits[resource]!;
  if (newLimit !== undefined) {
    const { rlim_cur: cur, rlim_max: max } = decode('rlimit64', newLimit.read(0, 16)) as { rlim_cur: number; rlim_max: number };
    if (cur > max) throw new SysError('EINVAL', 'prlimit64');
    if (resource === RLIMIT.NOFILE && max > NOFILE_HARD) throw new SysError('EPERM', 'prlimit64');
    if (max > old.max && !capable(task, CAP.SYS_RESOURCE)) throw new SysError('EPERM', 'prlimit64');
    target.rlimits[resource] = { cur, max };
  }
  oldLimit?.write(0, encode('rlimit64', { rlim_cur: old.cur, rlim_max: old.max }));
  return 0;
}

function requireSameIds(task: Task, target: Task): void {
  const { uid, gid } = task.cred;
  const t = target.cred;
  const same = uid === t.euid && uid === t.suid && uid === t.uid && gid === t.egid && gid === t.sgid && gid === t.gid;
  if (!same && !capable(task, CAP.SYS_RESOURCE, target.nsproxy.user)) throw new SysError('EPERM', 'prlimit64');
}

export const rows = {
  prlimit64: partial(prlimit64, 'NOFILE, NPROC, SIGPENDING, FSIZE and NICE limit; the others are kept and shown'),
} satisfies Rows;
