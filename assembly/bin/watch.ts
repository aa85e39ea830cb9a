// watch: a command again and again, each time on a fresh screen.

import * as out from '../lib/out';
import * as tty from '../sys/tty';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { spawnvp } from '../lib/exec';
import { local, strftime } from '../lib/date';
import { padEnd } from '../lib/text';
import { waitFor } from '../sys/proc';
import { now, sleepNs } from '../sys/time';
import { duration } from './sleep';

const TEXT = packed('[-n SEC] [-t] PROG ARGS\n\nRun PROG periodically\n\n\t-n SEC\tPeriod (default 2)\n\t-t\tDon\'t print header\n');

export function watch(args: string[]): i32 {
  const o = getopt(args, '+n:td', TEXT, packed('interval:=n,no-title=t'));
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(TEXT);
  const period = o.has('n') ? duration(o.get('n')) : 2000000000;
  if (period < 0) return out.complain("invalid number '" + o.get('n') + "'");
  const command = o.rest.join(' ');
  while (out.failure() == 0) {
    out.put('\x1b[H\x1b[J');
    if (!o.has('t')) header(command, o.has('n') ? o.get('n') : '2');
    const pid = spawnvp(['sh', '-c', command]);
    if (pid < 0) return out.perror("can't execute 'sh'", pid);
    waitFor(pid);
    sleepNs(max<i64>(period, 100000000));
  }
  return 1;
}

/** `Every 2s: COMMAND` at the left, the time at the right. */
function header(command: string, period: string): void {
  const width = tty.winsize(1) == 0 && tty.columns > 0 ? tty.columns : 80;
  const seconds = now();
  const time = strftime('%Y-%m-%d %H:%M:%S', local(seconds), seconds);
  const left = 'Every ' + period + 's: ' + command;
  const room = width - time.length - 1;
  out.line((room > 0 ? padEnd(left.substring(0, room), room) + ' ' + time : left) + '\n');
}
