// The files that repeat the system-call table are those that scripts/abi.ts makes today; linux.h compiles where clang is.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generate } from '../scripts/abi.ts';
import { skip } from './skip.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

for (const [path, text] of Object.entries(generate())) {
  test(`${path} is what the table says (npm run abi writes it)`, () => {
    assert.is(readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n'), text);
  });
}

const clang = ['clang', 'clang-19'].find((one) => spawnSync(one, ['--target=wasm32', '--version']).status === 0);
if (!clang) skip(test, 'linux.h compiles and its offsets hold', 'no clang here', 'apt-get install clang-19');
else {
  test('linux.h compiles and its offsets hold', () => {
    const dir = mkdtempSync(join(tmpdir(), 'twinbox-abi-'));
    try {
      writeFileSync(join(dir, 'a.c'), '#include <linux.h>\nint pid(void) { return sys_getpid() + LINUX_O_CREAT; }\n');
      const args = ['--target=wasm32', '-Wall', '-Wextra', '-Werror', '-isystem', join(root, 'include'), '-c', 'a.c'];
      const done = spawnSync(clang as string, args, { cwd: dir, encoding: 'utf8' });
      assert.is(done.stderr, '');
      assert.is(done.status, 0);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}

test.run();
