// Many small scripts at once through one shell: ours in a container, or one of this machine with busybox's applets.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime } from '../../src/index.ts';

/** Are dash and the busybox that we are like both here. */
export const oracles = existsSync('/bin/dash') && existsSync('/bin/busybox')
  && spawnSync('/bin/busybox', { encoding: 'latin1' }).stdout.includes('BusyBox v1.35');

/** Runs all of them by $SH, each in a directory of its own. */
const driver = [
  'umask 022', 'i=0', 'while [ -f "$DIR/$i.sh" ]; do', 'mkdir w$i; cd w$i; cp "$DIR/$i.sh" ../script',
  'env -i PATH="$PATH" HOME=/ $SH ../script > ../out 2> /dev/null < /dev/null; s=$?',
  'cd ..; echo "%%% $i"; cat out; echo "status $s"; i=$((i + 1))', 'done', '',
].join('\n');

/** Each script's output and status in an output of the driver. */
export const parts = (output: string): string[] => output.split(/^%%% \d+\n/m).slice(1);

function prepare(scripts: readonly string[]): string {
  const dir = mkdtempSync(join(tmpdir(), 'twinbox-scripts-'));
  scripts.forEach((text, i) => writeFileSync(join(dir, `${i}.sh`), `${text}\n`, 'latin1'));
  writeFileSync(join(dir, 'driver'), driver);
  return dir;
}

/** What a shell of this machine answers. */
export function reference(shell: string, scripts: readonly string[]): string {
  const dir = prepare(scripts);
  const work = mkdtempSync(join(tmpdir(), 'twinbox-scripts-'));
  try {
    const bin = join(work, 'bin');
    mkdirSync(bin);
    spawnSync('/bin/busybox', ['--install', '-s', bin]);
    const env = { PATH: bin, SH: shell, DIR: dir };
    return spawnSync('/bin/busybox', ['sh', join(dir, 'driver')], { cwd: work, env, encoding: 'latin1', timeout: 60_000 }).stdout;
  } finally {
    for (const one of [work, dir]) rmSync(one, { recursive: true, force: true });
  }
}

/** What our shell answers. */
export async function ours(scripts: readonly string[]): Promise<string> {
  const dir = prepare(scripts);
  const runtime = await createRuntime({ mode: 'portable' });
  try {
    const command = ['sh', '-c', 'cd /work; DIR=/s SH=sh; export DIR SH; . /s/driver'];
    return (await runtime.run({ image: 'busybox', command, tmpfs: ['/work:exec'], volumes: [`${dir}:/s:ro`] })).stdout;
  } finally {
    await runtime.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
