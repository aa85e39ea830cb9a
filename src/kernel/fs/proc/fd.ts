// /proc/PID/fd and fdinfo (proc_pid_fd(5)).

import type { OpenFile } from '../file.ts';
import { type Path, pathName } from '../path.ts';
import type { Task } from '../../proc/task.ts';
import { SysError } from '../../uapi/errno.ts';
import { O } from '../../uapi/fcntl.ts';
import { requireRead } from './access.ts';
import { type Context, type DirNode, file, type Found, type Node, targetOf } from './node.ts';

function fileOf(at: Context, fd: number): OpenFile {
  const target = targetOf(at);
  const open = target.alive ? target.files.peek(fd) : undefined;
  if (open === undefined) throw new SysError('ENOENT');
  return open;
}

/** A directory with an entry for each descriptor of the process. */
function directory(make: (fd: number) => Node, offset: number): DirNode {
  return {
    kind: 'dir', mode: 0o500,
    lookup(reader: Task, at: Context, name: string): Found | undefined {
      const target = targetOf(at);
      requireRead(reader, target);
      if (!/^(0|[1-9]\d*)$/.test(name) || !target.alive || target.files.peek(Number(name)) === undefined) return undefined;
      const fd = Number(name);
      return { node: make(fd), context: at, ino: 2 ** 40 + target.serial * 2 ** 21 + fd * 2 + offset };
    },
    names(reader: Task, at: Context): string[] {
      const target = targetOf(at);
      requireRead(reader, target);
      return target.alive ? [...target.files.numbers()].map(String) : [];
    },
  };
}

export const fdDir = directory((fd) => ({
  kind: 'link',
  mode: (at) => {
    const open = fileOf(at, fd);
    return 0o100 | (open.readable ? 0o400 : 0) | (open.writable ? 0o200 : 0);
  },
  readlink: (reader, at) => {
    const open = fileOf(at, fd);
    return open.path === undefined ? open.describe() : pathName(open.path, reader.fs.root);
  },
  jump: (_reader, at): Path => {
    const open = fileOf(at, fd);
    return open.path ?? open.inode.sb.kernel.vfs.anonymousPath(open);
  },
}), 0);

export const fdinfoDir = directory((fd) => file((reader, at) => {
  const open = fileOf(at, fd);
  const cloexec = targetOf(at).files.cloexec(fd) ? O.CLOEXEC : 0;
  return `pos:\t${open.pos}\nflags:\t0${(open.flags | cloexec).toString(8)}\nmnt_id:\t${open.path?.mount.id ?? 0}\n` +
    `ino:\t${open.inode.ino}\n${open.fdinfo(reader)}`;
}, 0o400), 1);
