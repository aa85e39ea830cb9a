// Comparisons of system-call arguments. An argument is 64 bits without a sign in every ABI; where it is an `int` to the
// kernel, the upper half is the caller's to choose, so a rule that forbids a value must mask it away (MASKED_EQ), else
// it is stepped around: ioctl(0, 0x1_0000_5412) is a TIOCSTI too.

import type { SeccompArg, SeccompOperator } from './profile.ts';

/** A comparison in one of four shapes; LT, LE and NE are GE, GT and EQ with the answers exchanged. */
export interface Test {
  readonly index: number;
  readonly op: 'EQ' | 'GT' | 'GE';
  readonly mask: bigint;
  readonly value: bigint;
  readonly not: boolean;
}

const all = (1n << 64n) - 1n;

const shapes: Readonly<Record<SeccompOperator, readonly [op: Test['op'], not: boolean]>> = {
  SCMP_CMP_EQ: ['EQ', false], SCMP_CMP_NE: ['EQ', true], SCMP_CMP_GT: ['GT', false], SCMP_CMP_LE: ['GT', true],
  SCMP_CMP_GE: ['GE', false], SCMP_CMP_LT: ['GE', true], SCMP_CMP_MASKED_EQ: ['EQ', false],
};

export function test(arg: SeccompArg): Test {
  const [op, not] = shapes[arg.op];
  const masked = arg.op === 'SCMP_CMP_MASKED_EQ';
  const [mask, value] = masked ? [BigInt(arg.value), BigInt(arg.valueTwo ?? 0)] : [all, BigInt(arg.value)];
  return { index: arg.index, op, mask, value, not };
}

/** Whether the mask lets the whole argument through: the test then cuts the values into intervals. */
export const whole = (one: Test): boolean => one.mask === all;

export function holds(one: Test, argument: bigint): boolean {
  const masked = argument & one.mask;
  const yes = one.op === 'EQ' ? masked === one.value : one.op === 'GT' ? masked > one.value : masked >= one.value;
  return yes !== one.not;
}

/**
 * The argument of which two comparisons exclude each other. Such a rule does nothing by the letter, while runc takes
 * comparisons of one argument for alternatives; which of the two its author meant cannot be told, so it is refused.
 */
export function impossible(args: readonly SeccompArg[]): number | undefined {
  const tests = args.map(test);
  return [0, 1, 2, 3, 4, 5].find((index) => {
    const own = tests.filter((one) => one.index === index);
    return own.length > 0 && !satisfiable(own);
  });
}

/** Exact for intervals and for masks by themselves; a mask beside an interval is taken to leave something. */
function satisfiable(tests: readonly Test[]): boolean {
  let from = 0n;
  let to = all;
  let [mask, bits] = [0n, 0n];
  for (const { op, not, value, mask: own } of tests) {
    if (own !== all) {
      if ((value & ~own) !== 0n || ((bits ^ value) & mask & own) !== 0n) return false;
      [mask, bits] = [mask | own, bits | value];
    } else if (op === 'EQ') {
      if (!not) [from, to] = [max(from, value), min(to, value)];
    } else {
      const edge = op === 'GT' ? value + 1n : value;
      if (not) to = min(to, edge - 1n);
      else from = max(from, edge);
    }
  }
  if (from > to) return false;
  return from !== to || tests.every((one) => holds(one, from));
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
