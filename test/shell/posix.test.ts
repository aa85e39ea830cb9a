// The shell command language chapter by chapter (POSIX XCU 2): small scripts of posix.txt, a blank line between. Output
// and status must be what busybox answers, and dash with it, but where a script is listed below with the reason.
// posix.out is busybox's recording; TWINBOX_RECORD=1 writes it anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import { skip } from '../skip.ts';
import { oracles, ours, parts, reference } from './many.ts';

/** A piece of a script, and why it differs. */
type Differences = readonly (readonly [piece: string, reason: string])[];

/** Where dash answers otherwise than busybox, and we go with busybox. */
const notDash: Differences = [
  ['echo "a\\"b', 'its echo expands escapes'],
  ['$((1?0?4:5:6))', 'it takes a conditional within a conditional'],
];

/** Where we answer otherwise than busybox. */
const notOurs: Differences = [['$((1?0?4:5:6))', 'a conditional within a conditional is POSIX; busybox 1.35 refuses it']];

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const read = (name: string): string => readFileSync(path(name), 'latin1').replaceAll('\r\n', '\n');

/** All scripts, without the lines that begin a chapter. */
const scripts = read('posix.txt').trim().split(/\n\n+/).filter((text) => !text.startsWith('## '));

function compare(got: readonly string[], want: readonly string[], differences: Differences): void {
  const wrong: string[] = [];
  scripts.forEach((script, i) => {
    const same = got[i] === want[i];
    if (same !== differences.some(([piece]) => script.includes(piece))) return;
    wrong.push(same ? `listed, but the same: ${script}` : `${script}\n--- got\n${got[i]}--- want\n${want[i]}`);
  });
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${scripts.length} scripts\n\n${wrong.join('\n')}`);
}

const test = suite('posix');

if (oracles) {
  test('dash and busybox agree, but where it is listed', () => {
    const answer = reference('/bin/busybox sh', scripts);
    if (process.env.TWINBOX_RECORD) writeFileSync(path('posix.out'), answer, 'latin1');
    compare(parts(answer), parts(read('posix.out')), []);
    compare(parts(reference('/bin/dash', scripts)), parts(answer), notDash);
  });
} else skip(test, 'dash and busybox agree', 'dash or busybox 1.35 is missing', 'apt-get install dash busybox-static');

test('our shell answers every script as recorded', async () => {
  compare(parts(await ours(scripts)), parts(read('posix.out')), notOurs);
});

test.run();
