// Namespaces, mounts, and what one of them is about: names of the host.

import * as linux from './linux';
import { pack, scratch, textz } from './bytes';

export function unshare(flags: i32): i32 {
  return linux.unshare(flags);
}

export function setns(fd: i32, type: i32): i32 {
  return linux.setns(fd, type);
}

/** mount(2); an empty source, type or data is NULL. */
export function mount(source: string, target: string, type: string, flags: i32, data: string): i32 {
  // Three strings beside the target: one block for all of them.
  const at = pack(source + target + type + data);
  const t = at + source.length;
  const k = t + target.length;
  const d = k + type.length;
  return linux.mount(source.length ? at : 0, source.length, t, target.length, type.length ? k : 0, type.length, flags,
    data.length ? d : 0, data.length);
}

export function umount(target: string, flags: i32 = 0): i32 {
  return linux.umount2(pack(target), target.length, flags);
}

export function pivotRoot(newRoot: string, putOld: string): i32 {
  return linux.pivot_root(pack(newRoot), newRoot.length, pack(putOld, 1), putOld.length);
}

export function sethostname(name: string): i32 {
  return linux.sethostname(pack(name), name.length);
}

export class Utsname {
  sysname: string = '';
  nodename: string = '';
  release: string = '';
  version: string = '';
  machine: string = '';
  domainname: string = '';
}

export function uname(): Utsname {
  const u = new Utsname();
  linux.uname(scratch);
  u.sysname = textz(scratch, 65);
  u.nodename = textz(scratch + 65, 65);
  u.release = textz(scratch + 130, 65);
  u.version = textz(scratch + 195, 65);
  u.machine = textz(scratch + 260, 65);
  u.domainname = textz(scratch + 325, 65);
  return u;
}

/** The node name of uname(2). */
export function hostname(): string {
  linux.uname(scratch);
  return textz(scratch + linux.utsname_nodename, 65);
}
