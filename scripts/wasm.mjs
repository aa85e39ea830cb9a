// The userland's build: asc compiles assembly/ to build/, then our own two passes make one busybox for each CPU, and
// everything lands in dist/. asc takes seconds, the passes milliseconds, so they are two steps of setup.mjs.

import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');

/** assembly/busybox.ts -> build/busybox.wasm, and each assembly/example/NAME.ts -> build/wasm/NAME.wasm. */
export function compile() {
  run(['--config', 'asconfig.json', '--target', 'release']);
  for (const name of examples()) compileGuest(`assembly/example/${name}.ts`, name);
}

/** One more program with busybox's options: ENTRY -> build/wasm/NAME.wasm. Answers that path. */
export function compileGuest(entry, name) {
  const {options, targets} = JSON.parse(readFileSync(join(root, 'asconfig.json'), 'utf8'));
  const outFile = `build/wasm/${name}.wasm`;
  // Not by --config, which would compile its own entries as well.
  // Nor with busybox's own abort, which not every program brings along: the glue has one.
  const {use: _, ...own} = options;
  const flags = Object.entries({...own, ...targets.release, outFile}).flatMap(([key, value]) => {
    if (typeof value === 'boolean') return value ? [`--${key}`] : [];
    return [`--${key}`, String(value)];
  });
  run([entry, '--config', 'none', ...flags]);
  return outFile;
}

function run(args) {
  mkdirSync(join(root, 'build/wasm'), {recursive: true});
  const env = {...process.env, NODE_OPTIONS: ''};
  const done = spawnSync(process.execPath, [asc, ...args, '--transform', './scripts/tostack.mjs'], {cwd: root, stdio: ['ignore', 2, 2], env});
  if (done.status !== 0) throw new Error(`asc ${args.join(' ')} failed`);
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
  for (const cpu of ['lane', 'worker']) place(join(dist, `busybox.${cpu}.wasm`), prepare(busybox, cpu));
  writeFileSync(join(dist, 'applets.json'), `${JSON.stringify(appletNames())}\n`);
  for (const name of examples()) {
    place(join(dist, `${name}.wasm`), readFileSync(join(root, `build/wasm/${name}.wasm`)));
  }
}

// In one step, so that a run in progress never reads half a file.
function place(path, bytes) {
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, bytes);
  renameSync(aside, path);
}

// The names that /bin of the built-in image has links for, as assembly/names.ts lists them.
function appletNames() {
  const source = readFileSync(join(root, 'assembly/names.ts'), 'utf8');
  const list = /names: StaticArray<string> = \[([^;]*)\];/.exec(source)?.[1] ?? '';
  return [...list.matchAll(/'([^']+)'/g)].map(match => match[1]);
}

// The passes are TypeScript of the product, bundled for this one use.
async function passes() {
  if (!existsSync(join(root, 'src/portable/prepare.ts'))) return bytes => bytes;
  const {bundleTool} = await import('./build.mjs');
  const file = await bundleTool('src/portable/prepare.ts', 'prepare');
  const {prepare} = await import(`${pathToFileURL(file).href}?${Date.now()}`);
  return prepare;
}
