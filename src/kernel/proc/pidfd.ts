// Pidfds (pidfd_open(2)): an open file that means one process, readable when it has exited.

import { AnonInode } from '../fs/anon.ts';
import { OpenFile } from '../fs/file.ts';
import type { WaitQueue } from '../sched/block.ts';
import { O, S } from '../uapi/fcntl.ts';
import { POLL } from '../uapi/poll.ts';
import type { Task } from './task.ts';

export class PidFile extends OpenFile {
  readonly task: Task;

  constructor(opener: Task, task: Task, flags: number) {
    const { anon } = task.kernel.vfs;
    super(new AnonInode(anon, anon.nextIno(), S.IFREG | 0o600, opener.cred), undefined, O.RDWR | flags);
    this.task = task;
  }

  override poll(): number {
    return this.task.alive ? 0 : POLL.IN | POLL.RDNORM;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.task.exitWait];
  }

  override describe(): string {
    return 'anon_inode:[pidfd]';
  }

  override fdinfo(viewer: Task): string {
    const reaped = this.task.state === 'X';
    const numbers = this.task.pid.numbers.slice(viewer.pid.ns.level);
    return `Pid:\t${reaped ? -1 : this.task.pid.in(viewer.pid.ns)}\nNSpid:\t${reaped ? -1 : numbers.join('\t')}\n`;
  }
}
