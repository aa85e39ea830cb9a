// /proc/PID/status (proc_pid_status(5)).

import type { Task } from '../../proc/task.ts';
import { capsHex } from '../../uapi/capability.ts';
import { add, emptySet, NSIG, SIG_DFL, SIG_IGN, type SigSet } from '../../uapi/signal.ts';
import { kib } from './format.ts';
import { type Context, file, targetOf } from './node.ts';

const words = { R: 'running', S: 'sleeping', T: 'stopped', Z: 'zombie', X: 'dead' } as const;

export const status = file((reader, at) => {
  const task = targetOf(at);
  const { cred, pid, pgrp, session } = task;
  const { user } = reader.nsproxy;
  const ns = at.sb.pidNs;
  const down = (numbers: readonly number[]): string => numbers.slice(ns.level).join('\t');
  const parent = parentNumber(task, at);
  const uids = [cred.uid, cred.euid, cred.suid, cred.fsuid].map((id) => user.uidShown(id));
  const gids = [cred.gid, cred.egid, cred.sgid, cred.fsgid].map((id) => user.gidShown(id));
  const state = shownState(task, reader);
  const lines: [string, string | number][] = [
    ['Name', task.comm.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')],
    ...(task.alive ? [['Umask', task.fs.umask.toString(8).padStart(4, '0')] as [string, string]] : []),
    ['State', `${state} (${words[state]})`],
    ['Tgid', pid.in(ns)], ['Ngid', 0], ['Pid', pid.in(ns)], ['PPid', parent], ['TracerPid', 0],
    ['Uid', uids.join('\t')], ['Gid', gids.join('\t')],
    ['FDSize', task.alive ? Math.max(64, 2 ** Math.ceil(Math.log2(task.files.length || 1))) : 0],
    ['Groups', cred.groups.map((id) => `${user.gidShown(id)} `).join('')],
    ['NStgid', down(pid.numbers)], ['NSpid', down(pid.numbers)], ['NSpgid', down(pgrp.pid.numbers)],
    ['NSsid', down(session.pid.numbers)], ['Kthread', 0],
    ...memory(task),
    ['Threads', 1],
    ['SigQ', `${task.pending.queue.length}/${task.rlimits[11]!.cur}`],
    ['SigPnd', setHex(emptySet)], ['ShdPnd', setHex(task.pending.set)], ['SigBlk', setHex(task.blocked)],
    ['SigIgn', setHex(handled(task, (handler) => handler === SIG_IGN))],
    ['SigCgt', setHex(handled(task, (handler) => handler !== SIG_IGN && handler !== SIG_DFL))],
    ['CapInh', capsHex(cred.inheritable)], ['CapPrm', capsHex(cred.permitted)], ['CapEff', capsHex(cred.effective)],
    ['CapBnd', capsHex(cred.bounding)], ['CapAmb', capsHex(cred.ambient)],
    ['NoNewPrivs', cred.noNewPrivs ? 1 : 0],
    ['Seccomp', task.seccomp === undefined ? 0 : 2], ['Seccomp_filters', task.seccomp === undefined ? 0 : 1],
    ['Cpus_allowed', (2 ** task.kernel.machine.cpus - 1).toString(16)],
    ['Cpus_allowed_list', task.kernel.machine.cpus === 1 ? '0' : `0-${task.kernel.machine.cpus - 1}`],
    ['Mems_allowed', 1], ['Mems_allowed_list', 0],
    ['voluntary_ctxt_switches', 0], ['nonvoluntary_ctxt_switches', 0],
  ];
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join('');
});

/** Whoever reads runs: its own call is in progress. */
export function shownState(task: Task, reader: Task): 'R' | 'S' | 'T' | 'Z' | 'X' {
  return task === reader ? 'R' : task.state;
}

/** The parent's number as the mount has it: 0 for a parent outside. */
export function parentNumber(task: Task, at: Context): number {
  return task.parent?.pid.in(at.sb.pidNs) ?? 0;
}

function memory(task: Task): [string, string][] {
  if (task.mm === undefined || !task.alive) return [];
  const size = `${kib(task.mm.chargedBytes).toString().padStart(8)} kB`;
  const zero = '       0 kB';
  return [['VmPeak', size], ['VmSize', size], ['VmLck', zero], ['VmPin', zero], ['VmHWM', size], ['VmRSS', size],
    ['RssAnon', size], ['RssFile', zero], ['RssShmem', zero], ['VmData', size], ['VmStk', zero], ['VmExe', zero],
    ['VmLib', zero], ['VmPTE', zero], ['VmSwap', zero]];
}

function handled(task: Task, which: (handler: number) => boolean): SigSet {
  let set = emptySet;
  for (let n = 1; n <= NSIG; n++) if (which(task.sighand.actions[n]!.handler)) set = add(set, n);
  return set;
}

const setHex = (set: SigSet): string =>
  (set.hi >>> 0).toString(16).padStart(8, '0') + (set.lo >>> 0).toString(16).padStart(8, '0');
