// Time, passed in from outside so that a run can be repeated: a host clock in production, a virtual one in tests.

/** struct timespec (timespec(3type)). */
export interface Timespec {
  readonly sec: number;
  readonly nsec: number;
}

export interface Clock {
  /** CLOCK_MONOTONIC in nanoseconds; exact as a number for 104 days of uptime. */
  monotonicNs(): number;
  /** CLOCK_REALTIME. */
  realtime(): Timespec;
  /** Call `wake` once at the deadline or soon after. One alarm only: a new one replaces it; Infinity disarms. */
  alarm(deadlineNs: number, wake: () => void): void;
}

export const NS_PER_SEC = 1e9;
export const toNs = (t: Timespec): number => t.sec * NS_PER_SEC + t.nsec;
export const toTimespec = (ns: number): Timespec => ({ sec: Math.floor(ns / NS_PER_SEC), nsec: Math.floor(ns % NS_PER_SEC) });
