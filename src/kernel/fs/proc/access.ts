// Who may look into a process (ptrace(2), "Ptrace access mode checking", PTRACE_MODE_READ_FSCREDS).

import { capable } from '../../cred/cred.ts';
import type { Task } from '../../proc/task.ts';
import { CAP, subsetCaps } from '../../uapi/capability.ts';
import { SysError } from '../../uapi/errno.ts';

/** Whether `reader` may see what belongs to `target` alone: its files, memory and environment. */
export function mayAccess(reader: Task, target: Task): boolean {
  if (reader === target) return true;
  const { fsuid, fsgid } = reader.cred;
  const { uid, euid, suid, gid, egid, sgid } = target.cred;
  const user = target.nsproxy.user;
  const same = fsuid === uid && fsuid === euid && fsuid === suid && fsgid === gid && fsgid === egid && fsgid === sgid;
  const powerful = capable(reader, CAP.SYS_PTRACE, user);
  if (!same && !powerful) return false;
  if (target.dumpable !== 1 && !powerful) return false;
  const contained = reader.nsproxy.user === user && subsetCaps(target.cred.permitted, reader.cred.effective);
  return contained || powerful;
}

export function requireRead(reader: Task, target: Task): void {
  if (!mayAccess(reader, target)) throw new SysError('EACCES');
}
