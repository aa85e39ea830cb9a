// The search in a filter: a balanced tree over ranges of numbers. Loading a filter costs by what it does for each
// number, since the kernel then runs it once for every system call to learn which it always allows
// (seccomp_cache_prepare in kernel/seccomp.c): along a list that is quadratic, in a tree a handful of comparisons each.
// For the same reason the tree looks at nothing but architecture and number until it must: a call that is allowed
// whatever its arguments never runs the filter again.

import type { Abi } from './abi.ts';
import { type Assembler, JEQ, JGE, JGT, type Label } from './assembler.ts';
import { holds, type Test, whole } from './condition.ts';
import type { Answer, Beyond, Decision } from './decision.ts';

/** struct seccomp_data: nr, arch, instruction_pointer, args[6]; of an argument the lower half comes first. */
export const offset = {
  number: 0, architecture: 4,
  low: (index: number): number => 16 + 8 * index,
  high: (index: number): number => 20 + 8 * index,
};

/** From `from` up to the next range: the same code. Ranges with equal keys do the same. */
interface Range {
  readonly from: number;
  readonly key: string;
  readonly code: () => Label;
}

/** The code that decides one ABI's calls, from when the number is in the accumulator. */
export function numberTree(
  code: Assembler, abi: Abi, decided: ReadonlyMap<number, Decision>, rest: Answer, beyond: Beyond,
): Label {
  const made = new Map<string, Label>();
  const range = (from: number, decision: Decision): Range => {
    const key = keyOf(decision);
    const make = (): Label => {
      const label = made.get(key) ?? decisionCode(code, decision, abi.wide);
      made.set(key, label);
      return label;
    };
    return { from, key, code: make };
  };
  const numbers = [...decided.keys()].sort((a, b) => a - b);
  // Behind each number lies the rest, until the next one.
  const ranges = numbers.flatMap((number, i) => {
    const own = range(number, decided.get(number)!);
    return numbers[i + 1] === number + 1 ? [own] : [own, range(number + 1, flat(rest))];
  });
  if (numbers[0] !== 0) ranges.unshift(range(0, flat(rest)));
  const below = ranges.filter((one) => one.from < beyond.from);
  return split(code, merge([...below, range(beyond.from, flat(beyond.answer))]), beyond.from);
}

const flat = (answer: Answer): Decision => ({ choices: [], otherwise: answer });

function keyOf({ choices, otherwise }: Decision): string {
  if (choices.length === 0) return String(otherwise);
  const one = (t: Test): string => [t.index, t.op, t.not, t.mask, t.value].join(' ');
  return [...choices.map(({ tests, answer }) => `${tests.map(one).join('&')}:${answer}`), otherwise].join();
}

const merge = (ranges: readonly Range[]): Range[] => ranges.filter((one, i) => one.key !== ranges[i - 1]?.key);

/**
 * With an `end`, so that each half has about as many numbers, because the kernel tries every number once; else so that
 * each half has as many ranges.
 */
function split(code: Assembler, ranges: readonly Range[], end?: number): Label {
  if (ranges.length === 1) return ranges[0].code();
  const single = alone(ranges);
  if (single !== undefined) {
    const no = split(code, merge(ranges.filter((one) => one !== single)), end);
    return code.jump(JEQ, single.from, single.code(), no);
  }
  const half = end === undefined ? ranges.length >> 1 : nearest(ranges, (ranges[0].from + end) / 2);
  const edge = ranges[half].from;
  const high = split(code, ranges.slice(half), end);
  return code.jump(JGE, edge, high, split(code, ranges.slice(0, half), end === undefined ? undefined : edge));
}

function nearest(ranges: readonly Range[], to: number): number {
  const away = ranges.map((one) => Math.abs(one.from - to));
  return away.reduce((best, distance, i) => (i > 0 && distance < away[best] ? i : best), 1);
}

/** In a short run of equal ranges with single values in between, one comparison takes such a value out. */
function alone(ranges: readonly Range[]): Range | undefined {
  const runMax = 7;
  if (ranges.length % 2 === 0 || ranges.length > runMax) return undefined;
  const around = ranges.every((one, i) => i % 2 === 1 || one.key === ranges[0].key);
  const between = ranges.every((one, i) => i % 2 === 0 || ranges[i + 1].from === one.from + 1);
  return around && between ? ranges[1] : undefined;
}

const word = 1n << 32n;

function decisionCode(code: Assembler, decision: Decision, wide: boolean): Label {
  if (decision.choices.length === 0) return code.return(decision.otherwise);
  return intervalCode(code, decision, wide) ?? listCode(code, decision, wide);
}

/** Where all comparisons are of one whole argument, they cut its values into ranges, and a tree finds the right one. */
function intervalCode(code: Assembler, { choices, otherwise }: Decision, wide: boolean): Label | undefined {
  const tests = choices.flatMap((one) => one.tests);
  const { index } = tests[0];
  if (!tests.every((one) => one.index === index && whole(one))) return undefined;
  const edges = { EQ: [0n, 1n], GE: [0n], GT: [1n] };
  const cuts = tests.flatMap(({ op, value }) => edges[op].map((one) => value + one));
  const starts = [...new Set([0n, word, ...cuts])].sort((a, b) => (a < b ? -1 : 1));
  const at = (value: bigint): Answer =>
    choices.find((one) => one.tests.every((t) => holds(t, value)))?.answer ?? otherwise;
  const above = starts.filter((from) => from >= word && from < word * word).map(at);
  if (wide && above.some((one) => one !== above[0])) return undefined;
  const ranges = starts.filter((from) => from < word).map((from): Range => {
    const answer = at(from);
    return { from: Number(from), key: String(answer), code: () => code.return(answer) };
  });
  const low = code.load(offset.low(index), split(code, merge(ranges)));
  return wide ? code.load(offset.high(index), code.jump(JEQ, 0, low, code.return(above[0]))) : low;
}

/** One choice after the other, each test after the other; made from the last to the first. */
function listCode(code: Assembler, { choices, otherwise }: Decision, wide: boolean): Label {
  return choices.reduceRight((no, { tests, answer }) =>
    tests.reduceRight((yes, one) => testCode(code, one, wide, yes, no), code.return(answer)), code.return(otherwise));
}

function testCode(code: Assembler, test: Test, wide: boolean, holding: Label, failing: Label): Label {
  const [yes, no] = test.not ? [failing, holding] : [holding, failing];
  const [low, high] = [test.value & (word - 1n), test.value >> 32n].map(Number);
  const [lowMask, highMask] = [test.mask & (word - 1n), test.mask >> 32n].map(Number);
  const lowAt = offset.low(test.index);
  if (test.op === 'EQ') {
    const compare = (): Label => code.load(lowAt, masked(code, lowMask, code.jump(JEQ, low, yes, no)));
    const rest = lowMask !== 0 ? compare() : low === 0 ? yes : no;
    if (!wide || highMask === 0) return high === 0 ? rest : no;
    return code.load(offset.high(test.index), masked(code, highMask, code.jump(JEQ, high, rest, no)));
  }
  if (!wide && high !== 0) return no;
  const rest = code.load(lowAt, code.jump(test.op === 'GT' ? JGT : JGE, low, yes, no));
  if (!wide) return rest;
  return code.load(offset.high(test.index), code.jump(JGT, high, yes, code.jump(JEQ, high, rest, no)));
}

const masked = (code: Assembler, mask: number, next: Label): Label =>
  (mask === 0xffff_ffff ? next : code.and(mask, next));
