// The devices that a cgroup may open and make: a list of rules as OCI has it (config-linux.md, "Allowed Device List"),
// for either version of cgroups. Without a rule nothing is allowed, and of several that match the last one counts, for
// each of read, write and mknod by itself.
//
// v1 (Documentation/admin-guide/cgroup-v1/devices.rst) knows one default and exceptions to it. A rule that takes a part
// out of a wider exception cannot be told to it and is an error. v2 has a program that is asked each time
// (BPF_PROG_TYPE_CGROUP_DEVICE); it goes through the rules from the last to the first.

import { SpecError } from '../errno.ts';
import type { DeviceRule } from '../spec.ts';

export type { DeviceRule };

/** One write to a file of the v1 controller. */
export interface DeviceWrite {
  readonly file: 'devices.allow' | 'devices.deny';
  readonly text: string;
}

const allow = (type: 'c' | 'b', access: string, major?: number, minor?: number): DeviceRule => ({
  allow: true, type, access, ...(major !== undefined && { major }), ...(minor !== undefined && { minor }),
});

/** What runc gives every container: any node may be made, these may be used. Not /dev/net/tun, as runc since 1.2. */
export const defaultDeviceRules: readonly DeviceRule[] = [
  { allow: false, type: 'a', access: 'rwm' },
  allow('c', 'm'),
  allow('b', 'm'),
  allow('c', 'rwm', 1, 3), // null
  allow('c', 'rwm', 1, 5), // zero
  allow('c', 'rwm', 1, 7), // full
  allow('c', 'rwm', 1, 8), // random
  allow('c', 'rwm', 1, 9), // urandom
  allow('c', 'rwm', 5, 0), // tty
  allow('c', 'rwm', 5, 1), // console
  allow('c', 'rwm', 5, 2), // ptmx
  allow('c', 'rwm', 136), // pts/*
];

/** linux/bpf.h: BPF_DEVCG_ACC_* and BPF_DEVCG_DEV_*. */
const accesses = { m: 1, r: 2, w: 4 } as const;
const everything = 7;
const types = { b: 1, c: 2 } as const;
type NodeType = keyof typeof types;

/** A rule for one type of node; a number that is missing stands for all. */
interface Line {
  readonly allow: boolean;
  readonly type: NodeType;
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: number;
  readonly field: string;
}

/** The rule of all devices, or its lines: `a` with a number or fewer accesses is one of either type. */
function lines(rule: DeviceRule, i: number): { readonly all: boolean; readonly lines: readonly Line[] } {
  const field = `linux.resources.devices[${i}]`;
  const type = rule.type ?? 'a';
  if (!['a', 'b', 'c'].includes(type)) throw new SpecError(`${field}.type`, `not a, b or c: ${String(type)}`);
  const text = rule.access ?? 'rwm';
  if (!/^[rwm]+$/.test(text)) throw new SpecError(`${field}.access`, `not letters of rwm: ${text}`);
  const access = [...text].reduce((bits, letter) => bits | accesses[letter as keyof typeof accesses], 0);
  const major = number(rule.major, 12, `${field}.major`);
  const minor = number(rule.minor, 20, `${field}.minor`);
  const all = type === 'a' && access === everything && major === undefined && minor === undefined;
  const each: readonly NodeType[] = type === 'a' ? ['c', 'b'] : [type];
  return { all, lines: each.map((one) => ({ allow: rule.allow, type: one, major, minor, access, field })) };
}

/** Linux has 12 bits of major and 20 of minor number. -1 is runc's word for all. */
function number(value: number | undefined, bits: number, field: string): number | undefined {
  if (value === undefined || value === -1) return undefined;
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return value;
  throw new SpecError(field, `not a device number: ${value}`);
}

/** The fewest writes that bring a v1 group to these rules, whatever it had from its parent. */
export function deviceRulesV1(rules: readonly DeviceRule[]): readonly DeviceWrite[] {
  let allowed = false;
  let exceptions: Line[] = [];
  rules.forEach((rule, i) => {
    const { all, lines: own } = lines(rule, i);
    if (all) [allowed, exceptions] = [rule.allow, []];
    else exceptions = own.reduce(rule.allow === allowed ? without : including, exceptions);
  });
  const write = (allowing: boolean, text: string): DeviceWrite =>
    ({ file: allowing ? 'devices.allow' : 'devices.deny', text });
  const within = (one: Line, other: Line): boolean =>
    one !== other && covers(other, one) && (one.access & ~other.access) === 0;
  const needed = exceptions.filter((one) => !exceptions.some((other) => within(one, other)));
  return [write(allowed, 'a'), ...needed.map((one) => write(!allowed, textOf(one)))];
}

const same = (a: Line, b: Line): boolean => a.type === b.type && a.major === b.major && a.minor === b.minor;
const covers = (a: Line, b: Line): boolean =>
  a.type === b.type && (a.major ?? b.major) === b.major && (a.minor ?? b.minor) === b.minor;
const overlap = (a: Line, b: Line): boolean => (a.access & b.access) !== 0 && a.type === b.type &&
  (a.major ?? b.major) === (b.major ?? a.major) && (a.minor ?? b.minor) === (b.minor ?? a.minor);

