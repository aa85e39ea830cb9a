// The built command line as a test calls it.

import {spawn, spawnSync, type ChildProcess, type SpawnOptions} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {asset} from '../../src/asset.ts';

export const cli = fileURLToPath(asset('cli.js'));

export interface Result {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** The command line with one mode said, wherever a test does not say one itself. */
export interface Cli {
  readonly mode: Mode;
  twinbox(args: readonly string[], options?: RunOptions): Result;
  /** `twinbox run busybox sh -c SCRIPT`, with flags before the image. */
  sh(script: string, ...flags: readonly string[]): Result;
  start(args: readonly string[], options?: SpawnOptions): ChildProcess;
}

export type Mode = 'portable' | 'native';

// Without `--` Node takes --env-file for its own, wherever it stands.
export function on(mode: Mode): Cli {
  const words = (args: readonly string[]): string[] => ['--', cli, ...withMode(args, mode)];
  const twinbox: Cli['twinbox'] = (args, {input = '', env, cwd} = {}) => {
    const done = spawnSync(process.execPath, words(args), {
      encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 2 ** 20, input, env: {...process.env, ...env}, cwd,
    });
    return {status: done.status, signal: done.signal, stdout: done.stdout, stderr: done.stderr};
  };
  return {
    mode,
    twinbox,
    sh: (script, ...flags) => twinbox(['run', ...flags, 'busybox', 'sh', '-c', script]),
    start: (args, options = {}) => spawn(process.execPath, words(args), {stdio: ['ignore', 'pipe', 'pipe'], ...options}),
  };
}

export function withMode(args: readonly string[], mode: Mode): readonly string[] {
  return args[0] === 'run' && !args.includes('--mode') ? ['run', '--mode', mode, ...args.slice(1)] : args;
}

/** What tests of the emulated kernel use. */
export const {twinbox, sh, start} = on('portable');

export function ended(child: ChildProcess): Promise<{code: number | null; signal: string | null}> {
  return new Promise(resolve => child.on('close', (code, signal) => resolve({code, signal})));
}

/** Until a stream has said `text`. */
export function said(child: ChildProcess, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    child.stdout!.on('data', (data: Buffer) => {
      all += data;
      if (all.includes(text)) resolve(all);
    });
    child.stdout!.on('end', () => reject(new Error(`it ended without ${JSON.stringify(text)}: ${JSON.stringify(all)}`)));
  });
}
