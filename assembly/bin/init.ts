// docker-init and init: a PID 1, such as that of `--init`. Starts one command, passes it every signal that it gets itself, reaps whatever
// loses its parent, and ends with the command's status.

import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as proc from '../sys/proc';
import * as signal from '../sys/signal';
import * as tty from '../sys/tty';
import { strerror } from '../sys/errno';
import { packed } from '../sys/packed';
import { usage } from '../lib/getopt';
import { spawnvp } from '../lib/exec';

const TEXT = packed('[--] PROGRAM [ARG]...\n\nBe PID 1 for PROGRAM: pass on signals, reap orphans, end with its status\n');

export function init(args: string[]): i32 {
  args.shift();
  if (args.length && args[0] == '--') args.shift();
  if (args.length == 0) return usage(TEXT);
  if (args.length == 1 && args[0] == '--help') return usage(TEXT, 0);
  // Every signal waits for sigwait, but those that the process's own faults send.
  const faults = signal.bit(linux.SIGSEGV) | signal.bit(linux.SIGILL) | signal.bit(linux.SIGFPE) | signal.bit(linux.SIGABRT)
    | signal.bit(linux.SIGBUS) | signal.bit(linux.SIGTRAP) | signal.bit(linux.SIGSYS);
  const all: u64 = ~faults;
  signal.mask(linux.SIG_SETMASK, all);
  const attr = new proc.Attr();
  attr.flags = linux.SPAWN_SETPGID | linux.SPAWN_SETSIGMASK;
  if (tty.isatty(0)) {
    attr.flags |= linux.SPAWN_SETFG;
    attr.ttyFd = 0;
  }
  const child = spawnvp(args, null, attr);
  if (child < 0) {
    out.err(out.applet + ': ' + args[0] + ': ' + strerror(child) + '\n');
    return child == -linux.ENOENT ? 127 : 126;
  }
  for (;;) {
    const sig = signal.wait(all);
    if (sig == linux.SIGCHLD) {
      const status = reap(child);
      if (status >= 0) return status;
    } else if (sig > 0) proc.kill(child, sig);
  }
  return 0;
}

/** Wait for all that have ended; the command's exit status if it is among them, else -1. */
function reap(child: i32): i32 {
  let status = -1;
  for (;;) {
    const pid = proc.wait4(-1, linux.WNOHANG);
    if (pid <= 0) return status;
    if (pid == child) status = proc.exitStatus(proc.status);
  }
  return status;
}
