// Clocks and sleeping.

import * as linux from './linux';
import { scratch } from './bytes';

/** Nanoseconds of the last `now` beyond its whole seconds. */
export let nsec: i64 = 0;

/** Seconds since 1970; `nsec` has the rest. */
export function now(): i64 {
  linux.clock_gettime(linux.CLOCK_REALTIME, scratch);
  nsec = load<i64>(scratch, 8);
  return load<i64>(scratch);
}

/** A clock in nanoseconds. */
export function clockNs(clock: i32): i64 {
  linux.clock_gettime(clock, scratch);
  return load<i64>(scratch) * 1000000000 + load<i64>(scratch, 8);
}

export function monotonicNs(): i64 {
  return clockNs(linux.CLOCK_MONOTONIC);
}

/** nanosleep(2): 0, or -EINTR when a handler ran. */
export function sleepNs(ns: i64): i32 {
  if (ns < 0) ns = 0;
  store<i64>(scratch, ns / 1000000000);
  store<i64>(scratch, ns % 1000000000, 8);
  return linux.nanosleep(scratch, 0);
}

export function setClock(seconds: i64): i32 {
  store<i64>(scratch, seconds);
  store<i64>(scratch, 0, 8);
  return linux.clock_settime(linux.CLOCK_REALTIME, scratch);
}
