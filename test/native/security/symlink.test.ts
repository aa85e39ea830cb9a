// Paths inside an image resolve inside it: mount targets, working directories and files, through links of every kind, also
// while somebody changes them; and on a kernel without openat2(2) as well.

import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite, type Test} from 'uvu';
import * as assert from 'uvu/assert';
import type {Runtime} from '../../../src/index.ts';
import {skipAll} from '../../skip.ts';
import {compile, compilerRemedy, noCompiler} from '../compile.ts';
import {Image, type Entry} from '../image.ts';
import {lack, native, sh} from '../native.ts';
import {again, collect, inside, runCases, type Case} from '../report.ts';

const raceMs = 10_000;
const ENOSYS = 38;
/** The number of openat2(2) is the same on every CPU; so are those of mount_setattr(2) and clone3(2). */
const numbers = {openat2: 437, mount_setattr: 442, clone3: 435};

/** A directory of the host that no container may touch, with a volume to be mounted somewhere. */
class Outside {
  readonly dir = mkdtempSync(join(tmpdir(), 'twinbox-outside-'));
  readonly target = join(this.dir, 'target');
  readonly volume = join(this.dir, 'volume');

  constructor() {
    mkdirSync(this.target);
    mkdirSync(this.volume);
    writeFileSync(join(this.target, 'kept'), 'kept\n');
    writeFileSync(join(this.volume, 'in'), 'volume\n');
  }

  check(): void {
    assert.equal(readdirSync(this.target), ['kept']);
    assert.equal(readdirSync(this.volume), ['in']);
    assert.not.match(readFileSync('/proc/self/mountinfo', 'utf8'), this.dir);
  }

  remove(): void {
    rmSync(this.dir, {recursive: true, force: true});
  }
}

/** Image entries whose link leads to a host path, in the ways that links can. */
function links(outside: Outside): Record<string, [entries: Record<string, Entry>, at: string]> {
  const {target} = outside;
  return {
    'an absolute link': [{x: {link: target}}, '/x'],
    'a link upwards': [{x: {link: `../../../../../../../../..${target}`}}, '/x'],
    'a link in the middle': [{x: {link: target}}, '/x/sub/dir'],
    'a link behind a link': [{x: {link: 'y'}, y: {link: 'z/w'}, 'z/w': {link: target}}, '/x/sub'],
    'a link through a directory and up': [{'a/b/c': {}, x: {link: `a/b/c/../../../../../..${target}`}}, '/x'],
    'dots behind a directory': [{'a': {}, x: {link: `a/..${target}`}}, '/x'],
    'a link to the old root\'s window': [{'a': {}, x: {link: 'a/../etc'}}, '/x/twinbox-made-here'],
    'a link to /proc/self/root': [{x: {link: `/proc/self/root${target}`}}, '/x'],
    'a link to /proc/1/root': [{x: {link: `/proc/1/root${target}`}}, '/x/sub'],
    'a link to /proc/self/cwd': [{x: {link: `/proc/self/cwd/../../..${target}`}}, '/x'],
    'a link that hangs': [{x: {link: `${target}/missing/deeper`}}, '/x'],
    'a link to itself': [{x: {link: 'x'}}, '/x/y'],
  };
}

async function resolves(runtime: Runtime): Promise<void> {
  const outside = new Outside();
  try {
    for (const [title, [entries, at]] of Object.entries(links(outside))) {
      const image = new Image(entries);
      try {
        for (const flags of [{cwd: at}, {tmpfs: [`${at}:size=64k`]}, {volumes: [`${outside.volume}:${at}`]}]) {
          const outcome = await sh(runtime, `pwd -P; ls -d ${outside.target} 2> /dev/null && ls ${outside.target}`, {image: image.dir, ...flags})
            .catch((error: Error) => error);
          // What the container sees at that name is its own: made inside, never with the host's file in it.
          if (!(outcome instanceof Error)) assert.not.match(outcome.stdout, /kept/, `${title} ${JSON.stringify(flags)}`);
          outside.check();
          assert.is(existsSync('/etc/twinbox-made-here'), false, title);
        }
      } finally {
        image.remove();
      }
    }
  } finally {
    outside.remove();
  }
}

async function ordinary(runtime: Runtime): Promise<void> {
  const outside = new Outside();
  const image = new Image({run: {}, 'var/run': {link: '/run'}, 'var/lock': {link: '../run/lock'}, 'run/lock': {}, 'opt/v1': {}, 'opt/now': {link: 'v1'}});
  try {
    const {stdout, stderr} = await sh(runtime, 'grep -e /run -e /opt /proc/mounts | cut -d " " -f 2 | sort; cat /run/sub/in /opt/v1/in; pwd -P', {
      image: image.dir, cwd: '/var/lock', tmpfs: ['/var/run/tmp:size=64k'], volumes: [`${outside.volume}:/var/run/sub`, `${outside.volume}:/opt/now`],
    });
    assert.is(stdout, '/opt/v1\n/run/sub\n/run/tmp\nvolume\nvolume\n/run/lock\n', stderr);
    outside.check();
  } finally {
    image.remove();
    outside.remove();
  }
}

