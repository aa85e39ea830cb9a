// Bundles the parity runner and runs it with this Node: see test/parity/main.ts for its options.

import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {bundleTests} from './build.mjs';
import {root} from './engines.mjs';

await bundleTests(['test/parity/main.ts'], 'build/parity');
const main = join(root, 'build/parity/parity/main.mjs');
const {status, signal} = spawnSync(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)], {stdio: 'inherit'});
if (signal) console.error(`parity: ended by ${signal}`);
process.exit(status ?? 1);
