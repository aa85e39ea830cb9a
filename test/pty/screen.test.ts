// Programs that own the whole screen, and what else a terminal does: less and top, resizes, pastes in brackets, stty.

import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {skip} from '../skip.ts';
import {Seat} from './terminal.ts';

const test = suite('screen');
const seats: Seat[] = [];

function typed(name: string, body: (seat: Seat) => Promise<void>): void {
  if (process.platform === 'win32') return skip(test, name, 'ptys are POSIX', 'run it on Linux or macOS');
  test(name, async () => {
    const seat = await Seat.shell('portable');
    seats.push(seat);
    await body(seat);
  });
}

test.after.each(() => {
  for (const seat of seats.splice(0)) seat.end();
});

/** Wait until the screen is as it should be. */
async function shows(seat: Seat, what: (lines: string[]) => boolean, name: string): Promise<string[]> {
  for (let i = 0; i < 600; i++) {
    const lines = await seat.screen();
    if (what(lines)) return lines;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`${name}: ${JSON.stringify(await seat.screen())}`);
}

typed('less pages, searches, follows a resize and gives the screen back', async seat => {
  await seat.line('seq 200 > /tmp/n');
  seat.type('less /tmp/n\r');
  await shows(seat, lines => lines[0] === '1' && lines[22] === '23', 'the first page');
  seat.type(' ');
  await shows(seat, lines => lines[22] === '46', 'the second page');
  seat.type('/150\r');
  await shows(seat, lines => lines.includes('150'), 'the found line');
  seat.type('G');
  await shows(seat, lines => lines[22] === '200', 'the end');
  seat.type('g');
  await shows(seat, lines => lines[0] === '1', 'the beginning');
  seat.resize(60, 12);
  await shows(seat, lines => lines.length <= 12 && lines[0] === '1' && lines[10] === '11', 'the new size');
  seat.type(' ');
  await shows(seat, lines => lines.length <= 12 && lines[0] === '12' && lines[10] === '22', 'a page of the new size');
  seat.type('q');
  await seat.see('/ # ');
  assert.is(await seat.line('echo back'), 'back');
});

typed('less reads a pipe and takes its keys from the terminal', async seat => {
  seat.type('seq 100 | less\r');
  await shows(seat, lines => lines[22] === '23', 'the first page');
  seat.type('\x1b[6~');
  await shows(seat, lines => lines[22] === '46', 'Page Down');
  seat.type('q');
  await seat.see('/ # ');
});

typed('top shows processes over the whole screen until q', async seat => {
  await seat.line('sleep 1000 &');
  seat.type('top -d 1\r');
  const lines = await shows(seat, found => /^Mem: /.test(found[0] ?? '') && found.some(line => line.includes('sleep 1000')), 'the processes');
  assert.ok(lines.some(line => /^ *PID +PPID/.test(line)), 'a heading');
  seat.type('q');
  await seat.see('/ # ');
});

typed('a paste in brackets is typed text, and UTF-8 in it stays whole', async seat => {
  seat.type('echo \x1b[200~grüße 容器\x1b[201~ end\r');
  await seat.see(/\ngrüße 容器 end\r?\n/);
});

typed('stty shows and sets modes', async seat => {
  assert.is(await seat.line('stty size'), '24 80');
  assert.match(await seat.line('stty -a'), /speed 38400 baud; rows 24; columns 80;/);
  assert.match(await seat.line('stty -echo; stty -a; stty echo'), / -echo /);
  assert.match(await seat.line('x=$(stty -g); stty raw; stty -a; stty $x'), / -icanon /);
  assert.match(await seat.line('stty -a'), / icanon /);
  assert.is(await seat.line('stty rows 30 cols 90; stty size'), '30 90');
  assert.match(await seat.line('stty nonsense; echo $?'), /nonsense[\s\S]*1$/);
});

test.run();
