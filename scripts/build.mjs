// The JavaScript build (esbuild). dist/ gets the command line, the library, the browser's entry and the threads'
// entries as ES modules with shared chunks; every dynamic import is a chunk of its own, read only when it is needed.
//
//   node scripts/build.mjs

import {existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {basename, dirname, join, relative, sep} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {build as esbuild} from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

// ffi-rs's platform package is looked for at run time, as the native library is; all else is bundled.
const external = ['ffi-rs', '@yuuang/*'];

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'none',
  write: false,
};

// Bundled CommonJS may ask for Node's modules by require.
const banner = `import {createRequire as tbRequire} from 'node:module';const require=tbRequire(import.meta.url);`;

// memfs's inode core, and nothing of what its packages would bring along for Node: constants alone of its helpers, and
// small stand-ins for Buffer and process, which a browser has not.
const memfsCore = {
  name: 'memfs-core',
  setup(builder) {
    const stub = name => () => ({path: join(root, 'src/kernel/fs/memfs', name)});
    const constants = join(root, 'node_modules/@jsonjoy.com/fs-node-utils/lib/constants.js');
    builder.onResolve({filter: /^@jsonjoy\.com\/fs-node-utils$/}, () => ({path: constants}));
    builder.onResolve({filter: /fs-node-builtins\/lib\/internal\/buffer$/}, stub('buffer.cjs'));
    builder.onResolve({filter: /^\.\/process$/}, args =>
      /[\\/]fs-core[\\/]lib$/.test(args.resolveDir) ? stub('process.cjs')() : undefined);
  },
};

// A browser has no Linux below it: src/open.ts does not come to these imports there.
const noNative = {
  name: 'no-native',
  setup(builder) {
    builder.onResolve({filter: /^\.\/native\//}, args => ({path: args.path, namespace: 'no-native'}));
    builder.onLoad({filter: /.*/, namespace: 'no-native'}, () => ({contents: 'export {};'}));
  },
};

export async function build({release = false} = {}) {
  const files = new Map();
  const node = await esbuild({
    ...common,
    entryPoints: nodeEntries(),
    outdir: dist,
    platform: 'node',
    splitting: true,
    chunkNames: 'chunk-[hash]',
    mainFields: ['main', 'module'],
    external,
    plugins: [memfsCore],
    minify: true,
    metafile: true,
    define: {TWINBOX_ASSETS: '"./"', TWINBOX_VERSION: JSON.stringify(version())},
  });
  collect(files, node);
  collect(files, await browser());
  const cli = join(dist, 'cli.js');
  if (files.has(cli)) files.set(cli, `#!/usr/bin/env node\n${files.get(cli)}`);
  for (const [path, text] of files) if (path.endsWith('.js')) files.set(path, withRequire(text));
  if (release) strays(files);
  mkdirSync(dist, {recursive: true});
  for (const [path, text] of files) replace(path, text);
  return node.metafile;
}

function nodeEntries() {
  const entries = {index: 'src/index.ts', cli: 'src/cli/main.ts'};
  for (const path of sources('src/portable')) {
    const name = basename(path, '.ts');
    if (/^thread|[-.]thread$/.test(name)) entries[name] = path;
  }
  return Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(join(root, path))));
}

function browser() {
  const entry = existsSync(join(root, 'src/browser.ts')) ? 'src/browser.ts' : 'src/index.ts';
  return esbuild({
    ...common,
    entryPoints: {browser: entry},
    outdir: dist,
    platform: 'browser',
    target: 'es2022',
    splitting: true,
    chunkNames: 'browser-[hash]',
    external: [...external, 'node:*'],
    plugins: [memfsCore, noNative],
    minify: true,
    define: {TWINBOX_ASSETS: '"./"', TWINBOX_VERSION: JSON.stringify(version())},
  });
}

function collect(files, result) {
  for (const file of result.outputFiles) files.set(file.path, file.text);
}

// Only the files that really call require pay for it.
function withRequire(text) {
  if (!/\btypeof require\b|\brequire\(/.test(text)) return text;
  const at = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
  return `${text.slice(0, at)}${banner}\n${text.slice(at)}`;
}

// A release holds what this build made and nothing else.
function strays(files) {
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist)) {
    if (name.endsWith('.js') && !files.has(join(dist, name))) rmSync(join(dist, name));
  }
}

// A file is replaced in one step and only when it differs, so that a run in progress never reads half of it.
function replace(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return utimesSync(path, new Date(), new Date());
  mkdirSync(dirname(path), {recursive: true});
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, text, {mode: basename(path) === 'cli.js' ? 0o755 : 0o644});
  renameSync(aside, path);
}

function version() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/** TypeScript that the build itself runs (passes, generators): bundled to build/tool/NAME.mjs; answers that path. */
export async function bundleTool(entry, name) {
  const outfile = join(root, 'build/tool', `${name}.mjs`);
  const result = await esbuild({...common, entryPoints: [entry], outfile, platform: 'node', packages: 'external'});
  replace(outfile, result.outputFiles[0].text);
  return outfile;
}

// --- tests

/**
 * Tests and bench programs, bundled once: test/a/b.test.ts -> build/test/a/b.test.mjs. Packages stay outside, and
 * import.meta.url is the address of the source file, as it is under tsx, so that goldens and assets are found.
 */
export async function bundleTests(entries, outdir = 'build/test', outbase = 'test') {
  const result = await esbuild({
    ...common,
    entryPoints: entries,
    outdir: join(root, outdir),
    outbase: join(root, outbase),
    outExtension: {'.js': '.mjs'},
    platform: 'node',
    splitting: true,
    chunkNames: 'chunk/[hash]',
    packages: 'external',
    sourcemap: 'inline',
    define: {TWINBOX_VERSION: JSON.stringify(version())},
    logLevel: 'silent',
    plugins: [sourceAddress, testHarness],
  });
  for (const file of result.outputFiles) replace(file.path, file.text);
  sweep(join(root, outdir, 'chunk'));
}

// Chunks that no bundle of the last hour wrote or kept. Not sooner: another run may be reading them.
function sweep(dir) {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (Date.now() - (statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0) > 3_600_000) rmSync(path, {force: true});
  }
}

const sourceAddress = {
  name: 'source-address',
  setup(builder) {
    builder.onLoad({filter: /\.ts$/}, args => {
      if (args.path.includes(`${sep}node_modules${sep}`)) return undefined;
      const text = readFileSync(args.path, 'utf8');
      if (!text.includes('import.meta.')) return undefined;
      const contents = text
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(args.path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(args.path)))
        .replaceAll('import.meta.filename', JSON.stringify(args.path));
      return {contents, loader: 'ts'};
    });
  },
};

// Under the runner `uvu` is scripts/harness.mjs: uvu with a time limit per test and a filter by name.
const testHarness = {
  name: 'test-harness',
  setup(builder) {
    builder.onResolve({filter: /^uvu$/}, () => ({path: pathToFileURL(join(root, 'scripts/harness.mjs')).href, external: true}));
  },
};

export function sources(dir) {
  if (!existsSync(join(root, dir))) return [];
  return readdirSync(join(root, dir), {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => relative(root, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/'))
    .sort();
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) await build();
