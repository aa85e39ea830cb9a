// The supervisor tells a system call that failed by its number; this is its name.

import { arm64, type Numbers, x64 } from '../plan/seccomp/numbers.ts';

const numbers: Readonly<Record<string, Numbers>> = { x64, arm64 };
const names = new Map<number, string>();

export function callName(call: string | undefined): string | undefined {
  if (names.size === 0) for (const [name, n] of Object.entries(numbers[process.arch] ?? {})) names.set(n, name);
  return call === undefined ? undefined : names.get(Number(call));
}
