// /proc/PID/timens_offsets (time_namespaces(7)): offsets of the namespace that the process's children will be in.

import { capable } from '../../cred/cred.ts';
import { NS_PER_SEC } from '../../sched/clock.ts';
import { CAP } from '../../uapi/capability.ts';
import { SysError } from '../../uapi/errno.ts';
import { file, targetOf } from './node.ts';

const line = (name: string, ns: number): string => {
  const sec = Math.floor(ns / NS_PER_SEC);
  return `${name.padEnd(10)} ${`${sec}`.padStart(10)} ${`${ns - sec * NS_PER_SEC}`.padStart(9)}\n`;
};

export const timensOffsets = file((_reader, at) => {
  const ns = targetOf(at).nsproxy.timeForChildren;
  return line('monotonic', ns.monotonicNs) + line('boottime', ns.boottimeNs);
}, 0o644, {
  write(writer, at, text) {
    const ns = targetOf(at).nsproxy.timeForChildren;
    if (!capable(writer, CAP.SYS_TIME, ns.owner)) throw new SysError('EPERM');
    if (ns.frozen) throw new SysError('EACCES');
    for (const entry of text.split('\n').filter((s) => s.trim() !== '')) {
      const m = /^\s*(monotonic|boottime|1|7)\s+(-?\d+)\s+(\d+)\s*$/.exec(entry);
      if (m === null || Number(m[3]) >= NS_PER_SEC) throw new SysError('EINVAL');
      const offset = Number(m[2]) * NS_PER_SEC + Number(m[3]);
      if (writer.kernel.clock.monotonicNs() + offset < 0) throw new SysError('ERANGE');
      if (m[1] === 'monotonic' || m[1] === '1') ns.monotonicNs = offset;
      else ns.boottimeNs = offset;
    }
  },
});
