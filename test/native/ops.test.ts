// The two tables of operations, the encoder's and the helper's, are one.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { firstSlot, fixedSlots, type Kind, ops } from '../../src/native/ops.ts';

const file = fileURLToPath(new URL('../../native/helper/src/plan.rs', import.meta.url));
assert.ok(existsSync(file), file);
const source = readFileSync(file, 'utf8');

/** What the helper calls a field of each kind. */
const words: Readonly<Record<Kind, string>> = {
  int: 'Int', flags: 'Int', slot: 'Slot', str: 'Text', bytes: 'Bytes', strs: 'Texts', ints: 'Ints', vec: 'Vector',
};
const sides = { runtime: 'R', child: 'C', either: 'R | C' };

/** `CloseFds 13 C, [];` of the macro's rows, as `13 close_fds C []`. */
function rows(): string[] {
  const table = /\noperations! \{\n([\s\S]*?)\n\}/.exec(source)![1]!;
  return table.split('\n').filter((line) => !/^\s*(\/\/|$)/.test(line)).map((line) => {
    const [, name, number, by, fields] = /^\s*(\w+) (\d+) ([RC |]+), \[(.*)\];$/.exec(line)!;
    const snake = name!.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    return `${number} ${snake} ${by} [${fields!.replaceAll('Field::', '')}]`;
  });
}

test('every operation has the same number, side and fields on both sides', () => {
  const ours = Object.entries(ops).map(([name, { number, by, fields }]) =>
    `${number} ${name} ${sides[by]} [${fields.map((kind) => words[kind]).join(', ')}]`);
  assert.equal(rows(), ours);
});

test('no number is used twice', () => {
  const numbers = Object.values(ops).map(({ number }) => number);
  assert.is(new Set(numbers).size, numbers.length);
});

test('the slots that every plan has are numbered alike', () => {
  const table = /pub mod slot \{([\s\S]*?)\n\}/.exec(source)![1]!;
  const theirs = Object.fromEntries([...table.matchAll(/pub const (\w+): usize = (\d+);/g)].map(([, name, value]) => [name, Number(value)]));
  const { $proc: PROC, $init: INIT, $stdio: STDIO, $cgroup: CGROUP, $pid: PID, $pty: PTY } = fixedSlots;
  assert.equal(theirs, { PROC, INIT, STDIO, CGROUP, PID, PTY, FIRST: firstSlot });
});

test.run();
