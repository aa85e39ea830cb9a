// siginfo_t for handlers with SA_SIGINFO: the hardware puts it below the guest's stack pointer.

import type {Task} from '../kernel/proc/task.ts';
import {encode, structs} from '../kernel/uapi/struct.ts';

export const SIGINFO_BYTES = structs.siginfo.size;

/** The siginfo of the signal that is being handled. */
export function siginfoBytes(task: Task): Uint8Array {
  const {handling} = task;
  if (handling === undefined) return new Uint8Array(SIGINFO_BYTES);
  const {signo, code, pid, uid, status} = handling;
  return encode('siginfo', {si_signo: signo, si_code: code, si_pid: pid, si_uid: uid, si_status: status});
}
