// pjdfstest, assertions about POSIX file systems (github.com/pjd/pjdfstest, BSD-2), inside a container on its tmpfs: its
// probe compiled by clang against include/linux.h and wasi-libc (posix.h lies between), its harness in our shell. By
// default a sample; `npm run suites pjdfstest` runs it whole. It is no part of this repository.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRuntime } from '../../src/index.ts';
import { skip } from '../skip.ts';

const whole = process.env.TWINBOX_SUITES === 'whole';
const root = process.cwd();
const home = process.env.TWINBOX_PJDFSTEST ?? join(root, 'build/suites/pjdfstest');
const work = join(root, 'build/suites/pjdfstest');

const sample = ['chmod/01.t', 'chmod/05.t', 'chown/05.t', 'link/01.t', 'link/06.t', 'mkfifo/05.t', 'open/06.t', 'rename/05.t', 'rename/20.t',
  'rmdir/06.t', 'rmdir/12.t', 'symlink/07.t', 'truncate/05.t', 'unlink/08.t', 'utimensat/00.t'];

/** Why assertions of a file fail, and how many. */
const nullIsAnAddress = 'EFAULT for a null pointer: 0 is an address like any other in the memory of a WebAssembly program';
const known: Record<string, [number, string]> = {
  'chmod/10.t': [1, nullIsAnAddress],
  'chown/10.t': [2, nullIsAnAddress],
  'ftruncate/14.t': [1, nullIsAnAddress],
  'link/17.t': [2, nullIsAnAddress],
  'mkdir/12.t': [1, nullIsAnAddress],
  'mkfifo/12.t': [1, nullIsAnAddress],
  'mknod/10.t': [1, nullIsAnAddress],
  'open/21.t': [1, nullIsAnAddress],
  'open/25.t': [3, 'a byte behind 2 GiB: memfs keeps a file in one piece'],
  'rename/17.t': [2, nullIsAnAddress],
  'rmdir/15.t': [1, nullIsAnAddress],
  'symlink/12.t': [2, nullIsAnAddress],
  'truncate/14.t': [1, nullIsAnAddress],
  'unlink/13.t': [1, nullIsAnAddress],
};
/** What must hold when all runs, of 8,798; what the suite itself expects Linux to fail is not counted. */
const floor = 8750;

const test = suite('pjdfstest');
const name = `POSIX file systems, ${whole ? 'whole' : 'a sample'}`;
const clang = ['clang-19', 'clang'].find((one) => spawnSync(one, ['--version']).status === 0);

/** The probe, or what the compiler said. */
function compile(): string | undefined {
  mkdirSync(join(work, 'include'), { recursive: true });
  // Headers that the probe names and wasi-libc lacks.
  for (const header of ['config.h', 'grp.h']) writeFileSync(join(work, 'include', header), '');
  const args = ['--target=wasm32-wasi', '-Os', '-w', '-I', join(work, 'include'), '-I', join(root, 'include'), '-I', join(root, 'test/suite'),
    '-include', 'posix.h', '-o', join(work, 'pjdfstest.wasm'), join(home, 'pjdfstest.c')];
  const done = spawnSync(clang as string, args, { encoding: 'utf8' });
  return done.status === 0 ? undefined : done.stderr;
}

if (!existsSync(join(home, 'pjdfstest.c'))) {
  skip(test, name, 'no pjdfstest here', 'set TWINBOX_PJDFSTEST to a checkout of github.com/pjd/pjdfstest');
} else if (!clang || !existsSync('/usr/include/wasm32-wasi')) {
  skip(test, name, 'no clang for wasm32-wasi here', 'apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32');
} else {
  test(name, async () => {
    assert.is(compile(), undefined, 'the probe compiles');
    copyFileSync(join(root, 'test/suite/pjdfstest.sh'), join(work, 'pjdfstest.sh'));
    const runtime = await createRuntime({ mode: 'portable' });
    let log: string;
    try {
      const volumes = [`${join(home, 'tests')}:/p/tests:ro`, `${work}:/p/bin:ro`];
      const command = ['sh', '/p/bin/pjdfstest.sh', ...(whole ? [] : sample)];
      log = (await runtime.run({ image: 'busybox', command, capAdd: ['ALL'], volumes })).stdout;
    } finally {
      await runtime.close();
    }
    judge(log);
  });
}

// TAP of many files: every planned assertion must be there, and hold unless it is listed or the suite expects it to fail.
function judge(log: string): void {
  let passed = 0;
  let listed = 0;
  const wrong: string[] = [];
  for (const part of log.split(/^@@ /m).slice(1)) {
    const file = part.slice(0, part.indexOf('\n'));
    const planned = Number(/^1\.\.(\d+)/m.exec(part)?.[1] ?? -1);
    const results = part.match(/^(not )?ok\b.*$/gm) ?? [];
    const failed = results.filter((line) => line.startsWith('not ok') && !/# T[O]DO/.test(line));
    passed += results.filter((line) => line.startsWith('ok')).length;
    listed += failed.length;
    if (results.length !== planned) wrong.push(`${file}: ${results.length} of ${planned} assertions`);
    if (failed.length !== (known[file]?.[0] ?? 0)) wrong.push(`${file}: ${failed.length} failed, listed are ${known[file]?.[0] ?? 0}`, ...failed);
  }
  console.log(`case: pjdfstest: ${passed} assertions hold, ${listed} fail as listed`);
  assert.equal(wrong, []);
  if (whole) assert.ok(passed >= floor, `${passed} assertions hold, fewer than ${floor}`);
}

test.run();
