// The errors that the interface throws. Inside a kernel an error is a SysError; it becomes one of these at the edge, once.

import { Errno, type ErrnoName } from './kernel/uapi/errno.ts';

/** What went wrong: Linux's name for it where a kernel said no, else one of ours. */
export type ErrorCode = ErrnoName | 'ERR_SPEC' | 'ERR_STATE' | 'ERR_NAME' | 'ERR_CLOSED' | 'ERR_UNSUPPORTED' | 'ABORT_ERR';

/** An error as plain data: what crosses the wire. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly syscall?: string;
  readonly step?: string;
  readonly hint?: string;
  readonly field?: string;
}

/** Everything that twinbox throws on purpose. Compare `code`; print `message`, then `hint`. */
export class TwinboxError extends Error {
  /** `ENOENT`, `EPERM`, ... or `ERR_*` where no kernel was asked. */
  readonly code: ErrorCode;
  /** Linux's number of `code`, positive; 0 for `ERR_*`. */
  readonly errno: number;
  /** The system call that failed. */
  readonly syscall: string | undefined;
  /** The step of the container's plan that failed, as `--dry-run` prints it. */
  readonly step: string | undefined;
  /** What to do about it, in a sentence. */
  readonly hint: string | undefined;

  constructor(data: ErrorData) {
    super(data.message);
    this.code = data.code;
    this.errno = data.code in Errno ? Errno[data.code as ErrnoName] : 0;
    this.syscall = data.syscall;
    this.step = data.step;
    this.hint = data.hint;
  }
}
TwinboxError.prototype.name = 'TwinboxError';

/** A spec that cannot be run as it is written. `field` names the place: `mounts[2].destination`. */
export class SpecError extends TwinboxError {
  readonly field: string;

  constructor(field: string, problem: string, hint?: string) {
    super({ code: 'ERR_SPEC', message: `${field}: ${problem}`, ...(hint === undefined ? {} : { hint }) });
    this.field = field;
  }
}
SpecError.prototype.name = 'SpecError';

/** The plain data of anything thrown; a stranger becomes EIO with its own message. */
export function errorData(thrown: unknown): ErrorData {
  const e = thrown as Partial<ErrorData> & { message?: string };
  const known = typeof e?.code === 'string' && (e.code in Errno || e.code.startsWith('ERR_') || e.code === 'ABORT_ERR');
  const data: { -readonly [K in keyof ErrorData]: ErrorData[K] } = {
    code: known ? (e.code as ErrorCode) : 'EIO',
    message: typeof e?.message === 'string' ? e.message : String(thrown),
  };
  for (const key of ['syscall', 'step', 'hint', 'field'] as const) if (e?.[key] !== undefined) data[key] = e[key];
  return data;
}

/** The error of plain data, for whoever waits for the answer. */
export function errorFrom(data: ErrorData): TwinboxError {
  if (data.field === undefined) return new TwinboxError(data);
  const problem = data.message.startsWith(`${data.field}: `) ? data.message.slice(data.field.length + 2) : data.message;
  return new SpecError(data.field, problem, data.hint);
}
