// Every applet of `busybox --list` answers --help with its usage and 0, and refuses a flag that it does not have.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRuntime } from '../../src/index.ts';

/** --help is an operand for these, as in busybox. */
const plain: Record<string, string> = { '[': '', '[[': '', test: '', true: '', false: '', echo: '' };
/** What else comes of `-@`: an operand, a program's name, a message of its own. */
const otherwise: Record<string, string> = {
  ...plain, expr: 'an operand', printf: 'a format', yes: 'what to repeat', nohup: 'a program', init: 'a program', 'docker-init': 'a program',
  box: 'a verb', ash: 'illegal option', sh: 'illegal option', find: 'unrecognized', kill: 'bad signal name', killall: 'bad signal name',
  sleep: 'invalid number', stty: 'invalid argument',
};

const script = `
cd /tmp
for name in $(busybox --list); do
  timeout 5 busybox "$name" --help > help 2>&1 < /dev/null
  status=$?
  echo "$name help $status $(sed -n 's/^Usage: //p' help | head -n 1)"
  timeout 5 busybox "$name" -@ 2> flag > /dev/null < /dev/null
  status=$?
  echo "$name flag $status $(sed -n 's/^Usage: //p' flag | head -n 1)"
done`;

const test = suite('usage');

test('every applet answers --help, and an unknown flag is a usage error', async () => {
  const runtime = await createRuntime({ mode: 'portable' });
  try {
    const { stdout } = await runtime.run({ image: 'busybox', command: ['sh', '-c', script] });
    const wrong: string[] = [];
    let seen = 0;
    for (const line of stdout.trim().split('\n')) {
      const [name, kind, status, ...synopsis] = line.split(' ');
      const named = synopsis[0] === name;
      seen++;
      if (kind === 'help' && !(name in plain) && !(status === '0' && named)) wrong.push(line);
      if (kind === 'flag' && !(name in otherwise) && !(status !== '0' && named)) wrong.push(line);
    }
    assert.equal(wrong, []);
    assert.ok(seen > 220, `${seen} lines`);
  } finally {
    await runtime.close();
  }
});

test.run();
