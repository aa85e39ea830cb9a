// Paths of a container, in one form, and paths of the host, from its root.

import { SpecError } from '../errno.ts';
import type { Facts, PlanOptions } from '../plan.ts';

/** `/a//b/./c/` as `/a/b/c`. `..` is refused: what it means would depend on links of the image. */
export function normal(path: string, field = path): string {
  if (!/\/[/.]|.\/$/.test(path)) return path;
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw new SpecError(field, `has "..": ${path}`);
  return `/${names.join('/')}`;
}

/** The emulated kernel reads the host's files in this process, and Linux in another one, whose directory is its own. */
export function fromRoot(path: string, facts: Facts, options: PlanOptions): string {
  if (path.startsWith('/') || facts.hostDirectory === 'hostfs') return path;
  return `${options.cwd ?? process.cwd()}/${path}`;
}
