// The test runner. Bundles every test once, then runs each file in a process of its own: kernel units once, what needs a
// CPU under each configuration (CPU @ Node's major version), a smoke run on the other Nodes. A file without tests, or
// one that forgets test.run(), fails. The last line is `N passed, N failed, N skipped`.
//
//   node scripts/test.mjs [FILES...] [-k REGEX] [--config NAME] [--jobs N]

import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join, resolve, relative, sep} from 'node:path';
import {bundleTests, sources} from './build.mjs';
import {engines, root} from './engines.mjs';

const fileLimitMs = Number(process.env.TWINBOX_FILE_LIMIT_MS ?? 240_000);

// Folders whose tests run guests, hence once per configuration. All other folders are units and run once.
const guestFolders = ['portable', 'pty', 'parity', 'cli', 'library', 'shell', 'applets', 'suite'];
const guestConfigs = ['worker@20', 'lane@24', 'worker@24'];
const smokeConfigs = ['worker@22', 'lane@newest'];

const options = parse(process.argv.slice(2));
const files = choose();
if (files.length === 0) fail(`no test file matches ${options.files.join(' ') || '-k'}`);
const broken = await bundle();
const nodes = engines();
const plan = configurations();
if (plan.length === 0 && broken.size === 0) fail(`nothing to run under ${options.config}`);
const totals = {passed: 0, failed: 0, skipped: 0};
const skips = new Map();
const failures = [];
const unsteady = [];

for (const [file, why] of broken) {
  totals.failed++;
  failures.push(`${file}: does not build: ${why}`);
}
for (const {name, node, cpu, members} of plan) {
  const sum = {passed: 0, failed: 0, skipped: 0};
  const begin = Date.now();
  console.log(`\n== ${name}`);
  const again = [];
  await pool(members, options.jobs, async file => {
    const result = await runFile(file, name, node, cpu);
    if (result.failed > 0) again.push([file, result]);
    else add(sum, result);
  });
  // Whether it fails by itself, too, tells a defect from a machine that was busy. Both outcomes are printed.
  for (const [file, first] of again) add(sum, await secondTry(file, first, name, node, cpu));
  add(totals, sum);
  console.log(`== ${name}: ${line(sum)} (${members.length} files, ${seconds(begin)} s)`);
}

if (skips.size > 0) {
  console.log('\nskipped:');
  for (const [text, where] of skips) console.log(`  ${text} [${[...new Set(where)].join(', ')}]`);
}
if (unsteady.length > 0) {
  console.log('\nfailed beside others, passed alone:');
  for (const text of unsteady) console.log(`  ${text}`);
}
if (failures.length > 0) {
  console.log('\nfailed:');
  for (const text of failures) console.log(`  ${text}`);
}
console.log();
console.log(line(totals));
process.exit(totals.failed > 0 ? 1 : 0);

function parse(argv) {
  const out = {files: [], filter: undefined, config: undefined, jobs: 2};
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i];
    if (arg === '-k') out.filter = argv[++i];
    else if (arg === '--config') out.config = argv[++i];
    else if (arg === '--jobs') out.jobs = Number(argv[++i]);
    else if (arg.startsWith('-')) fail(`unknown option ${arg}`);
    else out.files.push(relative(root, resolve(arg)).split(sep).join('/'));
  }
  return out;
}

function choose() {
  const all = sources('test').filter(file => file.endsWith('.test.ts') && !file.startsWith('test/engines/'));
  if (options.files.length === 0) return all;
  for (const name of options.files) if (!existsSync(join(root, name))) fail(`${name}: no such file`);
  return all.filter(file => options.files.some(name => file === name || file.startsWith(`${name}/`)));
}

// All at once; if one of them does not build, each alone, so that the others still run.
async function bundle() {
  const bad = new Map();
  try {
    await bundleTests(files);
    return bad;
  } catch {
    for (const file of files) await bundleTests([file]).catch(err => bad.set(file, err.message.split('\n')[1] ?? err.message));
  }
  files.splice(0, files.length, ...files.filter(file => !bad.has(file)));
  return bad;
}

function configurations() {
  const folder = file => file.split('/')[1];
  const guest = files.filter(file => guestFolders.includes(folder(file)));
  const smoke = files.filter(file => folder(file) === 'smoke');
  const units = files.filter(file => !guest.includes(file) && !smoke.includes(file));
  const plan = [{name: 'unit', node: process.execPath, cpu: undefined, members: units}];
  for (const name of guestConfigs) plan.push({...engine(name), members: guest});
  for (const name of smokeConfigs) plan.push({...engine(name), members: smoke});
  return merge(plan.filter(one => one.members.length > 0 && (!options.config || one.name === options.config)));
}

