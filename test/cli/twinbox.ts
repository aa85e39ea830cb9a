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

// Without `--` Node takes --env-file for its own, wherever it stands.
export function twinbox(args: readonly string[], options: {input?: string; env?: Record<string, string>; cwd?: string} = {}): Result {
  const {input, env, cwd} = options;
  const done = spawnSync(process.execPath, ['--', cli, ...args], {
    encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 2 ** 20, input: input ?? '', env: {...process.env, ...env}, cwd,
  });
  return {status: done.status, signal: done.signal, stdout: done.stdout, stderr: done.stderr};
}

/** `twinbox run busybox sh -c SCRIPT`, with flags before the image. */
export const sh = (script: string, ...flags: readonly string[]): Result => twinbox(['run', ...flags, 'busybox', 'sh', '-c', script]);

export function start(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(process.execPath, ['--', cli, ...args], {stdio: ['ignore', 'pipe', 'pipe'], ...options});
}

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
