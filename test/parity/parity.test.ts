// The promise of the project: a script gives the same answers here as on a real kernel. One test a row.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime, type Runtime} from '../../src/index.ts';
import {skip} from '../skip.ts';
import {type Answer, readRows} from './row.ts';
import {missing, runRow} from './setup.ts';

const triesMax = 4;
const racing = /\bsleep 0?\./;

let runtime: Runtime;

test.before(async () => {
  runtime = await createRuntime({mode: 'portable', thread: false});
});

test.after(async () => {
  await runtime.close();
});

for (const row of readRows(new URL('./rows.jsonl', import.meta.url))) {
  const name = `${row.id}: ${row.title}`;
  const lack = missing(row);
  if (lack) {
    skip(test, name, lack, 'see npm run parity');
    continue;
  }
  test(name, async () => {
    let {stderr, ...got} = await runRow(runtime, row);
    // Rows that sleep for 0.1 s and then look race with a machine that has other things to do.
    for (let i = 1; i < triesMax && racing.test(row.script) && !same(got, row.expected); i++) {
      ({stderr, ...got} = await runRow(runtime, row));
    }
    assert.equal(got, row.expected, stderr);
  });
}

function same(got: Answer, expected: Answer): boolean {
  return got.exit === expected.exit && got.stdout === expected.stdout;
}

test.run();