function engine(name) {
  const [cpu, version] = name.split('@');
  const node = nodes.find(version);
  // TWINBOX_CPU in the environment forces one CPU for all.
  const forced = process.env.TWINBOX_CPU || cpu;
  if (node) return {name: version === 'newest' ? `${forced}@${node.major}` : `${forced}@${version}`, node: node.path, cpu: forced};
  const major = Number(process.versions.node.split('.')[0]);
  const able = forced === 'lane' && major < 24 ? 'worker' : forced;
  console.log(`${name}: no Node ${version} here (${nodes.reason}), so the Node at hand runs it as ${able}@${major}`);
  return {name: `${able}@${major}`, node: process.execPath, cpu: able};
}

// Without the other engines two configurations may be the same.
function merge(plan) {
  const seen = new Map();
  for (const one of plan) {
    const same = seen.get(one.name);
    if (same) same.members = [...new Set([...same.members, ...one.members])];
    else seen.set(one.name, one);
  }
  return [...seen.values()];
}

async function secondTry(file, first, config, node, cpu) {
  console.log(`once more, alone: ${file}`);
  const second = await runFile(file, config, node, cpu);
  if (second.failed > 0) failures.push(`${file} [${config}]: ${second.why ?? `${second.failed} failed`}`);
  else unsteady.push(`${file} [${config}]: ${first.why ?? `${first.failed} failed`}`);
  return second;
}

async function runFile(file, config, node, cpu) {
  const bundled = join(root, 'build', file.replace(/\.ts$/, '.mjs'));
  const env = {...process.env, NO_COLOR: '1', FORCE_COLOR: '0', TWINBOX_TEST_FILE: file};
  if (cpu) env.TWINBOX_CPU = cpu;
  if (options.filter) env.TWINBOX_TEST_FILTER = options.filter;
  const begin = Date.now();
  const {status, output, late} = await execute(node, ['--enable-source-maps', bundled], env);
  const result = judge(status, output, late);
  const mark = result.failed > 0 ? 'FAIL' : 'ok  ';
  if (result.passed + result.failed + result.skipped > 0) {
    console.log(`${mark} ${file} ${line(result)} (${seconds(begin)} s)`);
  }
  // What a suite counted of cases that others wrote.
  for (const text of output.matchAll(/case: (.*)$/gm)) console.log(`     ${text[1]}`);
  if (result.failed > 0) {
    console.log(output.replace(/^/gm, '    '));
  }
  for (const text of output.matchAll(/^skip: (.*)$/gm)) {
    if (!skips.has(text[1])) skips.set(text[1], []);
    skips.get(text[1]).push(config);
  }
  return result;
}

// The counts of one file, from uvu's summary. What uvu lets pass in silence is a failure here.
function judge(status, output, late) {
  const count = word => {
    const found = [...output.matchAll(new RegExp(`^ {2}${word}: +(\\d+)`, 'gm'))].at(-1);
    return found ? Number(found[1]) : undefined;
  };
  const total = count('Total');
  const passed = count('Passed') ?? 0;
  const skipped = count('Skipped') ?? 0;
  if (late) return {passed, failed: Math.max(1, (total ?? 0) - passed), skipped, why: `no end within ${fileLimitMs / 1000} s`};
  if (total === undefined) return {passed, failed: 1, skipped, why: `ended without a summary (status ${status})`};
  if (total + skipped === 0 && !options.filter) return {passed, failed: 1, skipped, why: 'no tests (is test.run() missing?)'};
  const failed = total - passed;
  if (failed === 0 && status !== 0) return {passed, failed: 1, skipped, why: `tests passed, but exit status ${status}`};
  return {passed, failed, skipped};
}

function execute(program, args, env) {
  return new Promise(done => {
    // A process group of its own, so that what a test leaves behind goes with it.
    const child = spawn(program, args, {cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32'});
    const chunks = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      kill(child);
    }, fileLimitMs);
    child.stdout.on('data', bytes => chunks.push(bytes));
    child.stderr.on('data', bytes => chunks.push(bytes));
    child.on('error', err => chunks.push(Buffer.from(String(err))));
    child.on('exit', () => setTimeout(() => kill(child), 50));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      done({status: status ?? signal, output: Buffer.concat(chunks).toString(), late});
    });
  });
}

function kill(child) {
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

async function pool(items, width, body) {
  const rest = items.slice();
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await body(item);
  };
  await Promise.all(Array.from({length: Math.max(1, width)}, worker));
}

function add(sum, one) {
  for (const key of ['passed', 'failed', 'skipped']) sum[key] += one[key];
}

function line({passed, failed, skipped}) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function seconds(begin) {
  return ((Date.now() - begin) / 1000).toFixed(1);
}

function fail(message) {
  console.error(`test: ${message}`);
  process.exit(2);
}
