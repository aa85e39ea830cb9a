// Network namespaces (network_namespaces(7)). Each has its own loopback device, and nothing else yet.

import { INITIAL_INUM, type InumSource, Namespace } from './namespace.ts';
import type { UserNamespace } from './user.ts';

/** A network device: what `ip link` and /proc/net/dev show. */
export interface NetDevice {
  readonly name: string;
  readonly index: number;
  up: boolean;
  /** Has it been up, and so has its address. */
  addressed: boolean;
}

export class NetNamespace extends Namespace {
  readonly devices: NetDevice[] = [{ name: 'lo', index: 1, up: false, addressed: false }];

  /** `up`: for the machine, and for a container, whose loopback a runtime starts. */
  constructor(owner: UserNamespace, inums: InumSource, up: boolean, initial = false) {
    super('net', owner, inums, initial ? INITIAL_INUM.net : undefined);
    this.devices[0]!.up = up;
    this.devices[0]!.addressed = up;
    owner.get();
  }

  protected override free(): void {
    this.owner!.put();
  }
}
