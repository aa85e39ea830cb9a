// Files of a container, for the runtime: a task without CPU is born into the container's namespaces, makes the calls as
// root there, and disappears. Nothing that it resolves can lead outside.

import { fromBytes, text, utf8 } from '../kernel/bytes.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { joinNamespaces } from '../kernel/ns/kind.ts';
import { cloneTask } from '../kernel/proc/clone.ts';
import { discardTask } from '../kernel/proc/exit.ts';
import type { Task } from '../kernel/proc/task.ts';
import type { CallName, Fn } from '../kernel/syscall/abi.ts';
import { ByteBuf, scratch } from '../kernel/syscall/buf.ts';
import { issue } from '../kernel/syscall/dispatch.ts';
import { errnoName, SysError } from '../kernel/uapi/errno.ts';
import { AT, O } from '../kernel/uapi/fcntl.ts';
import { SIG } from '../kernel/uapi/signal.ts';
import { decode, structs } from '../kernel/uapi/struct.ts';
import type { FsAnswer, FsCall } from '../wire.ts';

type Args<N extends CallName> = Parameters<Fn<N>> extends [Task, ...infer A] ? A : never;

const pieceBytes = 256 * 1024;

export function visit(kernel: Kernel, target: Task, call: FsCall): FsAnswer {
  const task = cloneTask(kernel.init, SIG.CHLD);
  try {
    joinNamespaces(task, [target.nsproxy.mnt]);
    return answer(task, call);
  } finally {
    discardTask(task);
  }
}

function answer(task: Task, call: FsCall): FsAnswer {
  const path = utf8(call.path);
  switch (call.op) {
    case 'readFile': return { data: readFile(task, path) };
    case 'writeFile': {
      const fd = sys(task, 'openat', AT.FDCWD, path, O.WRONLY | O.CREAT | O.TRUNC | O.CLOEXEC, call.mode);
      for (let at = 0; at < call.data.length;) {
        at += sys(task, 'write', fd, new ByteBuf(call.data.subarray(at, at + pieceBytes)));
      }
      // The mode asked for, whatever the umask.
      sys(task, 'fchmod', fd, call.mode);
      return {};
    }
    case 'readdir': return { names: readdir(task, path) };
    case 'mkdir': sys(task, 'mkdirat', AT.FDCWD, path, call.mode); return {};
    case 'unlink': sys(task, 'unlinkat', AT.FDCWD, path, 0); return {};
    case 'stat': return { stat: stat(task, path) };
  }
}

function readFile(task: Task, path: string): Uint8Array {
  const fd = sys(task, 'openat', AT.FDCWD, path, O.RDONLY | O.CLOEXEC, 0);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const piece = scratch(pieceBytes);
    const n = sys(task, 'read', fd, piece);
    if (n === 0) break;
    parts.push(piece.bytes.subarray(0, n));
    length += n;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function readdir(task: Task, path: string): string[] {
  const fd = sys(task, 'openat', AT.FDCWD, path, O.RDONLY | O.DIRECTORY | O.CLOEXEC, 0);
  const names: string[] = [];
  for (;;) {
    const page = scratch(32768);
    const n = sys(task, 'getdents64', fd, page);
    if (n === 0) return names;
    for (let at = 0; at < n;) {
      const record = page.bytes.subarray(at, n);
      const { d_reclen: length = 0 } = decode('dirent64', record);
      const nameEnd = record.indexOf(0, 19);
      const name = text(fromBytes(record.subarray(19, nameEnd)));
      if (name !== '.' && name !== '..') names.push(name);
      at += length;
    }
  }
}

function stat(task: Task, path: string): NonNullable<FsAnswer['stat']> {
  const buf = scratch(structs.stat.size);
  sys(task, 'newfstatat', AT.FDCWD, path, buf, AT.SYMLINK_NOFOLLOW);
  const { st_mode: mode = 0, st_size: size = 0, st_uid: uid = 0, st_gid: gid = 0, st_mtime = 0, st_mtime_nsec = 0 } =
    decode('stat', buf.bytes);
  return { mode, size, uid, gid, mtimeMs: st_mtime * 1000 + st_mtime_nsec / 1e6 };
}

/** A call that never waits: files and directories only. */
function sys<N extends CallName>(task: Task, name: N, ...args: Args<N>): number {
  const result = issue(task, name, args as never);
  if (result >= 0) return result;
  const path = args.find((arg) => typeof arg === 'string');
  throw new SysError(errnoName(-result) ?? 'EAGAIN', name, path === undefined ? undefined : text(path as string));
}
