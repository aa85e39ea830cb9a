// Debian's source package of busybox, whose two test suites are GPL: fetched with apt-get into build/suites, by an apt
// configuration of its own, never part of this repository.

import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.cwd();
const top = join(root, 'build/suites');

/** A folder with `testsuite`, `ash_test` and the `.config` of Debian's static build; or why there is none. */
export interface Source {
  dir?: string;
  reason?: string;
  remedy?: string;
}

export function busyboxSource(): Source {
  const dir = join(top, 'busybox');
  if (existsSync(join(dir, '.config'))) return { dir };
  if (!existsSync('/usr/bin/apt-get')) return { reason: 'no apt-get here', remedy: 'run it on Debian' };
  const work = join(top, 'busybox.new');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const said = fetch(work);
    const names = readdirSync(work);
    const orig = names.find((name) => name.includes('.orig.tar'));
    const debian = names.find((name) => name.includes('.debian.tar'));
    if (!orig || !debian) return { reason: `apt-get source busybox failed: ${said}`, remedy: 'it needs a Debian mirror' };
    for (const archive of [orig, debian]) {
      const done = spawnSync('tar', ['-xf', archive], { cwd: work, encoding: 'utf8' });
      if (done.status !== 0) return { reason: `tar cannot read ${archive}`, remedy: 'apt-get install bzip2 xz-utils' };
    }
    const source = join(work, names.find((name) => name.startsWith('busybox-')) ?? 'busybox-1.35.0');
    const ready = join(work, 'ready');
    mkdirSync(ready);
    cpSync(join(source, 'testsuite'), join(ready, 'testsuite'), { recursive: true });
    cpSync(join(source, 'shell/ash_test'), join(ready, 'ash_test'), { recursive: true });
    const config = ['pkg/static', 'os/linux'].map((name) => readFileSync(join(work, 'debian/config', name), 'utf8')).join('');
    writeFileSync(join(ready, '.config'), config);
    rmSync(dir, { recursive: true, force: true });
    renameSync(ready, dir);
    return { dir };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

// Lists and cache of its own, and deb-src of bookworm from the mirror that this machine uses; answers apt-get's last line.
function fetch(work: string): string {
  const from = mirror();
  if (from === undefined) return 'no mirror of Debian is named in the sources of apt';
  const parts = join(work, 'sources.list.d');
  const state = join(work, 'lists');
  const cache = join(work, 'cache');
  for (const one of [parts, join(state, 'partial'), join(cache, 'archives/partial')]) mkdirSync(one, { recursive: true });
  writeFileSync(join(parts, 'src.sources'),
    `Types: deb-src\nURIs: ${from}\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`);
  const options = ['-o', 'Dir::Etc::sourcelist=/dev/null', '-o', `Dir::Etc::sourceparts=${parts}`, '-o', `Dir::State::lists=${state}`,
    '-o', `Dir::Cache=${cache}`, '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=1'];
  let said = '';
  for (const args of [['update'], ['source', '--download-only', 'busybox']]) {
    const done = spawnSync('apt-get', ['-q', ...options, ...args], { cwd: work, encoding: 'utf8', timeout: 120_000 });
    said = `${done.stdout}${done.stderr}`.trim().split('\n').at(-1) ?? '';
    if (done.status !== 0) break;
  }
  return said;
}

/** Where this machine has Debian's packages from; undefined where it has no such place. */
function mirror(): string | undefined {
  const dir = '/etc/apt/sources.list.d';
  const files = existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : [];
  for (const file of ['/etc/apt/sources.list', ...files]) {
    if (!existsSync(file)) continue;
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?) *(https?:\S+debian\/?)(?:\s|$)/m.exec(readFileSync(file, 'utf8'));
    if (found) return found[1];
  }
  return undefined;
}

/** Our harness beside the suites in one folder to mount: `script` is a file of test/suite. */
export function volume(source: string, script: string): string {
  copyFileSync(join(root, 'test/suite', script), join(source, script));
  return source;
}
