// Jobs in words: their states, and the lines that `jobs` and the prompt show.

import * as proc from '../../sys/proc';
import * as signal from '../../sys/signal';
import { SIGINT, SIGPIPE } from '../../sys/linux';
import { Job, RUNNING, STOPPED, current, previous } from './job';

/** What is said of a foreground job that a signal ended. */
export function sigText(status: i32): string {
  if (!proc.WIFSIGNALED(status)) return '';
  const sig = proc.WTERMSIG(status);
  if (sig == SIGINT || sig == SIGPIPE) return '';
  return signal.signalText(sig) + (status & 0x80 ? ' (core dumped)' : '');
}

/** The wait status of the process that stopped. */
export function stopStatus(j: Job): i32 {
  for (let i = j.procs.length - 1; i >= 0; i--) if (proc.WIFSTOPPED(j.procs[i].status)) return j.procs[i].status;
  return 0;
}

/** A job's state in words. */
function stateText(j: Job): string {
  if (j.state == RUNNING) return 'Running';
  return statusText(j.state == STOPPED ? stopStatus(j) : j.status);
}

function statusText(status: i32): string {
  if (status == -1) return 'Running';
  if (proc.WIFSTOPPED(status)) return signal.signalText(proc.WSTOPSIG(status));
  if (proc.WIFSIGNALED(status)) {
    return signal.signalText(proc.WTERMSIG(status)) + (status & 0x80 ? ' (core dumped)' : '');
  }
  const code = proc.WEXITSTATUS(status);
  return code == 0 ? 'Done' : 'Done(' + code.toString() + ')';
}

export const LONG = 1;
export const PGIDS = 2;

/** One job as `jobs` prints it. */
export function describe(j: Job, mode: i32): string {
  if (mode & PGIDS) return j.pgid.toString() + '\n';
  const mark = j == current() ? '+' : j == previous() ? '-' : ' ';
  const head = '[' + j.id.toString() + ']' + mark + '  ';
  if (mode & LONG) {
    let s = '';
    for (let i = 0; i < j.procs.length; i++) {
      const p = j.procs[i];
      const lead = i == 0 ? head : ' |'.padEnd(head.length, ' ');
      const left = lead + p.pid.toString() + ' ' + (i == 0 ? stateText(j) : statusText(p.status));
      s += left.padEnd(33, ' ') + p.text + '\n';
    }
    return s;
  }
  return (head + stateText(j)).padEnd(33, ' ') + text(j) + '\n';
}

export function text(j: Job): string {
  let s = '';
  for (let i = 0; i < j.procs.length; i++) s += (i == 0 ? '' : ' | ') + j.procs[i].text;
  return s;
}
