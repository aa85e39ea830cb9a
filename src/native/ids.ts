// Which user and group ids a container's user namespace may map (user_namespaces(7), subuid(5)), and what powers this
// process has.

import { accessSync, constants, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { CAP } from '../kernel/uapi/capability.ts';
import type { Ids } from '../plan.ts';

export interface Powers {
  /** Nothing that needs root outside a user namespace of one's own. */
  readonly rootless: boolean;
  /** In the first user namespace of the machine. */
  readonly initial: boolean;
  /** Names of the capabilities that a child could be given. */
  readonly capabilities: readonly string[];
  readonly status: ReadonlyMap<string, string>;
}

type Range = readonly [first: number, count: number];

/**
 * For root without a range in /etc/subuid: the last 65536 of the numbers that systemd keeps for containers (0x80000 to
 * 0x6fffffff), where neither people, nor subuid(5)'s usual ranges from 100000 up, nor systemd-nspawn's picks begin.
 */
const fallback: Range = [1878982656, 65536];

/** /proc/self/status, and what follows from its capability sets and from the user namespace that this process is in. */
export function powers(): Powers {
  const lines = readFileSync('/proc/self/status', 'utf8').split('\n');
  const status = new Map(lines.map((line): [string, string] => {
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()];
  }));
  const sets = ['CapEff', 'CapPrm', 'CapBnd'].map((name) => BigInt(`0x${status.get(name) || '0'}`));
  const all = sets.reduce((a, b) => a & b);
  const capabilities = Object.entries(CAP).filter(([, bit]) => (all >> BigInt(bit) & 1n) === 1n).map(([name]) => name);
  const initial = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  return { initial, rootless: !initial || !capabilities.includes('SYS_ADMIN'), capabilities, status };
}

export function ids({ initial, rootless, capabilities }: Powers): Ids {
  const [uid, gid] = [process.geteuid!(), process.getegid!()];
  if (!rootless) {
    return { uid, gid, maps: 'root', uids: ranges('/etc/subuid', uid, [fallback]), gids: ranges('/etc/subgid', uid, [fallback]) };
  }
  // Root of a user namespace: what is mapped into it can be mapped on.
  if (!initial && capabilities.includes('SETUID') && capabilities.includes('SETGID')) {
    return { uid, gid, maps: 'root', uids: mapped('/proc/self/uid_map'), gids: mapped('/proc/self/gid_map') };
  }
  const [uids, gids] = [ranges('/etc/subuid', uid, []), ranges('/etc/subgid', uid, [])];
  const helpers = uids.length > 0 && gids.length > 0 && installed('newuidmap') && installed('newgidmap');
  return helpers ? { uid, gid, maps: 'helpers', uids, gids } : { uid, gid, maps: 'single', uids: [], gids: [] };
}

/** The ranges of a user by number or by name; a line is `who:first:count`. */
export function ranges(file: string, uid: number, none: readonly Range[]): readonly Range[] {
  const found: Range[] = [];
  let name: string | undefined;
  for (const line of read(file).split('\n')) {
    const [who = '', first, count] = line.split(':');
    if (!/^\d+$/.test(first ?? '') || !/^[1-9]\d*$/.test(count ?? '')) continue;
    if (who === String(uid) || who === (name ??= userName())) found.push([Number(first), Number(count)]);
  }
  return found.length > 0 ? found : none;
}

function mapped(file: string): readonly Range[] {
  return read(file).split('\n').filter((line) => line.trim() !== '').map((line): Range => {
    const [inside, , count] = line.trim().split(/\s+/).map(Number);
    return [inside!, count!];
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}

/** Where the supervisor, which has no PATH, looks for it. */
function installed(program: string): boolean {
  try {
    accessSync(`/usr/bin/${program}`, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
