// A plan as the bytes that the helper reads: a header, then one record a step, little endian and 8-aligned. Slots become
// numbers, names of flags become bits, and what cannot be said exactly is refused here, before anything is made.

import { SpecError, TwinboxError } from '../errno.ts';
import { CAP } from '../kernel/uapi/capability.ts';
import { Errno } from '../kernel/uapi/errno.ts';
import { AT, S } from '../kernel/uapi/fcntl.ts';
import { MNT, MOUNT_ATTR, MS, OPEN_TREE, UMOUNT_NOFOLLOW } from '../kernel/uapi/mount.ts';
import { CLONE, RLIMIT } from '../kernel/uapi/sched.ts';
import { SIG } from '../kernel/uapi/signal.ts';
import type { NamespaceType, Plan, Slot, Step } from '../kernel/uapi/step.ts';
import { prepaid } from '../plan/prepaid.ts';
import { printStep } from '../plan/print.ts';
import { fnv64 } from './hash.ts';
import { type AnyOps, type AnyStep, type Encoded, type OpRow, type Visit, firstSlot, fixedSlots, ops } from './ops.ts';
import { Unwritable, Writer } from './writer.ts';

export interface EncodedPlan {
  readonly bytes: Uint8Array;
  readonly plan: Plan | Visit;
  /** The plan's step of each encoded one: steps that this kernel leaves out are not encoded. */
  readonly stepOf: readonly number[];
  /** What descriptors 0 to 2 begin as: 0 null, 1 pipe, 2 log, 3 inherit. */
  readonly stdio: readonly number[];
  /** It has a terminal of its own instead. */
  readonly terminal: boolean;
  /** Children that have made the same first steps are interchangeable; 0n: this plan is never begun in advance. */
  readonly poolKey: bigint;
}

const magic = 0x58425754;
const version = 1;
const headerBytes = 64;
const kinds: Readonly<Record<string, number>> = { create: 1, exec: 2, update: 3, visit: 4 };
const types = { c: S.IFCHR, b: S.IFBLK, p: S.IFIFO } as const;
const credentialModes = { numbers: 0, name: 1 } as const;
const fixed = new Map(Object.entries(fixedSlots));
const noSlot = 0xffff;

const namespaces: Readonly<Record<NamespaceType, number>> = {
  mount: CLONE.NEWNS, pid: CLONE.NEWPID, uts: CLONE.NEWUTS, ipc: CLONE.NEWIPC, network: CLONE.NEWNET, user: CLONE.NEWUSER,
  cgroup: CLONE.NEWCGROUP, time: CLONE.NEWTIME,
};

type Table = ReadonlyMap<string, number>;
const table = (names: Readonly<Record<string, number>>): Table => new Map(Object.entries(names));
const mounts = table(MS);
const attributes = table({ ...MOUNT_ATTR, NOSYMFOLLOW: 0x200000, RELATIME: 0 });
const trees = table({ ...OPEN_TREE, REC: AT.RECURSIVE });
const umounts = table({ ...MNT, NOFOLLOW: UMOUNT_NOFOLLOW });
const clones = table({ ...CLONE, SIGCHLD: 0 });
const filters = table({ TSYNC: 1, LOG: 2, SPEC_ALLOW: 4, NEW_LISTENER: 8, TSYNC_ESRCH: 16, WAIT_KILLABLE_RECV: 32 });
const capabilities = table(CAP);
const limits = table(RLIMIT);
const signals = table(SIG);
const stdios = table({ null: 0, pipe: 1, log: 2, inherit: 3 });
const fileVerbs = table({ read: 1, write: 2, readdir: 3, mkdir: 4, unlink: 5, stat: 6 });

/** One plan being written: the buffer, and the slots that have been named so far. */
class Encoding extends Writer {
  readonly #slots = new Map<string, number>();
  next = firstSlot;

  begin(): void {
    this.reset(headerBytes);
    this.#slots.clear();
    this.next = firstSlot;
  }

  slotOf(name: Slot): number {
    let slot = fixed.get(name) ?? this.#slots.get(name);
    if (slot === undefined) this.#slots.set(name, (slot = this.next++));
    return slot;
  }

  slot(name: Slot | undefined): void {
    this.int(name === undefined ? -1 : this.slotOf(name));
  }

  flags(table: Table, names: readonly string[]): void {
    let bits = 0;
    for (const name of names) bits |= known(table, name, 'flag');
    this.words(bits >>> 0, 0);
  }

