// The catalogue's own rules: what a row must have, and what each normaliser does to the text.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {type Normaliser, normalise, readRows} from './row.ts';

const cases: readonly [title: string, steps: readonly Normaliser[], before: string, after: string][] = [
  ['trailing blanks always go', [], 'a \t\nb\n', 'a\nb\n'],
  ['namespaces are numbered as they appear', ['ns'], 'pid:[7] mnt:[9]\npid:[7]\n', 'pid:[ns1] mnt:[ns2]\npid:[ns1]\n'],
  ['integers are numbered as they appear', ['num'], '10 3 10 x4\n', 'n1 n2 n1 x4\n'],
  ['device numbers lose their value', ['dev'], 'at 0:42 here\n', 'at M:m here\n'],
  ['blanks are squeezed', ['sp'], '  a   b\n', 'a b\n'],
  ['lines are sorted and empty ones dropped', ['sort'], 'b\n\na\n', 'a\nb\n'],
  ['namespaces are named before numbers', ['num', 'ns'], 'pid:[7] 7\n', 'pid:[ns1] n1\n'],
];

for (const [title, steps, before, after] of cases) {
  test(`normalise: ${title}`, () => assert.is(normalise(before, steps), after));
}

test('a file of rows with a broken line is refused with the number of that line', () => {
  const dir = mkdtempSync(join(tmpdir(), 'twinbox-rows-'));
  try {
    const file = join(dir, 'rows.jsonl');
    writeFileSync(file, '{"id":"A-1","setup":"box","script":"true"}\n{oops\n');
    assert.throws(() => readRows(file), /line 2: /);
    writeFileSync(file, '{"id":"A-1","setup":"box"}\n');
    assert.throws(() => readRows(file), /line 1: script is missing/);
    writeFileSync(file, '{"id":"A-1","setup":"box","script":"true"}\n\n');
    assert.is(readRows(file).length, 1);
  } finally {
    rmSync(dir, {recursive: true});
  }
});

test('our own rows are the 73 that need no probe beyond box', () => {
  const rows = readRows(new URL('./rows.jsonl', import.meta.url));
  assert.is(rows.length, 73);
  assert.is(new Set(rows.map(row => row.id)).size, 73);
});

test.run();
