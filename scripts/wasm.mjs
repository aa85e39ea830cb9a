// The userland's build: asc compiles assembly/ to build/, then our own two passes make one busybox for each CPU, and
// everything lands in dist/. asc takes seconds, the passes milliseconds, so they are two steps of setup.mjs.

import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');

/** assembly/busybox.ts -> build/busybox.wasm, and each assembly/example/NAME.ts -> build/wasm/NAME.wasm. */
export function compile() {
  mkdirSync(join(root, 'build/wasm'), {recursive: true});
  run([]);
  for (const name of examples()) run([`assembly/example/${name}.ts`, '--outFile', `build/wasm/${name}.wasm`]);
}

function run(args) {
  const config = args.length > 0 ? ['--config', 'assembly/example/asconfig.json'] : ['--config', 'asconfig.json'];
  if (args.length > 0 && !existsSync(join(root, config[1]))) config[1] = 'asconfig.json';
  const done = spawnSync(process.execPath, [asc, ...args, ...config, '--target', 'release'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: {...process.env, NODE_OPTIONS: ''},
  });
  if (done.status !== 0) throw new Error(`asc ${args[0] ?? 'assembly/busybox.ts'} failed`);
}

function examples() {
  const dir = join(root, 'assembly/example');
  if (!existsSync(dir)) return [];
  return readdirSync(dir).filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts')).map(name => name.slice(0, -3));
}

/** build/*.wasm -> dist/: busybox as it is and after both passes for each CPU, examples as they are. */
export async function instrument() {
  const dist = join(root, 'dist');
  mkdirSync(dist, {recursive: true});
  const busybox = readFileSync(join(root, 'build/busybox.wasm'));
  const prepare = await passes();
  for (const cpu of ['lane', 'worker']) writeFileSync(join(dist, `busybox.${cpu}.wasm`), prepare(busybox, cpu));
  for (const name of examples()) {
    writeFileSync(join(dist, `${name}.wasm`), readFileSync(join(root, `build/wasm/${name}.wasm`)));
  }
}

// The passes are TypeScript of the product, bundled for this one use.
async function passes() {
  if (!existsSync(join(root, 'src/portable/prepare.ts'))) return bytes => bytes;
  const {bundleTool} = await import('./build.mjs');
  const file = await bundleTool('src/portable/prepare.ts', 'prepare');
  const {prepare} = await import(`${pathToFileURL(file).href}?${Date.now()}`);
  return prepare;
}
