// The size of what `npm install twinbox` brings: the packed package installed into an empty folder.

import {spawnSync} from 'node:child_process';
import {lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

export interface InstallSize {
  readonly packed: number;
  readonly installed: number;
  /** By top folder of node_modules. */
  readonly parts: Readonly<Record<string, number>>;
}

export function installSize(): InstallSize {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const work = mkdtempSync(join(tmpdir(), 'twinbox-install-'));
  try {
    npm(['pack', '--silent', '--pack-destination', work], root);
    const tarball = readdirSync(work).find(name => name.endsWith('.tgz'))!;
    writeFileSync(join(work, 'package.json'), '{"private": true}');
    npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', join(work, tarball)], work);
    const modules = join(work, 'node_modules');
    const parts = Object.fromEntries(readdirSync(modules).map(name => [name, sizeOf(join(modules, name))]));
    const installed = Object.values(parts).reduce((a, b) => a + b, 0);
    return {packed: lstatSync(join(work, tarball)).size, installed, parts};
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

function npm(args: readonly string[], cwd: string): void {
  const done = spawnSync('npm', args, {cwd, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32'});
  if (done.status !== 0) throw new Error(`npm ${args[0]} failed`);
}

function sizeOf(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
