// The project's own rows as tests, one each, for one mode.

import {suite, type Test} from 'uvu';
import * as assert from 'uvu/assert';
import {skip, skipAll} from '../skip.ts';
import {gaps} from './gaps.ts';
import {type Answer, readRows, type Row} from './row.ts';
import {type Mode, openWorld, type Outcome, runRow, type World} from './setup.ts';

/** Declares them. */
export async function rowTests(mode: Mode): Promise<Test> {
  const test = suite(`parity [${mode}]`);
  const rows = readRows(new URL('./rows.jsonl', import.meta.url));
  const world = await openWorld(mode);
  if ('reason' in world) {
    skipAll(test, rows.map(name), 'parity of native mode', world.reason, world.remedy);
  } else {
    for (const row of rows) {
      const lack = world.missing(row);
      if (lack) skip(test, name(row), lack, 'see npm run parity');
      else test(name(row), () => check(world, row, gaps[mode][row.id]));
    }
    test.after(() => world.close());
  }
  return test;
}

const name = (row: Row): string => `${row.id}: ${row.title}`;

async function check(world: World, row: Row, gap: string | undefined): Promise<void> {
  const got = await runRow(world, row);
  if (gap === undefined) assert.equal(plain(got), row.expected, got.stderr);
  else assert.not.equal(plain(got), row.expected, `the gap has closed: ${gap}`);
}

const plain = ({stdout, exit}: Outcome): Answer => ({stdout, exit});
