// The paired runner for whole processes: A B A B ..., so that a noisy machine is noisy for both. Benchmark.js runs its
// suites one after another, which on a shared machine compares two moments rather than two programs.

import {spawn} from 'node:child_process';
import {type Summary, summary} from './stat.ts';

export interface Candidate {
  readonly name: string;
  /** One sample in milliseconds. */
  readonly sample: () => Promise<number>;
}

export interface Pairing {
  readonly name: string;
  readonly summary: Summary;
  /** Median over the first candidate's. */
  readonly ratio: number;
}

export async function paired(candidates: readonly Candidate[], rounds: number): Promise<Pairing[]> {
  const values = candidates.map((): number[] => []);
  for (const one of candidates) await one.sample();
  for (let i = 0; i < rounds; i++) {
    for (const [k, one] of candidates.entries()) values[k]!.push(await one.sample());
  }
  const summaries = values.map(summary);
  return candidates.map((one, k) => ({
    name: one.name,
    summary: summaries[k]!,
    ratio: summaries[k]!.median / summaries[0]!.median,
  }));
}

/** A process from its start to its end, by the wall clock; it must exit with 0. */
export function processTime(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...inherited} = process.env;
  return new Promise((done, fail) => {
    const begin = performance.now();
    const child = spawn(program, args, {env: {...inherited, ...env}, stdio: ['ignore', 'ignore', 'pipe']});
    const errors: Buffer[] = [];
    child.stderr.on('data', (bytes: Buffer) => errors.push(bytes));
    child.on('error', fail);
    child.on('close', status => {
      if (status === 0) done(performance.now() - begin);
      else fail(new Error(`${program} ${args.join(' ')}: status ${status}\n${Buffer.concat(errors).toString()}`));
    });
  });
}
