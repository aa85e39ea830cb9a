// UTS namespaces (uts_namespaces(7)): host name and NIS domain name, byte strings.

import { INITIAL_INUM, type InumSource, Namespace } from './namespace.ts';
import type { UserNamespace } from './user.ts';

/** What uname(2) says of the kernel itself. */
export const SYSNAME = 'Linux';
export const RELEASE = '6.1.0-twinbox';
export const VERSION = '#1 SMP twinbox';
export const MACHINE = 'wasm32';

export class UtsNamespace extends Namespace {
  nodename: string;
  domainname: string;

  constructor(owner: UserNamespace, inums: InumSource, from?: UtsNamespace) {
    super('uts', owner, inums, from === undefined ? INITIAL_INUM.uts : undefined);
    this.nodename = from?.nodename ?? 'twinbox';
    this.domainname = from?.domainname ?? '(none)';
    owner.get();
  }

  protected override free(): void {
    this.owner!.put();
  }
}
