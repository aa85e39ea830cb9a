// The host's clock as the kernel's (clock_gettime(2)): monotonic from the host's, one alarm by a timer.

import type {Clock} from '../kernel/sched/clock.ts';
import {NS_PER_SEC} from '../kernel/sched/clock.ts';

/** setTimeout takes no longer delay; an alarm that comes early finds nothing to do and is set anew. */
const DELAY_MS_MAX = 0x7fffffff;

export function hostClock(): Clock {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const monotonicNs = () => Math.round(performance.now() * 1e6);
  return {
    monotonicNs,
    realtime() {
      // Date has milliseconds only; the monotonic clock gives what is below.
      const ms = performance.timeOrigin + performance.now();
      const sec = Math.floor(ms / 1000);
      return {sec, nsec: Math.min(Math.floor((ms - sec * 1000) * 1e6), NS_PER_SEC - 1)};
    },
    alarm(deadlineNs, wake) {
      clearTimeout(timer);
      timer = undefined;
      if (deadlineNs === Infinity) return;
      const ms = Math.ceil((deadlineNs - monotonicNs()) / 1e6);
      timer = setTimeout(wake, Math.min(Math.max(ms, 0), DELAY_MS_MAX));
    },
  };
}
