// Files of an image where the runtime puts its own: /dev, /dev/null, /dev/console, /proc, /sys, masked paths, as symlinks
// or as what they should not be. Each is refused, or harmless: nothing outside is made, changed or uncovered.

import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as assert from 'uvu/assert';
import type {Runtime} from '../../../src/index.ts';
import {Image, type Entry} from '../image.ts';
import {native, sh, type Flags, type Said} from '../native.ts';

const test = native('security: what an image has in the runtime\'s places');

const outside = mkdtempSync(join(tmpdir(), 'twinbox-outside-'));
writeFileSync(join(outside, 'file'), 'before\n');
mkdirSync(join(outside, 'dir'));
test.after(() => rmSync(outside, {recursive: true, force: true}));

/** Runs in an image with these entries; the error where it is refused. What lies outside must be as before. */
async function inImage(runtime: Runtime, entries: Record<string, Entry>, script: string, flags: Flags = {}): Promise<Said | Error> {
  const image = new Image(entries);
  try {
    return await sh(runtime, script, {...flags, image: image.dir}).catch((error: Error) => error);
  } finally {
    image.remove();
    assert.equal(readdirSync(outside).sort(), ['dir', 'file']);
    assert.equal(readdirSync(join(outside, 'dir')), []);
    assert.is(readFileSync(join(outside, 'file'), 'utf8'), 'before\n');
  }
}

const harmless = 'echo x > /dev/null; echo a | cat > /dev/null; head -c 2 /dev/zero | wc -c; stat -c %t:%T /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty';
const devices = '2\n1:3\n1:5\n1:7\n1:8\n1:9\n5:0\n';

const places: Readonly<Record<string, Record<string, Entry>>> = {
  'dev is a link to a directory outside': {dev: {link: outside}},
  'dev is a link upwards': {dev: {link: `../../../../../../..${outside}`}},
  'dev is a link to itself': {dev: {link: 'dev'}},
  'dev is a file': {dev: 'not a directory'},
  'proc is a link outside': {proc: {link: outside}},
  'proc is a link to tmp': {proc: {link: 'tmp'}},
  'proc is a file': {proc: 'not a directory'},
  'sys is a link outside': {sys: {link: outside}},
  'sys/fs is a link outside': {'sys/fs': {link: outside}},
  'etc is a link outside': {'etc': {link: join(outside, 'dir')}},
  'dev/pts, dev/shm, dev/mqueue are links outside': {'dev/pts': {link: outside}, 'dev/shm': {link: outside}, 'dev/mqueue': {link: outside}},
  'dev/null, dev/zero, dev/tty are links and files': {'dev/null': {link: join(outside, 'file')}, 'dev/zero': 'zero', 'dev/tty': {link: '/dev/null'}},
  'dev/ptmx and dev/console are links outside': {'dev/ptmx': {link: join(outside, 'file')}, 'dev/console': {link: join(outside, 'file')}},
};

for (const [title, entries] of Object.entries(places)) {
  test(`${title}: refused, or with the devices that belong there`, async runtime => {
    for (const tty of [false, true]) {
      const outcome = await inImage(runtime, entries, harmless, {tty});
      if (outcome instanceof Error) assert.match(outcome.message, /: E|E[A-Z]+|not a directory|exist|loop/i);
      else assert.is(outcome.stdout.replaceAll('\r', ''), devices, outcome.stderr);
    }
  });
}

// With a tmpfs on /dev an image's files there are covered; without one they are what the runtime meets.
test('without a mount on /dev nothing outside is written through what an image has there', async runtime => {
  const {spec} = await runtime.plan({image: 'busybox', tty: true, command: ['sh', '-c', 'echo secret > /dev/null; echo x > /dev/console; true']});
  for (const entry of ['a file', {link: join(outside, 'file')}, {}]) {
    const image = new Image({'dev/null': entry, 'dev/console': entry, 'dev/tty': entry, 'dev/ptmx': entry, 'dev/pts/ptmx': entry});
    try {
      for (const kept of [/^\/(?!dev)/, /^\/(?!dev)|^\/dev\/pts$/]) {
        const mounts = spec.mounts!.filter(({destination}) => kept.test(destination));
        await runtime.run({spec: {...spec, root: {path: image.dir}, mounts}}).catch((error: Error) => error);
        assert.is(readFileSync(join(outside, 'file'), 'utf8'), 'before\n');
        assert.equal(readdirSync(outside).sort(), ['dir', 'file']);
      }
    } finally {
      image.remove();
    }
  }
});

const covered = `for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do [ -e $f ] && { echo $f $(head -c 20 $f | wc -c); }; done
for d in /proc/acpi /proc/scsi /sys/firmware; do [ -d $d ] && echo $d $(ls $d | wc -l); done
for d in /proc/sys /proc/sysrq-trigger /proc/irq /proc/bus /proc/fs; do [ -e $d ] && { touch $d/x 2>/dev/null || : ; (echo h > /proc/sysrq-trigger) 2>&1 | grep -o "Read-only.*"; }; done`;

test('masked paths are empty, and read-only paths read-only', async runtime => {
  const {stdout} = await sh(runtime, covered);
  const lines = stdout.trim().split('\n');
  for (const line of lines) assert.match(line, / 0$|^Read-only file system$/);
  assert.ok(lines.length >= 4, stdout);
});

test('a masked path that a link in the image leads away from is not uncovered', async runtime => {
  const {spec} = await runtime.plan({image: 'busybox', command: ['sh', '-c', 'cat /hidden/file /secret 2>&1; ls -A /hidden/ /secret']});
  const image = new Image({'real/file': 'uncovered\n', hidden: {link: 'real'}, secret: {link: 'real/file'}});
  try {
    const masked = {...spec, root: {path: image.dir}, linux: {...spec.linux, maskedPaths: ['/hidden', '/secret']}};
    const outcome = await runtime.run({spec: masked}).catch((error: Error) => error);
    if (!(outcome instanceof Error)) assert.not.match(outcome.stdout, /uncovered/);
  } finally {
    image.remove();
  }
});

test('the image\'s own directory gets mount points and nothing else', async runtime => {
  const image = new Image();
  try {
    const before = readdirSync(image.dir).sort();
    await sh(runtime, 'true', {image: image.dir});
    assert.equal(readdirSync(image.dir).filter(name => !before.includes(name)).sort().filter(name => name !== '.dockerenv'), []);
    assert.equal(existsSync(join(image.dir, 'dev/null')), false);
  } finally {
    image.remove();
  }
});

test.run();
