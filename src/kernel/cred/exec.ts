// What execve(2) does to credentials: setuid and setgid bits, and the transformation of capabilities
// (capabilities(7), "Transformation of capabilities during execve()"). Files carry no capabilities of their own.

import type { Task } from '../proc/task.ts';
import { andCaps, noCaps, orCaps } from '../uapi/capability.ts';
import { S } from '../uapi/fcntl.ts';
import { type Cred, SECBIT } from './cred.ts';

/** The file as exec sees it; `nosuid` where the mount or the user namespace takes its bits away. */
export interface ExecFile {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nosuid: boolean;
}

export interface ExecCred {
  readonly cred: Cred;
  /** Ids or rights were raised: the task is not dumpable, and its death signal is cleared. */
  readonly secure: boolean;
}

export function execCred(task: Task, file: ExecFile): ExecCred {
  const old = task.cred;
  let { euid, egid } = old;
  if (!file.nosuid && !old.noNewPrivs) {
    if ((file.mode & S.ISUID) !== 0) euid = file.uid;
    if ((file.mode & (S.ISGID | 0o010)) === (S.ISGID | 0o010)) egid = file.gid;
  }
  const raised = euid !== old.euid || egid !== old.egid;
  const root = task.nsproxy.user.uidOut(0);
  let ambient = raised ? noCaps : old.ambient;
  // F(permitted), F(inheritable) and F(effective) of a file without capabilities are empty, but root's are full.
  const rootful = (old.securebits & SECBIT.NOROOT) === 0;
  const full = rootful && (old.uid === root || euid === root);
  if (full && euid !== old.euid) ambient = noCaps;
  let permitted = orCaps(full ? orCaps(old.inheritable, old.bounding) : noCaps, ambient);
  if (old.noNewPrivs) permitted = andCaps(permitted, old.permitted);
  const effective = rootful && euid === root ? permitted : ambient;
  const cred: Cred = {
    ...old, euid, suid: euid, fsuid: euid, egid, sgid: egid, fsgid: egid, ambient, permitted, effective,
    securebits: old.securebits & ~SECBIT.KEEP_CAPS,
  };
  return { cred, secure: raised };
}