  caps(names: readonly string[]): void {
    let [low, high] = [0, 0];
    for (const name of names) {
      const cap = known(capabilities, name, 'capability');
      if (cap < 32) low |= 1 << cap;
      else high |= 1 << (cap - 32);
    }
    this.words(low >>> 0, high);
  }
}

/** The fields of each operation, in the order of its row in ops.ts. */
const fields: { readonly [K in Encoded]: (to: Encoding, args: AnyOps[K]) => void } = {
  cgroup(to, { v2, v1 = [] }) {
    to.str(v2 ?? '');
    to.strs(v1.map((one) => one.controller));
    to.strs(v1.map((one) => one.dir));
  },
  delegate(to, { dir, controllers }) {
    to.str(dir);
    to.str(controllers);
  },
  limit(to, { controller, file, text }) {
    to.str(controller);
    to.str(file);
    to.str(text);
  },
  device_program: (to, { instructions }) => to.bytes(instructions),
  open: (to, { path }) => to.str(path),
  open_tree(to, { path, flags }) {
    to.str(path);
    to.flags(trees, flags);
  },
  fsmount(to, { type, source, flags, data, template }) {
    if (template !== undefined) throw new Unwritable(`the template ${template} is the emulated kernel's`);
    to.str(type);
    to.str(source);
    to.strs(options(data));
    to.flags(attributes, flags);
  },
  stdio: (to, { fds }) => to.ints(fds.map((kind) => known(stdios, kind, 'kind of descriptor'))),
  clone(to, { flags, cgroup, join = [] }) {
    to.flags(clones, flags);
    to.int(cgroup === undefined ? 0 : 1);
    to.ints(join.flatMap(({ from, namespaces: types }) => [to.slotOf(from), types.reduce((bits, type) => bits | namespaces[type], 0)]));
  },
  maps(to, { uid, gid, setgroups, helper }) {
    to.str(lines(uid));
    to.str(lines(gid));
    to.str(setgroups);
    to.int(helper ? 1 : 0);
  },
  sync: nothing,
  park: nothing,
  close_fds: nothing,
  dumpable: (to, { on }) => to.int(on ? 1 : 0),
  pdeathsig: (to, { signal }) => to.int(known(signals, signal.replace(/^SIG/, ''), 'signal')),
  keyring: nothing,
  mount(to, { source, target, type, flags, data }) {
    to.str(source);
    to.str(target);
    to.str(type);
    to.flags(mounts, flags);
    to.strs(options(data));
  },
  move_mount(to, { from, target }) {
    to.slot(from);
    to.str(target);
  },
  mask(to, { path, null: cover }) {
    to.str(path);
    to.slot(cover);
  },
  readonly: (to, { path }) => to.str(path),
  mkdirs(to, { path, mode, file }) {
    to.str(path);
    to.int(mode);
    to.int(file ? 1 : 0);
  },
  mknod(to, { path, type, major, minor, mode, uid, gid }) {
    to.str(path);
    for (const number of [types[type], major, minor, mode, uid, gid]) to.int(number);
  },
  symlink(to, { target, path }) {
    to.str(target);
    to.str(path);
  },
  chdir: (to, { path }) => to.str(path),
  pivot_root: nothing,
  umount(to, { path, flags }) {
    to.str(path);
    to.flags(umounts, flags);
  },
  unshare: (to, { flags }) => to.flags(clones, flags),
  setns(to, { path, flags }) {
    to.str(path);
    to.flags(clones, flags);
  },
  sethostname: (to, { name }) => to.str(name),
  setdomainname: (to, { name }) => to.str(name),
  write(to, { path, text }) {
    to.str(path);
    to.str(text);
  },
  setsid: nothing,
  console(to, { columns, rows, bind }) {
    to.int(columns);
    to.int(rows);
    to.int(bind ? 1 : 0);
  },
  prlimit(to, { type, soft, hard }) {
    to.int(known(limits, type, 'limit'));
    to.int(soft);
    to.int(hard);
  },
  bounding: (to, { keep }) => to.caps(keep),
  keepcaps: (to, { on }) => to.int(on ? 1 : 0),
  credentials(to, { user }) {
    to.int(user.username === undefined ? credentialModes.numbers : credentialModes.name);
    to.int(user.uid ?? 0);
    to.int(user.gid ?? 0);
    to.ints(user.additionalGids ?? []);
    to.str(user.username ?? '');
  },
  capset(to, { effective, permitted, inheritable }) {
    to.caps(effective);
    to.caps(permitted);
    to.caps(inheritable);
  },
  ambient: (to, { raise }) => to.caps(raise),
  no_new_privs: nothing,
  umask: (to, { mask }) => to.int(mask),
  seccomp(to, { flags, filter }) {
    to.flags(filters, flags.map((flag) => flag.replace(/^SECCOMP_FILTER_FLAG_/, '')));
    to.bytes(filter);
  },
  loopback: nothing,
  exec(to, { args, env }) {
    to.vec(args, 0);
    // One entry more: HOME, which the child adds from the image's passwd.
    to.vec(env, 1);
  },
  file(to, { verb, path, mode }) {
    to.int(known(fileVerbs, verb, 'operation'));
    to.str(path);
    to.int(mode);
  },
  enter_root: nothing,
  init: nothing,
};

