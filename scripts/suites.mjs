// The suites of test/suite whole, in which npm test runs samples: busybox's own two, pjdfstest.
//
//   node scripts/suites.mjs [NAME...]

import {spawnSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {engines, root} from './engines.mjs';

const all = readdirSync(join(root, 'test/suite')).filter(name => name.endsWith('.test.ts')).map(name => name.slice(0, -8));
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = names.find(name => !all.includes(name));
if (unknown) {
  console.error(`suites: ${unknown}: no such suite (${all.join(', ')})`);
  process.exit(2);
}

// On one configuration: the lane where there is a Node for it.
const config = engines().find('24') ? 'lane@24' : `worker@${process.versions.node.split('.')[0]}`;
const limit = String(40 * 60_000);
const env = {...process.env, TWINBOX_SUITES: 'whole', TWINBOX_TEST_LIMIT_MS: limit, TWINBOX_FILE_LIMIT_MS: limit};
const files = names.map(name => `test/suite/${name}.test.ts`);
const done = spawnSync(process.execPath, ['scripts/test.mjs', ...files, '--config', config, '--jobs', '1'], {cwd: root, env, stdio: 'inherit'});
process.exit(done.status ?? 1);
