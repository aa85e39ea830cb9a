// The root of procfs: the machine's files, the sysctl tree, and a directory for each process that the mount's PID
// namespace sees.

import type { Task } from '../../proc/task.ts';
import { SysError } from '../../uapi/errno.ts';
import { machineFiles } from './machine.ts';
import { type Context, type DirNode, dir, link, type LinkNode } from './node.ts';
import { processDir } from './process.ts';
import { sysctl } from './sysctl.ts';

/** The reader's own number as this mount has it; ENOENT where it does not see the reader. */
function selfNumber(reader: Task, at: Context): number {
  const number = reader.pid.in(at.sb.pidNs);
  if (number === 0) throw new SysError('ENOENT');
  return number;
}

const selfLink = (below: string): LinkNode => link(() => below);

export const rootDir: DirNode = {
  ...dir({
    self: link((reader, at) => `${selfNumber(reader, at)}`),
    'thread-self': link((reader, at) => {
      const number = selfNumber(reader, at);
      return `${number}/task/${number}`;
    }),
    mounts: selfLink('self/mounts'),
    net: selfLink('self/net'),
    ...machineFiles,
    sys: sysctl,
  }),
  lookup(_reader, at, name) {
    const target = /^[1-9]\d{0,9}$/.test(name) ? at.sb.pidNs.task(Number(name)) : undefined;
    if (target === undefined) return undefined;
    return { node: processDir, context: { sb: at.sb, target }, ino: 4096 + target.serial };
  },
  names: (_reader, at) => at.sb.pidNs.tasks().map((task) => `${task.pid.in(at.sb.pidNs)}`),
};
