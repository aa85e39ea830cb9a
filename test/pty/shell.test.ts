// Somebody at a terminal: `twinbox run -it busybox sh`, typed at.

import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {skip} from '../skip.ts';
import {Seat} from './terminal.ts';

const test = suite('terminal');
const seats: Seat[] = [];

function typed(name: string, body: (seat: Seat) => Promise<void>, ...flags: readonly string[]): void {
  if (process.platform === 'win32') return skip(test, name, 'ptys are POSIX', 'run it on Linux or macOS');
  test(name, async () => {
    const seat = await Seat.shell(...flags);
    seats.push(seat);
    await body(seat);
  });
}

test.after.each(() => {
  for (const seat of seats.splice(0)) seat.end();
});

const ctrl = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) & 31);

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
  seat.type('sleep 500\r');
  await new Promise(resolve => setTimeout(resolve, 200));
  seat.type(ctrl('C'));
  await seat.see('/ # ');
  assert.is(await seat.line('echo $?'), '130');
  assert.match(await seat.line('jobs'), /sleep 1000/);
  assert.is(await seat.line('ps -o comm | grep -c sleep'), '1');
});

typed('Ctrl-C at the prompt gives a new line', async seat => {
  seat.type('echo never');
  seat.type(ctrl('C'));
  await seat.see(/\n.*\/ # $/);
  assert.is(await seat.line('echo ok'), 'ok');
});

typed('Ctrl-Z stops the job, bg and fg go on with it', async seat => {
  seat.type('sleep 1000\r');
  await new Promise(resolve => setTimeout(resolve, 200));
  seat.type(ctrl('Z'));
  await seat.see(/Stopped[\s\S]*\/ # $/);
  assert.match(await seat.line('ps -o stat,comm'), /T +sleep/);
  await seat.line('bg');
  assert.match(await seat.line('jobs'), /Running +sleep 1000/);
  seat.type('fg\r');
  await seat.see('sleep 1000');
  await new Promise(resolve => setTimeout(resolve, 100));
  seat.type(ctrl('C'));
  await seat.see('/ # ');
  assert.is(await seat.line('jobs'), '');
});

typed('a background read of the terminal stops the job', async seat => {
  await seat.line('cat &');
  await new Promise(resolve => setTimeout(resolve, 100));
  assert.match(await seat.line('jobs'), /Stopped/);
  await seat.line('kill %1; fg');
});

typed('an endless loop is ended by Ctrl-C', async seat => {
  seat.type('while :; do :; done\r');
  await new Promise(resolve => setTimeout(resolve, 200));
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

typed('what is typed in UTF-8 is edited by characters', async seat => {
  seat.type('echo äöü\x7f\x7fx\r');
  await seat.see(/\näx\r?\n\/ # $/);
  const screen = await seat.screen();
  assert.ok(screen.includes('/ # echo äx'), screen.join('\n'));
});

typed('the screen shows what a person expects', async seat => {
  await seat.line('echo one; echo two');
  const screen = await seat.screen();
  assert.equal(screen.slice(-4), ['/ # echo one; echo two', 'one', 'two', '/ #']);
});

typed('a resize reaches the foreground job', async seat => {
  assert.is(await seat.line('stty size'), '24 80');
  await seat.line("trap 'echo winch' WINCH");
  seat.resize(100, 30);
  await new Promise(resolve => setTimeout(resolve, 200));
  seat.type('\r');
  await seat.see(/winch[\s\S]*\/ # $/);
  assert.is(await seat.line('stty size'), '30 100');
});

typed('PID 1 is deaf to kill -9 from inside', async seat => {
  assert.is(await seat.line('kill -9 $$; echo still here'), 'still here');
});

typed('a pipeline in the foreground is one job', async seat => {
  assert.is(await seat.line('printf "b\\na\\n" | sort | head -n 1'), 'a');
  seat.type('yes | cat > /dev/null\r');
  await new Promise(resolve => setTimeout(resolve, 200));
  seat.type(ctrl('C'));
  await seat.see('/ # ');
  assert.is(await seat.line('ps -o comm | grep -c -e yes -e cat'), '0');
});

test.run();
