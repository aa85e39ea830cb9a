// `npm run bench:native`: native mode beside the same plan from C, a bare spawn, and what else Debian has for starting
// a container, all from one Node process, in turns. Prints tables with the targets; records go to
// build/bench-native.json.
//
//   npm run bench:native -- [SECTION...]     sections: start busybox hybrid heap turn flight crash, and by request soak
//   TWINBOX_BENCH_QUICK=1 for a fifth of the samples
//
// crun takes no mixed set-up of cgroup v1 and v2. On such a machine peers are met in a private mount namespace without
// the v2 mount, so that every candidate gets the same v1 controllers; `hybrid` is the machine as it is, without crun.

import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {bundleTests} from './build.mjs';
import {root} from './engines.mjs';

const usual = ['start', 'busybox', 'hybrid', 'heap', 'turn', 'flight', 'crash'];
const all = [...usual, 'soak'];
const unified = '/sys/fs/cgroup/unified';
// Sections of what users have, whatever a peer can bear.
const plain = ['hybrid', 'heap', 'turn', 'crash', 'soak'];
const limitMs = 1_500_000;

const sections = process.argv.length > 2 ? process.argv.slice(2) : usual;
const unknown = sections.find(section => !all.includes(section));
if (unknown) {
  console.error(`bench: no section ${unknown}; there are ${all.join(', ')}`);
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.error('bench: native mode is Linux');
  process.exit(1);
}

await bundleTests(['bench/native/main.ts'], 'build/bench', 'bench');
const mixed = existsSync(join(unified, 'cgroup.procs')) && process.getuid() === 0;
const work = mkdtempSync(join(tmpdir(), 'tb-'));
const records = [];
try {
  for (const section of sections) {
    if (section === 'hybrid' && !mixed) continue;
    run(section);
  }
} finally {
  unmountBelow(work);
  rmSync(work, {recursive: true, force: true});
}
writeFileSync(join(root, 'build/bench-native.json'), `${JSON.stringify(records, null, 2)}\n`);
print();
process.exit(records.some(one => one.kind === 'error') ? 1 : 0);

// podman leaves its store mounted on itself.
function unmountBelow(dir) {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').map(row => row.split(' ')[1] ?? '');
  for (const path of mounts.filter(one => one.startsWith(`${dir}/`)).reverse()) spawnSync('umount', ['-l', path]);
}

function run(section) {
  console.error(`bench: ${section}`);
  const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env} = process.env;
  const dir = mkdtempSync(join(work, `${section}-`));
  const main = join(root, 'build/bench/native/main.mjs');
  const argv = [process.execPath, '--expose-gc', '--enable-source-maps', main, dir, section];
  const apart = mixed && !plain.includes(section);
  const without = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', `umount ${unified}; exec "$@"`, 'sh'];
  const [program, ...args] = apart ? [...without, ...argv] : argv;
  const done = spawnSync(program, args, {
    cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 2 ** 26,
    timeout: limitMs, killSignal: 'SIGKILL',
  });
  for (const line of (done.stdout ?? '').split('\n')) {
    if (line.startsWith('{')) records.push({...JSON.parse(line), cgroups: apart || !mixed ? undefined : 'hybrid'});
    else if (line !== '') console.error(line);
  }
  if (done.status !== 0 && !records.some(one => one.kind === 'error')) {
    records.push({kind: 'error', section, message: `status ${done.status ?? done.signal}`});
  }
}

// --- the tables

function print() {
  const machine = records.find(one => one.kind === 'machine');
  if (machine) {
    const {cores, memoryGiB, platform, node, load1} = machine;
    console.log(`machine: ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}, load ${load1}`);
  }
  for (const section of ['start', 'busybox', 'hybrid']) {
    printStarts(section, of('start').filter(one => one.section === section));
  }
  printHeap(of('heap'));
  printTurns(of('turn'));
  printFlight(of('flight'));
  printSoak(of('soak'));
  for (const one of of('crash')) {
    table('containers after a crash', ['what', 'median', 'p95', 'left', 'target'],
      [[one.name, ms(one.time.median), ms(one.time.p95), one.left, verdict(one.time.p95, '≤', 100, ' ms')]]);
  }
  for (const line of new Set(of('without').map(one => `without ${one.what}: ${one.why}`))) console.log(`\n${line}`);
  for (const one of of('error')) console.log(`\nfailed: ${one.section}: ${one.message}`);
}

