// What `npm pack` runs first: the whole build without strays of earlier ones, the declarations, the licences of the
// packages that are bundled, and the native library.
//
//   node scripts/release.mjs

import {spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {build} from './build.mjs';
import {root} from './engines.mjs';
import {compile, instrument} from './wasm.mjs';

const dist = join(root, 'dist');

const metafile = await build({release: true});
if (!existsSync(join(root, 'build/busybox.wasm'))) compile();
await instrument();
notices(metafile);
declarations();
library();

// The native library of the CPU that this is run on, where it was built: src/native/library.ts looks for it there.
function library() {
  rmSync(join(dist, 'native'), {recursive: true, force: true});
  const built = join(root, 'native/target/release/libtwinbox.so');
  if (process.platform !== 'linux' || !existsSync(built)) return;
  const dir = join(dist, `native/linux-${process.arch}`);
  mkdirSync(dir, {recursive: true});
  copyFileSync(built, join(dir, 'libtwinbox.so'));
  // The seed's program, which the demo shows.
  copyFileSync(join(root, 'native/target/release/clone'), join(dir, 'clone'));
}

function declarations() {
  rmSync(join(dist, 'types'), {recursive: true, force: true});
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {cwd: root, stdio: 'inherit'});
  if (done.status !== 0) throw new Error('tsc could not write the declarations');
}

// The licences of the packages that are bundled into dist/.
function notices(metafile) {
  const packages = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
  const parts = [...packages].sort().map(name => {
    const dir = join(root, 'node_modules', name);
    const about = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    const license = readdirSync(dir).find(file => /^licen[cs]e/i.test(file));
    const text = license ? readFileSync(join(dir, license), 'utf8').trim() : `Licence: ${about.license}`;
    return `${name} ${about.version} (${about.license})\n\n${text}\n`;
  });
  writeFileSync(join(dist, 'NOTICES.txt'), `This package contains code of these packages.\n\n${parts.join('\n----\n\n')}`);
}
