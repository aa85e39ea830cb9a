// strace(1)'s view of a task: one line for each call when it has ended, and for signals, stops and death. A tracer is
// inherited by children; the number in front is the one that the task has in the PID namespace of the first one traced,
// that is, inside its container.

import type { Call } from '../proc/call.ts';
import type { PidNamespace } from '../ns/pid.ts';
import type { Task } from '../proc/task.ts';
import type { SigInfo } from '../signal/signal.ts';
import { Errno, errnoName } from '../uapi/errno.ts';
import { CLD, SI, SIG, signalName } from '../uapi/signal.ts';
import { strerror } from '../uapi/strerror.ts';
import type { Arg } from './abi.ts';
import { formatIn, formatOut } from './format.ts';
import { decode, words } from './marshal.ts';
import type { Row } from './table.ts';

/** Stands in the text of a call for an argument that is known when it has ended; its index follows as a character. */
const LATER = '\x01';

export class Tracer {
  readonly #write: (line: string) => void;
  #ns: PidNamespace | undefined = undefined;

  /** `write` gets lines without their end; byte strings. */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** The call as it is made: what it gets is read now, since it may be gone when it has ended. */
  enter(task: Task, row: Row, call: Call): string {
    const parts = row.args.map((arg, i) => {
      if (isOut(arg)) return `${LATER}${String.fromCharCode(i + 2)}`;
      return attempt(() => formatIn(arg, argumentOf(task, row, call, i), row.name));
    });
    // strace leaves out a mode that nothing is created with.
    if (row.name === 'openat' && !/O_(CREAT|TMPFILE)/.test(parts[2]!)) parts.length = 3;
    return `${row.name}(${parts.join(', ')})`;
  }

  exit(task: Task, row: Row, call: Call, result: number): void {
    const { traced } = call;
    if (traced === undefined) return;
    call.traced = undefined;
    const text = traced.replace(LATERS, (_, at: string) => {
      const i = at.charCodeAt(0) - 2;
      return attempt(() => formatOut(row.args[i]!, argumentOf(task, row, call, i), result, row.name));
    });
    this.#line(task, `${text} = ${formatResult(result)}`);
  }

  /** An import that this machine does not have. */
  unknown(task: Task, name: string): void {
    this.#line(task, `${name}(...) = ${formatResult(-Errno.ENOSYS)}`);
  }

  signal(task: Task, info: SigInfo): void {
    const name = signalName(info.signo);
    const fields = [`si_signo=${name}`, `si_code=${codeName(info)}`];
    if (info.code !== SI.KERNEL) fields.push(`si_pid=${info.pid}`, `si_uid=${info.uid}`);
    if (info.signo === SIG.CHLD && info.code > 0) {
      const status = info.code === CLD.EXITED ? `${info.status}` : signalName(info.status);
      fields.push(`si_status=${status}`, `si_utime=${Math.floor(info.utimeNs / 1e7)}`, `si_stime=${Math.floor(info.stimeNs / 1e7)}`);
    }
    this.#line(task, `--- ${name} {${fields.join(', ')}} ---`);
  }

  stopped(task: Task, signo: number): void {
    this.#line(task, `--- stopped by ${signalName(signo)} ---`);
  }

  exited(task: Task, status: number): void {
    const { call } = task;
    if (call.traced !== undefined) {
      this.#line(task, `${call.traced.replace(LATERS, '...')} = ?`);
      call.traced = undefined;
    }
    const signal = status & 0x7f;
    this.#line(task, signal === 0 ? `+++ exited with ${(status >> 8) & 0xff} +++` : `+++ killed by ${signalName(signal)} +++`);
  }

  #line(task: Task, text: string): void {
    this.#ns ??= task.pid.ns;
    this.#write(`[pid ${task.pid.in(this.#ns)}] ${text}`);
  }
}

const LATERS = new RegExp(`${LATER}([\\s\\S])`, 'g');

function isOut(arg: Arg): boolean {
  return arg.kind === 'out' || arg.dir === 'out';
}

/** An argument as the row's function gets it. */
function argumentOf(task: Task, row: Row, call: Call, index: number): unknown {
  if (call.plain !== undefined) return call.plain[index];
  let reg = 0;
  for (let i = 0; i < index; i++) reg += words(row.args[i]!);
  return decode(row.args[index]!, reg)(task);
}

/** Memory that cannot be read prints as a pointer would. */
function attempt(format: () => string): string {
  try {
    return format();
  } catch {
    return '0x?';
  }
}

function formatResult(result: number): string {
  if (result >= 0 || result < -4095) return `${result}`;
  const name = errnoName(-result);
  return name === undefined ? `${result}` : `-1 ${name} (${strerror[name]})`;
}

function codeName(info: SigInfo): string {
  if (info.signo === SIG.CHLD && info.code > 0) {
    const cld = Object.entries(CLD).find(([, n]) => n === info.code);
    if (cld !== undefined) return `CLD_${cld[0]}`;
  }
  const si = Object.entries(SI).find(([, n]) => n === info.code);
  return si === undefined ? `${info.code}` : `SI_${si[0]}`;
}
