// IPC namespaces (ipc_namespaces(7)): System V objects and POSIX message queues will be kept here.

import { INITIAL_INUM, type InumSource, Namespace } from './namespace.ts';
import type { UserNamespace } from './user.ts';

export class IpcNamespace extends Namespace {
  constructor(owner: UserNamespace, inums: InumSource, initial = false) {
    super('ipc', owner, inums, initial ? INITIAL_INUM.ipc : undefined);
    owner.get();
  }

  protected override free(): void {
    this.owner!.put();
  }
}
