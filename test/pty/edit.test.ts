// The shell's line editor on a terminal: what a person types, and what the screen then shows.

import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {skip} from '../skip.ts';
import {plain, Seat} from './terminal.ts';

const test = suite('editor');
const seats: Seat[] = [];

function typed(name: string, body: (seat: Seat) => Promise<void>, ...flags: readonly string[]): void {
  if (process.platform === 'win32') return skip(test, name, 'ptys are POSIX', 'run it on Linux or macOS');
  test(name, async () => {
    const seat = await Seat.shell('portable', ...flags);
    seats.push(seat);
    await body(seat);
  });
}

test.after.each(() => {
  for (const seat of seats.splice(0)) seat.end();
});

const ctrl = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) & 31);
const left = '\x1b[D';
const right = '\x1b[C';
const up = '\x1b[A';
const down = '\x1b[B';

/** Type keys, then Enter; the last line that the command printed before the next prompt. */
async function answer(seat: Seat, keys: string): Promise<string | undefined> {
  seat.type(`${keys}\r`);
  const out = plain(await seat.see(/\n[^\r\n]* # $/)).replaceAll('\r', '');
  return out.split('\n').at(-2);
}

/** The screen's last line, once it shows this. */
async function shows(seat: Seat, line: string): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    const last = (await seat.screen()).at(-1);
    if (last === line) return;
    if (Date.now() > deadline) assert.is(last, line);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

typed('arrows, Home and End move, and what is typed goes in between', async seat => {
  assert.is(await answer(seat, `echo ac${left}b`), 'abc');
  assert.is(await answer(seat, `cho x${ctrl('A')}e${ctrl('E')}y`), 'xy');
  assert.is(await answer(seat, 'cho 1\x1b[He\x1b[F2'), '12');
  assert.is(await answer(seat, 'cho 1\x1b[1~e\x1b[4~2'), '12');
  assert.is(await answer(seat, 'cho 1\x1bOHe\x1bOF2'), '12');
  assert.is(await answer(seat, `echo ab${left}${left}${right}x`), 'axb');
});

typed('keys that delete', async seat => {
  assert.is(await answer(seat, 'echo abx\x7fc'), 'abc');
  assert.is(await answer(seat, `echo abc${left}${left}\x1b[3~`), 'ac');
  assert.is(await answer(seat, `echo abc${left}${left}${ctrl('D')}`), 'ac');
  assert.is(await answer(seat, `junk${ctrl('U')}echo clean`), 'clean');
  assert.is(await answer(seat, `echo a b c${ctrl('W')}${ctrl('W')}d`), 'a d');
  assert.is(await answer(seat, `echo keep drop${left.repeat(5)}${ctrl('K')}`), 'keep');
  assert.is(await answer(seat, `echo one two${ctrl('W')}${ctrl('Y')}${ctrl('Y')}`), 'one twotwo');
});

typed('UTF-8 is edited by characters', async seat => {
  assert.is(await answer(seat, 'echo 中文字\x7f\x7f国'), '中国');
  assert.is(await answer(seat, `echo aé${left}${left}x`), 'xaé');
  assert.is(await answer(seat, `echo 日本${left}-`), '日-本');
  seat.type(`echo 中文${left}`);
  await shows(seat, '/ # echo 中文');
});

typed('history goes back and forth, and keeps the line that was begun', async seat => {
  await seat.line('echo first');
  await seat.line('echo second');
  assert.is(await answer(seat, up), 'second');
  assert.is(await answer(seat, `${up}${up}${up}${down}`), 'second');
  assert.is(await answer(seat, `echo begun${up}${up}${down}${down}`), 'begun');
  assert.is(await answer(seat, `${ctrl('P')}${ctrl('P')}${ctrl('N')}`), 'begun');
  assert.is(await answer(seat, `${ctrl('R')}fir`), 'first');
  assert.match(await seat.line('history'), /echo first\n *\d+ echo second/);
});

typed('Tab completes commands and paths', async seat => {
  assert.is(await answer(seat, 'basena\t/a/x'), 'x');
  await answer(seat, 'mkdir /tmp/direct; cd /tmp; : > "direct/a file"');
  assert.is(await answer(seat, 'echo dir\t'), 'direct/');
  assert.is(await answer(seat, 'echo dir\ta\t'), 'direct/a file');
  await answer(seat, 'LONGNAME=value');
  assert.is(await answer(seat, 'echo $LONGN\t'), 'value');
  seat.type('echo /pro\t');
  await shows(seat, '/tmp # echo /proc/');
});

typed('a second Tab lists the choices and leaves the line', async seat => {
  await answer(seat, 'mkdir /w; cd /w; : > one; : > once; : > other');
  seat.type('echo on\t');
  await shows(seat, '/w # echo on');
  seat.type('\t');
  await seat.see('one');
  await shows(seat, '/w # echo on');
  assert.match((await seat.screen()).join('\n'), /\nonce +one\n/);
});

typed('a line longer than the screen wraps, and is edited on both rows', async seat => {
  const long = 'x'.repeat(100);
  seat.type(`echo ${long}`);
  await shows(seat, 'x'.repeat(100 - 71));
  seat.type(`${ctrl('A')}${right.repeat(5)}y`);
  await shows(seat, 'x'.repeat(100 - 70));
  assert.is((await seat.screen())[0], `/ # echo y${'x'.repeat(70)}`);
  seat.type(`${ctrl('E')}${'\x7f'.repeat(99)}`);
  await shows(seat, '/ # echo yx');
});

typed('Ctrl-L clears the screen and keeps the line', async seat => {
  await seat.line('echo noise');
  seat.type(`echo kept${ctrl('L')}`);
  await seat.see('kept');
  await new Promise(resolve => setTimeout(resolve, 100));
  assert.equal(await seat.screen(), ['/ # echo kept']);
});

typed('an unfinished command is asked for more, and Ctrl-C leaves it', async seat => {
  seat.type('for i in 1 2\r');
  await seat.see('> ');
  seat.type('do echo "$i\r');
  await seat.see('> ');
  seat.type('x"; done\r');
  assert.match(await seat.see('/ # '), /1\r*\nx\r*\n2\r*\nx\r*\n/);
  seat.type('echo "never\r');
  await seat.see('> ');
  seat.type(ctrl('C'));
  await seat.see('/ # ');
  assert.is(await answer(seat, 'echo $?'), '130');
});

typed('the prompt is PS1, with its escapes', async seat => {
  seat.type("PS1='[\\w $((1+1)) \\$] '\r");
  await seat.see('[/ 2 #] ');
  seat.type('cd /tmp\r');
  await seat.see('[/tmp 2 #] ');
});

typed('a syntax error leaves the shell as it was', async seat => {
  assert.match(await seat.line('echo a; )'), /syntax error: unexpected "\)"/);
  assert.is(await answer(seat, 'echo $?'), '2');
});

typed('the end of a background job is told at the next prompt', async seat => {
  await seat.line('sleep 0.05 &');
  await new Promise(resolve => setTimeout(resolve, 200));
  assert.match(await seat.line(''), /\[1\]\+ +Done +sleep 0\.05/);
});

test.run();
