// Time namespaces (time_namespaces(7)): offsets of the monotonic and boot-time clocks. They are set through
// /proc/PID/timens_offsets until the first task has entered.

import { INITIAL_INUM, type InumSource, Namespace } from './namespace.ts';
import type { UserNamespace } from './user.ts';

export class TimeNamespace extends Namespace {
  /** Nanoseconds added to CLOCK_MONOTONIC and CLOCK_BOOTTIME. */
  monotonicNs: number;
  boottimeNs: number;
  /** A task has entered: the offsets are fixed. */
  frozen: boolean;

  constructor(owner: UserNamespace, inums: InumSource, from?: TimeNamespace) {
    super('time', owner, inums, from === undefined ? INITIAL_INUM.time : undefined);
    this.monotonicNs = from?.monotonicNs ?? 0;
    this.boottimeNs = from?.boottimeNs ?? 0;
    this.frozen = from === undefined;
    owner.get();
  }

  protected override free(): void {
    this.owner!.put();
  }
}
