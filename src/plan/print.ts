// A plan as text, one line a step, in the form of strace(1): what `--dry-run` prints and what golden files hold.

import type { Action, Plan, Step } from '../plan.ts';

export function printPlan(plan: Plan): string {
  const lines = plan.steps.map(printStep);
  return `${[`# ${plan.kind}${plan.given.length > 0 ? ` with ${plan.given.join(' ')}` : ''}`, ...lines].join('\n')}\n`;
}

export function printStep(step: Step): string {
  const parts = [step.by.padEnd(7), printAction(step)];
  if (step.slot !== undefined) parts.push(`= ${step.slot}`);
  if (step.optional !== undefined) parts.push(`? ${step.optional.join('|')}`);
  if (step.undo !== undefined) parts.push(`~ ${printAction(step.undo)}`);
  if (step.skip !== undefined) parts.push(`(${step.skip.by} skips it: ${step.skip.why})`);
  return parts.join(' ');
}

export function printAction({ op, args }: Action): string {
  return `${op}(${Object.entries(args).map(([key, value]) => `${key}=${print(key, value)}`).join(', ')})`;
}

function print(key: string, value: unknown): string {
  if (typeof value === 'string') return value.startsWith('$') ? value : JSON.stringify(value);
  if (typeof value === 'number' && (key === 'mode' || key === 'mask')) return `0${value.toString(8)}`;
  if (value instanceof Uint8Array) return `${value.length} bytes ${hash(value)}`;
  if (Array.isArray(value)) {
    if (key === 'flags') return value.length === 0 ? '0' : value.join('|');
    return `[${value.map((item) => print('', item)).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([name, item]) => `${name}=${print(name, item)}`).join(', ')}}`;
  }
  return String(value);
}

/** FNV-1a of 32 bits: enough to see that a filter has changed. */
function hash(bytes: Uint8Array): string {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return `#${(sum >>> 0).toString(16).padStart(8, '0')}`;
}
