// The process table of Linux, read from /proc, each process under its inside and its outside number. Which processes
// are a container's its cgroup tells; where it has none, its PID namespace, and without that its family tree.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Plan } from '../kernel/uapi/step.ts';
import type { ProcessRow } from '../wire.ts';

/** The host directories of a container's groups: in the v2 hierarchy, and by v1 controller. */
export interface Groups {
  readonly v2: string | undefined;
  readonly v1: ReadonlyMap<string, string>;
}

export function groupsOf(plan: Plan): Groups {
  const step = plan.steps.find((one) => one.op === 'cgroup');
  if (step === undefined) return { v2: undefined, v1: new Map() };
  const { v2, v1 = [] } = step.args;
  // A hierarchy of several controllers is one entry: `cpu,cpuacct`.
  const byName = v1.flatMap(({ controller, dir }) => controller.split(',').map((name) => [name, dir] as const));
  return { v2: v2 || undefined, v1: new Map(byName) };
}

/** What is known of a container before /proc is read. */
export interface Owner {
  readonly hostPid: number;
  readonly alive: boolean;
  readonly groups: Groups;
}

/** A row, and what else its reader may need. */
interface Entry extends ProcessRow {
  readonly parent: number;
}

export function machineRows(owners: ReadonlyMap<Owner, string>): readonly ProcessRow[] {
  const ids = new Map<number, string>();
  for (const [owner, id] of owners) for (const pid of pidsOf(owner)) ids.set(pid, id);
  return rows(allPids(), (pid) => ids.get(pid));
}

export function containerRows(owner: Owner, id: string): readonly ProcessRow[] {
  return rows(pidsOf(owner), () => id);
}

function rows(pids: readonly number[], ownerOf: (pid: number) => string | undefined): readonly ProcessRow[] {
  const entries = new Map<number, Entry>();
  for (const pid of pids) {
    const entry = read(pid);
    if (entry !== undefined) entries.set(pid, entry);
  }
  return [...entries.values()].map(({ parent, ...row }) => {
    const container = ownerOf(row.hostPid);
    return { ...row, ppid: inside(row, entries.get(parent)), ...(container === undefined ? {} : { container }) };
  });
}

/** The parent's number in the child's namespace: 0 where it is not visible there. */
function inside(row: ProcessRow, parent: ProcessRow | undefined): number {
  return row.pid === 1 ? 0 : parent?.nspid[row.nspid.length - 1] ?? 0;
}

/** Every process of a container. */
export function pidsOf(owner: Owner): readonly number[] {
  const { v2, v1 } = owner.groups;
  const dir = v2 ?? v1.get('pids') ?? [...v1.values()][0];
  if (dir !== undefined) return groupPids(dir);
  if (!owner.alive) return [];
  const own = namespaceOf(owner.hostPid);
  if (own !== undefined && own !== namespaceOf(process.pid)) return allPids().filter((pid) => namespaceOf(pid) === own);
  return family(owner.hostPid);
}

/** cgroup.procs of a group and of all below it; of a v2 group with threads of their own it cannot be read. */
function groupPids(dir: string): number[] {
  let text: string;
  try {
    text = readFileSync(`${dir}/cgroup.procs`, 'latin1');
  } catch {
    return [];
  }
  const pids = text.split('\n').filter((line) => line !== '').map(Number);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) pids.push(...groupPids(`${dir}/${entry.name}`));
  }
  // 0 is a process of another PID namespace that is not to be seen from here.
  return pids.filter((pid) => pid > 0);
}

function allPids(): readonly number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** A process and all that descend from it. */
function family(first: number): readonly number[] {
  const parents = allPids().map((pid) => [pid, read(pid)?.parent] as const);
  const found = new Set([first]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (parent !== undefined && found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** proc_pid_status(5) and proc_pid_cmdline(5); nothing of one that has gone meanwhile. */
function read(pid: number): Entry | undefined {
  let status: string;
  let args: string[];
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
    args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return undefined;
  }
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const comm = field('Name').replace(/\\([n\\])/g, (_all, c: string) => (c === 'n' ? '\n' : c));
  const nspid = field('NSpid').split(/\s+/).map(Number);
  return {
    pid: nspid.at(-1) ?? pid, ppid: 0, hostPid: pid, nspid,
    parent: Number(field('PPid')), uid: Number(field('Uid').split('\t')[0]),
    state: field('State')[0] ?? '?', comm, args: args.length === 0 ? [`[${comm}]`] : args,
  };
}
