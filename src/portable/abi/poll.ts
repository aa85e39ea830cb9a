// poll_oneoff: one ppoll(2) over all descriptors, its time-out the earliest of all clocks.

import type {Task} from '../../kernel/proc/task.ts';
import {ByteBuf} from '../../kernel/syscall/buf.ts';
import {guest} from '../../kernel/syscall/marshal.ts';
import {POLL} from '../../kernel/uapi/poll.ts';
import {encode, structs} from '../../kernel/uapi/struct.ts';
import {WASI} from './errno.ts';
import {store32, view, writable} from './memory.ts';
import {preopened} from './preopen.ts';
import {last} from './row.ts';
import {fails} from './stat.ts';

const EVENT = {CLOCK: 0, FD_READ: 1, FD_WRITE: 2} as const;
const EVENT_BYTES = 32;
const HANGUP = 1;
const ABSTIME = 1;
const CLOCK = {REALTIME: 0, MONOTONIC: 1} as const;
/** Subscriptions in one call. */
const SUBSCRIPTIONS_MAX = 65536;

/** Where things are in a subscription; wasi_unstable's clocks have an identifier more. */
const layouts = {
  preview1: {bytes: 48, clock: 16, timeout: 24, flags: 40},
  unstable: {bytes: 56, clock: 24, timeout: 32, flags: 48},
} as const;

interface Subscription {
  userdata: bigint;
  type: number;
  /** Of a clock: absolute, on the monotonic clock. */
  deadlineNs: number;
  /** Known from the start. */
  errno: number;
  /** Place among the pollfds, -1 without one. */
  slot: number;
  ready: boolean;
}

export function pollOneoff(task: Task, r: Int32Array, old: boolean): number {
  const [input, output, count, stored] = [r[0]!, r[1]!, r[2]! >>> 0, r[3]!];
  if (count === 0 || count > SUBSCRIPTIONS_MAX) return WASI.INVAL;
  writable(task, stored, 4);
  writable(task, output, count * EVENT_BYTES);
  const fds: {fd: number; events: number}[] = [];
  const list = subscriptions(task, guest(task, input, count * layoutOf(old).bytes), count, old, fds);
  const pollfds = new Uint8Array(fds.length * structs.pollfd.size);
  fds.forEach(({fd, events}, i) => pollfds.set(encode('pollfd', {fd, events}), i * structs.pollfd.size));
  const timeout = timeoutOf(task, list);
  return last(task, 'ppoll', [new ByteBuf(pollfds), timeout, undefined], (t) => {
    store32(t, stored, writeEvents(t, list, pollfds, output));
    return 0;
  });
}

const layoutOf = (old: boolean) => old ? layouts.unstable : layouts.preview1;

function subscriptions(
  task: Task, bytes: Uint8Array, count: number, old: boolean, fds: {fd: number; events: number}[],
): Subscription[] {
  const layout = layoutOf(old);
  const from = view(bytes);
  const list: Subscription[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * layout.bytes;
    const one: Subscription = {
      userdata: from.getBigUint64(at, true), type: bytes[at + 8]!, deadlineNs: Infinity, errno: 0, slot: -1, ready: false,
    };
    list.push(one);
    if (one.type === EVENT.CLOCK) {
      const id = from.getUint32(at + layout.clock, true);
      const absolute = (from.getUint16(at + layout.flags, true) & ABSTIME) !== 0;
      if (id > CLOCK.MONOTONIC) one.errno = id > 3 ? WASI.INVAL : WASI.NOTSUP;
      else one.deadlineNs = deadline(task, id, from.getBigUint64(at + layout.timeout, true), absolute);
    } else if (one.type === EVENT.FD_READ || one.type === EVENT.FD_WRITE) {
      const fd = from.getInt32(at + 16, true);
      if (preopened(task, fd) !== undefined) {
        one.ready = true;
      } else if (task.files.peek(fd) === undefined) {
        one.errno = WASI.BADF;
      } else {
        one.slot = fds.push({fd, events: one.type === EVENT.FD_READ ? POLL.IN : POLL.OUT}) - 1;
      }
    } else {
      fails('EINVAL');
    }
  }
  return list;
}

function deadline(task: Task, id: number, timeout: bigint, absolute: boolean): number {
  const {clock} = task.kernel;
  const now = clock.monotonicNs();
  if (!absolute) return now + Number(timeout);
  if (id === CLOCK.MONOTONIC) return Number(timeout);
  const {sec, nsec} = clock.realtime();
  return now + Number(timeout - (BigInt(sec) * 1_000_000_000n + BigInt(nsec)));
}

/** What is known already is not waited for. */
function timeoutOf(task: Task, list: readonly Subscription[]): ByteBuf | undefined {
  const known = list.some((one) => one.errno !== 0 || one.ready);
  const earliest = list.reduce((least, one) => Math.min(least, one.deadlineNs), Infinity);
  if (!known && earliest === Infinity) return undefined;
  const ns = known ? 0 : Math.max(0, earliest - task.kernel.clock.monotonicNs());
  return new ByteBuf(encode('timespec', {tv_sec: Math.floor(ns / 1e9), tv_nsec: Math.floor(ns % 1e9)}));
}

/** Writes an event for each subscription that has something to say: their number. */
function writeEvents(task: Task, list: readonly Subscription[], pollfds: Uint8Array, output: number): number {
  const polled = view(pollfds);
  const now = task.kernel.clock.monotonicNs();
  const revents = (one: Subscription) => one.slot < 0 ? 0 : polled.getInt16(one.slot * structs.pollfd.size + 6, true);
  let due = list.filter((one) => one.errno !== 0 || one.ready || revents(one) !== 0 || one.deadlineNs <= now);
  if (due.length === 0) {
    // The time-out has passed by the kernel's clock, rounded: it was the earliest deadline's.
    const earliest = Math.min(...list.map((one) => one.deadlineNs));
    due = list.filter((one) => one.deadlineNs === earliest);
  }
  const out = view(guest(task, output, due.length * EVENT_BYTES));
  due.forEach((one, i) => {
    const at = i * EVENT_BYTES;
    const events = revents(one);
    for (let k = 0; k < EVENT_BYTES; k += 8) out.setBigUint64(at + k, 0n, true);
    out.setBigUint64(at, one.userdata, true);
    out.setUint16(at + 8, one.errno || (events & POLL.NVAL ? WASI.BADF : events & POLL.ERR ? WASI.IO : 0), true);
    out.setUint8(at + 10, one.type);
    if (one.type === EVENT.CLOCK) return;
    const data = one.ready || (events & (POLL.IN | POLL.OUT)) !== 0;
    out.setBigUint64(at + 16, data ? 1n : 0n, true);
    out.setUint16(at + 24, events & POLL.HUP ? HANGUP : 0, true);
  });
  return due.length;
}
