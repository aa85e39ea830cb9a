// Programs in C, compiled by Debian's clang and wasi-libc against include/linux.h: the clone() that containers begin with,
// and a guest with files, pipes, arguments, environment, signals and exit codes. ps and /proc show them as programs.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRuntime } from '../../src/index.ts';
import { skipAll } from '../skip.ts';

const root = process.cwd();
const folder = join(root, 'build/c');
const clang = ['clang-19', 'clang'].find((one) => spawnSync(one, ['--version']).status === 0);

/** test/portable/NAME.c to a module; each process makes its own, since files run beside one another. */
function compile(name: string): string {
  mkdirSync(folder, { recursive: true });
  const to = join(folder, `${name}-${process.pid}.wasm`);
  const args = ['--target=wasm32-wasi', '-O2', '-Wall', '-Werror', '-I', join(root, 'include'), '-Wl,--export-table', '-o', to];
  const done = spawnSync(clang as string, [...args, join(root, `test/portable/${name}.c`)], { encoding: 'utf8' });
  assert.is(done.status, 0, done.stderr);
  return to;
}

const test = suite('C');
const tests: Record<string, () => Promise<void>> = {
  async 'clone() makes a child that is PID 1 in its own namespace'() {
    const runtime = await createRuntime({ mode: 'portable' });
    try {
      const { stdout, exitCode } = await runtime.run({ image: compile('clone'), capAdd: ['SYS_ADMIN'] });
      assert.is(stdout, 'parent: my PID is 1\nchild:  my PID is 1, my parent is 0\nparent: child waited for, exited with 7\n');
      assert.is(exitCode, 0);
      assert.match((await runtime.run({ image: compile('clone') })).stdout, /clone answers -1\n/);
    } finally {
      await runtime.close();
    }
  },

  async 'arguments, environment, input, files, a pipe, a signal and the exit code'() {
    const runtime = await createRuntime({ mode: 'portable' });
    try {
      const image = compile('guest');
      const { stdout, exitCode } = await runtime.run({ image, command: ['a', 'b c'], env: { WHO: 'me' }, stdin: 'one\ntwo\n' });
      assert.is(stdout, 'argument 1: a\nargument 2: b c\nenvironment: me\ninput: one\ninput: two\n'
        + 'pipe: through a pipe, the child exited with 3\nsignal: USR1\n');
      assert.is(exitCode, 42);
    } finally {
      await runtime.close();
    }
  },

  async 'a shell starts it in the background; ps and /proc show it, and kill ends it'() {
    const runtime = await createRuntime({ mode: 'portable' });
    try {
      const name = compile('guest').slice(folder.length + 1);
      const script = `/c/${name} wait > /tmp/out < /dev/null & sleep 1; ps -o args | grep -c "^/c/${name} wait"; tr '\\0' ' ' < /proc/$!/cmdline; echo;`
        + ` readlink /proc/$!/exe; cat /tmp/made-in-c; kill $!; wait $!; echo "ended with $?"; tail -n 1 /tmp/out`;
      const { stdout } = await runtime.run({ image: 'busybox', command: ['sh', '-c', script], volumes: [`${folder}:/c:ro`] });
      assert.is(stdout, `1\n/c/${name} wait \n/c/${name}\n1 lines\nended with 143\nsignal: USR1\n`);
    } finally {
      await runtime.close();
    }
  },
};

if (!clang || !existsSync('/usr/include/wasm32-wasi')) {
  skipAll(test, Object.keys(tests), 'programs in C', 'no clang for wasm32-wasi here', 'apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32');
} else for (const [name, body] of Object.entries(tests)) test(name, body);

test.run();
