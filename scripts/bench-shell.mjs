// `npm run bench:shell`: the shell beside dash. A script of 1,000 external commands and one of 100,000 turns of builtins, each
// by the clock of the script's own shell, so that the container's start is not in it; busybox beside them for the externals.
//
//   npm run bench:shell [-- --rounds N]

import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {engines, root} from './engines.mjs';

const rounds = process.argv[2] === '--rounds' ? Number(process.argv[3]) : 5;
const node = engines().find('24');
const cli = join(root, 'dist/cli.js');

// /bin/true is a file for every shell here: nobody takes it for a builtin.
const scripts = {
  '1,000 externals': 'i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done',
  '100,000 builtin turns': 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done',
};

const clean = {...process.env};
delete clean.NODE_EXTRA_CA_CERTS;
delete clean.NODE_OPTIONS;

function milliseconds(file, args, env = {}) {
  const begin = performance.now();
  execFileSync(file, args, {env: {...clean, ...env}, stdio: 'ignore'});
  return performance.now() - begin;
}

const median = values => values.sort((a, b) => a - b)[values.length >> 1];

// A shell of ours: the script's time less that of an empty script in a container of its own, taken in turn.
function contained(cpu, program) {
  return script => {
    const run = text => milliseconds(program, [cli, 'run', '--mode', 'portable', 'busybox', 'sh', '-c', text], {TWINBOX_CPU: cpu});
    const empty = run('exit 0');
    return run(`${script}; exit 0`) - empty;
  };
}

const candidates = {};
if (existsSync('/bin/dash')) candidates.dash = script => milliseconds('/bin/dash', ['-c', script]);
if (existsSync('/bin/busybox')) candidates.busybox = script => milliseconds('/bin/busybox', ['sh', '-c', script]);
if (node) candidates['twinbox lane'] = contained('lane', node.path);
candidates['twinbox worker'] = contained('worker', node?.path ?? process.execPath);

console.log(`machine: node ${node ? '24' : process.version}, ${rounds} rounds, medians`);
for (const [title, script] of Object.entries(scripts)) {
  const values = Object.fromEntries(Object.keys(candidates).map(name => [name, []]));
  for (let i = 0; i < rounds; i++) for (const [name, sample] of Object.entries(candidates)) values[name].push(sample(script));
  const base = median(Object.values(values)[0]);
  console.log(`\n${title}`);
  for (const [name, list] of Object.entries(values)) {
    const value = median(list);
    console.log(`  ${name.padEnd(16)}${value.toFixed(0).padStart(8)} ms   x${(value / base).toFixed(2)}`);
  }
}
