// The kinds of namespaces: their files in /proc/PID/ns, flags of clone(2), and the option letters of unshare and nsenter.

import * as linux from '../sys/linux';

export class Kind {
  constructor(
    public name: string,
    public flag: i32,
    public letter: string,
    public long: string,
  ) {}
}

/** In the order in which nsenter joins them: the user namespace first, since it may give the right to the others. */
export function kinds(): Kind[] {
  return [
    new Kind('user', linux.CLONE_NEWUSER, 'U', 'user'),
    new Kind('cgroup', linux.CLONE_NEWCGROUP, 'C', 'cgroup'),
    new Kind('ipc', linux.CLONE_NEWIPC, 'i', 'ipc'),
    new Kind('uts', linux.CLONE_NEWUTS, 'u', 'uts'),
    new Kind('net', linux.CLONE_NEWNET, 'n', 'net'),
    new Kind('pid', linux.CLONE_NEWPID, 'p', 'pid'),
    new Kind('mnt', linux.CLONE_NEWNS, 'm', 'mount'),
    new Kind('time', linux.CLONE_NEWTIME, 'T', 'time'),
  ];
}
