// sleep, usleep and yes.

import * as out from '../lib/out';
import * as time from '../sys/time';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { isDigit } from '../lib/text';

const SLEEP = packed('[N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays\n');

/** Nanoseconds of a text like 1.5 or 2m; -1 if it is none. */
export function duration(s: string): i64 {
  let i = 0;
  let ns: f64 = 0;
  while (i < s.length && isDigit(s.charCodeAt(i))) ns = ns * 10 + (s.charCodeAt(i++) - 48);
  let seen = i > 0;
  if (i < s.length && s.charCodeAt(i) == 46) {
    i++;
    let unit = 0.1;
    while (i < s.length && isDigit(s.charCodeAt(i))) {
      ns += (s.charCodeAt(i++) - 48) * unit;
      unit /= 10;
      seen = true;
    }
  }
  if (!seen) return -1;
  let factor: f64 = 1;
  if (i < s.length) {
    const at = 'smhd'.indexOf(s.charAt(i++));
    if (at < 0 || i < s.length) return -1;
    factor = at == 0 ? 1 : at == 1 ? 60 : at == 2 ? 3600 : 86400;
  }
  return <i64>Math.min(ns * factor * 1e9, 9e18);
}

export function sleep(args: string[]): i32 {
  if (args.length < 2 || args[1] == '--help') return usage(SLEEP, args.length < 2 ? 1 : 0);
  let total: i64 = 0;
  for (let i = 1; i < args.length; i++) {
    if (i == 1 && args[i] == '--') continue;
    if (args[i] == 'inf' || args[i] == 'infinity') {
      total = 4000000000000000000;
      continue;
    }
    const ns = duration(args[i]);
    if (ns < 0) return out.complain("invalid number '" + args[i] + "'");
    total += ns;
  }
  // A handler's return ends a sleep early only when it ended the wait for good: go on for the rest.
  const end = time.monotonicNs() + total;
  let left = total;
  while (left > 0 && time.sleepNs(left) < 0) left = end - time.monotonicNs();
  return 0;
}

export function usleep(args: string[]): i32 {
  const o = getopt(args, '', packed('N\n\nPause for N microseconds\n'));
  if (!o.ok) return o.status;
  time.sleepNs(I64.parseInt(args[1]) * 1000);
  return 0;
}

export function yes(args: string[]): i32 {
  if (args.length == 2 && args[1] == '--help') return usage(packed('[STRING]\n\nRepeatedly print a line with STRING, or \'y\'\n'), 0);
  const line = (args.length > 1 ? args.slice(1).join(' ') : 'y') + '\n';
  while (out.failure() == 0) out.put(line);
  return 1;
}
