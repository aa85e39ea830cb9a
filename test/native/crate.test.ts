// The crate by itself: its own tests, and whether it compiles for the CPU that is not here.

import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {skip} from '../skip.ts';

const native = join(process.env.TWINBOX_ROOT ?? process.cwd(), 'native');
const arm = 'aarch64-unknown-linux-gnu';
// A rustup that was just installed is on no PATH yet.
const env = {...process.env, PATH: `${process.env.PATH}:${process.env.CARGO_HOME ?? join(homedir(), '.cargo')}/bin`};

const run = (program: string, ...args: string[]) => spawnSync(program, args, {cwd: native, env, encoding: 'utf8'});
const missing = process.platform !== 'linux' || run('cargo', '--version').status !== 0;
const remedy = 'install Rust (https://rustup.rs)';

const built = existsSync(join(native, 'target/release/libtwinbox.so'));
if (missing || !built)
  skip(test, 'the tests of the crate pass', missing ? 'there is no cargo' : 'the library is not built', remedy);
else {
  test('the tests of the crate pass', () => {
    const {status, stdout, stderr} = run('cargo', 'test', '--locked', '--package', 'helper', '--package', 'twinbox');
    assert.is(status, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /test result: ok\. [1-9]/);
  });
}

/** Whether the compiler that is here has a core library for the target. */
function hasCore(): boolean {
  const {status, stdout} = run('rustc', '--print', 'target-libdir', '--target', arm);
  const dir = stdout?.trim() ?? '';
  return status === 0 && existsSync(dir) && readdirSync(dir).some(name => name.startsWith('libcore-'));
}

if (missing || !hasCore()) {
  skip(
    test,
    'the crate compiles for arm64',
    `unchecked: no core library for ${arm} is here`,
    `rustup target add ${arm}, or Debian's libstd-rust-dev:arm64 beside its rustc`,
  );
} else {
  test('the crate compiles for arm64', () => {
    // No linker for it is needed: the library is checked with any bytes for its helper.
    const check = spawnSync('cargo', ['check', '--locked', '--workspace', '--target', arm], {
      cwd: native,
      env: {...env, TWINBOX_HELPER: join(native, 'Cargo.toml')},
      encoding: 'utf8',
    });
    assert.is(check.status, 0, check.stderr);
  });
}

test.run();
