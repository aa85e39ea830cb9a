// docs/syscalls.md says what the table says.

import {readFileSync} from 'node:fs';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {document, file} from '../scripts/syscalls.ts';

test('docs/syscalls.md is up to date (npm run abi)', () => {
  assert.is(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'), document());
});

test.run();
