// docker's words for limits, as OCI's resources.

import { SpecError } from '../errno.ts';
import type { Facts } from '../plan.ts';
import type { Cpu, Memory, Resources } from '../spec.ts';
import { only } from './known.ts';

/** What can be limited, also while the container runs. As docker has it, 0 is what is not given. */
export interface LimitOptions {
  /** Bytes, or `64m`. */
  readonly memory?: number | string;
  /** Memory and swap together; twice the memory where it is left out, -1 for any amount. */
  readonly memorySwap?: number | string;
  /** What it may keep when the machine is short of memory. */
  readonly memoryReservation?: number | string;
  /** CPUs' worth of time: 0.5 is half of one. */
  readonly cpus?: number;
  /** Its weight beside others when there is not enough for all; 1024 is everybody's. */
  readonly cpuShares?: number;
  /** The CPUs and memory nodes that it may use: `0-2,4`. */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** Processes and threads; -1 for any number. */
  readonly pids?: number;
  /** Its weight at block devices, 10 to 1000. */
  readonly blkioWeight?: number;
}

const names: Readonly<Record<keyof LimitOptions, true>> = {
  memory: true, memorySwap: true, memoryReservation: true, cpus: true, cpuShares: true, cpusetCpus: true,
  cpusetMems: true, pids: true, blkioWeight: true,
};

/** Below this not even a shell begins. */
const memoryMin = 2 ** 20;

/** `before` are the limits of a container that runs: nothing but limits is said of one then. */
export function toResources(options: LimitOptions, facts: Facts, before?: Resources): Resources {
  if (before !== undefined) only(names, options);
  const memory = memoryOf(options, facts, before?.memory);
  const cpu: Cpu = {
    ...(options.cpus === undefined || options.cpus === 0 ? {} : quota(options.cpus)),
    ...(options.cpuShares ? { shares: whole('cpuShares', options.cpuShares, 2, 262144) } : {}),
    ...(options.cpusetCpus ? { cpus: options.cpusetCpus } : {}),
    ...(options.cpusetMems ? { mems: options.cpusetMems } : {}),
  };
  const pids = options.pids === undefined ? undefined : whole('pids', options.pids, -1, 2 ** 22);
  return {
    ...(Object.keys(memory).length === 0 ? {} : { memory }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    // That there is no limit need not be said to a kernel that sets none.
    ...(pids === undefined || pids <= 0 && before === undefined ? {} : { pids: { limit: pids > 0 ? pids : -1 } }),
    ...(options.blkioWeight ? { blockIO: { weight: whole('blkioWeight', options.blkioWeight, 10, 1000) } } : {}),
  };
}

function memoryOf(options: LimitOptions, facts: Facts, before: Memory | undefined): Memory {
  const limit = given('memory', options.memory);
  const reservation = given('memoryReservation', options.memoryReservation);
  if (limit !== undefined && limit >= 0 && limit < memoryMin)
    throw new SpecError('memory', `less than 1m: ${options.memory}`);
  const swap = swapOf(options, limit, facts, before);
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(swap === undefined ? {} : { swap }),
    ...(reservation === undefined ? {} : { reservation }),
  };
}

const given = (field: string, size: number | string | undefined): number | undefined =>
  size === undefined ? undefined : bytes(field, size) || undefined;

/**
 * docker gives as much swap as memory when nobody says otherwise, where the kernel counts it. A change of the memory
 * alone keeps what was said at first: no swap, any amount, or that.
 */
function swapOf(
  options: LimitOptions,
  limit: number | undefined,
  facts: Facts,
  before: Memory | undefined,
): number | undefined {
  const swap = given('memorySwap', options.memorySwap);
  if (swap !== undefined) {
    const memory = limit ?? before?.limit;
    if (swap < 0) return -1;
    if (memory === undefined || memory < 0)
      throw new SpecError('memorySwap', 'is the sum of memory and swap: it needs a limit of memory');
    if (swap < memory) throw new SpecError('memorySwap', 'is the sum of memory and swap, and smaller than the memory');
    return swap;
  }
  if (limit === undefined || !facts.features.includes('swap')) return undefined;
  if (limit < 0 || before?.swap === -1) return limit < 0 ? -1 : undefined;
  return before?.swap !== undefined && before.swap === before.limit ? limit : 2 * limit;
}

function quota(cpus: number): Cpu {
  if (!(cpus >= 0.01)) throw new SpecError('cpus', `not at least 0.01: ${cpus}`);
  return { quota: Math.round(cpus * 100_000), period: 100_000 };
}

export function whole(field: string, n: number, min: number, max: number): number {
  if (!(Number.isInteger(n) && n >= min && n <= max))
    throw new SpecError(field, `not a whole number from ${min} to ${max}: ${n}`);
  return n;
}

/** `64m` to bytes, as docker reads it; -1 is no limit. */
export function bytes(field: string, given: number | string): number {
  if (Number(given) === -1) return -1;
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(String(given));
  if (match === null) throw new SpecError(field, `not a size: ${given}`);
  const size = Math.floor(Number(match[1]) * 1024 ** 'bkmgt'.indexOf((match[2] || 'b').toLowerCase()));
  if (!Number.isSafeInteger(size)) throw new SpecError(field, `too large: ${given}`);
  return size;
}
