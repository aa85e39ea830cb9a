// Network namespaces (network_namespaces(7)). Each has its own loopback device, and nothing else yet.

import { INITIAL_INUM, type InumSource, Namespace } from './namespace.ts';
import type { UserNamespace } from './user.ts';

/** A network device: what `ip link` and /proc/net/dev show. */
export interface NetDevice {
  readonly name: string;
  readonly index: number;
  up: boolean;
}

export class NetNamespace extends Namespace {
  readonly devices: NetDevice[] = [{ name: 'lo', index: 1, up: false }];

  constructor(owner: UserNamespace, inums: InumSource, initial = false) {
    super('net', owner, inums, initial ? INITIAL_INUM.net : undefined);
    if (initial) this.devices[0]!.up = true;
    owner.get();
  }

  protected override free(): void {
    this.owner!.put();
  }
}
