// ppoll(2), over what open files say of themselves.

import type { OpenFile } from '../fs/file.ts';
import type { Task } from '../proc/task.ts';
import { block, type Block, type WaitQueue } from '../sched/block.ts';
import { recalc } from '../signal/send.ts';
import { SysError } from '../uapi/errno.ts';
import { POLL } from '../uapi/poll.ts';
import { RLIMIT } from '../uapi/sched.ts';
import { minus, setOf, SIG } from '../uapi/signal.ts';
import { structs } from '../uapi/struct.ts';
import type { Buf } from './buf.ts';
import { full, norestart, type Rows } from './table.ts';
import { deadlineOf } from './time.ts';

/** Reported whether they were asked for or not. */
const ALWAYS = POLL.ERR | POLL.HUP | POLL.NVAL;
const unblockable = setOf(SIG.KILL, SIG.STOP);

function ppoll(task: Task, fds: Buf, tmo: Buf | undefined, sigmask: Buf | undefined): number | Block {
  const { call, kernel } = task;
  const { size } = structs.pollfd;
  const count = fds.length / size;
  if (count > task.rlimits[RLIMIT.NOFILE]!.cur) throw new SysError('EINVAL', 'ppoll');
  if (Number.isNaN(call.deadlineNs) && sigmask !== undefined) swapMask(task, sigmask);
  const deadlineNs = deadlineOf(task, tmo);
  const view = viewOf(fds);
  const queues: WaitQueue[] = [];
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const at = i * size;
    const fd = view.getInt32(at, true);
    const wanted = view.getInt16(at + 4, true) | ALWAYS;
    const file = fd < 0 ? undefined : task.files.peek(fd);
    const events = fd < 0 ? 0 : file === undefined || file.isPath ? POLL.NVAL : eventsOf(task, file, queues) & wanted;
    fds.write(at + 6, new Uint8Array([events & 0xff, events >> 8]));
    if (events !== 0) ready++;
  }
  if (ready === 0 && kernel.clock.monotonicNs() < deadlineNs) return block(queues, deadlineNs);
  if (task.savedMask !== undefined) {
    task.blocked = task.savedMask;
    task.savedMask = undefined;
    recalc(task);
  }
  return ready;
}

function eventsOf(task: Task, file: OpenFile, queues: WaitQueue[]): number {
  queues.push(...file.queues);
  return file.poll(task);
}

/** The mask for the time of the call; a handler that ends it puts the old one back. */
function swapMask(task: Task, sigmask: Buf): void {
  const view = new DataView(sigmask.read(0, 8).slice().buffer);
  task.savedMask = task.blocked;
  task.blocked = minus({ lo: view.getInt32(0, true), hi: view.getInt32(4, true) }, unblockable);
  recalc(task);
}

function viewOf(buf: Buf): DataView {
  const bytes = buf.read(0, buf.length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export const rows = { ppoll: norestart(full(ppoll)) } satisfies Rows;
