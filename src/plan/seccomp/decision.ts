// What becomes of each call under a profile: its rules brought into an order in which the first that holds decides.
//
// Several rules of one call that hold at once: the strictest action wins, in the kernel's own order among several
// filters (seccomp(2): KILL_PROCESS, KILL_THREAD, TRAP, ERRNO, TRACE, LOG, ALLOW); of two alike, the one that compares,
// then the earlier. libseccomp keeps a rule without comparisons and forgets the others of that call, so `ioctl: ALLOW`
// beside `ioctl TIOCSTI: ERRNO` would allow both; here the second counts too. A rule without comparisons that only
// repeats the default says nothing, as in runc.

import { SpecError } from '../../errno.ts';
import { type Abi, type Cpu, isCall, type Multiplexer } from './abi.ts';
import { type Test, test } from './condition.ts';
import { type SeccompAction, type SeccompCondition, type SeccompProfile, actions } from './profile.ts';

/** What a filter returns (SECCOMP_RET_*): the action above, 16 bits of data below. */
export type Answer = number;

/** The first choice whose tests all hold, else the rest. */
export interface Decision {
  readonly choices: readonly Choice[];
  readonly otherwise: Answer;
}

export interface Choice {
  readonly tests: readonly Test[];
  readonly answer: Answer;
}

export type Choices = ReadonlyMap<string, readonly Choice[]>;

export interface Host {
  readonly cpu: Cpu;
  /** `CAP_SYS_ADMIN`, ...: what the bounding set keeps. */
  readonly capabilities: ReadonlySet<string>;
  /** uname -r; without it every kernel is new enough. */
  readonly release: string | undefined;
}

const EPERM = 1;
const ENOSYS = 38;
export const enosys: Answer = answer('SCMP_ACT_ERRNO', ENOSYS);

export function answer(action: SeccompAction, errno = EPERM): Answer {
  return actions[action] + (action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? errno : 0);
}

/** Smaller is stricter; the kernel compares the action as a number with a sign. */
export const strictness = (one: Answer): number => (one & 0xffff_0000) | 0;

/** Whether a call so answered is made after all. */
const lets = (one: Answer): boolean => strictness(one) >= actions.SCMP_ACT_TRACE;

/** The rules that hold on this host, by call. */
export function choicesOf(profile: SeccompProfile, host: Host): Choices {
  const byName = new Map<string, Choice[]>();
  const rest = answer(profile.defaultAction, profile.defaultErrnoRet);
  profile.syscalls?.forEach((rule, i) => {
    if (rule.includes && !every(rule.includes, host)) return;
    if (rule.excludes && some(rule.excludes, host)) return;
    const choice = { tests: (rule.args ?? []).map(test), answer: answer(rule.action, rule.errnoRet) };
    for (const name of rule.names) {
      // What nobody here knows (another CPU's call, a newer one) cannot be let through; to forbid it in vain is wrong.
      if (!isCall(name)) {
        const vain = lets(rest) && !lets(choice.answer);
        if (vain) throw new SpecError(`linux.seccomp.syscalls[${i}].names`, `unknown system call ${name}`);
        continue;
      }
      const before = byName.get(name);
      if (before) before.push(choice);
      else byName.set(name, [choice]);
    }
  });
  return byName;
}

function every({ caps, arches, minKernel }: SeccompCondition, host: Host): boolean {
  if (arches && arches.length > 0 && !arches.includes(host.cpu.name)) return false;
  if (caps?.some((cap) => !host.capabilities.has(cap))) return false;
  return minKernel === undefined || isAtLeast(host.release, minKernel);
}

function some({ caps, arches, minKernel }: SeccompCondition, host: Host): boolean {
  if (arches?.includes(host.cpu.name) || caps?.some((cap) => host.capabilities.has(cap))) return true;
  return minKernel !== undefined && isAtLeast(host.release, minKernel);
}

function isAtLeast(release: string | undefined, least: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release ?? '') ?? [];
  if (major === undefined) return true;
  const [wantMajor, wantMinor] = least.split('.').map(Number);
  return Number(major) !== wantMajor ? Number(major) > wantMajor : Number(minor) >= wantMinor;
}

/** One call by its name, which need not have a number of its own (send and recv of i386). */
export function decide(choices: readonly Choice[] | undefined, rest: Answer): Decision {
  const sorted = [...(choices ?? [])].sort((a, b) => strictness(a.answer) - strictness(b.answer));
  const flat = sorted.find((one) => one.tests.length === 0 && one.answer !== rest);
  const milder = (one: Choice): boolean => flat !== undefined && strictness(one.answer) > strictness(flat.answer);
  return { choices: sorted.filter((one) => one.tests.length > 0 && !milder(one)), otherwise: flat?.answer ?? rest };
}

/** Every number that a profile says something about. */
export function decisions(abi: Abi, byName: Choices, rest: Answer): Map<number, Decision> {
  const found = new Map<number, Decision>();
  for (const [name, choices] of byName) {
    if (Object.hasOwn(abi.numbers, name)) found.set(abi.numbers[name], decide(choices, rest));
  }
  for (const one of abi.multiplexers) found.set(abi.numbers[one.call], multiplexed(one, byName, rest));
  return found;
}

/** A call inside another one is answered as strictly as it ever is by itself: its own arguments cannot be seen. */
function multiplexed({ call, mask, calls }: Multiplexer, byName: Choices, rest: Answer): Decision {
  const outer = decide(byName.get(call), rest);
  const mildest = Math.max(...answers(outer).map(strictness));
  const inner = Object.entries(calls).flatMap(([number, name]): Choice[] => {
    if (!byName.has(name)) return [];
    const strictest = answers(decide(byName.get(name), rest)).reduce((a, b) => (strictness(b) < strictness(a) ? b : a));
    if (strictness(strictest) >= mildest) return [];
    return [{ tests: [{ index: 0, op: 'EQ', mask, value: BigInt(number), not: false }], answer: strictest }];
  });
  return decide([...inner, ...outer.choices], outer.otherwise);
}

const answers = ({ choices, otherwise }: Decision): readonly Answer[] =>
  [...choices.map((one) => one.answer), otherwise];

/**
 * The answer above the highest number that the profile names: ENOSYS, as runc has it, since its author cannot have
 * known such a call, and a libc falls back from ENOSYS but not from EPERM. Numbers before 424 (Linux 5.1, when all CPUs
 * began to count together) are taken to be known to everybody. A profile that lets calls through by default lets these
 * through too.
 */
export function beyond(known: Iterable<number>, rest: Answer): Beyond {
  return { from: Math.max(firstCommon, ...[...known].map((number) => number + 1)), answer: lets(rest) ? rest : enosys };
}

export interface Beyond {
  readonly from: number;
  readonly answer: Answer;
}

const firstCommon = 424;
