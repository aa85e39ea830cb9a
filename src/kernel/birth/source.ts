// What a container is given from outside its root, as detached mounts: a template, a host directory, a single host
// file.

import { utf8 } from '../bytes.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { AT, O } from '../uapi/fcntl.ts';
import { FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, MNT, MOVE_MOUNT, OPEN_TREE } from '../uapi/mount.ts';
import { type Calls, sys, type Wanted } from './step.ts';

export interface Detached {
  readonly type: string;
  readonly source: string;
  readonly attributes: number;
  readonly template: string | undefined;
}

/** A descriptor of task 1 for it. */
export function* detachedMount(task: Task, what: Detached): Generator<Wanted, number, number> {
  try {
    return yield* detached(task, what);
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== 'ENOTDIR' || what.type !== 'hostfs') throw error;
  }
  // A file: its directory is mounted where only task 1 sees it, for as long as it takes to bind the file alone.
  const [dir, name] = splitHostPath(what.source);
  const fd = yield* detached(task, { ...what, source: dir });
  yield* sys(task, 'move_mount', fd, '', AT.FDCWD, '/mnt', MOVE_MOUNT.F_EMPTY_PATH);
  task.files.close(task, fd);
  try {
    return yield* sys(task, 'open_tree', AT.FDCWD, `/mnt/${utf8(name)}`, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC);
  } finally {
    yield* sys(task, 'umount2', '/mnt', MNT.DETACH);
  }
}

function* detached(task: Task, { type, source, attributes, template }: Detached): Generator<Wanted, number, number> {
  const fs = yield* sys(task, 'fsopen', type, FSOPEN_CLOEXEC);
  try {
    yield* sys(task, 'fsconfig', fs, FSCONFIG.SET_STRING, 'source', utf8(source), 0);
    if (template !== undefined) yield* sys(task, 'fsconfig', fs, FSCONFIG.SET_STRING, 'template', template, 0);
    yield* sys(task, 'fsconfig', fs, FSCONFIG.CMD_CREATE, undefined, undefined, 0);
    return yield* sys(task, 'fsmount', fs, FSMOUNT_CLOEXEC, attributes);
  } finally {
    task.files.close(task, fs);
  }
}

/** Directory and name, with either system's separators. */
function splitHostPath(path: string): [string, string] {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return at < 0 ? ['.', path] : [path.slice(0, at + 1), path.slice(at + 1)];
}

/** A file can be mounted on a file only: the empty directory that stands ready becomes one. */
export function* asFile(task: Task, path: string): Calls {
  yield* sys(task, 'unlinkat', AT.FDCWD, path, AT.REMOVEDIR);
  yield* sys(task, 'close', yield* sys(task, 'openat', AT.FDCWD, path, O.WRONLY | O.CREAT | O.CLOEXEC, 0o644));
}
