// Somebody at a terminal: `twinbox run -it busybox sh`, typed at, on either mode.

import {suite, type Test} from 'uvu';
import * as assert from 'uvu/assert';
import type {Mode} from '../cli/twinbox.ts';
import {skip} from '../skip.ts';
import {Seat} from './terminal.ts';

const ctrl = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) & 31);

export function shellTests(mode: Mode): Test {
  const test = suite(`terminal [${mode}]`);
  const seats: Seat[] = [];

  function typed(name: string, body: (seat: Seat) => Promise<void>, ...flags: readonly string[]): void {
    if (process.platform === 'win32') return skip(test, name, 'ptys are POSIX', 'run it on Linux or macOS');
    test(name, async () => {
      const seat = await Seat.shell(mode, ...flags);
      seats.push(seat);
      await body(seat);
    });
  }

  test.after.each(() => {
    for (const seat of seats.splice(0)) seat.end();
  });

  typed('the shell is PID 1 on a terminal of its own', async seat => {
    assert.is(await seat.line('echo $$ $(tty)'), '1 /dev/pts/0');
    seat.type('exit 3\r');
    assert.is((await seat.ended).exitCode, 3);
  });

  typed('Ctrl-D at an empty line ends the shell', async seat => {
    await seat.line('true');
    seat.type(ctrl('D'));
    assert.is((await seat.ended).exitCode, 0);
  });

  typed('Ctrl-C ends the foreground job, not the shell and not the background job', async seat => {
    await seat.line('sleep 1000 &');
    await seat.job('exec sleep 500');
    seat.type(ctrl('C'));
    await seat.see('/ # ');
    assert.is(await seat.line('echo $?'), '130');
    assert.match(await seat.line('jobs'), /sleep 1000/);
    await seat.until('ps -o comm | grep -c sleep', /^1$/);
  });

  typed('Ctrl-C at the prompt gives a new line', async seat => {
    seat.type('echo never');
    seat.type(ctrl('C'));
    await seat.see(/\n.*\/ # $/);
    assert.is(await seat.line('echo ok'), 'ok');
  });

  typed('bg lets a stopped job run on', async seat => {
    await seat.job('exec sleep 1000');
    seat.type(ctrl('Z'));
    await seat.see(/Stopped[\s\S]*\/ # $/);
    await seat.line('bg');
    await seat.until('jobs', /Running/);
    await seat.line('kill %1');
    await seat.until('jobs', /^$|Terminated/);
  });

  typed('a stopped job that reads the terminal waits for fg', async seat => {
    await seat.job('while read line; do echo "<$line>"; done');
    seat.type(ctrl('Z'));
    await seat.see(/Stopped[\s\S]*\/ # $/);
    assert.match(await seat.line('ps -o stat,comm'), /T +sh/);
    await seat.line('kill -CONT %1; sleep 0.2');
    await seat.until('jobs', /Stopped/);
    await seat.line('sleep 1000 &');
    assert.match(await seat.line('jobs'), /Running +sleep 1000/);
    await seat.line('kill %2');
    seat.type('fg %1\r');
    await seat.see('echo');
    seat.type('hello\r');
    await seat.see('<hello>');
    seat.type(ctrl('C'));
    await seat.see('/ # ');
    await seat.until('jobs', /^$/);
  });

  typed('a background read of the terminal stops the job', async seat => {
    await seat.line('cat &');
    await seat.until('jobs', /Stopped/);
  });

  typed('an endless loop is ended by Ctrl-C', async seat => {
    seat.type('echo up-"and"-running; while :; do :; done\r');
    await seat.see('up-and-running');
    seat.type(ctrl('C'));
    await seat.see('/ # ');
    assert.is(await seat.line('echo alive'), 'alive');
  });

  typed('line editing: arrows, home, end, kill, word', async seat => {
    seat.type(`cho ok${ctrl('A')}e\r`);
    await seat.see(/\nok\r?\n\/ # $/);
    seat.type('echo ac\x1b[Db\r');
    await seat.see(/\nabc\r?\n\/ # $/);
    seat.type(`echo one two${ctrl('W')}three\r`);
    await seat.see(/\none three\r?\n\/ # $/);
    seat.type(`garbage${ctrl('U')}echo clean\r`);
    await seat.see(/\nclean\r?\n\/ # $/);
    seat.type(`echo x${ctrl('A')}${ctrl('E')}y\x7fz\r`);
    await seat.see(/\nxz\r?\n\/ # $/);
  });

  typed('history comes back with the arrow up', async seat => {
    await seat.line('echo first');
    await seat.line('echo second');
    seat.type('\x1b[A\x1b[A\r');
    await seat.see(/\nfirst\r?\n\/ # $/);
  });

  typed('the screen shows what a person expects', async seat => {
    await seat.line('echo one; echo two');
    const screen = await seat.screen();
    assert.equal(screen.slice(-4), ['/ # echo one; echo two', 'one', 'two', '/ #']);
  });

  typed('a resize reaches the foreground job', async seat => {
    assert.is(await seat.line('stty size'), '24 80');
    // The emulated userland's shell runs traps while it edits a line; busybox's does not.
    if (mode === 'portable') await seat.line("trap 'seen=yes' WINCH");
    seat.resize(100, 30);
    await seat.until('stty size', /^30 100$/);
    if (mode === 'portable') await seat.until('echo $seen', /^yes$/);
  });

  typed('PID 1 is deaf to kill -9 from inside', async seat => {
    assert.is(await seat.line('kill -9 $$; echo still here'), 'still here');
  });

  typed('a pipeline in the foreground is one job', async seat => {
    assert.is(await seat.line('printf "b\\na\\n" | sort | head -n 1'), 'a');
    seat.type('sh -c \'echo up-"and"-running >&2; yes\' | cat > /dev/null\r');
    await seat.see('up-and-running');
    seat.type(ctrl('C'));
    await seat.see('/ # ');
    await seat.until('ps -o comm | grep -c -e yes -e cat', /^0$/);
  });

  if (mode === 'portable') {
    // A static busybox is built without this.
    typed('what is typed in UTF-8 is edited by characters', async seat => {
      seat.type('echo äöü\x7f\x7fx\r');
      await seat.see(/\näx\r?\n\/ # $/);
      const screen = await seat.screen();
      assert.ok(screen.includes('/ # echo äx'), screen.join('\n'));
    });
  }

  return test;
}
