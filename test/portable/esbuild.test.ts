// esbuild, a compiler written in Go and compiled to WASI (20 MB), in containers: threads of its own making over one thread
// of ours, files, a pipe, messages and exit codes.

import {createRequire} from 'node:module';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime} from '../../src/index.ts';

const image = createRequire(import.meta.url).resolve('@esbuild/wasi-preview1/esbuild.wasm');
const runtime = await createRuntime({mode: 'portable', thread: false});

test('it says its version and knows a wrong flag', async () => {
  const {stdout, exitCode} = await runtime.run({image, command: ['--version']});
  assert.equal([stdout, exitCode], ['0.27.2\n', 0]);
  const wrong = await runtime.run({image, command: ['--no-such-flag']});
  assert.is(wrong.exitCode, 1);
  assert.match(wrong.stderr, '--no-such-flag');
});

test('TypeScript from standard input becomes JavaScript', async () => {
  const {stdout} = await runtime.run({image, command: ['--loader=ts', '--minify'], stdin: 'export const f = (a: string): string => `${a}!`;\n'});
  assert.match(stdout, /^export const f=(\w)=>`\$\{\1\}!`;\n$/);
});

test('modules in directories are found and bundled; ps shows it under its name', async () => {
  const box = await runtime.create({
    image, entrypoint: ['sh'], stdin: 'pipe', stdout: 'pipe',
    command: ['-c', 'mkdir -p src/lib; cat > src/main.ts; echo "export const six: number = 6" > src/lib/six.ts; '
      + 'esbuild src/main.ts --bundle --format=esm --log-level=warning --outfile=out/main.js || exit 9; cat out/main.js; '
      + 'esbuild src/none.ts --log-level=error; echo $?; (sleep 5 | esbuild --loader=ts > /dev/null) & sleep 0.3; ps -o comm | grep -c esbuild; kill $!'],
    cwd: '/tmp',
  });
  try {
    const {process} = box;
    const text = process.stdout.text();
    await box.start();
    const writer = process.stdin.getWriter();
    await writer.write('import { six } from "./lib/six";\nconsole.log(six * 7);\n');
    await writer.close();
    const lines = (await text).trim().split('\n');
    assert.equal(lines.slice(0, 6), ['// src/lib/six.ts', 'var six = 6;', '', '// src/main.ts', 'console.log(six * 7);', '1']);
    assert.ok(Number(lines[6]) >= 1, lines[6]);
  } finally {
    await box.remove({force: true});
  }
});

test.after(() => runtime.close());
test.run();