function including(exceptions: readonly Line[], line: Line): Line[] {
  const old = exceptions.find((one) => same(one, line));
  return [...exceptions.filter((one) => one !== old), { ...line, access: line.access | (old?.access ?? 0) }];
}

function without(exceptions: readonly Line[], line: Line): Line[] {
  return exceptions.flatMap((one) => {
    if (!overlap(one, line)) return [one];
    if (!covers(line, one)) {
      const problem = `cgroup v1 cannot take ${textOf(line)} out of ${textOf(one)}`;
      throw new SpecError(line.field, problem, 'name the devices one by one');
    }
    const access = one.access & ~line.access;
    return access === 0 ? [] : [{ ...one, access }];
  });
}

function textOf({ type, major, minor, access }: Line): string {
  const letters = (['r', 'w', 'm'] as const).filter((letter) => (access & accesses[letter]) !== 0).join('');
  return `${type} ${major ?? '*'}:${minor ?? '*'} ${letters}`;
}

// --- the program for v2: struct bpf_insn is u8 code, u8 src << 4 | dst, s16 offset, s32 immediate, little endian.

const LDX_W = 0x61;
const MOV64_X = 0xbf;
const MOV64_K = 0xb7;
const AND_K = 0x54;
const RSH_K = 0x74;
const JA = 0x05;
const JEQ_K = 0x15;
const JNE_K = 0x55;
const JSET_K = 0x45;
const EXIT = 0x95;

/** r1 is struct bpf_cgroup_dev_ctx: access << 16 | type, major, minor. */
const [context, access, type, major, minor] = [1, 2, 3, 4, 5];

interface Instruction {
  readonly code: number;
  readonly dst?: number;
  readonly src?: number;
  readonly offset?: number;
  readonly imm?: number;
  readonly to?: Target;
}

type Target = 'next' | 'allow' | 'deny';

/** BPF_MAXINSNS, which every kernel takes. */
const instructionsMax = 4096;

/** struct bpf_insn[]; answers 1 if every access that is asked for is allowed. */
export function deviceProgram(rules: readonly DeviceRule[]): Uint8Array {
  const blocks: Instruction[][] = [[
    { code: LDX_W, dst: access, src: context },
    { code: MOV64_X, dst: type, src: access },
    { code: AND_K, dst: type, imm: 0xffff },
    { code: RSH_K, dst: access, imm: 16 },
    { code: LDX_W, dst: major, src: context, offset: 4 },
    { code: LDX_W, dst: minor, src: context, offset: 8 },
  ]];
  const given = rules.map(lines);
  const last = given.findLastIndex((one) => one.all);
  for (const one of given.slice(last + 1).reverse()) blocks.push(...one.lines.map(block));
  const body = link(blocks, last >= 0 && rules[last].allow ? 'allow' : 'deny');
  if (body.length <= instructionsMax) return encode(body);
  const problem = `needs ${body.length} instructions, and a program has at most ${instructionsMax}`;
  throw new SpecError('linux.resources.devices', problem);
}

/** What is asked for loses what this rule allows; when nothing is left, all of it is. */
function block(line: Line): Instruction[] {
  const match: Instruction[] = [{ code: JNE_K, dst: type, imm: types[line.type], to: 'next' }];
  if (line.major !== undefined) match.push({ code: JNE_K, dst: major, imm: line.major, to: 'next' });
  if (line.minor !== undefined) match.push({ code: JNE_K, dst: minor, imm: line.minor, to: 'next' });
  if (line.access === everything) return [...match, { code: JA, to: line.allow ? 'allow' : 'deny' }];
  if (!line.allow) return [...match, { code: JSET_K, dst: access, imm: line.access, to: 'deny' }];
  const rest: Instruction = { code: AND_K, dst: access, imm: everything & ~line.access };
  return [...match, rest, { code: JEQ_K, dst: access, imm: 0, to: 'allow' }];
}

/** The blocks one after the other, then the answers: first that for the rest, and the other if anyone asks for it. */
function link(blocks: readonly (readonly Instruction[])[], rest: 'allow' | 'deny'): Instruction[] {
  const all = blocks.flat();
  const other = rest === 'allow' ? 'deny' : 'allow';
  const ends = { [rest]: all.length, [other]: all.length + 2 } as Record<'allow' | 'deny', number>;
  let next = 0;
  const body = blocks.flatMap((block) => {
    const begin = next;
    next += block.length;
    return block.map((one, i): Instruction => {
      if (one.to === undefined) return one;
      return { ...one, offset: (one.to === 'next' ? begin + block.length : ends[one.to]) - (begin + i) - 1 };
    });
  });
  const end = (value: 'allow' | 'deny'): Instruction[] =>
    [{ code: MOV64_K, dst: 0, imm: value === 'allow' ? 1 : 0 }, { code: EXIT }];
  // The verifier refuses instructions that nothing leads to.
  return [...body, ...end(rest), ...(all.some((one) => one.to === other) ? end(other) : [])];
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * program.length);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, dst = 0, src = 0, offset = 0, imm = 0 }, i) => {
    view.setUint8(8 * i, code);
    view.setUint8(8 * i + 1, (src << 4) | dst);
    view.setInt16(8 * i + 2, offset, true);
    view.setInt32(8 * i + 4, imm, true);
  });
  return bytes;
}
