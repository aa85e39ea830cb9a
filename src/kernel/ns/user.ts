// User namespaces (user_namespaces(7)). Ids in the kernel are those of the initial user namespace; they are translated
// where a system call takes or gives them.

import type { Cred } from '../cred/cred.ts';
import { NS_LEVEL_MAX } from '../limits.ts';
import { SysError } from '../uapi/errno.ts';
import { INITIAL_INUM, type InumSource, Namespace } from './namespace.ts';

/** A line of /proc/PID/uid_map: ids [inside, inside+count) mean [outside, outside+count) in the parent namespace. */
export interface Extent {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export const OVERFLOW_ID = 65534;
const everything: readonly Extent[] = [{ inside: 0, outside: 0, count: 4294967295 }];

export class UserNamespace extends Namespace {
  readonly parent: UserNamespace | undefined;
  readonly level: number;
  /** Effective ids of the creator, kernel ids: it has all capabilities here. */
  readonly ownerUid: number;
  readonly ownerGid: number;
  uidMap: readonly Extent[] = [];
  gidMap: readonly Extent[] = [];
  projidMap: readonly Extent[] = [];
  /** /proc/PID/setgroups. */
  setgroups: 'allow' | 'deny' = 'allow';

  constructor(parent: UserNamespace | undefined, inums: InumSource, creator?: Pick<Cred, 'euid' | 'egid'>) {
    super('user', parent, inums, parent === undefined ? INITIAL_INUM.user : undefined);
    this.parent = parent;
    this.level = parent === undefined ? 0 : parent.level + 1;
    this.ownerUid = creator?.euid ?? 0;
    this.ownerGid = creator?.egid ?? 0;
    if (parent === undefined) this.uidMap = this.gidMap = this.projidMap = everything;
    else {
      parent.get();
      this.setgroups = parent.setgroups;
    }
  }

  protected override free(): void {
    this.parent?.put();
  }

  /** CLONE_NEWUSER. */
  child(creator: Cred): UserNamespace {
    if (this.level >= NS_LEVEL_MAX) throw new SysError('ENOSPC', 'unshare', 'user namespaces nest too deep');
    if (this.uidIn(creator.euid) === -1 || this.gidIn(creator.egid) === -1) throw new SysError('EPERM');
    return new UserNamespace(this, this.inums, creator);
  }

  /** The kernel's id for an id of this namespace, -1 if it has none. */
  uidOut(id: number): number {
    return out(this, 'uidMap', id);
  }

  gidOut(id: number): number {
    return out(this, 'gidMap', id);
  }

  /** The id that a kernel id has here, -1 if it has none. */
  uidIn(id: number): number {
    return into(this, 'uidMap', id);
  }

  gidIn(id: number): number {
    return into(this, 'gidMap', id);
  }

  /** As above, with the overflow id for what has none: what stat(2) and getuid(2) show. */
  uidShown(id: number): number {
    if (this.parent === undefined) return id;
    const shown = this.uidIn(id);
    return shown === -1 ? OVERFLOW_ID : shown;
  }

  gidShown(id: number): number {
    if (this.parent === undefined) return id;
    const shown = this.gidIn(id);
    return shown === -1 ? OVERFLOW_ID : shown;
  }

  /** Whether this namespace is `other` or one of its ancestors. */
  contains(other: UserNamespace): boolean {
    let ns: UserNamespace | undefined = other;
    while (ns !== undefined && ns.level > this.level) ns = ns.parent;
    return ns === this;
  }
}

type MapName = 'uidMap' | 'gidMap';

function out(from: UserNamespace, map: MapName, id: number): number {
  if (id < 0) return -1;
  let at = id;
  for (let ns: UserNamespace = from; ns.parent !== undefined; ns = ns.parent) {
    const extent = ns[map].find((e) => at >= e.inside && at < e.inside + e.count);
    if (extent === undefined) return -1;
    at = extent.outside + (at - extent.inside);
  }
  return at;
}

function into(to: UserNamespace, map: MapName, id: number): number {
  if (to.parent === undefined) return id;
  const above = into(to.parent, map, id);
  if (above === -1) return -1;
  const extent = to[map].find((e) => above >= e.outside && above < e.outside + e.count);
  return extent === undefined ? -1 : extent.inside + (above - extent.outside);
}
