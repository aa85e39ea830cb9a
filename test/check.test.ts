// What the compiler and the linter say of all sources.

import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../', import.meta.url));

function run(program: string, ...args: readonly string[]): {status: number | null; output: string} {
  const {status, stdout, stderr} = spawnSync(process.execPath, [program, ...args], {cwd: root, encoding: 'utf8'});
  return {status, output: stdout + stderr};
}

test('the sources compile under strict TypeScript', () => {
  const {status, output} = run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
  assert.is(status, 0, output);
});

test('the linter finds no error', () => {
  const {status, output} = run('node_modules/@biomejs/biome/bin/biome', 'lint', '--diagnostic-level=error');
  assert.is(status, 0, output);
});

test.run();
