// `npm run bench`: measures the built product on both CPUs and prints a table with the machine beside it; the records
// go to build/bench.json. Sections: start calls containers modes micro install. `modes` puts both kernels side by side.
//
//   npm run bench -- [SECTION...] [--cpu lane|worker]      TWINBOX_BENCH_QUICK=1 for a tenth of the samples

import {spawnSync} from 'node:child_process';
import {existsSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {bundleTests} from './build.mjs';
import {engines, root} from './engines.mjs';
import {compileGuest} from './wasm.mjs';

const all = ['start', 'calls', 'containers', 'modes', 'micro', 'install'];
const limitMs = 300_000;
// Measured once, since no CPU is in them.
const plain = ['micro', 'install'];
const args = process.argv.slice(2);
const only = args.includes('--cpu') ? args.splice(args.indexOf('--cpu'), 2)[1] : undefined;
const sections = args.length > 0 ? args : all;
const unknown = sections.find(section => !all.includes(section));
if (unknown) {
  console.error(`bench: no section ${unknown}; there are ${all.join(', ')}`);
  process.exit(2);
}

if (!fresh('build/wasm/call.wasm', 'bench/guest/call.ts')) compileGuest('bench/guest/call.ts', 'call');
await bundleTests(['bench/main.ts'], 'build/bench', 'bench');

const nodes = engines();
const own = {path: process.execPath, major: Number(process.versions.node.split('.')[0])};
const records = [];
for (const [cpu, version] of [['lane', '24'], ['worker', '20'], ['worker', '24']]) {
  if (only && cpu !== only) continue;
  const node = nodes.find(version) ?? own;
  if (cpu === 'lane' && node.major < 24) {
    console.error(`bench: no lane on Node ${node.major}, and no Node 24 here (${nodes.reason})`);
    continue;
  }
  const first = records.length === 0;
  run(node.path, cpu, sections.filter(section => first || !plain.includes(section)));
}
writeFileSync(join(root, 'build/bench.json'), `${JSON.stringify(records, null, 2)}\n`);
print();
process.exit(records.some(one => one.kind === 'error') ? 1 : 0);

function fresh(made, from) {
  return existsSync(join(root, made)) && statSync(join(root, made)).mtimeMs > statSync(join(root, from)).mtimeMs;
}

function run(node, cpu, list) {
  if (list.length === 0) return;
  console.error(`bench: ${cpu}, ${list.join(' ')}`);
  const {NODE_EXTRA_CA_CERTS: _, ...env} = process.env;
  const main = join(root, 'build/bench/main.mjs');
  const done = spawnSync(node, ['--expose-gc', '--enable-source-maps', main, cpu, ...list], {
    cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 2 ** 26, timeout: limitMs, killSignal: 'SIGKILL',
  });
  for (const line of done.stdout.split('\n')) {
    if (line.startsWith('{')) records.push(JSON.parse(line));
    else if (line !== '') console.error(line);
  }
  if (done.status !== 0 && !records.some(one => one.kind === 'error')) {
    records.push({kind: 'error', cpu, section: list.join(' '), message: `status ${done.status ?? done.signal}`});
  }
}

function print() {
  const machine = records.find(one => one.kind === 'machine');
  if (machine) {
    const {cpu: _, platform, cores, memoryGiB, load1} = machine;
    console.log(`machine: ${cores} cores, ${memoryGiB} GiB, ${platform}, load ${load1}\n`);
  }
  if (records.some(one => ['time', 'micro', 'memory', 'install'].includes(one.kind))) {
    console.log('| what | CPU | Node | median | p95 | |\n|---|---|---|---|---|---|');
  }
  for (const one of records) {
    const where = `${one.cpu} | ${one.node.replace(/^v/, '')}`;
    if (one.kind === 'time') row(one.name, where, time(one.ms), time(one.p95), one.note);
    if (one.kind === 'micro') row(one.name, `none | ${one.node.replace(/^v/, '')}`, time(one.ms), '', one.note);
    if (one.kind === 'memory') row(one.name, where, `${one.mib.toFixed(1)} MiB`, '', `over ${one.baselineMib.toFixed(0)} MiB`);
    if (one.kind === 'install') {
      const parts = Object.entries(one.parts).map(([name, size]) => `${name} ${mib(size)}`).join(', ');
      row('npm install twinbox', ' | ', mib(one.installed), '', `packed ${mib(one.packed)}; ${parts}`);
    }
  }
  printModes(records.filter(one => one.kind === 'modes'));
  const without = records.filter(one => one.kind === 'without').map(one => `\nno ${one.what}: ${one.why}`);
  for (const line of new Set(without)) console.log(line);
  for (const one of records) if (one.kind === 'error') console.log(`\nfailed: ${one.section} on ${one.cpu}: ${one.message}`);
}

// One row an operation: each CPU of portable mode, native mode as measured in turns with it, and the ratio.
function printModes(rows) {
  if (rows.length === 0) return;
  const kinds = [...new Set(rows.map(one => `${one.cpu}|${one.node}`))];
  const heads = kinds.flatMap(kind => [`portable, ${kind.replace('|v', ' on ')}`, 'native', 'times, portable / native']);
  console.log(`\n| operation | ${heads.join(' | ')} |\n|---|${heads.map(() => '---|').join('')}`);
  for (const title of new Set(rows.map(one => one.title))) {
    const same = rows.filter(one => one.title === title);
    const cells = kinds.flatMap(kind => modeCells(same.find(one => `${one.cpu}|${one.node}` === kind)));
    console.log(`| ${title} | ${cells.join(' | ')} |`);
  }
}

function modeCells(one) {
  if (one === undefined) return ['', '', ''];
  const tell = ({median}) => (one.bytes ? `${(one.bytes / median / 2 ** 30 * 1000).toFixed(2)} GiB/s` : time(median));
  if (one.native === undefined) return [tell(one.portable), '', ''];
  const ratio = one.portable.median / one.native.median;
  return [tell(one.portable), tell(one.native), ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2)];
}

function row(name, where, median, p95, note = '') {
  console.log(`| ${name} | ${where} | ${median} | ${p95} | ${note} |`);
}

function mib(bytes) {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}

function time(ms) {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  if (ms >= 1) return `${ms.toPrecision(3)} ms`;
  if (ms >= 0.001) return `${(ms * 1e3).toPrecision(3)} µs`;
  return `${(ms * 1e6).toPrecision(3)} ns`;
}
