// The native library: where it is looked for, and that the one file loads under any C library.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TwinboxError } from '../../src/errno.ts';
import { findLibrary, nativeSetting } from '../../src/native/library.ts';
import { skip } from '../skip.ts';
import { elf } from './elf.ts';

const thrown = (body: () => unknown): TwinboxError => {
  try {
    body();
  } catch (error) {
    return error as TwinboxError;
  }
  throw new Error('it was found');
};

test('TWINBOX_NATIVE turns native mode off, or makes its absence an error', () => {
  assert.equal(['0', 'off', 'require', '', 'yes'].map((value) => nativeSetting({ TWINBOX_NATIVE: value })), ['off', 'off', 'require', 'auto', 'auto']);
  assert.match(thrown(() => findLibrary({ TWINBOX_NATIVE: 'off' }, 'linux')).message, /turned off by TWINBOX_NATIVE/);
});

test('another system is told so, with what works there', () => {
  const error = thrown(() => findLibrary({}, 'darwin'));
  assert.is(error.code, 'ERR_UNSUPPORTED');
  assert.match(error.message, /needs Linux.*darwin/);
  assert.match(error.hint!, /portable/);
});

test('a path that was named is the only one that counts', () => {
  const dir = mkdtempSync(join(tmpdir(), 'twinbox-'));
  try {
    const path = join(dir, 'libtwinbox.so');
    assert.match(thrown(() => findLibrary({ TWINBOX_NATIVE_PATH: path }, 'linux')).message, new RegExp(`${path}, which does not exist`));
    writeFileSync(path, '');
    assert.equal(findLibrary({ TWINBOX_NATIVE_PATH: path }, 'linux'), { path, from: 'environment' });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('where there is none, every place that was tried is listed, with the remedy', () => {
  const places = /native\/linux-none\/libtwinbox\.so, the package @twinbox\/linux-none$/;
  let error: TwinboxError | undefined;
  try {
    // A build of this checkout serves the CPU it was made on, and hides the error.
    assert.is(findLibrary({}, 'linux', 'none').from, 'build');
  } catch (caught) {
    error = caught as TwinboxError;
  }
  if (error === undefined) return;
  assert.match(error.message, places);
  assert.match(error.hint!, /rustup\.rs.*TWINBOX_NATIVE_PATH/);
});

const built = ((): string | undefined => {
  try {
    return findLibrary().path;
  } catch (error) {
    if (nativeSetting() === 'require') throw error;
    return undefined;
  }
})();

function withLibrary(name: string, body: (path: string) => void): void {
  if (built === undefined) skip(test, name, 'the native library is not built', 'install Rust and run npm run build');
  else test(name, () => body(built));
}

withLibrary('the library needs no other and asks for no version of a C library', (path) => {
  assert.ok(existsSync(path));
  const file = elf(readFileSync(path));
  assert.equal(file.needed, []);
  assert.equal(file.imports, []);
  assert.equal(file.versions, []);
});

withLibrary('it shows one name', (path) => {
  assert.equal(elf(readFileSync(path)).exports, ['twinbox_call']);
});

withLibrary('no segment of it is both writable and executable', (path) => {
  assert.is(elf(readFileSync(path)).writableCode, false);
});

test.run();
