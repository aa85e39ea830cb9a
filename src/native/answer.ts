// What a supervisor's events mean: how a process ended, which step failed, why there is no supervisor any more.

import { TwinboxError } from '../errno.ts';
import { errnoName, SysError, type ErrnoName } from '../kernel/uapi/errno.ts';
import { signalName } from '../kernel/uapi/signal.ts';
import type { Exit } from '../wire.ts';
import type { EncodedPlan } from './encode.ts';
import type { AnyStep } from './ops.ts';

const CLD_EXITED = 1;

/** A failed step: the kernel's error, and which step of the plan it was. */
export class StepError extends Error {
  override readonly cause: SysError;
  readonly step: AnyStep | undefined;

  constructor(cause: SysError, step: AnyStep | undefined) {
    super(cause.message);
    this.cause = cause;
    this.step = step;
  }
}

/** waitid(2)'s siginfo in the interface's words. */
export function exitOf(code: number, status: number, oom: number): Exit {
  const killed = oom === 0 ? {} : { oomKilled: true };
  if (code === CLD_EXITED) return { exitCode: status, ...killed };
  return { exitCode: 128 + status, signal: signalName(status), ...killed };
}

export function stepError(plan: EncodedPlan | undefined, errno: number, index: number, call: number): StepError {
  const code: ErrnoName = errnoName(errno) ?? 'EIO';
  const at = index < 0 ? undefined : plan?.stepOf[index];
  const step = at === undefined ? undefined : plan!.plan.steps[at];
  return new StepError(new SysError(code, call < 0 ? undefined : `${call}`), step);
}

export function brokenError(): TwinboxError {
  return new TwinboxError({
    code: 'ERR_CLOSED', message: 'the supervisor of this runtime is gone',
    hint: 'its containers died with it; what is left of their cgroups is swept at the next start',
  });
}

/** What a supervisor needs of its machine, by the error that it could not begin for. */
const needs: Readonly<Record<string, readonly [problem: string, hint: string]>> = {
  ENXIO: ['/dev/null is not the null device', 'mknod -m 666 /dev/null c 1 3'],
  ENODEV: ['/proc is not a procfs', 'mount -t proc proc /proc'],
  ENOENT: ['/proc or /dev/null is missing', 'mount -t proc proc /proc'],
  ENOMEM: ['no memory for its tables', 'lower the limit of open files (ulimit -n): the tables are sized by it'],
};

export function startError(errno: number): TwinboxError {
  const code: ErrnoName = errnoName(errno) ?? 'EIO';
  const [problem, hint] = needs[code] ?? ['', ''];
  return new TwinboxError({
    code, message: `the supervisor could not start: ${code}${problem === '' ? '' : `: ${problem}`}`, ...(hint === '' ? {} : { hint }),
  });
}
