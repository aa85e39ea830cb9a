// The product on Windows: dist/ under Windows' own node.exe in wine, as a user there would type it. Needs Debian's
// wine64; its prefix is a temporary folder. Output goes through files, since node.exe in wine cannot write to a pipe.
//
//   node scripts/wine.mjs [-k REGEX]

import {spawn, spawnSync} from 'node:child_process';
import {closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {root, windowsNode} from './engines.mjs';

const limitMs = 120_000;
const filter = new RegExp(process.argv[2] === '-k' ? process.argv[3] : '.');
const wine = ['/usr/lib/wine/wine64', '/usr/bin/wine64', '/usr/bin/wine'].find(path => existsSync(path));
const work = mkdtempSync(join(tmpdir(), 'twinbox-wine-'));
const totals = {passed: 0, failed: 0, skipped: 0};

try {
  await main();
} finally {
  stopWine();
  rmSync(work, {recursive: true, force: true, maxRetries: 5});
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);

// Each case: what the user types after `twinbox`, the exit status, and what its output must show.
function cases(folder) {
  const sh = script => ['run', 'busybox', 'sh', '-c', script];
  return [
    {name: 'the version', args: ['--version'], shows: [/^twinbox \d+\.\d+\.\d+/]},
    {name: 'what this machine can do', args: ['info'], shows: [/portable/]},
    {name: 'the demo', args: ['demo'], shows: [/\bPID\b/]},
    {name: 'a shell that is PID 1', args: sh('echo $$'), shows: [/^1\r?$/m]},
    {name: 'a pipeline', args: sh('echo hello | tr a-z A-Z | cat'), shows: [/^HELLO\r?$/m]},
    {name: 'background jobs', args: sh('sleep 0.2 & sleep 0.1 & wait; echo all $?'), shows: [/^all 0\r?$/m]},
    {name: 'a killed job', args: sh('sleep 9 & kill -9 $!; wait $!; echo $?'), shows: [/^137\r?$/m]},
    {name: 'the exit status of the command', args: sh('exit 7'), status: 7},
    {name: 'a missing program is 127', args: ['run', 'busybox', 'no-such-program'], status: 127},
    {name: 'a file that is no program is 126', args: ['run', 'busybox', '/etc/passwd'], status: 126},
    {name: 'an unknown image is 125', args: ['run', 'no-such-image', 'true'], status: 125, shows: [/no-such-image/]},
    {
      name: 'a folder of a drive, read and written',
      args: ['run', '-v', `${folder}:/data`, 'busybox', 'sh', '-c', 'cat /data/in.txt; echo from inside > /data/out.txt; ls /data'],
      shows: [/^from outside\r?$/m, /^out\.txt\r?$/m],
      after: () => readFileSync(join(work, 'guest/out.txt'), 'utf8') === 'from inside\n',
    },
    {
      name: 'a folder of a drive, read only',
      args: ['run', '-v', `${folder}:/data:ro`, 'busybox', 'sh', '-c', 'echo x > /data/ro.txt || echo refused'],
      shows: [/^refused\r?$/m],
    },
    {name: 'a folder that is not there', args: ['run', '-v', 'Z:\\no\\such:/x', 'busybox', 'true'], status: 125, shows: [/no.such/]},
    {name: 'a drive that is not there', args: ['run', '-v', 'Q:\\:/x', 'busybox', 'true'], status: 125},
    {name: 'an image folder that is not there', args: ['run', '.\\no-such-folder', 'true'], status: 125},
    {name: 'a program that is not there', args: ['run', 'Z:\\no\\such.wasm'], status: 125},
    {name: 'native mode is an error', args: ['run', '--mode', 'native', 'busybox', 'true'], status: 125},
  ];
}

async function main() {
  if (!wine) return skipAll('wine64 is not installed', 'apt-get install wine64');
  const nodes = [20, 22].map(major => ({major, path: windowsNode(major)}));
  if (nodes.every(node => !node.path)) return skipAll("Windows' node.exe is not installed", 'run npm test on Linux x64');
  if (!existsSync(join(root, 'dist/cli.js'))) throw new Error('dist/cli.js is missing: npm run build');
  mkdirSync(join(work, 'guest'));
  writeFileSync(join(work, 'guest/in.txt'), 'from outside\n');
  const ready = spawnSync(wine, ['winecfg', '-v', 'win10'], {env: environment(), stdio: 'ignore', timeout: limitMs});
  if (ready.status !== 0) return skipAll('wine could not make its prefix', 'try wine64 winecfg -v win10');
  for (const {major, path} of nodes) {
    if (!path) continue;
    for (const one of cases(toWindows(join(work, 'guest')))) {
      if (!filter.test(one.name)) continue;
      await check(major, path, one);
    }
  }
}

async function check(major, node, {name, args, status = 0, shows = [], after}) {
  const begin = Date.now();
  const got = await run(node, [toWindows(join(root, 'dist/cli.js')), ...args]);
  const wrong = [];
  if (got.status !== status) wrong.push(`exit status ${got.status}, not ${status}`);
  for (const pattern of shows) if (!pattern.test(got.output)) wrong.push(`nothing like ${pattern}`);
  if (wrong.length === 0 && after && !holds(after)) wrong.push('the folder outside is not as it should be');
  const mark = wrong.length === 0 ? 'ok  ' : 'FAIL';
  console.log(`${mark} win32 node ${major}: ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  if (wrong.length > 0) console.log(`    ${wrong.join('; ')}\n${got.output.replace(/^/gm, '    ')}`);
  totals[wrong.length === 0 ? 'passed' : 'failed']++;
}

function holds(check) {
  try {
    return check();
  } catch {
    return false;
  }
}

function run(node, args) {
  const file = join(work, 'output');
  const out = openSync(file, 'w');
  return new Promise(done => {
    const child = spawn(wine, [node, ...args], {cwd: work, env: environment(), stdio: ['ignore', out, out], detached: true});
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid, 'SIGKILL');
      stopWine();
    }, limitMs);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      closeSync(out);
      const status = late ? `no end within ${limitMs / 1000} s` : (code ?? signal);
      done({status, output: readFileSync(file, 'utf8')});
    });
  });
}

function environment() {
  const {PATH, HOME, LANG} = process.env;
  return {PATH, HOME, LANG, WINEPREFIX: join(work, 'prefix'), WINEDEBUG: '-all', WINEARCH: 'win64', NODE_SKIP_PLATFORM_CHECK: '1'};
}

// Only this prefix's own server.
function stopWine() {
  const server = ['/usr/lib/wine/wineserver64', '/usr/lib/wine/wineserver', '/usr/bin/wineserver'].find(path => existsSync(path));
  if (server) spawnSync(server, ['-k'], {env: environment(), stdio: 'ignore'});
}

function toWindows(path) {
  return `Z:${path.replaceAll('/', '\\')}`;
}

function skipAll(reason, remedy) {
  console.log(`skip: the run on Windows: ${reason}; ${remedy}`);
  totals.skipped += cases('').length;
}
