// Credentials: ids, groups, capabilities.

import * as linux from './linux';
import { scratch } from './bytes';

export function getuid(): i32 {
  return linux.getuid();
}

export function geteuid(): i32 {
  return linux.geteuid();
}

export function getgid(): i32 {
  return linux.getgid();
}

export function getegid(): i32 {
  return linux.getegid();
}

export function setuid(uid: i32): i32 {
  return linux.setuid(uid);
}

export function setgid(gid: i32): i32 {
  return linux.setgid(gid);
}

export function setresuid(r: i32, e: i32, s: i32): i32 {
  return linux.setresuid(r, e, s);
}

export function setresgid(r: i32, e: i32, s: i32): i32 {
  return linux.setresgid(r, e, s);
}

export function getgroups(): i32[] {
  const size = 65536 * 4;
  const n = linux.getgroups(0, 0);
  const list: i32[] = [];
  if (n <= 0 || n * 4 > size) return list;
  const at = heap.alloc(n * 4);
  const got = linux.getgroups(at, n * 4);
  for (let i = 0; i < got; i++) list.push(load<i32>(at + ((<usize>i) << 2)));
  heap.free(at);
  return list;
}

export function setgroups(list: i32[]): i32 {
  const at = heap.alloc(max(4, list.length * 4));
  for (let i = 0; i < list.length; i++) store<i32>(at + ((<usize>i) << 2), list[i]);
  const r = linux.setgroups(at, list.length * 4);
  heap.free(at);
  return r;
}

/** The three sets of a process, 64 bits each. */
export class Caps {
  effective: u64 = 0;
  permitted: u64 = 0;
  inheritable: u64 = 0;
}

const VERSION_3: u32 = 0x20080522;

export function capget(caps: Caps): i32 {
  store<u32>(scratch, VERSION_3);
  store<i32>(scratch, 0, 4);
  const at = scratch + 8;
  const r = linux.capget(scratch, at);
  if (r != 0) return r;
  caps.effective = <u64>load<u32>(at) | ((<u64>load<u32>(at, 12)) << 32);
  caps.permitted = <u64>load<u32>(at, 4) | ((<u64>load<u32>(at, 16)) << 32);
  caps.inheritable = <u64>load<u32>(at, 8) | ((<u64>load<u32>(at, 20)) << 32);
  return 0;
}

export function capset(caps: Caps): i32 {
  store<u32>(scratch, VERSION_3);
  store<i32>(scratch, 0, 4);
  const at = scratch + 8;
  store<u32>(at, <u32>caps.effective);
  store<u32>(at, <u32>caps.permitted, 4);
  store<u32>(at, <u32>caps.inheritable, 8);
  store<u32>(at, <u32>(caps.effective >> 32), 12);
  store<u32>(at, <u32>(caps.permitted >> 32), 16);
  store<u32>(at, <u32>(caps.inheritable >> 32), 20);
  return linux.capset(scratch, at);
}
