// Host directories as a guest sees them: read and written through the driver, and never left by a link.

import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NodeHostDriver } from '../../src/portable/hostdir.ts';
import { Machine } from '../kernel/machine.ts';
import { script } from '../kernel/script.ts';

function guest(options = '-'): { dir: string; outside: string; run: (lines: string) => void; end: () => void } {
  const base = fs.mkdtempSync(join(tmpdir(), 'twinbox-hostdir-'));
  const dir = join(base, 'shared');
  const outside = join(base, 'outside');
  fs.mkdirSync(dir);
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, 'secret'), 'secret');
  const m = new Machine({ hostDriver: new NodeHostDriver() });
  script(m, m.init, `mount ${dir} /mnt hostfs ${options}`);
  return { dir, outside, run: (lines) => script(m, m.init, lines), end: () => fs.rmSync(base, { recursive: true }) };
}

test('files and directories are the host\'s, in both directions', () => {
  const { dir, run, end } = guest();
  fs.writeFileSync(join(dir, 'f'), 'from the host');
  run(`
    cat /mnt/f = 'from the host'
    put /mnt/g inside
    mkdir /mnt/d
    put /mnt/d/h deep
    ls /mnt = d,f,g
    rename /mnt/g /mnt/d/g
    unlink /mnt/f
    link /mnt/d/g /mnt/g2
    stat /mnt/d/g nlink = 2
    truncate /mnt/d/h 2
    rmdir /mnt/d = ENOTEMPTY
    mkdir /mnt/d = EEXIST
    open /mnt/none r = ENOENT
  `);
  assert.is(fs.readFileSync(join(dir, 'd', 'g'), 'utf8'), 'inside');
  assert.is(fs.readFileSync(join(dir, 'd', 'h'), 'utf8'), 'de');
  assert.equal(fs.readdirSync(dir).sort(), ['d', 'g2']);
  fs.writeFileSync(join(dir, 'later'), 'x');
  run("cat /mnt/later = 'x'\nls /mnt = d,g2,later");
  fs.unlinkSync(join(dir, 'later'));
  run('stat /mnt/later = ENOENT');
  end();
});

test('no link leaves the directory: it is followed inside the guest', () => {
  const { dir, outside, run, end } = guest();
  try {
    fs.symlinkSync(join(outside, 'secret'), join(dir, 'absolute'));
    fs.symlinkSync('../outside/secret', join(dir, 'relative'));
    fs.symlinkSync('../outside', join(dir, 'directory'));
  } catch {
    // Windows makes links only for some.
    end();
    return;
  }
  run(`
    cat /mnt/absolute = 'ENOENT'
    cat /mnt/relative = 'ENOENT'
    cat /mnt/directory/secret = 'ENOENT'
    put /mnt/absolute changed = ENOENT
    readlink /mnt/relative = ../outside/secret
    stat /mnt/../outside = ENOENT
  `);
  // The host turns a directory into a link behind the guest's back.
  fs.mkdirSync(join(dir, 'sub'));
  run('put /mnt/sub/f x\nchdir /mnt/sub');
  fs.rmSync(join(dir, 'sub'), { recursive: true });
  fs.symlinkSync(outside, join(dir, 'sub'));
  run("cat secret = 'ELOOP'\nput new x = ELOOP\nunlink secret = ELOOP");
  assert.equal(fs.readdirSync(outside), ['secret']);
  end();
});

test('a read-only mount is EROFS for every change', () => {
  const { dir, run, end } = guest('rdonly');
  fs.writeFileSync(join(dir, 'f'), 'x');
  run(`
    cat /mnt/f = 'x'
    put /mnt/g x = EROFS
    open /mnt/f rw = EROFS
    mkdir /mnt/d = EROFS
    unlink /mnt/f = EROFS
    chmod /mnt/f 777 = EROFS
  `);
  end();
});

test('a file that is unlinked while open stays readable, and unusual names pass', () => {
  const { run, end } = guest();
  run(`
    fd /mnt/f rw+creat = 0
    write 0 kept = 4
    unlink /mnt/f
    seek 0 0 = 0
    read 0 = 'kept'
    close 0
    put /mnt/with-ümläut x
    stat /mnt/${'n'.repeat(255)} = ENOENT
    stat /mnt/${'n'.repeat(256)} = ENAMETOOLONG
  `);
  end();
});

test('a missing directory, or a file, cannot be mounted', () => {
  const m = new Machine({ hostDriver: new NodeHostDriver() });
  script(m, m.init, 'mount /no/such/directory /mnt hostfs = ENOENT');
  const child = m.fork(m.init);
  script(m, child, 'mount / /mnt hostfs = EPERM');
});

test.run();
