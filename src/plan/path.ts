// Paths of a container, in one form.

import { SpecError } from '../errno.ts';

/** `/a//b/./c/` as `/a/b/c`. `..` is refused: what it means would depend on links of the image. */
export function normal(path: string, field = path): string {
  if (!/\/[/.]|.\/$/.test(path)) return path;
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw new SpecError(field, `has "..": ${path}`);
  return `/${names.join('/')}`;
}
