// The real-time interval timer of a task (setitimer(2), alarm(2)): SIGALRM when it fires.

import type { Task } from '../proc/task.ts';
import { SIG } from '../uapi/signal.ts';
import { sendKernel } from './send.ts';

export interface Alarm {
  /** Until it fires; 0 if it is not set. */
  readonly valueNs: number;
  readonly intervalNs: number;
}

export function getAlarm(task: Task): Alarm {
  const { alarmTimer } = task;
  if (alarmTimer === undefined) return { valueNs: 0, intervalNs: task.alarmIntervalNs };
  const left = alarmTimer.deadlineNs - task.kernel.clock.monotonicNs();
  return { valueNs: Math.max(1000, left), intervalNs: task.alarmIntervalNs };
}

/** Set it anew; answers what it was. */
export function setAlarm(task: Task, alarm: Alarm): Alarm {
  const old = getAlarm(task);
  if (task.alarmTimer !== undefined) task.kernel.timers.cancel(task.alarmTimer);
  task.alarmTimer = undefined;
  task.alarmIntervalNs = alarm.intervalNs;
  if (alarm.valueNs > 0) arm(task, task.kernel.clock.monotonicNs() + alarm.valueNs);
  return old;
}

function arm(task: Task, deadlineNs: number): void {
  task.alarmTimer = task.kernel.timers.add(deadlineNs, () => {
    task.alarmTimer = undefined;
    if (!task.alive) return;
    if (task.alarmIntervalNs > 0) {
      // Periods that were missed are skipped, since the signal would not queue.
      const now = task.kernel.clock.monotonicNs();
      const missed = Math.max(0, Math.floor((now - deadlineNs) / task.alarmIntervalNs));
      arm(task, deadlineNs + (missed + 1) * task.alarmIntervalNs);
    }
    sendKernel(task, SIG.ALRM);
  });
}