function nothing(): void {}

function known(names: Table, name: string, what: string): number {
  const value = names.get(name);
  if (value === undefined) throw new Unwritable(`unknown ${what} ${name}`);
  return value;
}

/** fstab(5)'s comma-separated list; a comma of a value is written `\\,`. */
function options(data: string | undefined): readonly string[] {
  if (data === undefined || data === '') return [];
  if (!data.includes('\\,')) return data.split(',');
  return data.split(/(?<!\\),/).map((one) => one.replaceAll('\\,', ','));
}

const lines = (ranges: readonly string[]): string => ranges.map((range) => `${range}\n`).join('');

interface Writable extends OpRow {
  write(to: Encoding, args: never): void;
}
const rows: ReadonlyMap<string, Writable> =
  new Map((Object.keys(ops) as Encoded[]).map((name) => [name, { ...ops[name], write: fields[name] }]));

const buffer = new Encoding();

/** `paid`: how many steps right after `clone` a child of the pool has made already, and the key of those. */
export function encodePlan(plan: Plan | Visit, paid = plan.kind === 'create' ? prepaid(plan) : undefined): EncodedPlan {
  const to = buffer;
  to.begin();
  const stepOf: number[] = [];
  let stdio: readonly number[] = [];
  let terminal = false;
  let lastPaid = -1;
  let afterPaid = 0;
  for (let i = 0; i < plan.steps.length; i++) {
    const step = plan.steps[i]!;
    if (step.skip?.by === 'linux') continue;
    record(to, step);
    stepOf.push(i);
    if (step.op === 'stdio') stdio = step.args.fds.map((kind) => stdios.get(kind)!);
    if (step.op === 'console') terminal = true;
    if (step.op === 'clone' && paid !== undefined) lastPaid = i + paid.steps;
    if (i <= lastPaid) afterPaid = stepOf.length;
  }
  const poolKey = paid === undefined ? 0n : keyOf(paid.key);
  to.putU32(0, magic);
  to.putU32(4, version | (kinds[plan.kind]! << 16));
  to.putU32(8, to.at);
  to.putU32(12, stepOf.length);
  to.putU32(16, to.next);
  to.putU64(24, poolKey);
  to.putU32(32, afterPaid);
  return { bytes: to.take(), plan, stepOf, stdio, terminal, poolKey };
}

function record(to: Encoding, step: AnyStep): void {
  const row = rows.get(step.op);
  if (row === undefined) {
    throw new TwinboxError({ code: 'ERR_UNSUPPORTED', message: `the step ${step.op} is not one that Linux makes`, step: printStep(step as Step) });
  }
  const { optional } = step;
  const start = to.at;
  to.words(row.number | (step.by === 'runtime' ? 0 : 0x10000) | (step.undo === undefined ? 0 : 0x1000000), 0);
  to.words((step.slot === undefined ? noSlot : to.slotOf(step.slot)) | (optional === undefined ? 0 : optional.length << 16), 0);
  to.words(0, 0);
  if (optional !== undefined) {
    for (let i = 0; i < 4 && i < optional.length; i++) to.putU16(start + 12 + 2 * i, Errno[optional[i]!]);
  }
  try {
    if (row.by !== 'either' && row.by !== step.by) throw new Unwritable(`is made by the ${row.by}`);
    if (optional !== undefined && optional.length > 4) throw new Unwritable('more than 4 errors that are none');
    row.write(to, step.args as never);
  } catch (error) {
    if (error instanceof Unwritable) throw new SpecError(step.op, error.message);
    throw error;
  }
  to.putU32(start + 4, to.at - start);
}

const keys = new Map<string, bigint>();

function keyOf(key: string): bigint {
  let hash = keys.get(key);
  if (hash === undefined) {
    if (keys.size > 64) keys.clear();
    keys.set(key, (hash = fnv64(key) || 1n));
  }
  return hash;
}
