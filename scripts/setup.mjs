// Brings a fresh clone to the point where the command after `--` can run: packages, wasm, JavaScript. Uses only what
// Node itself has, since it runs before anything is installed. Each step keeps the hash of what it was made from in
// build/stamps.json, so that a second run has nothing to do.
//
//   node scripts/setup.mjs [--dev] [-- COMMAND ARGS...]

import {spawn, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const buildDir = join(root, 'build');
const stampFile = join(buildDir, 'stamps.json');

const split = process.argv.indexOf('--');
const options = process.argv.slice(2, split < 0 ? undefined : split);
const command = split < 0 ? [] : process.argv.slice(split + 1);
const dev = options.includes('--dev');

try {
  checkNode();
  await locked(prepare);
} catch (err) {
  console.error(`twinbox set-up: ${err.message}`);
  process.exit(1);
}
if (command.length > 0) runCommand();

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) return;
  throw new Error(`Node ${process.versions.node} is too old: 20.19, 22.12 or newer is needed (https://nodejs.org)`);
}

// The steps, in their order. `inputs` are files and folders below the root; `outputs` must exist afterwards, unless `run`
// answers a word for what this machine lacks: that word is kept beside the hash, and given to the next run of the step.
function steps() {
  return [
    {
      name: 'packages',
      inputs: ['package-lock.json'],
      outputs: ['node_modules/esbuild', 'node_modules/assemblyscript'],
      extra: `${process.platform} ${process.arch}`,
      run: installPackages,
    },
    {
      name: 'assembly',
      inputs: ['assembly', 'asconfig.json', 'scripts/wasm.mjs', 'scripts/tostack.mjs', 'package-lock.json'],
      outputs: ['build/busybox.wasm'],
      skip: () => !existsSync(join(root, 'assembly/busybox.ts')),
      run: async () => (await import('./wasm.mjs')).compile(),
    },
    {
      name: 'wasm',
      inputs: ['build/wasm', 'build/busybox.wasm', 'assembly/busybox.ts', 'src/portable', 'scripts/wasm.mjs'],
      outputs: ['dist/busybox.lane.wasm', 'dist/busybox.worker.wasm'],
      skip: () => !existsSync(join(root, 'build/busybox.wasm')),
      run: async () => (await import('./wasm.mjs')).instrument(),
    },
    {
      name: 'javascript',
      inputs: ['src', 'scripts/build.mjs', 'package.json', 'package-lock.json'],
      outputs: ['dist/cli.js', 'dist/index.js'],
      skip: () => !existsSync(join(root, 'src/index.ts')),
      run: async () => (await import('./build.mjs')).build(),
    },
    {
      name: 'native',
      inputs: ['native'],
      outputs: ['native/target/release/libtwinbox.so', 'native/target/release/clone'],
      skip: () => process.platform !== 'linux' || !existsSync(join(root, 'native/Cargo.toml')) || nativeOff(),
      run: cargo,
    },
  ];
}

