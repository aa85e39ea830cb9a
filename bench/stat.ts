// What is told of a series of measurements, and of the machine they were made on.

import {cpus, loadavg, release, totalmem} from 'node:os';

export interface Summary {
  readonly median: number;
  readonly p95: number;
  readonly min: number;
  readonly samples: number;
}

export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {median: at(0.5), p95: at(0.95), min: sorted[0] ?? Number.NaN, samples: sorted.length};
}

export interface MachineFacts {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly load1: number;
}

export function machineFacts(): MachineFacts {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch} ${release()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
