// Running another program: execvp(3), and spawning one with PATH searched.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from './out';
import * as proc from '../sys/proc';
import { envList, getenv } from '../sys/env';

/** The places where a command may be: itself with a slash, else each directory of PATH. */
function candidates(name: string): string[] {
  if (name.indexOf('/') >= 0) return [name];
  const path = getenv('PATH');
  const dirs = (path === null ? '/sbin:/usr/sbin:/bin:/usr/bin' : path).split(':');
  const list: string[] = [];
  for (let i = 0; i < dirs.length; i++) list.push(dirs[i].length ? dirs[i] + '/' + name : name);
  return list;
}

/** execvp(3): the error if it fails. A file that is no program is run by sh. */
export function execvp(argv: string[], env: string[]): i32 {
  out.flush();
  const list = candidates(argv[0]);
  let error = -linux.ENOENT;
  for (let i = 0; i < list.length; i++) {
    const r = proc.execve(list[i], argv, env);
    if (r == -linux.ENOEXEC) return proc.execve('/bin/sh', ['sh', list[i]].concat(argv.slice(1)), env);
    if (r != -linux.ENOENT && r != -linux.ENOTDIR) error = r;
    if (r == -linux.E2BIG) break;
  }
  return error;
}

/** Exec with busybox's message and status when it cannot: 127 not found, 126 else. */
export function execOrDie(argv: string[]): i32 {
  const r = execvp(argv, envList());
  out.perror("can't execute '" + argv[0] + "'", r);
  return r == -linux.ENOENT ? 127 : 126;
}

/** Spawn a command found in PATH; its number or the error. */
export function spawnvp(argv: string[], actions: proc.Actions | null = null, attr: proc.Attr | null = null): i32 {
  out.flush();
  const list = candidates(argv[0]);
  const env = envList();
  for (let i = 0; i < list.length; i++) {
    if (list.length > 1 && fs.access(list[i], linux.X_OK) < 0) continue;
    const r = proc.spawn(list[i], argv, env, actions, attr);
    if (r == -linux.ENOEXEC) return proc.spawn('/bin/sh', ['sh', list[i]].concat(argv.slice(1)), env, null, attr);
    return r;
  }
  return -linux.ENOENT;
}
