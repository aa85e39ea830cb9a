// A row of the semantics catalogue: one behaviour of Linux as a small script and what a real kernel answered. Rows come
// one JSON object a line; a mode passes one when its normalised output and exit status are the recorded ones.

import {readFileSync} from 'node:fs';

export interface Row {
  readonly id: string;
  readonly area: string;
  readonly title: string;
  readonly source?: string;
  /** How the machine around the script is made: `box`, `host`, ... (test/parity/setup.ts). */
  readonly setup: string;
  /** Run as `sh /s`, with empty stdin. */
  readonly script: string;
  readonly normalise: readonly Normaliser[];
  readonly expected: Answer;
  readonly needs?: readonly string[];
}

export interface Answer {
  readonly stdout: string;
  readonly exit: number | string;
}

/**
 * What varies from run to run is given a stable name before the comparison.
 * - ns: `type:[inode]` becomes `type:[nsK]`, K in order of appearance. num: likewise every integer, `nK`.
 * - dev: `major:minor` becomes `M:m`. sp: runs of blanks become one. sort: the non-empty lines, sorted.
 */
export type Normaliser = 'ns' | 'num' | 'dev' | 'sp' | 'sort';

export function readRows(file: string | URL): Row[] {
  const rows: Row[] = [];
  readFileSync(file, 'utf8').split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const row = parse(line, i + 1);
    for (const key of ['id', 'setup', 'script'] as const) {
      if (typeof row[key] !== 'string') throw new Error(`line ${i + 1}: ${key} is missing`);
    }
    rows.push({...row, normalise: row.normalise ?? []});
  });
  return rows;
}

function parse(line: string, number: number): Row {
  try {
    return JSON.parse(line) as Row;
  } catch (err) {
    throw new Error(`line ${number}: ${(err as Error).message}`);
  }
}

export function normalise(text: string, steps: readonly Normaliser[]): string {
  const has = (step: Normaliser): boolean => steps.includes(step);
  let out = eachLine(text, line => line.trimEnd());
  if (has('sp')) out = eachLine(out, line => line.replace(/\s+/g, ' ').trim());
  if (has('ns')) out = name(out, /([a-z_]+):\[\d+\]/g, (k, type) => `${type}:[ns${k}]`);
  if (has('dev')) out = out.replace(/\b\d+:\d+\b/g, 'M:m');
  if (has('num')) out = name(out, /\b\d+\b/g, k => `n${k}`);
  if (has('sort')) out = `${out.split('\n').filter(line => line !== '').sort().join('\n')}\n`;
  return out;
}

function eachLine(text: string, change: (line: string) => string): string {
  return text.split('\n').map(change).join('\n');
}

/** Equal matches get equal names, numbered as they first appear. */
function name(text: string, pattern: RegExp, format: (k: number, group: string) => string): string {
  const seen = new Map<string, string>();
  return text.replace(pattern, (match: string, group: unknown) => {
    if (!seen.has(match)) seen.set(match, format(seen.size + 1, String(group)));
    return seen.get(match)!;
  });
}

export function passes(row: Row, answer: Answer): boolean {
  return answer.exit === row.expected.exit && answer.stdout === row.expected.stdout;
}
