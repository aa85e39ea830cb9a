// /proc/PID: the table of a process's files.

import { type Path, pathName } from '../path.ts';
import type { Task } from '../../proc/task.ts';
import { SysError } from '../../uapi/errno.ts';
import { requireRead } from './access.ts';
import { fdDir, fdinfoDir } from './fd.ts';
import { gidMap, projidMap, setgroups, uidMap } from './idmap.ts';
import { limits, oomAdj, oomScore, oomScoreAdj } from './limit.ts';
import { mountinfo, mounts, mountstats } from './mounts.ts';
import { netDir } from './net.ts';
import { type Context, type DirNode, dir, file, link, type LinkNode, type Table, targetOf, text } from './node.ts';
import { nsDir } from './nsdir.ts';
import { stat, statm } from './stat.ts';
import { status } from './status.ts';
import { timensOffsets } from './timens.ts';

/** A magic link to a place of the process: its program, directory or root. */
function place(of: (target: Task) => Path | undefined): LinkNode {
  const find = (reader: Task, at: Context): Path => {
    const target = targetOf(at);
    requireRead(reader, target);
    const path = of(target);
    if (path === undefined) throw new SysError('ENOENT');
    return path;
  };
  return link((reader, at) => pathName(find(reader, at), reader.fs.root), find);
}

const nulTerminated = (list: readonly string[]): string => list.map((s) => `${s}\0`).join('');

const table: Table = {
  cgroup: file((reader, at) => `0::${targetOf(at).cgroup.pathFrom(reader.nsproxy.cgroup.root)}\n`),
  cmdline: file((_, at) => nulTerminated(targetOf(at).mm?.argv ?? [])),
  comm: file((_, at) => `${targetOf(at).comm}\n`, 0o644, {
    write(writer, at, name) {
      const target = targetOf(at);
      if (writer !== target) throw new SysError('EINVAL');
      target.comm = name.replace(/\n.*$/s, '').slice(0, 15);
    },
  }),
  cwd: place((target) => (target.alive ? target.fs.cwd : undefined)),
  environ: file((reader, at) => {
    const target = targetOf(at);
    requireRead(reader, target);
    return nulTerminated(target.mm?.envp ?? []);
  }, 0o400),
  exe: place((target) => target.mm?.exe),
  fd: fdDir,
  fdinfo: fdinfoDir,
  gid_map: gidMap,
  io: file(() => 'rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n', 0o400),
  limits,
  loginuid: file(() => '4294967295', 0o644),
  maps: text(''),
  mountinfo,
  mounts,
  mountstats,
  net: netDir,
  ns: nsDir,
  oom_adj: oomAdj,
  oom_score: oomScore,
  oom_score_adj: oomScoreAdj,
  personality: file(() => '00000000\n', 0o400),
  projid_map: projidMap,
  root: place((target) => (target.alive ? target.fs.root : undefined)),
  sessionid: text('4294967295'),
  setgroups,
  smaps: text(''),
  stat,
  statm,
  status,
  timens_offsets: timensOffsets,
  uid_map: uidMap,
  wchan: text('0'),
};

/** A thread has the files of its process, and there is one: the process itself. */
const threadDir: DirNode = dir(table);

const taskDir: DirNode = {
  ...dir({}),
  lookup: (_reader, at, name) => {
    const target = targetOf(at);
    const number = target.pid.in(at.sb.pidNs);
    return name === `${number}` ? { node: threadDir, context: at, ino: 4096 + target.serial + 2 ** 32 } : undefined;
  },
  names: (_reader, at) => [`${targetOf(at).pid.in(at.sb.pidNs)}`],
};

export const processDir: DirNode = dir({ task: taskDir, ...table });

