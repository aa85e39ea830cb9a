// Applets against busybox 1.35: blocks of commands (corpus/*.txt, a blank line between), each run in a directory of its
// own inside a container. Their output, messages and status must be what Debian's busybox answered (corpus/*.out). Where
// that busybox is installed it runs too, so that a recording cannot grow old. TWINBOX_RECORD=1 writes the recordings anew.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRuntime, type Runtime } from '../../src/index.ts';
import { skip } from '../skip.ts';

const corpus = fileURLToPath(new URL('corpus/', import.meta.url));
const tables = readdirSync(corpus).filter((name) => name.endsWith('.txt')).map((name) => name.slice(0, -4)).sort();
/** A tmpfs, as the container's /work is: sizes of directories are then the same. */
const fast = '/dev/shm';
/** Another version answers otherwise here and there. */
const busybox = process.platform === 'linux' && existsSync(fast) && existsSync('/bin/busybox')
  && spawnSync('/bin/busybox', { encoding: 'latin1' }).stdout.includes('BusyBox v1.35');

const blocksOf = (table: string): string[] =>
  readFileSync(join(corpus, `${table}.txt`), 'latin1').replaceAll('\r\n', '\n').trim().split(/\n\n+/);

/** A script that runs the blocks under `dir` and prints, for each: a mark, its output, its messages, its status. */
function script(blocks: readonly string[], dir: string): string {
  const lines = [
    'umask 022', `cd ${dir}`,
    "printf 'root:x:0:0:root:/root:/bin/sh\\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\\nbin:x:2:2:bin:/bin:/bin/sh\\n' > users",
    "printf 'root:x:0:\\ndaemon:x:1:\\n' > groups", 'echo twin > name',
  ];
  blocks.forEach((block, i) => {
    lines.push(`mkdir d${i}; cd d${i}; (`, block, `) > ../out 2> ../err < /dev/null; echo "status $?" >> ../out; cd ..`);
    // Usage texts are our own words: only messages are compared.
    lines.push(`echo "%%% ${i}"; cat out; sed -n '/^[a-z_0-9[]*: /p' err`);
  });
  return `${lines.join('\n')}\n`;
}

function parts(output: string): string[] {
  return output.split(/^%%% \d+\n/m).slice(1);
}

/** busybox's own answers, its applets found before all else. */
function reference(blocks: readonly string[]): string {
  const top = mkdtempSync(join(fast, 'twinbox-applets-'));
  try {
    const bin = join(top, 'bin');
    const dir = join(top, 'work');
    mkdirSync(bin);
    mkdirSync(dir);
    spawnSync('/bin/busybox', ['--install', '-s', bin]);
    const env = { PATH: bin, HOME: '/root', LC_ALL: 'C' };
    const done = spawnSync('/bin/busybox', ['sh', '-s'], {
      cwd: dir, env, input: Buffer.from(script(blocks, dir), 'latin1'), encoding: 'latin1', timeout: 60_000,
    });
    return done.stdout;
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

const test = suite('applets');
let runtime: Runtime;

test.before(async () => {
  runtime = await createRuntime({ mode: 'portable' });
});

test.after(() => runtime.close());

for (const table of tables) {
  const blocks = blocksOf(table);
  const file = join(corpus, `${table}.out`);
  if (busybox) {
    test(`busybox still answers ${table} as recorded`, () => {
      const answer = reference(blocks);
      if (process.env.TWINBOX_RECORD) writeFileSync(file, answer, 'latin1');
      assert.equal(parts(answer), parts(readFileSync(file, 'latin1')));
    });
  }

  test(`the applets answer ${table} as busybox does`, async () => {
    const want = parts(readFileSync(file, 'latin1').replaceAll('\r\n', '\n'));
    const host = mkdtempSync(join(tmpdir(), 'twinbox-applets-'));
    writeFileSync(join(host, 'run.sh'), script(blocks, '/work'), 'latin1');
    try {
      const { stdout } = await runtime.run({
        image: 'busybox', command: ['sh', '/s/run.sh'], env: { LC_ALL: 'C' }, tmpfs: ['/work'], volumes: [`${host}:/s:ro`],
      });
      const got = parts(stdout);
      blocks.forEach((block, i) => assert.is(got[i], want[i], block));
    } finally {
      rmSync(host, { recursive: true, force: true });
    }
  });
}

if (!busybox) skip(test, 'busybox still answers as recorded', 'no busybox 1.35 here', 'apt-get install busybox-static');

test.run();
