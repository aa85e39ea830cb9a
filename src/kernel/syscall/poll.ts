// ppoll(2): waiting on several descriptors.

import type { Task } from '../proc/task.ts';
import { type Block, block, type WaitQueue } from '../sched/block.ts';
import { recalc } from '../signal/send.ts';
import { SysError } from '../uapi/errno.ts';
import { POLL } from '../uapi/poll.ts';
import { RLIMIT } from '../uapi/sched.ts';
import type { Buf } from './buf.ts';
import { readSet, setMask } from './signal.ts';
import { norestart, partial, type Rows } from './table.ts';
import { deadlineOf } from './time.ts';

/** Bytes of struct pollfd: fd at 0, events at 4, revents at 6. */
const POLLFD = 8;
const ALWAYS = POLL.ERR | POLL.HUP;

function ppoll(task: Task, fds: Buf, tmo: Buf | undefined, sigmask: Buf | undefined): number | Block {
  const { call } = task;
  const count = fds.length / POLLFD;
  if (count > task.rlimits[RLIMIT.NOFILE]!.cur) throw new SysError('EINVAL', 'ppoll');
  const deadlineNs = deadlineOf(task, tmo);
  if (sigmask !== undefined && call.state === undefined) {
    call.state = 'masked';
    task.savedMask = task.blocked;
    setMask(task, readSet(sigmask));
  }
  const bytes = fds.read(0, fds.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ready = new Int16Array(count);
  const queues: WaitQueue[] = [];
  let found = 0;
  for (let i = 0; i < count; i++) {
    const fd = view.getInt32(i * POLLFD, true);
    if (fd < 0) continue;
    const file = task.files.peek(fd);
    if (file === undefined || file.isPath) ready[i] = POLL.NVAL;
    else {
      ready[i] = file.poll(task) & (view.getInt16(i * POLLFD + 4, true) | ALWAYS);
      if (found === 0) queues.push(...file.queues);
    }
    if (ready[i] !== 0) found++;
  }
  if (found === 0 && task.kernel.clock.monotonicNs() < deadlineNs) return block(queues, deadlineNs);
  const revents = new Uint8Array(2);
  for (let i = 0; i < count; i++) {
    revents[0] = ready[i]! & 0xff;
    revents[1] = (ready[i]! >> 8) & 0xff;
    fds.write(i * POLLFD + 6, revents);
  }
  if (call.state === 'masked') {
    // No handler has run: the mask comes back by itself.
    task.blocked = task.savedMask!;
    task.savedMask = undefined;
    recalc(task);
  }
  return found;
}

export const rows = {
  ppoll: norestart(partial(ppoll, 'the remaining time is not written back')),
} satisfies Rows;
