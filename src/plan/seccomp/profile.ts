// A seccomp profile as the OCI runtime specification has it (config-linux.md, "Seccomp"), with docker's extensions:
// rules that hold only with a capability, a kernel or a CPU, and `archMap`. What comes from a file is checked here,
// whole, and comes out without the nulls and the old spellings that such files carry.

import { SpecError } from '../../errno.ts';
import { Errno, type ErrnoName } from '../../kernel/uapi/errno.ts';
import { impossible } from './condition.ts';

export const actions = {
  SCMP_ACT_KILL: 0x0000_0000, SCMP_ACT_KILL_THREAD: 0x0000_0000, SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000, SCMP_ACT_ERRNO: 0x0005_0000, SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000, SCMP_ACT_ALLOW: 0x7fff_0000,
} as const;
export type SeccompAction = keyof typeof actions;

export const operators = [
  'SCMP_CMP_EQ', 'SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_GE', 'SCMP_CMP_GT', 'SCMP_CMP_MASKED_EQ',
] as const;
export type SeccompOperator = (typeof operators)[number];

const flags = ['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'] as const;
export type SeccompFlag = (typeof flags)[number];

/** libseccomp's names of the CPUs. Those that no filter here is written for are known, and mean nothing. */
const architectures = [
  'X86_64', 'X86', 'X32', 'AARCH64', 'ARM', 'MIPS', 'MIPS64', 'MIPS64N32', 'MIPSEL', 'MIPSEL64', 'MIPSEL64N32', 'PPC',
  'PPC64', 'PPC64LE', 'S390', 'S390X', 'PARISC', 'PARISC64', 'RISCV64', 'LOONGARCH64', 'M68K', 'SH', 'SHEB',
].map((name) => `SCMP_ARCH_${name}`);

/** One comparison of an argument, as 64 bits without a sign. MASKED_EQ: argument & `value` equals `valueTwo`. */
export interface SeccompArg {
  readonly index: number;
  readonly value: number | bigint;
  readonly valueTwo?: number | bigint;
  readonly op: SeccompOperator;
}

/** docker's: every list that is there must hold (`includes`), or none of their members may (`excludes`). */
export interface SeccompCondition {
  readonly caps?: readonly string[];
  /** GOARCH-like names: `amd64`, `arm64`, `x86`, ... */
  readonly arches?: readonly string[];
  /** `4.8`: this release or a newer one. */
  readonly minKernel?: string;
}

/** The action for the named calls. All of its comparisons must hold; rules of one call are alternatives. */
export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  /** Of ERRNO and TRACE only; EPERM if it is missing. */
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArg[];
  readonly includes?: SeccompCondition;
  readonly excludes?: SeccompCondition;
  readonly comment?: string;
}

export interface SeccompProfile {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  /** ABIs beside the native one whose calls the rules hold for; all others answer ENOSYS. */
  readonly architectures?: readonly string[];
  /** docker's spelling of the same: by native CPU. */
  readonly archMap?: readonly { readonly architecture: string; readonly subArchitectures?: readonly string[] }[];
  readonly flags?: readonly SeccompFlag[];
  readonly syscalls?: readonly SeccompRule[];
}

type Fields = Record<string, unknown>;

const checked = new WeakSet<object>();

/** The profile, or an error that names the field: nothing in it is passed over. */
export function checkSeccomp(value: unknown, field = 'linux.seccomp'): SeccompProfile {
  if (typeof value === 'object' && value !== null && checked.has(value)) return value as SeccompProfile;
  const from = fields(value, field, [
    'defaultAction', 'defaultErrnoRet', 'defaultErrno', 'architectures', 'archMap', 'flags', 'syscalls', 'listenerPath',
    'listenerMetadata', 'comment',
  ]);
  const listener = ['listenerPath', 'listenerMetadata'].find((name) => (from[name] ?? '') !== '');
  if (listener !== undefined) throw new SpecError(`${field}.${listener}`, noListener);
  const defaultAction = action(from['defaultAction'], `${field}.defaultAction`);
  const profile: SeccompProfile = {
    defaultAction,
    ...present('defaultErrnoRet', errno(from, defaultAction, field, ['defaultErrnoRet', 'defaultErrno'])),
    ...present('architectures', optional(from['architectures'], (all) => cpuNames(all, `${field}.architectures`))),
    ...present('archMap', optional(from['archMap'], (all) => list(all, `${field}.archMap`, archMap))),
    ...present('flags', optional(from['flags'], (all) => strings(all, `${field}.flags`, flags))),
    syscalls: list(from['syscalls'] ?? [], `${field}.syscalls`, rule),
  };
  checked.add(profile);
  return profile;
}

function archMap(value: unknown, field: string): { architecture: string; subArchitectures: readonly string[] } {
  const from = fields(value, field, ['architecture', 'subArchitectures']);
  return {
    architecture: word(from['architecture'], `${field}.architecture`, architectures),
    subArchitectures: cpuNames(from['subArchitectures'] ?? [], `${field}.subArchitectures`),
  };
}

const cpuNames = (value: unknown, field: string): readonly string[] => strings(value, field, architectures);

