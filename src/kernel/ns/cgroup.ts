// Cgroup namespaces (cgroup_namespaces(7)): the cgroup that shows as `/` in /proc/PID/cgroup.

import type { Cgroup } from '../cgroup/cgroup.ts';
import { INITIAL_INUM, type InumSource, Namespace } from './namespace.ts';
import type { UserNamespace } from './user.ts';

export class CgroupNamespace extends Namespace {
  readonly root: Cgroup;

  constructor(owner: UserNamespace, inums: InumSource, root: Cgroup, initial = false) {
    super('cgroup', owner, inums, initial ? INITIAL_INUM.cgroup : undefined);
    this.root = root;
    owner.get();
  }

  protected override free(): void {
    this.owner!.put();
  }
}
