// Users and groups by name and number: /etc/passwd and /etc/group.

import * as fs from '../sys/fs';
import { lines } from './text';
import { parseCount } from './number';

export class User {
  name: string = '';
  uid: i32 = 0;
  gid: i32 = 0;
  home: string = '/';
  shell: string = '/bin/sh';
}

let passwd: string[] | null = null;
let groups: string[] | null = null;

function load_(path: string): string[] {
  const text = fs.readFile(path);
  return text === null ? [] : lines(text);
}

function passwdLines(): string[] {
  if (passwd === null) passwd = load_('/etc/passwd');
  return passwd as string[];
}

function groupLines(): string[] {
  if (groups === null) groups = load_('/etc/group');
  return groups as string[];
}

function user(fields: string[]): User {
  const u = new User();
  u.name = fields[0];
  u.uid = parseCount(fields[2]);
  u.gid = parseCount(fields[3]);
  if (fields.length > 5) u.home = fields[5];
  if (fields.length > 6) u.shell = fields[6];
  return u;
}

export function userByName(name: string): User | null {
  const list = passwdLines();
  for (let i = 0; i < list.length; i++) {
    if (!list[i].startsWith(name + ':')) continue;
    const f = list[i].split(':');
    if (f.length >= 4) return user(f);
  }
  return null;
}

export function userById(uid: i32): User | null {
  const list = passwdLines();
  for (let i = 0; i < list.length; i++) {
    const f = list[i].split(':');
    if (f.length >= 4 && parseCount(f[2]) == uid) return user(f);
  }
  return null;
}

/** The name of a user, '' if it has none. */
export function userName(uid: i32): string {
  const u = userById(uid);
  return u ? u.name : '';
}

export function groupName(gid: i32): string {
  const list = groupLines();
  for (let i = 0; i < list.length; i++) {
    const f = list[i].split(':');
    if (f.length >= 3 && parseCount(f[2]) == gid) return f[0];
  }
  return '';
}

/** The number of a group by name, -1 if there is none. */
export function groupByName(name: string): i32 {
  const list = groupLines();
  for (let i = 0; i < list.length; i++) {
    const f = list[i].split(':');
    if (f.length >= 3 && f[0] == name) return parseCount(f[2]);
  }
  return -1;
}

/** The groups that /etc/group gives to a user beside the first. */
export function groupsOf(name: string): i32[] {
  const list = groupLines();
  const found: i32[] = [];
  for (let i = 0; i < list.length; i++) {
    const f = list[i].split(':');
    if (f.length > 3 && (',' + f[3] + ',').includes(',' + name + ',')) found.push(parseCount(f[2]));
  }
  return found;
}

/** A user by name or number: its uid, -1 if unknown. */
export function uidOf(s: string): i32 {
  const u = userByName(s);
  return u ? u.uid : parseCount(s);
}

export function gidOf(s: string): i32 {
  const g = groupByName(s);
  return g >= 0 ? g : parseCount(s);
}
