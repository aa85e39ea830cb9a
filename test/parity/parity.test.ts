// The promise of the project: a script gives the same answers here as on a real kernel. One test a row.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime, type Runtime} from '../../src/index.ts';
import {skip} from '../skip.ts';
import {readRows} from './row.ts';
import {missing, runRow} from './setup.ts';

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
    const {stderr, ...got} = await runRow(runtime, row);
    assert.equal(got, row.expected, stderr);
  });
}

test.run();
