// /proc/PID/limits and the oom files (proc_pid_limits(5), proc_pid_oom_score_adj(5)).

import { capable } from '../../cred/cred.ts';
import { CAP } from '../../uapi/capability.ts';
import { SysError } from '../../uapi/errno.ts';
import { RLIMIT } from '../../uapi/sched.ts';
import { file, targetOf } from './node.ts';

const rows: readonly (readonly [label: string, resource: number, unit: string])[] = [
  ['Max cpu time', RLIMIT.CPU, 'seconds'], ['Max file size', RLIMIT.FSIZE, 'bytes'], ['Max data size', RLIMIT.DATA, 'bytes'],
  ['Max stack size', RLIMIT.STACK, 'bytes'], ['Max core file size', RLIMIT.CORE, 'bytes'],
  ['Max resident set', RLIMIT.RSS, 'bytes'], ['Max processes', RLIMIT.NPROC, 'processes'],
  ['Max open files', RLIMIT.NOFILE, 'files'], ['Max locked memory', RLIMIT.MEMLOCK, 'bytes'],
  ['Max address space', RLIMIT.AS, 'bytes'], ['Max file locks', RLIMIT.LOCKS, 'locks'],
  ['Max pending signals', RLIMIT.SIGPENDING, 'signals'], ['Max msgqueue size', RLIMIT.MSGQUEUE, 'bytes'],
  ['Max nice priority', RLIMIT.NICE, ''], ['Max realtime priority', RLIMIT.RTPRIO, ''],
  ['Max realtime timeout', RLIMIT.RTTIME, 'us'],
];

const value = (n: number): string => (Number.isFinite(n) ? `${n}` : 'unlimited');

export const limits = file((_reader, at) => {
  const line = (a: string, b: string, c: string, d: string): string =>
    `${a.padEnd(25)} ${b.padEnd(20)} ${c.padEnd(20)} ${d.padEnd(10)}\n`;
  const { rlimits } = targetOf(at);
  return line('Limit', 'Soft Limit', 'Hard Limit', 'Units') + rows.map(([label, resource, unit]) =>
    line(label, value(rlimits[resource]!.cur), value(rlimits[resource]!.max), unit)).join('');
});

export const oomScore = file((_reader, at) => `${Math.max(0, 666 + Math.round(targetOf(at).oomScoreAdj / 1.5))}\n`);

export const oomScoreAdj = file((_reader, at) => `${targetOf(at).oomScoreAdj}\n`, 0o644, {
  write(writer, at, text) {
    const adj = Number(text.trim());
    if (!/^-?\d+$/.test(text.trim()) || adj < -1000 || adj > 1000) throw new SysError('EINVAL');
    const target = targetOf(at);
    if (adj < target.oomScoreAdj && !capable(writer, CAP.SYS_RESOURCE)) throw new SysError('EACCES');
    target.oomScoreAdj = adj;
  },
});

export const oomAdj = file((_reader, at) => `${Math.trunc((targetOf(at).oomScoreAdj * 17) / 1000)}\n`, 0o644);