async function prepare() {
  for (const step of steps()) {
    if (step.skip?.()) continue;
    const hash = hashOf(step.inputs, step.extra ?? '');
    const done = readStamps();
    if (done[step.name] === hash && step.outputs.every(path => existsSync(join(root, path)))) continue;
    const begin = Date.now();
    const [before, why] = (done[step.name] ?? '').split(' ');
    const lack = await step.run(before === hash ? why : undefined);
    writeFileSync(stampFile, `${JSON.stringify({...readStamps(), [step.name]: lack ? `${hash} ${lack}` : hash}, null, 2)}\n`);
    if (lack) continue;
    console.error(`twinbox set-up: ${step.name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  }
}

// --- packages

function installPackages() {
  if (installed()) return;
  console.error('twinbox set-up: installing packages');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const found = npm && /\.[cm]?js$/.test(npm)
    ? spawnSync(process.execPath, [npm, ...args], {cwd: root, stdio: ['ignore', 2, 2]})
    : spawnSync('npm', args, {cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32'});
  if (found.error) throw new Error(`npm could not be started: ${found.error.message}`);
  if (found.status !== 0) {
    throw new Error('npm ci failed (its message is above); without a network, copy node_modules from a machine that has one');
  }
}

// Whether node_modules already holds what the lock names, whoever put it there.
function installed() {
  let have;
  let want;
  try {
    have = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
    want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  } catch {
    return false;
  }
  return Object.entries(want).every(([path, entry]) =>
    path === '' || (path in have ? have[path].version === entry.version : entry.optional === true));
}

// --- native

function nativeOff() {
  return process.env.TWINBOX_NATIVE === '0' || process.env.TWINBOX_NATIVE === 'off';
}

// That it is left out is said once, until something about it changes; TWINBOX_NATIVE=require makes it an error.
function cargo(lacked) {
  const program = findCargo();
  if (program === undefined) return without('absent', 'there is no cargo on this machine', lacked);
  if (lacked === 'failed' && command.length > 0 && process.env.TWINBOX_NATIVE !== 'require') return lacked;
  const built = spawnSync(program, ['build', '--release', '--locked'], {cwd: join(root, 'native'), stdio: ['ignore', 2, 2]});
  if (built.status === 0) return undefined;
  return without('failed', built.error ? built.error.message : 'cargo build failed (its message is above)');
}

function findCargo() {
  const places = [...(process.env.PATH ?? '').split(delimiter), join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin')];
  return places.map(dir => join(dir, 'cargo')).find(path => existsSync(path));
}

function without(lack, why, lacked) {
  const remedy = `Rust 1.85 or newer and a C linker build it: https://rustup.rs (or your distribution's cargo) and gcc`;
  if (process.env.TWINBOX_NATIVE === 'require') throw new Error(`native mode cannot be built: ${why}. ${remedy}`);
  if (lack !== lacked) console.error(`twinbox set-up: native mode is left out: ${why}. Portable mode works without it. ${remedy}`);
  return lack;
}

// --- stamps and lock

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

function hashOf(paths, extra) {
  const hash = createHash('sha256').update(extra);
  for (const path of paths) hashInto(hash, path);
  return hash.digest('hex').slice(0, 32);
}

function hashInto(hash, path) {
  const full = join(root, path);
  const stat = statSync(full, {throwIfNoEntry: false});
  if (!stat) return;
  if (!stat.isDirectory()) {
    hash.update(`${path}\0${stat.size}\0`).update(readFileSync(full));
    return;
  }
  const names = readdirSync(full).sort();
  for (const name of names) if (name !== 'target' && name !== 'node_modules') hashInto(hash, `${path}/${name}`);
}

// One set-up at a time in one checkout: the lock is a folder that holds its owner's pid.
async function locked(body) {
  mkdirSync(buildDir, {recursive: true});
  const lock = join(buildDir, 'lock');
  for (let waited = 0; ; waited += 50) {
    try {
      mkdirSync(lock);
      break;
    } catch (err) {
      if (err.code !== 'EEXIST') throw err;
      if (!ownerLives(lock)) rmSync(lock, {recursive: true, force: true});
      else if (waited > 600_000) throw new Error(`another set-up holds ${lock}`);
      else await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  try {
    await body();
  } finally {
    rmSync(lock, {recursive: true, force: true});
  }
}

function ownerLives(lock) {
  try {
    const pid = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    if (!pid) return young(lock);
    process.kill(pid, 0);
    return true;
  } catch (err) {
    if (err.code === 'ENOENT') return young(lock);
    return err.code === 'EPERM';
  }
}

function young(lock) {
  const stat = statSync(lock, {throwIfNoEntry: false});
  return stat !== undefined && Date.now() - stat.mtimeMs < 2000;
}

// --- the command

// The command takes over the terminal and this process's exit status. `npm start` alone is the demo.
function runCommand() {
  const argv = command.slice();
  if (!dev && argv.length === 2 && argv[1] === 'dist/cli.js') argv.push('demo');
  const program = argv[0] === 'node' ? process.execPath : argv[0];
  const args = argv.slice(1).map(arg => (arg === 'dist/cli.js' || /^scripts\/\w+\.mjs$/.test(arg) ? join(root, arg) : arg));
  const child = spawn(program, args, {stdio: 'inherit'});
  // A terminal sends Ctrl-C to both; the child decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' && signal !== 'SIGQUIT') child.kill(signal);
    });
  }
  child.on('error', err => {
    console.error(`twinbox: ${err.message}`);
    process.exit(127);
  });
  child.on('exit', (status, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      setTimeout(() => process.exit(1), 500);
    } else process.exit(status ?? 1);
  });
}