async function files(runtime: Runtime): Promise<void> {
  const outside = new Outside();
  const image = new Image({x: {link: outside.target}, deep: {link: '../../../../../../..'}, 'f': {link: join(outside.target, 'kept')}});
  const box = await runtime.create({image: image.dir, command: ['sleep', '1000']});
  const attempts = async (): Promise<void> => {
    for (const call of [
      () => box.fs.readText('/x/kept'), () => box.fs.readText(`/deep${outside.target}/kept`), () => box.fs.readText('/f'),
      () => box.fs.readText(`/../../../..${outside.target}/kept`), () => box.fs.readText(`/proc/1/root${outside.target}/kept`),
      () => box.fs.readText(`/proc/self/root${outside.target}/kept`),
    ]) assert.not.match(await call().catch(() => ''), /kept/);
    for (const call of [
      () => box.fs.writeFile('/x/new', 'x'), () => box.fs.writeFile('/f', 'x'), () => box.fs.mkdir('/x/d'), () => box.fs.unlink('/x/kept'),
      () => box.fs.writeFile(`/deep${outside.target}/kept`, 'x'),
    ]) await call().catch(() => undefined);
    outside.check();
    assert.is(readFileSync(join(outside.target, 'kept'), 'utf8'), 'kept\n');
  };
  try {
    await attempts();
    await box.start();
    await attempts();
  } finally {
    await box.remove({force: true});
    image.remove();
    outside.remove();
  }
}

/** Somebody with the image's directory exchanges a directory and a link without end, while containers are made on it. */
async function raced(runtime: Runtime, lengthMs: number): Promise<void> {
  const outside = new Outside();
  const image = new Image({'place/sub': {}, 'other/sub': {}});
  const link = join(image.dir, 'link');
  symlinkSync(outside.dir, link);
  mkdirSync(join(outside.dir, 'sub'));
  const swap = spawn(compile(new URL('../probe/swap.c', import.meta.url)), [join(image.dir, 'place'), link], {stdio: ['ignore', 'pipe', 'inherit']});
  try {
    await new Promise(resolve => swap.stdout.once('data', resolve));
    let made = 0;
    for (const end = Date.now() + lengthMs; Date.now() < end; made++) {
      const outcome = await sh(runtime, 'cat /place/target/kept /place/sub/m/kept; echo done', {
        image: image.dir, cwd: '/place/sub', tmpfs: ['/place/sub/t:size=64k'], volumes: [`${outside.volume}:/place/sub/m`],
      }).catch((error: Error) => error);
      if (!(outcome instanceof Error)) assert.not.match(outcome.stdout, /kept/);
      outside.check();
      assert.equal(readdirSync(join(outside.dir, 'sub')), []);
    }
    assert.ok(made > 5, `${made} were made`);
  } finally {
    swap.kill('SIGKILL');
    image.remove();
    outside.remove();
  }
}

const cases: readonly Case[] = [
  ['a mount target or working directory behind a link is inside, or an error', resolves],
  ['ordinary links work: /var/run to /run, a relative one, one to a directory beside it', ordinary],
  ['files of a container are reached inside only', files],
];

const all: readonly Case[] = [...cases, ['targets that are exchanged for links meanwhile', runtime => raced(runtime, 2000)]];

if (inside === '') {
  const test = native('security: links');
  for (const [name, body] of cases) test(name, body);
  test.unless(noCompiler(), compilerRemedy, 'targets that are exchanged for links while containers are made', runtime => raced(runtime, raceMs));
  test.run();
  const older = suite('security: links, on older kernels');
  for (const [call, number] of Object.entries(numbers)) without(older, call, number);
  older.run();
} else await runCases(all);

/** The same cases in a process for which a system call is ENOSYS; it is started by the first of them. */
function without(test: Test, call: string, number: number): void {
  const names = all.map(([name]) => name);
  const why = lack ?? (noCompiler() === undefined ? undefined : {reason: noCompiler()!, remedy: compilerRemedy});
  if (why !== undefined) return skipAll(test, names, `links without ${call}`, why.reason, why.remedy);
  let passed: ((name: string) => Promise<void>) | undefined;
  for (const name of names) {
    test(`without ${call}: ${name}`, () => {
      const program = compile(new URL('../probe/without.c', import.meta.url));
      passed ??= collect(names, again([program, `${number}=${ENOSYS}`, '--'], 'without'));
      return passed(name);
    });
  }
}
