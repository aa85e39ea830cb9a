// The caller's terminal for a container's: in raw mode while it lasts, its size passed on, put back however it ends.

import { spawnSync } from 'node:child_process';
import type { Process } from '../runtime.ts';
import { copyIn, copyOut, type Stdio } from './stdio.ts';

export function connectTerminal(process_: Process, interactive: boolean): Stdio {
  let status: number | undefined;
  const resize = (): void => void process_.resize(process.stdout.columns || 80, process.stdout.rows || 24).catch(() => {});
  process.stdout.on('resize', resize);
  const { stdin } = process;
  let raw = false;
  const restore = (): void => {
    if (raw) stdin.setRawMode(false);
    raw = false;
    process.stdout.off('resize', resize);
    process.off('exit', restore);
    process.off('SIGCONT', again);
    stdin.pause();
  };
  const again = (): void => {
    if (raw) makeRaw();
  };
  if (interactive && stdin.isTTY) {
    makeRaw();
    raw = true;
    process.on('SIGCONT', again);
  }
  // Also after an exception that nobody caught.
  process.on('exit', restore);
  if (interactive) copyIn(process_);
  const drained = copyOut(process_.stdout, 1, (code) => { status = code; });
  return { drained, failed: () => status, restore };
}

/**
 * cfmakeraw(3). Node's raw mode leaves output processing on, which would end each line of the container's terminal twice;
 * nothing in Node turns it off, so stty does where there is one. Node puts back all that was before its raw mode.
 */
function makeRaw(): void {
  process.stdin.setRawMode(true);
  if (process.platform !== 'win32') spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
}
