// Terminals: a container has no way to type at, read from, or keep the terminal that twinbox was started on.

import * as assert from 'uvu/assert';
import {compilerRemedy, noCompiler} from '../compile.ts';
import {native, probe, sh, type Flags} from '../native.ts';
import {cli} from '../../cli/twinbox.ts';
import {Seat} from '../../pty/terminal.ts';

const test = native('security: terminals');

const look = 'ls -l /proc/self/fd/0 /proc/self/fd/1 | grep -c -e tty -e pts; (exec 3< /dev/tty) 2>&1; /probe/calls tiocsti tiocsti_high; echo end';

// The most powerful container there is, without a terminal of its own, started from one.
test.unless(noCompiler(), compilerRemedy, 'from a terminal and without -t: no controlling terminal, and none of its descriptors', async () => {
  for (const flags of [[], ['--privileged'], ['-i'], ['--privileged', '-i', '--security-opt', 'seccomp=unconfined']]) {
    const seat = new Seat([cli, 'run', '--mode', 'native', ...flags, '-v', probe('calls'), 'busybox', 'sh', '-c', look]);
    try {
      const text = (await seat.see('end')).replaceAll('\r', '');
      assert.match(text, /^0\n/, flags.join(' '));
      assert.match(text, /No such device or address/);
      assert.match(text, /tiocsti: (ENOTTY|EPERM)\ntiocsti_high: (ENOTTY|EPERM)\n/);
    } finally {
      seat.end();
    }
  }
});

test.unless(noCompiler(), compilerRemedy, 'with -t what it types it types to itself', async () => {
  const seat = new Seat(['-c', `'${process.execPath}' '${cli}' run --mode native -it --privileged -v ${probe('calls')} busybox /probe/calls tiocsti; read -t 1 line; echo "<$line>"`], {file: '/bin/bash'});
  try {
    const text = (await seat.see(/<.*>/)).replaceAll('\r', '');
    assert.match(text, /tiocsti: /);
    assert.match(text, /<>/);
  } finally {
    seat.end();
  }
});

test('its terminal is a pty of its own devpts, and no other is in reach', async runtime => {
  const flags: Flags = {tty: true};
  const {stdout} = await sh(runtime, 'tty; ls -1 /dev/pts; stat -c %u:%a /dev/pts/0; [ /dev/console -ef /dev/pts/0 ] && echo console', flags);
  assert.match(stdout, /^\/dev\/pts\/0\r\n0\r\nptmx\r\n0:6[0-9]0\r\nconsole\r\n$/);
});

test.root('another user owns its terminal', async runtime => {
  const {stdout} = await sh(runtime, 'stat -c %u /dev/pts/0; echo x > /dev/tty; echo y > /dev/stdout', {tty: true, user: '1000:1000'});
  assert.is(stdout, '1000\r\nx\r\ny\r\n');
});

test.root('another user can write to /dev/stdout and /dev/stderr, which are pipes', async runtime => {
  const {stdout, stderr} = await sh(runtime, 'echo out > /dev/stdout; echo err > /dev/stderr; echo more >> /proc/self/fd/1', {user: '1000:1000'});
  assert.equal([stdout, stderr], ['out\nmore\n', 'err\n']);
});

test.run();
