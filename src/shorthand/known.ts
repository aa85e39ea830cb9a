// The mistakes that plain JavaScript lets through.

import { SpecError } from '../errno.ts';

/** A word that nobody knows would be dropped in silence, and a limit with it. */
export function only(known: object, options: object): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(known, name)) throw new SpecError(name, 'is no option that is known here');
}

export function list(field: string, value: unknown, hint?: string): void {
  if (value !== undefined && !Array.isArray(value)) throw new SpecError(field, 'not a list', hint);
}