function printStarts(section, rows) {
  const find = name => rows.find(one => one.name === name)?.first?.median;
  const [cold, warm] = [find('twinbox, cold'), find('twinbox, warm')];
  const targets = {
    // Two requests on both sides: create() ends with `park`, start() goes on.
    'twinbox, cold': [[cold / find('C, cold, parked'), '≤', 1.25, 'x C']],
    'twinbox, warm': [[warm / find('C, warm, parked'), '≤', 1.15, 'x C'], [warm / find('spawn'), '≤', 0.8, 'x spawn']],
    bwrap: [[find('bwrap') / cold, '≥', 3, 'x cold']],
    crun: [[find('crun') / cold, '≥', 5, 'x cold']],
    runc: [[find('runc') / cold, '≥', 12, 'x cold']],
  };
  const heads = ['what', 'first byte', 'p95', 'exit', 'p95', 'n', 'of cold', 'target'];
  table(`${section}: from the call, ${rows[0]?.payload} as the program`, heads, rows.map(({name, first, exit}) => {
    const told = (targets[name] ?? []).filter(([value]) => Number.isFinite(value)).map(target => verdict(...target));
    const early = first ? [ms(first.median), ms(first.p95)] : ['', ''];
    const share = first ? `${(first.median / cold).toFixed(2)}x` : '';
    return [name, ...early, ms(exit.median), ms(exit.p95), exit.samples, share, told.join(', ')];
  }));
}

function printHeap(rows) {
  const heads = ['what', 'small', 'p95', `${rows[0]?.mib} MiB`, 'p95', 'ratio', 'target'];
  table('first byte by the size of the Node heap', heads, rows.map(({name, small, large}) => {
    const ratio = large.median / small.median;
    const told = name === 'spawn' ? '' : verdict(ratio, '≤', 1.1, 'x');
    return [name, ms(small.median), ms(small.p95), ms(large.median), ms(large.p95), ratio.toFixed(2), told];
  }));
}

function printTurns(rows) {
  const heads = ['what', 'median', 'p95', 'all turns over 0.02 ms', 'target'];
  table('event loop held per start: its longest turn', heads, rows.map(({name, longest, busy}) => {
    const told = name.startsWith('twinbox') ? verdict(longest.median, '≤', 0.2, ' ms') : '';
    return [name, ms(longest.median), ms(longest.p95), ms(busy.median), told];
  }));
}

function printFlight(rows) {
  table('containers per second', ['what', 'one at a time', `${rows[0]?.inFlight} in flight`],
    rows.map(one => [one.name, one.one.toFixed(0), one.many?.toFixed(0) ?? '']));
}

function printSoak(rows) {
  for (const one of rows) {
    const keys = Object.keys(one.before);
    table(`${one.cycles} cycles, ${one.name}, ${one.perSecond.toFixed(0)} per second`, ['', ...keys],
      ['before', 'after'].map(when => [when, ...keys.map(key => one[when][key])]));
  }
}

function verdict(value, sign, limit, unit) {
  const met = sign === '≤' ? value <= limit : value >= limit;
  return `${value.toFixed(2)}${unit}, ${met ? 'met' : 'MISSED'}: ${sign} ${limit}`;
}

function table(title, heads, rows) {
  if (rows.length === 0) return;
  console.log(`\n${title}\n\n| ${heads.join(' | ')} |\n|${heads.map(() => '---|').join('')}`);
  for (const cells of rows) console.log(`| ${cells.join(' | ')} |`);
}

function of(kind) {
  return records.filter(one => one.kind === kind);
}

function ms(value) {
  return `${value.toPrecision(3)} ms`;
}
