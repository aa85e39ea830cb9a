// Other Nodes for the tests: npm packages with a lock of their own in test/engines, installed by `npm test` on Linux
// x64 only. Elsewhere the tests use the Node at hand and say so.

import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dir = join(root, 'test/engines');
const stamp = join(dir, 'node_modules/.twinbox-stamp');

/** `find('20' | '22' | '24' | 'newest')` answers {path, major} or undefined, and then `reason` says why. */
export function engines() {
  const reason = install();
  const own = {path: process.execPath, major: Number(process.versions.node.split('.')[0])};
  const packaged = name => {
    const path = join(dir, 'node_modules', name, 'bin/node');
    if (!existsSync(path)) return undefined;
    const {version} = JSON.parse(readFileSync(join(dir, 'node_modules', name, 'package.json'), 'utf8'));
    return {path, major: Number(version.split('.')[0])};
  };
  return {
    reason: reason ?? 'not in test/engines/package.json',
    find: version => (String(own.major) === version ? own : packaged(version === 'newest' ? 'node-newest' : `node-${version}`)),
  };
}

/** The node.exe of test/engines for wine, or undefined. */
export function windowsNode(major) {
  install();
  const path = join(dir, 'node_modules', `node-win-${major}`, 'bin/node.exe');
  return existsSync(path) ? path : undefined;
}

// Answers why it did not install, or undefined. The packages' `os` field would refuse the Windows ones, hence --force.
function install() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'other Nodes are packaged for Linux x64 only';
  const want = createHash('sha256').update(readFileSync(join(dir, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return undefined;
  console.log('installing other Nodes into test/engines (once)');
  const args = ['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const done = npm && /\.[cm]?js$/.test(npm)
    ? spawnSync(process.execPath, [npm, ...args], {cwd: dir, stdio: ['ignore', 1, 2]})
    : spawnSync('npm', args, {cwd: dir, stdio: ['ignore', 1, 2]});
  if (done.status !== 0) return 'npm could not install test/engines';
  writeFileSync(stamp, want);
  return undefined;
}