function rule(value: unknown, field: string): SeccompRule {
  // `name` is how old docker profiles spell a list of one.
  const known = ['names', 'name', 'action', 'errnoRet', 'errno', 'args', 'includes', 'excludes', 'comment'];
  const from = fields(value, field, known);
  const single = from['name'] !== undefined;
  if (single && from['names'] !== undefined) throw new SpecError(`${field}.name`, 'stands beside names');
  const names = single ? [string(from['name'], `${field}.name`)] : strings(from['names'], `${field}.names`);
  if (names.length === 0) throw new SpecError(`${field}.names`, 'is empty');
  const act = action(from['action'], `${field}.action`);
  const args = list(from['args'] ?? [], `${field}.args`, arg);
  const never = impossible(args);
  if (never !== undefined) throw new SpecError(`${field}.args`, `can never hold: argument ${never}`, neverHint);
  return {
    names,
    action: act,
    ...present('errnoRet', errno(from, act, field, ['errnoRet', 'errno'])),
    ...present('args', args.length > 0 ? args : undefined),
    ...present('includes', optional(from['includes'], (one) => condition(one, `${field}.includes`))),
    ...present('excludes', optional(from['excludes'], (one) => condition(one, `${field}.excludes`))),
  };
}

const neverHint = 'all comparisons of a rule must hold; alternatives are rules of their own';
const noListener = 'there is no listener for SCMP_ACT_NOTIFY';

function arg(value: unknown, field: string): SeccompArg {
  const from = fields(value, field, ['index', 'value', 'valueTwo', 'op']);
  const index = from['index'] as number;
  if (!Number.isInteger(index) || index < 0 || index > 5) throw new SpecError(`${field}.index`, 'not 0 to 5');
  return {
    index,
    value: uint64(from['value'], `${field}.value`),
    ...present('valueTwo', optional(from['valueTwo'], (two) => uint64(two, `${field}.valueTwo`))),
    op: word(from['op'], `${field}.op`, operators),
  };
}

function condition(value: unknown, field: string): SeccompCondition {
  const from = fields(value, field, ['caps', 'arches', 'minKernel']);
  return {
    ...present('caps', optional(from['caps'], (all) => strings(all, `${field}.caps`))),
    ...present('arches', optional(from['arches'], (all) => strings(all, `${field}.arches`))),
    ...present('minKernel', optional(from['minKernel'], (text) => version(text, `${field}.minKernel`))),
  };
}

function version(value: unknown, field: string): string {
  if (typeof value === 'string' && /^\d+\.\d+$/.test(value)) return value;
  throw new SpecError(field, `not VERSION.MAJOR: ${String(value)}`);
}

function action(value: unknown, field: string): SeccompAction {
  if (value === 'SCMP_ACT_NOTIFY') throw new SpecError(field, noListener);
  return word(value, field, Object.keys(actions) as SeccompAction[]);
}

/** The number, or podman's word for it; an error if both are there and differ. */
function errno(
  from: Fields, act: SeccompAction, field: string, [number, name]: readonly [string, string],
): number | undefined {
  const known = Object.keys(Errno) as ErrnoName[];
  const named = optional(from[name], (text) => Errno[word(text, `${field}.${name}`, known)]);
  const value = (from[number] ?? named) as number | undefined;
  if (value === undefined) return undefined;
  const at = `${field}.${number}`;
  // MAX_ERRNO; the kernel would cut a larger one down. A tracer gets 16 bits.
  const max = act === 'SCMP_ACT_ERRNO' ? 4095 : 0xffff;
  if (!Number.isInteger(value) || value < 0 || value > max) throw new SpecError(at, `not 0 to ${max}`);
  if (named !== undefined && named !== value) throw new SpecError(at, `is not ${String(from[name])}`);
  if (act !== 'SCMP_ACT_ERRNO' && act !== 'SCMP_ACT_TRACE') throw new SpecError(at, `${act} answers no error number`);
  return value;
}

/** JSON's numbers are exact up to 2^53 only; a bigint carries the rest. */
function uint64(value: unknown, field: string): number | bigint {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
  throw new SpecError(field, 'not a whole number from 0 to 2^53 - 1');
}

const optional = <T>(value: unknown, each: (value: unknown) => T): T | undefined =>
  (value === undefined ? undefined : each(value));

/** A field that is there, or none. */
const present = <K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { [P in K]?: T };

/** An object's fields; null counts as missing, as in what Go writes, and a field that is not known is refused. */
function fields(value: unknown, field: string, known: readonly string[]): Fields {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!plain) throw new SpecError(field, 'is not an object');
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new SpecError(`${field}.${unknown}`, 'unknown field');
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null));
}

function list<T>(value: unknown, field: string, each: (one: unknown, field: string) => T): readonly T[] {
  if (!Array.isArray(value)) throw new SpecError(field, 'is not a list');
  return value.map((one, i) => each(one, `${field}[${i}]`));
}

function string(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new SpecError(field, 'is not a name');
  return value;
}

function word<T extends string>(value: unknown, field: string, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found === undefined) throw new SpecError(field, `unknown: ${String(value)}`);
  return found;
}

function strings<T extends string>(value: unknown, field: string, known?: readonly T[]): readonly T[] {
  return list(value, field, (one, at) => (known ? word(one, at, known) : (string(one, at) as T)));
}
